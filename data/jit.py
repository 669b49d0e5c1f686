"""The one kernel decorator, and where compiled kernels are kept.

numba's disk cache sees edits of a function's own file only: a kernel that calls a kernel in another
file would run the old code after an edit there. The cache folder is therefore named by a hash of all
kernel sources: any edit gives a new folder, and everything is compiled anew.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from data import compilation, numba_imports  # noqa: F401 - before numba

# isort: split
import numba
from numba.core import config as numba_config

from data.kernels.parts import DensePartCompiler, Part, PartCompiler
from data.storage import caches

Function = TypeVar("Function", bound=Callable[..., Any])

ROOT = Path(__file__).resolve().parent.parent
CONFIG = cast("Any", numba_config)  # sets its names at run time
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}


def kernel_sources(root: Path = ROOT) -> list[Path]:
    """List the files that hold kernels, in a fixed order.

    Parameters
    ----------
    root : Path
        Folder that holds the packages.

    Returns
    -------
    list of Path
        This file, `kernels.py` files and the files of `kernels` folders, sorted.
    """
    found = [root / "data" / "jit.py"]
    for package in ("data", "strategies", "backtest"):
        found += (root / package).glob("**/kernels.py")
        found += (root / package).glob("**/kernels/*.py")
    return sorted(found)


@cache
def cache_folder() -> Path:
    """Return the folder for compiled kernels, made if need be.

    Returns
    -------
    Path
        Named by the hash of the kernel sources; see `data.storage.caches.cache_folder` for where.
    """
    digest = hashlib.sha256()
    for path in kernel_sources():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return caches.cache_folder(f"kernels-{digest.hexdigest()[:20]}")


def kernel(function: Function) -> Function:
    """Compile a kernel: cached, without the GIL, IEEE arithmetic in the written order.

    Parameters
    ----------
    function : callable
        A pure function of arrays, numbers and named tuples of them, that allocates nothing and returns numbers alone: a
        part of an array would come back as the whole of it.

    Returns
    -------
    callable
        The compiled function; `.py_func` is the original.

    Notes
    -----
    No fastmath in any form: the order of operations makes a lane's bytes independent of the width of its
    block, the thread and the processor. Kernels keep no count of references to arrays, which costs more than most of
    what they do: so the caller allocates, and holds on to what it hands over.
    """
    # The cache folder is set for this moment only: other libraries' compiled functions stay where they are.
    before = CONFIG.CACHE_DIR
    CONFIG.CACHE_DIR = str(cache_folder())
    try:
        compiled = cast("Any", numba.njit)(cache=True, **OPTIONS)(function)
    finally:
        CONFIG.CACHE_DIR = before
    return cast("Function", compiled)


def part(function: Function) -> Function:
    """Compile a function into the kernels that call it, and only there; LLVM decides whether to inline it.

    Parameters
    ----------
    function : callable
        As for `kernel`, but never called by Python.

    Returns
    -------
    callable
        For kernels; `.py_func` is the original.
    """
    return _compile_part(function)


def leaf(function: Function) -> Function:
    """Compile a part that is inlined: a small one, or one with a single caller.

    Parameters
    ----------
    function : callable
        As for `part`.

    Returns
    -------
    callable
    """
    return _compile_part(function, forceinline=True)


def dense(function: Function) -> Function:
    """Compile a leaf whose arrays do not overlap: the compiler takes its loops whole vectors at a time.

    Without that promise it would have to compare the addresses of all arrays before each loop, and gives up above a
    few of them.

    Parameters
    ----------
    function : callable
        As for `part`; no array that it writes shares memory with another argument.

    Returns
    -------
    callable
    """
    compiled: Any = _compile_part(function, compiler=DensePartCompiler, forceinline=True)
    if not CONFIG.DISABLE_JIT:
        compiled._compiler._customize_flags = _promise_no_overlap  # noqa: SLF001 - numba has the flag, and no option
    return cast("Function", compiled)


def _promise_no_overlap(flags: Any) -> Any:
    flags.noalias = True
    return flags


def _compile_part(
    function: Function, *, compiler: type[PartCompiler] = PartCompiler, forceinline: bool = False
) -> Function:
    if CONFIG.DISABLE_JIT:
        return function
    options = OPTIONS | {"nopython": True, "boundscheck": None, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    options |= {"forceinline": forceinline}
    return cast("Function", Part(function, targetoptions=options, pipeline_class=compiler))
