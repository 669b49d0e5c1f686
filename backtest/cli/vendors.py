"""`eastbound data compare`: two vendors' data of one market side by side."""

from pathlib import Path
from typing import Annotated

import typer

from backtest.cli.options import MarketArgument
from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console


def compare_vendors_command(
    a: MarketArgument,
    b: MarketArgument,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for the cells that differ.")] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help="Relative difference of prices and rates that is let pass.")
    ] = 1e-4,
) -> None:
    """Say where two markets differ: names, dates, returns, adjustment, exchange rates."""
    with progress(f"reading {a}") as steps:
        from data.errors import DataError
        from data.load import load
        from data.vendors import compare

        one = load(a)
        steps.at(f"reading {b}")
        other = load(b)
        steps.at("comparing")
        found = compare(one, other, tolerance=tolerance)
    console = plain_console()
    console.print(str(found))
    if out is not None:
        try:
            found.differences.to_csv(out, index=False)
        except OSError as error:
            raise DataError(f"{out} cannot be written: {error.strerror or error}.") from error
        console.print(f"cells that differ: {out}")
