"""`eastbound repeat`: a run made again from its manifest, and compared byte by byte."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console

if TYPE_CHECKING:
    from backtest.output.repeat import Repetition

OUR_FAULT, INPUTS_DIFFER = 1, 2


def repeat_command(
    place: Annotated[Path, typer.Argument(metavar="MANIFEST|FOLDER", help="Folder of a run, or its manifest.json.")],
    market: Annotated[
        str | None, typer.Option("--market", help="Where the data are now, if not where they were.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Keep the files of the repetition in this folder.")] = None,
) -> None:
    """Run again what a manifest describes: the same bytes (exit code 0), or what differs."""
    from backtest.output.run_folder import refuse_unwritable

    if out is not None:
        refuse_unwritable(out)
    with progress("reading the manifest") as steps:
        from backtest.output.repeat import repeat

        done = repeat(place, market, out=out, say=steps.say, stage=steps.at)
    print_repetition(done)
    if done.inputs:
        raise typer.Exit(INPUTS_DIFFER)
    if done.files:
        raise typer.Exit(OUR_FAULT)


def print_repetition(done: "Repetition") -> None:
    """Print what came of repeating a run.

    Parameters
    ----------
    done : Repetition
    """
    console = plain_console()
    if not done.files:
        console.print(f"same bytes: {done.n_same} files" + (", though inputs differ" if done.inputs else ""))
        return
    differ = "1 file differs" if len(done.files) == 1 else f"{len(done.files)} files differ"
    console.print(f"{differ}; same bytes: {done.n_same} files", style="bold")
    for name, where in done.files.items():
        console.print(f"  {name}: {where}")
    if not done.inputs:
        console.print("Every input is the same, so the bytes should be: the fault is Eastbound's. Please report it.")
