"""Charts of a mandate: which demands bound when, and at what price."""

import numpy as np
import pandas as pd

from backtest.report.charts.figure import PARTS, days_of, line, over_time
from backtest.report.exhibits import Figure


def binding_figure(binding: pd.DataFrame, given_up: pd.DataFrame) -> Figure:
    """Draw at which decisions each demand bound, and where it gave.

    Parameters
    ----------
    binding : DataFrame
        One row a decision (UTC), one column a demand.
    given_up : DataFrame
        Columns decided, demand.

    Returns
    -------
    dict
    """
    names, traces = list(binding.columns)[::-1], []
    for name in names:
        at = pd.DatetimeIndex(binding.index[binding[name].to_numpy()])
        traces.append(_marks(name, at, "bound", "#0072B2", "line-ns-open"))
    for name in names:
        at = pd.DatetimeIndex(given_up.loc[given_up["demand"] == name, "decided"])
        if len(at):
            traces.append(_marks(name, at, "gave", "#D55E00", "x"))
    dates = pd.DatetimeIndex(binding.index).tz_localize(None)
    axis = {"categoryorder": "array", "categoryarray": names, "automargin": True, "showgrid": False}
    layout = over_time(dates, 90 + 26 * len(names), yaxis=axis)
    return {"data": traces, "layout": layout | {"showlegend": False}}


def prices_figure(prices: pd.DataFrame, unit: str) -> Figure:
    """Draw shadow prices.

    Parameters
    ----------
    prices : DataFrame
        One row a decision (UTC), one column a demand; NaN is a gap.
    unit : str
        For the axis.

    Returns
    -------
    dict
    """
    dates = pd.DatetimeIndex(prices.index)
    days = days_of(dates)
    traces = [
        line(name, days, prices[name].to_numpy(), ".2f", {"color": colour, "width": 1.6}, is_step=True)
        for name, colour in zip(prices.columns, PARTS, strict=False)
    ]
    return {
        "data": traces,
        "layout": over_time(dates.tz_localize(None), 320, yaxis={"title": {"text": unit}, "rangemode": "tozero"}),
    }


def _marks(name: str, at: pd.DatetimeIndex, verb: str, colour: str, symbol: str) -> Figure:
    days = days_of(at)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{name}, {verb}",
        "x": days,
        "y": [name] * len(days),
        "marker": {"color": colour, "symbol": symbol, "size": 9, "line": {"color": colour, "width": 2}},
        "hovertemplate": f"%{{x}}: {name} {verb}<extra></extra>",
    }


def thinned_prices(prices: pd.DataFrame, most: int) -> pd.DataFrame:
    """Choose the demands with the largest average price.

    Parameters
    ----------
    prices : DataFrame
    most : int

    Returns
    -------
    DataFrame
    """
    mean = prices.abs().fillna(0.0).mean()
    order = np.argsort(-mean.to_numpy(), kind="stable")[:most]
    chosen = [prices.columns[i] for i in order if mean.iloc[i] > 0.0]
    return prices[chosen]
