"""Charts of where the money came from and went."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from backtest.report.charts.figure import (
    DASHES,
    GAIN,
    GREY,
    LOSS,
    MONEY_AXIS,
    PARTS,
    days_of,
    layout,
    line,
    over_time,
    plain,
    short,
    thinned,
    waterfall,
)
from backtest.report.exhibits import Figure


def waterfall_figure(labels: Sequence[str], values: Sequence[float], total: str) -> Figure:
    """Draw amounts one after another, and their sum.

    Parameters
    ----------
    labels : sequence of str
    values : sequence of float
    total : str

    Returns
    -------
    dict
    """
    margin = {"l": 56, "r": 24, "t": 24, "b": 48}
    figure = layout(360, yaxis=MONEY_AXIS, showlegend=False, hovermode="closest", margin=margin)
    return {"data": [waterfall(labels, values, total)], "layout": figure}


def cumulative_figure(
    steps: pd.DataFrame,
    labels: dict[str, str],
    span: pd.DatetimeIndex,
    height: int = 360,
    *,
    is_points: bool = False,
) -> Figure:
    """Draw amounts added up over time, one line each.

    Parameters
    ----------
    steps : DataFrame
        Amounts by date.
    labels : dict of str to str
        Columns to draw, and how they are called.
    span : DatetimeIndex
        Of the run.
    height : int
    is_points : bool
        Whether they are fractions, drawn as percentage points, and no money.

    Returns
    -------
    dict
    """
    dates = pd.DatetimeIndex(steps.index)
    kept = thinned(len(dates))
    days = days_of(dates[kept])
    traces = []
    for i, (name, label) in enumerate(labels.items()):
        look = {"color": PARTS[i % len(PARTS)], "width": 1.8, "dash": DASHES[i % len(DASHES)]}
        traces.append(line(label, days, np.cumsum(steps[name].to_numpy())[kept], ".1%" if is_points else ",.0f", look))
    return {"data": traces, "layout": over_time(span, height, yaxis={"tickformat": ".0%"} if is_points else MONEY_AXIS)}


def bars_figure(labels: Sequence[str], values: Sequence[float]) -> Figure:
    """Draw amounts as bars that lie, the first on top.

    Parameters
    ----------
    labels : sequence of str
    values : sequence of float
        At least one.

    Returns
    -------
    dict
    """
    amounts = np.asarray(values, dtype=np.float64)
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": list(labels),
        "x": plain(amounts),
        "marker": {"color": [GAIN if value >= 0 else LOSS for value in amounts.tolist()]},
        "text": [short(value) for value in amounts.tolist()],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:,.0f}<extra></extra>",
    }
    low, high = min(0.0, float(amounts.min())), max(0.0, float(amounts.max()))
    room = 0.18 * (high - low)
    figure = layout(
        max(160, 60 + 24 * len(labels)),
        yaxis={
            "autorange": "reversed",
            "type": "category",
            "dtick": 1,
            "gridcolor": "rgba(0,0,0,0)",
            "ticksuffix": "  ",
        },
        xaxis=MONEY_AXIS | {"zeroline": True, "zerolinecolor": GREY, "range": [low - room, high + room]},
        hovermode="closest",
        showlegend=False,
    )
    return {"data": [trace], "layout": figure}


def yearly_figure(table: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Draw amounts by year, stacked by kind.

    Parameters
    ----------
    table : DataFrame
        One row a year.
    labels : dict of str to str
        Columns to draw, and how they are called.

    Returns
    -------
    dict
    """
    years = [str(year) for year in table.index]
    traces = [
        {
            "type": "bar",
            "name": label,
            "x": years,
            "y": plain(table[name].to_numpy()),
            "marker": {"color": PARTS[i % len(PARTS)], "pattern": {"shape": ("", "/", "x", "-", ".", "|", "+")[i % 7]}},
            "hovertemplate": "%{y:,.0f}",
        }
        for i, (name, label) in enumerate(labels.items())
    ]
    axes = {"xaxis": {"type": "category"}, "yaxis": MONEY_AXIS}
    return {"data": traces, "layout": layout(320, barmode="relative", **axes)}
