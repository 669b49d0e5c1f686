"""Charts of NAV and of its falls."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.typing import NaTType

from backtest.metrics.drawdowns import drawdown
from backtest.report.charts.figure import (
    LEGEND,
    LOSS,
    MONEY_AXIS,
    days_of,
    faded,
    line,
    log_ticks,
    over_time,
    short,
    thinned,
)
from backtest.report.exhibits import Figure
from backtest.run import RotationResult

# The rotation is drawn last, on top of the others, and named first.
ROTATION_FIRST = LEGEND | {"traceorder": "reversed"}


def nav_figure(result: RotationResult) -> Figure:
    """Draw NAV of the rotation and its references on a log scale.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    dict
    """
    lines = _lines(result, ("hold source", "hold destination", "50/50", "constant mix"))
    kept = thinned(len(result.dates))
    days = days_of(result.dates[kept])
    values = np.stack(list(lines.values()))
    shown = values[np.isfinite(values) & (values > 0)]
    axis: Figure = {"type": "log"}
    if len(shown):
        ticks = log_ticks(float(shown.min()), float(shown.max()))
        axis |= {"tickmode": "array", "tickvals": ticks, "ticktext": [short(tick) for tick in ticks]}
        axis |= MONEY_AXIS
    traces = [line(name, days, nav[kept], ",.0f") for name, nav in lines.items()]
    return {"data": traces, "layout": over_time(result.dates, 420, yaxis=axis, legend=ROTATION_FIRST)}


def drawdown_figure(result: RotationResult, worst: Iterable[tuple[pd.Timestamp, pd.Timestamp | NaTType]]) -> Figure:
    """Draw the fall from the last peak of the rotation, the constant mix and the source.

    Parameters
    ----------
    result : RotationResult
    worst : iterable of (peak, recovery)
        Stretches to be shaded; a recovery of NaT lasts until the end.

    Returns
    -------
    dict
    """
    falls = {name: drawdown(nav) for name, nav in _lines(result, ("hold source", "constant mix")).items()}
    lowest = [int(np.nanargmin(fall)) for fall in falls.values() if np.isfinite(fall).any()]
    kept = thinned(len(result.dates), lowest)
    days = days_of(result.dates[kept])
    traces = [line(name, days, fall[kept], ".1%") for name, fall in falls.items()]
    shaded = [
        {"type": "rect", "xref": "x", "yref": "paper", "x0": f"{peak:%Y-%m-%d}", "y0": 0, "y1": 1, "layer": "below"}
        | {"x1": f"{result.dates[-1] if isinstance(recovery, NaTType) else recovery:%Y-%m-%d}"}
        | {"fillcolor": faded(LOSS, 0.10), "line": {"width": 0}}
        for peak, recovery in worst
    ]
    marks = [
        {"text": str(rank), "x": shape["x0"], "xref": "x", "yref": "paper", "y": 0, "xanchor": "left"}
        | {"yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
        for rank, shape in enumerate(shaded, 1)
    ]
    axis = {"tickformat": "~%", "rangemode": "tozero"}
    return {
        "data": traces,
        "layout": over_time(result.dates, 340, yaxis=axis, shapes=shaded, annotations=marks, legend=ROTATION_FIRST),
    }


def _lines(result: RotationResult, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    lines = {name: result.references[name].nav.to_numpy() for name in names}
    # Last, so that it lies on top of the others.
    return lines | {"rotation": result.nav.to_numpy()}
