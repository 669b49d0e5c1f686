"""Where the money came from: the P&L bridge, contributions, and costs."""

import numpy as np
import pandas as pd

from backtest.metrics.summary import costs_a_year
from backtest.report.charts.money import cumulative_figure, waterfall_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, kind_label, number, percent
from backtest.report.writing import listed
from data.costs.schedules import COST_KINDS, HOLDING_KINDS

ALL_KINDS = (*COST_KINDS, *HOLDING_KINDS)
N_COST_LINES = 6
# Costs that are charged where the user assumes them, and expected where not.
ASSUMED = {
    "commission": "commission",
    "half_spread": "half-spread",
    "impact": "market impact",
    "fx_spread": "FX spread",
}


def money(frames: Frames) -> Section:
    """Explain NAV.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    labels, values = bridge_lines(frames)
    cost_table, zero = costs(frames)
    exhibits = [
        Exhibit(
            key="bridge",
            title="From opening to final NAV",
            caption=f"P&L by kind, {frames.base}, and the change of NAV they add up to.",
            says=_explained(frames, labels, values),
            figure=waterfall_figure(labels, values, "Change of NAV"),
        ),
        Exhibit(
            title="The same in figures",
            caption=(
                "Price is share counts times the move of local prices; currency is what exchange rates did to holdings "
                "and foreign cash. Unexplained is rounding."
            ),
            says=f"All but {number(abs(float(frames.bridge['residual'].sum())), 2)} {frames.base} is explained.",
            table=bridge(frames),
            look="narrow",
            is_half=True,
        ),
        Exhibit(
            title="Costs by kind",
            caption=f"Nothing was charged for {listed(zero)}." if zero else "",
            says=_dearest(frames),
            table=cost_table,
            look="narrow",
            is_half=True,
        ),
    ]
    paid = _largest_kinds(frames)
    if paid:
        exhibits.append(
            Exhibit(
                key="costs",
                title="Costs over time",
                caption=f"Paid so far, {frames.base}, the {len(paid)} largest kinds."
                if len(paid) > 1
                else "Paid so far.",
                says=_by_year(frames),
                figure=cumulative_figure(
                    frames.costs, {kind: kind_label(kind) for kind in paid}, frames.result.dates, 300
                ),
            )
        )
    return Section(key="money", title="Where the money came from", exhibits=tuple(exhibits))


def bridge_lines(frames: Frames) -> tuple[list[str], list[float]]:
    """Sum the P&L bridge over the run, all costs in one.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    labels : list of str
    values : list of float
        Base currency; they add up to the change of NAV but for rounding.
    """
    total = frames.bridge.sum()
    earned = [kind for kind in total.index if kind not in {*ALL_KINDS, "change", "residual"}]
    labels = [*[str(kind).capitalize() for kind in earned], "All costs"]
    return labels, [*[float(total[kind]) for kind in earned], float(total[list(ALL_KINDS)].sum())]


def bridge(frames: Frames) -> Table:
    """Set the P&L bridge out.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Table
        Price, currency, interest, each other column, costs; their sum, which is the change of NAV; and what is left.
    """
    total, opening = frames.bridge.sum(), frames.result.opening_nav
    lines = [*zip(*bridge_lines(frames), strict=True), ("Change of NAV", float(total["change"]))]
    rows = [(label, number(value), percent(value / opening)) for label, value in lines]
    rows.append(("Unexplained", number(float(total["residual"]), 2), percent(float(total["residual"]) / opening)))
    return Table(
        head=("Source", frames.base, "Of opening NAV"), rows=tuple(rows), align="lrr", strong=(len(lines) - 1,)
    )


def costs(frames: Frames) -> tuple[Table, tuple[str, ...]]:
    """Sum the costs by kind.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    table : Table
        The largest first, then their total.
    zero : tuple of str
        Those of the assumed kinds that cost nothing in this run.
    """
    paid = frames.costs.sum()
    # Nothing is annualised over less than a year.
    taken = costs_a_year(frames.result) * (frames.summaries["rotation"]["years"] if frames.is_short else 1.0)
    by_size = sorted((kind for kind in ALL_KINDS if paid[kind] != 0), key=lambda kind: -paid[kind])
    lines = [(kind_label(kind), paid[kind], taken[kind]) for kind in by_size]
    lines.append(("All costs", paid.sum(), taken.sum(skipna=False)))
    rows = tuple((label, number(float(value)), percent(float(share), 3)) for label, value, share in lines)
    part = "Of average NAV" if frames.is_short else "A year, of average NAV"
    table = Table(head=("Kind", f"Paid, {frames.base}", part), rows=rows, align="lrr", strong=(len(rows) - 1,))
    return table, tuple(label for kind, label in ASSUMED.items() if paid[kind] == 0)


def _explained(frames: Frames, labels: list[str], values: list[float]) -> str:
    if not any(values):
        return "NAV did not move."
    order = np.argsort(-np.abs(values), kind="stable")
    parts = [f"{labels[i][:1].lower()}{labels[i][1:]} {number(values[i])}" for i in order if abs(values[i]) >= 0.5]
    change = float(frames.bridge["change"].sum())
    return f"NAV changed by {number(change)} {frames.base}: {listed(parts)}." if parts else ""


def _largest_kinds(frames: Frames) -> list[str]:
    paid = frames.costs.sum()
    return sorted((kind for kind in ALL_KINDS if paid[kind] != 0), key=lambda kind: -abs(paid[kind]))[:N_COST_LINES]


def _dearest(frames: Frames) -> str:
    paid = frames.costs.sum()
    if paid.sum() <= 0:
        return "No cost was paid."
    kind = str(paid.idxmax())
    return f"The dearest was {kind_label(kind).lower()}, {percent(paid[kind] / paid.sum(), 0)} of all costs."


def _by_year(frames: Frames) -> str:
    by_year = frames.costs.sum(axis=1).groupby(pd.DatetimeIndex(frames.costs.index).year).sum()
    if len(by_year) < 2:
        return ""
    return (
        f"The dearest year was {by_year.idxmax()} with {number(float(by_year.max()))} {frames.base}, the cheapest "
        f"{by_year.idxmin()} with {number(float(by_year.min()))}."
    )
