"""Charts of a sweep, as plotly.js takes them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from backtest.report.charts.figure import DASHES, GREY, LOOKS, PARTS, faded, layout, plain
from backtest.report.exhibits import Figure
from backtest.report.sweep.labels import label, measured, shown
from backtest.report.tables import number
from backtest.tuning.analysis.axes import Axis
from backtest.tuning.analysis.landscape import Heat, Marginal

N_BARS = 60
FRAME_OWN = "#8FD3FF"  # told apart on the dark end of the map
BEST, OWN = LOOKS["rotation"]["color"], LOOKS["constant mix"]["color"]
WRITTEN = 20  # columns and rows of a map in whose cells the figure is written; half of that at half the width
MOST_TICKS = 6
FEW_LINES = 50  # fewer are drawn darker


def histogram(values: NDArray[np.float64], measure: str, marks: Mapping[str, float]) -> Figure:
    """Draw how a measure is spread over all candidates.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN and infinities are left out. The page gets the counts, never the values.
    measure : str
    marks : mapping of str to float
        Values to be marked, by name: `Best`, `Own settings`, `Median`.

    Returns
    -------
    dict
    """
    known = values[np.isfinite(values)]
    counts, edges = np.histogram(known, bins=N_BARS)
    middles, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])
    bars: Figure = {
        "type": "bar",
        "name": "Candidates",
        "x": plain(middles),
        "y": counts.tolist(),
        "width": width,
        "marker": {"color": faded(PARTS[0], 0.55), "line": {"width": 0}},
        "hovertemplate": "about %{x}: %{y:,} candidates<extra></extra>",
        "showlegend": False,
    }
    looks = {"Median": (GREY, "dot"), "Own settings": (OWN, "dash"), "Best": (BEST, "solid")}
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{name} {measured(measure, value)}",
            "x": plain(np.array([value, value])),
            "y": [0, int(counts.max())],
            "line": {"color": looks[name][0], "width": 2.4, "dash": looks[name][1]},
            "hoverinfo": "skip",
        }
        for name, value in marks.items()
        if math.isfinite(value)
    ]
    axis = {"title": {"text": label(measure)}, "tickformat": shown(measure), "hoverformat": shown(measure)}
    return {
        "data": [bars, *lines],
        "layout": layout(360, hovermode="closest", xaxis=axis, yaxis={"title": {"text": "Candidates"}}),
    }


def heat_map(
    found: Heat, measure: str, span: tuple[float, float], marks: Mapping[str, tuple[int, int]], *, is_half: bool
) -> Figure:
    """Draw a measure over two parameters.

    Parameters
    ----------
    found : Heat
    measure : str
    span : tuple of float
        Values at the two ends of the colours.
    marks : mapping of str to tuple of int
        Places (x, y) to be framed, by name: `Best`, `Own settings`.
    is_half : bool
        Whether it gets half of the width.

    Returns
    -------
    dict
    """
    # Cividis is read alike by colour-blind readers and keeps its order in grey print (Nunez et al., 2018).
    trace: Figure = {
        "type": "heatmap",
        "x": list(found.x.labels),
        "y": list(found.y.labels),
        "z": [plain(row, 4) for row in found.values],
        "customdata": found.counts.tolist(),
        "colorscale": "Cividis",
        "zmin": span[0],
        "zmax": span[1],
        "xgap": 1,
        "ygap": 1,
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "tickformat": shown(measure),
            "len": 1.0,
            "title": {"text": label(measure), "side": "right"},
        },
        "hovertemplate": (
            f"{found.x.parameter} %{{x}}<br>{found.y.parameter} %{{y}}<br>%{{z:{shown(measure)}}} "
            "(%{customdata:,} candidates)<extra></extra>"
        ),
    }
    if max(found.x.n, found.y.n) <= WRITTEN // (2 if is_half else 1):
        trace["texttemplate"] = f"%{{z:{shown(measure)}}}"
        trace["textfont"] = {"size": 11}
    frames = [
        {
            "type": "rect",
            "x0": x - 0.5,
            "x1": x + 0.5,
            "y0": y - 0.5,
            "y1": y + 0.5,
            "line": {"color": BEST if name == "Best" else FRAME_OWN, "width": 3},
        }
        for name, (x, y) in marks.items()
    ]
    return {
        "data": [trace],
        "layout": layout(
            380 if is_half else 460,
            hovermode="closest",
            xaxis=_category(found.x),
            yaxis=_category(found.y),
            margin={"l": 56, "r": 8, "t": 28, "b": 44},  # the buttons stand above the scale of colours
            shapes=frames,
        ),
    }


def effect(found: Marginal, measure: str, span: tuple[float, float]) -> Figure:
    """Draw the effect of one parameter: median and quartiles by value, and the best.

    Parameters
    ----------
    found : Marginal
    measure : str
    span : tuple of float
        Lowest and highest value of the axis, the same for every parameter.

    Returns
    -------
    dict
        A band over numbers; bars with whiskers over what has no order.
    """
    by_value, along = found.by_value, found.axis
    median, low, high = (by_value[name].to_numpy() for name in ("median", "low", "high"))
    x = list(along.labels)
    median_line: Figure = {
        "type": "scatter",
        "name": "Median",
        "mode": "lines+markers",
        "x": x,
        "y": plain(median),
        "line": {"color": PARTS[0], "width": 2.2},
        "marker": {"size": 6},
        "hovertemplate": f"median %{{y:{shown(measure)}}}",
    }
    best: Figure = {
        "type": "scatter",
        "name": "Best",
        "mode": "markers",
        "x": x,
        "y": plain(by_value["best"].to_numpy()),
        "marker": {"color": BEST, "size": 6, "symbol": "diamond"},
        "hovertemplate": f"best %{{y:{shown(measure)}}}",
    }
    if along.is_ordered and along.n > 2:
        edge: Figure = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "showlegend": False}
        band = [
            edge | {"y": plain(low), "name": "25 %", "hovertemplate": f"25 % %{{y:{shown(measure)}}}"},
            edge
            | {
                "y": plain(high),
                "name": "Middle half",
                "fill": "tonexty",
                "fillcolor": faded(PARTS[0], 0.22),
                "showlegend": True,
                "hovertemplate": f"75 % %{{y:{shown(measure)}}}",
            },
        ]
        data = [*band, median_line, best]
    else:
        whiskers = {
            "type": "data",
            "symmetric": False,
            "array": plain(high - median),
            "arrayminus": plain(median - low),
        }
        data = [median_line | {"mode": "markers", "marker": {"size": 9, "color": PARTS[0]}, "error_y": whiskers}, best]
    return {
        "data": data,
        "layout": layout(
            300,
            xaxis=_category(along),
            yaxis={"title": {"text": label(measure)}, "tickformat": shown(measure), "range": list(span)},
        ),
    }


def parallel(
    axes: Sequence[Axis],
    values: NDArray[np.float64],
    span: tuple[float, float],
    measure: str,
    groups: Mapping[str, NDArray[np.int64]],
) -> Figure:
    """Draw candidates as lines across their parameters and the measure.

    Parameters
    ----------
    axes : sequence of Axis
    values : ndarray of shape (n,)
        The measure.
    span : tuple of float
        Its lowest and highest value.
    measure : str
    groups : mapping of str to ndarray of int
        Candidates by name of the group, in the order of drawing: `Others`, `Best 200`, `Own settings`, `Best`.

    Returns
    -------
    dict
        Lines that take the same value are set a little apart, the same way each time.
    """
    looks: dict[str, Figure] = {
        "Others": {"color": faded(GREY, 0.28), "width": 0.9},
        "Own settings": {"color": OWN, "width": 3.0, "dash": "dash"},
        "Best": {"color": BEST, "width": 3.0},
    }
    apart = np.random.default_rng(0)
    low, high = span
    traces = []
    for name, chosen in groups.items():
        is_one = len(chosen) == 1
        heights = np.full((len(chosen), len(axes) + 2), np.nan)
        for i, one in enumerate(axes):
            room = 0.0 if is_one else 0.35 / max(one.n, 8)
            heights[:, i] = _height(one, one.codes[chosen]) + apart.uniform(-room, room, len(chosen))
        heights[:, len(axes)] = (values[chosen] - low) / (high - low) if high > low else 0.5
        places = np.tile([*np.arange(len(axes) + 1.0), np.nan], len(chosen))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": plain(places),
                "y": plain(heights.ravel(), 4),
                "line": looks.get(name, {"color": faded(BEST, 0.3 if len(chosen) > FEW_LINES else 0.65), "width": 1.1}),
                "connectgaps": False,
                "hoverinfo": "skip",
            }
        )
    notes = [
        _note(i, _height(one, np.array([j]))[0], _tick(one, j)) for i, one in enumerate(axes) for j in _ticks(one.n)
    ]
    notes += [_note(len(axes), end, measured(measure, span[end])) for end in (0, 1)]
    names = [*(one.parameter for one in axes), label(measure)]
    axis = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [name.replace(".", ".<br>").replace("_", "_<br>") for name in names],
        "range": [-0.15, len(axes) + 0.45],
        "gridcolor": faded(GREY, 0.8),
        "zeroline": False,
        "tickangle": 0,
    }
    return {
        "data": traces,
        "layout": layout(
            460,
            hovermode=False,
            xaxis=axis,
            yaxis={"visible": False, "range": [-0.06, 1.06]},
            annotations=notes,
            margin={"l": 44, "r": 12, "t": 8, "b": 48},
        ),
    }


def slices(lines: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64], list[str]]], measure: str) -> Figure:
    """Draw a measure along each parameter through one candidate.

    Parameters
    ----------
    lines : mapping
        By parameter: steps from the candidate, the measure there, and the values as they are written.
    measure : str

    Returns
    -------
    dict
    """
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": steps.tolist(),
            "y": plain(values),
            "text": texts,
            "line": {"color": PARTS[i % len(PARTS)], "width": 1.8, "dash": DASHES[i % len(DASHES)]},
            "marker": {"size": 6},
            "hovertemplate": f"%{{text}}: %{{y:{shown(measure)}}}",
        }
        for i, (name, (steps, values, texts)) in enumerate(lines.items())
    ]
    axis = {"title": {"text": "Steps from the best"}, "dtick": 1, "zeroline": True, "zerolinecolor": GREY}
    height = {"title": {"text": label(measure)}, "tickformat": shown(measure)}
    return {"data": traces, "layout": layout(360, xaxis=axis, yaxis=height)}


def bars(names: Sequence[str], values: NDArray[np.float64], measure: str, marked: int | None, title: str) -> Figure:
    """Draw a measure by name, one of them marked.

    Parameters
    ----------
    names : sequence of str
    values : ndarray
    measure : str
    marked : int or None
        Its place.
    title : str
        Of the axis of names.

    Returns
    -------
    dict
    """
    colours = [BEST if i == marked else faded(PARTS[0], 0.55) for i in range(len(names))]
    trace = {
        "type": "bar",
        "x": list(names),
        "y": plain(values),
        "marker": {"color": colours},
        "hovertemplate": f"%{{x}}: %{{y:{shown(measure)}}}<extra></extra>",
    }
    axis = {"type": "category", "title": {"text": title}}
    height = {"tickformat": shown(measure), "title": {"text": label(measure)}}
    return {"data": [trace], "layout": layout(300, hovermode="closest", xaxis=axis, yaxis=height)}


def _height(one: Axis, codes: NDArray[np.integer]) -> NDArray[np.float64]:
    return codes / (one.n - 1) if one.n > 1 else np.full(len(codes), 0.5)


def _ticks(n: int) -> list[int]:
    return sorted({int(i) for i in np.linspace(0, n - 1, min(n, MOST_TICKS)).round()})


def _tick(one: Axis, place: int) -> str:
    """Write a value beside its axis; of a bin the one in its middle, with the digits that tell bins apart."""
    value = one.values[place]
    if not one.is_binned or not isinstance(value, float):
        return one.labels[place]
    apart = np.diff([middle for middle in one.values if isinstance(middle, float)]).min()
    return number(value, max(0, -math.floor(math.log10(apart))) if apart > 0 else 3)


def _note(x: float, y: float, text: str) -> Figure:
    return {
        "x": x,
        "y": float(y),
        "text": text,
        "showarrow": False,
        "xanchor": "left",
        "xshift": 4,
        "font": {"size": 11, "color": "#FFFFFF"},
        "bgcolor": "rgba(70,76,82,0.88)",  # over lines, on a light page and on a dark one
        "borderpad": 1,
    }


def _category(one: Axis) -> Figure:
    title = f"{one.parameter}, middle of a bin" if one.is_binned else one.parameter
    axis: Figure = {"type": "category", "title": {"text": title, "standoff": 10}}
    if one.is_binned:  # bounds of bins are too long to stand side by side; they show under the pointer
        places = range(one.n)
        axis |= {"tickmode": "array", "tickvals": list(places), "ticktext": [_tick(one, place) for place in places]}
    return axis
