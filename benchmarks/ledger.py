"""The ledger beside vectorbt: the same job, parity asserted first, then medians and their ratio.

Run with `make bench`. The job: weekly random weights over the New York names of the demo market, filled at the
close that decides, 10 hundredths of a percent a side, one calendar and one currency: the only job both can do.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd

from backtest.arrays import prepare
from backtest.config import FlatCosts, RunConfig
from backtest.engine import new_book, run_lanes, simulate
from data.load import load
from strategies.schedule import decision_stamps, rebalance_dates
from strategies.targets import TargetWeights

TOLERANCE = 1e-9


def median_of(function: Callable[[], object], repeats: int) -> float:
    """Give the median seconds of warm calls."""
    function()
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        function()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Check parity, time both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    import vectorbt as vbt

    names = "+".join(name for name in load("demo").symbols if name.startswith("US"))
    market = load("demo", universe=names)
    calendar = market.calendars["XNYS"]
    stamps = decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end))
    rng = np.random.default_rng(7)
    weights = 0.95 * rng.dirichlet(np.ones(len(market.holdable)), size=len(stamps))
    frame = pd.DataFrame(weights, index=pd.DatetimeIndex(stamps, tz="UTC"), columns=list(market.holdable))
    targets = TargetWeights.from_frame(frame)
    config = RunConfig(fill="same_close", costs=FlatCosts(bps=10), interest="none")

    result = simulate(market, targets, config)
    close = pd.DataFrame(result.mark_prices, index=result.dates, columns=list(result.prepared.names))
    sized = pd.DataFrame(np.nan, index=result.dates, columns=close.columns)
    sized.loc[pd.DatetimeIndex(calendar.dates[np.searchsorted(calendar.closes, stamps)].astype("datetime64[ns]"))] = (
        weights
    )

    def peer() -> vbt.Portfolio:
        return vbt.Portfolio.from_orders(
            close, sized, size_type="targetpercent", fees=0.001, init_cash=1e6, cash_sharing=True, group_by=True,
            call_seq="auto", freq="1D",
        )  # fmt: skip

    gap = float(np.abs(peer().value().to_numpy() / result.nav.to_numpy() - 1).max())
    if gap > TOLERANCE:
        raise SystemExit(f"parity is lost: NAV differs by {gap:.2e}, more than {TOLERANCE:.0e}")

    lanes = np.repeat(weights[:, :, None], 64, axis=2)
    prepared = prepare(market, result.prepared.names, np.asarray(stamps), config)
    book = new_book(prepared, 64, 1e6)
    ours = median_of(lambda: simulate(market, targets, config).nav, repeats)
    theirs = median_of(lambda: peer().value(), repeats)
    lane = median_of(lambda: run_lanes(prepared, lanes, book, whole=False), repeats) / 64

    print(
        f"{len(result.dates)} dates x {len(market.holdable)} names, {len(stamps)} decisions; NAV differs by {gap:.1e}"
    )
    print(f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}", end="")
    print("".join(f", {name} {version(name)}" for name in ("numpy", "numba", "vectorbt")))
    print("one thread each, median of", repeats)
    rows = (("eastbound, one run, preparation included", ours), ("vectorbt, one run (numba engine)", theirs))
    for label, seconds in (*rows, ("eastbound, a lane in a block of 64", lane)):
        print(f"{label:42s} {seconds * 1e3:9.3f} ms   {theirs / seconds:8.1f} x vectorbt")


if __name__ == "__main__":
    main()
