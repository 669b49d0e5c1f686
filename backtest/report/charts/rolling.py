"""Charts of measures over a moving year."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.report.charts.figure import LEGEND, LOOKS, days_of, line, over_time, thinned
from backtest.report.exhibits import Figure


def rolling_figure(
    dates: pd.DatetimeIndex, lines: dict[str, NDArray[np.float64]], span: pd.DatetimeIndex, shown: str
) -> Figure:
    """Draw one measure of the rotation, and of references, over a moving window.

    Parameters
    ----------
    dates : DatetimeIndex
        Of the values.
    lines : dict of str to ndarray
        By name in `LOOKS`; NaN until the window is full.
    span : DatetimeIndex
        Of the run, for the axis.
    shown : str
        Format of a value, such as ".1%".

    Returns
    -------
    dict
    """
    kept = thinned(len(dates))
    days = days_of(dates[kept])
    traces = [line(name, days, values[kept], shown, LOOKS[name]) for name, values in lines.items()]
    axis = {"tickformat": "~%" if "%" in shown else ".1f"}
    return {"data": traces, "layout": over_time(span, 280, yaxis=axis, legend=LEGEND | {"traceorder": "reversed"})}
