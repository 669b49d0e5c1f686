"""Values of a parameter: what may be one, when two are the same, and how a table shows them."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel

from backtest.errors import BacktestError
from data.stamps import as_day

LARGEST_WHOLE = 2**63 - 1  # of an int64 column


class Own(Enum):
    """The value of a parameter that a table of a section leaves out: the thesis' own."""

    OWN = "the thesis' own"


OWN = Own.OWN


def value_of(given: Any, where: str) -> object:
    """Check one value, and give it as a thesis takes it.

    Parameters
    ----------
    given : object
        A number, text, True, False, None, a list or a mapping of such (a list gives a tuple), a date (gives its text),
        or settings such as `FlatCosts`. Numpy scalars are unwrapped.
    where : str
        The parameter, for messages.

    Returns
    -------
    object

    Raises
    ------
    BacktestError
        If it is something else, NaN or infinite.
    """
    if isinstance(given, np.generic) and not isinstance(given, np.datetime64):
        given = given.item()
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, str):
        return str(given)
    if isinstance(given, (dt.date, np.datetime64)):  # settings take its text
        return str(as_day(given, where))
    if isinstance(given, int):
        if abs(given) > LARGEST_WHOLE:
            raise BacktestError(f"{where} = {given:.3g}: a whole number past 2**63 is no setting. Write a smaller one.")
        return int(given)
    if isinstance(given, float):
        if not math.isfinite(given):
            raise BacktestError(f"{where} = {given}: want a finite number.")
        return float(given)
    if isinstance(given, BaseModel):
        given = given.model_dump()
    if isinstance(given, Mapping):
        return {str(key): value_of(value, where) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return tuple(value_of(value, where) for value in given)
    raise BacktestError(
        f"{where} takes {type(given).__name__} {given!r}: want numbers, text, true or false, "
        "or lists and tables of them."
    )


def identity(value: object) -> object:
    """Give what two equal values share: 1 and 1.0 are the same setting, 1 and True are not.

    Parameters
    ----------
    value : object
        As `value_of` gives it.

    Returns
    -------
    object
        Hashable.
    """
    if isinstance(value, dict):
        return ("table", *sorted((key, identity(item)) for key, item in value.items()))
    if isinstance(value, tuple):
        return ("list", *(identity(item) for item in value))
    return (isinstance(value, bool), value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Say whether a value is a number; True and False are none.

    Parameters
    ----------
    value : object

    Returns
    -------
    bool
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def column_of(values: Sequence[object]) -> NDArray[Any] | pd.Categorical:
    """Give values as a table has them.

    Parameters
    ----------
    values : sequence of object
        The distinct values of a parameter.

    Returns
    -------
    ndarray of shape (len(values),) or Categorical
        int64 where all values are whole, float64 where they are numbers, bool where they are true or false, else
        text by category. Missing (NaN) where the value is None or the thesis' own.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        return np.array(values, np.int64)
    if kinds == {bool}:
        return np.array(values, np.bool_)
    if kinds <= {int, float, type(None), Own} and kinds & {int, float}:
        missing = kinds & {type(None), Own}
        return np.array(
            [value if is_number(value) else math.nan for value in values] if missing else values, np.float64
        )
    stated = [value for value in values if value is not None and value is not OWN]
    texts = [text_of(value) for value in stated]
    if len(set(texts)) < len(texts):  # 5 and "5"
        texts = [repr(value) if isinstance(value, str) else text_of(value) for value in stated]
    place = iter(range(len(stated)))
    codes = [-1 if value is None or value is OWN else next(place) for value in values]
    return pd.Categorical.from_codes(np.array(codes), pd.Index(texts, dtype="str"))


def text_of(value: object) -> str:
    """Write a value as a reader would.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    Examples
    --------
    >>> text_of({"bps": 10}), text_of(("big-seven", "SPY")), text_of(True)
    ('bps = 10', 'big-seven + SPY', 'true')
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} = {text_of(item)}" for key, item in value.items())
    if isinstance(value, tuple):
        return " + ".join(text_of(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)
