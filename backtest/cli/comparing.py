"""`eastbound compare`: runs side by side, in the terminal and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console, print_table

if TYPE_CHECKING:
    from backtest.comparison.side_by_side import Comparison


def compare_command(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Folders of runs; the first is the base.")],
    out: Annotated[Path, typer.Option("--out", help="File of the page.")] = Path("runs/compare.html"),
) -> None:
    """Set runs side by side over the dates that all of them have, and say in which settings they differ."""
    with progress("reading the runs") as steps:
        from backtest.comparison.page import render_comparison
        from backtest.comparison.side_by_side import compare_runs
        from backtest.output.page_file import refuse_place, write_page

        refuse_place(out, "compare.html")
        found = compare_runs(folders)
        steps.at("writing the page")
        write_page(out, render_comparison(found))
    print_comparison(found, out)


def print_comparison(found: "Comparison", out: Path) -> None:
    """Print runs side by side.

    Parameters
    ----------
    found : Comparison
    out : Path
        Where the page is.
    """
    from backtest.comparison.page import measures_table, sentences

    console, headings = plain_console(), ("run", "total", "return", "vol", "Sharpe", "drawdown", "turnover", "cost")
    rows = [(*most, turnover, cost) for *most, _, turnover, cost in measures_table(found).rows]
    print_table(headings, rows, right=headings[1:])
    for sentence in sentences(found):
        console.print(sentence, soft_wrap=True, highlight=False)
    if len(found.settings):
        console.print(f"They differ in: {', '.join(map(str, found.settings.index))}.", soft_wrap=True, highlight=False)
    console.print(f"page: {out}", soft_wrap=True, highlight=False)
