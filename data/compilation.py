"""numba compiles in two thirds of its time: what changes nothing about the code that comes of it is left out.

A sweep's kernel holds a hundred and fifty functions. For each call in each of them numba compares all its settings with
those of the calls before, by building two dictionaries; and it makes millions of objects that live to the end, which
Python's collector of cycles goes through again and again.
"""

import gc
from functools import cache
from typing import Any

from data import numba_imports  # noqa: F401 - before numba

# isort: split
from numba.core import event
from numba.core.targetconfig import TargetConfig


def same_settings(one: Any, other: Any) -> Any:
    """Say whether two sets of numba's settings are the same, those that are not set taken at their defaults.

    Parameters
    ----------
    one : TargetConfig
    other : object
        Of another class: left to numba's own comparison.

    Returns
    -------
    bool or NotImplemented
    """
    if type(one) is not type(other):
        return AS_NUMBA_DOES(one, other)
    mine, theirs, options = one._values, other._values, one.options  # noqa: SLF001 - its getters are what takes the time
    return mine == theirs or all(
        mine.get(name, options[name].default) == theirs.get(name, options[name].default)
        for name in mine.keys() | theirs.keys()
    )


@cache
def hash_of(settings: type[Any]) -> int:
    """Hash any settings of a class as numba does: by their names, which are those of the class.

    Parameters
    ----------
    settings : type
        A subclass of TargetConfig.

    Returns
    -------
    int
    """
    return hash(tuple(sorted(settings.options)))


class LeaveCycles(event.Listener):
    """No cycles are collected while a kernel is compiled: a few hundred megabytes of objects, nearly all in use."""

    def __init__(self) -> None:
        self._n_inside = 0  # a kernel's parts are compiled within it; numba lets one thread compile at a time
        self._was_enabled = False

    def on_start(self, event: object) -> None:  # noqa: ARG002 - as numba calls it
        """Begin to compile."""
        if not self._n_inside:
            self._was_enabled = gc.isenabled()
            gc.disable()
        self._n_inside += 1

    def on_end(self, event: object) -> None:  # noqa: ARG002 - as numba calls it
        """Go on as before, whether it could be compiled or not."""
        self._n_inside -= 1
        if not self._n_inside and self._was_enabled:
            gc.enable()


NUMBAS: Any = TargetConfig
AS_NUMBA_DOES = NUMBAS.__eq__
NUMBAS.__eq__ = same_settings
NUMBAS.__hash__ = lambda self: hash_of(self.__class__)
event.register("numba:compile", LeaveCycles())  # type: ignore[no-untyped-call]  # numba has no types
