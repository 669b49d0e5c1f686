"""What a gate says of one figure: before, after, and whether that is allowed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Of one figure."""

    PASSED = "passed"
    BETTER = "better"
    FAILED = "FAILED"
    SKIPPED = "not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One figure at two commits.

    Attributes
    ----------
    gate, subject : str
    before, after : str
        As they are shown.
    ratio : float
        After over before; NaN where there is none.
    allowed : float
        The largest ratio that passes; NaN where there is no number.
    verdict : Verdict
    said : str
        Why, where the figures do not tell.
    """

    gate: str
    subject: str
    before: str
    after: str
    ratio: float = math.nan
    allowed: float = math.nan
    verdict: Verdict
    said: str = ""


def judged(ratio: float, allowed: float) -> Verdict:
    """Judge a ratio of costs.

    Parameters
    ----------
    ratio : float
        After over before; NaN fails.
    allowed : float
        The largest that passes; its inverse and below is better.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> judged(2.0, 1.3).value, judged(1.2, 1.3).value, judged(0.5, 1.3).value
    ('FAILED', 'passed', 'better')
    """
    if not ratio <= allowed:
        return Verdict.FAILED
    return Verdict.BETTER if ratio < 1.0 / allowed else Verdict.PASSED


def table(findings: Sequence[Finding]) -> str:
    """Set findings as a table.

    Parameters
    ----------
    findings : sequence of Finding

    Returns
    -------
    str
    """
    lines = [f"{'gate':14}{'figure':44}{'before':>16}{'after':>16}{'ratio':>8}{'allowed':>9}  verdict"]
    for one in findings:
        ratio, allowed = ("" if math.isnan(value) else f"{value:.3f}" for value in (one.ratio, one.allowed))
        said = f"{one.verdict}{': ' if one.said else ''}{one.said}"
        lines.append(f"{one.gate:14}{one.subject:44}{one.before:>16}{one.after:>16}{ratio:>8}{allowed:>9}  {said}")
    return "\n".join(lines)


def failed(findings: Sequence[Finding]) -> list[Finding]:
    """Keep what failed.

    Parameters
    ----------
    findings : sequence of Finding

    Returns
    -------
    list of Finding
    """
    return [one for one in findings if one.verdict is Verdict.FAILED]
