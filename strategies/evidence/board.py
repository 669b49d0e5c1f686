"""A board: indicators by name, each with the claim it tests; read from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, model_validator

from strategies.errors import StrategyError
from strategies.evidence.claims import CLAIMS, Claim
from strategies.evidence.sectors import SectorView
from strategies.refusals import refusal
from strategies.settings import Section
from strategies.signals.composing import wrong_parts
from strategies.signals.kinds import Indicator

OWN = ("name", "claim", "title", "source", "destination")  # keys of an entry beside those of its indicator
Words = Annotated[str, Field(min_length=1)]


class Entry(Section):
    """An indicator on a board.

    In a file all keys stand in one table, `[[indicator]]`.

    Attributes
    ----------
    name : str
    claim : int
        Number in `CLAIMS`.
    title : str
        What the report said, in short.
    source, destination : str or tuple of str
        Universes, as in the baskets of a thesis.
    indicator : Indicator
        The signal, and the scores at which it fires and is released.
    """

    keys_of: ClassVar[str] = "indicator"  # whose keys stand beside its own

    name: Words
    claim: int
    title: Words
    source: Words | tuple[Words, ...]
    destination: Words | tuple[Words, ...]
    indicator: Indicator

    @model_validator(mode="before")
    @classmethod
    def _in_one_table(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "indicator" in given:
            return given
        rest = {key: value for key, value in given.items() if key not in OWN}
        return {key: given[key] for key in OWN if key in given} | {"indicator": rest}

    @model_validator(mode="after")
    def _claimed(self) -> "Entry":
        if self.claim not in CLAIMS:
            raise ValueError(f"claim {self.claim} is none of the story: want {min(CLAIMS)} to {max(CLAIMS)}")
        return self

    @property
    def kind(self) -> str:
        """Kind of its signal."""
        return self.indicator.signal.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Indicators that are read together.

    Attributes
    ----------
    title : str
    entries : tuple of Entry
        In the order of the file; no name twice.
    sectors : SectorView or None
        Flows by sector beside them.
    """

    title: str
    entries: tuple[Entry, ...]
    sectors: SectorView | None = None

    @property
    def without_indicator(self) -> tuple[Claim, ...]:
        """Claims that nothing on the board tests, by number."""
        told = {entry.claim for entry in self.entries} | ({self.sectors.claim} if self.sectors else set[int]())
        return tuple(claim for number, claim in CLAIMS.items() if number not in told)

    @property
    def indicators(self) -> dict[str, Indicator]:
        """Indicators by name, for those that are made of others."""
        return {entry.name: entry.indicator for entry in self.entries}


def own_board() -> Board:
    """Give the board that comes with Eastbound.

    Returns
    -------
    Board

    Examples
    --------
    >>> board = own_board()
    >>> board.entries[0].name, board.entries[0].claim
    ('flow-week', 1)
    """
    return load_board(Path(str(resources.files("strategies") / "evidence" / "board.toml")))


def load_board(path: str | Path) -> Board:
    """Read a board file.

    Parameters
    ----------
    path : str or Path
        TOML with `title`, a table `[[indicator]]` for each and one `[sectors]`; see docs/evidence.md.

    Returns
    -------
    Board

    Raises
    ------
    StrategyError
        If the file is missing or no TOML, holds no indicator or a name twice, or a key is unknown, missing or out of
        range: naming the indicator and the key.
    """
    file = Path(path)
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StrategyError(f"Board file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StrategyError(f"{file.name}: {error}") from error
    return board_of(parsed, file.name)


def board_of(parsed: Mapping[str, Any], where: str) -> Board:
    """Check a parsed board file.

    Parameters
    ----------
    parsed : mapping
    where : str
        File, for messages.

    Returns
    -------
    Board

    Raises
    ------
    StrategyError
        As `load_board` does.
    """
    unknown = [key for key in parsed if key not in ("title", "indicator", "sectors")]
    if unknown:
        raise StrategyError(
            f"{where}: unknown key {unknown[0]!r}. A board has a title, tables [[indicator]] and one [sectors]."
        )
    tables, title = parsed.get("indicator"), parsed.get("title", where)
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise StrategyError(f"{where}: a board needs at least one table [[indicator]] (in double brackets).")
    if not isinstance(title, str):
        raise StrategyError(f"{where}: title = {title!r}: want text.")
    entries = tuple(_entry(table, i, where) for i, table in enumerate(tables, 1))
    board = Board(title=title, entries=entries, sectors=_sectors(parsed.get("sectors"), where))
    _refuse_wrong_names(board, where)
    return board


def _entry(table: dict[str, Any], number: int, where: str) -> Entry:
    name = table.get("name")
    called = f"indicator {name!r}" if isinstance(name, str) and name else f"indicator number {number}"
    if "kind" not in table:  # in a thesis it may be left out, and is the flow then: on a board nobody would guess that
        raise StrategyError(f"{where}, {called}: key 'kind' is missing.")
    try:
        return Entry(**table)
    except ValidationError as error:
        raise StrategyError(refusal(error, f"{where}, {called}", Entry)) from error
    except TypeError as error:  # a key that is no name in Python, such as an empty one
        raise StrategyError(f"{where}, {called}: {error}.") from error


def _sectors(table: object, where: str) -> SectorView | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise StrategyError(f"{where}: sectors is one table, [sectors] (in single brackets).")
    try:
        return SectorView(**table)
    except ValidationError as error:
        raise StrategyError(refusal(error, f"{where}, [sectors]", SectorView)) from error
    except TypeError as error:
        raise StrategyError(f"{where}, [sectors]: {error}.") from error


def _refuse_wrong_names(board: Board, where: str) -> None:
    names = [entry.name for entry in board.entries]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise StrategyError(f"{where}: two indicators are named {twice[0]!r}. Rename one.")
    by_name = {entry.name: entry for entry in board.entries}
    for entry in board.entries:
        parts = entry.indicator.signal.parts
        wrong = wrong_parts(entry.name, parts, board.indicators)
        if wrong:
            raise StrategyError(f"{where}: {wrong}.")
        for part in parts:
            other = by_name[part]
            if (other.source, other.destination) != (entry.source, entry.destination):
                raise StrategyError(
                    f"{where}: {entry.name} is made of {part}, which is read on other baskets. Give both the same "
                    "source and destination."
                )
