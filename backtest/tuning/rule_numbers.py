"""Rules of rotation as numbers, checked value by value: there may be a million of them, and of values far fewer."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from backtest.tuning.grids.parameter_values import OWN
from strategies.settings import Rotation, Section, VolatilityTarget

# In the order of `strategies.rules.rotating.numbers_of`.
FIELDS = (
    *(f"rotation.{name}" for name in Rotation.model_fields),
    *(f"volatility.{name}" for name in ("target", "scale_at_most")),
)
SECTIONS: Mapping[str, type[Section]] = {"rotation": Rotation, "volatility": VolatilityTarget}


def rule_numbers(
    own: NDArray[np.float64], values: Mapping[str, Sequence[object]], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Write combinations of settings as rules.

    Parameters
    ----------
    own : ndarray of shape (12,)
        Settings of the thesis, for what is not varied.
    values : mapping of str to sequence, length n_names
        What each varied setting takes, by its dotted name.
    codes : ndarray of shape (n_rules, n_names)
        Which of `values` each rule takes.

    Returns
    -------
    ndarray of shape (12, n_rules)
        As `strategies.rules.rotating.numbers_of` gives them. A column has NaN where a value does not fit its setting or
        there is no such setting, and where settings contradict each other: `Rotation` says what is wrong.
    """
    found = np.repeat(own[:, None], len(codes), axis=1)
    for (name, given), taken in zip(values.items(), codes.T, strict=True):
        if name not in FIELDS:
            found[:] = math.nan
            break
        row = FIELDS.index(name)
        stays = np.array([one is OWN for one in given])
        numbers = np.full(len(stays), own[row])
        numbers[~stays] = _numbers(name, [one for one in given if one is not OWN])
        found[row] = numbers[taken]
    found[:, Rotation.contradicts(found)] = math.nan
    return found


def _numbers(name: str, values: list[object]) -> NDArray[np.float64]:
    """Write the values of a setting as numbers; NaN where one does not fit."""
    section, _, key = name.partition(".")
    kind: Any = SECTIONS[section].model_fields[key].rebuild_annotation()
    adapter = TypeAdapter(list[kind], config=Section.model_config)
    is_wrong = np.zeros(len(values), dtype=bool)
    try:
        fitting = adapter.validate_python(values)
    except ValidationError as error:
        is_wrong[[int(one["loc"][0]) for one in error.errors(include_url=False)]] = True
        fitting = adapter.validate_python([one for one, wrong in zip(values, is_wrong, strict=True) if not wrong])
    numbers = np.full(len(values), math.nan)
    if name == "rotation.rule":
        numbers[~is_wrong] = [float(one == "linear") for one in fitting]
    else:  # no profit target is one that is never reached
        numbers[~is_wrong] = [math.inf if one is None else one for one in fitting]
    return numbers
