"""The data that the run was made from, with warnings and notes."""

from backtest.report.exhibits import Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table, day, market_label
from backtest.run import RotationResult
from data.checks.finding import relevant

BASIS = {
    "total_return": (
        "total return: dividends and splits are folded into the price. Share counts are therefore not real ones; board "
        "lots and minimum fees, where they are counted, are approximate."
    ),
    "split": (
        "split-adjusted: dividends are paid beside the price. Share counts before a split are not real ones; board "
        "lots and minimum fees, where they are counted, are approximate."
    ),
    "raw": "raw: as quoted. Splits, dividends and delistings of the market's actions are applied to what is held.",
}


def data_section(frames: Frames) -> Section:
    """Say what the run was made from.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    market = frames.result.market
    content = {
        "facts": data_facts(frames.result),
        "holdable": market.holdable,
        "left_out": market.left_out,
        "notes": frames.result.notes,
        "findings": relevant(market.findings, market.symbols, market.holdable),
    }
    return Section(key="data", title="Data, warnings and notes", content=content, has_template=True)


def data_facts(result: RotationResult) -> Table:
    """List what the run was made from.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
    """
    market, dates = result.market, result.dates
    span = f"{day(dates[0])} to {day(dates[-1])}" if len(dates) else MISSING
    venues = [market.instruments[symbol].venue for symbol in market.holdable]
    by_venue = ", ".join(f"{market_label(venue)} {venues.count(venue)}" for venue in sorted(set(venues)))
    rows = (
        ("Market", f"{market.name}{' (synthetic)' if market.synthetic and 'synthetic' not in market.name else ''}"),
        ("Dates", f"{span}, {len(dates):,} marks"),
        ("Decisions", f"{len(result.plan.targets.decisions):,}"),
        ("Names that may be held", f"{len(market.holdable)} ({by_venue})"),
        ("Price basis", BASIS.get(market.price_basis, market.price_basis)),
    )
    return Table(head=("Data", ""), rows=rows, align="ll")
