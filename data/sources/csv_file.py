"""One CSV file: its bytes are looked at before they are parsed, so that nothing is taken for what it is not.

A reader of CSV pads short rows, takes a lone quote for the start of a cell that runs over many lines, and reads a file
separated by semicolons as one column. Here each of these is refused, with its line.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import DataError
from data.wording import reason_of

# Columns whose cells are text even where they look like numbers, or like nothing: "NA" is a symbol.
TEXT_COLUMNS = (
    *("symbol", "venue", "currency", "base", "quote", "entity", "metric", "index", "series", "filer", "type"),
    *("name", "issuer", "sector", "tags", "date", "known", "filed", "period", "listed", "delisted"),
    *("kind", "ex_date", "pay_date", "announced", "universe", "added", "removed", "removed_announced"),
)
MISSING_NUMBERS = ["", "NA", "N/A", "NaN", "nan", "null"]
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# What a file of another encoding begins with.
MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
YFINANCE = "It looks like yfinance's own: save its Close alone as close.csv, or use `eastbound data fetch yahoo`."
UTF8_MARK = b"\xef\xbb\xbf"


def read_csv_file(path: Path) -> pd.DataFrame:
    """Read a CSV file.

    Parameters
    ----------
    path : Path
        UTF-8 text separated by commas, with a header.

    Returns
    -------
    DataFrame
        Text columns as str, numbers rounded correctly; an empty text is "", an empty number NaN.

    Raises
    ------
    DataError
        If it is empty, in another encoding, separated by something else, or has a row with more or fewer cells than the
        header; the message names the file and the line.
    OSError
        If it cannot be opened.
    """
    content = _utf8(path)
    header = content.split(b"\n", 1)[0].decode()
    if "," not in header:
        for separator, name in OTHER_SEPARATORS.items():
            if separator in header:
                said = f"{path.name} is separated by {name}. Save it separated by commas."
                raise DataError(said, check="D104")
    n_rows = _refuse_ragged(content, path.name)
    columns = next(csv.reader([header]))
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:  # pandas would call the second one by another name
        hint = YFINANCE if columns[0] in ("Price", "Ticker") else "Keep one."
        raise DataError(f"{path.name}: column {twice[0]!r} stands twice. {hint}", check="D106")
    empty = {column: [""] if column in TEXT_COLUMNS else MISSING_NUMBERS for column in columns}
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            dtype=dict.fromkeys(TEXT_COLUMNS, "str"),
            keep_default_na=False,
            na_values=empty,
            low_memory=False,
            index_col=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"{path.name} cannot be read: {reason_of(error)}", check="D105") from error
    if len(table) != n_rows:
        said = f"{path.name} has {n_rows} rows, but {len(table)} are read: a quote is not closed. Mend it."
        raise DataError(said, check="D105")
    return table


def _utf8(path: Path) -> bytes:
    """Read a file that has to be UTF-8, and give its lines one kind of end."""
    content = path.read_bytes()
    if not content.strip():
        raise DataError(f"{path.name} is empty. Add rows, or leave it out.", check="D102")
    encoding = MARKS.get(content[:2])
    if encoding is None and b"\0" in content:
        encoding = "UTF-16, or no text at all"
    if encoding is not None:
        raise DataError(f"{path.name} is no UTF-8 text: it looks like {encoding}. Save it as UTF-8.", check="D103")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = f"{path.name}, line {line} is no UTF-8 text (byte 0x{content[error.start]:02x}). Save it as UTF-8."
        raise DataError(said, check="D103") from error
    content = content.removeprefix(UTF8_MARK)
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def _refuse_ragged(content: bytes, name: str) -> int:
    """Raise at the first row that has not as many cells as the header; give the number of rows."""
    if b'"' in content:
        return _refuse_ragged_quoted(content.decode(), name)
    signs = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(signs == ord("\n"))
    starts = np.concatenate([[0], ends + 1])
    starts = starts[starts < len(signs)]  # no line begins after the last end
    n_cells = np.add.reduceat(signs == ord(","), starts, dtype=np.int32) + 1
    is_blank = signs[starts] == ord("\n")
    wrong = np.flatnonzero((n_cells != n_cells[0]) & ~is_blank)
    if len(wrong):
        _raise_ragged(name, int(wrong[0]) + 1, int(n_cells[wrong[0]]), int(n_cells[0]))
    return int((~is_blank).sum()) - 1


def _refuse_ragged_quoted(text: str, name: str) -> int:
    n_rows, n_wanted, line = -1, 0, 1
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for cells in reader:
            if cells:
                n_wanted = n_wanted or len(cells)
                n_rows += 1
                if len(cells) != n_wanted or any("\n" in cell for cell in cells):
                    _raise_ragged(name, line, len(cells), n_wanted)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{name}, line {line}: a quote is not closed, or stands within a cell. Mend it.", check="D105"
        ) from error
    return n_rows


def _raise_ragged(name: str, line: int, n_cells: int, n_wanted: int) -> None:
    if n_cells == n_wanted:
        raise DataError(f"{name}, line {line}: a quote is closed on a later line. Mend it.", check="D105")
    said = f"{name}, line {line} has {n_cells} cells, but its header has {n_wanted}. Mend it."
    raise DataError(said, check="D105")
