"""Rules of rotation as numbers, checked value by value: there may be a million of them, and of values far fewer."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from backtest.tuning.grids.parameter_values import OWN
from strategies.settings import Rotation

FIELDS = tuple(Rotation.model_fields)  # in the order of `Rotation.numbers`


def rule_numbers(
    own: Rotation, values: Mapping[str, Sequence[object]], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Write combinations of settings as rules.

    Parameters
    ----------
    own : Rotation
        Settings of the thesis, for what is not varied.
    values : mapping of str to sequence, length n_names
        What each varied setting takes, by its name in the section.
    codes : ndarray of shape (n_rules, n_names)
        Which of `values` each rule takes.

    Returns
    -------
    ndarray of shape (7, n_rules)
        As `strategies.planning.rule_lanes` gives them. A column has NaN where a value does not fit its setting or there
        is no such setting, and where settings contradict each other: `Rotation` says what is wrong.
    """
    found = np.repeat(np.array(own.numbers)[:, None], len(codes), axis=1)
    for (name, given), taken in zip(values.items(), codes.T, strict=True):
        if name not in FIELDS:
            found[:] = math.nan
            break
        found[FIELDS.index(name)] = _numbers(name, [getattr(own, name) if one is OWN else one for one in given])[taken]
    found[:, Rotation.contradicts(found)] = math.nan
    return found


def _numbers(name: str, values: list[object]) -> NDArray[np.float64]:
    """Write the values of a setting as numbers; NaN where one does not fit."""
    kind: Any = Rotation.model_fields[name].rebuild_annotation()
    adapter = TypeAdapter(list[kind], config=Rotation.model_config)
    is_wrong = np.zeros(len(values), dtype=bool)
    try:
        fitting = adapter.validate_python(values)
    except ValidationError as error:
        is_wrong[[int(one["loc"][0]) for one in error.errors(include_url=False)]] = True
        fitting = adapter.validate_python([one for one, wrong in zip(values, is_wrong, strict=True) if not wrong])
    numbers = np.full(len(values), math.nan)
    if name == "rule":
        numbers[~is_wrong] = [float(one == "linear") for one in fitting]
    else:  # no profit target is one that is never reached
        numbers[~is_wrong] = [math.inf if one is None else one for one in fitting]
    return numbers
