"""A run read back from its folder, as it was written."""

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backtest.errors import BacktestError
from backtest.output.manifest_format import Manifest
from backtest.output.run_folder import SEAL, readable

# Columns of trades.csv that hold no numbers.
STAMPS, TEXTS = ("decided", "filled"), ("symbol", "venue", "side", "currency")


@dataclass(frozen=True)
class SavedRun:
    """A run in a folder; tables are read when asked for, and refused if they have changed since they were written.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    """

    folder: Path
    manifest: Manifest

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Its measures, as in summary.json; NaN is None."""
        document: dict[str, Any] = json.loads(self._read("summary.json"))
        return document

    @cached_property
    def nav(self) -> pd.DataFrame:
        """NAV by date, base currency: `rotation` and its references; of a run that is no thesis `nav` alone."""
        return self._by_date("nav.csv")

    @cached_property
    def weights(self) -> pd.DataFrame:
        """Fractions of NAV by date, one column a name."""
        return self._by_date("weights.csv")

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Costs by date and kind, base currency, positive when paid."""
        return self._by_date("costs.csv")

    @cached_property
    def bridge(self) -> pd.DataFrame:
        """Each date's change of NAV by cause, base currency."""
        return self._by_date("bridge.csv")

    @cached_property
    def trades(self) -> pd.DataFrame:
        """Fills, as `BacktestResult.trades`."""
        trades = pd.read_csv(io.BytesIO(self._read("trades.csv")))
        # Of a run that never traded nothing in the file tells stamps and numbers from text.
        for column in trades.columns.difference(list(TEXTS)):
            is_stamp = column in STAMPS
            trades[column] = pd.to_datetime(trades[column], utc=True) if is_stamp else trades[column].astype(np.float64)
        return trades

    def _by_date(self, name: str) -> pd.DataFrame:
        content = io.BytesIO(self._read(name))
        return pd.read_csv(content, index_col="date", parse_dates=True)

    def _read(self, name: str) -> bytes:
        if name not in self.manifest.files:
            raise BacktestError(f"{self.folder} has no {name}: the run was written without it. Run again.")
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise BacktestError(f"{self.folder / name} cannot be read: {error.strerror or error}.") from error
        if hashlib.sha256(content).hexdigest() != self.manifest.files[name].sha256:
            raise BacktestError(f"{self.folder / name} has changed since it was opened. Open the folder again.")
        return content


def open_run(folder: Path) -> SavedRun:
    """Open the folder of a run.

    Parameters
    ----------
    folder : Path
        An interrupted writing of it is finished first.

    Returns
    -------
    SavedRun

    Raises
    ------
    BacktestError
        If it is no folder of a run, its manifest cannot be read, or a file is missing or has changed since.
    DataError
        If another process goes on writing into it.
    """
    sealed, wrong = read_sealed(folder)
    if wrong:
        raise BacktestError(
            f"{folder} is no longer the run that was written: {'; '.join(wrong.values())}. Put it back, or run again."
        )
    return SavedRun(folder, sealed)


def read_sealed(folder: Path) -> tuple[Manifest, dict[str, str]]:
    """Read the manifest of a run, and hold its files against it.

    Parameters
    ----------
    folder : Path
        An interrupted writing of it is finished first.

    Returns
    -------
    manifest : Manifest
    wrong : dict of str to str
        What is wrong with a file, by name; empty where the run is whole.

    Raises
    ------
    BacktestError
        If there is no manifest, or it cannot be read.
    DataError
        If another process goes on writing into the folder.
    """
    if not folder.is_dir():
        raise BacktestError(f"{folder} is no folder. Give one that `eastbound run --out` wrote.")
    with readable(folder):
        try:
            text = (folder / SEAL).read_bytes()
        except FileNotFoundError as error:
            raise BacktestError(
                f"{folder} holds no run: {SEAL}, which seals one, is missing. Give a folder that `eastbound run` wrote."
            ) from error
        except OSError as error:
            raise BacktestError(f"{folder / SEAL} cannot be read: {error.strerror or error}.") from error
        sealed = Manifest.read(text, folder / SEAL)
        return sealed, _unsealed(folder, sealed)


def _unsealed(folder: Path, sealed: Manifest) -> dict[str, str]:
    wrong = dict[str, str]()
    for name, stated in sealed.files.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            wrong[name] = f"{name} is missing" if missing else f"{name} cannot be read: {error.strerror or error}"
            continue
        if hashlib.sha256(content).hexdigest() != stated.sha256:
            wrong[name] = f"{name} was edited after the run"
    return wrong
