"""A market and its settings, told to the naive ledger from the public parts of data/ alone."""

import bisect
import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from backtest.config import FlatCosts, RunConfig
from data.actions import CASH, KINDS, SCRIP, SPLIT
from data.costs.charges import Charge, charges_on, day_number
from data.costs.notes import contract_note
from data.costs.schedules import BUY, SELL, proportional_rates
from data.costs.ticks import tick_sizes
from data.limits import BUY_AT_CLOSE, BUY_AT_OPEN, SELL_AT_CLOSE, SELL_AT_OPEN, barred_sides, price_limits
from data.market import MarketData
from data.rates import CASH_SERIES
from data.settlement import settlement_dates
from data.withholding import withholding_rates
from tests import naive
from tests.facts import Facts, own_actions

MAINLAND = ("XSHG", "XSHE")
SIDES = {"buy": BUY, "sell": SELL}


def naive_settings(config: RunConfig) -> naive.Settings:
    """Translate how orders are filled and paid for."""
    return naive.Settings(
        fill=config.fill,
        sizing=config.sizing,
        shut_market=config.shut_market,
        fx=config.fx,
        capital=config.initial_capital,
        funding=config.funding,
        dividends=config.dividends,
        rebalance_band=config.rebalance_band,
        no_trade_band=config.no_trade_band,
        stop_drawdown=config.stop_drawdown,
        stop_days=config.stop_days,
        maintenance_margin=config.maintenance_margin,
        max_gross=config.max_gross,
    )


def naive_world(market: MarketData, config: RunConfig) -> naive.World:
    """Translate a market for the naive ledger."""
    venues = market.venues()
    sessions = {venue: _sessions(market, venue) for venue in venues}
    facts = Facts(market)
    costs = Costs(market, config, facts)
    readings: dict[str, list[tuple[dt.date, float]]] = {}
    table = market.table("rates")
    for currency, series in CASH_SERIES.items():
        found = next((one for one in series if len(table) and (table["series"] == one).any()), None)
        if found is not None and config.interest == "market":
            rows = table[table["series"] == found].sort_values("date")
            readings[currency] = list(zip([d.date() for d in rows["date"]], rows["value"].tolist(), strict=True))
    currency_of = {s: market.instruments[s].currency for s in market.holdable}
    fee, available = _borrowing(market, config, sessions)

    @cache
    def settle(venue: str, date: dt.date) -> dt.date | None:
        found = settlement_dates(market.calendars[venue], venue, np.array([date], dtype="datetime64[D]"))
        return found.tolist()[0]  # NaT is None

    def room(symbol: str, date: dt.date) -> float:
        volume = facts.volume_before(symbol, date)
        if config.max_participation is None or math.isnan(volume):
            return math.inf
        return config.max_participation * volume / facts.unit(symbol, date)

    def lot(symbol: str, date: dt.date) -> float:
        return facts.lot(symbol, date) / facts.unit(symbol, date) if config.counts_lots(market) else 0.0

    def carry_yield(symbol: str, date: dt.date) -> float:
        if market.price_basis != "total_return" or not config.dividend_yield:
            return 0.0
        return config.dividend_yield * _withheld(market, config, symbol, date)

    return naive.World(
        base=config.base_currency,
        venue={s: market.instruments[s].venue for s in market.holdable},
        currency=currency_of,
        sessions=sessions,
        cancelled={venue: _cancelled(market, venue) for venue in venues},
        bars=_bars(market),
        fx={c: _exchange(market, config.base_currency, c) for c in set(currency_of.values()) - {config.base_currency}},
        readings=readings,
        rate_spread=config.rate_spread,
        rate_max_age_days=config.rate_max_age_days,
        fallback_rate=config.rate_fallback,
        fx_spread=config.fx_spread_bps / 1e4 if costs.is_venue else 0.0,
        fees=costs.fees,
        expected_rate=costs.expected_rate,
        settle=settle,
        closes_before={s: price for s in market.holdable if not math.isnan(price := facts.first_price(s))},
        costs_are_linear=config.costs != "venue",
        half_spread=costs.half_spread,
        impact=costs.impact,
        lot=lot,
        room=room,
        barred=_barred(market),
        actions=_actions(market, config, past=False),
        past=_actions(market, config, past=True),
        borrow_fee=fee,
        available=available,
        carry_yield=carry_yield,
    )


# ------------------------------------------------------------------------------------------ venues, prices


def _sessions(market: MarketData, venue: str) -> list[naive.Session]:
    calendar = market.calendars[venue]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
    columns = (calendar.dates[inside].tolist(), calendar.opens[inside].tolist(), calendar.closes[inside].tolist())
    return [naive.Session(*one) for one in zip(*columns, strict=True)]


def _cancelled(market: MarketData, venue: str) -> list[naive.Cancelled]:
    calendar = market.calendars[venue]
    columns = (
        calendar.cancelled_dates.tolist(),
        calendar.cancelled_opens.tolist(),
        calendar.cancelled_closes.tolist(),
        calendar.announced.tolist(),
    )
    return [naive.Cancelled(*one) for one in zip(*columns, strict=True)]


def _exchange(market: MarketData, base: str, currency: str) -> list[tuple[int, float]]:
    """The rates of a currency, from each stamp at which any pair was quoted."""
    stamps = sorted({stamp for known, _ in market.fx.pairs.values() for stamp in known.tolist()})
    rates = market.fx.rates_at(np.array(stamps, dtype=np.int64), base, [currency])[:, 0].tolist()
    return [(stamp, rate) for stamp, rate in zip(stamps, rates, strict=True) if not math.isnan(rate)]


def _bars(market: MarketData) -> dict[tuple[str, dt.date], tuple[float, float]]:
    """Opens and closes of the run's days; a halted session has none."""
    bars = {}
    halted = market.halted()
    inside = (market.dates >= market.start) & (market.dates <= market.end)
    for symbol, column in zip(market.holdable, market.columns(market.holdable), strict=True):
        opens, closes = market.open[inside, column].tolist(), market.close[inside, column].tolist()
        shut = halted[inside, column].tolist()
        for date, opened, close, is_shut in zip(market.dates[inside].tolist(), opens, closes, shut, strict=True):
            if not is_shut and not (math.isnan(opened) and math.isnan(close)):
                bars[symbol, date] = (opened, close)
    return bars


def _barred(market: MarketData) -> Callable[[str, dt.date, bool], tuple[bool, bool]]:
    """Which sides a price limit bars in each mainland session."""
    flags: dict[tuple[str, dt.date], int] = {}
    dates = market.dates.tolist()
    is_raw = market.price_basis == "raw"
    for symbol in market.holdable:
        venue = market.instruments[symbol].venue
        if venue not in MAINLAND:
            continue
        column = int(market.columns([symbol])[0])
        held = market.calendars[venue].dates.tolist()
        gone_ex: dict[dt.date, list[tuple[int, dt.date, float]]] = {}
        for kind, ex, amount in own_actions(market, symbol):
            at = bisect.bisect_left(held, ex)
            if at < len(held):
                gone_ex.setdefault(held[at], []).append((kind, ex, amount))
        reference, before = [], math.nan
        for date, close in zip(dates, market.close[:, column].tolist(), strict=True):
            reference.append(_after(before, gone_ex.get(date, [])))
            before = before if math.isnan(close) else close
        told = np.array(reference)[:, None]
        listed = market.instruments[symbol].listed
        since = np.array(["NaT" if listed is None else listed], dtype="datetime64[D]")
        sessions = market.calendars[venue].dates
        down, up = price_limits(venue, (symbol,), market.dates, told, since, sessions=sessions, raw=is_raw)
        opens, closes = market.open[:, [column]], market.close[:, [column]]
        barred = barred_sides(opens, closes, told, down, up, raw=is_raw)[:, 0].tolist()
        flags |= {(symbol, date): flag for date, flag in zip(dates, barred, strict=True)}

    def barred_at(symbol: str, date: dt.date, is_open: bool) -> tuple[bool, bool]:
        flag = flags.get((symbol, date), 0)
        buy, sell = (BUY_AT_OPEN, SELL_AT_OPEN) if is_open else (BUY_AT_CLOSE, SELL_AT_CLOSE)
        return bool(flag & buy), bool(flag & sell)

    return barred_at


def _after(price: float, actions: list[tuple[int, dt.date, float]]) -> float:
    """A price less what goes ex, one ex date after the other; amounts are per share held before the date."""
    for date in sorted({ex for _, ex, _ in actions}):
        today = [(kind, amount) for kind, ex, amount in actions if ex == date]
        dividend = sum(amount for kind, amount in today if kind == CASH)
        split = math.prod(amount for kind, amount in today if kind == SPLIT)
        scrip = sum(amount for kind, amount in today if kind == SCRIP)
        price = (price - dividend) / (split * (1.0 + scrip / split))
    return price


# ------------------------------------------------------------------------------------------ actions, borrowing


def _actions(market: MarketData, config: RunConfig, *, past: bool) -> list[naive.Action]:
    """The actions that take effect in the run, or those that did before it."""
    found, actions = [], market.actions
    for i, symbol in enumerate(actions.symbol):
        held = market.calendars[market.instruments[symbol].venue].dates
        effective = held[held >= actions.ex_date[i]]
        if symbol not in market.holdable or not len(effective) or bool(effective[0] < market.start) != past:
            continue
        ex, kind = actions.ex_date[i].item(), int(actions.kind[i])
        withheld = float(actions.withholding[i])
        if kind == CASH and math.isnan(withheld):
            withheld = _withheld(market, config, symbol, ex)
        pay = ex if kind == SPLIT else actions.pay_date[i].item()
        found.append(naive.Action(symbol, KINDS[kind], ex, pay, float(actions.amount[i]), withheld))
    return found


def _withheld(market: MarketData, config: RunConfig, symbol: str, date: dt.date) -> float:
    one = market.instruments[symbol]
    listing = next((kind for kind in ("adr", "mainland", "other") if kind in one.tags), "")
    days = np.array([date], dtype="datetime64[D]")
    return float(withholding_rates(one.venue, days, config.investor, listing=listing)[0])


def _borrowing(
    market: MarketData, config: RunConfig, sessions: dict[str, list[naive.Session]]
) -> tuple[Callable[[str, dt.date], float], Callable[[str, dt.date], tuple[float, dt.date]]]:
    """Fee and shares that can be borrowed, with the date whose shares they are, by row."""
    first_opens: dict[dt.date, int] = {}
    for one in (one for held in sessions.values() for one in held):
        first_opens[one.date] = min(first_opens.get(one.date, one.open), one.open)
    rows = sorted(first_opens)
    days = np.array(rows, dtype="datetime64[D]")
    stamps = np.array([first_opens[date] for date in rows], dtype=np.int64)
    names = list(market.holdable)
    fees = market.borrow.fees(names, days, stamps)
    fees[np.isnan(fees)] = config.borrow_fee or 0.0
    available = market.borrow.available(names, days, stamps)
    fee_on = {(s, date): float(fees[r, c]) for r, date in enumerate(rows) for c, s in enumerate(names)}
    stated_on = market.borrow.stated_on(names, days, stamps)
    shares_on = {
        (s, date): (float(available[r, c]), stated_on[r, c].item() or date)
        for r, date in enumerate(rows)
        for c, s in enumerate(names)
    }
    return lambda symbol, date: fee_on[symbol, date], lambda symbol, date: shares_on[symbol, date]


# ------------------------------------------------------------------------------------------ costs


@dataclass(frozen=True)
class Costs:
    """What fills pay, and what sizing expects them to."""

    market: MarketData
    config: RunConfig
    facts: Facts

    def __hash__(self) -> int:
        return id(self)

    @property
    def is_venue(self) -> bool:
        """Whether trades pay the venue's fees, exact or in proportion."""
        return self.config.costs in ("venue", "venue-proportional")

    @cache  # noqa: B019
    def rate(self, symbol: str, side: str, date: dt.date) -> float:
        """Fees in proportion to the notional."""
        if isinstance(self.config.costs, FlatCosts):
            return self.config.costs.bps / 1e4
        if self.config.costs == "none":
            return 0.0
        venue = self.market.instruments[symbol].venue
        rates = proportional_rates(venue, np.array([date], dtype="datetime64[D]"))
        return float(sum(rates.rates[0, :, SIDES[side]].tolist())) + self.config.commission_bps / 1e4

    def fees(self, symbol: str, side: str, date: dt.date, shares: float, price: float) -> float:
        """The fees charged on a fill."""
        if self.config.costs != "venue":
            return shares * price * self.rate(symbol, side, date)
        one, unit = self.market.instruments[symbol], self.facts.unit(symbol, date)
        note = contract_note(
            one.venue,
            date,
            side,
            repr(shares * unit),
            repr(price / unit),
            commission_bps=self.config.commission_bps,
            commission_min=self.config.commission_min.get(one.currency, 0),
        )
        return float(note.total)

    @cache  # noqa: B019
    def _charges(self, venue: str, date: dt.date, side: str) -> list[Charge]:
        charges = charges_on(venue, day_number(np.datetime64(date)))
        return [both[SIDES[side]] for both in charges.values()]

    def expected_rate(self, symbol: str, side: str, date: dt.date, shares: float, price: float) -> float:
        """The fees expected, unrounded, as a fraction of the notional."""
        if self.config.costs != "venue":
            return self.rate(symbol, side, date)
        one, notional = self.market.instruments[symbol], shares * price
        raw_shares = shares * self.facts.unit(symbol, date)
        fees = max(notional * self.config.commission_bps / 1e4, self.config.commission_min.get(one.currency, 0.0))
        for charge in self._charges(one.venue, date, side):
            due = float(charge.rate) * notional + float(charge.per_share) * raw_shares + float(charge.fixed)
            due = max(due, float(charge.minimum))
            fees += due if charge.maximum is None else min(due, float(charge.maximum))
        return fees / notional

    @cache  # noqa: B019
    def half_spread(self, symbol: str, date: dt.date) -> float:
        """A stated rate, or half a tick of the last raw price over that price."""
        if not self.is_venue:
            return 0.0
        if self.config.half_spread_bps != "tick":
            return self.config.half_spread_bps / 1e4
        price = self.facts.raw_price(symbol, date)
        days = np.array([date], dtype="datetime64[D]")
        tick = float(tick_sizes(self.market.instruments[symbol].venue, days, np.array([[price]]))[0, 0])
        return 0.0 if math.isnan(tick) else tick / 2.0 / price

    @cache  # noqa: B019
    def impact(self, symbol: str, date: dt.date) -> float:
        """Coefficient x volatility x sqrt(1 / average volume in shares of the ledger)."""
        if not self.config.impact:
            return 0.0
        volume, volatility = self.facts.volume_before(symbol, date), self.facts.volatility_before(symbol, date)
        if math.isnan(volume) or math.isnan(volatility):
            return 0.0
        return self.config.impact * volatility * math.sqrt(self.facts.unit(symbol, date) / volume)
