"""`eastbound data`: where data come from, and what there is."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from backtest.cli.checking import check_command
from backtest.cli.comparing import compare_command
from backtest.cli.members import members_command

data_app = typer.Typer(
    no_args_is_help=True, help="Check market data, fetch them, list what there is, compare two sources."
)
fetch_app = typer.Typer(no_args_is_help=True, help="Fetch a market folder from a vendor.")
data_app.add_typer(fetch_app, name="fetch")
data_app.command("check")(check_command)
data_app.command("members")(members_command)
data_app.command("compare")(compare_command)

INTERRUPTED = 130  # 128 + SIGINT, as shells count


@fetch_app.command("yahoo")
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
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from backtest.cli.show_data import print_fetched
    from data.errors import DataError
    from data.fetching.yahoo import KINDS, fetch_yahoo

    names = _names(universe, symbols)
    if start is None:
        raise DataError("Say from when: --start 2018-01-02.")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    n_answers = 0
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Yahoo", total=len(names))

        def on_answer(ticker: str) -> None:
            nonlocal n_answers
            n_answers += 1
            progress.update(task, description=ticker, completed=min(n_answers, len(names)))

        try:
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
            progress.stop()
            kept = out.expanduser() / ".parts"
            n_kept = len(list(kept.glob("*.parquet")))
            said = f"eastbound: stopped. {n_kept} answers are kept in {kept}; the same command goes on from there."
            print(said, file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
    print_fetched(done)


@data_app.command("list")
def list_command(
    market: Annotated[
        str | None, typer.Option("--market", help="demo, tiny or a folder: list what it holds, series by series.")
    ] = None,
) -> None:
    """List embedded markets, universes and fact tables; of a market, its series and what they cover."""
    from backtest.cli.show_data import print_contents, print_inventory
    from data.inventory import contents, fact_tables, universe_summaries
    from data.load import EMBEDDED, load

    if market is None:
        print_inventory(list(EMBEDDED), universe_summaries(), fact_tables())
    else:
        loaded = load(market)
        print_contents(loaded, contents(loaded))


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
