"""A cache of parsed tables, keyed by content: the same bytes are parsed once."""

import contextlib
import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data.storage.atomic import remove_abandoned, replacing
from data.storage.caches import cache_folder

LAYOUT = "tables-1"  # of the cached files
LIMIT_BYTES = 2 * 10**9
# What Parquet gives back to the byte. Anything else is parsed anew each time.
KEPT_DTYPES = frozenset({"int64", "float64", "bool", "str", "category"})


def parsed(
    path: Path,
    read: Callable[[Path], pd.DataFrame],
    *,
    folder: Path | None = None,
    limit_bytes: int = LIMIT_BYTES,
) -> pd.DataFrame:
    """Read a file, from the cache if the same bytes were read before.

    Parameters
    ----------
    path : Path
        A file that takes long to parse, such as a CSV; its name and place do not matter.
    read : callable
        A plain function that gives the table of a path, from its bytes alone. An edit of the file that defines it is
        another key.
    folder : Path, optional
        Where tables are kept; by default in the cache folder of Eastbound.
    limit_bytes : int
        Tables read longest ago go when the cache grows past it; 2 GB by default.

    Returns
    -------
    DataFrame
        As `read` gives it: dtypes, bytes of floats, and the difference between empty text and none included.

    Raises
    ------
    Exception
        Whatever `read` raises; nothing is kept then. A cache that is broken, full or read-only is no error.

    Notes
    -----
    The key holds the content, the reader, and the versions of pandas and pyarrow. lz4 is read twice as fast as zstd
    and takes a fifth more space. Page checksums find a cached file that went bad; it is made again.
    """
    try:
        before = path.stat()
        kept = (folder or cache_folder(LAYOUT)) / f"{_key(path, read)}.parquet"
    except OSError:  # the reader says better what is wrong with the file
        return read(path)
    found = _cached(kept)
    if found is not None:
        return found
    table = read(path)
    if _is_unchanged(path, before) and _comes_back_whole(table):
        _keep(table, kept, limit_bytes)
    return table


def _key(path: Path, read: Callable[[Path], pd.DataFrame]) -> str:
    with path.open("rb") as file:
        content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=32)).digest()
    key = hashlib.blake2b(content, digest_size=20)
    key.update(f"{read.__module__}.{read.__qualname__}".encode())
    source = inspect.getsourcefile(read)
    key.update(Path(source).read_bytes() if source else b"")
    for library in (pd, pa):
        key.update(f"{library.__name__} {library.__version__}".encode())
    return key.hexdigest()


def _cached(kept: Path) -> pd.DataFrame | None:
    """Read a cached table; None where there is none, or no sound one."""
    import pyarrow.parquet as pq  # only files of a user's own need it

    try:
        table: pd.DataFrame = pq.read_table(kept, page_checksum_verification=True).to_pandas()
    except (OSError, pa.ArrowException, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(kept)  # access times are often switched off: the time of change says when it was last read
    return table


def _is_unchanged(path: Path, before: os.stat_result) -> bool:
    """Tell whether what was parsed is what was hashed."""
    try:
        after = path.stat()
    except OSError:
        return False
    return (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def _comes_back_whole(table: pd.DataFrame) -> bool:
    is_plain = isinstance(table.index, pd.RangeIndex) and not table.columns.duplicated().any()
    return is_plain and all(str(dtype) in KEPT_DTYPES for dtype in table.dtypes)


def _keep(table: pd.DataFrame, kept: Path, limit_bytes: int) -> None:
    import pyarrow.parquet as pq

    with contextlib.suppress(OSError, pa.ArrowException):
        with replacing(kept) as place:
            pq.write_table(pa.Table.from_pandas(table), place, compression="lz4", write_page_checksum=True)
        remove_abandoned(kept.parent)
        _forget_oldest(kept.parent, limit_bytes)


def _forget_oldest(folder: Path, limit_bytes: int) -> None:
    """Remove the tables read longest ago until the rest fit; the newest stays whatever its size."""
    found = []
    for path in folder.glob("*.parquet"):
        with contextlib.suppress(FileNotFoundError):  # another process forgot it just now
            state = path.stat()
            found.append((state.st_mtime_ns, state.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found)[:-1]:
        if total <= limit_bytes:
            return
        path.unlink(missing_ok=True)
        total -= size
