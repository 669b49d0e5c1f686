"""Figures for a paper: one column wide, drawn by matplotlib, the same bytes every time.

The report's charts are drawn by plotly in the reader's browser (`charts`); these stand in a printed column of 85 mm.
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.metrics.drawdowns import drawdown
from backtest.metrics.monthly import monthly_returns
from backtest.report.charts.figure import CASH, DESTINATION, GREY, LOOKS, SOURCE, log_ticks, short
from backtest.result import BacktestResult
from backtest.run import RotationResult
from data.storage.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

KINDS = ("svg", "png", "pdf")
WIDTH, HEIGHT = 85 / 25.4, 58 / 25.4  # inches: one column of a journal
DOTS_PER_INCH = 600  # what printers ask for line art
MONTHS = "JFMAMJJASOND"
SYNTHETIC = "Synthetic market: made-up prices"
# Dates and random names of parts would make each file another one.
STATIC: Mapping[str, Mapping[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None},
}
STYLE: Mapping[Any, Any] = {
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


def figure_files(result: BacktestResult, kind: str) -> dict[str, bytes]:
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
    note = SYNTHETIC if result.market.synthetic else ""
    with mpl.rc_context():
        mpl.rcdefaults()  # a user's own style would change the bytes
        mpl.rcParams.update(STYLE)
        return {f"figure-{name}.{kind}": _saved(draw, kind, note) for name, draw in drawings.items()}


def write_figures(result: BacktestResult, folder: Path, kind: str) -> list[Path]:
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


def _saved(draw: "Callable[[Axes], None]", kind: str, note: str) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)  # no window, no state of pyplot's
    draw(figure.add_subplot())
    if note:
        figure.supxlabel(note, fontsize=6, color=GREY)
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=DOTS_PER_INCH, metadata=dict(STATIC[kind]))
    return file.getvalue()


def _draw_nav(axes: "Axes", result: BacktestResult) -> None:
    for name, nav in _lines(result, ("hold source", "hold destination", "50/50", "constant mix")).items():
        _line(axes, name, result.dates, nav.to_numpy())
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    ticks = log_ticks(low, high)
    axes.set_yticks(ticks, [short(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_ylabel(f"NAV, {result.config.base_currency} (log scale)")
    _legend(axes)
    _years(axes, result.dates)


def _draw_drawdown(axes: "Axes", result: BacktestResult) -> None:
    for name, nav in _lines(result, ("hold source", "constant mix")).items():
        _line(axes, name, result.dates, 100 * drawdown(nav.to_numpy()))
    axes.set_ylabel("Drawdown, %")
    axes.set_ylim(top=0)
    _legend(axes)
    _years(axes, result.dates)


def _draw_shares(axes: "Axes", result: RotationResult) -> None:
    shares = 100 * result.basket_shares
    # A debit would turn the stack over: it is drawn as no cash, as in the report.
    bands = [np.maximum(shares[name].to_numpy(), 0.0) for name in ("source", "destination", "cash")]
    axes.stackplot(
        shares.index,
        bands,
        colors=(SOURCE, DESTINATION, CASH),
        labels=("Source", "Destination", "Cash"),
        linewidth=0,
        alpha=0.8,
    )
    axes.set_ylim(0, 100)
    axes.set_ylabel("Share of NAV, %")
    _legend(axes)
    _years(axes, result.dates)


def _draw_score(axes: "Axes", result: RotationResult) -> None:
    plan, rule = result.plan, result.thesis.rotation
    days = plan.targets.decisions.tz_localize(None)
    axes.plot(days, plan.score, color=LOOKS["constant mix"]["color"], linewidth=0.8, label="Score")
    low, high = ("floor", "cap") if rule.rule == "linear" else ("exit", "enter")
    for label, level in ((high, rule.enter), (low, rule.exit)):
        axes.axhline(level, color=GREY, linewidth=0.7, linestyle=DASHES["dash"])
        axes.annotate(
            label,
            (1, level),
            (2, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            size=6,
        )
    step = np.diff(plan.share, prepend=plan.share[:1])
    for label, chosen, marker, colour in (
        ("More destination", step > 0, "^", DESTINATION),
        ("More source", step < 0, "v", SOURCE),
    ):
        if chosen.any():
            axes.plot(days[chosen], plan.score[chosen], marker, color=colour, markersize=3.5, linewidth=0, label=label)
    axes.set_ylabel("Score at decisions")
    _legend(axes)
    _years(axes, result.dates)


def _draw_months(axes: "Axes", result: BacktestResult) -> None:
    table = monthly_returns(result.nav, result.opening_nav).drop(columns="year")
    values = 100 * table.to_numpy()
    seen = values[np.isfinite(values)]
    widest = float(np.abs(seen).max()) if len(seen) else 1.0
    # Orange falls and blue rises: told apart by colour-blind readers, and by their signs in print.
    axes.imshow(values, cmap=_gains_and_losses(), vmin=-widest, vmax=widest, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            axes.text(column, row, f"{value:.1f}".replace("-", "\u2212"), ha="center", va="center", size=5)
    axes.set_xticks(range(len(MONTHS)), list(MONTHS))
    axes.set_yticks(range(len(table)), [str(year) for year in table.index])
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("Return of the month, %")


def _gains_and_losses() -> "LinearSegmentedColormap":
    """Give the report's own colours of losses and gains, light enough for black figures on them."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("losses and gains", ["#F0A060", "#FFFFFF", "#6FA8D6"])


def _lines(result: BacktestResult, names: tuple[str, ...]) -> dict[str, pd.Series]:
    if not isinstance(result, RotationResult):
        return {"rotation": result.nav}
    # The run itself comes last, so that it lies on top of the others.
    return {name: result.references[name].nav for name in names} | {"rotation": result.nav}


def _line(axes: "Axes", name: str, days: pd.DatetimeIndex, values: NDArray[np.float64]) -> None:
    look = LOOKS[name]
    axes.plot(
        days,
        values,
        color=look["color"],
        linewidth=0.36 * look["width"],
        linestyle=DASHES.get(look.get("dash", ""), "-"),
        label=name.capitalize(),
    )


def _legend(axes: "Axes") -> None:
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        axes.legend(
            *(handles[::-1], labels[::-1]),
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            ncols=3,
            columnspacing=1.0,
            handlelength=1.9,
            borderpad=0.2,
        )


def _years(axes: "Axes", dates: pd.DatetimeIndex) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    if len(dates) > 1:
        axes.set_xlim(*date2num(dates[[0, -1]]))  # type: ignore[no-untyped-call]
