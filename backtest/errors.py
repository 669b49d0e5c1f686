"""Errors of the backtest floor."""

from data.errors import EastboundError


class BacktestError(EastboundError):
    """A setting of a run is wrong or not built yet, or a run cannot go on; the message says which."""


class SweepStopped(KeyboardInterrupt):
    """A sweep was interrupted; the message says how much of it is done and how it goes on.

    Parameters
    ----------
    message : str
    n_done : int
        Candidates whose results are kept.
    """

    def __init__(self, message: str, n_done: int) -> None:
        super().__init__(message)
        self.n_done = n_done
