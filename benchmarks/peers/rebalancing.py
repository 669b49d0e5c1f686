"""The rotation as jobs: who does it, and what each does otherwise."""

from collections.abc import Callable
from functools import cache, partial

from benchmarks.peers.in_backtesting import run_backtesting
from benchmarks.peers.in_bt import run_bt
from benchmarks.peers.in_cvxportfolio import run_cvxportfolio
from benchmarks.peers.in_scripts import run_numpy, run_pandas
from benchmarks.peers.in_vectorbt import run_vectorbt
from benchmarks.peers.jobs import Entry, Job, Ready
from benchmarks.peers.rotation import FEE, N_DATES, N_NAMES, Rotation, in_other_ways, make_rotation, run_ours

NAV_TOLERANCE = 1e-9


def rebalancing_jobs(n_dates: int = N_DATES, n_names: int = N_NAMES) -> tuple[Job, ...]:
    """Give the rotation without costs, with them, and of a single name.

    Parameters
    ----------
    n_dates, n_names : int

    Returns
    -------
    tuple of Job
    """
    free = cache(partial(make_rotation, n_dates, n_names))
    charged = cache(partial(make_rotation, n_dates, n_names, FEE))
    single = cache(partial(make_rotation, n_dates, 1, FEE))
    many = f"{n_dates:,} dates x {n_names} names, weekly"
    one_asset = Entry(
        name="backtesting.py", make=None, package="backtesting", engine="python", why="holds one asset at a time"
    )
    one_name = Entry(
        name="backtesting.py", make=lambda: run_backtesting(single()), package="backtesting", engine="python",
        why="counts whole units: a share is a million of them",
    )  # fmt: skip
    return (
        _job("rebalance", "Rebalance, no costs", many, free, one_asset),
        _job(
            "rebalance-costs", "Rebalance, 10 bp a side", many, charged, one_asset,
            also=in_other_ways(charged), bt_why="its own rule: a commission comes out of what is set aside for a name",
        ),
        _job("one-name", "Rebalance one name, 10 bp a side", f"{n_dates:,} dates, weekly", single, one_name),
    )  # fmt: skip


def _job(
    key: str, title: str, size: str, make: Callable[[], Rotation], backtesting: Entry, *,
    also: tuple[Entry, ...] = (), bt_why: str = "",
) -> Job:  # fmt: skip
    def peer(name: str, run: Callable[[Rotation], Ready], package: str, engine: str, why: str = "") -> Entry:
        return Entry(name=name, make=lambda: run(make()), package=package, engine=engine, why=why)

    return Job(
        key=key, title=title, size=size, compared="NAV of each date, relative", tolerance=NAV_TOLERANCE, also=also,
        ours=Entry(name="eastbound", make=lambda: run_ours(make()), engine="numba", why="simulate(...).nav"),
        peers=(
            peer("vectorbt", partial(run_vectorbt, engine="numba"), "vectorbt", "numba"),
            peer("vectorbt", partial(run_vectorbt, engine="rust"), "vectorbt-rust", "rust"),
            peer("bt", run_bt, "bt", "cython", bt_why),
            peer("pandas, row by row", run_pandas, "pandas", "python"),
            peer("numpy, day by day", partial(run_numpy, by_stretch=False), "numpy", "python"),
            peer("numpy, decision by decision", partial(run_numpy, by_stretch=True), "numpy", "python"),
            peer("cvxportfolio", run_cvxportfolio, "cvxportfolio", "python", "fixed weights, no optimiser"),
            backtesting,
        ),
    )  # fmt: skip
