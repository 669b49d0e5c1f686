"""The market folder that a fetch writes: what may stand there already, how the new joins it, and the swap."""

import json
import tomllib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from data.errors import DataError
from data.storage.atomic import remove_abandoned, replacing
from data.wording import reason_of

# Prices of Yahoo are single floats written as double ones: two answers that agree do so to about 1e-7.
AGREEMENT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedTable:
    """One table that a fetch writes.

    Attributes
    ----------
    file : str
        Its name in the folder.
    name_columns : tuple of str
        What tells one series from another; joined by "/" in messages.
    date_column : str
    compared : tuple of str
        Numbers that an earlier answer must agree with.
    is_dense : bool
        True where a series has a row on every day of its own: then one that went or came is a restatement too.
    rivals : tuple of str
        Patterns of files that would be read beside it.
    """

    file: str
    name_columns: tuple[str, ...]
    date_column: str
    compared: tuple[str, ...]
    is_dense: bool = True
    rivals: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Columns that tell one row from another, in the order of the rows."""
        return [self.date_column, *self.name_columns]


PRICES = FetchedTable(
    file="prices.parquet",
    name_columns=("symbol",),
    date_column="date",
    compared=("open", "high", "low", "close", "close_raw", "dividends"),
    rivals=("prices*.csv", "prices*.parquet", "close.csv", "close.parquet"),
)
FX = FetchedTable(
    file="fx.csv",
    name_columns=("base", "quote"),
    date_column="date",
    compared=("rate",),
    rivals=("fx.csv", "fx.parquet"),
)
DIVIDENDS = FetchedTable(
    file="actions.csv",
    name_columns=("symbol", "kind"),
    date_column="ex_date",
    compared=("amount",),
    is_dense=False,
    rivals=("actions*.csv", "actions*.parquet"),
)
SETTINGS_FILE = "market.toml"
SETTINGS_COMMENT = "# Daily bars of Yahoo: close is adjusted for splits, close_raw is as traded."


def refuse_rivals(folder: Path, kind: FetchedTable) -> None:
    """Raise if a file stands in the folder that would be read beside the one that is fetched.

    Parameters
    ----------
    folder : Path
    kind : FetchedTable

    Raises
    ------
    DataError
    """
    others = sorted({path.name for pattern in kind.rivals for path in folder.glob(pattern)} - {kind.file})
    if others:
        raise DataError(f"{folder} holds {others[0]}, which would be read beside {kind.file}. Choose another folder.")


def refuse_other_basis(folder: Path, basis: str) -> None:
    """Raise if the folder's prices are of another basis than those that are fetched.

    Parameters
    ----------
    folder : Path
    basis : str

    Raises
    ------
    DataError
        Also if its `market.toml` cannot be read, or it holds prices and none: such prices are total returns.
    """
    path = folder / SETTINGS_FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    found = said.get("price_basis", "total_return")
    if found != basis and (path.exists() or (folder / PRICES.file).exists()):
        raise DataError(
            f"{folder} is a market of price_basis {found!r}; what is fetched is {basis!r}. Choose another folder."
        )


def read_standing(folder: Path, kind: FetchedTable) -> pd.DataFrame | None:
    """Read what an earlier fetch left in the folder.

    Parameters
    ----------
    folder : Path
    kind : FetchedTable

    Returns
    -------
    DataFrame or None
        None where there is none.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    path = folder / kind.file
    if not path.exists():
        return None
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            return table.astype({name: "str" for name in table.columns if table[name].dtype == "category"})
        header = pd.read_csv(path, nrows=0).columns
        text = {name: "str" for name in header if name not in kind.compared}
        return pd.read_csv(path, dtype=text, keep_default_na=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {reason_of(error)}. Remove it, or use --replace.") from error


def joined(
    old: pd.DataFrame | None, new: pd.DataFrame, kind: FetchedTable, first: np.datetime64, last: np.datetime64
) -> tuple[pd.DataFrame, list[str]]:
    """Join a new answer to what stands, if they agree where both speak.

    Parameters
    ----------
    old : DataFrame or None
    new : DataFrame
    kind : FetchedTable
    first, last : datetime64[D]
        Dates that the new answer covers.

    Returns
    -------
    table : DataFrame
        Rows of both by date, then name; where both have one, the new one.
    notes : list of str
        How many volumes the vendor has counted anew: they are not compared.

    Raises
    ------
    DataError
        If the vendor restated a number, or a series that stands does not meet the new one; naming series and date.
    """
    if old is None or old.empty:
        return new.sort_values(kind.keys, ignore_index=True), []
    if list(old.columns) != list(new.columns):
        raise DataError(
            f"{kind.file} has columns {', '.join(map(str, old.columns))}; this fetch has {', '.join(new.columns)}. "
            "Choose another folder, or --replace to write it anew."
        )
    old = old.astype(new.dtypes)
    before, after = (dict(list(table.groupby(list(kind.name_columns)))) for table in (old, new))
    for name in sorted(set(before) & set(after)):
        was, now = (_by_day(tables[name], kind) for tables in (before, after))
        _refuse_restated("/".join(map(str, name)), was, now, kind, first, last)
    notes = []
    if "volume" in new.columns:
        both = old.merge(new, on=kind.keys, suffixes=("", "_new"))
        n_recounted = int((both["volume"] != both["volume_new"]).sum())
        notes = [f"{n_recounted} volumes differ from the last fetch; the new ones stand"] if n_recounted else []
    table = pd.concat([old, new]).drop_duplicates(kind.keys, keep="last")
    return table.sort_values(kind.keys, ignore_index=True), notes


def _by_day(rows: pd.DataFrame, kind: FetchedTable) -> pd.DataFrame:
    return rows.set_index(pd.DatetimeIndex(rows[kind.date_column]))


def _refuse_restated(
    name: str, old: pd.DataFrame, new: pd.DataFrame, kind: FetchedTable, first: np.datetime64, last: np.datetime64
) -> None:
    begins, ends = pd.Timestamp(first), pd.Timestamp(last)
    if kind.is_dense:
        stands = old.index.min(), old.index.max()
        begins, ends = max(begins, stands[0]), min(ends, stands[1])
        if begins > ends:
            raise DataError(
                f"{name} stands from {stands[0].date()} to {stands[1].date()}, and {first} to {last} was fetched: "
                "nothing shows that both are of one basis. Fetch a range that shares days with it, or use --replace."
            )
    was, now = (table[(table.index >= begins) & (table.index <= ends)] for table in (old, new))
    moved = was.index.symmetric_difference(now.index)
    if kind.is_dense and len(moved):
        gone = "has no row any more" if moved[0] in was.index else "has a row that it had not"
        raise DataError(_restated(name, f"{moved[0].date()} {gone}"))
    common, compared = was.index.intersection(now.index), [name for name in kind.compared if name in new.columns]
    before, after = (table.loc[common, compared].to_numpy(dtype=np.float64) for table in (was, now))
    differs = ~np.isclose(before, after, rtol=AGREEMENT, atol=0.0, equal_nan=True)
    if differs.any():
        k, column = (int(place) for place in np.argwhere(differs)[0])
        changed = f"was {before[k, column]:.10g} and is {after[k, column]:.10g}"
        raise DataError(_restated(name, f"{compared[column]} of {common[k].date()} {changed}"))


def _restated(name: str, what: str) -> str:
    return (
        f"Yahoo restated {name}: {what}. After a split or a correction the old rows and the new ones are of two bases. "
        "Fetch the whole range into another folder, or use --replace to write the new answer alone."
    )


def write_folder(folder: Path, tables: Mapping[FetchedTable, pd.DataFrame], basis: str | None) -> tuple[Path, ...]:
    """Write the tables of a market folder, each whole; nothing is renamed before all are written.

    Parameters
    ----------
    folder : Path
        Locked by the caller: what is unfinished there belongs to nobody.
    tables : mapping of FetchedTable to DataFrame
    basis : str or None
        Price basis to state in `market.toml`; None to leave that file alone.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder, after_seconds=0.0)
    written = [folder / kind.file for kind in tables]
    with ExitStack() as swap:
        places = [swap.enter_context(replacing(path)) for path in written]
        for place, (kind, table) in zip(places, tables.items(), strict=True):
            if kind.file.endswith(".parquet"):
                texts = {name: "category" for name in table.columns if table[name].dtype == "str"}
                table.astype(texts).to_parquet(place, index=False)
            else:
                table.to_csv(place, index=False, lineterminator="\n")
        if basis is not None and not (folder / SETTINGS_FILE).exists():
            name = json.dumps(folder.resolve().name, ensure_ascii=False)
            text = f'{SETTINGS_COMMENT}\nname = {name}\nprice_basis = "{basis}"\n'
            swap.enter_context(replacing(folder / SETTINGS_FILE)).write_text(text, encoding="utf-8")
            written.append(folder / SETTINGS_FILE)
    return tuple(written)
