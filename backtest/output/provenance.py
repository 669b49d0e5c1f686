"""What made a run: manifest.json, from which `eastbound repeat` makes it again.

There is no time in it, so that it repeats byte for byte as well; and no path but those that the user wrote.
"""

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from backtest.errors import BacktestError
from backtest.output.manifest_format import FORMAT, Request
from backtest.result import BacktestResult
from backtest.run import RotationResult
from backtest.tuning.history import UNKNOWN, History
from data.demo.market import NAME as DEMO
from data.demo.market import SEED
from data.demo.parameters import FILE
from data.fingerprint import market_hash, part_hashes

# Those whose version may change a byte of some file of a run.
LIBRARIES = (
    *("exchange_calendars", "jinja2", "llvmlite", "numba", "numpy", "pandas", "plotly", "pyarrow"),
    *("pydantic", "scipy"),
)
# Those that may change an optimiser's answer; PIQP and SCIP, which answer where they are installed, among them.
SOLVERS = ("clarabel", "cvxpy", "highspy", "piqp", "pyscipopt", "scikit-learn", "scs")
COMPILED = (".pyc", ".nbi", ".nbc")
PACKAGES = ("data", "strategies", "backtest")


def manifest(
    result: BacktestResult,
    request: Request | None = None,
    *,
    written: Mapping[str, bytes] | None = None,
    ledger: bool = False,
    figures: tuple[str, ...] = (),
    tried: History = UNKNOWN,
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
    tried : History

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
    solves = isinstance(result, RotationResult) and not result.thesis.allocation.is_simple
    return {
        "format": FORMAT,
        **versions(figures, solves=solves),
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
        "tried": _tried(tried),
        "ledger": ledger,
        "figures": list(figures),
        "files": {name: file_part(content) for name, content in sorted((written or {}).items())},
    }


def versions(figures: tuple[str, ...] = (), *, solves: bool = False) -> dict[str, Any]:
    """Give the versions that may change a byte of a run.

    Parameters
    ----------
    figures : tuple of str
        Formats of figures asked for: without any, matplotlib is not used.
    solves : bool
        Whether an optimiser weighs the names.

    Returns
    -------
    dict
        `eastbound`, `source`, `python`, `libraries` (by name) and `platform`.
    """
    libraries = (*LIBRARIES, *(SOLVERS if solves else ()), *(("matplotlib",) if figures else ()))
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


def _tried(tried: History) -> dict[str, int] | None:
    """Keep the counts, not which lines were unreadable: they name a place on the user's machine."""
    if not tried.is_known:
        return None
    return {name: count for name, count in asdict(tried).items() if name.startswith("n_")}


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
    found = list[Path]()
    for package in PACKAGES:
        for folder, inside, names in os.walk(root / package):
            inside[:] = [name for name in inside if name != "__pycache__"]
            paths = (Path(folder, name) for name in names if not name.endswith(COMPILED))
            found += (path for path in paths if path.is_file())  # editors leave links to nothing
    for path in sorted(found):
        digest.update(path.as_posix().removeprefix(root.as_posix()).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a source tree that is not installed, or a library not asked for
        return "unknown"
