"""Random markets and decisions for the tests."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from data.calendars import trading_calendar
from data.market import MarketData
from data.rates import CASH_SERIES
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests.translation import naive_settings, naive_world

__all__ = [
    "Case",
    "naive_settings",
    "naive_world",
    "random_case",
    "random_lanes",
    "same_close_case",
]

# Windows with holidays, half days, typhoons, a late open and a change of duty.
WINDOWS = (
    ("2025-01-20", "2025-02-12"),
    ("2023-08-28", "2023-09-15"),
    ("2023-09-28", "2023-10-13"),
    ("2023-11-13", "2023-11-28"),
    ("2020-01-20", "2020-02-07"),
    ("2021-12-22", "2022-01-06"),
)
LISTINGS = (
    ("AAA", "XNYS", "USD"),
    ("BBB", "XNYS", "USD"),
    ("CCC", "XHKG", "HKD"),
    ("DDD", "XHKG", "HKD"),
    ("EEE", "XSHG", "CNY"),
    ("FFF", "XSHE", "CNY"),
    ("GGG", "XHKG", "HKD"),
)


MAINLAND = ("XSHG", "XSHE")  # two venues that close together


@dataclass(frozen=True)
class Case:
    """A market, the frames it was made of, and decisions as targets and as the naive ledger takes them."""

    market: MarketData
    targets: TargetWeights
    decisions: list[tuple[int, dict[str, float]]]
    prices: pd.DataFrame
    fx: pd.DataFrame
    rates: pd.DataFrame


@lru_cache(maxsize=500)
def random_case(
    seed: int,
    *,
    venues: int = 3,
    gaps: bool = True,
    codes: tuple[str, ...] | None = None,
    at_closes_of: str | None = None,
    fx_moves: bool = True,
) -> Case:
    """Draw a market with gaps, and decisions at closes and at odd times: once for all laws, frozen as it is.

    `codes` names the venues (else the first of New York, Hong Kong, mainland); `at_closes_of` a venue at whose
    closes all decisions are made, none at odd times; without `fx_moves` exchange rates stand still.
    """
    rng = np.random.default_rng(seed)
    first, last = WINDOWS[rng.integers(len(WINDOWS))]
    if codes is None:
        codes = ("XNYS", "XHKG", "XSHG", "XSHE")[: venues + (venues == 3)]
    names = [one for one in LISTINGS if one[1] in codes]
    rows = []
    for symbol, venue, currency in names:
        calendar = trading_calendar(venue, int(first[:4]), int(last[:4]))
        dates = calendar.dates[(calendar.dates >= np.datetime64(first)) & (calendar.dates <= np.datetime64(last))]
        close = 50 * np.exp(np.cumsum(0.05 * rng.standard_normal(len(dates))))
        opened = close * np.exp(0.02 * rng.standard_normal(len(dates)))
        opened[rng.random(len(dates)) < (0.2 if gaps else 0.0)] = np.nan
        kept = rng.random(len(dates)) > (0.12 if gaps else 0.0)
        kept[0] = True
        rows.append(
            pd.DataFrame(
                {
                    "date": dates.astype("datetime64[ns]"),
                    "symbol": symbol,
                    "venue": venue,
                    "currency": currency,
                    "open": opened,
                    "close": close,
                }
            )[kept]
        )
    days = pd.bdate_range(pd.Timestamp(first) - pd.Timedelta(days=5), last)
    fx = pd.concat(
        pd.DataFrame(
            {
                "date": days,
                "base": "USD",
                "quote": quote,
                "rate": level * np.exp(np.cumsum((0.01 if fx_moves else 0.0) * rng.standard_normal(len(days)))),
            }
        )
        for quote, level in (("HKD", 7.8), ("CNY", 7.0))
    )
    rates = pd.concat(
        pd.DataFrame({"date": days[: rng.integers(2, len(days))], "series": CASH_SERIES[code][0], "value": value})
        for code, value in (("USD", 5.0), ("HKD", -0.3))
    )
    prices = pd.concat(rows)
    market = from_frames(prices, fx=fx, rates=rates)
    symbols = [one[0] for one in names]
    stamps = _stamps(rng, market, at_closes_of)
    decisions, table = [], []
    for stamp in stamps:
        weights = _draw_weights(rng, _unknown(market, symbols, stamp))
        table.append(weights)
        decisions.append((stamp, dict(zip(symbols, weights.tolist(), strict=True))))
    targets = TargetWeights.from_frame(
        pd.DataFrame(table, index=pd.DatetimeIndex(stamps, tz="UTC"), columns=symbols), hold_missing=True
    )
    return Case(market, targets, decisions, prices, fx, rates)


def same_close_case(seed: int, *, gaps: bool = True) -> Case:
    """Draw a case that `same_close` allows: venues that close together, decisions at their closes."""
    codes = (("XNYS",), ("XHKG",), MAINLAND)[seed % 3]
    return random_case(seed, gaps=gaps, codes=codes, at_closes_of=codes[0])


def random_lanes(case: Case, seed: int, n_lanes: int) -> np.ndarray:
    """Draw other weights for the decisions of a case, shape (n_decisions, n_names, n_lanes)."""
    rng = np.random.default_rng(seed)
    symbols = list(case.market.symbols)
    lanes = [
        [_draw_weights(rng, unknown) for _ in range(n_lanes)]
        for unknown in (_unknown(case.market, symbols, stamp) for stamp, _ in case.decisions)
    ]
    return np.ascontiguousarray(np.array(lanes).transpose(0, 2, 1))


def _draw_weights(rng: np.random.Generator, unknown: np.ndarray) -> np.ndarray:
    """One decision: whole or partly in cash, some names at zero, some left alone, none without a price."""
    weights = rng.dirichlet(np.ones(len(unknown))) * rng.choice([1.0, 0.95, 0.5, 0.0], p=[0.5, 0.2, 0.2, 0.1])
    weights[rng.random(len(unknown)) < 0.3] = 0.0
    if rng.random() < 0.1:
        weights[:] = np.nan
    elif rng.random() < 0.2:
        weights[rng.integers(len(unknown))] = np.nan
    weights[unknown] = 0.0 if not np.isnan(weights).all() else np.nan
    return weights


def _stamps(rng: np.random.Generator, market: MarketData, at_closes_of: str | None) -> list[int]:
    closes = market.calendars[at_closes_of or "XNYS"].closes
    low = market.start.astype("datetime64[ns]").astype(np.int64)
    high = market.end.astype("datetime64[ns]").astype(np.int64)
    inside = closes[(closes > low + 86_400_000_000_000) & (closes < high)]
    picked = rng.choice(inside, size=min(5, len(inside)), replace=False)
    odd = rng.integers(low + 86_400_000_000_000, high, size=2 if at_closes_of is None else 0)
    return sorted({int(s) for s in (*picked, *odd)})


def _unknown(market: MarketData, symbols: list[str], stamp: int) -> np.ndarray:
    """Names without any price at a stamp."""
    past = market.until(stamp)
    return np.array([np.isnan(past.close[:, past.columns([s])]).all() for s in symbols])
