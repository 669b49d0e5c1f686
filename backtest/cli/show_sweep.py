"""What the terminal shows of a sweep."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from backtest.cli.show import COLUMNS, MOST_WARNINGS, written_measures
from backtest.metrics.returns import A_YEAR

if TYPE_CHECKING:
    from backtest.tuning.result import SweepResult

SIMPLE = {name for name, _ in COLUMNS}


def print_sweep(
    found: "SweepResult",
    name: str,
    top: list[int],
    own: Mapping[str, float] | None,
    out: Path | None,
    warnings: list[str],
    *,
    by: str,
) -> None:
    """Print the best candidates of a sweep beside the median one and the thesis' own settings.

    Parameters
    ----------
    found : SweepResult
    name : str
        As the strategy was asked for.
    top : list of int
        The best candidates, those without the measure left out.
    own : mapping of str to float, optional
        Measures of the thesis' own settings.
    out : Path, optional
        Folder of the results.
    warnings : list of str
        What is wrong with the trial ledger.
    by : str
        The measure.
    """
    from backtest.report.sweep.labels import spoken
    from backtest.tuning.analysis.landscape import spread
    from backtest.tuning.grids.parameter_values import text_of

    console, table = Console(markup=False), found.table
    if found.market.synthetic:
        console.print("SYNTHETIC MARKET: made-up prices; nothing here is a real figure.", style="bold")
    n = found.space.n
    console.print(f"{name}: {n:,} candidates", soft_wrap=True, highlight=False, style="bold")
    years = float(table["years"].max())
    basis = "a year" if years >= A_YEAR else "over the whole period, which is under a year"
    first, last = found.dates[0].date(), found.dates[-1].date()
    period = f"{found.market.name}, {first} to {last}; return, turnover and cost {basis}"
    console.print(period, soft_wrap=True, highlight=False)
    if not top:
        console.print(f"No candidate has a {spoken(by)}: nothing is ranked.", highlight=False)
    else:
        measures = {place: _row(table, candidate) for place, candidate in _places(found, top, by).items()}
        if own is not None:
            measures["own settings"] = dict(own)
        _print_measures(console, measures, None if by in SIMPLE and years >= A_YEAR else by)
        for place, candidate in zip(measures, top, strict=False):
            said = ", ".join(f"{key} = {text_of(value)}" for key, value in found.space.settings(candidate).items())
            console.print(f"{place}: candidate {candidate:,}: {said}", soft_wrap=True, highlight=False)
        if own:
            better = spread(table, by, own.get(by, math.nan))["percentile"]
            if np.isfinite(better):
                console.print(
                    f"The thesis' own settings have a {spoken(by)} better than {better:.1%} of all.", highlight=False
                )
    for warning in warnings[:MOST_WARNINGS]:
        console.print(f"warning: {warning}", soft_wrap=True, highlight=False)
    for line in _work(found):
        console.print(line, soft_wrap=True, highlight=False)
    if out is not None:
        report = out / "report.html"
        console.print(f"report: {report}" if report.exists() else f"files: {out}", soft_wrap=True, highlight=False)


def _places(found: "SweepResult", top: list[int], by: str) -> dict[str, int]:
    """Say which candidates are shown: the best, and the median of those that have the measure."""
    ranked = found.ranking(by)
    n_ranked = int(np.isfinite(found.table[by].to_numpy()).sum())
    places = {"best" if place == 1 else f"best, {place}": candidate for place, candidate in enumerate(top, start=1)}
    return places | {"median": int(ranked[(n_ranked - 1) // 2])}


def _print_measures(console: Console, measures: Mapping[str, Mapping[str, float]], more: str | None) -> None:
    """Print a row of measures each, and one measure more."""
    from backtest.report.sweep.labels import label, measured

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for _, head in COLUMNS:
        table.add_column(head, justify="right", no_wrap=True)
    if more is not None:
        table.add_column(label(more), justify="right", no_wrap=True)
    for place, row in measures.items():
        added = [] if more is None else [str(measured(more, row.get(more, math.nan)))]
        table.add_row(place, *written_measures(row), *added, style="bold" if place == "best" else "")
    console.print(table)


def _row(table: pd.DataFrame, candidate: int) -> dict[str, float]:
    """Read the measures of a candidate."""
    return {str(name): float(table[name].iloc[candidate]) for name in table.columns if "." not in str(name)}


def _work(found: "SweepResult") -> list[str]:
    """Say what was run, how fast, and what was there already."""
    n, n_made = found.space.n, found.n_made
    if not n_made:
        return [f"The sweep was finished already: all {n:,} candidates were there, and nothing was run."]
    lines = []
    if n_made < n:
        lines.append(f"{n - n_made:,} candidates were there already, and were kept.")
    if found.store.damaged:
        some = len(found.store.damaged)
        lines.append(f"{some} damaged {'part was' if some == 1 else 'parts were'} made again.")
    rate = n_made / found.seconds
    return [*lines, f"{n_made:,} candidates in {found.seconds:.1f} s, {rate:,.0f} a second, preparation included"]
