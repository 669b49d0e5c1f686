"""Compiled objects, read by objdump: what each instruction computes and moves."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# What FP_ARITH_INST_RETIRED counts: a fused operation as two; division, root, least and greatest as one; no
# comparison, conversion, rounding or blend.
ARITHMETIC = re.compile(r"v?(?:add|sub|mul|div|sqrt|min|max)([sp])([sd])$")
FUSED = re.compile(r"vfn?m(?:add|sub|addsub|subadd)(?:132|213|231)([sp])([sd])$")
ELEMENT = {"s": 4, "d": 8}
REGISTER = re.compile(r"\b([xyz])mm\d+")
REGISTER_BYTES = {"x": 16, "y": 32, "z": 64}
OPERAND = re.compile(r"\b(BYTE|WORD|DWORD|FWORD|QWORD|TBYTE|XMMWORD|YMMWORD|ZMMWORD) (?:PTR|BCST)")
OPERAND_BYTES = {
    "BYTE": 1, "WORD": 2, "DWORD": 4, "FWORD": 6, "QWORD": 8, "TBYTE": 10, "XMMWORD": 16, "YMMWORD": 32, "ZMMWORD": 64,
}  # fmt: skip
GATHER = re.compile(r"vp?gather")
OPTIONS = ["-d", "-M", "intel", "--no-show-raw-insn", "-w"]
WRAPPERS = ("_ZN7cpython", "cfunc.")  # what numba puts around a kernel, for Python and for C
NO_ACCESS = re.compile(r"(?:lea|nop|data16|cs|prefetch\w*|endbr64)$")
STACK = {"push": "store", "call": "store", "pop": "load", "ret": "load"}
ONLY_READ = re.compile(r"(?:cmp|test|bt|v?u?comis[sd]|vptest|vtestp[sd]|i?mul|i?div|j\w+|call|push)$")
IN_PLACE = re.compile(r"(?:add|sub|adc|sbb|and|or|xor|inc|dec|neg|not|sh[lr]|sa[lr]|ro[lr]|bt[src]|xchg|xadd|cmpxchg)$")
PREFIXES = re.compile(r"^(?:(?:lock|rep|repz|repnz|bnd|notrack|data16|cs|ds|es|rex(?:\.\w+)?)\s+)+")
SYMBOL = re.compile(r"([0-9a-f]+) <(.+)>:$")
LINE = re.compile(r"(\S.*):(\d+)(?: \(discriminator \d+\))?$")
CODE = re.compile(r"\s+([0-9a-f]+):\t(\S.*)$")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a compiled object.

    Attributes
    ----------
    offset : int
        From the beginning of the object's code.
    text : str
        In Intel's syntax.
    symbol : str
        The function it lies in.
    source : (str, int)
        File and line that it was compiled from; empty and 0 where nothing is known.
    """

    offset: int
    text: str
    symbol: str = ""
    source: tuple[str, int] = ("", 0)

    @property
    def mnemonic(self) -> str:
        """Its name, without prefixes."""
        return PREFIXES.sub("", self.text).split(maxsplit=1)[0]

    @property
    def operands(self) -> str:
        """What follows the name."""
        return PREFIXES.sub("", self.text).partition(" ")[2].strip().split("#")[0]

    @property
    def is_wrapper(self) -> bool:
        """Whether it unpacks what Python hands over, and is not of a kernel."""
        return self.symbol.startswith(WRAPPERS)

    @property
    def flop(self) -> int:
        """Floating-point operations; of masked lanes too."""
        fused = FUSED.match(self.mnemonic)
        found = fused or ARITHMETIC.match(self.mnemonic)
        if found is None:
            return 0
        width = REGISTER_BYTES[REGISTER.findall(self.operands)[0]] // ELEMENT[found[2]] if found[1] == "p" else 1
        return 2 * width if fused else width

    @property
    def is_division(self) -> bool:
        """Whether it divides or takes roots, which no core does every cycle."""
        return self.flop > 0 and self.mnemonic.lstrip("v").startswith(("div", "sqrt"))

    @property
    def loaded(self) -> int:
        """Bytes read, from wherever memory is near."""
        name, operands = self.mnemonic, self.operands
        taken = 8 if STACK.get(name) == "load" else 0
        size = self._memory()
        if size == 0:
            return taken
        if GATHER.match(name):
            return REGISTER_BYTES[REGISTER.findall(operands)[0]]
        is_first = OPERAND.match(operands) is not None
        reads = not is_first or ONLY_READ.match(name) or IN_PLACE.match(name)
        return taken + (size if reads else 0)

    @property
    def stored(self) -> int:
        """Bytes written."""
        name = self.mnemonic
        put = 8 if STACK.get(name) == "store" else 0
        writes = OPERAND.match(self.operands) is not None and not ONLY_READ.match(name) and name != "pop"
        return put + (self._memory() if writes else 0)

    def _memory(self) -> int:
        if NO_ACCESS.match(self.mnemonic):
            return 0
        found = OPERAND.search(self.operands)
        return OPERAND_BYTES[found[1]] if found else 0


def is_installed() -> bool:
    """Say whether objdump can be run."""
    return shutil.which("objdump") is not None


def read_instructions(lines: Iterable[str]) -> list[Instruction]:
    """Read what objdump prints with `OPTIONS`, and with `-l` for lines.

    Parameters
    ----------
    lines : iterable of str

    Returns
    -------
    list of Instruction
    """
    found: list[Instruction] = []
    symbol, source = "", ("", 0)
    for line in lines:
        text = line.rstrip()
        if code := CODE.match(text):
            found.append(Instruction(int(code[1], 16), code[2].strip(), symbol, source))
        elif start := SYMBOL.match(text):
            symbol, source = start[2], ("", 0)
        elif place := LINE.match(text):
            source = (place[1], int(place[2]))
    return found


def disassemble(compiled: Path, *, with_lines: bool = False) -> list[Instruction]:
    """Read the code of a compiled object.

    Parameters
    ----------
    compiled : Path
    with_lines : bool
        Lines of the source too, if it was compiled with them.

    Returns
    -------
    list of Instruction
    """
    options = [*OPTIONS, "-l"] if with_lines else OPTIONS
    command = ["objdump", *options, str(compiled)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return read_instructions(printed.splitlines())
