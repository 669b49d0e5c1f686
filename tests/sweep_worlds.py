"""Random markets with a rotation to sweep on each: in sleeves, in the general form, now in one and now in the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest.config import RunConfig
from data.calendars import trading_calendar
from data.market import MarketData
from data.rates import CASH_SERIES
from data.sources.frames import from_frames
from strategies.thesis import Thesis
from tests.generators import MAINLAND
from tests.worlds import Draw, Picker, Tables, full_config, listing

# Half a year or so around holidays that venues do not share, typhoons and changes of duty.
WINDOWS = (
    ("2023-08-15", "2023-12-29"),
    ("2024-12-02", "2025-03-31"),
    ("2021-07-01", "2021-10-29"),
    ("2019-12-02", "2020-03-27"),
    ("2024-01-15", "2024-04-26"),
)
CURRENCY = {"XNYS": "USD", "XHKG": "HKD", "XSHG": "CNY", "XSHE": "CNY"}
VENUES = (
    ("XNYS", "XHKG"),
    ("XNYS", "XHKG", "XSHG"),
    ("XHKG", "XSHG", "XSHE"),
    ("XNYS", "XSHG"),
)
SUFFIX = {"XNYS": "", "XHKG": ".HK", "XSHG": ".SS", "XSHE": ".SZ"}
CODES = {"XNYS": 0, "XHKG": 2000, "XSHG": 600100, "XSHE": 300200}
SCHEDULES = (
    {"every": "day", "offset": 0},
    {"every": "week", "offset": 0},
    {"every": "week", "offset": 3},
    {"every": "month", "offset": 0},
    {"every": "month", "offset": 9},
    {"every": 2, "offset": 1},
    {"every": 3, "offset": 0},
    {"every": 7, "offset": 4},
)
ENTITIES = {"source_entity": "SRC", "destination_entity": "DST"}


@dataclass(frozen=True)
class SweepWorld:
    """A market, a thesis, and what of it is varied."""

    market: MarketData
    thesis: Thesis
    grid: Mapping[str, Any]


def sweep_world(seed: int, n: int) -> SweepWorld:
    """Draw a market, settings that fit it, and n candidates: plain settings four times out of five."""
    rng = np.random.default_rng([seed, 4])
    draw = Picker(rng)
    is_plain = draw.chance(0.8)
    config = _plain_settings(draw) if is_plain else _any_settings(draw)
    codes = draw.pick(*VENUES)
    if config["fill"] == "same_close":
        codes = draw.pick(("XNYS",), ("XHKG",), MAINLAND)
    first, last = draw.pick(*WINDOWS)
    is_raw = not is_plain and draw.chance(0.6)
    if is_raw:
        config["dividend_yield"] = 0.0
        market, symbols = _raw_market(draw, config, codes, first)
    else:
        if config.get("lots") == "exchange":
            config["approximate_lots"] = True
        if config.get("half_spread_bps") == "tick":
            config["half_spread_bps"] = 5.0
        market, symbols = _market(draw, codes, first, last)
    source, destination = _baskets(draw, symbols)
    is_valuation = draw.chance(0.6)
    thesis = Thesis.from_mapping(
        {
            "name": f"world {seed}",
            "baskets": {
                "source": source,
                "destination": destination,
                "min_members": draw.pick(1, 1, 2, 3),
                "seasoning": draw.pick(0, 0, 1, 10),
            },
            "signal": {"kind": "valuation", "scale": "level", **ENTITIES, "max_age_days": 20}
            if is_valuation
            else {
                "kind": "flow",
                "history": 60,
                "min_history": 20,
                "source_entity": "SRC",
                "destination_entity": "DST",
            },
            "schedule": {"venue": codes[0] if config["fill"] == "same_close" else None},
            "run": config,
        },
        "world",
    )
    return SweepWorld(market, thesis, _grid(draw, codes, config, n, is_plain=is_plain, is_valuation=is_valuation))


def hurried(world: SweepWorld) -> SweepWorld:
    """Decide every session or two, at any venue: a decision then comes between the fills of the one before it."""
    grid = dict(world.grid) | {"schedule": [{"every": "day", "offset": 0}, {"every": 2, "offset": 1}]}
    if world.thesis.run["fill"] != "same_close":
        grid["schedule.venue"] = sorted(world.market.venues())
    return SweepWorld(world.market, world.thesis, grid)


def _plain_settings(draw: Picker) -> dict[str, Any]:
    """Settings under which sleeves are exact."""
    costs = draw.pick("venue-proportional", "venue-proportional", {"bps": 20}, "none")
    given = {
        "fill": draw.pick("next_open", "next_open", "next_close", "same_close"),
        "costs": costs,
        "base_currency": draw.pick("USD", "USD", "HKD", "CNY"),
        "initial_capital": draw.pick(1e3, 1e6, 3e8),
        "interest": draw.pick("market", "market", "none"),
        "rate_spread": draw.pick(0.0, 0.5, 3.0),
        "rate_max_age_days": draw.pick(5, 30),
    }
    if costs == "venue-proportional":
        given |= {
            "fx_spread_bps": draw.pick(0.0, 2.0, 40.0),
            "half_spread_bps": draw.pick(0.0, 0.0, 5.0),
            "commission_bps": draw.pick(0.0, 2.5),
        }
    return given


def _any_settings(draw: Picker) -> dict[str, Any]:
    """Any settings that agree with each other."""
    config = full_config(draw.rng).model_dump(mode="json", exclude_unset=True)
    return config | {"base_currency": draw.pick("USD", "USD", "HKD", "CNY")}


# ------------------------------------------------------------------------------------------ the market


def _symbols(draw: Picker, codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Names and their venues: one at every venue, and up to 25 in all."""
    n = int(draw.rng.integers(max(5, len(codes)), 26))
    venues = [*codes, *(codes[int(i)] for i in draw.rng.integers(len(codes), size=n - len(codes)))]
    return [(f"{CODES[v] + i:04d}{SUFFIX[v]}" if SUFFIX[v] else f"US{i:02d}", v) for i, v in enumerate(venues)]


def _baskets(draw: Picker, symbols: list[str]) -> tuple[list[str], list[str]]:
    mixed = [symbols[int(i)] for i in draw.rng.permutation(len(symbols))]
    cut = int(draw.rng.integers(2, len(symbols) - 1))
    return sorted(mixed[:cut]), sorted(mixed[cut:])


def _market(draw: Picker, codes: tuple[str, ...], first: str, last: str) -> tuple[MarketData, list[str]]:
    """Draw total returns, with more or fewer gaps: without any, sleeves are never left."""
    rng, trouble, rows = draw.rng, draw.pick(0.0, 0.0, 0.002, 0.01, 0.05), []
    names = _symbols(draw, codes)
    for symbol, venue in names:
        calendar = trading_calendar(venue, int(first[:4]), int(last[:4]))
        dates = calendar.dates[(calendar.dates >= np.datetime64(first)) & (calendar.dates <= np.datetime64(last))]
        n = len(dates)
        close = rng.uniform(5, 200) * np.exp(np.cumsum(0.025 * rng.standard_normal(n)))
        opened = close * np.exp(0.01 * rng.standard_normal(n))
        opened[rng.random(n) < trouble] = np.nan
        kept = rng.random(n) >= trouble
        if draw.chance(0.15):
            kept[: int(rng.integers(1, n // 2))] = False  # listed late
        if draw.chance(4 * trouble):
            begin = int(rng.integers(n // 4, n - 12))
            kept[begin : begin + int(rng.integers(2, 12))] = False  # suspended
        if venue in MAINLAND and trouble:
            at = np.flatnonzero(rng.random(n) < trouble)
            at = at[at > 0]
            close[at] = np.round(close[at - 1] * 1.1, 2)  # at its limit, where the board has ten percent
        if len(np.flatnonzero(kept)) == 0:
            kept[-1] = True
        rows.append(
            pd.DataFrame(
                {
                    "date": dates.astype("datetime64[ns]"),
                    "symbol": symbol,
                    "venue": venue,
                    "currency": CURRENCY[venue],
                    "open": opened,
                    "close": close,
                    "volume": np.round(1e6 * np.exp(rng.standard_normal(n))),
                }
            )[kept]
        )
    tables = _tables(draw, pd.Timestamp(first), pd.Timestamp(last))
    lots = pd.DataFrame({"symbol": [symbol for symbol, _ in names], "lot": 100})
    return from_frames(pd.concat(rows), instruments=lots, **tables), [symbol for symbol, _ in names]


def _raw_market(
    draw: Picker, config: Mapping[str, Any], codes: tuple[str, ...], first: str
) -> tuple[MarketData, list[str]]:
    """Draw prices as traded with actions, lots, limits, halts and a delisting; see `tests.worlds`."""
    begin, end = pd.Timestamp(first), pd.Timestamp(first) + pd.Timedelta(days=75)
    made = Draw(draw.rng, begin, end, RunConfig(**config), is_raw=True, has_raw_closes=False, move=0.02)
    names, tables = _symbols(made, codes), Tables()
    dying = names[int(draw.rng.integers(len(names)))][0] if draw.chance(0.4) else None
    for symbol, venue in names:
        listing(made, tables, symbol, venue, CURRENCY[venue], is_dying=symbol == dying)
    market = from_frames(
        pd.DataFrame(tables.prices),
        actions=pd.DataFrame(tables.actions) if tables.actions else None,
        borrow=pd.DataFrame(tables.borrow) if tables.borrow else None,
        instruments=pd.DataFrame(tables.instruments),
        price_basis="raw",
        **_tables(draw, begin - pd.Timedelta(days=40), end),
    )
    return market, [symbol for symbol, _ in names]


def _tables(draw: Picker, first: pd.Timestamp, last: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Exchange rates, rates of both signs, and what signals read."""
    rng, days = draw.rng, pd.bdate_range(first - pd.Timedelta(days=10), last)
    n = len(days)

    def walk(level: float, move: float) -> np.ndarray:
        return level * np.exp(np.cumsum(move * rng.standard_normal(n)))

    fx = [
        pd.DataFrame({"date": days, "base": "USD", "quote": quote, "rate": walk(level, 0.005)})
        for quote, level in (("HKD", 7.8), ("CNY", 7.0))
    ]
    rates = [
        pd.DataFrame({"date": days[: rng.integers(n // 2, n)], "series": series[0], "value": draw.pick(5.0, -0.7, 0.0)})
        for series in CASH_SERIES.values()
    ]
    closes = {entity: walk(100.0, 0.03) for entity in ENTITIES.values()}
    earnings = {entity: np.repeat(rng.uniform(4, 8), n) for entity in ENTITIES.values()}
    return {
        "fx": pd.concat(fx),
        "rates": pd.concat(rates),
        "indices": pd.concat(pd.DataFrame({"date": days, "index": e, "close": closes[e]}) for e in closes),
        "valuations": pd.concat(
            pd.DataFrame({"date": days, "entity": e, "metric": "pe_ttm", "value": closes[e] / earnings[e]})
            for e in closes
        ),
        "flows": pd.concat(
            pd.DataFrame({"date": days, "entity": e, "net_usd": 1e6 * rng.standard_normal(n)}) for e in closes
        ),
    }


# ------------------------------------------------------------------------------------------ what is varied


def _grid(
    draw: Picker, codes: tuple[str, ...], config: Mapping[str, Any], n: int, *, is_plain: bool, is_valuation: bool
) -> dict[str, Any]:
    rng = draw.rng
    grid: dict[str, Any] = {
        "rotation.enter": sorted(rng.normal(0.2, 0.4, 6).tolist()),
        "rotation.exit": sorted(rng.normal(-0.1, 0.4, 6).tolist()),
        "rotation.min_share": draw.pick([0.0], [0.0, 0.1, 0.5]),
        "rotation.max_share": [0.3, 0.9, 1.0],
        "rotation.speed": [0.01, 0.13, 0.5, 1.0],
        "schedule": _some(draw, SCHEDULES, 3),
        "allocation.kind": _some(draw, ["equal", "inverse_volatility"], 2),
        "conditions": ["rotation.exit < rotation.enter", "rotation.min_share <= rotation.max_share"],
        "draw": {"method": "random", "n": n, "seed": int(rng.integers(2**31))},
    }
    if is_valuation and draw.chance(0.5):
        grid["rotation.profit_target"] = [None, 0.05, 0.3]
    else:
        grid["rotation.rule"] = ["threshold", "linear"]
    if not is_valuation:
        grid["signal.lookback"] = [1, 3, 10]
    if config["fill"] != "same_close" and draw.chance(0.5):
        grid["schedule.venue"] = [None, "XHKG"] if "XHKG" in codes else [None]
        if is_plain:
            grid["run.fill"] = ["next_open", "next_close"]
    if is_plain and config["costs"] == {"bps": 20} and draw.chance(0.5):
        grid["run.costs"] = [{"bps": 20}, "none", {"bps": 1}]
    if is_plain and draw.chance(0.2):
        grid["run.funding"] = ["overlap", draw.pick("prefunded", "settled")]
    return grid


def _some(draw: Picker, values: Sequence[Any], n_most: int) -> list[Any]:
    """One or some of several values, each once."""
    n = int(draw.rng.integers(1, n_most + 1))
    return [values[i] for i in draw.rng.permutation(len(values))[:n].tolist()]
