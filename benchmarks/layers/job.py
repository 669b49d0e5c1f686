"""What a job is: laid out outside the timed part, its answer asserted before it is timed."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GATE_SIZE = "1500x40"  # where a job has it
# Elsewhere the most that a process holds is what it held when its market was read, not what the job took.
WITH_PEAK = ("load", "sweep", "report", "end_to_end")


class WrongAnswer(Exception):
    """A job does not do what it is timed for."""


class Kind(StrEnum):
    """How often a job can be done in the time there is."""

    WARM = "warm"  # in one process, again and again
    PROCESS = "process"  # a fresh process each time, compiled kernels and other caches at hand
    COLD = "cold"  # a fresh process with empty caches: tens of seconds, so once


@dataclass(frozen=True, slots=True)
class Work:
    """One job at one size, laid out.

    Attributes
    ----------
    call : callable
        What is timed; gives the answer.
    check : callable
        Takes an answer; raises WrongAnswer if it is not right.
    """

    call: Callable[[], Any]
    check: Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one part of Eastbound is asked to do, at each of some sizes.

    Attributes
    ----------
    layer, name : str
        A job that comes to do another thing takes another name: its figures do not continue the old line.
    says : str
        One line: what is in the time, and what is asserted.
    sizes : tuple of str
        Smallest first.
    prepare : callable
        Takes a size and gives the work: all that is not to be timed is done here. It imports what it measures, so that
        a commit without that fails in this job alone.
    kind : Kind
    is_traced : bool
        Whether the bytes it allocates are counted; tracing takes some ten times as long as the job.
    """

    layer: str
    name: str
    says: str
    sizes: tuple[str, ...]
    prepare: Callable[[str], Work]
    kind: Kind = Kind.WARM
    is_traced: bool = True

    @property
    def key(self) -> str:
        """Layer and name."""
        return f"{self.layer}.{self.name}"

    @property
    def gate_size(self) -> str:
        """The size at which two commits are compared: one that takes no longer than it has to."""
        return GATE_SIZE if GATE_SIZE in self.sizes else self.sizes[0]

    @property
    def measures(self) -> dict[str, tuple[str, ...]]:
        """What is measured, by the last part of its name in asv, and at which sizes: peaks at the largest."""
        found, largest = {f"time_{self.kind}": self.sizes}, self.sizes[-1:]
        if self.kind is Kind.PROCESS:
            found["track_peak"] = largest
        if self.kind is Kind.WARM and self.layer in WITH_PEAK:
            found["peakmem_process"] = largest
        if self.kind is Kind.WARM and self.is_traced:
            found["track_allocated"] = tuple(dict.fromkeys((self.gate_size, *largest)))
        return found

    def ready(self, size: str) -> Callable[[], Any]:
        """Lay the job out, and assert its answer.

        Parameters
        ----------
        size : str

        Returns
        -------
        callable
            What is timed. The answer of a fresh process is asserted each time, as each is another one.

        Raises
        ------
        WrongAnswer
            If the answer is not right.
        """
        work = self.prepare(size)

        def checked() -> Any:
            answer = work.call()
            work.check(answer)
            return answer

        if self.kind is not Kind.WARM:
            return checked
        checked()
        return work.call


def require(holds: bool, said: str) -> None:
    """Assert part of an answer, with `python -O` too.

    Parameters
    ----------
    holds : bool
    said : str
        What is wrong if it does not.

    Raises
    ------
    WrongAnswer
    """
    if not holds:
        raise WrongAnswer(said)
