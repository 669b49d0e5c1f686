"""Measures against published answers: empyrical's own tests, PerformanceAnalytics and Bacon's book.

PerformanceAnalytics prints four decimals and some of its snapshots truncate: 1.05e-4 is one unit of the last digit and
a little for rounding. Its files come with the reference data and are not part of the project; without them those cases
are skipped.
"""

import numpy as np
import pandas as pd
import pytest

from backtest.metrics.drawdowns import max_drawdown, pain_index
from backtest.metrics.ratios import (
    bernardo_ledoit_ratio,
    calmar_ratio,
    geometric_sharpe_ratio,
    martin_ratio,
    sharpe_ratio,
    sortino_ratio,
)
from backtest.metrics.regression import regress
from backtest.metrics.relative import active_premium, information_ratio, m_squared, tracking_error, treynor_ratio
from backtest.metrics.returns import annual_return_by_periods, cumulative_returns
from backtest.metrics.risk import downside_deviation, downside_potential, volatility
from backtest.metrics.tails import (
    conditional_value_at_risk,
    modified_conditional_value_at_risk,
    modified_value_at_risk,
    value_at_risk,
)
from tests.real import REFERENCE

FOLDER = REFERENCE / "reference" / "perfanalytics"
needs_files = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no reference files in {FOLDER}")
PRINTED = 1.05e-4

# empyrical's test_stats.py.
MIXED = np.array([np.nan, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10])
BENCHMARK = np.array([0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0, 0.01, 0.0])
COARSE = np.array([0.0, 0.01, 0.10, -0.04, 0.02, 0.03, 0.02, 0.01, -0.10])


@pytest.mark.parametrize(
    ("found", "published"),
    [
        pytest.param(sharpe_ratio(MIXED, 252), 1.7238613961706866, id="Sharpe"),
        pytest.param(sharpe_ratio(MIXED, 252, BENCHMARK), 0.34111411441060574, id="Sharpe over a series"),
        pytest.param(sortino_ratio(MIXED, 252), 2.605531251673693, id="Sortino"),
        pytest.param(annual_return_by_periods(MIXED, 252), 1.9135925373194231, id="annual return"),
        pytest.param(volatility(MIXED, 252), 0.9136465399704637, id="volatility"),
        pytest.param(max_drawdown(MIXED), -0.1, id="drawdown"),
        pytest.param(calmar_ratio(MIXED, 252), 19.135925373194233, id="Calmar"),
        pytest.param(downside_deviation(MIXED, 252), 0.60448325038829653, id="downside deviation"),
        pytest.param(cumulative_returns(MIXED)[-1], 0.03893109, id="cumulative"),
        pytest.param(annual_return_by_periods(COARSE, 52), 0.24690830513998208, id="annual return, weeks"),
        pytest.param(annual_return_by_periods(COARSE, 12), 0.052242061386048144, id="annual return, months"),
        pytest.param(volatility(COARSE, 52), 0.38851569394870583, id="volatility, weeks"),
        pytest.param(sortino_ratio(COARSE, 52), 1.1158901056866439, id="Sortino, weeks"),
        pytest.param(sortino_ratio(COARSE, 12), 0.53605626741889756, id="Sortino, months"),
    ],
)
def test_empyricals_own_tests(found, published):
    assert found == pytest.approx(published, abs=1e-8)


@pytest.fixture(scope="module")
def managers():
    frame = pd.read_csv(FOLDER / "managers.csv", index_col=0)
    assert len(frame) == 132  # months of 1996 to 2006
    return {name: frame[name].to_numpy() for name in ("HAM1", "SP500 TR", "US 3m TR")}


@pytest.fixture(scope="module")
def bacon():
    frame = pd.read_csv(FOLDER / "portfolio_bacon.csv", index_col=0)
    assert frame.shape == (24, 2)
    return frame.to_numpy().T


@needs_files
@pytest.mark.parametrize(
    ("name", "annual", "deviation", "sharpe", "worst", "sortino"),
    [
        ("HAM1", 0.1375, 0.0888, 1.5491, 0.1518, 0.7649),
        ("SP500 TR", 0.0967, 0.1500, 0.6449, 0.4473, 0.3064),
    ],
)
def test_performanceanalytics_on_one_series(managers, name, annual, deviation, sharpe, worst, sortino):
    returns = managers[name]
    assert annual_return_by_periods(returns, 12) == pytest.approx(annual, abs=PRINTED)
    assert volatility(returns, 12) == pytest.approx(deviation, abs=PRINTED)
    assert geometric_sharpe_ratio(returns, 12) == pytest.approx(sharpe, abs=PRINTED)
    assert -max_drawdown(returns) == pytest.approx(worst, abs=PRINTED)
    assert sortino_ratio(returns, 1) == pytest.approx(sortino, abs=PRINTED)


@needs_files
def test_performanceanalytics_calmar(managers):
    assert calmar_ratio(managers["HAM1"], 12) == pytest.approx(0.9061, abs=PRINTED)


@needs_files
def test_performanceanalytics_against_an_index(managers):
    ours, index, cash = managers.values()
    line = regress(ours, index, 1, cash)
    assert line.beta == pytest.approx(0.3900, abs=PRINTED)
    assert line.alpha == pytest.approx(0.0058, abs=PRINTED)
    assert tracking_error(ours, index, 12) == pytest.approx(0.1131, abs=PRINTED)
    assert active_premium(ours, index, 12) == pytest.approx(0.0407, abs=PRINTED)
    assert information_ratio(ours, index, 12) == pytest.approx(0.3604, abs=PRINTED)
    assert treynor_ratio(ours, index, 12, cash) == pytest.approx(0.2428, abs=2e-4)


@needs_files
def test_bacon(bacon):
    ours, index = bacon
    assert downside_deviation(ours, 1, 0.005) == pytest.approx(0.0255, abs=PRINTED)
    assert downside_potential(ours, 0.005) == pytest.approx(0.0137, abs=PRINTED)
    assert bernardo_ledoit_ratio(ours) == pytest.approx(1.7797, abs=PRINTED)
    assert martin_ratio(ours, 12) == pytest.approx(1.6945, abs=PRINTED)
    assert pain_index(ours) == pytest.approx(0.0399, abs=PRINTED)
    assert m_squared(ours, index, 12) == pytest.approx(0.1006, abs=PRINTED)


@needs_files
def test_performanceanalytics_downside_table(managers):
    """`table.DownsideRisk` of HAM1, as its Python wrapper pyformanceanalytics prints it in its tests."""
    returns = managers["HAM1"]
    assert downside_deviation(returns, 1, 0.10 / 12) == pytest.approx(0.0178, abs=PRINTED)
    assert downside_deviation(returns, 1) == pytest.approx(0.0145, abs=PRINTED)
    assert value_at_risk(returns) == pytest.approx(-0.0258, abs=PRINTED)
    assert modified_value_at_risk(returns) == pytest.approx(-0.0342, abs=PRINTED)
    assert modified_conditional_value_at_risk(returns) == pytest.approx(-0.0610, abs=PRINTED)
    # It averages the 7 of 132 months below the quantile; one in twenty is 6.6, of which ours has -0.0527.
    assert conditional_value_at_risk(returns, 1 - 7 / 132) == pytest.approx(-0.0513, abs=PRINTED)
    assert conditional_value_at_risk(returns) == pytest.approx(-0.0527, abs=PRINTED)
