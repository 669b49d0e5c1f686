"""`eastbound evidence`: what every indicator of a board says on a date, and what turned since another."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.options import MarketOption
from backtest.cli.progress import progress
from backtest.cli.terminal import plain_console, print_table

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
    headings = ("claim", "indicator", "state", "since", "value", "percentile", "score", "fires", "released", "data of")
    rows = [
        (
            str(one.entry.claim),
            one.entry.name,
            f"{words.SIGNS[one.state]} {one.state}",
            words.day(one.since),
            words.figure(one.value),
            words.percentile(one),
            words.figure(one.score),
            f"{one.enter:g}",
            f"{one.exit:g}",
            words.oldest(one),
        )
        for one in found.observations
    ]
    print_table(headings, rows, right={"claim", "value", "percentile", "score", "fires", "released"})
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
    told = ("state", "value", "percentile")
    headings = (
        *("claim", "indicator", "", f"state {before.session}", f"{after.session}", "since"),
        *(f"{name} {found.session}" for name in told[1:] for found in (before, after)),
    )
    rows = [
        (
            str(one.after.entry.claim),
            one.after.entry.name,
            words.change(one),
            f"{words.SIGNS[one.before.state]} {one.before.state}",
            f"{words.SIGNS[one.after.state]} {one.after.state}",
            words.day(one.after.since),
            words.figure(one.before.value),
            words.figure(one.after.value),
            words.percentile(one.before),
            words.percentile(one.after),
        )
        for one in changes(before, after)
    ]
    print_table(headings, rows, right={"claim", *headings[6:]})
    for found in (before, after):
        _print_missing(found)
    _print_notes(after)
    _print_left_out(after)


def _print_head(found: "Evidence", what: str) -> None:
    from backtest.report.page import SYNTHETIC

    console = plain_console()
    if found.synthetic:
        console.print(SYNTHETIC, style="bold red")
    console.print(f"{found.board.title}: {what}, market {found.market}", style="bold")


def _print_missing(found: "Evidence") -> None:
    console = plain_console()
    for one in found.of("no data"):
        console.print(f"no data on {found.session}: {one.entry.name}: {one.reason}", style="yellow")


def _print_notes(found: "Evidence") -> None:
    from backtest.evidence import words

    console = plain_console()
    for one in found.observations:
        old = [f"{used.name}: {words.age(used)}." for used in one.inputs if used.is_old]
        if one.value_label:
            said = " ".join((f"{one.value_label}; score: {one.score_label}; {one.origin}.", *old, *one.notes))
            console.print(f"{one.entry.name}: {said}", style="dim")


def _print_left_out(found: "Evidence") -> None:
    console = plain_console()
    if found.without_indicator:
        console.print("Claims without an indicator:")
    for claim in found.without_indicator:
        console.print(f"  {claim.number:>2}  {claim.title}: {claim.why_none}")
