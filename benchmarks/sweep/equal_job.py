"""One job for two engines: rotations of two baskets, decided weekly, filled at the close that decides, 95 % invested.

The only job that vectorbt can do as well: one venue and currency, fractions of a share, 10 basis points a side, every
row of weights whole and adding up to 0.95, so that no buy is cut. Shares move at once (speed 1), so that no weight
is below a millionth.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.sleeves import lay_out_sleeves
from backtest.config import FlatCosts
from backtest.kernels.measures import MEASURES
from backtest.sleeves import SleeveRoom
from backtest.tuning.in_lanes import LANES
from backtest.tuning.setups import Setup, Signals, read_at, set_up
from backtest.tuning.space import space_of
from backtest.tuning.variants import Variants
from benchmarks.markets import make_market, make_thesis
from benchmarks.sweep.grid import headline
from strategies.planning import read_signal
from strategies.rules.kernels import Rotations
from strategies.rules.rotating import rotation_shares, rotations

INVESTED = 0.95
CAPITAL = 1e6
FEES = 0.001
COMPARED = ("total_return", "volatility", "sharpe", "max_drawdown")
PLAIN = {
    "run.fill": "same_close", "run.costs": FlatCosts(bps=FEES * 1e4), "run.lots": "fractional", "run.interest": "none",
    "run.initial_capital": CAPITAL,
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """The candidates, and what they share.

    Attributes
    ----------
    setup : Setup
        Weights within baskets add up to what is invested.
    read : Signals
    rules : ndarray of shape (7, n_rules)
    rule, signal : ndarray of shape (n_candidates,), int64
        Of each candidate.
    close : DataFrame of shape (n_dates, n_names)
        Prices that orders are filled at, by name in alphabetical order.
    rows : ndarray of shape (n_decisions,), int64
        Dates of the decisions, as rows of `close`.
    """

    setup: Setup
    read: Signals
    rules: NDArray[np.float64]
    rule: NDArray[np.int64]
    signal: NDArray[np.int64]
    close: pd.DataFrame
    rows: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Candidates."""
        return len(self.rule)

    def shares(self, first: int, last: int) -> NDArray[np.float64]:
        """Work out the fraction of NAV in each basket, shape (n_decisions, 2, last - first)."""
        return rotation_shares(self.rotations(first, last))

    def rotations(self, first: int, last: int, n_together: int | None = None) -> Rotations:
        """Put candidates side by side, to be run so many at a time."""
        rules = np.ascontiguousarray(self.rules[:, self.rule[first:last]])
        signal = np.ascontiguousarray(self.signal[first:last])
        return rotations(self.read.score, self.read.relative_price, rules, signal, n_together=n_together)


def make_job(n_dates: int = 1500, n_names: int = 40) -> Job:
    """Give the candidates of the headline that decide weekly, weigh equally and move at once.

    Parameters
    ----------
    n_dates, n_names : int

    Returns
    -------
    Job
    """
    market, thesis = make_market(n_dates, n_names, is_one_venue=True), make_thesis().replace(PLAIN)
    grid = headline(schedules=["week"])
    grid["allocation"], grid["rotation.speed"] = [{"kind": "equal"}], [1.0]
    variants = Variants(thesis, market, space_of(grid))
    (settings,), n = variants.setups, variants.space.n
    setup = set_up(market, settings, thesis.name, n_blocks=16)
    readings = [read_signal(one.signal, one.scene(market), with_prices=False) for one in variants.signals]
    weighed = replace(setup.weighed, inner=INVESTED * setup.weighed.inner)
    setup = replace(setup, weighed=weighed, sleeves=lay_out_sleeves(setup.prepared, weighed.inner))
    dates = setup.prepared.index
    rows = np.searchsorted(dates.to_numpy().astype("datetime64[D]"), setup.decisions.dates)
    columns = market.columns(setup.weighed.assets)
    inside = np.searchsorted(market.dates, dates.to_numpy().astype("datetime64[D]"))
    close = pd.DataFrame(market.close[np.ix_(inside, columns)], index=dates, columns=list(setup.weighed.assets))
    return Job(
        setup=setup, read=read_at(setup.decisions, readings), rules=variants.rules, rule=variants.rule_of(0, n),
        signal=variants.signal_of(0, n), close=close, rows=rows,
    )  # fmt: skip


@dataclass(frozen=True)
class Ours:
    """What came of some candidates: NAV where it was kept, and the measures that are compared."""

    nav: NDArray[np.float64] | None
    measures: NDArray[np.float64]  # (len(COMPARED), n)


def run_ours(job: Job, n: int, threads: int, *, keeps_nav: bool = False) -> Ours:
    """Run the first candidates in blocks over a pool of threads: shares, ledger, all measures and block moments.

    Parameters
    ----------
    job : Job
    n : int
    threads : int
    keeps_nav : bool

    Returns
    -------
    Ours
    """
    which = [MEASURES.index(name) for name in COMPARED]
    measures = np.empty((len(COMPARED), n))
    nav = np.empty((len(job.close), n)) if keeps_nav else None
    setup = job.setup

    def run_blocks(first: int, last: int) -> None:
        rooms: dict[int, SleeveRoom] = {}
        at_once = LANES if keeps_nav or (last - first) % LANES else last - first
        for at in range(first, last, at_once):
            end = min(at + at_once, last)
            width = min(LANES, end - at)
            if width not in rooms:
                rooms[width] = SleeveRoom(
                    setup.prepared, _sleeves(setup), setup.weighed.inner, setup.how, width, keeps_nav=keeps_nav
                )
            measured, _ = rooms[width].run(job.rotations(at, end, width))
            measures[:, at:end] = measured.measures[which]
            if nav is not None:
                nav[:, at:end] = rooms[width].results.nav

    edges = [*range(0, n, 16 * LANES), n]
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(run_blocks, *pair) for pair in pairwise(edges)]:
            future.result()
    return Ours(nav, measures)


def _sleeves(setup: Setup) -> Any:
    if setup.sleeves is None:
        raise SystemExit("the equal job is not run in sleeves: its settings have changed")
    return setup.sleeves
