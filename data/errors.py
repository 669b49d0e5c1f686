"""Errors of the data floor.

::

    EastboundError
    ├── DataError                  data: what the world was
    ├── strategies.StrategyError   strategies: what to hold
    │   └── UnsolvedError          an optimiser gives no portfolio
    │       └── InfeasibleError    because none keeps all demands
    └── backtest.BacktestError     backtest: what would have happened
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


# What code that is not ours may raise where we call it: anything; sys.exit() in it would end a run without a word.
NOT_OURS = (Exception, SystemExit)


class EastboundError(Exception):
    """Base of every error that is the input's fault; its message says what, where and what to do."""


class DataError(EastboundError):
    """Prices, rates, calendars or facts are missing, malformed or contradictory.

    Parameters
    ----------
    message : str
    check : str
        Number of the check that failed, such as "D301"; empty where the input is no market data.
    rows : array_like of int
        Positions of the wrong rows in their table, where dropping them would let the rest be read.
    table : str
        Name of the table at fault, where one is.
    column : str
        Name of the column whose cells alone are wrong: without them the rows are of use.
    """

    def __init__(
        self, message: str, *, check: str = "", rows: "ArrayLike" = (), table: str = "", column: str = ""
    ) -> None:
        import numpy as np

        super().__init__(message)
        self.check = check
        self.rows = np.unique(np.asarray(rows, dtype=np.intp))
        self.table = table
        self.column = column


@contextmanager
def blaming(table: str) -> Iterator[None]:
    """Name the table at fault in errors raised inside, unless they name one.

    Parameters
    ----------
    table : str
    """
    try:
        yield
    except DataError as error:
        error.table = error.table or table
        raise
