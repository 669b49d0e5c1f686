"""`eastbound data compare`: two vendors' data of one market side by side."""

from pathlib import Path
from typing import Annotated

import typer

WHAT_LOADS = "demo (synthetic), tiny (synthetic), or a folder of files."


def compare_command(
    a: Annotated[str, typer.Argument(help=WHAT_LOADS)],
    b: Annotated[str, typer.Argument(help=WHAT_LOADS)],
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for the cells that differ.")] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="Relative difference of prices and rates that is let pass.")
    ] = 1e-4,
) -> None:
    """Say where two markets differ: names, dates, returns, adjustment, exchange rates."""
    from rich.console import Console

    from data.errors import DataError
    from data.load import load
    from data.vendors import compare

    found = compare(load(a), load(b), tolerance=tolerance)
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(str(found))
    if out is not None:
        try:
            found.differences.to_csv(out, index=False)
        except OSError as error:
            raise DataError(f"{out} cannot be written: {error.strerror}.") from error
        console.print(f"cells that differ: {out}")
