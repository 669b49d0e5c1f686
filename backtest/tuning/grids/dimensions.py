"""Dimensions of a parameter space: what one entry of a grid lets a parameter, or a section, be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.grids.distributions import DISTRIBUTIONS, Distribution, distribution_of
from backtest.tuning.grids.known_settings import refuse_unfit
from backtest.tuning.grids.parameter_values import OWN, identity, is_number, value_of
from strategies.thesis import Thesis

# Of a thesis, and the fields of a strategy in Python.
SECTIONS = (*(name for name in Thesis.model_fields if name not in ("name", "title")), "strategy")
MAX_VALUES = 100_000  # of one parameter of a grid
HOW = 'want a list of values, "a:b:n" or "log:a:b:n"'


@dataclass(frozen=True)
class Dimension:
    """Parameters that vary together: most often one alone.

    Attributes
    ----------
    names : tuple of str
        Dotted.
    values : tuple of tuples
        The distinct values of each name, in the order of their first points.
    points : tuple of tuples of int, or None
        Of each point which of its values every name takes. None: of one name each value is a point.
    """

    names: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    points: tuple[tuple[int, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.values[0]) if self.points is None else len(self.points)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """Which of `values` each point takes: shape (n_points, n_names)."""
        return np.arange(len(self))[:, None] if self.points is None else np.array(self.points, np.int64)


def dimension_of(name: str, given: Any) -> Dimension | Distribution:
    """Read one entry of a grid.

    Parameters
    ----------
    name : str
        A dotted parameter, or a section whose keys vary together.
    given : object
        Of a parameter a list of values, one value, "a:b:n", "log:a:b:n", or a distribution such as
        {"uniform": [0.2, 1.0]}; of a section a list of tables.

    Returns
    -------
    Dimension or Distribution

    Raises
    ------
    BacktestError
        Naming the entry, and what it should be.
    """
    section, _, key = name.partition(".")
    if section not in SECTIONS or ("." in name and not key):
        raise BacktestError(
            f"The grid varies {name!r}, which is no setting. Write section.name; sections: {', '.join(SECTIONS)}."
        )
    if isinstance(given, (np.ndarray, pd.Series, pd.Index)):
        given = given.tolist()
    if not key:
        return _section(name, given)
    if isinstance(given, str) and ":" in given:
        return Dimension((name,), (tuple(_range(name, given)),))
    if isinstance(given, time):
        raise BacktestError(f'The grid gives {name} a time of day, {given}. Put a range in quotes: "a:b:n".')
    if isinstance(given, Mapping):
        if set(given) != {"choice"}:
            return distribution_of(name, given)
        given = given["choice"]
    if not isinstance(given, (Sequence, range)) or isinstance(given, str):
        given = [given]
    return _list(name, given)


def _list(name: str, given: Sequence[Any]) -> Dimension:
    if not len(given):
        raise BacktestError(f"The grid gives {name} an empty list; {HOW}.")
    if len(given) > MAX_VALUES:
        raise BacktestError(f"The grid gives {name} {len(given):,} values; {MAX_VALUES:,} are the most.")
    values = [value_of(value, name) for value in given]
    if any(isinstance(value, bool) for value in values) and any(is_number(value) for value in values):
        raise BacktestError(f"The grid gives {name} both numbers and true or false; want one or the other.")
    for value in values:
        refuse_unfit(name, value)
    seen = set[object]()
    for value in values:
        if identity(value) in seen:
            raise BacktestError(f"The grid gives {name} the value {value!r} twice. Leave one out.")
        seen.add(identity(value))
    return Dimension((name,), (tuple(values),))


def _section(section: str, given: Any) -> Dimension:
    if not isinstance(given, (list, tuple)) or not all(isinstance(table, Mapping) for table in given):
        raise BacktestError(
            f"The grid varies the whole section {section!r}: want a list of tables, such as "
            f'[{{kind = "..."}}, ...]; for one setting write {section}.name.'
        )
    keys = list(dict.fromkeys(key for table in given for key in table))
    if not keys:
        raise BacktestError(f"The grid gives the section {section!r} no settings; want a list of tables of them.")
    for table in given:
        for key, value in table.items():
            if not isinstance(key, str) or not key or "." in key:
                raise BacktestError(f"The grid varies {section}.{key}, which is no setting. Write section.name.")
            if isinstance(value, Mapping) and set(value) <= set(DISTRIBUTIONS) and value:
                raise BacktestError(
                    f"The grid gives {section}.{key} a distribution inside a table of the section. Tables hold values; "
                    f"give the distribution to {section}.{key} itself."
                )
    values, columns = list[tuple[object, ...]](), list[list[int]]()
    for key in keys:
        column = [value_of(table[key], f"{section}.{key}") if key in table else OWN for table in given]
        for value in column:
            refuse_unfit(f"{section}.{key}", value)
        places = dict[object, int]()
        columns.append([places.setdefault(identity(value), len(places)) for value in column])
        values.append(tuple(column[columns[-1].index(code)] for code in range(len(places))))
    points = tuple(zip(*columns, strict=True))
    if len(set(points)) < len(points):
        raise BacktestError(f"The grid gives the section {section!r} the same table twice. Leave one out.")
    return Dimension(tuple(f"{section}.{key}" for key in keys), tuple(values), points)


def _range(name: str, text: str) -> list[int] | list[float]:
    """Read "a:b:n" or "log:a:b:n": n points, both ends included; integers where all of them are whole."""
    where = f"The grid gives {name} the range {text!r}"
    parts = [part.strip() for part in text.split(":")]
    is_log = parts[0] == "log"
    if len(parts) - is_log != 3:
        raise BacktestError(f"{where}; want a:b:n or log:a:b:n, n points from a to b.")
    low, high, count = (_number(part, where) for part in parts[is_log:])
    if count != count.to_integral_value() or count <= 0:
        raise BacktestError(f"{where}: n = {parts[-1]} points; want a whole number, 1 or more.")
    if count > MAX_VALUES:
        raise BacktestError(
            f"{where}: {float(count):.3g} points; {MAX_VALUES:,} are the most of one parameter. Take fewer."
        )
    n = int(count)
    if low > high:
        raise BacktestError(f"{where}, which runs backwards. Write the smaller end first.")
    if is_log and low <= 0:
        raise BacktestError(f"{where}: a logarithm wants ends above zero.")
    if (low == high) != (n == 1):
        raise BacktestError(
            f"{where}: {n} point{'s' * (n > 1)} cannot include both ends and differ. Change n or an end."
        )
    return _logarithmic(low, high, n) if is_log else _linear(low, high, n)


def _number(text: str, where: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BacktestError(f"{where}: {text!r} is no number.") from None
    # Past these a float is infinite or zero, and exact arithmetic on it would never end.
    if not number.is_finite() or (number and not -300 < number.adjusted() < 300) or len(text) > 400:
        raise BacktestError(f"{where}: {text} is no finite number of usual size.")
    return number


def _linear(low: Decimal, high: Decimal, n: int) -> list[int] | list[float]:
    # Exact in integers, then rounded once: 0:1:11 gives 0.3, not 0.30000000000000004.
    (a, q), (b, r) = low.as_integer_ratio(), high.as_integer_ratio()
    steps = max(n - 1, 1)
    start, step, unit = a * r * steps, b * q - a * r, q * r * steps
    if start % unit == 0 and step % unit == 0:
        return [(start + step * i) // unit for i in range(n)]
    return [(start + step * i) / unit for i in range(n)]


def _logarithmic(low: Decimal, high: Decimal, n: int) -> list[int] | list[float]:
    # Fifteen digits: the cube root of 1000 is 10, not 9.999999999999998.
    a, ratio = float(low), float(high) / float(low)
    inside = [float(f"{a * ratio ** (i / (n - 1)):.15g}") for i in range(1, n - 1)]
    points = [a, *inside, *([float(high)] if n > 1 else [])]
    return [int(point) for point in points] if all(point.is_integer() for point in points) else points
