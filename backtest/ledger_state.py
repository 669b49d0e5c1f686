"""Where a run stands, so that it can go on from there."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.kernels.state import Book
from data.market import MarketData


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """Where a run stands: hand it to `simulate(resume=...)` to go on.

    Attributes
    ----------
    stamp : int
        UTC nanoseconds; everything up to and including it has happened.
    names, currencies : tuple of str
    market : str
        Name of the market.
    config : RunConfig
    past : str
        SHA-256 of the decisions and weights up to the stamp, and of the prices of the rows before.
    book : Book
        Every array of the state, one lane.
    """

    stamp: int
    names: tuple[str, ...]
    currencies: tuple[str, ...]
    market: str
    config: RunConfig
    past: str
    book: Book


def fingerprint(prepared: Prepared, weights: NDArray[np.float64], stamp: int) -> str:
    """Give a name to what a run was made of up to a stamp: decisions, and the prices of the rows before.

    Parameters
    ----------
    prepared : Prepared
    weights : ndarray of shape (n_decisions, n_names, 1)
    stamp : int
        UTC nanoseconds.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    n = int(np.searchsorted(prepared.decisions, stamp, side="right"))
    # Of the last row that has begun not all is known.
    n_rows = max(int(np.searchsorted(prepared.rows.begins, stamp, side="right")) - 1, 0)
    digest = hashlib.sha256()
    for array in (prepared.decisions[:n], weights[:n], prepared.world.open[:n_rows], prepared.world.close[:n_rows]):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def check_resumed(
    resume: LedgerState, market: MarketData, config: RunConfig, prepared: Prepared, weights: NDArray[np.float64]
) -> None:
    """Refuse to go on from the state of another run.

    Parameters
    ----------
    resume : LedgerState
    market : MarketData
    config : RunConfig
    prepared : Prepared
    weights : ndarray of shape (n_decisions, n_names, 1)

    Raises
    ------
    BacktestError
        If market, names, settings, currencies or earlier decisions differ.
    """
    differs = {
        "market": resume.market != market.name,
        "names": resume.names != prepared.names,
        "settings": resume.config != config,
        "currencies": resume.currencies != prepared.currencies,
        "decisions or prices up to the cut": resume.past != fingerprint(prepared, weights, resume.stamp),
    }
    if any(differs.values()):
        what = next(name for name, wrong in differs.items() if wrong)
        raise BacktestError(f"The state to resume is of a run with other {what} than this one.")
