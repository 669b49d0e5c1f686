"""`eastbound compare`: runs side by side, in the terminal and as a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console

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
        from data.storage.atomic import replacing

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
    from rich.table import Table

    from backtest.comparison.page import measures_table, sentences

    console = plain_console()
    base = next(iter(found.runs.values())).manifest.run["base_currency"]
    table = Table(box=None, pad_edge=False, header_style="")
    for text in ("", "total", "return", "vol", "Sharpe", "drawdown", "turnover", "cost", f"NAV, {base}"):
        table.add_column(text, justify="right" if text else "left", no_wrap=True)
    for *most, _calmar, turnover, cost, nav in measures_table(found, base).rows:
        table.add_row(*most, turnover, cost, nav)
    console.print(table)
    for sentence in sentences(found):
        console.print(sentence, soft_wrap=True, highlight=False)
    if len(found.settings):
        console.print(f"They differ in: {', '.join(map(str, found.settings.index))}.", soft_wrap=True, highlight=False)
    console.print(f"page: {out}", soft_wrap=True, highlight=False)
