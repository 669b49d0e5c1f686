"""Universes, series and closes on real market data, where there are any (EASTBOUND_REFERENCE)."""

import numpy as np
import pandas as pd
import pytest

import strategies
from backtest import run
from data.asynchronous import overlap_corrected_correlation
from data.errors import DataError
from data.lines import adr_premium, lines_of
from data.load import load
from data.market import MarketData
from data.series.coverage import coverage
from data.series.point_in_time import series
from data.universes import known_memberships
from strategies.basket_history import basket_history
from tests.real import FOLDER, needs_real

pytestmark = needs_real
day = np.datetime64
LAUNCH = day("2020-07-27")


@pytest.fixture(scope="module")
def real() -> MarketData:
    return load(FOLDER, "big-seven+hang-seng-tech", "2019-01-02", "2025-02-14")


def test_hang_seng_tech_is_empty_before_its_launch(real):
    found = basket_history(real, "hang-seng-tech")
    (stretch,) = found.thin(3)
    assert (stretch.most, str(stretch.first), str(stretch.last)) == (0, "2019-01-02", "2020-07-24")
    # 30 names after every review since December 2020; three of them have no prices, the last until 2022-03-06.
    assert set(found.n_eligible[found.dates >= day("2022-03-07")]) <= {29, 30}
    assert found.n_eligible[-1] == 30
    assert len(found.unpriced) == 3


def test_a_run_says_so_and_keeps_the_share_in_cash(real):
    half = {"rotation.min_share": 0.5, "rotation.max_share": 0.5}
    result = run(strategies.thesis("flow-momentum").replace(half), real)
    (note,) = [text for text in result.notes if text.startswith("Basket destination")]
    assert "at 82 of 320 decisions (2019-01-04 to 2020-07-24: empty before 2020-07-27)" in note
    invested = result.weights.sum(axis=1)
    assert invested["2019-01-10":"2020-07-24"].between(0.4, 0.6).all()
    assert invested["2020-08-03":].min() > 0.95
    assert not result.trades[result.trades["venue"] == "XHKG"]["filled"].lt("2020-07-27T00:00Z").any()


def test_no_name_is_held_before_it_was_listed_and_known(real):
    plan = strategies.thesis("flow-momentum").plan(real)
    spells = known_memberships()["hang-seng-tech"]
    sessions = real.calendars["XHKG"].dates
    first_price = {
        name: real.dates[np.argmax(~np.isnan(real.close[:, real.columns([name])[0]]))] for name in plan.targets.assets
    }
    n_held = 0
    for k, decided in enumerate(plan.targets.decisions):
        today = day(decided.date())
        for a in np.flatnonzero(plan.targets.inner[k, 1] > 0):
            name = plan.targets.assets[a]
            n_held += 1
            assert any(one.symbol == name and one.holds(today) and one.added_known <= today for one in spells)
            assert ((sessions >= first_price[name]) & (sessions <= today)).sum() >= 20
    assert n_held > 6000


def test_a_series_that_ended_is_stale(real):
    rows = coverage(real).set_index(["table", "key"])
    assert rows.loc[("rates", "HK_HIBOR_1M"), "is_stale"]
    assert not rows.loc[("rates", "US_FED_FUNDS"), "is_stale"]
    assert str(rows.loc[("rates", "HK_HIBOR_1M"), "last_date"].date()) == "2023-12-29"
    assert not rows.loc["valuations", "is_stale"].any()
    assert pd.Timestamp(rows.loc[("valuations", "HSTECH pe_ttm"), "first_date"]) == pd.Timestamp(LAUNCH)


def test_hang_seng_tech_and_nasdaq_are_closer_than_their_dates_say():
    market = load(FOLDER, start="2020-07-27", end="2025-02-14")
    calendar = market.calendars["XNYS"]
    stamps = calendar.closes[(calendar.dates >= market.start) & (calendar.dates <= market.end)]
    levels = [series(market, "indices", name).as_of(stamps, 20).values for name in ("HSTECH", "NDX")]
    daily = np.column_stack(levels)[1:] / np.column_stack(levels)[:-1] - 1
    plain, corrected = (overlap_corrected_correlation(daily, n)[0, 1] for n in (0, 1))
    weekly = np.column_stack(levels)[4::5]
    over_weeks = np.corrcoef(weekly[1:] / weekly[:-1] - 1, rowvar=False)[0, 1]
    assert plain == pytest.approx(0.14, abs=0.005)
    assert corrected == pytest.approx(0.40, abs=0.005)
    # Weekly returns overlap nearly whole: the corrected daily estimate agrees within two of its errors, sqrt(1 / 227).
    assert abs(over_weeks - corrected) < 2 * np.sqrt(1 / len(weekly))


def test_adjusted_prices_give_no_premium(real):
    with pytest.raises(DataError, match="total_return prices of BABA, adjusted for what came later"):
        adr_premium(real, "BABA")
    assert lines_of(real, "BABA") == ("9988.HK", "BABA")
