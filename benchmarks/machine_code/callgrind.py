"""Running a process under callgrind, and reading what it has counted, instruction by instruction."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

UNKNOWN = "???"  # callgrind's name for code that belongs to no file: that of a compiler in the process
COST = re.compile(r"(0x[0-9a-f]+) \d+ (\d+)$")  # positions `instr line`, then the count
OPTIONS = ("--instr-atstart=no", "--dump-instr=yes", "--compress-pos=no", "--compress-strings=no")


class CallOut(NamedTuple):
    """Calls that code of no file has made, from one place, of a function of a library.

    Attributes
    ----------
    address : int
        Of the instruction that calls.
    name : str
    calls, instructions : int
        How many, and what was executed in them and below.
    """

    address: int
    name: str
    calls: int
    instructions: int


@dataclass(frozen=True)
class Executed:
    """What callgrind has counted of code that belongs to no file.

    Attributes
    ----------
    times : Counter of int
        How often each instruction was executed, by its address.
    calls_out : list of CallOut
        Of functions of libraries.
    """

    times: Counter[int] = field(default_factory=Counter)
    calls_out: list[CallOut] = field(default_factory=list)


def is_installed() -> bool:
    """Say whether valgrind can be run."""
    return shutil.which("valgrind") is not None


def version() -> str:
    """Name the version of valgrind."""
    return subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def read_counts(lines: Iterable[str]) -> Executed:
    """Read a profile written with `OPTIONS`.

    Parameters
    ----------
    lines : iterable of str

    Returns
    -------
    Executed

    References
    ----------
    .. [1] Valgrind manual, "Callgrind Format Specification", https://valgrind.org/docs/manual/cl-format.html
    """
    executed = Executed()
    of, callee_of, callee, n_calls = "", "", "", 0
    for line in lines:
        key, is_named, name = line.rstrip("\n").partition("=")
        if is_named and key == "ob":
            of = name
        elif is_named and key == "fn":
            callee_of = of
        elif is_named and key == "cob":
            callee_of = name
        elif is_named and key == "cfn":
            callee = name
        elif is_named and key == "calls":
            n_calls = int(name.split()[0])
        elif found := COST.match(line):
            address, count = int(found[1], 16), int(found[2])
            if n_calls == 0:
                if of == UNKNOWN:
                    executed.times[address] += count
            elif of == UNKNOWN and callee_of != UNKNOWN:
                executed.calls_out.append(CallOut(address, callee, n_calls, count))
            if n_calls:  # the line after a call is what it cost, callees included
                n_calls, callee_of = 0, of
    return executed


def count(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Executed:
    """Run a command that asks for being counted itself.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str
    folder : Path
        For the profile.

    Returns
    -------
    Executed
    """
    profile = folder / "callgrind.out"
    full = ["valgrind", "--tool=callgrind", *OPTIONS, f"--callgrind-out-file={profile}", *command]
    ran = subprocess.run(full, env=dict(environment), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(full)} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    with profile.open(encoding="utf-8") as lines:
        return read_counts(lines)
