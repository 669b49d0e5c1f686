"""`eastbound data fetch yahoo`: what is asked for, how far it is, and what came."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console

if TYPE_CHECKING:
    from data.fetching.yahoo import Fetched

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def fetch_yahoo_command(
    universe: Annotated[
        str | None, typer.Option("--universe", help='Names to fetch, such as "big-seven+hang-seng-tech".')
    ] = None,
    symbols: Annotated[
        str | None, typer.Option("--symbols", help="Names to fetch, joined by commas: AAPL,0700.HK,600519.SS,BRK.B.")
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="First date, such as 2018-01-02.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Last date; by default the last day that is over.")] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Market folder to write; what an earlier fetch left there is joined.")
    ] = Path("market"),
    only: Annotated[
        list[str] | None, typer.Option("--only", help="prices, fx or dividends; may be repeated. All by default.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the answer alone; join nothing that stands in the folder.")
    ] = False,
    pause: Annotated[float, typer.Option("--pause", min=0, help="Seconds between two requests.")] = 1.0,
) -> None:
    """Fetch daily bars, dividends and exchange rates from Yahoo; a fetch cut short goes on where it stopped."""
    from data.errors import DataError
    from data.fetching.yahoo import KINDS, fetch_yahoo

    names = _names(universe, symbols)
    if start is None:
        raise DataError("Say from when: --start 2018-01-02.")
    try:
        with progress("asking Yahoo", total=len(names)) as steps:

            def on_answer(ticker: str) -> None:
                steps.at(ticker)
                steps.count()

            done = fetch_yahoo(
                names,
                start,
                end,
                out,
                kinds=only or KINDS,
                replace=replace,
                pause_seconds=pause,
                on_answer=on_answer,
            )
    except KeyboardInterrupt:
        kept = out.expanduser() / ".parts"
        n_kept = len(list(kept.glob("*.parquet")))
        said = f"eastbound: stopped. {n_kept} answers are kept in {kept}; the same command goes on from there."
        print(said, file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    print_fetched(done)


def _names(universe: str | None, symbols: str | None) -> Sequence[str]:
    """Give the names of a universe, at whatever date they were members, and those named one by one."""
    from data.errors import DataError
    from data.instruments import known_instruments
    from data.universes import UNKNOWN, known_memberships, spells_of

    named = [part.strip() for part in (symbols or "").split(",") if part.strip()]
    if universe is not None:
        spells = spells_of(universe, known_memberships(), known_instruments())
        named += [spell.symbol for spell in spells if spell.symbol != UNKNOWN]
    if not named:
        known = ", ".join(sorted(known_memberships()))
        raise DataError(f"Say what to fetch: --universe ({known}; join several by '+') or --symbols AAPL,0700.HK.")
    return list(dict.fromkeys(named))


def print_fetched(done: "Fetched") -> None:
    """Print what a fetch wrote, and every name that it could not get.

    Parameters
    ----------
    done : Fetched
    """
    console = plain_console()
    resumed = f", {done.n_resumed} answers kept from before" if done.n_resumed else ""
    console.print(f"{len(done.symbols)} names, {done.first} to {done.last}, {done.n_rows:,} rows{resumed}")
    for path in done.files:
        console.print(f"  {path}")
    if done.missing:
        console.print(f"NOT FETCHED, {len(done.missing)} name{'' if len(done.missing) == 1 else 's'}:", style="bold")
        for one in done.missing:
            console.print(f"  {one}")
    for note in done.notes:
        console.print(f"note: {note}", style="dim")
