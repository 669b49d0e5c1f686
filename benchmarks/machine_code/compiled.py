"""The compiled object of a kernel, and where it lies in this process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from numba.core.codegen import CodeLibrary

OBJECT, REPORT = "kernel.o", "report.json"


@contextmanager
def objects_noted() -> Iterator[dict[str, bytes]]:
    """Keep the compiled objects that come from numba's cache: it hands them to LLVM, and forgets them.

    Yields
    ------
    dict of str to bytes
        By name of the library.
    """
    objects: dict[str, bytes] = {}
    keep = CodeLibrary._set_compiled_object  # noqa: SLF001 - the one place that all of them pass

    def noted(library: Any, compiled: bytes) -> None:
        objects[library.name] = compiled
        keep(library, compiled)

    with patch.object(CodeLibrary, "_set_compiled_object", noted):
        yield objects


def write_report(kernel: Any, objects: dict[str, bytes], folder: Path, **told: object) -> None:
    """Write down the object of a kernel, and a report that says where it lies.

    Parameters
    ----------
    kernel : dispatcher
        Called with one set of types.
    objects : dict of str to bytes
        See `objects_noted`.
    folder : Path
        For `OBJECT` and `REPORT`.
    **told : object
        More of the report.
    """
    if len(kernel.overloads) != 1:
        raise SystemExit(f"{kernel.__name__} was called with {len(kernel.overloads)} sets of types, and one is meant")
    (overload,) = kernel.overloads.values()
    library, symbol = overload.library, overload.fndesc.mangled_name
    if library.name not in objects:
        raise SystemExit(f"{kernel.__name__} was compiled just now, and its object is not kept: run this again")
    (folder / OBJECT).write_bytes(objects[library.name])
    report = told | {"symbol": symbol, "address": library.get_pointer_to_function(symbol)}
    (folder / REPORT).write_text(json.dumps(report), encoding="utf-8")
