"""What the terminal shows of a sweep."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from backtest.cli.progress import written_rate
from backtest.cli.show import COLUMNS, MOST_WARNINGS, written_measures
from backtest.metrics.returns import A_YEAR

if TYPE_CHECKING:
    from backtest.report.sweep.frames import SweepFrames
    from backtest.tuning.result import SweepResult

SIMPLE = {name for name, _ in COLUMNS}


def print_sweep(
    found: "SweepResult",
    name: str,
    top: list[int],
    frames: "SweepFrames | None",
    out: Path | None,
    warnings: list[str],
    *,
    by: str,
) -> None:
    """Print the best candidates of a sweep beside the median of all and the thesis' own settings.

    Parameters
    ----------
    found : SweepResult
    name : str
        As the strategy was asked for.
    top : list of int
        The best candidates, those without the measure left out.
    frames : SweepFrames, optional
        Of a thesis: knows its own settings.
    out : Path, optional
        Folder of the results.
    warnings : list of str
        What is wrong with the trial ledger.
    by : str
        The measure.
    """
    from backtest.report.sweep.cautions import annualised, cautions
    from backtest.report.sweep.labels import spoken
    from backtest.report.sweep.origin import origin, outcomes
    from backtest.report.sweep.ranks import ranked_as
    from backtest.report.writing import counted
    from backtest.tuning.analysis.axes import parameters
    from backtest.tuning.analysis.outcomes import n_outcomes
    from backtest.tuning.failures import in_words
    from backtest.tuning.grids.parameter_values import text_of

    console, table = Console(markup=False, emoji=False), found.table
    if found.market.synthetic:
        console.print("SYNTHETIC MARKET: made-up prices; nothing here is a real figure.", style="bold")
    space = found.space
    console.print(f"{name}: {counted(space.n, 'candidate')}", soft_wrap=True, highlight=False, style="bold")
    if space.draw is not None or space.conditions:
        console.print(origin(space), soft_wrap=True, highlight=False)
    years = float(table["years"].max())
    basis = "a year" if years >= A_YEAR else "over the whole period, which is under a year"
    first, last = found.dates[0].date(), found.dates[-1].date()
    period = f"{found.market.name}, {first} to {last}; return, turnover and cost {basis}"
    console.print(period, soft_wrap=True, highlight=False)
    if not top:
        console.print(f"No candidate has a {spoken(by)}: nothing is ranked.", highlight=False)
    else:
        places = {"best" if place == 1 else f"best, {place}": candidate for place, candidate in enumerate(top, start=1)}
        measures = {place: _row(table, candidate) for place, candidate in places.items()}
        measures["median"] = _medians(table, by)
        if frames is not None and frames.own:
            measures["own settings"] = dict(frames.own)
        _print_measures(console, measures, None if by in SIMPLE and years >= A_YEAR else by)
        told = ["Median: of each measure by itself, over all candidates."]
        n_different = n_outcomes(table) if frames is None else frames.n_outcomes
        different = outcomes(space.n - len(found.failed), n_different, space.n)
        told += [different] if different else []
        told += [annualised(by, years)] if years < A_YEAR else []
        for place, candidate in places.items():
            said = ", ".join(f"{key} = {text_of(value)}" for key, value in space.settings(candidate).items())
            told.append(f"{place}: candidate {candidate:,}: {said}")
        if frames is not None:
            ranked = ranked_as(frames.spread, is_candidate=frames.own_candidate is not None)
            told += [f"The thesis' own settings by {spoken(by)}: {ranked}."] if ranked else []
        told += [f"warning: {caution}" for caution in cautions(parameters(table))]
        for line in told:
            console.print(line, soft_wrap=True, highlight=False)
    if len(found.failed):
        console.print(f"warning: {in_words(table, found.failures(1))}", soft_wrap=True, highlight=False)
    for warning in warnings[:MOST_WARNINGS]:
        console.print(f"warning: {warning}", soft_wrap=True, highlight=False)
    for line in _work(found):
        console.print(line, soft_wrap=True, highlight=False)
    if out is not None:
        report = out / "report.html"
        console.print(f"report: {report}" if report.exists() else f"files: {out}", soft_wrap=True, highlight=False)


def _medians(table: pd.DataFrame, by: str) -> dict[str, float]:
    """Give the median of each measure that is shown, of the candidates that have it."""
    names = dict.fromkeys((*SIMPLE, "total_return", "years", by))
    columns = {name: table[name].to_numpy(dtype=np.float64) for name in names}
    known = {name: values[np.isfinite(values)] for name, values in columns.items()}
    return {name: float(np.median(values)) if len(values) else math.nan for name, values in known.items()}


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
    from backtest.report.writing import counted

    n, n_made = found.space.n, found.n_made
    if not n_made:
        there = "its candidate was" if n == 1 else f"all {n:,} candidates were"
        return [f"The sweep was finished already: {there} there, and nothing was run."]
    lines = []
    if n_made < n:
        kept = "1 candidate was" if n - n_made == 1 else f"{n - n_made:,} candidates were"
        lines.append(f"{kept} there already, and kept.")
    if found.store.damaged:
        some = len(found.store.damaged)
        lines.append(f"{some} damaged {'part was' if some == 1 else 'parts were'} made again.")
    made, rate = counted(n_made, "candidate"), n_made / found.seconds
    return [*lines, f"{made} in {found.seconds:.1f} s, {written_rate(rate)} a second, preparation included"]
