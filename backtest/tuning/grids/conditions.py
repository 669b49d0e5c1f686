"""Conditions between parameters, such as "rotation.exit < rotation.enter": read once, then worked out on arrays."""

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.grids.parameter_values import is_number

Operand = NDArray[Any]  # float64, bool, text, or object where values are of several kinds

ARITHMETIC: Mapping[type[ast.operator], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
}
ORDER: Mapping[type[ast.cmpop], Callable[..., Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
ALLOWED = "want comparisons and arithmetic of parameters, numbers and texts, joined by and, or, not"
MAX_LENGTH = 2000
LARGEST = 1e300


@dataclass(frozen=True)
class Condition:
    """What has to hold between parameters.

    Attributes
    ----------
    text : str
        As it was written.
    tree : ast.expr
        Of the allowed nodes alone.
    names : tuple of str
        Parameters it reads.
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    def holds(self, columns: Mapping[str, Operand]) -> NDArray[np.bool_]:
        """Say where the condition holds.

        Parameters
        ----------
        columns : mapping of str to ndarray
            Of every name its values, as `operand` gives them; shapes broadcast.

        Returns
        -------
        ndarray of bool

        Raises
        ------
        BacktestError
            If texts are ordered or calculated with, or a number is divided by zero.
        """
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
                found = _claim(self.tree, columns)
        except FloatingPointError:
            raise BacktestError(
                f"Condition {self.text!r} divides by zero, or overflows, for some of the values. Every part of a "
                "condition is worked out for every candidate: multiply out."
            ) from None
        except _Misfit as error:
            raise BacktestError(f"Condition {self.text!r}: {error}") from None
        return found


class _Misfit(Exception):
    """A part of a condition does not fit; said with the condition's text by whoever knows it."""


def operand(values: Sequence[object]) -> Operand:
    """Make values ready to be compared.

    Parameters
    ----------
    values : sequence of object

    Returns
    -------
    ndarray of shape (len(values),)
        float64 where all are numbers, bool where all are True or False, text where all are, else object.
    """
    kinds = set(map(type, values))
    if kinds <= {int, float}:
        return np.array(values, np.float64)
    if kinds == {bool}:
        return np.array(values, np.bool_)
    if kinds == {str}:
        return np.array(values, np.str_)
    found = np.empty(len(values), object)
    for k, value in enumerate(values):
        found[k] = value
    return found


def conditions_of(given: Any) -> tuple[Condition, ...]:
    """Read the conditions of a grid.

    Parameters
    ----------
    given : str or list of str
        Comparisons (also chained, `in` and `not in` of a literal list) and arithmetic (+ - * / // %) of dotted
        parameters, numbers and texts, joined by `and`, `or`, `not`.

    Returns
    -------
    tuple of Condition

    Raises
    ------
    BacktestError
        If one is no such expression.
    """
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise BacktestError(
            f'conditions = {given!r}: want a list of texts, such as ["rotation.exit < rotation.enter"].'
        )
    return tuple(_read(text) for text in texts)


def _read(text: str) -> Condition:
    where = f"Condition {text if len(text) <= 100 else text[:100] + '...'!r}"
    if len(text) > MAX_LENGTH:
        raise BacktestError(
            f"{where} has {len(text):,} characters; {MAX_LENGTH:,} are the most. Split it into several."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in texts
            tree = ast.parse(text.strip(), mode="eval").body
        names = list(dict.fromkeys(_names(tree)))
        if not _is_claim(tree):
            raise _Misfit("it is no claim that holds or does not; compare something")
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise BacktestError(f"{where} cannot be read: {said}; {ALLOWED}.") from None
    except (RecursionError, MemoryError):
        raise BacktestError(f"{where} is nested too deeply. Split it into several.") from None
    except _Misfit as error:
        raise BacktestError(f"{where}: {error}; {ALLOWED}.") from None
    if not names:
        raise BacktestError(f"{where} names no parameter; write section.name.")
    return Condition(text.strip(), tree, tuple(names))


def _names(node: ast.expr) -> list[str]:
    """List the parameters of an expression; refuse any node that is not on the list."""
    match node:
        case ast.BoolOp(values=parts):
            return [name for part in parts for name in _names(part)]
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=part):
            return _names(part)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            return _names(left) + _names(right)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            found = _names(left)
            for relation, part in zip(ops, comparators, strict=True):
                if isinstance(relation, (ast.In, ast.NotIn)):
                    _literals(part)
                elif isinstance(relation, (ast.Is, ast.IsNot)):
                    raise _Misfit("write == for is, != for is not")
                else:
                    found += _names(part)
            return found
        case ast.Attribute(value=ast.Name(id=section), attr=name):
            return [f"{section}.{name}"]
        case ast.Constant():
            _literal(node)
            return []
        case ast.Call():
            raise _Misfit(f"{ast.unparse(node)!r} calls a function")
        case ast.Name(id=name):
            raise _Misfit(f"{name!r} is no parameter; write section.name, and texts in quotes")
    raise _Misfit(f"{ast.unparse(node)!r} is not allowed")


def _is_claim(node: ast.expr) -> bool:
    """Say whether an expression may be true or false; a bare parameter may."""
    return not isinstance(node, (ast.BinOp, ast.Constant)) and not (
        isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not)
    )


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _literal(node.operand)
        if not is_number(number):
            raise _Misfit(f"{ast.unparse(node)!r} is no number")
        return -number
    if not isinstance(node, ast.Constant) or isinstance(node.value, (bytes, complex)) or node.value is ...:
        raise _Misfit(f"{ast.unparse(node)!r} is no number or text")
    value: object = node.value
    if is_number(value) and not abs(value) < LARGEST:
        raise _Misfit("a number in it is too large")
    return value


def _literals(node: ast.expr) -> list[object]:
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set)) or not node.elts:
        raise _Misfit('in wants a list of numbers or texts, such as in ["week", "month"]')
    return [_literal(element) for element in node.elts]


def _value(node: ast.expr, columns: Mapping[str, Operand]) -> Operand:
    match node:
        case ast.BoolOp(op=op, values=parts):
            join = np.logical_and if isinstance(op, ast.And) else np.logical_or
            return reduce(join, [_claim(part, columns) for part in parts])
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return np.logical_not(_claim(part, columns))
        case ast.UnaryOp(op=op, operand=part):
            return -_numbers(part, columns) if isinstance(op, ast.USub) else _numbers(part, columns)
        case ast.BinOp(left=left, op=op, right=right):
            found: Operand = ARITHMETIC[type(op)](_numbers(left, columns), _numbers(right, columns))
            return found
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _compare(left, ops, comparators, columns)
        case ast.Attribute(value=ast.Name(id=section), attr=name):
            return columns[f"{section}.{name}"]
        case _:
            return operand([_literal(node)])


def _claim(node: ast.expr, columns: Mapping[str, Operand]) -> Operand:
    value = _value(node, columns)
    if value.dtype != np.bool_:
        raise _Misfit(f"{ast.unparse(node)} is not true or false; compare it with something.")
    return value


def _numbers(node: ast.expr, columns: Mapping[str, Operand]) -> Operand:
    value = _value(node, columns)
    if value.dtype != np.float64:
        raise _Misfit(f"{ast.unparse(node)} is not always a number, so it cannot be calculated with.")
    return value


def _compare(
    left: ast.expr, ops: Sequence[ast.cmpop], comparators: Sequence[ast.expr], columns: Mapping[str, Operand]
) -> Operand:
    found, one = list[Operand](), _value(left, columns)
    for op, node in zip(ops, comparators, strict=True):
        if isinstance(op, (ast.In, ast.NotIn)):
            within = reduce(np.logical_or, [_equal(one, operand([each])) for each in _literals(node)])
            found.append(within if isinstance(op, ast.In) else np.logical_not(within))
            continue
        other = _value(node, columns)
        if isinstance(op, ast.Eq):
            found.append(_equal(one, other))
        elif isinstance(op, ast.NotEq):
            found.append(np.logical_not(_equal(one, other)))
        else:
            found.append(_ordered(ORDER[type(op)], one, other))
        one = other
    return reduce(np.logical_and, found)


def _equal(one: Operand, other: Operand) -> Operand:
    if one.dtype.kind == other.dtype.kind != "O":
        same: Operand = one == other
        return same
    return np.asarray(one.astype(object) == other.astype(object), np.bool_)


def _ordered(compare: Callable[..., Any], one: Operand, other: Operand) -> Operand:
    """Compare by size; what is no number among numbers, such as every = "week", is in no order with any."""
    if one.dtype.kind in "Ub" or other.dtype.kind in "Ub":
        raise _Misfit("it compares by size what is never a number; texts are compared by == and !=.")
    with np.errstate(invalid="ignore"):
        found: Operand = compare(_sizes(one), _sizes(other))
    return found


def _sizes(values: Operand) -> Operand:
    if values.dtype == np.float64:
        return values
    sizes: Operand = np.frompyfunc(lambda value: float(value) if is_number(value) else np.nan, 1, 1)(values)
    return np.asarray(sizes, np.float64)
