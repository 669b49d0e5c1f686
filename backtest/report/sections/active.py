"""The return over the constant mix, attributed: timing, selection, currency and cost, by basket, market and sector."""

import numpy as np
import pandas as pd

from backtest.attribution.active import EFFECTS, ActiveReturn, By, active
from backtest.errors import BacktestError
from backtest.report.charts.money import cumulative_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, market_label, points

LABELS = {
    "allocation": "Timing",
    "selection": "Selection",
    "interaction": "Interaction",
    "currency": "Currency",
    "cost": "Costs",
}
SPLITS: tuple[tuple[By, str], ...] = (("basket", "By basket"), ("market", "By market"), ("sector", "By sector"))


def active_section(frames: Frames) -> Section:
    """Attribute the return of the rotation over that of its constant mix.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
        Where it cannot be attributed, the reason alone.
    """
    title = "Against the constant mix"
    try:
        found = {by: active(frames.result, by=by) for by, _ in SPLITS}
    except BacktestError as error:
        return Section(key="active", title=title, paragraphs=(str(error),))
    whole = found["basket"]
    captions = {
        "basket": (
            "Percentage points of total return over the constant mix, Brinson and Fachler's effects day by day, linked "
            "after Carino so that they add up. Timing (allocation): holding more than the mix of what did better than "
            "the mix. Selection: other names within a basket than the mix held. Interaction: both at once. Every day's "
            "return counts alike here; in money a day counts by the NAV it met, so timing may differ even in sign."
        ),
        "market": "The same by the venue a name trades at.",
        "sector": "The same by GICS sector: here timing is holding more of a sector than the mix did.",
    }
    exhibits = [
        Exhibit(
            title=name,
            caption=captions[by],
            says=_summed(whole) if by == "basket" else _largest(found[by]),
            table=active_table(found[by]),
        )
        for by, name in SPLITS
    ]
    exhibits.insert(
        1,
        Exhibit(
            key="active",
            title="Month by month, added up",
            caption="Percentage points of total return over the constant mix since the start; the lines add up to it.",
            says=_months(whole.months),
            figure=cumulative_figure(_at_month_ends(whole.months), LABELS, frames.result.dates, is_points=True),
        ),
    )
    return Section(key="active", title=title, exhibits=tuple(exhibits))


def active_table(found: ActiveReturn) -> Table:
    """Set effects out by segment.

    Parameters
    ----------
    found : ActiveReturn

    Returns
    -------
    Table
        Percentage points; the last row adds up to the return over the constant mix.
    """
    lines = [(market_label(str(found.table.index[i])), values) for i, values in enumerate(found.table.to_numpy())]
    lines.append(("Over the constant mix", found.table.to_numpy().sum(axis=0)))
    rows = tuple(
        (
            label[:1].upper() + label[1:],
            *(points(value, 2) for value in values.tolist()),
            points(float(values.sum()), 2),
        )
        for label, values in lines
    )
    head = ("", *LABELS.values(), "All effects")
    return Table(head=head, rows=rows, align="l" + "r" * (len(head) - 1), strong=(len(rows) - 1,))


def _at_month_ends(months: pd.DataFrame) -> pd.DataFrame:
    ends = pd.PeriodIndex(months.index).to_timestamp(how="end").normalize()
    return months.set_axis(ends, axis=0)


def _summed(found: ActiveReturn) -> str:
    total = found.table.to_numpy().sum(axis=0)
    parts = dict(zip(EFFECTS, total.tolist(), strict=True))
    chosen = parts["selection"] + parts["interaction"]
    return (
        f"In all the rotation returned {points(found.excess)} points over the constant mix: timing "
        f"{points(parts['allocation'])}, selection and interaction {points(chosen)}, "
        f"currency {points(parts['currency'])}, costs {points(parts['cost'])}."
    )


def _largest(found: ActiveReturn) -> str:
    totals = found.table.to_numpy().sum(axis=1)
    if len(totals) < 2 or not totals.any():
        return ""
    best, worst = int(totals.argmax()), int(totals.argmin())
    names = [market_label(str(one)) for one in found.table.index]
    most = "added the most" if totals[best] > 0 else "took the least"
    least = "added the least" if totals[worst] > 0 else "took the most"
    return (
        f"{names[best][:1].upper()}{names[best][1:]} {most}, {points(float(totals[best]))} points; {names[worst]} "
        f"{least}, {points(float(totals[worst]))}."
    )


def _months(months: pd.DataFrame) -> str:
    totals = months.to_numpy().sum(axis=1)
    if not totals.any():
        return ""
    gained = np.sort(totals)[::-1]
    return (
        f"The rotation gained on the mix in {int((totals > 0).sum())} of {len(totals)} months; the best three together "
        f"made {points(float(gained[:3].sum()))} points."
    )
