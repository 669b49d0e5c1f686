"""The ledger's named tuples by reference: what kernels hand to each other.

numba passes a tuple by value, each array as seven numbers: a call with the whole ledger takes a thousand arguments, a
second of compiling at every place that makes it, and most of the time of a short run. A reference is one pointer.
Kernels read it as they read the tuple; inside a loop they unpack its arrays first, since every look costs.
"""

from collections.abc import Callable
from typing import Any

from numba import types
from numba.experimental import structref

from backtest.kernels import state
from data.jit import CONFIG, kernel


def _by_reference(tuple_type: Any) -> Callable[..., Any]:
    """Make a reference type with the fields of a named tuple, and give its constructor."""
    if CONFIG.DISABLE_JIT:
        constructor: Callable[..., Any] = tuple_type  # in plain Python everything is a reference
        return constructor
    name = tuple_type.__name__ + "Type"

    def without_literals(_: Any, fields: Any) -> Any:
        return tuple((field, types.unliteral(kind)) for field, kind in fields)

    # The cache of kernels finds the type by its name in this file.
    reference = type(name, (types.StructRef,), {"preprocess_fields": without_literals, "__module__": __name__})
    globals()[name] = reference
    structref.register(reference)
    proxy = type(tuple_type.__name__, (structref.StructRefProxy,), {"__module__": __name__})
    structref.define_proxy(proxy, reference, list(tuple_type._fields))
    return proxy


TimelineRef = _by_reference(state.Timeline)
ActionsRef = _by_reference(state.Actions)
WorldRef = _by_reference(state.World)
RulesRef = _by_reference(state.Rules)
BookRef = _by_reference(state.Book)
ScratchRef = _by_reference(state.Scratch)
JournalRef = _by_reference(state.Journal)
RecordRef = _by_reference(state.Record)


@kernel
def refer_world_nb(world):
    """Take a world, and the tuples in it, by reference.

    Parameters
    ----------
    world : World

    Returns
    -------
    reference to World
    """
    # The fee table stays a tuple: it is three arrays, read in the innermost loop.
    return WorldRef(*world[:20], ActionsRef(*world.actions))
