"""The faces of the packages: names that are imported when they are first asked for.

Whoever types `eastbound --help` waits for no library that the command does not need.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

WHOLE = "*"


class LazyFace(ModuleType):
    """A package that imports what it offers at the first use.

    Some names of a face are names of files too: `data.load` is the function, not the file that defines it. Import
    binds a file to its package as soon as somebody else imports it; here such a name stays free for what the face
    offers.
    """

    __homes__: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        """Import a name of the face."""
        module, _, attribute = self.__dict__.get("__homes__", {}).get(name, "").partition(":")
        if not module:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        home = import_module(module)
        found = home if attribute == WHOLE else getattr(home, attribute or name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: object) -> None:
        """Bind a name, unless import would bind a file to one that the face offers."""
        if not (name in self.__homes__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """List what is bound and what is on offer."""
        return sorted({*super().__dir__(), *self.__homes__})


def offer(package: str, homes: Mapping[str, str]) -> None:
    """Let a package offer names without importing them.

    Parameters
    ----------
    package : str
        `__name__` of the package that calls.
    homes : mapping of str to str
        By name, the module that defines it; "module:attribute" where it is called otherwise there, "module:*" for the
        module itself. The same as the imports for type checkers beside it.
    """
    face = sys.modules[package]
    face.__dict__["__homes__"] = dict(homes)
    face.__class__ = LazyFace
