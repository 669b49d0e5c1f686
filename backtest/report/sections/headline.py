"""The verdict in words, and the figures that a committee asks for first."""

from dataclasses import dataclass

from backtest.report.exhibits import Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, number, percent, signed
from backtest.report.verdict import points_apart, verdict
from data.checks.finding import relevant


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One figure.

    Attributes
    ----------
    label, value, note : str
        What it is, how much, and what to read it against.
    doubt : str
        How sure the value is.
    """

    label: str
    value: str
    note: str
    doubt: str = ""


def headline(frames: Frames) -> Section:
    """Say what the run says.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    market = frames.result.market
    content = {
        "sentences": verdict(frames.result, frames.tried),
        "cards": cards(frames),
        "n_findings": len(relevant(market.findings, market.symbols, market.holdable)),
    }
    return Section(key="verdict", title="Verdict", content=content, has_template=True)


def cards(frames: Frames) -> tuple[Card, ...]:
    """Give the headline figures.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    tuple of Card
        Under a year nothing is annualised: returns, turnover and cost are those of the whole period.
    """
    ours, mix = frames.summaries["rotation"], frames.summaries["constant mix"]
    measure, span = ("total_return", "in all") if frames.is_short else ("annual_return", "a year")
    years = ours["years"] if frames.is_short else 1.0
    taken = "before" if frames.result.config.costs == "none" else "after"
    ratio = MISSING if frames.is_short else number(ours["sharpe"], 2)
    over_cash = number(ours["sharpe_over_cash"], 2)
    sure = MISSING if frames.is_short else number(ours["sharpe_se"], 2)
    return (
        Card(label=f"Return {span}", value=percent(ours[measure]), note=f"{taken} costs"),
        Card(
            label="Against the constant mix",
            value=signed(points_apart(ours[measure], mix[measure]), 1),
            note=f"points {span}; the mix {percent(mix[measure])}",
        ),
        Card(
            label="Sharpe ratio",
            value=ratio,
            doubt="" if sure == MISSING else f"± {sure}",
            note="under a year: not stated"
            if frames.is_short
            else f"± standard error, over zero; the mix {number(mix['sharpe'], 2)}. Over cash {over_cash}",
        ),
        Card(
            label="Largest drawdown",
            value=percent(ours["max_drawdown"]),
            note=f"from a peak; the mix {percent(mix['max_drawdown'])}",
        ),
        Card(label=f"Costs {span}", value=percent(ours["cost_annual"] * years, 2), note="of average NAV, all kinds"),
        Card(label=f"Turnover {span}", value=number(ours["turnover"] * years, 1), note="times NAV, one-way"),
    )
