"""Figures for a paper: one column wide, drawn by matplotlib, the same bytes every time.

The report's charts are drawn by plotly in the reader's browser (`charts`); these stand in a printed column of 85 mm.
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from backtest.errors import BacktestError
from backtest.metrics.measures import drawdown
from backtest.report.charts import CASH, DESTINATION, GREY, LOOKS, SOURCE, log_ticks
from backtest.result import BacktestResult
from backtest.run import RotationResult
from data.storage.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FigureKind = Literal["svg", "png", "pdf"]
KINDS: tuple[FigureKind, ...] = ("svg", "png", "pdf")
WIDTH, HEIGHT = 85 / 25.4, 58 / 25.4  # inches: one column of a journal
DOTS_PER_INCH = 600  # what printers ask for line art
MONTHS = "JFMAMJJASOND"
# Dates and random names of parts would make each file another one.
STATIC: Mapping[FigureKind, Mapping[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None},
}
STYLE: Mapping[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DADDE0",
    "grid.linewidth": 0.4,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "svg.hashsalt": "eastbound",
    "pdf.fonttype": 42,  # fonts that an editor can edit, as journals ask
}
DASHES: Mapping[str, str | tuple[int, tuple[float, ...]]] = {
    "dash": (0, (5, 2)),
    "dashdot": (0, (5, 1.5, 1, 1.5)),
    "dot": (0, (1, 1.2)),
}


def figure_files(result: BacktestResult, kind: FigureKind) -> dict[str, bytes]:
    """Draw the figures of a run.

    Parameters
    ----------
    result : BacktestResult
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    dict of str to bytes
        By name of file: NAV, drawdown and monthly returns; of a thesis shares by basket and the score too. NaN is a
        gap. The same run gives the same bytes with the same version of matplotlib.

    Raises
    ------
    BacktestError
        If the kind is unknown.
    """
    if kind not in KINDS:
        raise BacktestError(f"No figures of kind {kind!r}: want {', '.join(KINDS)}.")
    import matplotlib as mpl

    drawings: dict[str, Callable[[Axes], None]] = {
        "nav": lambda axes: _draw_nav(axes, result),
        "drawdown": lambda axes: _draw_drawdown(axes, result),
        "months": lambda axes: _draw_months(axes, result),
    }
    if isinstance(result, RotationResult):
        drawings["shares"] = lambda axes: _draw_shares(axes, result)
        drawings["score"] = lambda axes: _draw_score(axes, result)
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own style would change the bytes
        mpl.rcParams.update(STYLE)
        return {f"figure-{name}.{kind}": _saved(draw, kind) for name, draw in drawings.items()}


def write_figures(result: BacktestResult, folder: Path, kind: FigureKind) -> list[Path]:
    """Write the figures of a run into a folder of their own; `write_run` makes them files of the run.

    Parameters
    ----------
    result : BacktestResult
    folder : Path
        Made if need be.
    kind : {"svg", "png", "pdf"}

    Returns
    -------
    list of Path

    Raises
    ------
    BacktestError
        If the kind is unknown, or the folder cannot be written.
    """
    drawn = figure_files(result, kind)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in drawn.items():
            with replacing(folder / name) as place:
                place.write_bytes(content)
    except OSError as error:
        raise BacktestError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return [folder / name for name in drawn]


def _saved(draw: "Callable[[Axes], None]", kind: FigureKind) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)  # no window, no state of pyplot's
    draw(figure.add_subplot())
    _mark_synthetic(figure, draw)
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=DOTS_PER_INCH, metadata=dict(STATIC[kind]))
    return file.getvalue()
