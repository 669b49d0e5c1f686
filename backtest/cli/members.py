"""`eastbound data members`: who could be held of a universe, when, and why not."""

from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.options import EndOption, MarketOption, StartOption
from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console
from strategies.defaults import MIN_MEMBERS, SEASONING_SESSIONS

if TYPE_CHECKING:
    from strategies.basket_history import BasketHistory, Stretch


NO_DAY = ("NaT", "nan", "None")  # a missing date, by the type of its column


def members_command(
    universe: Annotated[str, typer.Argument(help='Universes joined by "+"; each part is a basket of its own.')],
    market: MarketOption = "demo",
    start: StartOption = None,
    end: EndOption = None,
    seasoning: Annotated[
        int, typer.Option("--seasoning", min=0, help="Sessions a name must be listed.")
    ] = SEASONING_SESSIONS,
    min_members: Annotated[int, typer.Option("--min-members", min=1, help="Names a basket needs.")] = MIN_MEMBERS,
) -> None:
    """List who entered and left each basket, and when it held too few names."""
    with progress("reading the market") as steps:
        from data.load import load
        from strategies.basket_history import basket_history

        loaded = load(market, None, start, end)
        steps.at("looking for who could be held")
        histories = [basket_history(loaded, part.strip(), seasoning) for part in universe.split("+")]
    if loaded.synthetic:
        plain_console().print("SYNTHETIC MARKET: made-up names; nothing here is a real listing.", style="bold")
    for history in histories:
        print_members(history, min_members)


def print_members(history: "BasketHistory", min_members: int) -> None:
    """Print the history of one basket.

    Parameters
    ----------
    history : BasketHistory
    min_members : int
        Names it needs; with fewer its share stays in cash.
    """
    console = plain_console()
    if not len(history.dates):
        console.print(f"{history.universe}: no session of New York in the dates asked for.")
        return
    console.print(f"{history.universe}, {history.dates[0]} to {history.dates[-1]}", style="bold")
    for stretch in history.thin(min_members):
        console.print(f"  {_thin(history, stretch, min_members)}: its share stays in cash")
    for name in history.undated:
        console.print(
            f"  {name} is a list of today, whatever the date: names that did well since are in it from the start, "
            "so its past is flattered by hindsight"
        )
    for symbol, added, removed in history.unpriced.itertuples(index=False):
        console.print(f"  no prices: {symbol}{_span(added, removed)}")
    began = history.changes["change"] == "there at the start"
    console.print(f"  there at the start: {', '.join(history.changes.loc[began, 'symbol']) or 'none'}")
    for (day, change, why), own in history.changes[~began].groupby(["date", "change", "why"]):
        console.print(f"  {str(day)[:10]}  {change:7}  {', '.join(own['symbol'])}: {why}")
    console.print(f"  at the end: {history.n_eligible[-1]} names\n")


def _span(added: object, removed: object) -> str:
    """Say when a name was a member; a missing date stands for always, or still."""
    first, last = (str(day)[:10] for day in (added, removed))
    if first in NO_DAY:
        return ""
    return f", member from {first}" + ("" if last in NO_DAY else f" until {last}")


def _thin(history: "BasketHistory", stretch: "Stretch", min_members: int) -> str:
    """Say in words when a basket held too few names."""
    names = f"{stretch.fewest} to {stretch.most}" if stretch.fewest < stretch.most else f"{stretch.most}"
    is_whole = stretch.first == history.dates[0] and stretch.last == history.dates[-1]
    if stretch.most == 0 and is_whole:
        return "empty throughout"
    if stretch.most == 0 and stretch.first == history.dates[0]:
        after = history.dates[history.dates > stretch.last][0]
        return f"empty before {after}"
    if stretch.most == 0:
        return f"empty from {stretch.first} to {stretch.last}"
    return f"fewer than {min_members} names from {stretch.first} to {stretch.last} ({names})"
