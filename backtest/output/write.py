"""Writing what a run leaves."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from backtest.output.csv_text import csv_text
from backtest.output.documents import json_text, summary_document
from backtest.output.manifest_format import Request
from backtest.output.provenance import manifest
from backtest.output.run_folder import SEAL, write_sealed
from backtest.result import BacktestResult
from backtest.run import RotationResult
from backtest.tuning.history import UNKNOWN, History

# Of every run, in the order in which they are written.
TABLES: Mapping[str, Callable[[BacktestResult], str]] = {
    "nav.csv": lambda result: csv_text(_nav(result)),
    "weights.csv": lambda result: csv_text(result.weights),
    "trades.csv": lambda result: csv_text(result.trades, index=False),
    "costs.csv": lambda result: csv_text(result.costs),
    "bridge.csv": lambda result: csv_text(result.bridge),
    "statement.csv": lambda result: csv_text(result.statement),
    "actions.csv": lambda result: csv_text(result.actions, index=False),
    "log.csv": lambda result: csv_text(result.log, index=False),
}


def write_run(
    result: BacktestResult,
    folder: Path,
    *,
    ledger: bool = False,
    figures: tuple[str, ...] = (),
    request: Request | None = None,
    tried: History = UNKNOWN,
) -> list[Path]:
    """Write everything a reader of a run needs, whole or not at all.

    Parameters
    ----------
    result : BacktestResult
    folder : Path
        Made if need be; the run in it is replaced, and files that no run wrote stay.
    ledger : bool
        Write ledger.txt too, the run told event by event: seconds and a megabyte on a long one.
    figures : tuple of {"svg", "png", "pdf"}
        Write figures for a paper too, in each of these formats.
    request : Request, optional
        What was asked for, for the manifest: without it `eastbound repeat` has to be told where the data are.
    tried : History
        What else was tried on the data, for the report; it stands in the manifest, so that the run repeats.

    Returns
    -------
    list of Path
        Of a thesis report.html first; of any run summary.json, the tables, figures and ledger.txt where asked for, and
        manifest.json last.

    Raises
    ------
    BacktestError
        If the folder cannot be written: the run that it held is then untouched.
    DataError
        If another process goes on writing into it.

    See Also
    --------
    backtest.output.run_folder : How a killed process leaves no half of a run.
    """
    files = contents(result, ledger=ledger, figures=figures, tried=tried)
    seal = manifest(result, request, written=files, ledger=ledger, figures=figures, tried=tried)
    write_sealed(folder, files, json_text(seal).encode())
    return [folder / name for name in (*files, SEAL)]


def contents(
    result: BacktestResult, *, ledger: bool = False, figures: tuple[str, ...] = (), tried: History = UNKNOWN
) -> dict[str, bytes]:
    """Give the files of a run, the manifest left out.

    Parameters
    ----------
    result : BacktestResult
    ledger : bool
    figures : tuple of {"svg", "png", "pdf"}
    tried : History

    Returns
    -------
    dict of str to bytes
        By name.
    """
    files = dict[str, bytes]()
    if isinstance(result, RotationResult):
        from backtest.report.page import render_page  # plotly takes time to import

        files["report.html"] = render_page(result, tried).encode()
    files["summary.json"] = json_text(summary_document(result)).encode()
    files |= {name: write(result).encode() for name, write in TABLES.items()}
    if figures:
        from backtest.report.figures import figure_files  # matplotlib takes time to import

        for kind in dict.fromkeys(figures):
            files |= figure_files(result, kind)
    if ledger:
        from backtest.report.statement import ledger_text

        files["ledger.txt"] = (ledger_text(result) + "\n").encode()
    return files


def _nav(result: BacktestResult) -> pd.DataFrame:
    """NAV of the run, and of its references beside it."""
    if not isinstance(result, RotationResult):
        return result.nav.to_frame()
    return pd.DataFrame({"rotation": result.nav} | {name: one.nav for name, one in result.references.items()})
