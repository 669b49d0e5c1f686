"""The catalogue of checks: every number, what it looks for, and whether it stops a run."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from data.checks.finding import Level

# What no check of the data alone can find, to be known by whoever reads the report.
BEYOND = (
    "Whether a list of names was drawn up with hindsight, where it has names that ended.",
    "Distributions in kind, rights and spin-offs that the source did not adjust for: their fall looks like any other.",
    "Levels adjusted for dividends paid after the last date: returns are right, levels are no one's prices.",
    "Figures that were revised later: only `known` tells a first print from a revision.",
    "Prices that are wrong by a plausible amount: compare two sources with `eastbound data compare`.",
    "Series that are not there: a rule falls back, and says so, or has no reading.",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes
    ----------
    number : str
        "D" and three digits: 1 files, 2 cells and rows, 3 prices, 4 exchange rates, 5 series, 6 facts and actions.
    level : {"error", "warning"}
        Errors stop a run; warnings stand in its report.
    what : str
        What is wrong when it fails.
    why : str
        What it would do to a backtest, or how it is told.
    """

    number: str
    level: Level
    what: str
    why: str


@cache
def catalogue() -> Mapping[str, Check]:
    """Give every check by its number.

    Returns
    -------
    mapping of str to Check
        In the order of the numbers.

    Examples
    --------
    >>> catalogue()["D308"].level
    'error'
    """
    path = resources.files("data") / "checks" / "catalogue.csv"
    with path.open(encoding="utf-8") as file:
        return MappingProxyType({row["number"]: Check(**row) for row in csv.DictReader(file)})  # type: ignore[arg-type]
