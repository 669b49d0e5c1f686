"""Market data from a folder of CSV or Parquet files."""

import tomllib
from pathlib import Path

import pandas as pd
from pandas.api.types import union_categoricals

from data.errors import DataError
from data.market import TABLES, MarketData
from data.sources.frames import from_frames
from data.sources.tidy import Origin, days

# Columns whose cells are text even where they look like numbers, or like nothing: "NA" is a symbol.
TEXT_COLUMNS = (
    *("symbol", "venue", "currency", "base", "quote", "entity", "metric", "index", "series", "filer", "type"),
    *("name", "issuer", "sector", "tags", "date", "known", "filed", "period", "listed", "delisted"),
    *("kind", "ex_date", "pay_date", "announced"),
)
MISSING_NUMBERS = ["", "NA", "N/A", "NaN", "nan", "null"]
SETTINGS = {"name": str, "price_basis": str, "synthetic": bool}
SUFFIXES = (".csv", ".parquet")


def load_folder(path: Path) -> MarketData:
    """Read a market folder.

    Parameters
    ----------
    path : Path
        Holds `prices*.csv` or `.parquet`; optional `fx`, `valuations`, `flows`, `indices`, `rates`,
        `holdings_13f`, `positioning`, `instruments`, `actions*`, `borrow` and `market.toml`.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the folder or a needed file is missing, a file cannot be read, or its content is refused by
        `from_frames`; the message names the file.
    """
    path = path.expanduser()
    if not path.is_dir():
        what = "a file" if path.exists() else "no folder"
        raise DataError(f"{path} is {what}. Give 'demo', 'tiny', or a folder with a prices file.")
    price_files, action_files = (
        sorted(file for suffix in SUFFIXES for file in path.glob(f"{stem}*{suffix}")) for stem in ("prices", "actions")
    )
    if not price_files:
        raise DataError(f"{path} holds no prices file. Add prices.csv or prices.parquet.")
    settings = _settings(path / "market.toml")
    frames: dict[str, pd.DataFrame | None] = dict.fromkeys(("fx", "instruments", "borrow", *TABLES))
    where: dict[str, str | Origin] = {}
    for table in frames:
        file = _file(path, table)
        if file is not None:
            frames[table], where[table] = _read(file), file.name
    pieces = [_read_prices(file) for file in price_files]
    where["prices"] = Origin(tuple((file.name, len(piece)) for file, piece in zip(price_files, pieces, strict=True)))
    acts = [_read(file) for file in action_files]
    if acts:
        where["actions"] = Origin(tuple((file.name, len(act)) for file, act in zip(action_files, acts, strict=True)))
    return from_frames(
        _joined(pieces),
        fx=frames["fx"],
        valuations=frames["valuations"],
        flows=frames["flows"],
        indices=frames["indices"],
        rates=frames["rates"],
        holdings_13f=frames["holdings_13f"],
        positioning=frames["positioning"],
        instruments=frames["instruments"],
        price_basis=str(settings.get("price_basis", "total_return")),
        actions=pd.concat([act.astype(object) for act in acts], ignore_index=True) if acts else None,
        borrow=frames["borrow"],
        name=str(settings.get("name", path.resolve().name)),
        synthetic=bool(settings.get("synthetic", False)),
        where=where,
    )


def _settings(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    for key, value in settings.items():
        if key not in SETTINGS:
            raise DataError(f"{path.name}: unknown key {key!r}. Known: {', '.join(SETTINGS)}.")
        if not isinstance(value, SETTINGS[key]):
            wanted = "true or false" if SETTINGS[key] is bool else "text in quotes"
            raise DataError(f"{path.name}: {key} is {value!r}; it must be {wanted}.")
    return settings


def _file(folder: Path, table: str) -> Path | None:
    found = [folder / f"{table}{suffix}" for suffix in SUFFIXES if (folder / f"{table}{suffix}").exists()]
    if len(found) > 1:
        raise DataError(f"{folder} holds both {found[0].name} and {found[1].name}. Keep one.")
    return found[0] if found else None


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except Exception as error:  # readers raise many kinds; whichever it is, the file is at fault
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path.name} cannot be read: {reason}") from error
    # A frame saved with its dates as index: they are a column to us.
    return table.reset_index() if any(name is not None for name in table.index.names) else table


def _read_csv(path: Path) -> pd.DataFrame:
    header = pd.read_csv(path, nrows=0).columns
    empty = {column: [""] if column in TEXT_COLUMNS else MISSING_NUMBERS for column in header}
    text = dict.fromkeys(TEXT_COLUMNS, "str")
    table = pd.read_csv(path, dtype=text, keep_default_na=False, na_values=empty, low_memory=False)
    if not isinstance(table.index, pd.RangeIndex):  # else pandas takes the first column for an index
        raise DataError("its rows have more cells than its header")
    return table


def _read_prices(path: Path) -> pd.DataFrame:
    piece = _read(path)
    if "date" in piece.columns and not piece.columns.duplicated().any():
        # Files may write dates in different ways; read, they are alike.
        piece["date"] = days(piece["date"], Origin.of(path.name, piece))
    return piece


def _joined(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    """Put price files one below the other, their categories made one set."""
    if len(pieces) == 1:
        return pieces[0]
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
