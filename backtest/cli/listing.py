"""`eastbound data list`: what comes with Eastbound, and what a market covers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console, print_table

if TYPE_CHECKING:
    from data.inventory import Content, FactTable, UniverseSummary
    from data.market import MarketData


def list_command(
    market: Annotated[
        str | None, typer.Option("--market", help="demo, tiny or a folder: list what it holds, series by series.")
    ] = None,
) -> None:
    """List embedded markets, universes and fact tables; of a market, its series and what they cover."""
    from data.inventory import contents, fact_tables, universe_summaries
    from data.load import EMBEDDED, load

    if market is None:
        print_inventory(list(EMBEDDED), universe_summaries(), fact_tables())
        return
    with progress("reading the market"):
        loaded = load(market)
        series = contents(loaded)
    print_contents(loaded, series)


def print_inventory(
    markets: Sequence[str], universes: Sequence["UniverseSummary"], tables: Sequence["FactTable"]
) -> None:
    """Print what comes with Eastbound.

    Parameters
    ----------
    markets : sequence of str
        Names of the embedded markets.
    universes : sequence of UniverseSummary
    tables : sequence of FactTable
    """
    console = plain_console()
    console.print(f"embedded markets, synthetic: {', '.join(markets)}")
    console.print()
    rows = [
        (one.name, f"{one.n_names}", "today's list" if one.n_spells is None else f"{one.n_spells}", *_days(one))
        for one in universes
    ]
    print_table(("universe", "names", "spells", "first change", "last change"), rows, right={"names"})
    console.print()
    facts = [(one.file, f"{one.n_rows}", *_days(one)) for one in tables]
    print_table(("fact table", "rows", "first", "last"), facts, right={"rows"})


def print_contents(market: "MarketData", series: Sequence["Content"]) -> None:
    """Print what a market holds.

    Parameters
    ----------
    market : MarketData
    series : sequence of Content
    """
    import numpy as np

    console = plain_console()
    if market.synthetic:
        console.print("SYNTHETIC MARKET: made-up prices; nothing here is a real figure.", style="bold")
    about = f"{market.name}: {len(market.symbols)} names, price basis {market.price_basis}; stamps in UTC"
    console.print(about, style="bold")
    rows = [
        (
            *(one.table, one.series, f"{one.n_numbers:,}", *_days(one)),
            np.datetime_as_string(one.known, unit="m").replace("T", " "),
            "stale" if one.is_stale else "",
        )
        for one in series
    ]
    print_table(("table", "series", "numbers", "first", "last", "last known", ""), rows, right={"numbers"})
    for warning in market.warnings:
        console.print(f"note: {warning}", style="dim")


def _days(one: "UniverseSummary | FactTable | Content") -> tuple[str, str]:
    import numpy as np

    first, last = ("-" if np.isnat(day) else str(day) for day in (one.first, one.last))
    return first, last
