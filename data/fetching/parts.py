"""The answers of a fetch kept one by one, so that one that was killed goes on where it stopped."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data.storage.atomic import replacing

LAYOUT = "parts-1"  # of the kept tables


@dataclass(frozen=True, slots=True)
class Parts:
    """Tables of one fetch, by what was asked.

    Attributes
    ----------
    folder : Path
        Made when the first one is kept.
    """

    folder: Path

    def find(self, asked: Sequence[str]) -> pd.DataFrame | None:
        """Give the table kept for a question.

        Parameters
        ----------
        asked : sequence of str

        Returns
        -------
        DataFrame or None
            None where there is none, or no sound one.
        """
        try:
            return pd.read_parquet(self._path(asked))
        except (OSError, ValueError, pa.ArrowException):
            return None

    def keep(self, asked: Sequence[str], table: pd.DataFrame) -> None:
        """Keep the table of a question, whole or not at all.

        Parameters
        ----------
        asked : sequence of str
        table : DataFrame
            Its `attrs` are kept too.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._path(asked)) as place:
            table.to_parquet(place, index=False)

    def clear(self) -> None:
        """Forget all of them: the fetch is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, asked: Sequence[str]) -> Path:
        question = json.dumps([LAYOUT, *asked]).encode()
        return self.folder / f"{hashlib.blake2b(question, digest_size=16).hexdigest()}.parquet"
