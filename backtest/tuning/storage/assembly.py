"""The table of a sweep as files: Parquet, and CSV where asked for, part by part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from backtest.tuning.storage.parts import ColumnType, Layout

Columns = Mapping[str, NDArray[Any]]
READERS = 2  # threads


class TableWriter:
    """The table as Parquet, written part by part, one row group each.

    Parameters
    ----------
    path : Path
    layout : Layout

    Attributes
    ----------
    n_parts : int
        Parts written.

    Notes
    -----
    Floats of measures neither repeat nor compress, and nobody looks for a row by them: a dictionary, statistics and
    compression would double what writing costs and save nothing. Numbers are required columns: a measure that is not
    defined is NaN, no null.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        categories = [name for name, kind in layout.columns.items() if isinstance(kind, pd.CategoricalDtype)]
        options = {"compression": "none", "use_dictionary": categories or False, "write_statistics": False}
        self.n_parts = 0
        self._layout = layout
        self._schema = table_schema(layout)
        self._writer = pq.ParquetWriter(path, self._schema, write_batch_size=layout.part_size, **options)

    def write(self, columns: Columns) -> None:
        """Write the next part.

        Parameters
        ----------
        columns : dict of str to ndarray
            As `Pieces.columns`.
        """
        self._writer.write_table(_arrow(self._layout, self._schema, columns), row_group_size=self._layout.part_size)
        self.n_parts += 1

    def close(self) -> None:
        """Write what a Parquet file ends with; without it nobody can read the file."""
        self._writer.close()


def write_csv(path: Path, layout: Layout, parts: Iterable[Columns]) -> None:
    """Write the table as CSV; an empty cell is NaN or a missing category.

    Parameters
    ----------
    path : Path
    layout : Layout
    parts : iterable of dict of str to ndarray
        Columns of each part in order, as `Pieces.columns`.
    """
    schema = pa.schema([field.with_nullable(True) for field in table_schema(layout)])
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with pyarrow.csv.CSVWriter(path, schema, write_options=options) as writer:
        for part in parts:
            writer.write_table(_arrow(layout, schema, part))


def read_table(path: Path, layout: Layout, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Read the table back, as a sweep in memory has it.

    Parameters
    ----------
    path : Path
    layout : Layout
    names : sequence of str, optional
        Columns; by default all.

    Returns
    -------
    DataFrame
    """
    # Part by part into its place: all at once would be held twice.
    names = list(layout.columns) if names is None else names
    whole: dict[str, NDArray[Any]] = {name: np.empty(layout.n_candidates, layout.column_types[name]) for name in names}

    def read(every: int) -> None:
        numbers = range(every, layout.n_parts, READERS)
        for number, columns in zip(numbers, read_columns(path, layout, names, numbers), strict=True):
            first, last = layout.bounds(number)
            for name, column in columns.items():
                whole[name][first:last] = column

    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(read, range(READERS)))
    return layout.frame(whole)


def read_columns(
    path: Path, layout: Layout, names: Sequence[str] | None = None, numbers: Iterable[int] | None = None
) -> Iterator[Columns]:
    """Read the table back part by part, as it was given.

    Parameters
    ----------
    path : Path
    layout : Layout
    names : sequence of str, optional
        Columns; by default all.
    numbers : iterable of int, optional
        Parts; by default all, in order.

    Yields
    ------
    dict of str to ndarray
        As `Pieces.columns`.

    Raises
    ------
    ValueError
        If a column is missing or of another type.
    """
    names = list(layout.columns) if names is None else names
    wanted = table_schema(layout)
    with pq.ParquetFile(path) as file:
        for name in names:  # checksums are of bytes, and of another type the same bytes are other numbers
            if name not in file.schema_arrow.names or file.schema_arrow.field(name).type != wanted.field(name).type:
                raise ValueError(f"{path.name} has no column {name} of {wanted.field(name).type}")
        for number in range(file.num_row_groups) if numbers is None else numbers:
            table = file.read_row_group(number, columns=names)
            yield {name: _plain(table.column(name), layout.columns[name]) for name in names}


def table_schema(layout: Layout) -> pa.Schema:
    """Give the Arrow schema of the table.

    Parameters
    ----------
    layout : Layout

    Returns
    -------
    pyarrow.Schema
    """
    return pa.schema(
        [
            pa.field(name, pa.dictionary(pa.from_numpy_dtype(dtype), pa.string()), nullable=True)
            if isinstance(layout.columns[name], pd.CategoricalDtype)
            else pa.field(name, pa.from_numpy_dtype(dtype), nullable=False)
            for name, dtype in layout.column_types.items()
        ]
    )


def _arrow(layout: Layout, schema: pa.Schema, part: Columns) -> pa.Table:
    arrays = []
    for name, plain in part.items():
        kind = layout.columns[name]
        if isinstance(kind, pd.CategoricalDtype):
            texts = pa.array([str(one) for one in kind.categories], pa.string())
            arrays.append(pa.DictionaryArray.from_arrays(pa.array(plain, mask=plain < 0), texts, safe=False))
        else:
            # In a column that may have nulls NaN becomes one, which CSV writes as an empty cell.
            is_null = schema.field(name).nullable and plain.dtype.kind == "f"
            arrays.append(pa.array(plain, mask=np.isnan(plain) if is_null else None))
    return pa.table(arrays, schema=schema)


def _plain(column: pa.ChunkedArray, kind: ColumnType) -> NDArray[Any]:
    if isinstance(kind, pd.CategoricalDtype):
        column = column.to_pandas().astype(kind).cat.codes
    plain: NDArray[Any] = column.to_numpy()
    return plain
