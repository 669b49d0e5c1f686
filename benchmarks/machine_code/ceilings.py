"""What one core of this machine can do: arithmetic, division, its clock, and bytes a second from each cache.

Arithmetic is written in LLVM's language, so that nothing is folded away and the instruction is the one meant: chains
that do not wait for each other, as many as hide the latency.
"""

import ctypes
import time
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
from llvmlite import binding as llvm
from numpy.typing import NDArray

from backtest.memory import aligned
from benchmarks.timing import median_of

CHAINS = {1: 12, 4: 12, 8: 20}  # by width: below the number of registers, above latency times throughput
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
STEPS, REPEATS = 30_000, 41  # a tenth of a millisecond each: most lie between two turns of the scheduler
MIB = 2**20


@dataclass(frozen=True)
class Ceilings:
    """What one core can do.

    Attributes
    ----------
    clock : float
        Cycles a second while it works.
    arithmetic : dict of str to float
        FLOP a second by what is done.
    divisions : dict of int to float
        Instructions a second that divide so many doubles at once.
    bandwidth : dict of str to float
        Bytes a second of a triad whose three arrays lie in a cache together, or in memory.
    caches : dict of str to int
        Bytes of each data cache.
    curve : list of (int, float)
        Bytes of the three arrays, and bytes a second.
    """

    clock: float
    arithmetic: dict[str, float]
    divisions: dict[int, float]
    bandwidth: dict[str, float]
    caches: dict[str, int]
    curve: list[tuple[int, float]]


def cache_sizes() -> dict[str, int]:
    """Give the bytes of the first core's data caches, by level.

    Returns
    -------
    dict of str to int
    """
    sizes = {}
    for folder in sorted(CACHES.glob("index*")):
        if (folder / "type").read_text().strip() != "Instruction":
            text = (folder / "size").read_text().strip()
            kibi = int(text.rstrip("K")) if text.endswith("K") else 1024 * int(text.rstrip("M"))
            sizes[f"L{(folder / 'level').read_text().strip()}"] = kibi * 1024
    return sizes or {"L1": 32 * 1024, "L2": MIB, "L3": 32 * MIB}


def loop_of(operations: tuple[str, ...], width: int) -> str:
    """Write a loop of chains that do one operation each and do not wait for each other.

    Parameters
    ----------
    operations : tuple of str
        Chains take them in turn: fma, fadd, fmul, fdiv, or add of integers.
    width : int
        Doubles of a vector; 1: no vector.

    Returns
    -------
    str
        LLVM's text, of a function `loop` of the number of steps and of the number that chains begin with.
    """
    is_whole = operations == ("add",)
    element = "i64" if is_whole else "double"
    kind, count = (element if width == 1 else f"<{width} x {element}>"), 1 if is_whole else CHAINS[width]
    fma = f"llvm.fma.{'f64' if width == 1 else f'v{width}f64'}"
    spread = "  %y = fptosi double %x to i64\n" if is_whole else ""
    begun = "%y" if is_whole else "%x"
    if width > 1:
        spread += f"  %one = insertelement {kind} undef, {element} {begun}, i32 0\n"
        spread += f"  %all = shufflevector {kind} %one, {kind} undef, <{width} x i32> zeroinitializer\n"
        begun = "%all"
    lines = [f"declare {kind} @{fma}({kind}, {kind}, {kind})"] if "fma" in operations else []
    lines += [f"define double @loop(i64 %n, double %x) {{\nentry:\n{spread}  br label %body\nbody:"]
    lines += ["  %i = phi i64 [0, %entry], [%next, %body]"]
    lines += [f"  %a{k} = phi {kind} [{begun}, %entry], [%b{k}, %body]" for k in range(count)]
    for k in range(count):
        name = operations[k % len(operations)]
        if name == "fma":
            lines += [f"  %b{k} = call {kind} @{fma}({kind} %a{k}, {kind} {begun}, {kind} {begun})"]
        elif is_whole:  # eight in a row, each waiting for the one before: a cycle each
            steps = [f"%a{k}", *(f"%s{step}" for step in range(7)), f"%b{k}"]
            for step, (at, to) in enumerate(pairwise(steps)):
                lines += [f"  {to} = {'xor' if step % 2 else 'add'} i64 {at}, %i"]
        else:
            lines += [f"  %b{k} = {name} {kind} %a{k}, {begun}"]
    lines += ["  %next = add i64 %i, 1\n  %ends = icmp eq i64 %next, %n\n  br i1 %ends, label %out, label %body\nout:"]
    last = "%b0"
    for k in range(1, count):
        lines += [f"  %c{k} = fadd {kind} {last}, %b{k}"]
        last = f"%c{k}"
    if is_whole:
        lines += ["  %r = sitofp i64 %b0 to double"]
    else:
        lines += [f"  %r = extractelement {kind} {last}, i32 0" if width > 1 else f"  %r = fadd double {last}, 0.0"]
    return "\n".join([*lines, "  ret double %r\n}\n"])


def steps_a_second(operations: tuple[str, ...], width: int) -> float:
    """Run such a loop; give operations of it a second, of whole vectors.

    Parameters
    ----------
    operations : tuple of str
    width : int

    Returns
    -------
    float
    """
    target = llvm.Target.from_triple(llvm.get_process_triple())
    features = llvm.get_host_cpu_features().flatten()
    tuned = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=2)
    module = llvm.parse_assembly(loop_of(operations, width))
    engine = llvm.create_mcjit_compiler(module, tuned)
    engine.finalize_object()
    loop = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_double)(engine.get_function_address("loop"))
    seconds = median_of(lambda: loop(STEPS, 1.0), REPEATS)
    return STEPS * (8 if operations == ("add",) else CHAINS[width]) / seconds


@numba.njit(error_model="numpy")
def triad_nb(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], factor: float, times: int) -> None:
    """Add a multiple of an array to another, so many times."""
    for _ in range(times):
        for i in range(a.shape[0]):
            a[i] = b[i] + factor * c[i]


def triad(n_bytes: int) -> float:
    """Give the bytes a second of a triad, each of its three arrays counted once.

    Parameters
    ----------
    n_bytes : int
        Of all three together.

    Returns
    -------
    float
    """
    n = max(n_bytes // 24 // 8 * 8, 8)
    # Arrays begin with a cache line, at different places of their pages: else reads would wait for writes.
    apart = n + -n % 512 + 64
    room = aligned((3 * apart,))
    room[:] = 1.0
    a, b, c = (room[k * apart :][:n] for k in range(3))
    times = max(1, MIB // (24 * n))
    return times * 24 * n / median_of(lambda: triad_nb(a, b, c, 0.5, times), REPEATS if n_bytes < 16 * MIB else 5)


def bandwidths(curve: list[tuple[int, float]], sizes: dict[str, int]) -> dict[str, float]:
    """Read the bandwidth of each level off a curve: the highest among sizes that lie well within it.

    Parameters
    ----------
    curve : list of (int, float)
        Bytes, and bytes a second.
    sizes : dict of str to int
        Bytes of each cache, the nearest first.

    Returns
    -------
    dict of str to float
        Of each cache that some size lies in, and of memory.

    Examples
    --------
    >>> bandwidths([(10, 9.0), (20, 8.0), (60, 5.0), (500, 1.0)], {"L1": 30, "L2": 100})
    {'L1': 9.0, 'L2': 5.0, 'memory': 1.0}
    """
    found, inner = {}, 0
    for name, outer in (sizes | {"memory": 10**15}).items():
        # Others share the last cache, and replacement is not perfect: a level ends before its size.
        rates = [rate for size, rate in curve if 1.5 * inner < size < 0.8 * outer]
        if rates:
            found[name] = max(rates)
        inner = outer
    return found


@cache
def measure() -> Ceilings:
    """Measure all of it, on one thread.

    Returns
    -------
    Ceilings
    """
    _warm_up()
    widest = 8 if llvm.get_host_cpu_features().get("avx512f") else 4
    mixed = ("fmul", "fadd")
    arithmetic = {
        f"fused, {widest} at once": 2 * widest * steps_a_second(("fma",), widest),
        f"multiplications and additions, {widest} at once": widest * steps_a_second(mixed, widest),
        "multiplications and additions, 4 at once": 4 * steps_a_second(mixed, 4),
        "multiplications and additions, one by one": steps_a_second(mixed, 1),
    }
    sizes = cache_sizes()
    steps = np.geomspace(6 * 1024, 4 * max(sizes.values()), 40).astype(int).tolist()
    curve = [(size, triad(size)) for size in steps]
    return Ceilings(
        clock=steps_a_second(("add",), 1),
        arithmetic=arithmetic,
        divisions={width: steps_a_second(("fdiv",), width) for width in (1, 4)},
        bandwidth=bandwidths(curve, sizes),
        caches=sizes,
        curve=curve,
    )


def _warm_up() -> None:
    """Let the core reach its clock."""
    until = time.perf_counter() + 0.3
    while time.perf_counter() < until:
        triad_nb(*(np.ones(1024) for _ in range(3)), 0.5, 100)


def main() -> None:
    """Print."""
    found = measure()
    print(
        f"clock {found.clock / 1e9:.2f} GHz; caches " + ", ".join(f"{k} {v // 1024} K" for k, v in found.caches.items())
    )
    for name, flops in found.arithmetic.items():
        print(f"  {name:44s}{flops / 1e9:9.1f} GFLOP/s {flops / found.clock:6.1f} a cycle")
    for width, rate in found.divisions.items():
        print(f"  {f'divisions, {width} at once':44s}{rate / 1e9:9.2f} G/s     {found.clock / rate:6.1f} cycles each")
    for name, rate in found.bandwidth.items():
        print(f"  {f'triad in {name}':44s}{rate / 1e9:9.1f} GB/s    {rate / found.clock:6.1f} bytes a cycle")
    print("  " + ", ".join(f"{size // 1024}K {rate / 1e9:.0f}" for size, rate in found.curve))


if __name__ == "__main__":
    main()
