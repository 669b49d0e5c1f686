"""Random cases with everything switched on: actions, lots, limits, borrowing, overlays, every kind of cost."""

import datetime as dt
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from backtest.config import FlatCosts, RunConfig
from data.calendars import trading_calendar
from data.limits import board_of
from data.market import MarketData
from data.rates import CASH_SERIES
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests.generators import MAINLAND, WINDOWS, Case

# A code, its venue and currency; the mainland's tell the board.
LISTINGS = (
    ("AAA", "XNYS", "USD"),
    ("BBB", "XNYS", "USD"),
    ("CCC", "XHKG", "HKD"),
    ("DDD", "XHKG", "HKD"),
    ("600519.SS", "XSHG", "CNY"),
    ("688981.SS", "XSHG", "CNY"),
    ("300750.SZ", "XSHE", "CNY"),
    ("000651.SZ", "XSHE", "CNY"),
)
HISTORY = pd.Timedelta(days=30)  # before the run starts: volumes, volatility, first prices
DAY = 86_400 * 10**9


@dataclass
class Tables:
    """The rows of the tables of one market."""

    prices: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    borrow: list[dict[str, Any]] = field(default_factory=list)
    instruments: list[dict[str, Any]] = field(default_factory=list)
    ends: dict[str, dt.date] = field(default_factory=dict)  # ex date of a delisting


@dataclass(frozen=True)
class Picker:
    """Choices at random."""

    rng: np.random.Generator

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return bool(self.rng.random() < p)

    def pick(self, *options: Any) -> Any:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]


@dataclass(frozen=True)
class Draw(Picker):
    """One random case in the making."""

    first: pd.Timestamp
    last: pd.Timestamp
    config: RunConfig
    is_raw: bool
    has_raw_closes: bool  # beside adjusted ones
    move: float  # of a close, a day


@lru_cache(maxsize=200)
def full_case(seed: int) -> tuple[Case, RunConfig]:
    """Give a market with everything in it, and settings that use it: drawn once for all laws, frozen as it is."""
    return drawn_case(seed)


def drawn_case(seed: int) -> tuple[Case, RunConfig]:
    """Draw a market with everything in it, and settings that use it."""
    rng = np.random.default_rng([seed, 1])
    config = full_config(rng)
    first, last = WINDOWS[rng.integers(len(WINDOWS))]
    is_raw = bool(rng.random() < 0.8) or (config.lots == "exchange" and not config.approximate_lots)
    has_raw_closes = not is_raw and bool(rng.random() < 0.5)
    is_levered = config.shorts or config.max_gross > 1.0
    if is_raw:
        config = config.model_copy(update={"dividend_yield": 0.0})
    elif not has_raw_closes and config.half_spread_bps == "tick":
        config = config.model_copy(update={"half_spread_bps": 5.0})
    move = 0.015 if is_levered else float(rng.choice([0.02, 0.05]))
    draw = Draw(rng, pd.Timestamp(first), pd.Timestamp(last), config, is_raw, has_raw_closes, move)
    codes = {"same_close": (("XNYS",), ("XHKG",), MAINLAND)[seed % 3]}.get(config.fill, ("XNYS", "XHKG", *MAINLAND))
    names = [one for one in LISTINGS if one[1] in codes]
    dying = names[rng.integers(len(names))][0] if draw.chance(0.4) else None
    tables = Tables()
    for symbol, venue, currency in names:
        listing(draw, tables, symbol, venue, currency, is_dying=symbol == dying)
    market, fx, rates = _market(draw, tables)
    decisions = _decisions(draw, market, tables, codes[0] if config.fill == "same_close" else None)
    symbols = list(market.symbols)
    targets = TargetWeights.from_frame(
        pd.DataFrame(
            [[weights[symbol] for symbol in symbols] for _, weights in decisions],
            index=pd.DatetimeIndex([stamp for stamp, _ in decisions], tz="UTC"),
            columns=symbols,
        ),
        hold_missing=True,
    )
    return Case(market, targets, decisions, pd.DataFrame(tables.prices), fx, rates), config


def full_config(rng: np.random.Generator) -> RunConfig:
    """Draw settings that agree with each other."""
    pick, chance = Picker(rng).pick, Picker(rng).chance
    given: dict[str, Any] = {
        "initial_capital": pick(5e4, 3e5, 5e6),
        "fill": pick("next_open", "next_open", "next_open", "next_close", "next_close", "next_close", "same_close"),
        "sizing": pick("decision", "fill"),
        "shut_market": pick("queue", "queue", "cancel", "basket"),
        "fx": pick("at_fill", "hold"),
        "funding": pick("overlap", "overlap", "prefunded", "settled"),
        "costs": pick("venue", "venue", "venue-proportional", FlatCosts(bps=20), "none"),
        "dividends": pick("cash", "reinvest"),
        "investor": pick("offshore", "us"),
        "interest": pick("market", "market", "none"),
        "fx_spread_bps": pick(0.0, 2.0, 20.0),
        "lots": pick("auto", "auto", "exchange", "fractional"),
        "approximate_lots": chance(0.5),
        "dividend_yield": pick(0.0, 3.0),
        "max_participation": pick(None, None, None, 0.01, 0.05, 0.3),
        "rebalance_band": pick(0.0, 0.0, 0.0, 0.02, 0.08),
        "no_trade_band": pick(0.0, 0.0, 0.0, 0.02, 0.08),
        "rate_max_age_days": pick(5, 30),
        "rate_fallback": pick(0.0, 1.0),
    }
    if given["costs"] in ("venue", "venue-proportional"):
        given |= {"half_spread_bps": pick(0.0, 5.0, "tick", "tick"), "commission_bps": pick(0.0, 0.0, 2.5, 10.0)}
    if given["costs"] == "venue":
        given |= {
            "impact": pick(0.0, 0.5, 1.0),
            "commission_min": pick({}, {"USD": 0.99, "HKD": 18.0, "CNY": 5.0}),
        }
    if given["funding"] == "overlap":
        most = pick(1.0, 1.0, round(float(rng.uniform(1.0, 2.0)), 3))
        margin = float(rng.uniform(0.9, 0.995)) / most
        given |= {"max_gross": most, "maintenance_margin": pick(0.0, margin)}
        if chance(0.5):
            given |= {"shorts": True, "borrow_fee": pick(None, 2.5, 2.5)}
    if chance(0.3):
        given |= {"stop_drawdown": float(rng.uniform(0.005, 0.06)), "stop_days": pick(None, 1, 3, 5, 8)}
    return RunConfig(**given)


# ------------------------------------------------------------------------------------------ one listing


def listing(draw: Draw, tables: Tables, symbol: str, venue: str, currency: str, *, is_dying: bool) -> None:
    """Draw the prices, actions, lots and borrowing of a name."""
    rng = draw.rng
    begin = draw.first - HISTORY
    calendar = trading_calendar(venue, begin.year, draw.last.year)
    bounds = begin.date(), draw.last.date()
    days = [day for day in calendar.dates.tolist() if bounds[0] <= day <= bounds[1]]
    n_history = sum(day < draw.first.date() for day in days)
    end = None
    if is_dying:
        end = days[int(rng.integers(n_history + 4, len(days) - 1))]
        tables.ends[symbol] = end
    actions = _actions(draw, symbol, days, n_history, end) if draw.is_raw else []
    tables.actions += actions
    price = float(rng.uniform(3.0, 120.0))
    volume = draw.config.initial_capital / price * float(rng.uniform(0.3, 20.0))
    has_volume = draw.chance(0.85)
    unit = float(rng.uniform(0.2, 1.0))  # raw shares per adjusted one
    for i, day in enumerate(days):
        if end is not None and day >= end:
            break
        for action in [one for one in actions if _effective(days, one) == i]:
            volume *= float(action["amount"]) if action["kind"] == "split" else 1.0
        reference = _reference(price, [one for one in actions if _effective(days, one) == i])
        opened, close = _next_prices(draw, symbol, venue, day, reference)
        row: dict[str, Any] = {
            "date": day, "symbol": symbol, "venue": venue, "currency": currency, "open": opened, "close": close,
            "volume": round(volume * math.exp(0.5 * rng.standard_normal())) if has_volume else math.nan,
        }  # fmt: skip
        if i == 0 or not draw.chance(0.08):
            _disturb(draw, row, price, is_first=i == 0, may_halt=reference == price)
            if draw.has_raw_closes:
                row["close_raw"] = round(float(row["close"]) / unit, 2)
            tables.prices.append(row)
            price = float(row["close"])
        else:
            price = reference  # a day without a row, though actions may take effect
        unit = min(unit * 1.01, 1.0) if draw.chance(0.1) else unit
    _facts(draw, tables, symbol, venue, days, n_history, end)


def _next_prices(draw: Draw, symbol: str, venue: str, day: dt.date, reference: float) -> tuple[float, float]:
    """An open and a close after a reference price; mainland names at times go to their limit."""
    rng = draw.rng

    def around(level: float, spread: float) -> float:
        return max(round(level * math.exp(spread * rng.standard_normal()), 2), 0.05)

    opened = around(reference, draw.move / 2)
    close = around(opened, draw.move)
    if venue in MAINLAND and draw.chance(0.15):
        board = board_of(venue, symbol)
        is_wide = board == "star" or (board == "chinext" and day > dt.date(2020, 8, 23))
        limit = round(reference * (1.0 + float(rng.choice([-1.0, 1.0])) * (0.2 if is_wide else 0.1)), 2)
        close = limit
        if draw.chance(0.5):
            opened = limit
    return opened, close


def _disturb(draw: Draw, row: dict[str, Any], before: float, *, is_first: bool, may_halt: bool) -> None:
    """Leave out an open, a volume, or make the name stand still."""
    if draw.chance(0.15):
        row["open"] = math.nan
    if is_first:
        return
    if draw.chance(0.05) and may_halt:
        row["volume"], row["close"] = 0.0, before
        row["open"] = before if draw.chance(0.5) else row["open"]
    elif draw.chance(0.04):
        row["volume"] = draw.pick(0.0, math.nan)


def _reference(price: float, actions: list[dict[str, Any]]) -> float:
    """The last price less what goes ex."""
    amounts = {str(one["kind"]): float(one["amount"]) for one in actions}
    value = price - amounts.get("dividend", 0.0)
    return max(value / (amounts.get("split", 1.0) + amounts.get("scrip", 0.0)), 0.05)


def _effective(days: list[dt.date], action: dict[str, Any]) -> int:
    """The session at which an action takes effect."""
    return next((i for i, day in enumerate(days) if day >= action["ex_date"]), -1)


def _actions(draw: Draw, symbol: str, days: list[dt.date], n_history: int, end: dt.date | None) -> list[dict[str, Any]]:
    """Draw splits, dividends and scrip, some of one day, some before the run, some on days without a session."""
    rng, found = draw.rng, []

    def add(kind: str, ex: dt.date, amount: float) -> None:
        pay = ex + dt.timedelta(days=int(rng.integers(1, 16)))
        row = {"symbol": symbol, "kind": kind, "ex_date": ex, "pay_date": None if kind == "split" else pay}
        withheld = 0.1 if kind == "dividend" and draw.chance(0.3) else math.nan
        if all((one["kind"], one["ex_date"]) != (kind, ex) for one in found):
            found.append({**row, "amount": amount, "withholding": withheld})

    def some_day() -> dt.date:
        low = 5 if draw.chance(0.15) else n_history + 1
        day = days[int(rng.integers(low, len(days)))]
        return day + dt.timedelta(days=int(rng.integers(0, 3)) if draw.chance(0.15) else 0)

    if draw.chance(0.6):
        for _ in range(int(rng.integers(1, 3))):
            add("dividend", some_day(), round(float(rng.uniform(0.02, 0.4)), 2))
    if draw.chance(0.35):
        add("split", some_day(), float(draw.pick(2.0, 1.5, 0.1)))
    if draw.chance(0.35):
        add("scrip", some_day(), float(draw.pick(0.1, 0.3, 1.0)))
    if draw.chance(0.15):
        day = some_day()
        for kind, amount in (("dividend", 0.1), ("split", 2.0), ("scrip", 0.2))[int(rng.integers(0, 2)) :]:
            add(kind, day, amount)
    return [one for one in found if end is None or one["ex_date"] <= end]


def _facts(
    draw: Draw, tables: Tables, symbol: str, venue: str, days: list[dt.date], n_history: int, end: dt.date | None
) -> None:
    """Draw lots, tags, the delisting and what can be borrowed."""
    rng = draw.rng
    facts: dict[str, Any] = {"symbol": symbol}
    if venue == "XHKG" or draw.chance(0.5):
        facts["lot"] = int(rng.choice([1, 100, 500]))
    if venue == "XNYS" and draw.chance(0.5):
        facts["tags"] = "adr"
    if end is not None:
        price = draw.pick(math.nan, 2.0)
        if draw.chance(0.5):
            facts["delisted"] = str(end - dt.timedelta(days=1))
            facts["terminal_price"] = price
        else:
            pay = end + dt.timedelta(days=int(rng.integers(1, 8)))
            tables.actions.append(
                {"symbol": symbol, "kind": "delisting", "ex_date": end, "pay_date": pay, "amount": price}
            )
    tables.instruments.append(facts)
    must_state = draw.config.borrow_fee is None
    if draw.config.shorts and (must_state or draw.chance(0.7)):
        for at in sorted({0, *(int(one) for one in rng.integers(n_history - 3, len(days), size=3))}):
            few = draw.config.initial_capital / 50.0 * float(rng.uniform(0.0, 0.5))
            available = math.nan if draw.chance(0.3) else round(few)
            fee = math.nan if draw.chance(0.2) and not must_state else round(float(rng.uniform(0.3, 30.0)), 2)
            known = days[at] - dt.timedelta(days=0 if at else 3)  # the first before the run
            tables.borrow.append({"date": known, "symbol": symbol, "fee_pct": fee, "available": available})


# ------------------------------------------------------------------------------------------ the market, decisions


def _market(draw: Draw, tables: Tables) -> tuple[MarketData, pd.DataFrame, pd.DataFrame]:
    rng = draw.rng
    days = pd.bdate_range(draw.first - HISTORY - pd.Timedelta(days=5), draw.last)
    fx = pd.concat(
        pd.DataFrame(
            {
                "date": days,
                "base": "USD",
                "quote": quote,
                "rate": level * np.exp(np.cumsum(0.005 * rng.standard_normal(len(days)))),
            }
        )
        for quote, level in (("HKD", 7.8), ("CNY", 7.0))
    )
    rates = pd.concat(
        pd.DataFrame({"date": days[: rng.integers(15, len(days))], "series": CASH_SERIES[code][0], "value": value})
        for code, value in (("USD", 5.0), ("HKD", -0.3))
    )
    market = from_frames(
        pd.DataFrame(tables.prices),
        fx=fx,
        rates=rates,
        actions=pd.DataFrame(tables.actions) if tables.actions else None,
        borrow=pd.DataFrame(tables.borrow) if tables.borrow else None,
        instruments=pd.DataFrame(tables.instruments),
        price_basis="raw" if draw.is_raw else "total_return",
    )
    start = draw.first.date() if draw.chance(0.85) else None
    return market.restricted(start=start), fx, rates


def _decisions(
    draw: Draw, market: MarketData, tables: Tables, at_closes_of: str | None
) -> list[tuple[int, dict[str, float]]]:
    """Draw stamps and weights that a run accepts."""
    rng, symbols = draw.rng, list(market.symbols)
    low = market.start.astype("datetime64[ns]").astype(np.int64) + DAY
    high = market.end.astype("datetime64[ns]").astype(np.int64)
    closes = market.calendars[at_closes_of or "XNYS"].closes
    inside = closes[(closes > low) & (closes < high)]
    picked = rng.choice(inside, size=min(int(rng.integers(4, 9)), len(inside)), replace=False)
    odd = rng.integers(low, high, size=2 if at_closes_of is None else 0)
    decisions = []
    for stamp in sorted({int(one) for one in (*picked, *odd)}):
        today = dt.date(1970, 1, 1) + dt.timedelta(days=stamp // DAY)
        past = market.until(stamp)
        weights = _weights(draw, len(symbols))
        for i, symbol in enumerate(symbols):
            is_known = not np.isnan(past.close[:, past.columns([symbol])]).all()
            has_ended = symbol in tables.ends and today >= tables.ends[symbol] - dt.timedelta(days=1)
            if not is_known or has_ended:
                weights[i] = 0.0 if not np.isnan(weights).all() else math.nan
        decisions.append((stamp, dict(zip(symbols, weights.tolist(), strict=True))))
    return decisions


def _weights(draw: Draw, n: int) -> np.ndarray:
    """One decision: whole, levered or partly in cash, long or short, some names at zero, some left alone."""
    rng, config = draw.rng, draw.config
    gross = float(rng.choice([config.max_gross, 0.95 * config.max_gross, 0.5, 0.0], p=[0.5, 0.25, 0.15, 0.1]))
    weights = rng.dirichlet(np.ones(n)) * gross * (1.0 - 1e-9)
    if config.shorts:
        weights *= np.where(rng.random(n) < 0.35, -1.0, 1.0)
    weights[rng.random(n) < 0.25] = 0.0
    if draw.chance(0.1):
        weights[:] = np.nan
    elif draw.chance(0.25):
        weights[rng.integers(n)] = np.nan
    return weights
