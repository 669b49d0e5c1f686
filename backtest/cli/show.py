"""What the terminal shows."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from backtest.prove import Proof
    from backtest.result import BacktestResult
    from backtest.tuning.history import History
    from data.market import MarketData

MAX_LEAKS = 10
MOST_WARNINGS = 3  # that the terminal shows in full
# Under a year nothing is annualised: the whole period is shown instead.
SHORT = {"annual_return": "total_return", "volatility": None, "sharpe": None}
COLUMNS = (
    ("annual_return", "return"),
    ("volatility", "vol"),
    ("sharpe", "Sharpe"),
    ("max_drawdown", "drawdown"),
    ("turnover", "turnover"),
    ("cost_annual", "cost"),
)
PLAIN = {"sharpe", "turnover"}


def print_run(
    result: "BacktestResult",
    name: str,
    files: list[Path],
    tried: "History",
    warnings: list[str],
    *,
    loading: float,
    running: float,
    ledger: float,
) -> None:
    """Print a run; of a thesis beside its references, and with its verdict.

    Parameters
    ----------
    result : BacktestResult
    name : str
        As the strategy was asked for.
    files : list of Path
    tried : History
        What else was tried on its data.
    warnings : list of str
        What is wrong with the trial ledger.
    loading, running, ledger : float
        Seconds: reading the market; the thesis and the ledger, compiled code read from disk; the ledger again.
    """
    from backtest.metrics.returns import A_YEAR
    from backtest.report.verdict import one_of_many, verdict
    from backtest.run import RotationResult

    console = Console(markup=False)
    if result.market.synthetic:
        console.print("SYNTHETIC MARKET: made-up prices; nothing here is a real figure.", style="bold")
    first, last = result.dates[0].date(), result.dates[-1].date()
    rows, title, sentences, leads = {"strategy": result}, name, [one_of_many(tried)], f"files: {files[0].parent}"
    if isinstance(result, RotationResult):
        rows, title = {"rotation": result, **result.references}, result.thesis.title or result.thesis.name
        sentences, leads = verdict(result, tried), f"report: {files[0]}"
    console.print(title, soft_wrap=True, highlight=False, style="bold")
    basis = "a year" if result.summary()["years"] >= A_YEAR else "over the whole period, which is under a year"
    console.print(f"{result.market.name}, {first} to {last}; return, turnover and cost {basis}", highlight=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for _, heading in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(f"NAV, {result.config.base_currency}", justify="right", no_wrap=True)
    for label, one in rows.items():
        measures = one.summary()
        table.add_row(
            label, *written_measures(measures), f"{one.nav.iloc[-1]:,.0f}", style="bold" if one is result else ""
        )
    console.print(table)
    for sentence in sentences:
        console.print(sentence, soft_wrap=True, highlight=False)
    for note in (*result.notes, *_about_data(result.market)):
        console.print(f"note: {note}", soft_wrap=True, highlight=False, style="dim")
    for warning in warnings[:MOST_WARNINGS]:
        console.print(f"warning: {warning}", soft_wrap=True, highlight=False)
    if len(warnings) > MOST_WARNINGS:
        console.print(f"warning: {len(warnings) - MOST_WARNINGS:,} more of the trial ledger", highlight=False)
    if result.market.left_out:
        console.print(f"left out: {'; '.join(result.market.left_out)}", soft_wrap=True, highlight=False, style="dim")
    console.print(
        f"market loaded in {loading:.2f} s; thesis and ledger in {running:.2f} s, compiling or reading their code "
        f"included; the backtest itself takes {ledger * 1e3:.1f} ms",
        soft_wrap=True,
        highlight=False,
    )
    console.print(leads, soft_wrap=True, highlight=False)


def _about_data(market: "MarketData") -> list[str]:
    """Say the warnings about the data, or how many there are and where they stand."""
    warnings = list(market.warnings)
    if len(warnings) <= MOST_WARNINGS:
        return warnings
    return [f"The data have {len(warnings)} warnings: they stand in the report, and `eastbound data check` lists them."]


def written_measures(measures: Mapping[str, float]) -> list[str]:
    """Write the measures of `COLUMNS`: a year, or over the whole period where that is less than a year.

    Parameters
    ----------
    measures : mapping of str to float

    Returns
    -------
    list of str
    """
    return [_number(key, _over_period(key, measures)) for key, _ in COLUMNS]


def _over_period(key: str, measures: Mapping[str, float]) -> float:
    """Give a measure a year, or over the whole period where that is less than a year."""
    from backtest.metrics.returns import A_YEAR

    years = measures["years"]
    if years >= A_YEAR:
        return measures[key]
    if key in SHORT:
        whole = SHORT[key]
        return math.nan if whole is None else measures[whole]
    return measures[key] * years if key in {"turnover", "cost_annual"} else measures[key]


def _number(key: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.2f}" if key in PLAIN else f"{value:.1%}"


def print_proof(name: str, proof: "Proof") -> None:
    """Print the outcome of a proof against look-ahead.

    Parameters
    ----------
    name : str
    proof : Proof
    """
    console = Console(markup=False)
    if proof.n_unanswered:
        console.print(
            f"{name}: in {proof.n_unanswered} of {proof.n_checks} counterfactual markets no name has a price after the "
            "stamp, and it raised an error: nothing is proved there.",
            soft_wrap=True,
            highlight=False,
        )
    if proof.passed:
        console.print(
            f"{name}: no look-ahead found in {proof.n_checks} counterfactual markets, {proof.n_decisions} decisions.",
            soft_wrap=True,
            highlight=False,
        )
        return
    console.print(
        f"{name}: LOOK-AHEAD. {len(proof.leaks)} of {proof.n_checks} counterfactual markets moved the past:",
        soft_wrap=True,
        highlight=False,
    )
    for leak in proof.leaks[:MAX_LEAKS]:
        console.print(
            f"  future after {leak.stamp:%Y-%m-%d %H:%M} UTC replaced ({leak.future}): {leak.what}",
            soft_wrap=True,
            highlight=False,
        )
    if len(proof.leaks) > MAX_LEAKS:
        console.print(f"  and {len(proof.leaks) - MAX_LEAKS} more")
