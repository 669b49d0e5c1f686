"""Vectors of lanes in registers: what a kernel adds up over names is neither loaded nor kept on the way.

Compiled, a vector is N_TOGETHER floats that the processor takes at once, each in IEEE arithmetic as if alone; a mask is
as many booleans. Uncompiled, both are arrays of those that are there. Operators work on them and on numbers.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from data.jit import CONFIG

# Twice what the widest registers hold: neither half waits for the other, and what is no vector is done half as often.
N_TOGETHER = 16
FLOATS, BITS, INTEGERS = (ir.VectorType(kind, N_TOGETHER) for kind in (ir.DoubleType(), ir.IntType(1), ir.IntType(64)))


class Vector(types.Type):
    """The type of N_TOGETHER floats."""


class Mask(types.Type):
    """The type of N_TOGETHER booleans."""


EIGHT_BYTES = ir.Constant(ir.IntType(32), 8)
VECTOR, MASK = Vector("Vector"), Mask("Mask")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, FLOATS)


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, BITS)


def _spread(builder: Any, value: Any, kind: Any = FLOATS) -> Any:
    """Repeat a number over a vector."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), N_TOGETHER), [0] * N_TOGETHER)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), order)


def _as_vector(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Repeat a number over a vector; a vector or mask stays what it is."""
    if isinstance(kind, Vector | Mask):
        return value
    return _spread(builder, context.cast(builder, value, kind, types.float64))


def _call(builder: Any, name: str, result: Any, *values: Any) -> Any:
    """Call a function of LLVM's own."""
    kind = ir.FunctionType(result, [value.type for value in values])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)


# ------------------------------------------------------------------------------------------ operators


def _register(operation: Any, result: types.Type, generate: Callable[..., Any], *kinds: types.Type) -> None:
    """Let an operator work on vectors or masks; of two operands of vectors one may be a number."""

    def matches(args: tuple[types.Type, ...]) -> bool:
        numbers = [isinstance(kind, types.Number) for kind in args]
        fits = len(args) == len(kinds) and not all(numbers)
        return fits and all(
            (n and kind is VECTOR) or a is kind for n, a, kind in zip(numbers, args, kinds, strict=True)
        )

    @infer_global(operation)
    class _Operation(AbstractTemplate):
        def generic(self, args: Any, _: Any) -> Any:
            return signature(result, *args) if matches(args) else None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        given = (_as_vector(context, builder, *one) for one in zip(sig.args, args, strict=True))
        return generate(builder, *given)

    lower_builtin(operation, *map(type, kinds))(lower)
    if kinds == (VECTOR, VECTOR):
        lower_builtin(operation, Vector, types.Number)(lower)
        lower_builtin(operation, types.Number, Vector)(lower)


_register(operator.add, VECTOR, lambda builder, x, y: builder.fadd(x, y), VECTOR, VECTOR)
_register(operator.sub, VECTOR, lambda builder, x, y: builder.fsub(x, y), VECTOR, VECTOR)
_register(operator.mul, VECTOR, lambda builder, x, y: builder.fmul(x, y), VECTOR, VECTOR)
_register(operator.truediv, VECTOR, lambda builder, x, y: builder.fdiv(x, y), VECTOR, VECTOR)
_register(operator.lt, MASK, lambda builder, x, y: builder.fcmp_ordered("<", x, y), VECTOR, VECTOR)
_register(operator.le, MASK, lambda builder, x, y: builder.fcmp_ordered("<=", x, y), VECTOR, VECTOR)
_register(operator.gt, MASK, lambda builder, x, y: builder.fcmp_ordered(">", x, y), VECTOR, VECTOR)
_register(operator.ge, MASK, lambda builder, x, y: builder.fcmp_ordered(">=", x, y), VECTOR, VECTOR)
_register(operator.eq, MASK, lambda builder, x, y: builder.fcmp_ordered("==", x, y), VECTOR, VECTOR)
_register(operator.ne, MASK, lambda builder, x, y: builder.fcmp_unordered("!=", x, y), VECTOR, VECTOR)
_register(operator.and_, MASK, lambda builder, x, y: builder.and_(x, y), MASK, MASK)
_register(operator.or_, MASK, lambda builder, x, y: builder.or_(x, y), MASK, MASK)
_register(operator.invert, MASK, lambda builder, x: builder.not_(x), MASK)
_register(operator.neg, VECTOR, lambda builder, x: builder.fneg(x), VECTOR)
_register(abs, VECTOR, lambda builder, x: _call(builder, f"llvm.fabs.v{N_TOGETHER}f64", FLOATS, x), VECTOR)


# ------------------------------------------------------------------------------------------ functions


def _function(uncompiled: Callable[..., Any], typed: Callable[..., Any]) -> Any:
    return uncompiled if CONFIG.DISABLE_JIT else intrinsic(typed)


def _of_vectors(n: int, result: types.Type, generate: Callable[..., Any]) -> Callable[..., Any]:
    """Give the typing of a function of n vectors, of which some may be numbers."""

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        given = (_as_vector(context, builder, *one) for one in zip(sig.args, args, strict=True))
        return generate(builder, *given)

    def of_one(_: Any, x: Any) -> Any:
        return result(x), lower

    def of_two(_: Any, x: Any, y: Any) -> Any:
        return result(x, y), lower

    def of_three(_: Any, x: Any, y: Any, z: Any) -> Any:
        return result(x, y, z), lower

    return (of_one, of_two, of_three)[n - 1]


def _rounding(name: str) -> Callable[..., Any]:
    return _of_vectors(1, VECTOR, lambda builder, x: _call(builder, f"llvm.{name}.v{N_TOGETHER}f64", FLOATS, x))


def _any(builder: Any, mask: Any) -> Any:
    bits = builder.bitcast(mask, ir.IntType(N_TOGETHER))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


# Take the first where the mask holds, else the second.
where_nb = _function(np.where, _of_vectors(3, VECTOR, lambda builder, mask, x, y: builder.select(mask, x, y)))
# The second where it is less, or more, than the first: as `min` and `max` of two numbers.
least_nb = _function(
    lambda x, y: np.where(y < x, y, x),
    _of_vectors(2, VECTOR, lambda builder, x, y: builder.select(builder.fcmp_ordered("<", y, x), y, x)),
)
most_nb = _function(
    lambda x, y: np.where(y > x, y, x),
    _of_vectors(2, VECTOR, lambda builder, x, y: builder.select(builder.fcmp_ordered(">", y, x), y, x)),
)
floor_nb = _function(np.floor, _rounding("floor"))
rint_nb = _function(np.rint, _rounding("rint"))
trunc_nb = _function(np.trunc, _rounding("trunc"))
sqrt_nb = _function(np.sqrt, _rounding("sqrt"))
spread_nb = _function(np.float64, _of_vectors(1, VECTOR, lambda _, x: x))
# Whether the mask holds anywhere.
any_nb = _function(np.any, _of_vectors(1, types.boolean, _any))


# ------------------------------------------------------------------------------------------ memory


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any, vector: Any) -> Any:
    at = builder.gep(context.make_array(kind)(context, builder, array).data, [place])
    return builder.bitcast(at, vector.as_pointer())


def _masked_load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    (kind, of_place, _), (array, place, there) = sig.args, args
    is_float = kind.dtype == types.float64
    vector, name = (FLOATS if is_float else INTEGERS), f"llvm.masked.load.v{N_TOGETHER}{'f' if is_float else 'i'}64.p0"
    at = _pointer(context, builder, kind, array, context.cast(builder, place, of_place, types.intp), vector)
    return _call(builder, name, vector, at, EIGHT_BYTES, there, ir.Constant(vector, None))


def _load(_: Any, array: Any, place: Any, there: Any) -> Any:
    return VECTOR(array, place, there), _masked_load


def _store(_: Any, array: Any, place: Any, there: Any, given: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (kind, of_place, _, of_given), (array, place, there, given) = sig.args, args
        at = _pointer(context, builder, kind, array, context.cast(builder, place, of_place, types.intp), FLOATS)
        given = _as_vector(context, builder, of_given, given)
        _call(builder, f"llvm.masked.store.v{N_TOGETHER}f64.p0", ir.VoidType(), given, at, EIGHT_BYTES, there)
        return context.get_dummy_value()

    return types.void(array, place, there, given), generate


def _is(_: Any, array: Any, place: Any, there: Any, code: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        found = _masked_load(context, builder, MASK(*sig.args[:-1]), args[:-1])
        wanted = _spread(builder, context.cast(builder, args[-1], sig.args[-1], types.int64), INTEGERS)
        return builder.icmp_signed("==", found, wanted)

    return MASK(array, place, there, code), generate


def _there(_: Any, n: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left = _spread(builder, context.cast(builder, args[0], sig.args[0], types.int64), INTEGERS)
        return builder.icmp_signed("<", ir.Constant(INTEGERS, list(range(N_TOGETHER))), left)

    return MASK(n), generate


def _load_uncompiled(array: Any, place: Any, there: Any) -> Any:
    return array.reshape(-1)[place : place + len(there)].copy()


def _store_uncompiled(array: Any, place: Any, there: Any, given: Any) -> None:
    array.reshape(-1)[place : place + len(there)][there] = np.broadcast_to(given, len(there))[there]


# Where lanes are, if n are left of a row: memory is touched nowhere else.
there_nb = _function(lambda n: np.full(min(n, N_TOGETHER), True), _there)
# Places count the numbers of an array, row after row: lane `at` of row i of (n, L) is at i * L + at. One product gives
# the place in all arrays of a shape; two indices are multiplied out array by array.
load_nb = _function(_load_uncompiled, _load)
store_nb = _function(_store_uncompiled, _store)
# Where an array of integers holds a code.
is_nb = _function(lambda array, place, there, code: _load_uncompiled(array, place, there) == code, _is)
