"""The ledger beside vectorbt: parity asserted first, then medians and their ratio.

Run with `make bench`. Two jobs on the same targets, weekly random weights over 60 made-up Hong Kong names and ten
years. Equal settings: filled at the close that decides, 10 basis points a side, one calendar and one currency: the
only job both can do, and the one whose NAV is compared. In full: filled at the next open in board lots, every contract
note with its minima and rounding, half a tick of spread, square-root impact, settlement; beside the same call of
vectorbt, which does less. Ours is timed as `simulate` and `nav`, preparation included; what depends on the market and
the schedule alone is kept from the run before, and a row of its own says what the first run takes.
"""

import argparse
import os
import platform
import statistics
import time
from importlib.metadata import version

import numpy as np
import pandas as pd

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.lanes import run_lanes
from benchmarks.timing import median_of
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.schedule import decision_stamps, rebalance_dates
from strategies.targets import TargetWeights

TOLERANCE = 1e-9
RESIDUAL = 1e-10
N_NAMES = 60
FIRST, LAST = np.datetime64("2015-01-02"), np.datetime64("2024-12-31")
CAPITAL = 1e8
IN_FULL = RunConfig(
    base_currency="HKD", initial_capital=CAPITAL, costs="venue", commission_bps=2.5, commission_min={"HKD": 18.0},
    half_spread_bps="tick", impact=1.0, lots="exchange", interest="none",
)  # fmt: skip
EQUAL = RunConfig(
    base_currency="HKD", initial_capital=CAPITAL, fill="same_close", costs=FlatCosts(bps=10), lots="fractional",
    interest="none",
)  # fmt: skip


def make_market() -> MarketData:
    """Build ten years of 60 made-up names in Hong Kong, prices as traded."""
    rng = np.random.default_rng(7)
    calendar = trading_calendar("XHKG", 2015, 2024)
    dates = calendar.dates[(calendar.dates >= FIRST) & (calendar.dates <= LAST)]
    shape = (len(dates), N_NAMES)
    close = rng.uniform(10, 300, N_NAMES) * np.exp(np.cumsum(0.015 * rng.standard_normal(shape), axis=0))
    opened = close * np.exp(0.004 * rng.standard_normal(shape))
    symbols = np.array([f"N{i:02d}" for i in range(N_NAMES)])
    frame = pd.DataFrame(
        {
            "date": np.repeat(dates.astype("datetime64[ns]"), N_NAMES),
            "symbol": np.tile(symbols, len(dates)),
            "venue": "XHKG",
            "currency": "HKD",
            "open": opened.round(2).ravel(),
            "close": close.round(2).ravel(),
            "volume": rng.lognormal(15, 0.5, shape).round(-2).ravel(),
        }
    )
    lots = pd.DataFrame({"symbol": symbols, "lot": rng.choice([100, 200, 500], N_NAMES)})
    return from_frames(frame, instruments=lots, price_basis="raw", name="benchmark (synthetic)", synthetic=True)


def time_ours(
    label: str, market: MarketData, targets: TargetWeights, stamps: np.ndarray, config: RunConfig, repeats: int
) -> list[tuple[str, float]]:
    """Time one run, the same with every fill and mark written down, the ledger alone, and a lane in a block of 64."""
    prepared = prepare(market, targets.assets, stamps, config)
    one, many = (np.repeat(targets.weights[:, :, None], n, axis=2) for n in (1, 64))
    book, books = new_book(prepared, 1, CAPITAL), new_book(prepared, 64, CAPITAL)
    run = median_of(lambda: simulate(market, targets, config).nav, repeats)
    written = median_of(lambda: simulate(market, targets, config).fills, repeats)
    ledger = median_of(lambda: run_lanes(prepared, one, book, whole=False), repeats)
    block = median_of(lambda: run_lanes(prepared, many, books, whole=False), 3)
    return [
        (f"eastbound, {label}", run),
        (f"eastbound, {label}, and its record", written),
        (f"eastbound, {label}, the ledger alone", ledger),
        (f"eastbound, {label}, a lane in a block of 64", block / 64),
    ]


def time_first(targets: TargetWeights, config: RunConfig) -> float:
    """Time the first run on a market: everything is laid out anew."""
    taken = []
    for _ in range(3):
        market = make_market()
        begun = time.perf_counter()
        simulate(market, targets, config).nav  # noqa: B018 - the property is the work
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Check parity, time both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=41)
    repeats = parser.parse_args().repeats
    import vectorbt as vbt

    market = make_market()
    calendar = market.calendars["XHKG"]
    stamps = decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end))
    rng = np.random.default_rng(7)
    weights = 0.95 * rng.dirichlet(np.ones(N_NAMES), size=len(stamps))
    frame = pd.DataFrame(weights, index=pd.DatetimeIndex(stamps, tz="UTC"), columns=list(market.holdable))
    targets = TargetWeights.from_frame(frame)

    result = simulate(market, targets, EQUAL)
    close = pd.DataFrame(result.mark_prices, index=result.dates, columns=list(result.prepared.names))
    sized = pd.DataFrame(np.nan, index=result.dates, columns=close.columns)
    sized.loc[pd.DatetimeIndex(calendar.dates[np.searchsorted(calendar.closes, stamps)].astype("datetime64[ns]"))] = (
        weights
    )

    def peer() -> vbt.Portfolio:
        return vbt.Portfolio.from_orders(
            close, sized, size_type="targetpercent", fees=0.001, init_cash=CAPITAL, cash_sharing=True, group_by=True,
            call_seq="auto", freq="1D",
        )  # fmt: skip

    gap = float(np.abs(peer().value().to_numpy() / result.nav.to_numpy() - 1).max())
    if gap > TOLERANCE:
        raise SystemExit(f"parity is lost: NAV differs by {gap:.2e}, more than {TOLERANCE:.0e}")

    full = simulate(market, targets, IN_FULL)
    residual = float((full.bridge["residual"] / full.nav).abs().max())
    if residual > RESIDUAL:
        raise SystemExit(f"the full ledger does not add up: {residual:.2e} of NAV, more than {RESIDUAL:.0e}")

    theirs = median_of(lambda: peer().value(), repeats)
    rows = [("vectorbt, from_orders and value (numba engine)", theirs)]
    for label, config in (("equal settings", EQUAL), ("in full", IN_FULL)):
        rows += time_ours(label, market, targets, np.asarray(stamps), config, repeats)
        rows.append((f"eastbound, {label}, first run on a market", time_first(targets, config)))

    print(
        f"{len(result.dates)} dates x {N_NAMES} names, {len(stamps)} decisions; equal settings: NAV differs by "
        f"{gap:.1e}; in full: {len(full.trades):,} fills, residual {residual:.1e} of NAV"
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}", end="")
    print("".join(f", {name} {version(name)}" for name in ("numpy", "numba", "vectorbt")))
    print("one thread each, median of", repeats)
    for label, seconds in rows:
        print(f"{label:52s} {seconds * 1e3:9.3f} ms   {theirs / seconds:8.1f} x vectorbt")


if __name__ == "__main__":
    main()
