"""One thing found wrong with market data."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["error", "warning"]
SHOWN_CASES = 4


@dataclass(frozen=True, slots=True)
class Case:
    """One place at which a check failed.

    Attributes
    ----------
    subject : str
        Symbol, pair of currencies or series; the venue where all of its names are meant.
    text : str
        When, and how much.
    """

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject} {self.text}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed in one file, at one place or at many.

    Attributes
    ----------
    check : str
        Number in the catalogue, such as "D305".
    what : str
        File, and what is wrong; with cases it is followed by them.
    level : {"error", "warning"}
        Errors stop a run; warnings stand in its report.
    cases : tuple of Case
        Every place; messages show the first few.
    do : str
        What to do about it; said last.
    """

    check: str
    what: str
    level: Level = "warning"
    cases: tuple[Case, ...] = ()
    do: str = ""

    def __str__(self) -> str:
        shown = "; ".join(str(case) for case in self.shown)
        more = f"; and {len(self.cases) - SHOWN_CASES} more" if len(self.cases) > SHOWN_CASES else ""
        return f"{self.what}{': ' if shown else ''}{shown}{more}{'.' if shown else ''} {self.do}".rstrip()

    @property
    def shown(self) -> tuple[Case, ...]:
        """The first few cases, for a message."""
        return self.cases[:SHOWN_CASES]

    def without(self, subjects: Collection[str]) -> "Finding | None":
        """Leave out the cases about some names.

        Parameters
        ----------
        subjects : collection of str

        Returns
        -------
        Finding or None
            None where there were cases and none is left.
        """
        kept = tuple(case for case in self.cases if case.subject not in subjects)
        return None if self.cases and not kept else replace(self, cases=kept)


def relevant(findings: Iterable[Finding], symbols: Iterable[str], holdable: Iterable[str]) -> tuple[Finding, ...]:
    """Leave out what is about names that may not be held.

    Parameters
    ----------
    findings : iterable of Finding
    symbols, holdable : iterable of str
        Names of a market, and those of them that may be held.

    Returns
    -------
    tuple of Finding
        What is about no name at all stays.
    """
    others = set(symbols).difference(holdable)
    kept = (one.without(others) for one in findings)
    return tuple(one for one in kept if one is not None)
