"""What a run leaves, timed: the report of ten years and 60 names in two markets, and all files of the folder.

Run with `make bench-report`. The market is made up; the thesis is flow-momentum on its volume proxy, decided weekly.
Timed warm, the run and its references anew each time: the page reads what the ledger writes down when it is asked.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import strategies
from backtest.attribution.contributions import contributions
from backtest.output import write_run
from backtest.report.page import render_page
from backtest.run import RotationResult, run
from benchmarks.timing import median_of
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import Spell

FIRST, LAST = np.datetime64("2015-01-02"), np.datetime64("2024-12-31")
MARKETS = (("XNYS", "USD", "us", 25), ("XHKG", "HKD", "hk", 35))


def make_market() -> MarketData:
    """Build ten years of 60 made-up names in New York and Hong Kong."""
    rng = np.random.default_rng(11)
    frames, memberships = [], {}
    for venue, currency, basket, n_names in MARKETS:
        calendar = trading_calendar(venue, 2015, 2024)
        dates = calendar.dates[(calendar.dates >= FIRST) & (calendar.dates <= LAST)]
        shape = (len(dates), n_names)
        close = rng.uniform(20, 200, n_names) * np.exp(np.cumsum(0.0004 + 0.015 * rng.standard_normal(shape), axis=0))
        symbols = [f"{basket.upper()}{i:02d}" for i in range(n_names)]
        frame = {
            "date": np.repeat(dates.astype("datetime64[ns]"), n_names),
            "symbol": np.tile(symbols, len(dates)),
            "venue": venue,
            "currency": currency,
            "open": (close * np.exp(0.004 * rng.standard_normal(shape))).ravel(),
            "close": close.ravel(),
            "volume": rng.lognormal(15, 0.5, shape).ravel(),
        }
        frames.append(pd.DataFrame(frame))
        memberships[basket] = tuple(Spell(symbol) for symbol in symbols)
    days = pd.bdate_range(str(FIRST), str(LAST))
    rates = 7.8 + 0.002 * np.cumsum(rng.standard_normal(len(days))) / np.sqrt(len(days))
    fx = pd.DataFrame({"date": days, "base": "USD", "quote": "HKD", "rate": rates})
    return from_frames(pd.concat(frames), fx=fx, memberships=memberships, name="benchmark (synthetic)", synthetic=True)


def main() -> None:
    """Time the run, its record, its attribution, the page and the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    market = make_market()
    thesis = strategies.thesis("flow-momentum").replace(
        {"baskets.source": "us", "baskets.destination": "hk", "signal.lookback": 10, "rotation.enter": 0.5}
    )

    def once() -> RotationResult:
        result = run(thesis, market)
        _ = result.references
        return result

    result = once()
    adds_up = contributions(result)
    residual = float((result.bridge["residual"].abs() / result.nav).max())
    assert residual < 1e-10, residual
    total = float(adds_up.by("name")["total"].sum())
    assert abs(total - float(result.nav.iloc[-1] - result.opening_nav)) < 1e-6, total

    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median of {repeats}")
    page = render_page(once())
    print(
        f"{len(result.dates)} dates x {len(market.holdable)} names, {len(result.plan.share)} decisions, "
        f"{len(result.fills[0]):,} fills; a page of {len(page.encode()) / 1e6:.1f} MB"
    )
    running = median_of(once, repeats)
    rendering = median_of(lambda: render_page(once()), repeats)
    with tempfile.TemporaryDirectory() as folder:
        writing = median_of(lambda: write_run(once(), Path(folder) / "run"), repeats)
    rows = (
        ("the run and its four references", running),
        ("the report: the above recorded, measured, attributed, rendered", rendering),
        ("all files of the folder, onto the disk", writing),
    )
    for label, seconds in rows:
        print(f"{label:65s}{seconds:8.2f} s")
    begun = time.perf_counter()
    render_page(result)
    print(f"{'the report of a result that was looked into before':65s}{time.perf_counter() - begun:8.2f} s")


if __name__ == "__main__":
    main()
