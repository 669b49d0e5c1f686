"""What made a run: manifest.json, from which `eastbound repeat` makes it again.

There is no time in it, so that it repeats byte for byte as well; and no path but those that the user wrote.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from backtest.errors import BacktestError
from backtest.output.run_folder import is_plain
from backtest.result import BacktestResult
from backtest.run import RotationResult
from data.demo.market import NAME as DEMO
from data.demo.market import SEED
from data.demo.parameters import FILE
from data.fingerprint import market_hash, part_hashes
from strategies.refusals import refusal

FORMAT = 1  # of manifest.json
# Those whose version may change a byte of some file of a run.
LIBRARIES = (
    *("exchange_calendars", "jinja2", "llvmlite", "numba", "numpy", "pandas", "plotly", "pyarrow"),
    "pydantic",
)
COMPILED = (".pyc", ".nbi", ".nbc")
PACKAGES = ("data", "strategies", "backtest")


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


def manifest(
    result: BacktestResult,
    request: Request | None = None,
    *,
    written: Mapping[str, bytes] | None = None,
    ledger: bool = False,
    figures: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Say what made a run, and how it can be repeated.

    Parameters
    ----------
    result : BacktestResult
    request : Request, optional
        What was asked for on the command line; without it the manifest says that the run was made from Python.
    written : mapping of str to bytes, optional
        Files of the run, by name.
    ledger : bool
    figures : tuple of str

    Returns
    -------
    dict
        The fields of `Manifest`.

    Raises
    ------
    BacktestError
        If the strategy's file cannot be read any more.
    """
    market = result.market
    return {
        "format": FORMAT,
        **versions(figures),
        "market": {
            "name": market.name,
            "asked": None if request is None else request.data.model_dump(),
            "synthetic": None if not market.synthetic else _synthesis(market.name),
            "price_basis": market.price_basis,
            "start": str(market.start),
            "end": str(market.end),
            "holdable": list(market.holdable),
            "sha256": market_hash(market),
            "parts": part_hashes(market),
        },
        "thesis": result.thesis.model_dump(mode="python") if isinstance(result, RotationResult) else None,
        "strategy": None if request is None else strategy_part(request.strategy, request.changes),
        "run": result.config.model_dump(),
        "ledger": ledger,
        "figures": list(figures),
        "files": {name: file_part(content) for name, content in sorted((written or {}).items())},
    }


def versions(figures: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the versions that may change a byte of a run.

    Parameters
    ----------
    figures : tuple of str
        Formats of figures asked for: without any, matplotlib is not used.

    Returns
    -------
    dict
        `eastbound`, `source`, `python`, `libraries` (by name) and `platform`.
    """
    libraries = (*LIBRARIES, "matplotlib") if figures else LIBRARIES
    return {
        "eastbound": _version("eastbound"),
        "source": _source(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in libraries},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def strategy_part(asked: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give the strategy as asked for, with the SHA-256 of its file.

    Parameters
    ----------
    asked : str
        Name of a thesis, or a file.
    changes : mapping
        Settings changed.

    Returns
    -------
    dict
        The fields of `StrategyPart`.

    Raises
    ------
    BacktestError
        If the file cannot be read.
    """
    path, sha256 = Path(asked), None
    if path.suffix in (".py", ".toml"):
        try:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise BacktestError(f"Strategy file {path} cannot be read: {error.strerror or error}.") from error
    return {"asked": asked, "sha256": sha256, "changes": dict(changes)}


def file_part(content: bytes) -> dict[str, Any]:
    """Give size and SHA-256 of a file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    dict
        The fields of `FilePart`.
    """
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _synthesis(name: str) -> dict[str, Any]:
    """Say how a synthetic market was made: the demo market from a seed, any other in a way of its own."""
    if name != DEMO:
        return {"seed": None, "parameters": None}
    parameters = (files("data") / "demo" / FILE).read_bytes()
    return {"seed": SEED, "parameters": hashlib.sha256(parameters).hexdigest()}


@cache
def _source() -> str:
    """Fingerprint our own files: a version stays the same while one works on it."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[2]
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*") if path.is_file()):
        if path.suffix not in COMPILED:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a source tree that is not installed, or a library not asked for
        return "unknown"
