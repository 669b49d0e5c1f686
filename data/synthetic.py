"""The demo market: three venues and currencies, made up from a seed, no files and no network.

Returns have market and sector factors, fat tails (Student t) and clustered volatility (log-volatility is a
first-order autoregression); Hong Kong and Shanghai follow part of New York's previous day. Flows follow
the past week's returns and noise: nothing in them predicts. Nothing here is a real figure.
"""

from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import trading_calendars
from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import TAGGED, Spell

SEED = 20250214
FIRST, LAST = np.datetime64("2019-03-01"), np.datetime64("2025-02-14")
SECTORS = ("Information Technology", "Communication Services", "Consumer Discretionary", "Financials")
# venue: number of names, prefix, annual drift and volatility of the market factor, weight of New York's last day
REGIONS = MappingProxyType(
    {"XNYS": (12, "US", 0.11, 0.17, 0.0), "XHKG": (18, "HK", 0.03, 0.22, 0.30), "XSHG": (10, "CN", 0.04, 0.18, 0.15)}
)
LATE = MappingProxyType({"HK16": "2020-06-18", "HK17": "2021-03-23", "HK18": "2021-08-12", "CN10": "2020-09-14"})
YEAR = 252
FLOW_HISTORY_WEEKS = 26  # figures published before the first price


@cache
def demo_market() -> MarketData:
    """Build the demo market.

    Returns
    -------
    MarketData
        Synthetic: 12 names in New York, 18 in Hong Kong and 10 in Shanghai over 1,500 New York sessions, with
        flows, P/E, exchange and interest rates. `big-seven` is US01 to US07, `hang-seng-tech` is
        HK01 to HK18 from their listing, `msci-china` is Hong Kong and Shanghai.
    """
    rng = np.random.default_rng(SEED)
    calendars = trading_calendars(set(REGIONS), int(str(FIRST)[:4]), int(str(LAST)[:4]))
    sessions = {v: c.dates[(c.dates >= FIRST) & (c.dates <= LAST)] for v, c in calendars.items()}
    days = np.unique(np.concatenate(list(sessions.values())))

    world = _factor(rng, len(days))
    prices, factors = [], {}
    for venue, (n_names, prefix, drift, volatility, follow) in REGIONS.items():
        own = _factor(rng, len(days))
        carried = np.concatenate([[0.0], world[:-1]])
        shock = world if venue == "XNYS" else follow * carried + np.sqrt(1 - follow**2) * own
        factors[venue] = drift / YEAR + volatility / np.sqrt(YEAR) * shock
        held = np.isin(days, sessions[venue])
        prices.append(_names(rng, venue, n_names, prefix, sessions[venue], _held_sums(factors[venue], held)))
    frame = pd.concat(prices, ignore_index=True)
    names = frame[["symbol", "sector"]].drop_duplicates()
    return from_frames(
        frame.drop(columns="sector"),
        fx=_fx(rng, days),
        valuations=_valuations(rng, days, factors),
        flows=_flows(rng, days, factors),
        rates=_rates(days),
        instruments=names.assign(
            name=[f"Synthetic {symbol}" for symbol in names["symbol"]],
            listed=[LATE.get(symbol, "2010-01-04") for symbol in names["symbol"]],
            lot=[_lot(symbol) for symbol in names["symbol"]],
        ),
        name="demo (synthetic)",
        synthetic=True,
        memberships=_memberships(),
    )


def _lot(symbol: str) -> int:
    """Give a made-up board lot: 1 in New York, 100 on the mainland, 100 to 1,000 in Hong Kong."""
    return {"US": 1, "CN": 100}.get(symbol[:2]) or (100, 200, 500, 1000)[int(symbol[2:]) % 4]


def _factor(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Draw unit-variance shocks with clustered volatility and fat tails."""
    noise = rng.standard_normal(n)
    log_vol = np.empty(n)
    level = 0.0
    for i in range(n):
        level = 0.98 * level + 0.12 * noise[i]
        log_vol[i] = level
    # The tails come from the changing volatility as much as from the draws: fatter draws would hide the clusters.
    shocks = rng.standard_t(10, n) / np.sqrt(10 / 8) * np.exp(log_vol)
    scaled: NDArray[np.float64] = shocks / shocks.std()
    return scaled


def _held_sums(returns: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give a venue the sum of what happened since its last session."""
    total = np.cumsum(returns)[held]
    return np.diff(total, prepend=0.0)


def _names(
    rng: np.random.Generator,
    venue: str,
    n_names: int,
    prefix: str,
    sessions: NDArray[np.datetime64],
    market: NDArray[np.float64],
) -> pd.DataFrame:
    n = len(sessions)
    sector_of = np.arange(n_names) % len(SECTORS)
    sector_shocks = np.column_stack([_factor(rng, n) for _ in SECTORS]) * 0.09 / np.sqrt(YEAR)
    own = np.column_stack([_factor(rng, n) for _ in range(n_names)]) * rng.uniform(0.18, 0.34, n_names) / np.sqrt(YEAR)
    beta = rng.uniform(0.7, 1.4, n_names)
    returns = market[:, None] * beta + sector_shocks[:, sector_of] + own
    close = rng.uniform(20, 300, n_names) * np.exp(np.cumsum(returns, axis=0))
    before = np.vstack([close[:1], close[:-1]])
    gap = rng.uniform(0.2, 0.6, close.shape)
    opened = before * (close / before) ** gap * np.exp(0.002 * rng.standard_normal(close.shape))
    top = np.maximum(opened, close) * np.exp(np.abs(0.004 * rng.standard_normal(close.shape)))
    bottom = np.minimum(opened, close) * np.exp(-np.abs(0.004 * rng.standard_normal(close.shape)))
    usual = rng.lognormal(15, 0.8, n_names)
    volume = usual * np.exp(0.3 * rng.standard_normal(close.shape) + 8 * np.abs(returns))

    symbols = np.array([f"{prefix}{i + 1:02d}" for i in range(n_names)])
    frame = pd.DataFrame(
        {
            "date": np.repeat(sessions.astype("datetime64[ns]"), n_names),
            "symbol": np.tile(symbols, n),
            "venue": venue,
            "currency": {"XNYS": "USD", "XHKG": "HKD", "XSHG": "CNY"}[venue],
            "open": opened.round(2).ravel(),
            "high": top.round(2).ravel(),
            "low": bottom.round(2).ravel(),
            "close": close.round(2).ravel(),
            "volume": volume.round(-2).ravel(),
            "sector": np.tile(np.array(SECTORS)[sector_of], n),
        }
    )
    listed = frame["symbol"].map(LATE)
    return frame[listed.isna() | (frame["date"] >= pd.to_datetime(listed))]


def _fx(rng: np.random.Generator, days: NDArray[np.datetime64]) -> pd.DataFrame:
    before = np.concatenate([days[:1] - 3, days])
    band = np.empty(len(before))
    level = 0.0
    for i, shock in enumerate(rng.standard_normal(len(before))):
        level = 0.99 * level + 0.1 * shock
        band[i] = level
    hkd = 7.80 + 0.045 * np.tanh(band)  # the peg's band is 7.75 to 7.85
    cny = 6.75 * np.exp(np.cumsum(0.0025 * rng.standard_normal(len(before))))
    date = before.astype("datetime64[ns]")
    return pd.concat(
        [
            pd.DataFrame({"date": date, "base": "USD", "quote": quote, "rate": rate.round(4)})
            for quote, rate in (("HKD", hkd), ("CNY", cny))
        ],
        ignore_index=True,
    )


def _valuations(
    rng: np.random.Generator, days: NDArray[np.datetime64], factors: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    pieces = []
    for entity, venue, start in (("NDX", "XNYS", 26.0), ("HSTECH", "XHKG", 24.0)):
        earnings = np.cumsum(0.0003 + 0.001 * rng.standard_normal(len(days)))
        ratio = start * np.exp(np.cumsum(factors[venue]) - earnings)
        pieces.append(
            pd.DataFrame(
                {
                    "date": days.astype("datetime64[ns]"),
                    "entity": entity,
                    "metric": "pe_ttm",
                    "value": ratio.round(2),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _flows(
    rng: np.random.Generator, days: NDArray[np.datetime64], factors: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    fridays = np.flatnonzero((days.astype(np.int64) + 4) % 7 == 5)
    pieces = []
    for entity, venue in (("US", "XNYS"), ("CHINA", "XHKG")):
        cumulative = np.cumsum(factors[venue])
        week = np.diff(cumulative[fridays], prepend=0.0)
        flow = 2e10 * week + 4e8 * rng.standard_normal(len(fridays))
        before = days[fridays[0]] - 7 * np.arange(FLOW_HISTORY_WEEKS, 0, -1)
        date = np.concatenate([before, days[fridays]])
        flow = np.concatenate([6e8 * rng.standard_normal(FLOW_HISTORY_WEEKS), flow])
        pieces.append(
            pd.DataFrame(
                {
                    "date": date.astype("datetime64[ns]"),
                    "entity": entity,
                    "net_usd": flow.round(-5),
                    # published on the Thursday after, at 21:00 UTC
                    "known": pd.DatetimeIndex((date + 6).astype("datetime64[ns]"), tz="UTC") + pd.Timedelta(hours=21),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def _rates(days: NDArray[np.datetime64]) -> pd.DataFrame:
    steps = {
        "2019-03-01": 2.4,
        "2020-03-16": 0.1,
        "2022-03-17": 0.4,
        "2022-09-22": 3.1,
        "2023-07-27": 5.3,
        "2024-09-19": 4.6,
    }
    levels = pd.Series(list(steps.values()), index=pd.to_datetime(list(steps)))
    date = pd.DatetimeIndex(np.concatenate([days[:1] - 3, days]).astype("datetime64[ns]"))
    funds = levels.reindex(levels.index.union(date)).ffill().reindex(date).bfill().to_numpy()
    return pd.concat(
        [
            pd.DataFrame({"date": date, "series": series, "value": (funds + gap).round(2)})
            for series, gap in (("US_FED_FUNDS", 0.0), ("HK_HIBOR_1M", -0.3), ("CN_SHIBOR_ON", -0.5))
        ],
        ignore_index=True,
    )


def _memberships() -> dict[str, tuple[Spell, ...]]:
    def named(prefix: str, first: int, last: int) -> tuple[Spell, ...]:
        symbols = [f"{prefix}{i:02d}" for i in range(first, last + 1)]
        return tuple(Spell(s, np.datetime64(LATE[s]) if s in LATE else None) for s in symbols)

    made = {
        "big-seven": named("US", 1, 7),
        "hang-seng-tech": named("HK", 1, 18),
        "msci-china": named("HK", 1, 18) + named("CN", 1, 10),
    }
    return {**dict.fromkeys(TAGGED, ()), **made}
