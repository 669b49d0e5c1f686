"""Whether the best stands on a plateau or is a spike."""

import numpy as np

from backtest.report.exhibits import Exhibit, Section
from backtest.report.sweep.charts import slices
from backtest.report.sweep.edges import at_the_edge
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import PLATEAU, SPIKE, standing
from backtest.report.sweep.labels import label, measured, setting, typeset
from backtest.report.tables import Table, number, percent, signed
from backtest.tuning.analysis.axes import NONE, is_drawn, written
from backtest.tuning.analysis.neighbourhood import slices as cuts

FARTHEST = 6  # steps that the small chart goes


def plateau(frames: SweepFrames) -> Section:
    """Show what lies beside the best.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
        Empty where the best has no neighbour.
    """
    around, by = frames.around, frames.by
    if not len(around.around):
        return Section(key="neighbourhood", title="Neighbourhood of the best")
    kept = (
        f"{_who(frames)} Kept is (median of the neighbours − "
        "median of all) / (best − median of all): 100 % is a plateau, 0 % a spike "
        f"beside which there is only the median candidate. From {percent(PLATEAU, 0)} on this page says plateau, up "
        f"to {percent(SPIKE, 0)} spike. The bounds are ours, and a picture is no test."
    )
    rows = (
        ("Neighbours", number(len(around.around))),
        ("Mean", measured(by, around.mean)),
        ("Median", measured(by, around.median)),
        ("Worst", measured(by, around.worst)),
        ("The best itself", measured(by, around.value)),
        ("Median of all candidates", measured(by, around.typical)),
        ("Kept of its height", percent(around.kept, 0)),
    )
    numbers = Exhibit(
        title=f"{label(by)} around the best",
        caption=kept,
        says=" ".join((standing(frames), *at_the_edge(frames))),
        table=Table(head=("Around the best", ""), rows=rows, align="lr"),
        look="narrow",
    )
    shown = (_nearest(frames),) if around.is_near else (*_cuts(frames), *_beside(frames))
    return Section(key="neighbourhood", title="Neighbourhood of the best", exhibits=(numbers, *shown))


def _who(frames: SweepFrames) -> str:
    """Say which candidates count as neighbours, and why."""
    if not frames.around.is_near:
        return "Neighbours lie within one step in every number and are alike in all else."
    because = (
        "Numbers were drawn, so hardly any lies a step away"
        if any(is_drawn(frames.table, name) for name in frames.parameters)
        else "No candidate lies a step away in its numbers and is alike in all else"
    )
    return f"{because}: the {number(len(frames.around.around))} nearest are taken for neighbours."


def _cuts(frames: SweepFrames) -> tuple[Exhibit, ...]:
    lines = {}
    for name, (on, away) in cuts(frames.table, frames.best).items():
        is_close = np.abs(away) <= FARTHEST
        if is_close.sum() > 1:
            at = on[is_close]
            texts = [f"{name} {typeset(written(value))}" for value in frames.table[name].iloc[at]]
            lines[name] = (away[is_close], frames.values[at], texts)
    if not lines:
        return ()
    return (
        Exhibit(
            key="slices",
            title="One parameter at a time",
            caption=(
                f"Each line changes one parameter, {FARTHEST} steps of the grid either way at most, all others as the "
                "best has them. Parameters whose values have no order are in the table alone."
            ),
            figure=slices(lines, frames.by),
        ),
    )


def _beside(frames: SweepFrames) -> tuple[Exhibit, ...]:
    best = frames.settings(frames.best)
    rows = []
    for candidate in frames.around.beside.tolist():
        there = frames.settings(candidate)
        name = next(one for one in there if _differs(there[one], best[one]))
        rows.append(
            (name, typeset(written(best[name])), typeset(written(there[name])), float(frames.values[candidate]))
        )
    if not rows:
        return ()
    order = {str(name): i for i, name in enumerate(frames.explained.index)}
    rows.sort(key=lambda row: order.get(row[0], len(order)))
    top = float(frames.values[frames.best])
    digits = 2 if frames.by not in {"annual_return", "total_return"} else 3
    table = Table(
        head=("Parameter", "The best has", "One step on", label(frames.by), "Change"),
        rows=tuple((*row[:3], measured(frames.by, row[3]), signed(row[3] - top, digits)) for row in rows),
        align="lrrrr",
    )
    return (
        Exhibit(
            title="One step away in one parameter",
            caption="Of a parameter that is no number all other values are listed.",
            table=table,
            look="tall" if len(rows) > 20 else "narrow",
        ),
    )


def _differs(ours: object, theirs: object) -> bool:
    return ours != theirs and not written(ours) == written(theirs) == NONE  # NaN differs from itself


def _nearest(frames: SweepFrames) -> Exhibit:
    rows = tuple(
        (number(i), measured(frames.by, float(frames.values[i])), setting(frames.settings(i)))
        for i in frames.around.around.tolist()
    )
    return Exhibit(
        title="The nearest candidates",
        caption=(
            "The nearest first, by Gower's distance: the mean over parameters of the difference in rank, or of 1 where "
            "a value that is no number differs."
        ),
        table=Table(head=("Candidate", label(frames.by), "Settings"), rows=rows, align="rrl"),
        look="prose",
    )
