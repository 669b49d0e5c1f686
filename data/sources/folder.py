"""Market data from a folder of CSV or Parquet files."""

import tomllib
from pathlib import Path

import pandas as pd

from data.errors import DataError
from data.market import TABLES, MarketData
from data.sources.frames import from_frames

TEXT_COLUMNS = (
    "symbol",
    "venue",
    "currency",
    "base",
    "quote",
    "entity",
    "metric",
    "index",
    "series",
    "filer",
    "name",
    "issuer",
    "sector",
    "tags",
    "date",
    "known",
    "filed",
    "period",
    "listed",
    "delisted",
)
MISSING_NUMBERS = ["", "NA", "N/A", "NaN", "nan", "null"]
SETTINGS = ("name", "price_basis", "synthetic")


def load_folder(path: Path) -> MarketData:
    """Read a market folder.

    Parameters
    ----------
    path : Path
        Holds `prices*.csv` or `.parquet`; optional `fx`, `valuations`, `flows`, `indices`, `rates`,
        `holdings_13f`, `positioning`, `instruments` and `market.toml`.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the folder or a needed file is missing, or a file cannot be read.
    """
    if not path.is_dir():
        raise DataError(f"{path} is no folder. Give 'demo', 'tiny', or a folder with a prices file.")
    price_files = _files(path, "prices", many=True)
    if not price_files:
        raise DataError(f"{path} holds no prices file. Add prices.csv or prices.parquet.")
    settings = _settings(path / "market.toml")
    frames, where = {}, {}
    for table in ("fx", "instruments", *TABLES):
        found = _files(path, table)
        if found:
            frames[table] = _read(found[0])
            where[table] = found[0].name
    pieces = []
    for file in price_files:
        piece = _read(file)
        for column in ("symbol", "venue", "currency"):
            if column in piece.columns and isinstance(piece[column].dtype, pd.CategoricalDtype):
                piece[column] = piece[column].astype(str)
        pieces.append(piece)
    where["prices"] = ", ".join(file.name for file in price_files)
    return from_frames(
        pd.concat(pieces, ignore_index=True) if len(pieces) > 1 else pieces[0],
        **frames,
        price_basis=str(settings.get("price_basis", "total_return")),
        name=str(settings.get("name", path.name)),
        synthetic=bool(settings.get("synthetic", False)),
        where=where,
    )


def _settings(path: Path) -> dict[str, object]:
    if not path.exists():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: {error}") from error
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise DataError(f"{path.name}: unknown key {unknown[0]!r}. Known: {', '.join(SETTINGS)}.")
    return settings


def _files(folder: Path, table: str, many: bool = False) -> list[Path]:
    pattern = f"{table}*" if many else table
    found = sorted([*folder.glob(f"{pattern}.csv"), *folder.glob(f"{pattern}.parquet")])
    if len(found) > 1 and not many:
        raise DataError(f"{folder} holds both {found[0].name} and {found[1].name}. Keep one.")
    return found


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        header = pd.read_csv(path, nrows=0).columns
        # "NA" is a symbol in text and a missing number elsewhere.
        empty = {column: [""] if column in TEXT_COLUMNS else MISSING_NUMBERS for column in header}
        return pd.read_csv(path, dtype=dict.fromkeys(TEXT_COLUMNS, "str"), keep_default_na=False, na_values=empty)
    except Exception as error:  # readers raise many kinds; whichever it is, the file is at fault
        raise DataError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
