"""What every chart shares: palette, lines, areas, bars, axes, and which points are sent."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.report.exhibits import Figure

MAX_POINTS, MAX_AREA_POINTS = 2000, 500
MOST_PLACES = 22  # greater powers of ten are no exact floating-point numbers
# Okabe and Ito's palette, told apart by colour-blind readers; lines differ in dash too, for print.
LOOKS: dict[str, dict[str, Any]] = {
    "rotation": {"color": "#D55E00", "width": 2.6},
    "constant mix": {"color": "#2F8FCE", "width": 2.0},
    "hold source": {"color": "#009E73", "width": 1.4, "dash": "dash"},
    "hold destination": {"color": "#CC79A7", "width": 1.4, "dash": "dashdot"},
    "50/50": {"color": "#8A8F94", "width": 1.4, "dash": "dot"},
}
SOURCE, DESTINATION, CASH = LOOKS["hold source"]["color"], LOOKS["hold destination"]["color"], "#B8BCC0"
OTHERS = "#7C8288"
GAIN, LOSS, TOTAL = LOOKS["constant mix"]["color"], LOOKS["rotation"]["color"], "#7C8288"
LEGEND: Figure = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"}
GREY, GRID = "#7C8288", "rgba(128,128,128,0.22)"
# For parts that are no reference: the palette again, from its cool end, then lighter and darker shades.
PARTS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C6BB1", "#A6761D", "#1B9E9E", "#F0E442",
)  # fmt: skip
# Thousands, millions, billions as a reader of finance writes them.
MONEY_AXIS: Figure = {"exponentformat": "B", "separatethousands": True}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def thinned(n: int, keep: list[int] | None = None, limit: int = MAX_POINTS) -> NDArray[np.intp]:
    """Choose the points of a line to send.

    Parameters
    ----------
    n : int
        Points there are.
    keep : list of int, optional
        Points that must stay, such as the lowest.
    limit : int
        About how many may be sent.

    Returns
    -------
    ndarray of int
        All of them up to the limit, else every k-th, the last and those to keep; in order.

    Examples
    --------
    >>> len(thinned(1500)), len(thinned(5000, keep=[1])), int(thinned(5000)[-1])
    (1500, 1669, 4999)
    """
    step = max(1, math.ceil(n / limit))
    every = np.arange(0, n, step)
    last = np.arange(n)[-1:]
    return np.unique(np.concatenate([every, last, np.array(keep or [], dtype=np.intp)]))


def log_ticks(low: float, high: float) -> list[float]:
    """Choose round ticks for a log scale.

    Parameters
    ----------
    low, high : float
        Above zero.

    Returns
    -------
    list of float
        The coarsest choice that gives at least three.

    Examples
    --------
    >>> log_ticks(0.6e6, 2.2e6)
    [700000.0, 1000000.0, 1500000.0, 2000000.0]
    """
    ladders = (
        (1,),
        (1, 2, 5),
        (1, 1.5, 2, 3, 5, 7),
        (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
        np.arange(10, 100) / 10,
    )
    ticks: list[float] = []
    for ladder in ladders:
        decades = 10.0 ** np.arange(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
        grid = np.outer(decades, np.asarray(ladder, dtype=np.float64)).ravel()
        ticks = [float(tick) for tick in grid if low <= tick <= high]
        if len(ticks) >= 3:
            break
    return ticks


def line(
    name: str,
    days: list[str],
    values: NDArray[np.float64],
    shown: str,
    look: dict[str, Any] | None = None,
    *,
    is_step: bool = False,
) -> Figure:
    """Draw a line over dates.

    Parameters
    ----------
    name : str
        In the legend; one of `LOOKS` where no look is given.
    days : list of str
    values : ndarray
        NaN is a gap.
    shown : str
        Format of a value under the pointer, such as ".1%".
    look : dict, optional
    is_step : bool
        Whether a value holds until the next.

    Returns
    -------
    dict
    """
    style = dict(LOOKS[name] if look is None else look)
    if is_step:
        style["shape"] = "hv"
    return {
        "name": name[:1].upper() + name[1:],
        "x": days,
        "y": plain(values),
        "type": "scatter",
        "mode": "lines",
        "line": style,
        "hovertemplate": f"%{{y:{shown}}}",
    }


def area(name: str, days: list[str], values: NDArray[np.float64], colour: str) -> Figure:
    """Draw one layer of a stack of fractions.

    Parameters
    ----------
    name : str
    days : list of str
    values : ndarray
        Negative ones are drawn as none: one would turn the stack over.
    colour : str

    Returns
    -------
    dict
    """
    return {
        "name": name,
        "x": days,
        "y": plain(np.maximum(values, 0.0), 4),
        "type": "scatter",
        "mode": "lines",
        "stackgroup": "nav",
        "line": {"width": 0.6, "color": colour, "shape": "hv"},
        "fillcolor": faded(colour),
        "hovertemplate": "%{y:.0%}",
    }


def waterfall(labels: Sequence[str], values: Sequence[float], total: str) -> Figure:
    """Draw amounts one after another, and their sum.

    Parameters
    ----------
    labels : sequence of str
    values : sequence of float
    total : str
        Label of the sum.

    Returns
    -------
    dict
        One trace.
    """
    return {
        "type": "waterfall",
        "x": [*labels, total],
        "y": [*plain(np.asarray(values, dtype=np.float64)), 0.0],
        "measure": ["relative"] * len(labels) + ["total"],
        "increasing": {"marker": {"color": GAIN}},
        "decreasing": {"marker": {"color": LOSS}},
        "totals": {"marker": {"color": TOTAL}},
        "connector": {"line": {"color": GREY, "width": 0.8}},
        "text": [short(value) for value in (*values, float(np.sum(np.asarray(values))))],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{x}: %{text}<extra></extra>",
    }


def days_of(dates: pd.DatetimeIndex) -> list[str]:
    """Write dates as plotly takes them.

    Parameters
    ----------
    dates : DatetimeIndex

    Returns
    -------
    list of str
    """
    return dates.strftime("%Y-%m-%d").tolist()


def plain(values: NDArray[np.float64], digits: int = 7) -> list[float | None]:
    """Turn values into what JSON knows.

    Parameters
    ----------
    values : ndarray
    digits : int
        Significant ones: a few draw a line, the rest would only make the page heavy.

    Returns
    -------
    list of float or None
        None for NaN and infinities. What is below 1e-15 keeps fewer digits, down to none at 1e-22.
    """
    given = np.asarray(values, dtype=np.float64)
    is_drawn = np.isfinite(given)
    with np.errstate(divide="ignore"):
        size = np.where(is_drawn & (given != 0.0), np.floor(np.log10(np.abs(given))), 0.0)
    # Whole numbers over or times a power of ten: the nearest there is to what is written with so many digits.
    places = np.clip(digits - 1 - size, -MOST_PLACES, MOST_PLACES)
    up, down = 10.0 ** np.maximum(places, 0.0), 10.0 ** np.maximum(-places, 0.0)
    rounded = np.rint(given * up / down) / up * down
    return [value if drawn else None for value, drawn in zip(rounded.tolist(), is_drawn.tolist(), strict=True)]


def faded(colour: str, opacity: float = 0.8) -> str:
    """Make a colour let the grid through.

    Parameters
    ----------
    colour : str
        "#RRGGBB".
    opacity : float

    Returns
    -------
    str
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def short(value: float) -> str:
    """Write an amount in thousands, millions or billions, for an axis or a bar.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
        What is less than a hundredth is 0: rounding, in any currency.

    Examples
    --------
    >>> short(1_500_000.0), short(-2_360.0), short(7.0), short(-2e-10)
    ('1.5M', '−2.36k', '7', '0')
    """
    if abs(value) < 0.01:
        return "0"
    sign = "−" if value < 0 else ""
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{sign}{abs(value) / size:.3g}{unit}"
    return f"{sign}{abs(value):.3g}"


def layout(height: int = 380, **given: Any) -> Figure:
    """Lay a chart out on a transparent ground in grey text: readable on a light page and on a dark one.

    Parameters
    ----------
    height : int
        Pixels.
    **given
        Entries of plotly's layout; those of `yaxis` and `xaxis` are added to the usual ones.

    Returns
    -------
    dict
    """
    x_axis = {"gridcolor": GRID, "automargin": True} | given.pop("xaxis", {})
    y_axis = {"gridcolor": GRID, "zerolinecolor": GRID, "automargin": True} | given.pop("yaxis", {})
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": GREY, "size": 13, "family": "system-ui, sans-serif"},
        "margin": {"l": 56, "r": 24, "t": 8, "b": 36},
        "height": height,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#2B3036", "bordercolor": "#2B3036", "font": {"color": "#FFFFFF"}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": GREY},
        "legend": LEGEND,
        "xaxis": x_axis,
        "yaxis": y_axis,
    } | given


def over_time(dates: pd.DatetimeIndex, height: int = 380, **given: Any) -> Figure:
    """Lay out a chart over the dates of a run: one time axis for all of them.

    Parameters
    ----------
    dates : DatetimeIndex
    height : int
    **given
        As `layout` takes it.

    Returns
    -------
    dict
    """
    axis: Figure = {"type": "date", "hoverformat": "%Y-%m-%d"}
    if len(dates) > 1:
        axis["range"] = days_of(dates[[0, -1]])
    return layout(height, xaxis=axis | given.pop("xaxis", {}), **given)
