"""Charts of the signal and of the share it asked for."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.report.charts.figure import (
    DASHES,
    DESTINATION,
    GREY,
    LOOKS,
    MONEY_AXIS,
    PARTS,
    SOURCE,
    days_of,
    line,
    over_time,
    plain,
    thinned,
)
from backtest.report.exhibits import Figure
from backtest.run import RotationResult


def score_figure(result: RotationResult) -> Figure:
    """Draw the score at each decision, with the scores at which the rule moves, and where it did.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    dict
    """
    plan, rule = result.plan, result.thesis.rotation
    step = np.diff(plan.share, prepend=plan.share[:1])
    kept = thinned(len(plan.score), np.flatnonzero(step).tolist())
    days = days_of(plan.targets.decisions[kept])
    score, step = plan.score[kept], step[kept]
    look = {"color": LOOKS["constant mix"]["color"], "width": 1.6}
    traces = [line("Score", days, score, ".2f", look)]
    for name, chosen, symbol, colour in (
        ("More destination", step > 0, "triangle-up", DESTINATION),
        ("More source", step < 0, "triangle-down", SOURCE),
    ):
        at = np.flatnonzero(chosen & np.isfinite(score))
        traces.append(
            {
                "name": name,
                "x": [days[i] for i in at],
                "y": plain(score[at]),
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
    margin = {"l": 56, "r": 72, "t": 8, "b": 36}
    return {"data": traces, "layout": over_time(result.dates, 360, shapes=lines, annotations=labels, margin=margin)}


def value_figure(result: RotationResult) -> Figure:
    """Draw what the score was made of, at every close of the decision venue.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    dict
    """
    dates, value = reading_within(result, result.plan.reading.value)
    kept = thinned(len(dates))
    is_money = bool((np.abs(value[np.isfinite(value)]) >= 1000).any())
    look = {"color": "#8C6BB1", "width": 1.3}
    trace = line("Value", days_of(dates[kept]), value[kept], ",.0f" if is_money else ".3f", look)
    return {"data": [trace], "layout": over_time(result.dates, 260, yaxis=MONEY_AXIS)}


def parts_figure(result: RotationResult) -> Figure:
    """Draw what moved the value, added up since the first date of the run.

    Parameters
    ----------
    result : RotationResult
        Of a signal whose reading has parts.

    Returns
    -------
    dict
    """
    traces = []
    for i, (name, part) in enumerate(result.plan.reading.parts.items()):
        dates, path = reading_within(result, part)
        kept = thinned(len(dates))
        look = {"color": PARTS[i % len(PARTS)], "width": 1.6, "dash": DASHES[i % len(DASHES)]}
        traces.append(line(name, days_of(dates[kept]), since_first(path)[kept], ".2f", look))
    return {"data": traces, "layout": over_time(result.dates, 260)}


def since_first(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count a running sum from its first value that is known.

    Parameters
    ----------
    path : ndarray

    Returns
    -------
    ndarray
        NaN where the sum is.
    """
    known = np.flatnonzero(np.isfinite(path))
    return path - path[known[0]] if len(known) else path


def reading_within(result: RotationResult, path: NDArray[np.float64]) -> tuple[pd.DatetimeIndex, NDArray[np.float64]]:
    """Cut a series of the reading to the dates of a run.

    Parameters
    ----------
    result : RotationResult
    path : ndarray of shape (n_stamps,)
        Value, score or part of the reading.

    Returns
    -------
    dates : DatetimeIndex
        UTC dates of the closes of the decision venue.
    path : ndarray
    """
    dates = pd.DatetimeIndex(result.plan.reading.stamps).normalize()
    if not len(result.dates):
        return dates[:0], path[:0]
    first = int(dates.searchsorted(result.dates[0]))
    end = int(dates.searchsorted(result.dates[-1], side="right"))
    return dates[first:end], path[first:end]


def share_figure(result: RotationResult) -> Figure:
    """Draw the share of the destination: asked for, and held at each mark.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    dict
    """
    plan, held = result.plan, result.basket_shares["destination"].to_numpy()
    kept, asked = thinned(len(held)), thinned(len(plan.share), np.flatnonzero(np.diff(plan.share)).tolist())
    traces = [
        line("Held", days_of(result.dates[kept]), held[kept], ".1%", LOOKS["rotation"]),
        line(
            "Asked for",
            days_of(plan.targets.decisions[asked]),
            plan.share[asked],
            ".1%",
            LOOKS["50/50"] | {"width": 2.0},
            is_step=True,
        ),
    ]
    axis = {"tickformat": ".0%", "rangemode": "tozero"}
    return {"data": traces, "layout": over_time(result.dates, 260, yaxis=axis)}
