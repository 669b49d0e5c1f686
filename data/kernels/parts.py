"""Parts of kernels: functions that are compiled into their callers and never run by themselves.

numba compiles every function as if Python were to call it: machine code and two wrappers that unpack arguments, once
for the function and once more in each kernel around it, level by level. A part is typed and turned into LLVM's
language, and that is all; the kernel it is linked into is optimised and becomes machine code once.
"""

from typing import Any

from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher


class _NoEnvironment:
    """Stands where numba would fill in the address of a function's Python objects: parts have none, nor an address."""

    def set_env(self, _name: str, _env: object, /) -> None:
        """Leave it out."""


class PartLibrary(JITCodeLibrary):
    """Code in LLVM's language, to be linked into others."""

    @property
    def codegen(self) -> Any:
        """What would make machine code of it."""
        return _NoEnvironment()

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002 - as numba calls it
        """Tell that there is no machine code."""
        self._ensure_finalized()
        return 0

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class RawPartLibrary(PartLibrary):
    """The same, left to the optimiser of its callers."""

    def _optimize_final_module(self) -> None:
        pass


class PartCompiler(Compiler):
    """numba's compiler, which ends before machine code."""

    library: type[PartLibrary] = RawPartLibrary

    def define_pipelines(self) -> Any:
        """Let the usual passes write into a library of parts."""
        self.state.library = self.library(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()


class DensePartCompiler(PartCompiler):
    """Optimises a part by itself too: what its arguments promise is forgotten once it stands in a caller."""

    library = PartLibrary


class Part(CPUDispatcher):
    """A function for kernels alone.

    Whole numbers given as constants are taken for any: LLVM puts the constant in, and one typing serves all.
    """

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Find the function for a call in a kernel."""
        widened = [types.unliteral(one) if isinstance(one, types.IntegerLiteral) else one for one in args]
        return super().get_call_template(tuple(widened), kws)

    def add_overload(self, cres: Any) -> None:
        """Keep a compiled function from calls by Python: there is nothing to be called."""
        self.overloads[tuple(cres.signature.args)] = cres

    def _compile_for_args(self, *_args: object, **_kws: object) -> Any:
        name = self.py_func.__name__
        raise TypeError(f"{name} is compiled into kernels alone; Python can call {name}.py_func.")
