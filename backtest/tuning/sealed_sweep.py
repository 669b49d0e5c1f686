"""A finished sweep in its folder: its files, and the seal that lists them.

The files are made inside the folder of parts, onto the disk, and the seal last: this is the instant at which the sweep
is finished. Then they move to their places, the seal last again, and the parts go. A process that dies before the seal
leaves the parts; one that dies after it a move that whoever opens the folder next finishes.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.output.documents import json_text
from backtest.output.run_folder import sealed_names, sync
from backtest.tuning.assembly import read_table
from backtest.tuning.part_files import array_file
from backtest.tuning.parts import Layout
from data.storage.atomic import replacing

PARTS = "parts"
SEAL = "sweep.json"
TABLE = "table.parquet"
CSV = "table.csv"
FORMAT = 1  # of sweep.json: counted up whenever a key changes its meaning or goes
AT_ONCE = 1 << 22  # bytes


def seal(parts: Path, names: Iterable[str], document: Mapping[str, Any]) -> None:
    """Bring finished files onto the disk, and list them: from here on the sweep is finished.

    Parameters
    ----------
    parts : Path
        Folder of the parts, in which they are.
    names : iterable of str
    document : mapping
        What else the seal says.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    names = list(names)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        digests = list(pool.map(lambda name: _onto_disk(parts / name), names))
    files = {
        name: {"bytes": (parts / name).stat().st_size, "sha256": digest}
        for name, digest in zip(names, digests, strict=True)
    }
    with replacing(parts / SEAL) as unfinished:
        unfinished.write_text(json_text({"format": FORMAT, **document, "files": files}), encoding="utf-8")
    sync(parts)


def move_out(folder: Path) -> None:
    """Put the files of a finished sweep into their places. Every step may have been done before.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
        If that fails; what is left of it can be done later.
    """
    parts = folder / PARTS
    if (parts / SEAL).exists():
        for name in sealed_names((parts / SEAL).read_bytes()):
            if (parts / name).exists():
                (parts / name).replace(folder / name)
        sync(folder)  # every file is in its place before the seal is
        (parts / SEAL).replace(folder / SEAL)
        sync(folder)
    if (folder / SEAL).exists():
        shutil.rmtree(parts, ignore_errors=True)


class SealedSweep:
    """A finished sweep; its files are read when asked for.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    BacktestError
        If the seal cannot be read, or a file that it lists is missing or of another size.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self.document: dict[str, Any] = json.loads((folder / SEAL).read_bytes())
            self._files = {name: (one["bytes"], one["sha256"]) for name, one in self.document["files"].items()}
            self.identity: dict[str, str] = self.document["identity"]
        except OSError as error:
            raise BacktestError(f"{folder / SEAL} cannot be read: {error.strerror or error}.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BacktestError(
                f"{folder / SEAL} is not what a sweep wrote. Choose another folder with --out."
            ) from error
        for name, (size, _) in self._files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != size:
                what = "was edited after the sweep" if path.exists() else "is missing"
                raise BacktestError(
                    f"{folder} is no longer the sweep that was written: {name} {what}. Put it back, or remove {SEAL} "
                    "and the files that it lists, and sweep again."
                )

    def verify(self) -> None:
        """Hold every byte against the seal.

        Raises
        ------
        BacktestError
            If a file was edited.
        """
        for name, (_, sha256) in self._files.items():
            if _digest(self._folder / name) != sha256:
                raise BacktestError(f"{self._folder / name} was edited after the sweep. Sweep again.")

    def table(self, layout: Layout) -> pd.DataFrame:
        """Read the table.

        Parameters
        ----------
        layout : Layout

        Returns
        -------
        DataFrame
        """
        return read_table(self._folder / TABLE, layout)

    def array(self, name: str) -> NDArray[Any]:
        """Map an array into memory: what is not looked at is not read.

        Parameters
        ----------
        name : str

        Returns
        -------
        ndarray
        """
        found: NDArray[Any] = np.load(self._folder / array_file(name), mmap_mode="r")
        return found


def _onto_disk(path: Path) -> str:
    digest = _digest(path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return digest


def _digest(path: Path) -> str:
    digest, content = hashlib.sha256(), bytearray(AT_ONCE)
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(content):
            digest.update(memoryview(content)[:n])
    return digest.hexdigest()
