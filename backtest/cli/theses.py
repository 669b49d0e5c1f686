"""`eastbound theses` and `eastbound new-thesis`: what there is to run, and a beginning of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from backtest.cli.terminal import plain_console, print_table


def theses_command() -> None:
    """List the theses that come with Eastbound, and strategies that installed packages offer."""
    from strategies.catalogue import catalogue, thesis
    from strategies.strategy import offered

    rows = [
        (one.name, one.title, one.told("baskets.source"), one.told("baskets.destination"))
        for one in map(thesis, catalogue())
    ]
    print_table(("thesis", "what it does", "from", "to"), rows, right=())
    found = offered()
    if found:
        print_table(("strategy", "offered by"), sorted(found.items()), right=())


def new_thesis_command(
    name: Annotated[str, typer.Argument(help="NAME for a thesis file, NAME.py for a strategy in Python.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the file.")] = Path(),
) -> None:
    """Write a commented thesis, or a strategy in Python, that runs as it stands: a beginning of one's own."""
    from strategies.new_thesis import write_new

    path = write_new(name, out)
    console = plain_console()
    console.print(f"{path}: every key is explained in it. Change it, then:", soft_wrap=True, highlight=False)
    for command in ("run", "prove-no-lookahead"):
        console.print(f"  eastbound {command} {path}", soft_wrap=True, highlight=False)
