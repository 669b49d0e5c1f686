"""Charts of the report, as plotly figures in plain dictionaries: the page draws them, nothing is drawn here."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics.drawdowns import drawdown
from backtest.report.tables import number
from backtest.run import RotationResult

Figure = dict[str, Any]
MAX_POINTS = 2000
# Okabe and Ito's palette, told apart by colour-blind readers; lines differ in dash too, for print.
LOOKS: dict[str, dict[str, Any]] = {
    "rotation": {"color": "#D55E00", "width": 2.6},
    "constant mix": {"color": "#2F8FCE", "width": 2.0},
    "hold source": {"color": "#009E73", "width": 1.4, "dash": "dash"},
    "hold destination": {"color": "#CC79A7", "width": 1.4, "dash": "dashdot"},
    "50/50": {"color": "#8A8F94", "width": 1.4, "dash": "dot"},
}
SOURCE, DESTINATION, CASH = LOOKS["hold source"]["color"], LOOKS["hold destination"]["color"], "#B8BCC0"
GREY, GRID = "#7C8288", "rgba(128,128,128,0.22)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure and what to say about it.

    Attributes
    ----------
    key : str
        Names it within the page.
    title, caption : str
    figure : dict
        `data` and `layout` as plotly.js takes them.
    """

    key: str
    title: str
    caption: str
    figure: Figure


def charts(result: RotationResult) -> list[Chart]:
    """Make the charts of a run.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    list of Chart
        NAV, drawdown, shares by basket, score. Lines have at most about 2,000 points; NaN is a gap.
    """
    return [nav_chart(result), drawdown_chart(result), share_chart(result), score_chart(result)]


def nav_chart(result: RotationResult) -> Chart:
    """Draw NAV of the rotation and its references on a log scale.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Chart
    """
    lines = _lines(result, ("hold source", "hold destination", "50/50", "constant mix"))
    kept = thinned(len(result.dates))
    days = _days(result.dates[kept])
    values = np.stack(list(lines.values()))
    shown = values[np.isfinite(values) & (values > 0)]
    axis: Figure = {"type": "log"}
    if len(shown):
        ticks = log_ticks(float(shown.min()), float(shown.max()))
        axis |= {"tickvals": ticks, "ticktext": [_short(tick) for tick in ticks]}
    traces = [_line(name, days, nav[kept], ",.0f") for name, nav in lines.items()]
    return Chart(
        key="nav",
        title=f"NAV, {result.config.base_currency}",
        caption="Log scale: equal heights are equal returns. References pay the same costs at the same decisions.",
        figure={"data": traces, "layout": _layout(result, yaxis=axis)},
    )


def drawdown_chart(result: RotationResult) -> Chart:
    """Draw the fall from the last peak of the rotation, the constant mix and the source.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Chart
    """
    falls = {name: drawdown(nav) for name, nav in _lines(result, ("hold source", "constant mix")).items()}
    lowest = [int(np.nanargmin(fall)) for fall in falls.values() if np.isfinite(fall).any()]
    kept = thinned(len(result.dates), lowest)
    days = _days(result.dates[kept])
    traces = [_line(name, days, fall[kept], ".1%") for name, fall in falls.items()]
    return Chart(
        key="drawdown",
        title="Drawdown",
        caption="NAV against its highest mark so far.",
        figure={"data": traces, "layout": _layout(result, yaxis={"tickformat": ".0%", "rangemode": "tozero"})},
    )


def share_chart(result: RotationResult) -> Chart:
    """Draw where NAV was: source, destination, cash, stacked.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Chart
    """
    shares = result.basket_shares
    kept = thinned(len(shares))
    days = _days(result.dates[kept])
    traces = []
    for name, colour in (("source", SOURCE), ("destination", DESTINATION), ("cash", CASH)):
        # A debit would turn the stack over: it is drawn as no cash, and said in the caption.
        values = np.maximum(shares[name].to_numpy()[kept], 0.0)
        traces.append(
            {
                "name": name.capitalize(),
                "x": days,
                "y": _plain(values),
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "nav",
                "line": {"width": 0, "color": colour, "shape": "hv"},
                "fillcolor": _faded(colour),
                "hovertemplate": "%{y:.0%}",
            }
        )
    lowest = float(shares["cash"].min()) if len(shares) else 0.0
    caption = "Fractions of NAV at each mark."
    if lowest < -0.005:
        caption += f" Cash fell to {number(100 * lowest)} % of NAV at its lowest (a debit, drawn as none)."
    axis: Figure = {"tickformat": ".0%", "range": [0, max(1.0, 1.0 - lowest)]}
    return Chart(
        key="shares",
        title="Share of NAV by basket",
        caption=caption,
        figure={"data": traces, "layout": _layout(result, yaxis=axis)},
    )


def score_chart(result: RotationResult) -> Chart:
    """Draw the score at each decision, with the scores at which the rule moves.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Chart
    """
    plan, rule = result.plan, result.thesis.rotation
    step = np.diff(plan.share, prepend=plan.share[:1])
    kept = thinned(len(plan.score), np.flatnonzero(step).tolist())
    days = _days(plan.targets.decisions[kept])
    score, step = plan.score[kept], step[kept]
    traces = [
        {
            "name": "Score",
            "x": days,
            "y": _plain(score),
            "type": "scatter",
            "mode": "lines",
            "line": {"color": LOOKS["constant mix"]["color"], "width": 1.6},
            "hovertemplate": "%{y:.2f}",
        }
    ]
    for name, chosen, symbol, colour in (
        ("More destination", step > 0, "triangle-up", DESTINATION),
        ("More source", step < 0, "triangle-down", SOURCE),
    ):
        at = np.flatnonzero(chosen & np.isfinite(score))
        traces.append(
            {
                "name": name,
                "x": [days[i] for i in at],
                "y": _plain(score[at]),
                "type": "scatter",
                "mode": "markers",
                "marker": {"symbol": symbol, "size": 9, "color": colour},
                "hovertemplate": "%{y:.2f}",
            }
        )
    low, high = ("floor", "cap") if rule.rule == "linear" else ("exit", "enter")
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
        | {"line": {"color": GREY, "width": 1.2, "dash": "dash"}}
        for y in (rule.enter, rule.exit)
    ]
    labels = [
        {"text": f"{text} {y:g}", "xref": "paper", "x": 1, "y": y, "xanchor": "left", "yanchor": "middle"}
        | {"showarrow": False, "font": {"size": 12}}
        for text, y in ((high, rule.enter), (low, rule.exit))
    ]
    return Chart(
        key="score",
        title="Signal score at decisions",
        caption=f"{plan.reading.origin[:1].upper()}{plan.reading.origin[1:]}, as a trailing z-score.",
        figure={"data": traces, "layout": _layout(result, shapes=lines, annotations=labels)},
    )


def thinned(n: int, keep: list[int] | None = None) -> NDArray[np.intp]:
    """Choose the points of a line to send.

    Parameters
    ----------
    n : int
        Points there are.
    keep : list of int, optional
        Points that must stay, such as the lowest.

    Returns
    -------
    ndarray of int
        All of them up to 2,000, else every k-th, the last and those to keep; in order.

    Examples
    --------
    >>> len(thinned(1500)), len(thinned(5000, keep=[1])), int(thinned(5000)[-1])
    (1500, 1669, 4999)
    """
    step = max(1, math.ceil(n / MAX_POINTS))
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


def _lines(result: RotationResult, names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    lines = {name: result.references[name].nav.to_numpy() for name in names}
    # Last, so that it lies on top of the others.
    return lines | {"rotation": result.nav.to_numpy()}


def _line(name: str, days: list[str], values: NDArray[np.float64], shown: str) -> Figure:
    return {
        "name": name.capitalize(),
        "x": days,
        "y": _plain(values),
        "type": "scatter",
        "mode": "lines",
        "line": LOOKS[name],
        "hovertemplate": f"%{{y:{shown}}}",
    }


def _days(dates: pd.DatetimeIndex) -> list[str]:
    return [str(day) for day in dates.strftime("%Y-%m-%d")]


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    # Seven digits draw a line; the rest would only make the page heavy. JSON has no NaN.
    return [float(f"{value:.7g}") if math.isfinite(value) else None for value in values.tolist()]


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.8)"


def _short(value: float) -> str:
    for unit, size in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _layout(result: RotationResult, **given: Any) -> Figure:
    """Transparent ground and grey text: readable on a light page and on a dark one; one time axis for all charts."""
    x_axis: Figure = {"type": "date", "gridcolor": GRID, "hoverformat": "%Y-%m-%d"}
    if len(result.dates) > 1:
        x_axis["range"] = _days(result.dates[[0, -1]])
    y_axis = {"gridcolor": GRID, "zerolinecolor": GRID, "automargin": True} | given.pop("yaxis", {})
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": GREY, "size": 13, "family": "system-ui, sans-serif"},
        "margin": {"l": 56, "r": 60, "t": 8, "b": 36},
        "height": 380,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#2B3036", "bordercolor": "#2B3036", "font": {"color": "#FFFFFF"}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": GREY},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom"},
        "xaxis": x_axis,
        "yaxis": y_axis,
    } | given
