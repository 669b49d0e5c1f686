"""A named tuple by reference: how kernels hand the ledger to each other.

numba passes a tuple by value, each array as seven numbers: a call with the whole ledger would take a thousand
arguments. A reference is one pointer to the tuple, which stays where it is; kernels read its fields by name, those of a
tuple within it too. It is good as long as the kernel that made it runs.
"""

import hashlib
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, register_model

from data.jit import CONFIG


class Reference(types.Type):
    """The type of a pointer to a named tuple.

    Attributes
    ----------
    to : NamedTuple type
    one_lane : bool
        The last axis of every array of two axes and more has length 1, and the compiler may know it: lane by lane
        loops become loops over names, through memory without gaps.
    """

    def __init__(self, to: Any, *, one_lane: bool) -> None:
        self.to, self.one_lane = to, one_lane
        # The name goes into that of every function compiled for it: a digest keeps them short.
        digest = hashlib.sha256(f"{to.name}{one_lane}".encode()).hexdigest()[:16]
        super().__init__(name=f"{to.instance_class.__name__}Reference_{digest}")


@register_model(Reference)
class _ReferenceModel(models.OpaqueModel):
    """An untyped pointer, as far as LLVM is concerned."""


@infer_getattr
class _Fields(AttributeTemplate):
    key = Reference

    def generic_resolve(self, reference: Any, name: str) -> Any:  # type: ignore[override]
        to = reference.to
        if name not in to.fields:
            return None
        kind = to.types[to.fields.index(name)]
        return Reference(kind, one_lane=False) if isinstance(kind, types.NamedTuple) else kind


@lower_getattr_generic(Reference)
def _read_field(context: Any, builder: Any, reference: Any, pointer: Any, name: str) -> Any:
    to = reference.to
    position = to.fields.index(name)
    typed = builder.bitcast(pointer, context.get_value_type(to).as_pointer())
    field = cgutils.gep_inbounds(builder, typed, 0, position)
    kind = to.types[position]
    if isinstance(kind, types.NamedTuple):
        return builder.bitcast(field, cgutils.voidptr_t)
    value = builder.load(field)
    if reference.one_lane and isinstance(kind, types.Array) and kind.ndim > 1:
        array = context.make_array(kind)(context, builder, value)
        lengths = cgutils.unpack_tuple(builder, array.shape, kind.ndim)
        lengths[-1] = context.get_constant(types.intp, 1)
        array.shape = cgutils.pack_array(builder, lengths)
        value = array._getvalue()  # noqa: SLF001 - numba's name for it
    return impl_ret_borrowed(context, builder, kind, value)


@intrinsic
def _refer(_: Any, to: Any, lanes: Any) -> Any:
    def generate(__: Any, builder: Any, ___: Any, arguments: Any) -> Any:
        kept = cgutils.alloca_once_value(builder, arguments[0])
        return builder.bitcast(kept, cgutils.voidptr_t)

    one_lane = isinstance(lanes, types.UniTuple) and lanes.count == 1
    return Reference(to, one_lane=one_lane)(to, lanes), generate


# Refers to a tuple kept in the frame of the kernel that calls it: no use of the reference may outlive that call. The
# lanes of a run say whether there is a single one. Uncompiled, everything is a reference.
refer_nb: Any = (lambda kept, _: kept) if CONFIG.DISABLE_JIT else _refer
