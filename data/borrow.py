"""What borrowing a share costs and how many there are to borrow, each reading from when it was known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

Values = NDArray[np.float64]
Array = TypeVar("Array", bound=NDArray[Any])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BorrowReadings:
    """Readings of one name, sorted by date and then by when they were known; every array read-only.

    Attributes
    ----------
    days : ndarray of shape (n,), datetime64[D]
        A reading holds from its date until the next.
    known : ndarray of shape (n,), int64
        UTC nanoseconds.
    fee : ndarray of shape (n,)
        Percent a year; NaN where the reading does not say.
    available : ndarray of shape (n,)
        Shares of the date, after what goes ex on it; infinite where there is no limit.
    """

    days: NDArray[np.datetime64]
    known: NDArray[np.int64]
    fee: Values
    available: Values

    def where(self, keep: NDArray[np.bool_]) -> "BorrowReadings":
        """Keep some readings.

        Parameters
        ----------
        keep : ndarray of shape (n,), bool

        Returns
        -------
        BorrowReadings
        """
        return BorrowReadings(
            days=_frozen(self.days[keep]),
            known=_frozen(self.known[keep]),
            fee=_frozen(self.fee[keep]),
            available=_frozen(self.available[keep]),
        )

    def at(self, dates: NDArray[np.datetime64], stamps: NDArray[np.int64]) -> NDArray[np.intp]:
        """Find the reading in force in each row.

        Parameters
        ----------
        dates : ndarray of shape (n_rows,), datetime64[D], ascending
        stamps : ndarray of shape (n_rows,), int64, ascending

        Returns
        -------
        ndarray of shape (n_rows,)
            The latest reading dated by the row's date and known by its stamp; -1 where there is none.
        """
        n = len(dates)
        begins = np.maximum(np.searchsorted(dates, self.days), np.searchsorted(stamps, self.known))
        latest = np.full(n + 1, -1, dtype=np.intp)
        np.maximum.at(latest, begins, np.arange(len(begins)))
        found: NDArray[np.intp] = np.maximum.accumulate(latest)[:n]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Borrow:
    """Readings by symbol.

    Attributes
    ----------
    readings : mapping of str to BorrowReadings
    """

    readings: Mapping[str, BorrowReadings]

    def fees(
        self, names: Sequence[str], dates: NDArray[np.datetime64], stamps: NDArray[np.int64] | None = None
    ) -> Values:
        """Give the fee of borrowing each name in each row.

        Parameters
        ----------
        names : sequence of str, length n_names
        dates : ndarray of shape (n_rows,), datetime64[D]
            Ascending.
        stamps : ndarray of shape (n_rows,), int64
            UTC nanoseconds at which each row begins, ascending: later readings are not used. By default 00:00 UTC of
            the date.

        Returns
        -------
        ndarray of shape (n_rows, n_names)
            Percent a year; NaN where none is known.

        Raises
        ------
        DataError
            If rows are not in order of time.
        """
        return self._read(names, dates, stamps, "fee", np.nan)

    def available(
        self, names: Sequence[str], dates: NDArray[np.datetime64], stamps: NDArray[np.int64] | None = None
    ) -> Values:
        """Give the shares of each name that can be borrowed in each row, as they were stated.

        Parameters
        ----------
        names : sequence of str, length n_names
        dates : ndarray of shape (n_rows,), datetime64[D]
            Ascending.
        stamps : ndarray of shape (n_rows,), int64
            As in `fees`.

        Returns
        -------
        ndarray of shape (n_rows, n_names)
            Infinite where no limit is stated, also before the first reading. Of the day in `stated_on`: splits and
            scrip since then have yet to be counted.

        Raises
        ------
        DataError
            If rows are not in order of time.
        """
        return self._read(names, dates, stamps, "available", np.inf)

    def stated_on(
        self, names: Sequence[str], dates: NDArray[np.datetime64], stamps: NDArray[np.int64] | None = None
    ) -> NDArray[np.datetime64]:
        """Give the date of the reading of each name in force in each row.

        Parameters
        ----------
        names : sequence of str, length n_names
        dates : ndarray of shape (n_rows,), datetime64[D]
            Ascending.
        stamps : ndarray of shape (n_rows,), int64
            As in `fees`.

        Returns
        -------
        ndarray of shape (n_rows, n_names), datetime64[D]
            NaT before the first reading.

        Raises
        ------
        DataError
            If rows are not in order of time.
        """
        return self._read(names, dates, stamps, "days", np.datetime64("NaT", "D"))

    def _read(
        self,
        names: Sequence[str],
        dates: NDArray[np.datetime64],
        stamps: NDArray[np.int64] | None,
        field: str,
        nothing: float | np.datetime64,
    ) -> NDArray[Any]:
        if stamps is None:
            stamps = dates.astype("datetime64[ns]").astype(np.int64)
        if (dates[1:] < dates[:-1]).any() or (stamps[1:] < stamps[:-1]).any():
            raise DataError("Borrowing is read row by row: give dates and stamps in ascending order.")
        found = np.full((len(dates), len(names)), nothing)
        for column, name in enumerate(names):
            if name in self.readings:
                at = self.readings[name].at(dates, stamps)
                found[at >= 0, column] = getattr(self.readings[name], field)[at[at >= 0]]
        return found

    def until(self, stamp: int) -> "Borrow":
        """Keep what is known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        Borrow
        """
        return Borrow({name: one.where(one.known <= stamp) for name, one in self.readings.items()})

    def with_future(self, stamp: int, change: Callable[[Values], Values] | None) -> "Borrow":
        """Change the readings that are not known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.
        change : callable, optional
            Gives other numbers for fees and shares; without it those readings never come.

        Returns
        -------
        Borrow
        """
        if change is None:
            return self.until(stamp)
        changed = {}
        for name, one in self.readings.items():
            later = one.known > stamp
            fee, available = one.fee.copy(), one.available.copy()
            fee[later], available[later] = change(fee[later]), change(available[later])
            changed[name] = replace(one, fee=_frozen(fee), available=_frozen(available))
        return Borrow(changed)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array


NO_BORROW = Borrow(MappingProxyType({}))
