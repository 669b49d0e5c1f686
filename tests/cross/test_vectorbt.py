"""The ledger beside vectorbt, and beside the naive ledger where vectorbt cannot follow.

In one calendar and currency, filled at the close of the decision, fractional, at flat costs, with whole rows of weights
that are zero or at least 1e-6 and sum to 0.95, no buy is scaled by either engine: they agree to 1e-9. The two do the
same arithmetic in other orders: 1e-13 is what rounding leaves over 370 weeks, 1e-9 leaves room for other machines.
"""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.interop import VectorbtGap
from backtest.result import BacktestResult
from data.calendars import trading_calendar
from data.load import load
from data.market import MarketData
from data.rates import InterestRates
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests import naive
from tests.generators import naive_settings, naive_world
from tests.real import FOLDER, needs_real

pytestmark = [pytest.mark.cross, pytest.mark.timeout(300)]  # vectorbt compiles for a minute where it never ran

PARITY = RunConfig(fill="same_close", costs=FlatCosts(bps=10), initial_capital=1e6, lots="fractional")
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def real_market() -> MarketData:
    return load(FOLDER)


def priced_throughout(market: MarketData, venue: str, start: str, end: str) -> tuple[str, ...]:
    """Names of a venue with a close in every session between two dates."""
    first, last = np.datetime64(start), np.datetime64(end)
    dates = market.calendars[venue].dates
    dates = dates[(dates >= first) & (dates <= last)]
    at = np.searchsorted(market.dates, dates)
    assert np.array_equal(market.dates[at], dates)
    known = np.array(market.symbols)[~np.isnan(market.close[at]).any(axis=0)].tolist()
    return tuple(name for name in known if market.instruments[name].venue == venue)


def weekly_weights(market: MarketData, names: tuple[str, ...], total: float, seed: int) -> pd.DataFrame:
    """Random weights at the last New York session of each week: a third of them zero, the others at least 1e-6."""
    rng = np.random.default_rng(seed)
    dates = market.calendars["XNYS"].dates
    dates = dates[(dates >= market.start) & (dates <= market.end)]
    sessions = pd.DatetimeIndex(dates.astype("datetime64[ns]"))
    weeks = sessions.to_series().groupby(sessions.to_period("W")).last()
    drawn = rng.exponential(size=(len(weeks), len(names))) * (rng.random((len(weeks), len(names))) > 1 / 3)
    weights = total * drawn / drawn.sum(axis=1, keepdims=True)
    weights[weights < 1e-6] = 0.0
    weights *= total / weights.sum(axis=1, keepdims=True)
    return pd.DataFrame(weights, index=pd.DatetimeIndex(weeks.to_numpy()), columns=list(names))


def vectorbt_value(market: MarketData, weights: pd.DataFrame, capital: float, cost: float) -> pd.Series:
    """NAV of the same weights in vectorbt: target percentages at the close."""
    import vectorbt as vbt

    closes = pd.DataFrame(market.close, index=market.dates.astype("datetime64[ns]"), columns=market.symbols)
    inside = (market.dates >= market.start) & (market.dates <= market.end)
    closes = closes.loc[inside, list(weights.columns)].dropna()
    portfolio = vbt.Portfolio.from_orders(
        closes,
        size=weights.reindex(closes.index),
        size_type="targetpercent",
        cash_sharing=True,
        call_seq="auto",
        group_by=True,
        fees=cost,
        init_cash=capital,
    )
    return portfolio.value()


def converted_in_silence(result: BacktestResult):
    with warnings.catch_warnings():
        warnings.simplefilter("error", VectorbtGap)
        return result.to_vectorbt()


def assert_parity(market: MarketData, names: tuple[str, ...], seed: int) -> None:
    market = replace(market, rates=InterestRates({}))  # vectorbt's cash earns nothing
    weights = weekly_weights(market, names, total=0.95, seed=seed)
    result = simulate(market, TargetWeights.from_frame(weights), PARITY)
    expected = vectorbt_value(market, weights, capital=1e6, cost=0.001)
    assert result.nav.index.equals(pd.DatetimeIndex(expected.index))
    np.testing.assert_allclose(result.nav, expected, rtol=TOLERANCE)
    assert result.nav.iloc[-1] != pytest.approx(1e6, rel=1e-3)
    portfolio = converted_in_silence(result)
    np.testing.assert_allclose(portfolio.value(), result.nav, rtol=TOLERANCE)
    assert portfolio.orders.count() == len(result.trades)
    np.testing.assert_allclose(portfolio.total_return(), result.nav.iloc[-1] / 1e6 - 1, rtol=1e-8)
    np.testing.assert_allclose(portfolio.orders.records["fees"].sum(), result.costs.to_numpy().sum(), rtol=1e-9)


# ------------------------------------------------------------------------------------------ parity


@needs_real
def test_nav_on_real_prices_is_vectorbts(real_market):
    names = priced_throughout(real_market, "XNYS", "2018-01-02", "2025-02-14")
    assert len(names) >= 140
    market = real_market.restricted("+".join(names), "2018-01-02", "2025-02-14")
    assert_parity(market, names, seed=3)


def test_nav_on_the_demo_market_is_vectorbts():
    # vectorbt knows neither dividends nor splits: the names that have none.
    demo = load("demo")
    names = tuple(s for s in demo.symbols if s.startswith("US") and s not in demo.actions.symbol)
    assert len(names) == 7
    assert_parity(load("demo", universe="+".join(names)), names, seed=4)


# ------------------------------------------------------------------------------------------ conversion

ROUND_TRIP = pd.DataFrame(
    {"US01": [0.4, 0.4], "HK01": [0.6, 0.0]}, index=["2025-01-22", "2025-01-24"]
)  # Hong Kong is sold on the 27th; USD/HKD moves on 3 February


def test_conversion_in_two_currencies_is_exact_when_each_payment_converts():
    result = simulate(load("tiny"), TargetWeights.from_frame(ROUND_TRIP), RunConfig(fx="at_fill"))
    portfolio = converted_in_silence(result)
    np.testing.assert_allclose(portfolio.value(), result.nav, rtol=1e-12)


def test_conversion_states_the_gap_that_a_foreign_balance_leaves():
    result = simulate(load("tiny"), TargetWeights.from_frame(ROUND_TRIP), RunConfig(fx="hold"))
    with pytest.warns(VectorbtGap, match=r"up to 0\.00\d+ of NAV .*2025-02-0[34].*interest \(0\.00 USD.*balances"):
        portfolio = result.to_vectorbt()
    gap = portfolio.value() / result.nav - 1
    # The dollar's worth of the balance moved from 1/7.80 to 1/7.75 of it.
    balance = result.cash["HKD"].iloc[-1]
    assert balance > 0
    expected = balance * (1 / 7.75 - 1 / 7.80) / result.nav.iloc[-1]
    assert gap.iloc[-1] == pytest.approx(-expected, rel=1e-9)
    assert gap.abs().max() < 0.01
    np.testing.assert_allclose(portfolio.value()[:"2025-01-31"], result.nav[:"2025-01-31"], rtol=1e-12)


def test_conversion_states_the_gap_that_interest_leaves():
    market = load("demo", universe="US03+US04", start="2023-01-03", end="2023-12-29")  # neither pays a dividend
    frame = pd.DataFrame({"US03": [0.3], "US04": [0.3]}, index=["2023-01-03"])
    result = simulate(market, TargetWeights.from_frame(frame))
    interest = result.bridge["interest"].sum()
    assert interest > 10_000
    with pytest.warns(VectorbtGap, match=f"interest \\({interest:.2f} USD in all\\)"):
        portfolio = result.to_vectorbt()
    assert result.nav.iloc[-1] - portfolio.value().iloc[-1] == pytest.approx(interest, rel=1e-9)


def test_conversion_carries_a_debit():
    # All in at the close of the 29th and filled a day later, 2 % dearer: cash goes below zero. vectorbt would cut
    # the buy at what there is.
    frame = pd.DataFrame({"US01": [1.0]}, index=["2025-01-29"])
    config = RunConfig(costs="none", fill="next_close")
    result = simulate(load("tiny", universe="us"), TargetWeights.from_frame(frame), config)
    assert result.cash["USD"].iloc[-1] == pytest.approx(-1e6 * (104 / 102 - 1), rel=1e-12)
    portfolio = converted_in_silence(result)
    np.testing.assert_allclose(portfolio.cash(), result.cash["USD"], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(portfolio.value(), result.nav, rtol=1e-12)


def test_conversion_before_a_names_first_price():
    rows = [
        ("2024-01-02", "OLD", 10.0),
        ("2024-01-03", "OLD", 11.0),
        ("2024-01-04", "OLD", 12.0),
        ("2024-01-04", "NEW", 5.0),
    ]
    prices = pd.DataFrame(rows, columns=["date", "symbol", "close"]).assign(venue="XNYS", currency="USD")
    frame = pd.DataFrame({"OLD": [0.9, 0.4], "NEW": [0.0, 0.5]}, index=["2024-01-02", "2024-01-04"])
    result = simulate(from_frames(prices), TargetWeights.from_frame(frame), PARITY)
    portfolio = converted_in_silence(result)
    assert portfolio.close["NEW"].isna().tolist() == [True, True, False]
    np.testing.assert_allclose(portfolio.value(), result.nav, rtol=1e-12)


def test_a_resumed_run_cannot_be_converted_alone():
    market, targets = load("tiny"), TargetWeights.from_frame(ROUND_TRIP)
    half = simulate(market, targets, until=pd.Timestamp("2025-01-24 12:00", tz="UTC"))
    rest = simulate(market, targets, resume=half.state)
    with pytest.raises(BacktestError, match="convert the whole run"):
        rest.to_vectorbt()
    nothing = simulate(market, targets, until=pd.Timestamp("2025-01-21", tz="UTC"))
    with pytest.raises(BacktestError, match="No date was marked"):
        nothing.to_vectorbt()


# ------------------------------------------------------------------------------------------ where vectorbt cannot go


def assert_equal_to_naive(market: MarketData, names: tuple[str, ...], seed: int) -> None:
    """Fully invested, two venues, next open, queue, dated costs: kernel and oracle to 1e-12."""
    weights = weekly_weights(market, names, total=1.0, seed=seed)
    weights = weights.div(weights.sum(axis=1), axis=0)
    config = RunConfig()
    targets = TargetWeights.from_frame(weights)
    result = simulate(market, targets, config)
    # The oracle takes stamps: the closes of New York.
    calendar = trading_calendar("XNYS", 2018, 2025)
    stamps = calendar.closes[np.searchsorted(calendar.dates, weights.index.to_numpy().astype("datetime64[D]"))]
    decisions = list(zip(stamps.tolist(), weights.to_dict("records"), strict=True))
    expected = naive.simulate(naive_world(market, config), decisions, naive_settings(config))
    assert [day.date() for day in result.dates] == list(expected.nav)
    np.testing.assert_allclose(result.nav, np.array(list(expected.nav.values())), rtol=1e-12)
    assert set(result.trades["venue"]) == {"XNYS", "XHKG"}
    assert result.bridge["residual"].abs().max() <= 1e-10 * result.nav.min()


@needs_real
def test_nav_on_real_prices_of_two_venues_is_the_naive_ledgers(real_market):
    chosen = tuple(
        sorted(
            name
            for venue in ("XNYS", "XHKG")
            for name in priced_throughout(real_market, venue, "2021-01-04", "2025-02-14")[:8]
        )
    )
    market = real_market.restricted("+".join(chosen), "2021-01-04", "2025-02-14")
    assert_equal_to_naive(market, chosen, seed=5)


def test_nav_on_the_demo_market_of_two_venues_is_the_naive_ledgers():
    names = ("HK01", "HK02", "HK03", "US01", "US02", "US03")
    market = load("demo", universe="+".join(names), start="2024-01-02")
    assert_equal_to_naive(market, names, seed=6)
