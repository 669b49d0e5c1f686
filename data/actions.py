"""Corporate actions: splits, cash and scrip dividends, and the end of a listing, each from when it was known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPLIT, CASH, SCRIP, TERMINAL = 0, 1, 2, 3
# As they are written in a file, by code.
KINDS = ("split", "dividend", "scrip", "delisting")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actions:
    """Corporate actions, one row each, sorted by ex date, symbol and kind; every array read-only.

    Attributes
    ----------
    symbol : tuple of str, length n
    kind : ndarray of shape (n,), int64
        SPLIT, CASH, SCRIP or TERMINAL. A symbol has at most one of a kind on an ex date.
    ex_date : ndarray of shape (n,), datetime64[D]
        Venue's local date; it takes effect at the venue's first session on or after it.
    pay_date : ndarray of shape (n,), datetime64[D]
        Never before `ex_date`; NaT for splits.
    amount : ndarray of shape (n,)
        Per share held before the ex date, also where several actions share one.
        SPLIT: shares after for one before. CASH: gross, local currency. SCRIP: new shares, delivered at the
        pay date. TERMINAL: local currency paid for the share; NaN means its last price.
    withholding : ndarray of shape (n,)
        Fraction of a dividend; NaN: by the venue's table.
    known : ndarray of shape (n,), int64
        UTC nanoseconds; never after 00:00 UTC of the ex date.
    """

    symbol: tuple[str, ...]
    kind: NDArray[np.int64]
    ex_date: NDArray[np.datetime64]
    pay_date: NDArray[np.datetime64]
    amount: NDArray[np.float64]
    withholding: NDArray[np.float64]
    known: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.symbol)

    def where(self, keep: NDArray[np.bool_]) -> "Actions":
        """Keep some rows.

        Parameters
        ----------
        keep : ndarray of shape (n,), bool

        Returns
        -------
        Actions
        """
        chosen = np.flatnonzero(keep)
        return _frozen([self.symbol[i] for i in chosen], *(column[chosen] for column in self._columns()))

    def until(self, stamp: int) -> "Actions":
        """Keep what is known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        Actions
        """
        return self.where(self.known <= stamp)

    def with_amounts(self, amount: NDArray[np.float64]) -> "Actions":
        """Give the same actions with other amounts.

        Parameters
        ----------
        amount : ndarray of shape (n,)

        Returns
        -------
        Actions
        """
        return _frozen(self.symbol, self.kind, self.ex_date, self.pay_date, amount.copy(), self.withholding, self.known)

    def with_future(self, stamp: int, change: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None) -> "Actions":
        """Change the amounts of what is not known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.
        change : callable, optional
            Gives other numbers for the amounts; without it those actions never happen.

        Returns
        -------
        Actions
        """
        if change is None:
            return self.until(stamp)
        later = self.known > stamp
        amount = self.amount.copy()
        amount[later] = change(amount[later])
        return self.with_amounts(amount)

    def rescaled(self, symbol: str, factor: float) -> "Actions":
        """Multiply what is paid in money for a share of one name, as when its prices are multiplied.

        Parameters
        ----------
        symbol : str
        factor : float

        Returns
        -------
        Actions
            Splits and scrip dividends count shares: they stay.
        """
        in_money = np.isin(self.kind, (CASH, TERMINAL)) & (np.array(self.symbol, dtype=object) == symbol)
        return self.with_amounts(np.where(in_money, self.amount * factor, self.amount))

    def becomes(self) -> Iterator[tuple[str, np.datetime64, float, float]]:
        """Say what one share becomes on each ex date.

        Yields
        ------
        symbol : str
        ex_date : datetime64[D]
        shares : float
            After a split and scrip.
        cash : float
            Gross dividend, local currency.
        """
        found: dict[tuple[str, np.datetime64], list[float]] = {}
        for symbol, kind, day, amount in zip(
            self.symbol, self.kind.tolist(), self.ex_date, self.amount.tolist(), strict=True
        ):
            one = found.setdefault((symbol, day), [1.0, 0.0, 0.0])
            if kind == SPLIT:
                one[0] = amount
            elif kind == SCRIP:
                one[1] += amount
            elif kind == CASH:
                one[2] += amount
        for (symbol, day), (split, scrip, cash) in found.items():
            yield symbol, day, split + scrip, cash

    def _columns(self) -> tuple[NDArray[np.generic], ...]:
        return self.kind, self.ex_date, self.pay_date, self.amount, self.withholding, self.known


def actions_of(
    symbol: Sequence[str],
    kind: Sequence[int] | NDArray[np.int64],
    ex_date: Sequence[np.datetime64] | NDArray[np.datetime64],
    pay_date: Sequence[np.datetime64] | NDArray[np.datetime64],
    amount: Sequence[float] | NDArray[np.float64],
    withholding: Sequence[float] | NDArray[np.float64],
    known: Sequence[int] | NDArray[np.int64],
) -> Actions:
    """Put actions in order.

    Parameters
    ----------
    symbol, kind, ex_date, pay_date, amount, withholding, known : sequence of length n
        As in `Actions`, in any order.

    Returns
    -------
    Actions
    """
    kinds, dates = np.array(kind, dtype=np.int64), np.array(ex_date, dtype="datetime64[D]")
    order = np.array(sorted(range(len(symbol)), key=lambda i: (dates[i], symbol[i], kinds[i])), dtype=np.intp)
    columns = (
        kinds,
        dates,
        np.array(pay_date, dtype="datetime64[D]"),
        np.array(amount, dtype=np.float64),
        np.array(withholding, dtype=np.float64),
        np.array(known, dtype=np.int64),
    )
    return _frozen([symbol[i] for i in order], *(column[order] for column in columns))


def _frozen(symbol: Sequence[str], *columns: NDArray[np.generic]) -> Actions:
    for column in columns:
        column.flags.writeable = False
    kind, ex_date, pay_date, amount, withholding, known = columns
    return Actions(
        symbol=tuple(symbol),
        kind=kind,  # type: ignore[arg-type]
        ex_date=ex_date,  # type: ignore[arg-type]
        pay_date=pay_date,  # type: ignore[arg-type]
        amount=amount,  # type: ignore[arg-type]
        withholding=withholding,  # type: ignore[arg-type]
        known=known,  # type: ignore[arg-type]
    )


NO_ACTIONS = actions_of((), (), (), (), (), (), ())
