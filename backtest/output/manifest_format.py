"""The form of manifest.json, as it is written and read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from backtest.errors import BacktestError
from backtest.output.run_folder import is_plain
from strategies.refusals import refusal

FORMAT = 2  # counted up whenever a key changes its meaning, comes or goes


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Asked(_Part):
    """Which data were asked for, as the user wrote it.

    Attributes
    ----------
    market : str
        Name of an embedded market, or a folder.
    universe, start, end : str or None
    """

    market: str
    universe: str | None = None
    start: str | None = None
    end: str | None = None


class Request(_Part):
    """What was asked for on the command line, as the user wrote it.

    Attributes
    ----------
    strategy : str
        Name of a thesis, or a file.
    data : Asked
    changes : mapping
        Settings changed, by dotted key.
    """

    strategy: str
    data: Asked
    changes: Mapping[str, Any] = {}


class Synthesis(_Part):
    """How a synthetic market was made.

    Attributes
    ----------
    seed : int or None
        None: it has none, or it is not known.
    parameters : str or None
        SHA-256 of the file of parameters.
    """

    seed: int | None
    parameters: str | None


class MarketPart(_Part):
    """The data of a run.

    Attributes
    ----------
    name : str
    asked : Asked or None
        None: the run was made from Python, and where the data came from is not known.
    synthetic : Synthesis or None
        None: the prices are not made up.
    price_basis : str
    start, end : str
    holdable : list of str
    sha256 : str
        See `data.fingerprint.market_hash`.
    parts : mapping of str to str
        SHA-256 of each part of the data.
    """

    name: str
    asked: Asked | None
    synthetic: Synthesis | None
    price_basis: str
    start: str
    end: str
    holdable: list[str]
    sha256: str
    parts: Mapping[str, str]


class StrategyPart(_Part):
    """The strategy as it was asked for.

    Attributes
    ----------
    asked : str
    sha256 : str or None
        Of the file; None where a thesis of the catalogue was named.
    changes : mapping
    """

    asked: str
    sha256: str | None
    changes: Mapping[str, Any]


class TriedPart(_Part):
    """What else had been tried on the data when the run was made; see `backtest.tuning.history.History`.

    Attributes
    ----------
    n_runs, n_sweeps, n_candidates, n_other_data, n_unreadable : int
    """

    n_runs: int
    n_sweeps: int
    n_candidates: int
    n_other_data: int
    n_unreadable: int


class FilePart(_Part):
    """One file of a run.

    Attributes
    ----------
    bytes : int
    sha256 : str
    """

    bytes: int
    sha256: str


class Manifest(_Part):
    """What made a run, and what it left.

    Attributes
    ----------
    format : int
    eastbound, python : str
        Versions.
    source : str
        SHA-256 of Eastbound's own files.
    libraries : mapping of str to str
        Versions.
    platform : str
        System and machine.
    market : MarketPart
    thesis : mapping or None
        All its settings; None where the run is no thesis.
    strategy : StrategyPart or None
        None: the run was made from Python.
    run : mapping
        Settings of the run.
    tried : TriedPart or None
        None: not known.
    ledger : bool
        Whether ledger.txt was asked for.
    figures : list of str
        Formats of figures asked for.
    files : mapping of str to FilePart
        Every file of the run but this one.
    """

    format: int
    eastbound: str
    source: str
    python: str
    libraries: Mapping[str, str]
    platform: str
    market: MarketPart
    thesis: Mapping[str, Any] | None
    strategy: StrategyPart | None
    run: Mapping[str, Any]
    tried: TriedPart | None
    ledger: bool
    figures: list[str]
    files: Mapping[str, FilePart]

    @field_validator("files")
    @classmethod
    def _plain(cls, files: Mapping[str, FilePart]) -> Mapping[str, FilePart]:
        """Refuse names that lead out of the folder."""
        for name in files:
            if not is_plain(name):
                raise ValueError(f"{name!r} is no plain name of a file")
        return files

    @classmethod
    def read(cls, text: bytes, where: Path) -> "Manifest":
        """Read a manifest.

        Parameters
        ----------
        text : bytes
        where : Path
            For messages.

        Returns
        -------
        Manifest

        Raises
        ------
        BacktestError
            If it is no manifest, of an unknown format, or lacks a key; the message says which.
        """
        try:
            parsed = json.loads(text)
        except ValueError as error:
            raise BacktestError(f"{where} is no manifest: it cannot be read as JSON ({error}).") from error
        if not isinstance(parsed, dict) or "format" not in parsed:
            raise BacktestError(f"{where} is no manifest of this program: key 'format' is missing. Run again.")
        if parsed["format"] != FORMAT:
            raise BacktestError(
                f"{where} has format {parsed['format']!r}, and this version of Eastbound reads format {FORMAT}. "
                f"Use the version that wrote it ({parsed.get('eastbound', 'unknown')}), or run again."
            )
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BacktestError(refusal(error, str(where), cls)) from error
