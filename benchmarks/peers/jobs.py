"""A job, the engines that do it, and how far their answers may lie apart."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Ready:
    """An engine with its inputs laid out in the form it wants.

    Attributes
    ----------
    run : callable
        What is timed.
    answer : callable, optional
        Reads what is compared with ours from what `run` gave.
    gap : callable, optional
        Where there is more to compare than one array: gives the difference itself. One of both is needed.
    seconds : callable, optional
        Reads how long it took from what `run` gave, where part of a call is no part of the job or it ran in another
        process.
    remark : callable, optional
        Reads what to say beside the figures.
    """

    run: Callable[[], Any]
    answer: Callable[[Any], ArrayLike] | None = None
    gap: Callable[[Any], float] | None = None
    seconds: Callable[[Any], float] | None = None
    remark: Callable[[Any], str] | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One engine at one job: a row of the table.

    Attributes
    ----------
    name : str
        What does it, and how.
    make : callable, optional
        Imports the engine and lays out its inputs; not timed. Without it the row says why the engine has no figure.
    package : str
        Distribution that must be installed; its version and licence are named.
    engine : str
        What runs the loop: numba, rust, python, cython.
    tolerance : float, optional
        Its own, where it cannot be the job's; `why` says the reason.
    why : str
        What a reader must know: what it does more, why it has no figure or a tolerance of its own.
    per : int
        Timings are divided by it: candidates in a call.
    """

    name: str
    make: Callable[[], Ready] | None
    package: str = ""
    engine: str = ""
    tolerance: float | None = None
    why: str = ""
    per: int = 1


def relative_gap(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> float:
    """Give the largest difference over the size of ours; infinite where one knows what the other does not.

    Parameters
    ----------
    theirs, ours : ndarray

    Returns
    -------
    float

    Examples
    --------
    >>> relative_gap(np.array([101.0, np.nan]), np.array([100.0, np.nan]))
    0.01
    >>> relative_gap(np.array([101.0, 1.0]), np.array([100.0, np.nan]))
    inf
    """
    return _largest(theirs, ours, np.abs(ours))


def absolute_gap(theirs: NDArray[np.float64], ours: NDArray[np.float64]) -> float:
    """Give the largest difference; infinite where one knows what the other does not.

    Parameters
    ----------
    theirs, ours : ndarray

    Returns
    -------
    float
    """
    return _largest(theirs, ours, np.ones_like(ours))


def _largest(theirs: NDArray[np.float64], ours: NDArray[np.float64], size: NDArray[np.float64]) -> float:
    if theirs.shape != ours.shape or not np.array_equal(np.isnan(theirs), np.isnan(ours)):
        return float("inf")
    known = ~np.isnan(ours)
    if not known.any():
        return float("inf")  # nothing was compared
    return float((np.abs(theirs[known] - ours[known]) / size[known]).max())


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is done, by whom.

    Attributes
    ----------
    key : str
        In the command and the record.
    title : str
    size : str
        Of the inputs.
    compared : str
        What must be equal.
    tolerance : float
        Largest gap.
    ours : Entry
        The way a user calls it: the answer that others are held against, and the 1.0 of the ratios.
    peers : tuple of Entry
    also : tuple of Entry
        Ours in other ways: parts of it, or more than the job.
    gap : callable
        Takes their answer and ours.
    unit : str
        Of the timings: "ms", or of which thing.
    """

    key: str
    title: str
    size: str
    compared: str
    tolerance: float
    ours: Entry
    peers: tuple[Entry, ...]
    also: tuple[Entry, ...] = ()
    gap: Callable[[NDArray[np.float64], NDArray[np.float64]], float] = field(default=relative_gap)
    unit: str = "ms"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Ours, then peers, then ours in other ways."""
        return (self.ours, *self.peers, *self.also)
