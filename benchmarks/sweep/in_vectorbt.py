"""A sweep beside vectorbt: the same job, NAV and measures asserted equal first, at its best batch, engine and pool.

Run with `python -m benchmarks.sweep.in_vectorbt`. The job is in `equal_job.py`. Ours: shares from the rule, the
ledger in sleeves, 22 measures and block moments, in blocks over two threads. vectorbt: as many candidates a call as
suit it, each a group of columns that share cash; target percentages laid out from the same shares, `from_orders`,
then total return, Sharpe ratio, largest drawdown and volatility. Its engine is compiled by numba, or written in Rust
where `vectorbt-rust` is installed; on two cores it runs in two threads or two processes, whichever is faster.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.machine import machine
from benchmarks.sweep.equal_job import CAPITAL, COMPARED, FEES, Job, make_job, run_ours
from benchmarks.timing import median_of

if TYPE_CHECKING:
    import vectorbt as vbt

TOLERANCE = 1e-9
BATCHES = (1, 4, 16, 64)
N_CHECKED = 64
POOLS = ("none", "threads", "processes")

_job: Job  # of this process; workers are forked with it
_peers: dict[tuple[int, str], "Peer"] = {}


class Peer:
    """vectorbt on batches of one size.

    Parameters
    ----------
    job : Job
    batch : int
    engine : {"numba", "rust"}
    """

    def __init__(self, job: Job, batch: int, engine: str) -> None:
        self.job, self.batch, self.engine = job, batch, engine
        n_names = job.close.shape[1]
        self.close = pd.DataFrame(np.tile(job.close.to_numpy(), (1, batch)), index=job.close.index)
        self.groups = np.repeat(np.arange(batch), n_names)

    def portfolio(self, first: int) -> "vbt.Portfolio":
        """Simulate the candidates from `first` on."""
        import vectorbt as vbt

        job = self.job
        weights = np.einsum("dbn,dbl->dln", job.setup.weighed.inner, job.shares(first, first + self.batch))
        size = np.full(self.close.shape, np.nan)
        size[job.rows] = weights.reshape(len(job.rows), -1)
        return vbt.Portfolio.from_orders(
            self.close, size, size_type="targetpercent", fees=FEES, init_cash=CAPITAL, cash_sharing=True,
            group_by=self.groups, call_seq="auto", freq="1D", engine=self.engine,
        )  # fmt: skip

    def measures(self, first: int) -> NDArray[np.float64]:
        """Give the measures of a batch, in the order of `COMPARED`, shape (4, batch)."""
        made = self.portfolio(first)
        found = (made.total_return(), made.annualized_volatility(), made.sharpe_ratio(), made.max_drawdown())
        return np.stack([np.atleast_1d(np.asarray(one)) for one in found])


def count_years_as_we_do(job: Job) -> None:
    """Tell vectorbt how many returns a year has: as many as there were on average, not 365."""
    import vectorbt as vbt

    n_a_year = (len(job.close) - 1) / job.setup.how.years
    vbt.settings["returns"]["year_freq"] = pd.Timedelta(days=n_a_year)


def gaps(job: Job, engine: str) -> tuple[float, float]:
    """Compare NAV and measures of the first candidates.

    Parameters
    ----------
    job : Job
    engine : {"numba", "rust"}

    Returns
    -------
    nav_gap, measure_gap : float
        Largest differences; of NAV relative.
    """
    ours, peer = run_ours(job, N_CHECKED, 1, keeps_nav=True), Peer(job, N_CHECKED, engine)
    assert ours.nav is not None
    nav_gap = float(np.abs(peer.portfolio(0).value().to_numpy() / ours.nav - 1.0).max())
    return nav_gap, float(np.abs(peer.measures(0) - ours.measures).max())


def assert_parity(job: Job, engine: str) -> tuple[float, float]:
    """Give the gaps of the first candidates.

    Parameters
    ----------
    job : Job
    engine : {"numba", "rust"}

    Returns
    -------
    nav_gap, measure_gap : float
        See `gaps`.

    Raises
    ------
    SystemExit
        If they differ by more than a billionth.
    """
    nav_gap, measure_gap = gaps(job, engine)
    if not max(nav_gap, measure_gap) <= TOLERANCE:
        raise SystemExit(f"parity is lost ({engine}): NAV differs by {nav_gap:.1e}, measures by {measure_gap:.1e}")
    return nav_gap, measure_gap


def _batch(batch: int, engine: str, first: int) -> None:
    if (batch, engine) not in _peers:
        _peers[batch, engine] = Peer(_job, batch, engine)
    _peers[batch, engine].measures(first)


@contextmanager
def pool_of(kind: str, workers: int) -> Iterator[Executor]:
    """Open a pool of threads or of forked processes."""
    made: Executor
    if kind == "processes":
        made = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork"))
    else:
        made = ThreadPoolExecutor(workers if kind == "threads" else 1)
    with made as pool:
        yield pool


def time_theirs(job: Job, batch: int, engine: str, kind: str, n: int, workers: int) -> float:
    """Give seconds a candidate, over n candidates at least, after a warm batch in each worker."""
    n_batches = max(n // batch, 2 * workers)
    firsts = [k * batch % (job.n - batch) for k in range(n_batches)]
    with pool_of(kind, workers) as pool:
        run = partial(_batch, batch, engine)
        list(pool.map(run, firsts[: 2 * workers]))
        begun = time.perf_counter()
        list(pool.map(run, firsts))
        taken = time.perf_counter() - begun
    return taken / (n_batches * batch)


def main() -> None:
    """Assert parity, time both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2, help="threads of ours, threads or processes of theirs")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--theirs", type=int, default=96, help="candidates that vectorbt is timed on, each way")
    arguments = parser.parse_args()
    from vectorbt._engine import is_rust_available

    global _job  # noqa: PLW0603 - forked workers find it there
    _job = job = make_job()
    count_years_as_we_do(job)
    engines = ["numba", *(["rust"] if is_rust_available() else [])]
    gaps = np.max([assert_parity(job, engine) for engine in engines], axis=0)
    ours = median_of(lambda: run_ours(job, job.n, arguments.threads), arguments.repeats) / job.n

    print(f"{machine('vectorbt', *(['vectorbt-rust'] if len(engines) > 1 else []))}")
    if len(engines) == 1:
        print("vectorbt-rust is not installed: its numba engine alone")
    n_dates, n_names = job.close.shape
    print(f"{n_dates:,} dates x {n_names} names, {len(job.rows)} decisions, {job.n:,} candidates of ours", end="; ")
    print(f"{N_CHECKED} compared: NAV differs by {gaps[0]:.1e}, {', '.join(COMPARED)} by {gaps[1]:.1e}")
    print("vectorbt, ms a candidate:  batch " + "".join(f"{batch:>9d}" for batch in BATCHES))
    fastest = (np.inf, "")
    for engine in engines:
        for kind in POOLS:
            each = [time_theirs(job, batch, engine, kind, arguments.theirs, arguments.threads) for batch in BATCHES]
            way = f"{engine}, {'one thread' if kind == 'none' else f'{arguments.threads} {kind}'}"
            print(f"  {way:31s}" + "".join(f"{one * 1e3:9.2f}" for one in each))
            best = int(np.argmin(each))
            fastest = min(fastest, (each[best], f"{way}, {BATCHES[best]} a batch"))
    again = median_of(lambda: run_ours(job, job.n, arguments.threads), arguments.repeats) / job.n
    mine = statistics.mean((ours, again))
    print(f"vectorbt at its best ({fastest[1]}): {fastest[0] * 1e3:.3f} ms a candidate, {1 / fastest[0]:,.0f} a second")
    print(
        f"eastbound, {arguments.threads} threads, before and after: {ours * 1e6:.2f} and {again * 1e6:.2f} us a "
        f"candidate, {1 / mine:,.0f} a second: {fastest[0] / mine:,.0f} times as many"
    )


if __name__ == "__main__":
    main()
