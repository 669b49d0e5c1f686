"""Raw prices with their dividends put back into the name are the total-return series, to rounding.

The series is built here from raw closes and actions alone: (close after a split + dividend) / previous close. Shares
are bought once and held, without costs.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests.markets import PLAIN, sessions, venue_of

SEEDS = range(20)
# Some hundred sessions of products and sums; the largest difference seen is 2e-15.
TOLERANCE = 1e-10
FIRST, LAST = "2024-06-03", "2025-01-31"
SEVERAL = ("600519.SS", "HK", "US", "UT")
# What an offshore fund pays.
TAX = {"XNYS": 0.3, "XHKG": 0.1, "XSHG": 0.1}
BUSINESS_DAYS = pd.bdate_range("2024-05-20", LAST)


@dataclass
class Name:
    """Raw prices of a name, what happens to its shares, and what comes of holding one of the first day's."""

    symbol: str
    days: list[str]
    opens: list[float] = field(default_factory=list)
    closes: list[float] = field(default_factory=list)  # NaN on a day without a price
    actions: list[dict[str, object]] = field(default_factory=list)
    gross: list[float] = field(default_factory=list)  # total return, carried through days without a price
    net: list[float] = field(default_factory=list)  # after tax
    taxes: list[float] = field(default_factory=list)  # ratio of the two
    held: list[float] = field(default_factory=list)  # shares for one of the first day, dividends not reinvested
    # Of each dividend: the day it is due and its pay date, what one share of the first day gets of it after tax, and
    # the place of the close at which it would be reinvested.
    paid: list[tuple[str, str, float, int]] = field(default_factory=list)


def draw_name(rng: np.random.Generator, symbol: str) -> Name:
    """Draw prices with gaps, some dividends, a split, at times scrip; some on one day or on a day without a price."""
    name = Name(symbol, sessions(venue_of(symbol)[0], FIRST, LAST))
    n, tax = len(name.days), TAX[venue_of(symbol)[0]]
    ex = {int(i): float(rng.uniform(0.1, 3.0)) for i in rng.choice(np.arange(5, n - 12), size=rng.integers(2, 5))}
    pool = [*ex, *rng.integers(5, n - 12, size=3).tolist()]
    splits = {int(rng.choice(pool)): float(rng.choice([2.0, 3.0, 0.1, 1.5]))}
    scrips = {int(rng.choice(pool)): float(rng.choice([0.1, 0.3]))} if rng.random() < 0.5 else {}
    price = before = float(rng.uniform(40, 200))
    gross = net = ratio = held = 1.0
    units, waiting, owed = 1.0, 0.0, []  # shares, and dividends, for one share of the last close
    for i, day in enumerate(name.days):
        more = splits.get(i, 1.0) + scrips.get(i, 0.0)
        dividend = ex.get(i, 0.0)
        if dividend:
            at = int(rng.integers(1, 10))
            pay = str(np.datetime64(day) + at)
            name.actions.append(row(symbol, "dividend", day, dividend, pay))
            owed.append((day, pay, held * dividend * (1 - tax)))
            waiting += units * dividend
        for kind, found in (("split", splits), ("scrip", scrips)):
            if i in found:
                name.actions.append(row(symbol, kind, day, found[i], day))
        units, held = units * more, held * more
        price = max(price - dividend, 1.0) / more * float(np.exp(0.02 * rng.standard_normal()))
        name.opens.append(price * float(np.exp(0.01 * rng.standard_normal())))
        taxed = 1.0
        if 3 < i < n - 1 and rng.random() < 0.08:  # no price: the total return stands still, but the tax is gone
            name.opens[-1] = np.nan
            name.closes.append(np.nan)
            taxed = (before - tax * waiting) / before
        else:
            grown, kept = units * price + waiting, units * price + waiting * (1 - tax)
            gross, net, ratio = gross * grown / before, net * kept / before, ratio * kept / grown
            name.paid += [(*one, i) for one in owed]
            before, units, waiting, owed = price, 1.0, 0.0, []
            name.closes.append(price)
        if i == 0:
            gross = net = price
        for series, value in (
            (name.gross, gross), (name.net, net * taxed), (name.taxes, ratio * taxed), (name.held, held)
        ):  # fmt: skip
            series.append(value)
    return name


def row(symbol: str, kind: str, day: str, amount: float, pay: str) -> dict[str, object]:
    return {"symbol": symbol, "kind": kind, "ex_date": day, "pay_date": pay, "amount": amount}


@dataclass(frozen=True)
class World:
    """Names, and exchange rates of every business day."""

    names: list[Name]
    fx: pd.DataFrame
    rates: pd.Series  # of the dollar, percent a year, by date

    def simulate(
        self, basis: str, *, untaxed: bool = False, fill: str = "next_open", **settings: object
    ) -> BacktestResult:
        """Buy on the first day in equal parts and hold, in raw prices or total returns."""
        tables = []
        for one in self.names:
            venue, currency = venue_of(one.symbol)
            level = np.array(one.gross if basis == "total_return" else one.closes)
            # Before anything goes ex both bases are the same prices: the purchase on the second day is at one open.
            opens = np.array(one.opens) if basis == "raw" else level * np.array(one.opens) / np.array(one.closes)
            level = np.where(np.isnan(one.closes), np.nan, level)
            tables.append(
                pd.DataFrame(
                    {
                        "date": one.days,
                        "symbol": one.symbol,
                        "venue": venue,
                        "currency": currency,
                        "open": opens,
                        "close": level,
                    }
                )
            )
        actions = pd.DataFrame([action for one in self.names for action in one.actions]) if basis == "raw" else None
        if actions is not None and untaxed:
            actions["withholding"] = 0.0
        readings = pd.DataFrame({"date": self.rates.index, "series": "US_FED_FUNDS", "value": self.rates.to_numpy()})
        market = from_frames(pd.concat(tables), fx=self.fx, rates=readings, actions=actions, price_basis=basis)
        weights = pd.DataFrame({one.symbol: [1.0 / len(self.names)] for one in self.names}, index=[FIRST])
        return simulate(market, TargetWeights.from_frame(weights), RunConfig(**{**PLAIN, "fill": fill, **settings}))

    def on(self, result: BacktestResult, values: list[float], name: Name) -> np.ndarray:
        """A series of a name's sessions on the dates of a run, the last one known."""
        return pd.Series(values, index=pd.DatetimeIndex(name.days)).reindex(result.dates, method="ffill").to_numpy()

    def units(self, result: BacktestResult, name: Name) -> np.ndarray:
        """Dollars for one unit of a name's currency at each mark."""
        code = venue_of(name.symbol)[1]
        return result.mark_rates[:, result.prepared.currencies.index(code)]


def chosen(seed: int, n_names: str) -> tuple[str, ...]:
    """One name, of each venue in turn, or several."""
    return ((("US",), ("HK",), ("600519.SS",))[seed % 3]) if n_names == "one" else SEVERAL


@cache
def draw_world(seed: int, symbols: tuple[str, ...]) -> World:
    rng = np.random.default_rng([seed, len(symbols)])
    fx = pd.concat(
        pd.DataFrame(
            {"date": BUSINESS_DAYS, "base": "USD", "quote": code,
             "rate": level * np.exp(np.cumsum(0.004 * rng.standard_normal(len(BUSINESS_DAYS))))}
        )
        for code, level in (("CNY", 7.2), ("HKD", 7.8))
    )  # fmt: skip
    rates = pd.Series(5.0 + np.cumsum(0.1 * rng.standard_normal(len(BUSINESS_DAYS))), index=BUSINESS_DAYS)
    return World([draw_name(rng, symbol) for symbol in symbols], fx, rates)


def bought(result: BacktestResult) -> dict[str, float]:
    """Shares of the one purchase of each name."""
    trades = result.trades
    assert not trades["symbol"].duplicated().any()
    return dict(zip(trades["symbol"], trades["shares"], strict=True))


def close_to(actual: object, expected: object) -> None:
    np.testing.assert_allclose(actual, expected, rtol=TOLERANCE)


@pytest.mark.parametrize("n_names", ["one", "several"])
@pytest.mark.parametrize("seed", SEEDS)
def test_reinvested_dividends_give_the_total_return(seed, n_names):
    symbols = chosen(seed, n_names)
    world = draw_world(seed, symbols)
    raw = world.simulate("raw", untaxed=True, dividends="reinvest")
    total = world.simulate("total_return")
    assert sum(len(one.actions) for one in world.names) >= 3 * len(symbols)
    assert len(raw.actions) > len(symbols)
    close_to(raw.nav, total.nav)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gap_of_one_name_is_the_tax_compounded(seed):
    # All of NAV is in the name, bought at the very close of the decision: no cash, so that NAV is the name.
    world = draw_world(seed, chosen(seed, "one"))
    (name,) = world.names
    settings = {"fill": "same_close", "base_currency": venue_of(name.symbol)[1]}
    raw, total = world.simulate("raw", dividends="reinvest", **settings), world.simulate("total_return", **settings)
    assert name.taxes[-1] < 0.9999
    close_to(raw.nav / total.nav, world.on(raw, name.taxes, name))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_gap_of_several_names_is_each_one_s_tax_compounded(seed):
    world = draw_world(seed, SEVERAL)
    raw, total = world.simulate("raw", dividends="reinvest"), world.simulate("total_return")
    gap = np.zeros(len(total.nav))
    for name in world.names:
        value = total.shares[name.symbol] * world.on(total, name.gross, name) * world.units(total, name)
        gap += value.to_numpy() * (world.on(total, name.taxes, name) - 1.0)
    assert gap[-1] < -100
    np.testing.assert_allclose(raw.nav - total.nav, gap, rtol=0, atol=TOLERANCE * 1e6)


def not_earned(world: World, result: BacktestResult) -> np.ndarray:
    """What the dividends paid in cash would have gained in their names by each mark, dollars."""
    shares, gain = bought(result), np.zeros(len(result.nav))
    for name in world.names:
        level = world.on(result, name.net, name)
        for _, _, amount, at in name.paid:
            since = result.dates >= name.days[at]
            growth = np.where(since, level / name.net[at] - 1.0, 0.0)
            gain += shares[name.symbol] * amount * growth * world.units(result, name)
    return gain


@pytest.mark.parametrize("n_names", ["one", "several"])
@pytest.mark.parametrize("seed", SEEDS)
def test_paid_in_cash_the_difference_is_what_the_cash_did_not_earn(seed, n_names):
    world, fx = draw_world(seed, chosen(seed, n_names)), ("at_fill", "hold")[seed % 2]
    raw, paid = world.simulate("raw", dividends="reinvest", fx=fx), world.simulate("raw", fx=fx)
    expected = not_earned(world, paid)
    assert np.abs(expected).max() > 10
    np.testing.assert_allclose(raw.nav - paid.nav, expected, rtol=0, atol=TOLERANCE * 1e6)
    # In cash, shares change by splits and scrip alone.
    for name in world.names:
        held = world.on(paid, name.held, name) * bought(paid)[name.symbol]
        at = paid.dates > FIRST
        close_to(paid.shares[name.symbol][at], held[at])


@pytest.mark.parametrize("seed", SEEDS)
def test_less_the_interest_that_it_did(seed):
    world = draw_world(seed, (("US",), ("US", "UT"))[seed % 2])
    raw = world.simulate("raw", dividends="reinvest")
    paid = world.simulate("raw", interest="market", rate_spread=0.5)
    # The dollar's settled balance, by hand: what the purchase leaves, from the day it settles (the first session
    # after it), and each dividend from the first session on or after its pay date and after its ex date. A reading
    # counts from the day after its date, and the night after that.
    trades, dates = paid.trades, [str(day.date()) for day in paid.dates]
    spent = trades["notional"].sum()
    arrives: dict[int, float] = {}
    for name in world.names:
        for ex, pay, amount, _ in name.paid:
            at = max(int(np.searchsorted(dates, pay)), dates.index(ex) + 1)
            arrives[at] = arrives.get(at, 0.0) + bought(paid)[name.symbol] * amount
    settled, earned = 1e6, [0.0, 0.0]
    for i in range(2, len(dates)):  # bought on the second day
        reading = world.rates[world.rates.index < dates[i - 1]].iloc[-1]
        days = (pd.Timestamp(dates[i]) - pd.Timestamp(dates[i - 1])).days
        rate = reading - 0.5 if settled >= 0.0 else reading + 0.5
        interest = settled * rate / 100 * days / 360
        earned.append(earned[-1] + interest)
        settled += interest + arrives.get(i, 0.0) - (spent if i == 2 else 0.0)
    assert world.rates.min() > 0.5
    assert abs(earned[-1] - earned[2]) > 1
    np.testing.assert_allclose(raw.nav - paid.nav, not_earned(world, paid) - earned, rtol=0, atol=TOLERANCE * 1e6)
