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
        from backtest.errors import BacktestError
        from backtest.output.run_folder import sealed_in
        from data.storage.atomic import replacing

        if out.is_dir() or not out.name:
            raise BacktestError(f"{out} is a folder: give a file for the page with --out, such as compare.html.")
        if out.name in sealed_in(out.parent):
            raise BacktestError(
                f"{out} is a file of the run in {out.parent}, which would not be whole any more. Choose another."
            )
        found = compare_runs(folders)
        steps.at("writing the page")
        page = render_comparison(found)
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with replacing(out) as place:
                place.write_text(page, encoding="utf-8")
        except OSError as error:
            raise BacktestError(
                f"{out} cannot be written: {error.strerror or error}. Choose another with --out."
            ) from error
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
