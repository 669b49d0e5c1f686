"""What each decision brought: average mix, timing, selection, and what came with them."""

import pandas as pd

from backtest.attribution.effects import COLUMNS
from backtest.report.charts.money import cumulative_figure, waterfall_figure, yearly_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, number, percent

LABELS = {
    "average_mix": "Average mix",
    "timing": "Timing",
    "selection": "Selection",
    "interaction": "Interaction",
    "currency": "Currency",
    "cost": "Costs",
    "cash": "Interest",
}


def effects_section(frames: Frames) -> Section:
    """Show the change of NAV by what was decided.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    found = frames.effects
    total = found[list(COLUMNS)].sum()
    yearly = by_year(found)
    exhibits = [
        Exhibit(
            key="effects",
            title="Change of NAV by effect",
            caption=(
                f"{frames.base}. Average mix: holding both baskets at the rotation's average shares. Timing: "
                "holding more of one than that when it did well. Selection: other names or weights than the "
                "basket. Interaction: both at once."
            ),
            says=_timed(total, frames.base),
            figure=waterfall_figure([LABELS[name] for name in COLUMNS], total.tolist(), "Change of NAV"),
        ),
        Exhibit(
            key="effects-cumulative",
            title="The same, added up over time",
            caption=f"{frames.base} since the start; the lines add up to the change of NAV.",
            says=_when(found),
            figure=cumulative_figure(found, LABELS, frames.result.dates),
        ),
        Exhibit(
            title="By year",
            caption="Each row adds up to the change of NAV in that year; what is left is rounding.",
            table=effects_table(frames, yearly),
            says=_years(yearly),
        ),
    ]
    if len(yearly) > 1:
        exhibits.insert(
            2,
            Exhibit(
                key="effects-yearly",
                title="By year, drawn",
                caption=f"{frames.base}; bars below the line took NAV away.",
                says=_best_year(yearly),
                figure=yearly_figure(yearly, LABELS),
            ),
        )
    return Section(key="effects", title="What each decision brought", exhibits=tuple(exhibits))


def by_year(found: pd.DataFrame) -> pd.DataFrame:
    """Add effects up by calendar year.

    Parameters
    ----------
    found : DataFrame
        As `backtest.attribution.effects.effects` gives it.

    Returns
    -------
    DataFrame
        Index the years.
    """
    return found.groupby(pd.DatetimeIndex(found.index).year).sum()


def effects_table(frames: Frames, yearly: pd.DataFrame) -> Table:
    """Set effects out by year, and over the whole run.

    Parameters
    ----------
    frames : Frames
    yearly : DataFrame
        As `by_year` gives it.

    Returns
    -------
    Table
    """
    total = yearly.sum()
    lines = [*[(str(year), row) for year, row in yearly.iterrows()], ("All years", total)]
    rows = [
        (label, *(number(float(row[name])) for name in COLUMNS), number(float(row["change"]))) for label, row in lines
    ]
    opening = frames.result.opening_nav
    rows.append(
        (
            "Of opening NAV",
            *(percent(float(total[name]) / opening) for name in COLUMNS),
            percent(total["change"] / opening),
        )
    )
    head = ("", *LABELS.values(), "Change of NAV")
    return Table(head=head, rows=tuple(rows), align="l" + "r" * (len(head) - 1), strong=(len(rows) - 2,))


def _timed(total: pd.Series, base: str) -> str:
    if not total.any():
        return ""
    mix, timing = float(total["average_mix"]), float(total["timing"])
    return (
        f"Owning both baskets at their average brought {number(mix)} {base}; holding more of one or the other "
        f"{'added' if timing >= 0 else 'took'} {number(abs(timing))}, costs took {number(-float(total['cost']))}."
    )


def _when(found: pd.DataFrame) -> str:
    path = found["timing"].cumsum()
    if not len(path) or not path.any():
        return ""
    return (
        f"Timing stood highest on {path.idxmax():%Y-%m-%d} ({number(float(path.max()))}) and lowest on "
        f"{path.idxmin():%Y-%m-%d} ({number(float(path.min()))})."
    )


def _best_year(yearly: pd.DataFrame) -> str:
    change = yearly["change"].to_numpy()
    best, worst = int(change.argmax()), int(change.argmin())
    return (
        f"NAV gained the most in {yearly.index[best]}, {number(change[best])}, and the least in {yearly.index[worst]}, "
        f"{number(change[worst])}."
    )


def _years(yearly: pd.DataFrame) -> str:
    if len(yearly) < 2:
        return ""
    return f"Timing brought money in {int((yearly['timing'] > 0).sum())} of {len(yearly)} calendar years."
