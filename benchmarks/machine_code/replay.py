"""Run a recorded call in a process that does nothing else, natively or under valgrind.

Run as `python -m benchmarks.machine_code.replay CALL FOLDER N`: it loads the compiled kernel from the cache, calls it
once to warm up and N times to be counted or timed, each with arguments laid out anew, and writes to the folder the
compiled object and a report.
Of Eastbound only kernels are imported: faces of earlier commits bring in pandas, a minute under valgrind.
"""

import ctypes
import mmap
import platform
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

PACKAGES = ("data", "strategies", "backtest")
# valgrind.h and callgrind.h of valgrind 3.19: requests are numbers, 'C' and 'T' name the tool.
RUNNING_ON_VALGRIND = 0x1001
START_INSTRUMENTATION, STOP_INSTRUMENTATION = 0x43540004, 0x43540005
# mov %rdi,%rax; xor %edx,%edx; valgrind's magic: rol $3, $13, $61, $51 of %rdi; xchg %rbx,%rbx; mov %rdx,%rax; ret.
REQUEST = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")


def open_packages() -> None:
    """Let modules of Eastbound be imported without running the faces of their packages."""
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is None:
            raise SystemExit(f"{name} cannot be found: run from the root of a checkout")
        sys.modules[name] = module_from_spec(spec)


def requests() -> Callable[[int], int]:
    """Make the function that asks valgrind for something; natively it gives 0.

    Returns
    -------
    callable
        Of the number of a request.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        raise SystemExit(f"valgrind is asked in instructions of x86-64, and this is {platform.machine()}")
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(REQUEST)
    held = ctypes.c_char.from_buffer(page)
    call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(held))

    def ask(number: int, _: Any = held) -> int:
        words = (ctypes.c_uint64 * 6)(number)  # the request and its five arguments
        return int(call(ctypes.addressof(words)))

    return ask


def main() -> None:
    """Load, call, call again, report."""
    open_packages()
    from benchmarks.machine_code.compiled import objects_noted, write_report
    from benchmarks.machine_code.recorded import RecordedCall, digest_of

    source, folder, n_calls = RecordedCall.read(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
    ask = requests()
    is_counted = ask(RUNNING_ON_VALGRIND) > 0
    kernel, arguments = source.function(), source.arguments()
    with objects_noted() as objects:
        kernel(*arguments)
    if kernel.stats.cache_misses:
        raise SystemExit(f"{source.kernel} was compiled anew: the cache was made for another target or source")
    result, seconds = None, []
    for _ in range(n_calls):
        arguments = source.arguments()
        if is_counted:
            ask(START_INSTRUMENTATION)
        begun = time.thread_time()  # of this thread alone: what else runs is not in it
        result = kernel(*arguments)
        seconds.append(time.thread_time() - begun)
        if is_counted:
            ask(STOP_INSTRUMENTATION)
    write_report(
        kernel, objects, folder, digest=digest_of(arguments, result), seconds=seconds, nbytes=source.nbytes,
        is_counted=is_counted,
    )  # fmt: skip


if __name__ == "__main__":
    main()
