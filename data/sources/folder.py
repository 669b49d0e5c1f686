"""Market data from a folder of CSV or Parquet files."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.checks.finding import Finding
from data.errors import DataError
from data.market import MarketData
from data.series.tables import LONG_TABLES
from data.sources.frames import PRICE_BASES, from_frames
from data.sources.origin import Origin
from data.sources.price_files import Piece, joined, read_price_files
from data.sources.table_file import SUFFIXES, read_table_file, table_files
from data.sources.wide import WIDE_FIELDS

SETTINGS = {"name": str, "price_basis": str, "synthetic": bool}
SINGLE = (
    "fx",
    "instruments",
    "borrow",
    "memberships",
    *LONG_TABLES,
)  # tables of one file; prices and actions may have several

DATA_SUFFIXES = frozenset({*SUFFIXES, ".xlsx", ".xls", ".gz", ".zip", ".txt", ".tsv", ".feather", ".json"})

Refuse = Callable[[DataError], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the files of a folder hold, before it is one market.

    Attributes
    ----------
    name : str
        Of the folder.
    frames : dict of str to DataFrame
        Prices, actions and the other tables that are there.
    where : dict of str to Origin
    settings : dict of str to object
        From market.toml.
    findings : tuple of Finding
        What reading the files has found.
    """

    name: str
    frames: dict[str, pd.DataFrame]
    where: dict[str, Origin]
    settings: dict[str, object]
    findings: tuple[Finding, ...] = ()

    def market(self) -> MarketData:
        """Make a market of the tables.

        Returns
        -------
        MarketData

        Raises
        ------
        DataError
            As `from_frames` does.
        """
        made = from_frames(
            self.frames["prices"],
            fx=self.frames.get("fx"),
            valuations=self.frames.get("valuations"),
            flows=self.frames.get("flows"),
            indices=self.frames.get("indices"),
            rates=self.frames.get("rates"),
            holdings_13f=self.frames.get("holdings_13f"),
            positioning=self.frames.get("positioning"),
            instruments=self.frames.get("instruments"),
            actions=self.frames.get("actions"),
            borrow=self.frames.get("borrow"),
            universes=self.frames.get("memberships"),
            price_basis=str(self.settings.get("price_basis", "total_return")),
            name=str(self.settings.get("name", self.name)),
            synthetic=bool(self.settings.get("synthetic", False)),
            where=self.where,
        )
        return replace(made, findings=(*self.findings, *made.findings))

    def mended(self, error: DataError) -> "Tables | None":
        """Leave out what an error blames, so that the rest can be looked at.

        Parameters
        ----------
        error : DataError
            From `market`.

        Returns
        -------
        Tables or None
            Without the wrong cells, rows or table; None where nothing is left to look at.
        """
        table = error.table
        if table not in self.frames:
            return None
        frame = self.frames[table]
        frames, where = dict(self.frames), dict(self.where)
        if error.column and len(error.rows):
            # What else stands in the rows is of use.
            kept = frame[error.column].astype(object)
            kept.iloc[error.rows] = None
            frames[table] = frame.assign(**{error.column: kept})
        elif 0 < len(error.rows) < len(frame):
            where[table] = where[table].without(error.rows, len(frame))
            frames[table] = frame.drop(frame.index[error.rows]).reset_index(drop=True)
        elif table == "prices":
            return None
        else:
            del frames[table]
        return replace(self, frames=frames, where=where)


def load_folder(path: Path) -> MarketData:
    """Read a market folder.

    Parameters
    ----------
    path : Path
        Holds `prices*.csv` or `.parquet`, or wide files `close`, `open`, `high`, `low`, `volume`, `close_raw`; optional
        `fx`, `valuations`, `flows`, `indices`, `rates`, `holdings_13f`, `positioning`, `instruments`, `memberships`,
        `actions*`, `borrow` and `market.toml`.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the folder or a needed file is missing, a file cannot be read, or its content is refused by
        `from_frames`; the message names the file.
    """
    return read_tables(path, _raise).market()


def _raise(error: DataError) -> None:
    raise error


def read_tables(path: Path, refuse: Refuse) -> Tables:
    """Read the files of a market folder.

    Parameters
    ----------
    path : Path
    refuse : callable
        Called with the error of each file that cannot be read; where it returns, the file is left out.

    Returns
    -------
    Tables

    Raises
    ------
    DataError
        If there is no folder, or no prices that can be read.
    """
    path = path.expanduser()
    if not path.is_dir():
        what = "a file" if path.exists() else "no folder"
        said = f"{path} is {what}. Give 'demo', 'tiny', or a folder with a prices file."
        raise DataError(said, check="D101")
    frames, where = dict[str, pd.DataFrame](), dict[str, Origin]()
    for table in (*SINGLE, "actions"):
        pieces: list[Piece] = []
        for file in _files(path, table, refuse):
            try:
                frame = read_table_file(file)
                pieces.append((Origin.of(file.name, frame), frame))
            except DataError as error:
                error.table = table
                refuse(error)
        if pieces:
            frames[table], where[table] = (
                joined([frame for _, frame in pieces]),
                Origin.joined(origin for origin, _ in pieces),
            )
    pieces, findings = read_price_files(path, frames.get("instruments"), refuse)
    findings += _unread_files(path)
    if not pieces:
        seen = sorted(one.name for one in path.iterdir() if not one.name.startswith("."))
        holds = f" (it holds {', '.join(seen[:6])}{', ...' if len(seen) > 6 else ''})" if seen else ""
        said = f"{path} holds no prices file{holds}. Add prices.csv or prices.parquet."
        raise DataError(said, check="D101")
    frames["prices"], where["prices"] = (
        joined([frame for _, frame in pieces]),
        Origin.joined(origin for origin, _ in pieces),
    )
    settings: dict[str, object] = {}
    try:
        settings = _settings(path / "market.toml")
    except DataError as error:
        refuse(error)
    name = path.resolve().name
    return Tables(name=name, frames=frames, where=where, settings=settings, findings=tuple(findings))


def _files(path: Path, table: str, refuse: Refuse) -> list[Path]:
    """Find the files of a table: one, but for actions, which may be split over several."""
    files = table_files(path, table if table in SINGLE else f"{table}*")
    if table in SINGLE and len(files) > 1:
        both = " and ".join(file.name for file in files)
        refuse(DataError(f"{path} holds both {both}. Keep one.", check="D101", table=table))
    return files[:1] if table in SINGLE else files


def _unread_files(path: Path) -> list[Finding]:
    """Name files of tables that nothing reads: a name mistyped loses a whole table."""
    known = (*SINGLE, *WIDE_FIELDS)
    unread = [
        file.name
        for file in sorted(path.iterdir())
        if any(suffix in DATA_SUFFIXES for suffix in file.suffixes)
        and not (file.suffix in SUFFIXES and (file.stem in known or file.name.startswith(("prices", "actions"))))
    ]
    said = f"files that are not read: {', '.join(unread[:12])}. Names are {', '.join(('prices', 'actions', *SINGLE))}."
    return [Finding("D109", said)] if unread else []


def _settings(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path.name} cannot be read: {error}", check="D107") from error
    for key, value in settings.items():
        if key not in SETTINGS:
            raise DataError(f"{path.name}: unknown key {key!r}. Known: {', '.join(SETTINGS)}.", check="D107")
        if not isinstance(value, SETTINGS[key]):
            wanted = "true or false" if SETTINGS[key] is bool else "text in quotes"
            raise DataError(f"{path.name}: {key} is {value!r}; it must be {wanted}.", check="D107")
        if key == "price_basis" and value not in PRICE_BASES:
            raise DataError(
                f"{path.name}: price_basis {value!r} is not one of {', '.join(PRICE_BASES)}.",
                check="D107",
            )
    return settings
