"""The price files of a folder, long or wide, joined into one table."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from data.checks.finding import Finding
from data.errors import DataError
from data.sources.origin import Origin
from data.sources.table_file import read_table_file, table_files
from data.sources.tidy import days
from data.sources.wide import WIDE_FIELDS, long_of, looks_wide

Piece = tuple[Origin, pd.DataFrame]


def read_price_files(
    path: Path, instruments: pd.DataFrame | None, refuse: Callable[[DataError], None]
) -> tuple[list[Piece], list[Finding]]:
    """Read every price file of a folder.

    Parameters
    ----------
    path : Path
        Holds `prices*` files, long or wide, and wide files of one field each.
    instruments : DataFrame, optional
        May say where the names of wide files trade.
    refuse : callable
        Called with the error of each file that cannot be read; where it returns, the file is left out.

    Returns
    -------
    pieces : list of (Origin, DataFrame)
        Long tables.
    findings : list of Finding
    """
    pieces, findings = list[Piece](), list[Finding]()
    for file in table_files(path, "prices*"):
        try:
            frame = read_table_file(file)
            if looks_wide(frame.columns):
                closes, frame = frame, long_of({"close": frame}, instruments, {"close": file.name})
                findings += _without_closes(file.name, closes, frame)
                pieces.append((_wide_origin(file.name, frame), frame))
                continue
        except DataError as error:
            error.table = "prices"
            refuse(error)
            continue
        if "date" in frame.columns and not frame.columns.duplicated().any():
            # Files may write dates in different ways; read, they are alike. Wrong ones are refused with the table.
            with contextlib.suppress(DataError):
                frame["date"] = days(frame["date"], Origin.of(file.name, frame))
        pieces.append((Origin.of(file.name, frame), frame))
        findings += _out_of_order(file.name, frame)
    try:
        wide, doubts = _wide_fields(path, instruments)
        pieces, findings = [*pieces, *wide], [*findings, *doubts]
    except DataError as error:
        error.table = "prices"
        refuse(error)
    return pieces, findings


def _wide_fields(path: Path, instruments: pd.DataFrame | None) -> tuple[list[Piece], list[Finding]]:
    """Read the files of one field each, if there are any."""
    files: dict[str, Path] = {}
    for field in WIDE_FIELDS:
        found = table_files(path, field)
        if len(found) > 1:
            both = " and ".join(file.name for file in found)
            raise DataError(f"{path} holds both {both}. Keep one.", check="D101")
        if found:
            files[field] = found[0]
    if files and "close" not in files:
        first = next(iter(files.values())).name
        raise DataError(f"{path} holds {first}, but no close.csv or close.parquet beside it. Add it.", check="D101")
    if not files:
        return [], []
    names = {field: file.name for field, file in files.items()}
    fields = {field: read_table_file(file) for field, file in files.items()}
    frame = long_of(fields, instruments, names)
    findings = _without_closes(names["close"], fields["close"], frame)
    return [(_wide_origin(", ".join(names.values()), frame), frame)], findings


def _without_closes(file: str, closes: pd.DataFrame, frame: pd.DataFrame) -> list[Finding]:
    """Name the columns of a wide file that hold no close."""
    empty = sorted(set(map(str, closes.columns)) - {"date"} - set(frame["symbol"].unique()))
    return [Finding("D208", f"{file}: no close of {', '.join(empty[:12])}; they are left out.")] if empty else []


def _wide_origin(name: str, frame: pd.DataFrame) -> Origin:
    return Origin(((name, len(frame)),), wide=frozenset({name}))


def _out_of_order(file: str, piece: pd.DataFrame) -> list[Finding]:
    """Say of a file whose dates jump back and forth within a name."""
    if not {"date", "symbol"} <= set(piece.columns) or len(piece) < 2:
        return []
    if not isinstance(piece["date"].dtype, np.dtype) or piece["date"].dtype.kind != "M":
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


def joined(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    """Put tables one below the other, their categories made one set.

    Parameters
    ----------
    pieces : list of DataFrame

    Returns
    -------
    DataFrame
    """
    if len(pieces) == 1:
        return pieces[0]
    if "venue" not in pieces[0].columns:  # actions: a column may be text in one file and numbers in another
        return pd.concat([piece.astype(object) for piece in pieces], ignore_index=True)
    for column in ("symbol", "venue", "currency"):
        parts = [piece.get(column) for piece in pieces]
        texts = [part.astype("category") for part in parts if part is not None]
        if len(texts) == len(pieces):
            union = union_categoricals(texts)
            at = 0
            for piece in pieces:
                piece[column] = union[at : at + len(piece)]
                at += len(piece)
    return pd.concat(pieces, ignore_index=True)
