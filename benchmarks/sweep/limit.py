"""How far a sweep is from what the machine can do: its parts beside a matrix product and a copy of the same bytes.

Run with `python -m benchmarks.sweep.limit`. One thread, blocks of candidates of the headline as a sweep runs them,
measured in this run: a block, its rules and its measures by themselves, the product (dates x sleeves) @ (sleeves x
candidates) that values all of them and trades nothing, and the copy of their NAV of all dates, which a sweep does not
keep. Two schedules tell what a day costs from what a decision costs.
"""

import argparse
import statistics
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from backtest.kernels.measures import measure_nb
from backtest.metrics.lanes import new_meter
from backtest.sleeves import SleeveRoom
from backtest.tuning.in_lanes import LANES
from backtest.tuning.setups import Setup, read_at, set_up
from backtest.tuning.space import space_of
from backtest.tuning.variants import Variants
from benchmarks.machine import machine
from benchmarks.markets import make_market, make_thesis
from benchmarks.sweep.grid import headline
from benchmarks.timing import median_of
from data.market import MarketData
from strategies.planning import read_signal
from strategies.rules.rotating import rotation_shares, rotations

SCHEDULES = ("week", "month")
N_MATRIX = 1024  # rows and columns of the product that shows what the processor can do
N_COPY = 2**25  # float64: far more than caches hold
PARTS = ("a block", "its rules alone", "its measures and moments alone")


@dataclass(frozen=True)
class Parts:
    """A block of one schedule, in parts.

    Attributes
    ----------
    setup : Setup
    n_sleeves : int
    seconds : tuple of float
        Of each of `PARTS`, for a block.
    """

    setup: Setup
    n_sleeves: int
    seconds: tuple[float, ...]

    @property
    def n_rows(self) -> int:
        """Dates."""
        return len(self.setup.prepared.rows.dates)

    @property
    def n_decisions(self) -> int:
        """Decisions."""
        return len(self.setup.decisions.stamps)


def time_parts(market: MarketData, every: str, repeats: int) -> Parts:
    """Time the parts of blocks of one schedule; over blocks that lie apart in the grid, so that signals differ.

    Parameters
    ----------
    market : MarketData
    every : str
    repeats : int

    Returns
    -------
    Parts
    """
    thesis, grid = make_thesis(), headline(schedules=[every])
    grid["allocation"] = [{"kind": "equal"}]
    variants = Variants(thesis, market, space_of(grid))
    (settings,) = variants.setups
    readings = [read_signal(one.signal, one.scene(market), with_prices=False) for one in variants.signals]
    setup = set_up(market, settings, thesis.name, n_blocks=16)
    read = read_at(setup.decisions, readings)
    if setup.sleeves is None:
        raise SystemExit("the headline is not run in sleeves: its settings have changed")
    inner, how = setup.weighed.inner, setup.how
    room, whole = (
        SleeveRoom(setup.prepared, setup.sleeves, inner, how, LANES, keeps_nav=keeps) for keeps in (False, True)
    )
    meter, seconds = new_meter(how, LANES), []
    for first in np.linspace(0, variants.space.n - LANES, 16).astype(int).tolist():
        rules = np.ascontiguousarray(variants.rules[:, variants.rule_of(first, first + LANES)])
        rotating = rotations(read.score, read.relative_price, rules, variants.signal_of(first, first + LANES))
        whole.run(rotating)
        kept = whole.results
        rows = kept.nav, kept.money, kept.traded, kept.paid, kept.traded_at
        seconds.append(
            (
                median_of(lambda rotating=rotating: room.run(rotating), repeats),
                median_of(lambda rotating=rotating: rotation_shares(rotating), repeats),
                median_of(lambda rows=rows, kept=kept: measure_nb(meter, *rows, kept.n_fills), repeats),
            )
        )
    return Parts(
        setup=setup,
        n_sleeves=len(setup.sleeves.basket),
        seconds=tuple(statistics.mean(one) for one in zip(*seconds, strict=True)),
    )


def main() -> None:
    """Measure, print, and say what stands between."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=21)
    repeats = parser.parse_args().repeats
    market, rng = make_market(), np.random.default_rng(3)
    by_week, by_month = (time_parts(market, every, repeats) for every in SCHEDULES)
    n_rows, n_sleeves = by_week.n_rows, by_week.n_sleeves
    worth, held = rng.random((n_rows, n_sleeves)), rng.random((n_sleeves, LANES))
    nav, square = np.empty((n_rows, LANES)), rng.random((N_MATRIX, N_MATRIX))
    here = rng.random((n_rows, LANES))
    far, away = rng.random(N_COPY), np.empty(N_COPY)
    with threadpool_limits(1):
        product = median_of(lambda: np.matmul(worth, held, out=nav), repeats)
        peak = 2 * N_MATRIX**3 / median_of(lambda: square @ square, 5)
    near_copy = median_of(lambda: np.copyto(nav, here), repeats)
    far_copy = 2 * far.nbytes / median_of(lambda: np.copyto(away, far), 5)

    print(f"{machine()}; one thread, blocks of {LANES}, median of {repeats}")
    print(f"{n_rows:,} dates, {n_sleeves} sleeves; ns a candidate" + "".join(f"{every:>12s}" for every in SCHEDULES))
    print(f"  {'decisions':42s}{by_week.n_decisions:12,}{by_month.n_decisions:12,}")
    for name, pair in zip(PARTS, zip(by_week.seconds, by_month.seconds, strict=True), strict=True):
        print(f"  {name:42s}" + "".join(f"{one / LANES * 1e9:12,.0f}" for one in pair))
    whole, monthly = by_week.seconds[0], by_month.seconds[0]
    each_decision = (whole - monthly) / LANES / (by_week.n_decisions - by_month.n_decisions)
    each_day = (whole / LANES - each_decision * by_week.n_decisions) / n_rows
    flops, kilobytes = 2 * n_rows * n_sleeves, 8 * n_rows / 1e3
    print(f"  {f'NAV as one product, {flops:,} flops':42s}{product / LANES * 1e9:12,.0f}")
    print(f"  {f'those flops at the peak, {peak / 1e9:.1f} GFLOP/s':42s}{flops / peak * 1e9:12,.0f}")
    print(f"  {f'{kilobytes:.0f} kB of NAV, copied within caches':42s}{near_copy / LANES * 1e9:12,.0f}")
    print(f"  {f'the same through memory, {far_copy / 1e9:.1f} GB/s':42s}{2 * kilobytes * 1e12 / far_copy:12,.0f}")
    n_decisions, deciding = by_week.n_decisions, each_decision * by_week.n_decisions * LANES / whole
    print(
        f"A candidate that decides weekly takes {whole / LANES * 1e6:.2f} us: {n_rows:,} days of {each_day * 1e9:.2f} "
        f"ns and {n_decisions} decisions of {each_decision * 1e9:.1f} ns. The product that only values it takes "
        f"{product / LANES * 1e6:.2f} us ({whole / product:.0f} times less), and the copy of its {kilobytes:.0f} kB of "
        f"NAV {near_copy / LANES * 1e6:.2f} us ({whole / near_copy:.0f} times less). Between them stand the "
        f"{n_decisions} decisions with {deciding:.0%} of the time (what is wanted and held in {n_sleeves} sleeves, "
        f"expected costs, what is bought and sold of every name, fees, settlement), and measures and moments of each "
        f"day with {by_week.seconds[2] / whole:.0%}."
    )


if __name__ == "__main__":
    main()
