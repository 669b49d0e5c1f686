"""What bounds a kernel: what it executes, beside what the machine can do."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from benchmarks.machine_code.ceilings import Ceilings
from benchmarks.machine_code.counting import Counted
from benchmarks.machine_code.jobs import JOBS

NEAR = 0.5  # of the time: what takes less at its ceiling does not bound a kernel
BUSY = 2.5  # instructions a cycle; cores of today take four to six where none waits for another


class Arithmetic(NamedTuple):
    """What a kernel computes, by what it takes.

    scalar, vector: FLOP of single numbers and of vectors, without division and roots; divided: instructions that divide
    or take roots, of one double and of up to four.
    """

    scalar: int
    vector: int
    divided: dict[int, int]


def split_arithmetic(counted: Counted) -> Arithmetic:
    """Split arithmetic into that of single numbers, that of vectors, and what divides.

    Parameters
    ----------
    counted : Counted

    Returns
    -------
    Arithmetic
    """
    scalar = vector = 0
    divided = {1: 0, 4: 0}
    for at, times in counted.times.items():
        one = counted.code[at]
        if one.is_division:
            divided[4 if one.flop > 1 else 1] += times
        elif one.flop > 1:
            vector += times * one.flop
        else:
            scalar += times * one.flop
    return Arithmetic(scalar, vector, divided)


@dataclass(frozen=True)
class Placed:
    """A kernel under the roofs.

    Attributes
    ----------
    counted : Counted
        Of the code for the target that valgrind can run.
    native, for_target : float
        Seconds of a call, compiled for this processor and for that target.
    """

    counted: Counted
    native: float
    for_target: float

    @property
    def title(self) -> str:
        """What was run."""
        return JOBS[self.counted.job].title

    @property
    def moved(self) -> int:
        """Bytes between registers and the first cache."""
        return self.counted.loaded + self.counted.stored

    @cached_property
    def split(self) -> Arithmetic:
        """Its arithmetic, by what it takes."""
        return split_arithmetic(self.counted)

    @property
    def in_vectors(self) -> float:
        """Fraction of FLOP that is done several at once, division and roots left out."""
        return self.split.vector / (self.split.scalar + self.split.vector)

    def a_cycle(self, ceilings: Ceilings) -> float:
        """Give the instructions it executes in a cycle, compiled for the target."""
        return self.counted.instructions / self.for_target / ceilings.clock

    def at_ceilings(self, ceilings: Ceilings) -> dict[str, float]:
        """Say what fraction of the time each resource would take at its ceiling, were it alone.

        Parameters
        ----------
        ceilings : Ceilings

        Returns
        -------
        dict of str to float
        """
        rates, split = ceilings.arithmetic, self.split
        one_by_one = rates["multiplications and additions, one by one"]
        together = rates["multiplications and additions, 4 at once"]
        seconds = {
            "arithmetic": split.scalar / one_by_one + split.vector / together,
            "division and roots": sum(n / ceilings.divisions[width] for width, n in split.divided.items()),
            "loads and stores": self.moved / ceilings.bandwidth["L1"],
            "memory, all arrays once": self.counted.nbytes / ceilings.bandwidth["memory"],
        }
        # Of the time of the code that is counted: another has other loads and stores.
        return {name: alone / self.for_target for name, alone in seconds.items()}

    def verdict(self, ceilings: Ceilings) -> str:
        """Say what bounds the kernel.

        Parameters
        ----------
        ceilings : Ceilings

        Returns
        -------
        str
        """
        shares = self.at_ceilings(ceilings)
        name, share = max(shares.items(), key=lambda one: one[1])
        told = ", ".join(f"{other} {part:.0%}" for other, part in shares.items())
        jumps = sum(n for at, n in self.counted.times.items() if self.counted.code[at].mnemonic.startswith("j"))
        a_jump, a_cycle = self.counted.instructions / jumps, self.a_cycle(ceilings)
        bound = (
            f"what bounds it is {name}"
            if share >= NEAR
            else f"no ceiling is near, {name} the nearest: what bounds it is "
            + ("how many instructions there are" if a_cycle >= BUSY else "what its instructions wait for")
        )
        return (
            f"{self.title}: done at its ceiling and alone, each would take of its time: {told}. It executes "
            f"{a_cycle:.1f} instructions a cycle, one in {a_jump:.0f} a jump. So {bound}."
        )
