"""NAV and its falls."""

import math

import pandas as pd

from backtest.metrics.drawdowns import drawdowns
from backtest.report.charts.performance import drawdown_figure, nav_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, day, number, percent
from backtest.report.writing import counted

N_DRAWDOWNS, N_SHADED = 10, 3


def performance(frames: Frames) -> Section:
    """Show NAV and drawdowns.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    result = frames.result
    found = drawdowns(result.nav, N_DRAWDOWNS, opening_nav=result.opening_nav)
    shaded = [(row["peak"], row["recovery"]) for row in found.head(N_SHADED).to_dict("records")]
    exhibits = (
        Exhibit(
            key="nav",
            title=f"NAV, {frames.base}",
            caption=(
                "On the log scale equal heights are equal returns. References pay the same costs at the same decisions."
            ),
            says=_grown(frames),
            figure=nav_figure(result),
            has_scales=True,
        ),
        Exhibit(
            key="drawdown",
            title="Drawdown",
            caption="NAV against its highest mark so far; the three deepest of the rotation are shaded and numbered.",
            says=_under_water(found, frames.summaries["rotation"]["drawdown_now"]),
            figure=drawdown_figure(result, shaded),
        ),
        Exhibit(
            title="The deepest drawdowns of the rotation",
            caption="From a peak of NAV to the mark at which it was reached again. Days are calendar days.",
            says=_deepest(found),
            table=drawdown_table(found) if len(found) else None,
        ),
    )
    return Section(key="nav-and-drawdown", title="NAV and drawdown", exhibits=exhibits)


def drawdown_table(found: pd.DataFrame) -> Table:
    """List drawdowns.

    Parameters
    ----------
    found : DataFrame
        As `backtest.metrics.drawdowns.drawdowns` gives it.

    Returns
    -------
    Table
    """
    rows = tuple(
        (
            str(rank),
            percent(row["depth"]),
            day(row["peak"]),
            day(row["trough"]),
            "not yet" if pd.isna(row["recovery"]) else day(row["recovery"]),
            number(row["days_to_trough"]),
            number(row["days_to_recovery"]),
        )
        for rank, row in enumerate(found.to_dict("records"), 1)
    )
    head = ("No.", "Depth", "Peak", "Lowest", "Recovered", "Days down", "Days to recover")
    return Table(head=head, rows=rows, align="lrlllrr")


def _grown(frames: Frames) -> str:
    nav, opening = frames.result.nav, frames.result.opening_nav
    if not len(nav):
        return ""
    mix = frames.runs["constant mix"].nav
    return (
        f"{number(opening)} {frames.base} became {number(float(nav.iloc[-1]))}; in the constant mix, "
        f"{number(float(mix.iloc[-1]))}."
    )


def _under_water(found: pd.DataFrame, now: float) -> str:
    if not len(found):
        return "" if math.isnan(now) else "NAV never marked below an earlier one."
    if now < 0:  # the table of the deepest need not hold the last one
        return f"At the end the rotation is {percent(-now)} below its highest mark."
    return "At the end every one of its drawdowns had been recovered."


def _deepest(found: pd.DataFrame) -> str:
    if not len(found):
        return "There was none."
    worst = found.iloc[0]
    took = worst["days_to_recovery"]
    after = "and is not recovered" if not math.isfinite(took) else f"and took {counted(took, 'day')} to recover"
    return f"The deepest cost {percent(-worst['depth'])} in {counted(worst['days_to_trough'], 'day')}, {after}."
