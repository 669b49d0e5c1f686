"""Many decisions at once: their inputs are checked and scaled together, and each is one programme filled anew.

For decisions that do not depend on the portfolio before them, or whose portfolios are known. Answers have the bytes of
those that are asked for one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.inputs import ARRAYS, Inputs, Parts
from strategies.optimisers.labelled import names_of_tables, refuse_order
from strategies.optimisers.programme import Programme, without_dust
from strategies.optimisers.solving import solve_in_turn

Tensor = NDArray[np.float64]
OF_A_STEP = ("tradable", "leaving", "turnover_used")


def inputs_of_steps(parts: Parts) -> list[Inputs]:
    """Check the inputs of many decisions.

    Parameters
    ----------
    parts : Parts
        As of `Inputs`; an array may have one more axis in front, of length n_steps, and else holds for all steps.
        Names, labels, exposures and what is absent are the same at all of them.

    Returns
    -------
    list of Inputs, length n_steps

    Raises
    ------
    StrategyError
        If no array has steps, they are of different lengths, or inputs of a step are refused: then with its number,
        counted from 0.
    """
    arrays, n_steps = _arrays(parts)
    shared: Any = {key: value for key, value in parts.items() if key not in arrays}
    labelled = names_of_tables(parts)  # what is read as an array has lost them
    if labelled and shared.get("names") is None:
        shared["names"] = labelled
    elif labelled and tuple(map(str, shared["names"])) != labelled:
        refuse_order("the names", tuple(map(str, shared["names"])), "a table", labelled)
    given = [_of_step(arrays, shared, 0)]
    whole: dict[str, Any] = {key: array for key, array in arrays.items() if array.ndim > ARRAYS[key]}
    if not _is_sound(whole):
        return given + [_of_step(arrays, shared, k) for k in range(1, n_steps)]
    alike = {one.name: getattr(given[0], one.name) for one in fields(Inputs)}
    if "covariance" in whole:
        whole |= _scales(whole["covariance"])
    made = list[Inputs]()
    for k in range(n_steps):
        one = object.__new__(Inputs)  # all of it is checked: no other constructor has to run
        one.__dict__.update(alike)
        one.__dict__.update({key: array[k] for key, array in whole.items()})
        made.append(one)
    return made


def _arrays(parts: Mapping[str, Any]) -> tuple[dict[str, Tensor], int]:
    """Read the arrays, and say how many steps they have."""
    arrays, lengths = dict[str, Tensor](), dict[str, int]()
    for key, n_dimensions in ARRAYS.items():
        value = parts.get(key)
        if value is None:
            continue
        try:
            if np.iscomplexobj(value):
                raise StrategyError(f"{key} holds complex numbers.")
            arrays[key] = np.ascontiguousarray(value, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise StrategyError(f"{key} holds something that is no number, or steps of different shapes.") from error
        if arrays[key].ndim == n_dimensions + 1:
            lengths[key] = len(arrays[key])
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        said = ", ".join(f"{key} {length}" for key, length in lengths.items()) or "none"
        raise StrategyError(f"Arrays of steps have one axis in front, all of one length above zero; given: {said}.")
    for key in OF_A_STEP:
        given: Any = parts.get(key)
        if np.ndim(given) > int(key != "turnover_used"):
            raise StrategyError(f"{key} is one for all steps here; ask for them one by one.")
    return arrays, next(iter(lengths.values()))


def _of_step(arrays: Mapping[str, Tensor], shared: Mapping[str, Any], k: int) -> Inputs:
    own: Any = {key: array[k] if array.ndim > ARRAYS[key] else array for key, array in arrays.items()}
    try:
        return Inputs.of(dict(shared) | own)
    except StrategyError as error:
        raise error.at(f"Step {k}") from error


def _is_sound(whole: Mapping[str, Tensor]) -> bool:
    """Say whether nothing is odd about arrays, all steps at once; what may be is looked at step by step."""
    if not all(np.isfinite(array).all() for array in whole.values()):
        return False
    if set(whole) - {"covariance", "scenarios", "expected_returns", "current", "benchmark"}:
        return False
    if any(np.abs(whole[key]).max() > 100.0 for key in ("current", "benchmark") if key in whole):
        return False
    if "covariance" not in whole:
        return True
    covariance = whole["covariance"]
    variances = np.diagonal(covariance, axis1=1, axis2=2)
    least, most = variances.min(axis=1), variances.max(axis=1)
    is_even = bool((least > 1e-8 * most).all())
    return is_even and bool((covariance == covariance.transpose(0, 2, 1)).all())


def _scales(covariance: Tensor) -> dict[str, Any]:
    """Scale all covariances at once, and find their roots where none is singular: what each step would work out."""
    scales = np.trace(covariance, axis1=1, axis2=2) / covariance.shape[-1]
    scaled = covariance / scales[:, None, None]
    found: dict[str, Any] = {"variance_scale": scales.tolist(), "scaled_covariance": scaled}
    try:
        return found | {"scaled_root": np.linalg.cholesky(scaled, upper=True)}
    except np.linalg.LinAlgError:
        return found


def weights_in_turn(programme: Programme, steps: Sequence[Inputs]) -> NDArray[np.float64]:
    """Solve steps of one shape by the programme's first solver, one after another.

    Parameters
    ----------
    programme : Programme
    steps : sequence of Inputs, length n_steps

    Returns
    -------
    ndarray of shape (n_steps, n_names)
        NaN where that solver is in trouble, or its answer is not optimal or misses a row.
    """
    found = np.full((len(steps), steps[0].n_names), np.nan)
    for k, solution in enumerate(solve_in_turn(programme, [programme.numbers(given) for given in steps])):
        if solution is not None:
            found[k] = without_dust(programme.weights_of(solution))
    return found
