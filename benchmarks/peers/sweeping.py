"""A sweep of the equal job: candidates in blocks of ours, in batches of vectorbt, side by side in numpy."""

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.in_vectorbt import assert_engine
from benchmarks.peers.jobs import Entry, Job, Ready, absolute_gap, relative_gap
from benchmarks.sweep.equal_job import CAPITAL, COMPARED, FEES, make_job, run_ours
from benchmarks.sweep.equal_job import Job as Sweep
from benchmarks.sweep.in_vectorbt import N_CHECKED, TOLERANCE, Peer, count_years_as_we_do, gaps

N_OURS, N_NUMPY = 512, 256
BATCH = 16  # of vectorbt: about its best, see benchmarks/sweeps.md


def sweeping_job(n_dates: int = 1500, n_names: int = 40) -> Job:
    """Give the sweep.

    Parameters
    ----------
    n_dates, n_names : int

    Returns
    -------
    Job
    """
    made = cache(partial(make_job, n_dates, n_names))

    def in_vectorbt(engine: str) -> Ready:
        assert_engine(engine)
        sweep = made()
        count_years_as_we_do(sweep)
        found, peer = gaps(sweep, engine), Peer(sweep, BATCH, engine)
        expected = run_ours(sweep, BATCH, 1).measures
        return Ready(run=lambda: peer.measures(0), gap=lambda got: max(*found, absolute_gap(got, expected)))

    def ours() -> Ready:
        return Ready(run=lambda: run_ours(made(), N_OURS, 1).measures, answer=lambda measures: measures[:, :N_CHECKED])

    def in_numpy() -> Ready:
        sweep = made()
        expected = run_ours(sweep, N_CHECKED, 1, keeps_nav=True)

        def gap(found: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
            nav, measures = found
            assert expected.nav is not None
            nav_gap = relative_gap(nav[:, :N_CHECKED], expected.nav)
            return max(nav_gap, absolute_gap(measures[:, :N_CHECKED], expected.measures))

        return Ready(run=lambda: side_by_side(sweep, N_NUMPY), gap=gap)

    return Job(
        key="sweep", title="A sweep of rotations of two baskets",
        size=f"{n_dates:,} dates x {n_names} names, weekly, 10 bp a side", unit="ms a candidate",
        compared=f"NAV, relative, and {', '.join(COMPARED)} of {N_CHECKED} candidates", tolerance=TOLERANCE,
        ours=Entry(
            name="eastbound", engine="numba", make=ours, per=N_OURS,
            why=f"{N_OURS} candidates: rules, ledger, 22 measures and block moments of each",
        ),
        peers=(
            *(
                Entry(
                    name="vectorbt", package=package, engine=engine, make=partial(in_vectorbt, engine), per=BATCH,
                    why=f"{BATCH} candidates a call; shares from our rule",
                )
                for engine, package in (("numba", "vectorbt"), ("rust", "vectorbt-rust"))
            ),
            Entry(
                name="numpy, candidates side by side", package="numpy", engine="python", make=in_numpy, per=N_NUMPY,
                why=f"{N_NUMPY} candidates at once; shares from our rule",
            ),
        ),
    )  # fmt: skip


def side_by_side(sweep: Sweep, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run candidates together: one product values all of them between two decisions.

    Parameters
    ----------
    sweep : Job
        Of `equal_job`.
    n : int

    Returns
    -------
    nav : ndarray of shape (n_dates, n)
    measures : ndarray of shape (len(COMPARED), n)
    """
    close = np.ascontiguousarray(sweep.close)
    weights = np.einsum("dbn,dbl->dnl", sweep.setup.weighed.inner, sweep.shares(0, n))
    held, cash, nav = np.zeros((close.shape[1], n)), np.full(n, CAPITAL), np.empty((len(close), n))
    nav[: sweep.rows[0]] = cash
    for decision, (row, end) in enumerate(zip(sweep.rows, [*sweep.rows[1:], len(close)], strict=True)):
        prices = close[row][:, None]
        wanted = weights[decision] * (cash + close[row] @ held) / prices
        trades = (wanted - held) * prices
        cash = cash - trades.sum(axis=0) - FEES * np.abs(trades).sum(axis=0)
        held = wanted
        nav[row:end] = cash + close[row:end] @ held
    return nav, _measures(sweep, nav)


def _measures(sweep: Sweep, nav: NDArray[np.float64]) -> NDArray[np.float64]:
    returns = nav / np.concatenate([np.full((1, nav.shape[1]), CAPITAL), nav[:-1]]) - 1.0
    root: Any = np.sqrt((len(nav) - 1) / sweep.setup.how.years)
    deviation = returns.std(axis=0, ddof=1)
    peak = np.maximum(np.maximum.accumulate(nav, axis=0), CAPITAL)
    total = nav[-1] / CAPITAL - 1.0
    return np.stack([total, deviation * root, returns.mean(axis=0) / deviation * root, (nav / peak - 1.0).min(axis=0)])
