"""What the terminal shows of data: a fetch, an inventory, the coverage of a market."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from data.fetching.yahoo import Fetched
    from data.inventory import Content, FactTable, UniverseSummary
    from data.market import MarketData


def print_fetched(done: "Fetched") -> None:
    """Print what a fetch wrote, and every name that it could not get.

    Parameters
    ----------
    done : Fetched
    """
    console = Console(markup=False, highlight=False, soft_wrap=True)
    resumed = f", {done.n_resumed} answers kept from before" if done.n_resumed else ""
    console.print(f"{len(done.symbols)} names, {done.first} to {done.last}, {done.n_rows:,} rows{resumed}")
    for path in done.files:
        console.print(f"  {path}")
    if done.missing:
        console.print(f"NOT FETCHED, {len(done.missing)} names:", style="bold")
        for one in done.missing:
            console.print(f"  {one}")
    for note in done.notes:
        console.print(f"note: {note}", style="dim")


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
    console = Console(markup=False, highlight=False)
    console.print(f"embedded markets, synthetic: {', '.join(markets)}", soft_wrap=True)
    console.print()
    rows = [
        (one.name, f"{one.n_names}", "today's list" if one.n_spells is None else f"{one.n_spells}", *_days(one))
        for one in universes
    ]
    _print_table(console, ("universe", "names", "spells", "first change", "last change"), rows)
    console.print()
    facts = [(one.file, f"{one.n_rows}", *_days(one)) for one in tables]
    _print_table(console, ("fact table", "rows", "first", "last"), facts)


def print_contents(market: "MarketData", series: Sequence["Content"]) -> None:
    """Print what a market holds.

    Parameters
    ----------
    market : MarketData
    series : sequence of Content
    """
    console = Console(markup=False, highlight=False)
    if market.synthetic:
        console.print("SYNTHETIC MARKET: made-up prices; nothing here is a real figure.", style="bold")
    about = f"{market.name}: {len(market.symbols)} names, price basis {market.price_basis}; stamps in UTC"
    console.print(about, soft_wrap=True, style="bold")
    rows = [
        (
            *(one.table, one.series, f"{one.n:,}", *_days(one)),
            np.datetime_as_string(one.known, unit="m").replace("T", " "),
            "stale" if one.is_stale else "",
        )
        for one in series
    ]
    _print_table(console, ("table", "series", "numbers", "first", "last", "last known", ""), rows)
    for warning in market.warnings:
        console.print(f"note: {warning}", soft_wrap=True, style="dim")


def _print_table(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whole: a terminal that is too narrow breaks its lines, and no cell is cut."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="right" if heading in {"names", "rows", "numbers"} else "left")
    for row in rows:
        table.add_row(*row)
    widths = [max(map(len, column)) + 2 for column in zip(headings, *rows, strict=True)]
    console.width = max(console.width, sum(widths))
    console.print(table)


def _days(one: "UniverseSummary | FactTable | Content") -> tuple[str, str]:
    first, last = ("-" if np.isnat(day) else str(day) for day in (one.first, one.last))
    return first, last
