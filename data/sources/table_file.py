"""One file of a table: CSV, a large one parsed once and kept by content, or Parquet."""

from pathlib import Path

import pandas as pd

from data.errors import DataError
from data.sources.csv_file import read_csv_file
from data.storage.tables import parsed
from data.wording import reason_of

SUFFIXES = (".csv", ".parquet")
# A CSV file of fewer bytes is parsed as fast as a cached one is read, in 3 ms; to keep it would take four times that.
SMALL_BYTES = 250_000


def table_files(folder: Path, pattern: str) -> list[Path]:
    """Find the files of a table.

    Parameters
    ----------
    folder : Path
    pattern : str
        Without its ending, such as "prices*".

    Returns
    -------
    list of Path
        Sorted.
    """
    return sorted(file for suffix in SUFFIXES for file in folder.glob(f"{pattern}{suffix}"))


def read_table_file(path: Path) -> pd.DataFrame:
    """Read one file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        A frame that was saved with a named index has it as columns.

    Raises
    ------
    DataError
        If it cannot be read; the message names the file.
    """
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _csv(path)
    except DataError:
        raise
    except Exception as error:  # readers raise many kinds; whichever it is, the file is at fault
        raise DataError(f"{path.name} cannot be read: {reason_of(error)}", check="D105") from error
    return frame.reset_index() if any(name is not None for name in frame.index.names) else frame


def _csv(path: Path) -> pd.DataFrame:
    return read_csv_file(path) if path.stat().st_size < SMALL_BYTES else parsed(path, read_csv_file)
