"""The rotation in vectorbt: target percentages, cash shared by all names, its engine named and never chosen for us."""

import pandas as pd

from benchmarks.peers.jobs import Ready
from benchmarks.peers.rotation import CAPITAL, Rotation


def assert_engine(engine: str) -> None:
    """See that the engine that is asked for is the one that runs: vectorbt's "auto" changes it in silence.

    Parameters
    ----------
    engine : {"numba", "rust"}

    Raises
    ------
    ImportError
        If it is not installed in a version that fits.
    """
    from vectorbt._engine import resolve_engine  # its own door: no public one says which engine ran

    found = resolve_engine(engine)
    if found != engine:
        raise ImportError(f"vectorbt would run its engine {found!r}, not {engine!r}")


def run_vectorbt(rotation: Rotation, engine: str) -> Ready:
    """Give `from_orders` and `value`.

    Parameters
    ----------
    rotation : Rotation
    engine : {"numba", "rust"}

    Returns
    -------
    Ready
    """
    import vectorbt as vbt

    assert_engine(engine)
    close, sized = rotation.close, rotation.sized

    def run() -> pd.Series:
        made = vbt.Portfolio.from_orders(
            close, sized, size_type="targetpercent", fees=rotation.fee, init_cash=CAPITAL, cash_sharing=True,
            group_by=True, call_seq="auto", freq="1D", engine=engine,
        )  # fmt: skip
        return made.value()

    return Ready(run=run, answer=lambda nav: nav)
