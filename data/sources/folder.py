"""Market data from a folder of CSV or Parquet files."""

import contextlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from data.checks.finding import Finding
from data.errors import DataError
from data.market import TABLES, MarketData
from data.sources.csv_file import read_csv_file
from data.sources.frames import from_frames
from data.sources.tidy import Origin, days

SETTINGS = {"name": str, "price_basis": str, "synthetic": bool}
SUFFIXES = (".csv", ".parquet")
SINGLE = (
    "fx",
    "instruments",
    "borrow",
    "memberships",
    *TABLES,
)  # tables of one file; prices and actions may have several

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
            Without the wrong rows, or without the table; None where nothing is left to look at.
        """
        table = error.table
        if table not in self.frames:
            return None
        frame = self.frames[table]
        frames, where = dict(self.frames), dict(self.where)
        if 0 < len(error.rows) < len(frame):
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
        Holds `prices*.csv` or `.parquet`; optional `fx`, `valuations`, `flows`, `indices`, `rates`,
        `holdings_13f`, `positioning`, `instruments`, `memberships`, `actions*`, `borrow` and `market.toml`.

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
    frames, where, findings = dict[str, pd.DataFrame](), dict[str, Origin](), list[Finding]()
    for table in ("prices", "actions", *SINGLE):
        pieces: dict[str, pd.DataFrame] = {}
        for file in _files(path, table, refuse):
            try:
                pieces[file.name] = _read(file, table)
            except DataError as error:
                error.table = table
                refuse(error)
        if pieces:
            where[table] = Origin(tuple((name, len(piece)) for name, piece in pieces.items()))
            frames[table] = _joined(list(pieces.values()))
        if table == "prices":
            findings += [finding for name, piece in pieces.items() for finding in _out_of_order(name, piece)]
    if "prices" not in frames:
        said = f"{path} holds no prices file. Add prices.csv or prices.parquet."
        raise DataError(said, check="D101")
    settings: dict[str, object] = {}
    try:
        settings = _settings(path / "market.toml")
    except DataError as error:
        refuse(error)
    name = path.resolve().name
    return Tables(name=name, frames=frames, where=where, settings=settings, findings=tuple(findings))


def _files(path: Path, table: str, refuse: Refuse) -> list[Path]:
    """Find the files of a table: one, but for prices and actions, which may be split over several."""
    pattern = table if table in SINGLE else f"{table}*"
    files = sorted(file for suffix in SUFFIXES for file in path.glob(f"{pattern}{suffix}"))
    if table in SINGLE and len(files) > 1:
        both = " and ".join(file.name for file in files)
        refuse(DataError(f"{path} holds both {both}. Keep one.", check="D101", table=table))
    return files[:1] if table in SINGLE else files


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
    return settings


def _read(path: Path, table: str) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else read_csv_file(path)
    except DataError:
        raise
    except Exception as error:  # readers raise many kinds; whichever it is, the file is at fault
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path.name} cannot be read: {reason}", check="D105") from error
    # A frame saved with its dates as index: they are a column to us.
    frame = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    if table == "prices" and "date" in frame.columns and not frame.columns.duplicated().any():
        # Files may write dates in different ways; read, they are alike. What cannot be read is refused with its table.
        with contextlib.suppress(DataError):
            frame["date"] = days(frame["date"], Origin.of(path.name, frame))
    return frame


def _out_of_order(file: str, piece: pd.DataFrame) -> list[Finding]:
    """Say of a file whose dates jump back and forth within a name."""
    if not {"date", "symbol"} <= set(piece.columns) or len(piece) < 2:
        return []
    if piece["date"].dtype.kind != "M":
        return []
    date = piece["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    code, names = pd.factorize(piece["symbol"])
    step = np.diff(date)
    if (step >= 0).all() or (step <= 0).all():
        return []
    order = np.argsort(code, kind="stable")
    step, same = np.diff(date[order]), np.diff(code[order]) == 0
    back, forth = same & (step < 0), same & (step > 0)
    if not (back.any() and forth.any()):
        return []
    rare = back if back.sum() <= forth.sum() else forth
    row = int(np.flatnonzero(rare)[0])
    name, before, after = names[code[order[row]]], *piece["date"].iloc[order[row : row + 2]]
    said = f"{file}, row {order[row + 1] + 1}: {name} goes from {before:%Y-%m-%d} to {after:%Y-%m-%d}"
    more = f" ({int(rare.sum())} such rows in all)" if rare.sum() > 1 else ""
    return [Finding("D207", f"{said}{more}.", do="Rows may stand in any order; see that no date is mistyped.")]


def _joined(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    """Put files one below the other, their categories made one set."""
    if len(pieces) == 1:
        return pieces[0]
    if "venue" not in pieces[0].columns:  # actions: a column may be text in one file and numbers in another
        return pd.concat([piece.astype(object) for piece in pieces], ignore_index=True)
    for column in ("symbol", "venue", "currency"):
        parts = [piece.get(column) for piece in pieces]
        texts = [part.astype("category") for part in parts if part is not None]
        if len(texts) == len(pieces):
            joined = union_categoricals(texts)
            at = 0
            for piece in pieces:
                piece[column] = joined[at : at + len(piece)]
                at += len(piece)
    return pd.concat(pieces, ignore_index=True)
