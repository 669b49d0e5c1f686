"""Checking a folder: everything that is wrong with it, not the first thing alone."""

from dataclasses import dataclass
from pathlib import Path

from data.checks.finding import Finding
from data.errors import DataError
from data.load import EMBEDDED
from data.market import MarketData
from data.sources.folder import Tables, read_tables

MOST_ERRORS = 100  # after so many the rest is no use
# What may be found only because rows or tables at fault were left out.
FOLLOW = frozenset({"D208", "D309", "D310", "D312", "D313", "D401", "D402", "D506", "D507", "D602", "D608"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a folder turned out to be.

    Attributes
    ----------
    path : Path
    findings : tuple of Finding
        Errors first, then warnings, each in the order of their numbers.
    market : MarketData or None
        What is left when the rows and tables at fault are left out, for looking at; None where nothing is. With errors
        a run reads nothing at all.
    """

    path: Path
    findings: tuple[Finding, ...]
    market: MarketData | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that stop a run."""
        return tuple(one for one in self.findings if one.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that stand in the report of a run."""
        return tuple(one for one in self.findings if one.level == "warning")


def check_folder(path: str | Path) -> Checked:
    """Check a market folder.

    Parameters
    ----------
    path : str or Path
        A folder, or the name of an embedded market.

    Returns
    -------
    Checked
        With every error that can be told from the others: what an error blames is left out, and the rest is looked at.

    Raises
    ------
    DataError
        If it is no path.
    """
    if not isinstance(path, (str, Path)):
        raise DataError(f"A folder is checked by its path, not {type(path).__name__}. A market has `findings`.")
    folder = Path(path)
    if str(path) in EMBEDDED:
        embedded = EMBEDDED[str(path)]()
        return Checked(path=folder, findings=embedded.findings, market=embedded)
    errors: list[DataError] = []
    tables: Tables | None
    try:
        tables = read_tables(folder, errors.append)
    except DataError as error:
        tables = None
        if not any(one.table == "prices" for one in errors):  # else it is said why there are none
            errors.append(error)
    market, n_tries = None, 0
    while tables is not None and market is None and n_tries < MOST_ERRORS:
        n_tries += 1
        try:
            market = tables.market()
        except DataError as error:
            if not (errors and error.check in FOLLOW):
                errors.append(error)
            tables = tables.mended(error)
    found = [Finding(error.check, _counted(error), level="error") for error in errors]
    if market is not None:
        found += [one for one in market.findings if not (errors and one.check in FOLLOW)]
    return Checked(path=folder, findings=tuple(sorted(found, key=lambda one: (one.level, one.check))), market=market)


def _counted(error: DataError) -> str:
    """Say how many rows an error is about, where its message names the first alone."""
    n_rows = len(error.rows)
    is_told = n_rows < 2 or "such rows" in str(error) or error.check == "D401"
    return str(error) if is_told else f"{error} ({n_rows} such rows in all.)"
