"""What a run leaves on disk: page, summary, series, trades, manifest."""

import hashlib
import json
import math
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from backtest.errors import BacktestError
from backtest.result import BacktestResult
from backtest.run import RotationResult
from data.fingerprint import market_hash
from data.storage.atomic import remove_abandoned, replacing

LIBRARIES = ("numpy", "pandas", "numba", "exchange_calendars", "pydantic")


def write_run(result: BacktestResult, folder: Path, *, ledger: bool = False, source: Path | None = None) -> list[Path]:
    """Write everything a reader of a run needs.

    Parameters
    ----------
    result : BacktestResult
    folder : Path
        Made if need be; files of an earlier run in it are replaced or removed.
    ledger : bool
        Write ledger.txt too, the run told event by event: seconds and a megabyte on a long one.
    source : Path, optional
        Python file of the strategy, for the manifest.

    Returns
    -------
    list of Path
        Of a thesis report.html; of any run summary.json, nav.csv, weights.csv, trades.csv, bridge.csv, statement.csv,
        actions.csv, log.csv and manifest.json.

    Raises
    ------
    BacktestError
        If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder)
        for name in ("report.html", "ledger.txt"):  # not every run writes them: one of an earlier run would mislead
            (folder / name).unlink(missing_ok=True)
        written = []
        if isinstance(result, RotationResult):
            from backtest.report.page import render_page  # plotly takes time to import

            written.append(_write(folder / "report.html", render_page(result)))
        written += [
            _write(folder / "summary.json", _json(summary_document(result))),
            _write(folder / "nav.csv", _nav_table(result)),
            _write(folder / "weights.csv", result.weights.to_csv(lineterminator="\n")),
            _write(folder / "trades.csv", result.trades.to_csv(index=False, lineterminator="\n")),
            _write(folder / "bridge.csv", result.bridge.to_csv(lineterminator="\n")),
            _write(folder / "statement.csv", result.statement.to_csv(lineterminator="\n")),
            _write(folder / "actions.csv", result.actions.to_csv(index=False, lineterminator="\n")),
            _write(folder / "log.csv", result.log.to_csv(index=False, lineterminator="\n")),
            _write(folder / "manifest.json", _json(manifest(result, source))),
        ]
        if ledger:
            from backtest.report.statement import ledger_text

            written.append(_write(folder / "ledger.txt", ledger_text(result) + "\n"))
    except OSError as error:
        raise BacktestError(f"{folder} cannot be written: {error.strerror}. Choose another with --out.") from error
    return written


def _write(path: Path, text: str) -> Path:
    with replacing(path) as place:
        place.write_text(text, encoding="utf-8")
    return path


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(_plain(document), indent=2, sort_keys=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn mappings, tuples and numbers into what JSON knows; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _nav_table(result: BacktestResult) -> str:
    if not isinstance(result, RotationResult):
        return result.nav.to_csv(lineterminator="\n")
    table = result.nav.to_frame("rotation")
    for name, reference in result.references.items():
        table[name] = reference.nav
    return table.to_csv(lineterminator="\n")


def summary_document(result: BacktestResult) -> dict[str, Any]:
    """Give the measures of a run and its references.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    dict
        JSON-ready but for NaN; `rotation` and each of `references` map measures to numbers. Of a run that is no
        thesis, `strategy` does, and there are no references.
    """
    if isinstance(result, RotationResult):
        source, destination = result.average_shares
        thesis = {"thesis": result.thesis.name}
        measures = {
            "rotation": dict(result.summary()),
            "references": {name: dict(one.summary()) for name, one in result.references.items()},
            "average_shares": {"source": source, "destination": destination},
            "timing_against_constant_mix": dict(result.timing),
        }
    else:
        thesis, measures = {}, {"strategy": dict(result.summary())}
    return {
        **thesis,
        "market": result.market.name,
        "synthetic": result.market.synthetic,
        "first_date": str(result.dates[0].date()),
        "last_date": str(result.dates[-1].date()),
        "base_currency": result.config.base_currency,
        **measures,
        "costs_by_kind": {kind: float(paid) for kind, paid in result.costs.sum().items() if paid},
        "notes": list(result.notes),
        "left_out": list(result.market.left_out),
        "warnings": list(result.market.warnings),
    }


def manifest(result: BacktestResult, source: Path | None = None) -> dict[str, Any]:
    """Say how a run can be repeated.

    Parameters
    ----------
    result : BacktestResult
    source : Path, optional
        Python file of the strategy.

    Returns
    -------
    dict
        Versions, data, thesis and settings.
    """
    thesis = getattr(result, "thesis", None)
    market = result.market
    versions = {name: version(name) for name in LIBRARIES}
    try:
        versions["eastbound"] = version("eastbound")
    except PackageNotFoundError:  # run from a source tree that is not installed
        versions["eastbound"] = "unknown"
    return {
        "eastbound": versions.pop("eastbound"),
        "python": platform.python_version(),
        "libraries": versions,
        "market": {
            "name": market.name,
            "synthetic": market.synthetic,
            "price_basis": market.price_basis,
            "sha256": market_hash(market),
            "start": str(market.start),
            "end": str(market.end),
            "holdable": list(market.holdable),
        },
        "thesis": None if thesis is None else thesis.model_dump(mode="python"),
        **({} if source is None else {"strategy": _fingerprint(source)}),
        "run": result.config.model_dump(),
    }


def _fingerprint(file: Path) -> dict[str, str]:
    return {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
