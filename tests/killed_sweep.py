"""Sweeps that are killed at random moments: `python -m tests.killed_sweep FOLDER`.

Each attempt is a fork of this process, which has loaded the market and the kernels. It prints a JSON list with, of
each attempt, how often it was killed, how many parts each kill left, and which files of the folder differ in the end
from those of a sweep that nobody touched.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from unittest.mock import patch

from backtest.tuning import sweep as driver
from data.load import load
from data.market import MarketData
from strategies.catalogue import thesis
from tests.made_up_sweep import differing, left_by

GRID = {
    "signal.lookback": [10, 20, 40],
    "schedule.every": ["week", "month"],
    "rotation.enter": "0:2:21",
    "rotation.speed": [0.2, 1.0],
    "rotation.max_share": "0.1:1:10",
}
N_CANDIDATES, PART_SIZE, N_PARTS = 2_520, 60, 42
ATTEMPTS = 20


def market() -> MarketData:
    return load("demo", start="2023-01-02", end="2024-06-28")


def sweep_into(folder: Path, on: MarketData, threads: int = 2) -> None:
    """Sweep in small parts into a folder, or go on there."""
    with patch.object(driver, "PART_SIZE", PART_SIZE):
        driver.sweep(thesis("flow-momentum"), on, GRID, out=folder, threads=threads, returns=True, csv=True)


def forked(folder: Path, on: MarketData) -> int:
    """Start a sweep in a child."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sweep_into(folder, on)
            code = 0
        finally:
            os._exit(code)
    return child


def attempt(folder: Path, on: MarketData, rng: random.Random, span: float) -> list[int]:
    """Kill a sweep once or a few times, and let it come to its end; say how many parts each kill left."""
    left = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        child = forked(folder, on)
        if rng.random() < 0.3:
            time.sleep(rng.uniform(0.0, 1.05 * span))
        else:  # while parts are written: reading and preparing take most of the time
            n_parts, end = rng.randint(left_by(folder), N_PARTS), time.monotonic() + 2 * span
            while left_by(folder) < n_parts and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(rng.uniform(0.0, 0.02))
        os.kill(child, signal.SIGKILL)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            break  # it had come to its end
        left.append(left_by(folder))
    code = os.waitstatus_to_exitcode(os.waitpid(forked(folder, on), 0)[1])
    if code:
        raise SystemExit(f"The sweep that went on ended with {code}.")
    return left


def main(place: Path) -> list[dict[str, object]]:
    on, rng, found = market(), random.Random(20), []
    sweep_into(place / "whole", on, threads=1)
    begun = time.monotonic()
    os.waitpid(forked(place / "timed", on), 0)
    span = time.monotonic() - begun  # on this machine and under its load
    for k in range(ATTEMPTS):
        folder = place / str(k)
        left = attempt(folder, on, rng, span)
        found.append({"left": left, "differ": differing(folder, place / "whole")})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
