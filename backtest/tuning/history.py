"""What else was tried on the data of a run: the count that its verdict is held against."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class History:
    """What else was tried on a market.

    Attributes
    ----------
    is_known : bool
        False where there is no ledger, or it cannot be read.
    n_runs, n_sweeps : int
        Distinct ones on the same data.
    n_candidates : int
        All that were tried in them: one a run, and those of each sweep. A run of settings that a sweep had too counts
        in both.
    n_other_data : int
        Candidates tried on other data of a market of the same name, such as those of the day before.
    n_unreadable : int
        Lines of the ledger that cannot be read: what they say is not counted.
    faults : tuple of str
        Which lines, or why the ledger cannot be read; one sentence each.
    """

    is_known: bool
    n_runs: int = 0
    n_sweeps: int = 0
    n_candidates: int = 0
    n_other_data: int = 0
    n_unreadable: int = 0
    faults: tuple[str, ...] = ()


UNKNOWN = History(is_known=False)
