"""`eastbound evidence`: what every indicator of a board says on a date, and what turned since another."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.options import MarketOption
from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console, print_table
from backtest.errors import BacktestError

if TYPE_CHECKING:
    from strategies.evidence.evidence import Evidence


def evidence_command(
    date: Annotated[str | None, typer.Option("--date", help="At whose close it is read; by default the last.")] = None,
    market: MarketOption = "demo",
    compare: Annotated[str | None, typer.Option("--compare", help="Another date, to see what turned between.")] = None,
    board: Annotated[Path | None, typer.Option("--board", help="A board file; by default that of the story.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="File of a page, such as evidence.html.")] = None,
) -> None:
    """Read a board of indicators on a date, from what was known at its close: what fired, and what has no data."""
    with progress("reading the market") as steps:
        from backtest.evidence.document import comparison_document, evidence_document
        from backtest.evidence.page import render_comparison, render_evidence
        from backtest.output.page_file import refuse_place, write_page
        from data.load import load
        from strategies.evidence.board import load_board, own_board
        from strategies.evidence.evidence import evidence

        if out is not None:
            refuse_place(out, "evidence.html")
            if out.suffix == ".json":
                raise BacktestError(f"{out}: --out writes a page. For JSON write --json > {out}.")
        chosen = own_board() if board is None else load_board(board)
        loaded = load(market)
        steps.at("reading the indicators (the first time on a machine they are compiled)")
        dates = [loaded.last_day if date is None else date, *([] if compare is None else [compare])]
        found = sorted((evidence(loaded, one, chosen) for one in dates), key=lambda one: one.session)
        document = evidence_document(*found) if compare is None else comparison_document(*found)
        if out is not None:
            steps.at("writing the page")
            write_page(out, render_evidence(*found) if compare is None else render_comparison(*found))
    if as_json:
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    if compare is None:
        print_evidence(found[0])
    else:
        print_changes(*found)
    if out is not None:
        plain_console().print(f"page: {out}", soft_wrap=True)


def print_evidence(found: "Evidence") -> None:
    """Print the evidence of a date.

    Parameters
    ----------
    found : Evidence
    """
    from backtest.evidence import words

    _print_head(found, f"evidence of {found.session}")
    plain_console().print(words.known_by(found))
    headings = ("claim", "indicator", "state", "since", "value", "percentile", "score", "data of")
    rows = [
        (
            str(one.entry.claim),
            one.entry.name,
            f"{words.SIGNS[one.state]} {one.state}{', held' if one.is_held else ''}",
            words.day(one.since),
            words.value(one),
            words.percentile(one),
            words.figure(one.score),
            words.oldest(one.inputs),
        )
        for one in found.observations
    ]
    print_table(headings, rows, right={"claim", "value", "percentile", "score"})
    _print_sectors(found)
    _print_missing(found)
    _print_notes(found)
    _print_left_out(found)


def print_changes(before: "Evidence", after: "Evidence") -> None:
    """Print what turned between two dates.

    Parameters
    ----------
    before, after : Evidence
    """
    from backtest.evidence import words
    from strategies.evidence.evidence import changes

    _print_head(after, f"evidence of {after.session} against {before.session}")
    for found in (before, after):
        plain_console().print(words.known_by(found))
    headings = ("claim", "indicator", "became", "since", str(before.session), str(after.session), "percentile")
    rows = [
        (
            str(one.after.entry.claim),
            one.after.entry.name,
            f"{words.SIGNS[one.before.state]} → {words.SIGNS[one.after.state]} {words.change(one)}",
            words.day(one.after.since),
            words.value(one.before),
            words.value(one.after),
            f"{words.percentile(one.before)} → {words.percentile(one.after)}",
        )
        for one in changes(before, after)
    ]
    print_table(headings, rows, right={"claim", *headings[4:]})
    console = plain_console()
    console.print(f"{' '.join(f'{sign} {state},' for state, sign in words.SIGNS.items())[:-1]}", style="dim")
    _print_sectors(before, after)
    _print_missing(before, after)
    _print_notes(after)
    _print_left_out(after)


def _print_head(found: "Evidence", what: str) -> None:
    from backtest.report.page import SYNTHETIC

    console = plain_console()
    if found.synthetic:
        console.print(SYNTHETIC, style="bold red")
    console.print(f"{found.board.title}: {what}, market {found.market}", style="bold")


def _print_sectors(*by_date: "Evidence") -> None:
    from backtest.evidence import words

    found = [one.sectors for one in by_date]
    latest = found[-1]
    if latest is None:
        return
    console = plain_console()
    console.print(
        f"claim {latest.view.claim}, net flow of {latest.view.lookback} sessions by sector, z-scores: "
        f"{words.sectors(latest)}",
        style="bold",
    )
    if latest.origin:
        console.print(f"{latest.origin}; latest figures: {words.oldest(latest.inputs)}", style="dim")
    zscores = [{line.sector: line.zscore for line in one.lines} for one in found if one is not None]
    rows = [
        (line.sector, line.told or "", *(words.zscore(scores.get(line.sector, math.nan)) for scores in zscores))
        for line in latest.lines
    ]
    dates = [str(one.session) for one in by_date]
    print_table(("sector", "report said", *dates), rows, right=set(dates))


def _print_missing(*by_date: "Evidence") -> None:
    console, said = plain_console(), dict[tuple[str, str, str], list[str]]()
    for found in by_date:
        for one in (*found.of("no score"), *found.of("no data")):
            said.setdefault((one.state, one.entry.name, one.reason), []).append(str(found.session))
    for (state, name, reason), dates in said.items():
        console.print(f"{state} on {' and '.join(dates)}: {name}: {reason}", style="yellow")


def _print_notes(found: "Evidence") -> None:
    from backtest.evidence import words

    console = plain_console()
    for one in found.observations:
        old = [f"{used.name}: {words.age(used)}." for used in one.inputs if used.is_old]
        if one.value_label:
            plain = f"{words.told(one)}. " if one.value_label.startswith("log(") and words.told(one) else ""
            fires = f"fires at {one.enter:g}, released at {one.exit:g}"
            said = " ".join(
                (f"{plain}{one.value_label}; score: {one.score_label}, {fires}; {one.origin}.", *old, *one.notes)
            )
            console.print(f"{one.entry.name}: {said}", style="dim")


def _print_left_out(found: "Evidence") -> None:
    console = plain_console()
    if found.without_indicator:
        console.print("Claims without an indicator:")
    for claim in found.without_indicator:
        console.print(f"  {claim.number:>2}  {claim.title}: {claim.why_none}")
