"""What attribution refuses: gaps, shapes that do not fit, weights that leave something out."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.errors import BacktestError

Matrix = NDArray[np.float64]
WHOLE = 1e-9  # how far weights may be from 1: those of a table rounded to ten digits


def periods_by_segments(given: Mapping[str, ArrayLike]) -> tuple[Matrix, ...]:
    """Read arrays of one shape.

    Parameters
    ----------
    given : mapping of str to array_like of shape (n_periods, n_segments) or (n_segments,)
        By what a number in it is called.

    Returns
    -------
    tuple of ndarray of shape (n_periods, n_segments)

    Raises
    ------
    BacktestError
        If one holds no numbers, has another shape, or holds NaN or infinity (naming period and segment, from 0).
    """
    arrays: list[Matrix] = []
    for name, one in given.items():
        array = np.atleast_2d(_numbers(f"{name}s", one))
        if array.ndim != 2:
            raise BacktestError(f"The {name}s have {array.ndim} axes; want periods and segments.")
        if arrays and array.shape != arrays[0].shape:
            raise BacktestError(
                f"The {name}s have shape {array.shape}, the {next(iter(given))}s {arrays[0].shape}: want one shape."
            )
        wrong = ~np.isfinite(array)
        if wrong.any():
            period, segment = (int(i) for i in np.argwhere(wrong)[0])
            raise BacktestError(
                f"The {name} of segment {segment} in period {period} is {array[period, segment]}; give a number, or "
                "leave the segment out."
            )
        arrays.append(array)
    return tuple(arrays)


def read_effects(given: ArrayLike) -> Matrix:
    """Read effects to be linked.

    Parameters
    ----------
    given : array_like of shape (n_periods, ...)

    Returns
    -------
    ndarray

    Raises
    ------
    BacktestError
        If there is no axis of periods, or anything is NaN or infinite, naming the period.
    """
    array = _numbers("effects", given)
    if not array.ndim:
        raise BacktestError("The effects have no axis of periods; want (n_periods, ...).")
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        raise BacktestError(f"The effect of period {wrong[0][0]} is {array[tuple(wrong[0])]}; give a number.")
    return array


def by_period(name: str, given: ArrayLike, n_periods: int) -> NDArray[np.float64]:
    """Read one number a period.

    Parameters
    ----------
    name : str
        What a number is called.
    given : array_like of shape (n_periods,)
    n_periods : int

    Returns
    -------
    ndarray of shape (n_periods,)

    Raises
    ------
    BacktestError
        If there are more or fewer, or one is NaN or infinite.
    """
    array = _numbers(f"{name}s", given)
    if array.shape != (n_periods,):
        raise BacktestError(f"There are {n_periods} periods of effects and {name}s of shape {array.shape}.")
    wrong = ~np.isfinite(array)
    if wrong.any():
        period = int(np.argmax(wrong))
        raise BacktestError(f"The {name} of period {period} is {array[period]}; give a number, or end before it.")
    return array


def refuse_gap(name: str, weights: Matrix) -> None:
    """Refuse weights that do not add up to 1.

    Parameters
    ----------
    name : str
        Whose weights.
    weights : ndarray of shape (n_periods, n_segments)

    Raises
    ------
    BacktestError
        Naming the first such period. What is missing may be cash or an oversight: only the caller knows.
    """
    total = weights.sum(axis=1)
    wrong = np.abs(total - 1.0) > WHOLE
    if wrong.any():
        period = int(np.argmax(wrong))
        raise BacktestError(
            f"The {name} weights of period {period} add up to {total[period]:.10g}, not to 1. Give cash a segment of "
            "its own."
        )


def _numbers(name: str, given: ArrayLike) -> Matrix:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BacktestError(f"The {name} are no numbers in an even table: {error}.") from error
