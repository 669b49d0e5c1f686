"""The trial ledger: what was tried on which data, so that a winner can be held against how many there were."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class History:
    """What was tried on a market before.

    Attributes
    ----------
    is_known : bool
        False where there is no ledger, or it cannot be read.
    n_runs, n_sweeps : int
        Distinct single runs, and sweeps.
    n_candidates : int
        Candidates tried in all: each distinct run is one.
    faults : tuple of str
        Lines that cannot be read, one sentence each.
    """

    is_known: bool
    n_runs: int = 0
    n_sweeps: int = 0
    n_candidates: int = 0
    faults: tuple[str, ...] = ()


def history(market_hash: str, ledger: Path | None = None) -> History:
    """Count what was tried on a market.

    Parameters
    ----------
    market_hash : str
        See `data.fingerprint.market_hash`.
    ledger : Path, optional
        Without it `EASTBOUND_LEDGER`, else the user's own.

    Returns
    -------
    History
    """
    raise NotImplementedError
