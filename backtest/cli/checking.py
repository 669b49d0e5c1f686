"""`eastbound data check`: what is wrong with a folder, before any figure is shown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console, print_table

if TYPE_CHECKING:
    from data.checks.folder import Checked
    from data.market import MarketData


def check_command(
    path: Annotated[Path, typer.Argument(help="A market folder.")],
    every: Annotated[bool, typer.Option("--all", help="Show every case, not the first few of each finding.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check a market folder: errors would stop a run (exit code 2), warnings stand in its report."""
    with progress(f"checking {path}"):
        from data.checks.folder import check_folder

        checked = check_folder(path)
    if as_json:
        print(json.dumps(_document(checked), indent=2))
    else:
        _print_checked(checked, every)
    if checked.errors:
        raise typer.Exit(2)


def _document(checked: "Checked") -> dict[str, object]:
    return {
        "path": str(checked.path),
        "n_errors": len(checked.errors),
        "n_warnings": len(checked.warnings),
        "findings": [
            {
                "check": one.check,
                "level": one.level,
                "message": str(one),
                "cases": [{"subject": case.subject, "text": case.text} for case in one.cases],
            }
            for one in checked.findings
        ],
    }


def _print_checked(checked: "Checked", every: bool) -> None:
    from data.checks.catalogue import BEYOND

    console = plain_console()
    market = checked.market
    if market is not None:
        console.print(f"{market.name}: prices of type {market.price_basis!r}, by venue", style="bold")
        print_table(("venue", "names", "first", "last", "closes"), _spans(market), right={"names", "closes"})
    for one in checked.findings:
        style = "bold red" if one.level == "error" else "yellow"
        console.print(f"{one.level:<8}{one.check}  ", style=style, end="")
        if every and one.cases:
            console.print(f"{one.what}. {one.do}")
            for case in one.cases:
                console.print(f"{'':14}{case}")
        else:
            console.print(str(one))
    if market is None:
        console.print("Prices could not be read: what else is in them is not known yet. Mend this, and check again.")
    n_errors, n_warnings = len(checked.errors), len(checked.warnings)
    verdict = "A run would stop." if n_errors else "A run would go on."
    counts = f"{n_errors} error{'' if n_errors == 1 else 's'}, {n_warnings} warning{'' if n_warnings == 1 else 's'}."
    console.print(f"{counts} {verdict}", style="bold")
    if any(len(one.cases) > 1 for one in checked.findings) and not every:
        console.print("Every case: --all. What each number means: docs/checks.md.", style="dim")
    console.print("Beyond any check of the files alone:", style="dim")
    for line in BEYOND:
        console.print(f"  - {line}", style="dim")


def _spans(market: "MarketData") -> list[tuple[str, ...]]:
    """Say of each venue how many names it has, and from when to when they have closes."""
    import numpy as np

    spans = list[tuple[str, ...]]()
    for venue in market.venues(market.symbols):
        columns = market.columns([s for s in market.symbols if market.instruments[s].venue == venue])
        priced = ~np.isnan(market.close[:, columns])
        rows = np.flatnonzero(priced.any(axis=1))
        if len(rows):
            first, last = market.dates[rows[0]], market.dates[rows[-1]]
            spans.append((venue, str(len(columns)), str(first), str(last), f"{int(priced.sum()):,}"))
    return spans
