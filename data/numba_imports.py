"""numba, imported without the libraries that it names at once and that no kernel of ours uses.

They take as long as numba itself. Import numba's parts after this module.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# Settings in a file, C declarations (cffi names it), calls of BLAS.
NAMED_ONLY = ("yaml", "pycparser", "scipy.linalg.cython_blas")
# Whoever measures coverage of compiled lines (numba's own option) has imported it before.
USED_IF_THERE = ("coverage",)
NAMED_BY = ("numba", "numba.core.typing.cffi_utils", "numba.np.arraymath")


class StandIn(ModuleType):
    """A library that is imported when something of it is first used."""

    def __getattr__(self, name: str) -> Any:
        """Look it up in the library."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def standing_in(late: tuple[str, ...], never: tuple[str, ...]) -> Iterator[None]:
    """Keep libraries from being imported for a while; one that was imported before, or is not installed, is left alone.

    Parameters
    ----------
    late : tuple of str
        Who imports one of these now gets it when something of it is used; who does so afterwards, the library itself.
    never : tuple of str
        For who imports one of these now it is not installed.
    """
    modules: dict[str, Any] = sys.modules
    stand_ins: dict[str, StandIn | None] = {name: None for name in never if name not in modules}
    for name in late:
        package = name.partition(".")[0]
        if name not in modules and (package in modules or find_spec(package)):
            stand_ins[name] = StandIn(name)
    modules |= stand_ins
    try:
        yield
    finally:
        for name, one in stand_ins.items():
            if name in modules and modules[name] is one:
                del modules[name]


with standing_in(NAMED_ONLY, USED_IF_THERE):
    for module in NAMED_BY:
        import_module(module)
