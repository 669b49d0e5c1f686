"""Runs side by side as one HTML page, built like the report of a run."""

import math

import numpy as np
from numpy.typing import NDArray

from backtest.comparison.side_by_side import Comparison
from backtest.metrics.returns import A_YEAR
from backtest.report.charts.figure import DASHES, PARTS, days_of, line, log_ticks, over_time, thinned
from backtest.report.exhibits import Exhibit, Figure, Section
from backtest.report.page import render
from backtest.report.tables import Table, number, percent, signed
from backtest.report.verdict import LUCK, points_apart
from backtest.report.writing import listed


def render_comparison(found: Comparison) -> str:
    """Render a comparison.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    str
        A whole HTML document that opens without a network; the same runs give the same text.
    """
    base = next(iter(found.runs.values())).manifest.run["base_currency"]
    first, last = found.dates[0].date(), found.dates[-1].date()
    return render(
        title=f"{len(found.runs)} runs side by side",
        subject=listed(list(found.runs)),
        subtitle=f"{listed(list(found.runs))}. {first} to {last}, in {base}.",
        is_synthetic=any(run.manifest.market.synthetic is not None for run in found.runs.values()),
        made=(_verdict(found), _measures(found), _growth(found), _settings(found)),
    )


def sentences(found: Comparison) -> list[str]:
    """Put a comparison into words.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    list of str
        Which returned most, whether that can be told from luck, and what keeps the runs from being like for like.
    """
    is_short = found.years < A_YEAR
    returned = found.measures["total_return" if is_short else "annual_return"].sort_values(ascending=False)
    is_free = any(run.manifest.run["costs"] == "none" for run in found.runs.values())
    span = f"from {found.dates[0].date()} to {found.dates[-1].date()}" if is_short else "a year"
    after = "" if is_free else " after costs"
    span_of_points = "" if is_short else " a year"
    best = str(returned.index[0])
    others = listed([f"{label} {percent(value)}" for label, value in returned.iloc[1:].items()])
    said = [f"Run {best} returned most: {percent(returned.iloc[0])} {span}{after}; {others}."]
    if len({percent(value) for value in returned}) == 1:
        said = [f"All runs returned {percent(returned.iloc[0])} {span}{after}."]
    for label, row in found.against_first.iterrows():
        t = row["t_statistic"]
        if not points_apart(float(returned[str(label)]), float(returned[found.first])):
            said.append(f"{label} and {found.first} returned the same, to a tenth of a point.")
            continue
        if math.isnan(t):
            said.append(f"{label} and {found.first}: the weekly difference has no t-statistic.")
            continue
        luck = (
            "cannot be told from luck"
            if abs(t) < LUCK
            else "is more than luck would often give to a pair picked beforehand"
        )
        apart = points_apart(float(returned[str(label)]), float(returned[found.first]))
        side = "ahead of" if apart > 0 else "behind"
        said.append(
            f"{label} is {side} {found.first} by {number(abs(apart), 1)} points{span_of_points}; the weekly difference "
            f"has a t-statistic of {number(t, 2)} over {number(row['weeks'])} weeks, which {luck}."
        )
    said.append(
        "Whoever runs many variants and shows the best of them has picked its luck too: that is not allowed for here."
    )
    return [*said, *found.cautions]


def _verdict(found: Comparison) -> Section:
    content = {"sentences": sentences(found), "cards": (), "n_findings": 0}
    return Section(key="verdict", title="Verdict", content=content, has_template=True)


def measures_table(found: Comparison) -> Table:
    """Set the measures of the runs beside each other.

    Parameters
    ----------
    found : Comparison

    Returns
    -------
    Table
        One row a run; nothing is annualised over less than a year.
    """
    is_short = found.years < A_YEAR
    span = "" if is_short else " a year"
    returns = ("Total return", "Return a year", "Volatility a year", "Sharpe", "Max drawdown", "Calmar")
    head = ("Run", *returns, f"Turnover{span}, × NAV", f"Cost{span}, of NAV")
    rows = list[tuple[str, ...]]()
    for label, row in found.measures.iterrows():
        part = found.years if is_short else 1.0
        yearly = [math.nan] * 4 if is_short else [row[k] for k in ("annual_return", "volatility", "sharpe", "calmar")]
        rows.append(
            (
                str(label),
                percent(row["total_return"]),
                percent(yearly[0]),
                percent(yearly[1]),
                number(yearly[2], 2),
                percent(row["max_drawdown"]),
                number(yearly[3], 2),
                number(row["turnover"] * part, 1),
                percent(row["cost_annual"] * part, 2),
            )
        )
    return Table(head=head, rows=tuple(rows), align="l" + "r" * (len(head) - 1), strong=(0,))


def _measures(found: Comparison) -> Section:
    rows = tuple(
        (
            str(label),
            signed(
                points_apart(*(float(found.measures["annual_return"][run]) for run in (str(label), found.first))), 1
            ),
            percent(row["tracking_error"]),
            number(row["t_statistic"], 2),
            number(row["correlation"], 2),
            number(row["weeks"]),
        )
        for label, row in found.against_first.iterrows()
    )
    head = ("Run", "Return a year, points apart", "Tracking error a year", "t-statistic", "Correlation", "Weeks")
    exhibits = (
        Exhibit(
            title="Measures",
            caption=(
                "Over the dates that all runs have. Sharpe is in excess of zero; turnover is one-way; costs are those "
                "charged on these dates."
            ),
            table=measures_table(found),
        ),
        Exhibit(
            title=f"Against {found.first}",
            caption=(
                "From weekly returns, which bridge the hours between closes. The t-statistic is that of the mean "
                "weekly difference."
            ),
            table=Table(head=head, rows=rows, align="lrrrrr"),
        ),
    )
    return Section(key="measures", title="Side by side", exhibits=exhibits)


def _growth(found: Comparison) -> Section:
    growth = found.growth
    axis: Figure = {"type": "log"}
    shown = growth.to_numpy()[growth.to_numpy() > 0]
    if len(shown):
        ticks = log_ticks(float(shown.min()), float(shown.max()))
        axis |= {"tickmode": "array", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    exhibits = (
        Exhibit(
            key="growth",
            title="Growth of 1",
            caption=(
                "NAV over that of the first date that all runs have. On the log scale equal heights are equal returns."
            ),
            figure=_lines(found, {label: growth[label].to_numpy() for label in found.runs}, ".3f", axis),
            has_scales=True,
        ),
        Exhibit(
            key="drawdowns",
            title="Drawdown",
            caption="NAV against its highest mark among these dates.",
            figure=_lines(
                found,
                {label: found.drawdowns[label].to_numpy() for label in found.runs},
                ".1%",
                {"tickformat": "~%", "rangemode": "tozero"},
            ),
        ),
    )
    return Section(key="growth-and-drawdown", title="Growth and drawdown", exhibits=exhibits)


def _lines(found: Comparison, lines: dict[str, NDArray[np.float64]], shown: str, axis: Figure) -> Figure:
    dates = found.dates
    kept = thinned(len(dates))
    days = days_of(dates[kept])
    traces = [
        line(
            label,
            days,
            values[kept],
            shown,
            {"color": PARTS[i % len(PARTS)], "width": 1.8, "dash": DASHES[i % len(DASHES)]},
        )
        for i, (label, values) in enumerate(lines.items())
    ]
    for label, trace in zip(lines, traces, strict=True):
        trace["name"] = label  # a folder is called as it is written
    return {"data": traces, "layout": over_time(dates, 400, yaxis=axis)}


def _settings(found: Comparison) -> Section:
    differing = found.settings
    rows = tuple(
        (str(key), *(text or "–" for text in row))
        for key, row in zip(differing.index, differing.to_numpy().tolist(), strict=True)
    )
    table = Table(head=("Setting", *found.runs), rows=rows, align="l" * (len(found.runs) + 1))
    if not rows:
        return Section(
            key="settings", title="What differs", paragraphs=("The runs have the same settings, data and versions.",)
        )
    exhibit = Exhibit(
        title="Settings, data and versions that differ",
        caption="What is not listed is the same in all of them.",
        table=table,
    )
    return Section(key="settings", title="What differs", exhibits=(exhibit,))
