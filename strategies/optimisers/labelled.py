"""Names that tables of pandas bring with them: all of them the same, in one order."""

from collections.abc import Mapping
from types import NoneType
from typing import Any

import numpy as np

from strategies.errors import StrategyError

UNLABELLED = frozenset({np.ndarray, dict, float, NoneType})  # a list may hold tables


def names_of_tables(known: Mapping[str, object]) -> tuple[str, ...]:
    """Read the names of Series and frames, and refuse those that differ: weights would go to the wrong names.

    Parameters
    ----------
    known : mapping of str to object
        Inputs by keyword. A Series is labelled by its index; a frame by its columns, the covariance by its rows too.
        Labels that are numbers say nothing.

    Returns
    -------
    tuple of str
        Empty where nothing is labelled.

    Raises
    ------
    StrategyError
        If two of them differ, in names or in their order.
    """
    first, found = "", tuple[str, ...]()
    exposures = known.get("exposures")
    if not isinstance(exposures, Mapping) and all(type(one) in UNLABELLED for one in known.values()):
        return found
    tables = {key: table for key, table in known.items() if key not in ("exposures", "labels")}
    if isinstance(exposures, Mapping):
        tables |= {f"exposures {key!r}": of for key, of in exposures.items()}
    for key, table in sorted(tables.items(), key=lambda pair: pair[0] != "covariance"):
        for what, labels in _labels_of(key, table):
            if not found:
                first, found = what, labels
            elif labels != found:
                refuse_order(what, labels, first, found)
    return found


def refuse_order(one: str, names: tuple[str, ...], other: str, others: tuple[str, ...]) -> None:
    """Refuse two lists of names that differ.

    Parameters
    ----------
    one : str
        Whose the names are.
    names : tuple of str
    other : str
    others : tuple of str

    Raises
    ------
    StrategyError
        Naming the first place at which they differ.
    """
    if len(names) != len(others):
        raise StrategyError(f"There are {len(names)} in {one}, and {len(others)} in {other}: give all the same names.")
    at = next(i for i, (mine, theirs) in enumerate(zip(names, others, strict=True)) if mine != theirs)
    raise StrategyError(
        f"At place {at + 1} {names[at]!r} stands in {one}, and {others[at]!r} in {other}: bring all into one order, "
        "such as by .reindex."
    )


def _labels_of(key: str, table: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Give each axis of a table that is labelled by names; pandas need not be imported for it."""
    if isinstance(table, (list, tuple)) and hasattr(next(iter(table), None), "axes"):  # a table a step
        return [found for one in table for found in _labels_of(key, one)]
    axes = getattr(table, "axes", None)
    if not isinstance(axes, list):
        return []
    last = [(f"the columns of {key}" if len(axes) == 2 else f"the index of {key}", axes[-1])]
    rows = [("the rows of covariance", axes[0])] if key == "covariance" and len(axes) == 2 else []
    return [
        (what, tuple(map(str, axis)))
        for what, axis in [*last, *rows]
        if len(axis) and all(isinstance(label, str) for label in axis)
    ]


def in_order(given: object, names: tuple[str, ...], what: str) -> object:
    """Bring values by name into the order of the names, and refuse a Series in another order.

    Parameters
    ----------
    given : object
    names : tuple of str
    what : str
        For messages.

    Returns
    -------
    object
        Of a mapping a tuple of its values; anything else as it is.

    Raises
    ------
    StrategyError
        If a mapping lacks a name or has another one, or the index of a Series differs from the names.

    Examples
    --------
    >>> in_order({"B": "tech", "A": "banks"}, ("A", "B"), "labels 'sector'")
    ('banks', 'tech')
    """
    if isinstance(given, Mapping):
        odd = [str(one) for one in (*names, *given) if (one in given) != (one in names)]
        if odd:
            lacks = "lacks" if odd[0] in names else "has"
            raise StrategyError(f"{what} {lacks} {odd[0]!r}; give one value for each of the {len(names)} names.")
        return tuple(given[name] for name in names)
    for _, labels in _labels_of(what, given):
        if labels != names:
            refuse_order(what, labels, "the names", names)
    return given
