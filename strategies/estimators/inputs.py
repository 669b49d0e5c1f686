"""What estimators refuse: gaps, shapes that do not fit, numbers that are none."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategies.errors import StrategyError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def name_of(names: Sequence[str] | None, column: int) -> str:
    """Call a column by its name, or by its place where there are no names.

    Parameters
    ----------
    names : sequence of str or None
    column : int

    Returns
    -------
    str

    Examples
    --------
    >>> name_of(["AAPL", "9988.HK"], 1), name_of(None, 1)
    ('9988.HK', 'column 1')
    """
    return f"column {column}" if names is None else str(names[column])


def read_numbers(what: str, values: ArrayLike) -> Matrix:
    """Read an array of any shape.

    Parameters
    ----------
    what : str
        What messages call it.
    values : array_like

    Returns
    -------
    ndarray of float64, C-contiguous

    Raises
    ------
    StrategyError
        If it holds something that is no number.
    """
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StrategyError(f"The {what} hold something that is no number: {error}.") from error


def read_returns(
    returns: ArrayLike, names: Sequence[str] | None = None, *, least: int = 2, what: str = "returns", gaps: bool = False
) -> Matrix:
    """Read a sample of returns.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns, oldest first.
    names : sequence of str, length n_names, optional
        For messages.
    least : int
        Periods the estimator needs.
    what : str
        What messages call them.
    gaps : bool
        Let NaN pass.

    Returns
    -------
    ndarray of shape (n_periods, n_names), C-contiguous

    Raises
    ------
    StrategyError
        If they are no matrix of numbers, are too few, names do not fit, or one is infinite or NaN (rows count from 0).
    """
    matrix = read_numbers(what, returns)
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise StrategyError(f"The {what} have shape {matrix.shape}; want a row per period and a column per name.")
    _fit(names, matrix.shape[1], what)
    if len(matrix) < least:
        raise StrategyError(f"{len(matrix)} periods of {what} are too few: at least {least} are needed.")
    wrong = np.isinf(matrix) if gaps else ~np.isfinite(matrix)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise StrategyError(
            f"Row {row} of the {what} of {name_of(names, column)} is {matrix[row, column]}. Choose a sample in which "
            "every name is known, or leave that name out: no row is dropped in silence."
        )
    return matrix


def read_vector(values: ArrayLike, n: int, names: Sequence[str] | None, what: str) -> Vector:
    """Read one number a name.

    Parameters
    ----------
    values : array_like of shape (n,)
    n : int
    names : sequence of str, length n, optional
        For messages.
    what : str
        What messages call them.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    StrategyError
        If they have another shape, or one is NaN or infinite.
    """
    vector = read_numbers(what, values)
    if vector.shape != (n,):
        raise StrategyError(f"The {what} have shape {vector.shape}; want ({n},), one a name.")
    _fit(names, n, what)
    wrong = np.flatnonzero(~np.isfinite(vector))
    if len(wrong):
        first = int(wrong[0])
        raise StrategyError(f"The {what} of {name_of(names, first)} are {vector[first]}; give a number.")
    return vector


def read_number(value: float, what: str, *, above: float = -np.inf, below: float = np.inf) -> float:
    """Read one number between two bounds, both excluded.

    Parameters
    ----------
    value : float
    what : str
        What messages call it.
    above, below : float

    Returns
    -------
    float

    Raises
    ------
    StrategyError
        If it is no number, NaN, or outside.
    """
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise StrategyError(f"{what} is {value!r}; want a number.") from error
    if not above < number < below:
        wanted = " and ".join(
            [f"above {above:g}"] * bool(np.isfinite(above)) + [f"below {below:g}"] * bool(np.isfinite(below))
        )
        raise StrategyError(f"{what} is {number:g}; want a number {wanted or 'that is finite'}.")
    return number


def _fit(names: Sequence[str] | None, n: int, what: str) -> None:
    if names is not None and len(names) != n:
        raise StrategyError(f"{len(names)} names for {what} of {n}. Give one for each.")
