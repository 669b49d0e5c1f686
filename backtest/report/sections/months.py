"""Returns by month, and measures over a moving year."""

import math

import numpy as np
import pandas as pd

from backtest.metrics.monthly import monthly_returns
from backtest.metrics.rolling import rolling_beta, rolling_sharpe, rolling_volatility
from backtest.metrics.weekly import week_ends, weekly_growth
from backtest.report.charts.rolling import rolling_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, number, percent

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WINDOW_WEEKS = 52
# Returns at which a cell of the monthly table takes the next shade.
SHADES = (0.005, 0.02, 0.05, 0.10)


def months(frames: Frames) -> Section:
    """Show returns by month and moving measures.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    found = monthly_returns(frames.result.nav, frames.result.opening_nav)
    exhibits = (
        Exhibit(
            title="Return by month",
            caption="Per cent. Blue is a gain, orange a loss; the darker the larger. Part of a month counts as one.",
            says=_best(found),
            table=month_table(found),
            look="heat",
        ),
        *_rolling(frames),
    )
    return Section(key="months", title="By month, and over a moving year", exhibits=exhibits)


def month_table(found: pd.DataFrame) -> Table:
    """Set returns by month out, one row a year.

    Parameters
    ----------
    found : DataFrame
        As `backtest.metrics.monthly.monthly_returns` gives it.

    Returns
    -------
    Table
    """
    values = found.to_numpy(dtype=np.float64)
    rows = tuple(
        (str(year), *(number(100 * value, 1) for value in line))
        for year, line in zip(found.index, values.tolist(), strict=True)
    )
    shades = tuple((0, *(shade(value) for value in line)) for line in values.tolist())
    return Table(head=("", *MONTHS, "Year"), rows=rows, align="l" + "r" * 13, shades=shades)


def shade(value: float) -> int:
    """Choose how strongly a return is coloured.

    Parameters
    ----------
    value : float

    Returns
    -------
    int
        From -4 to 4; 0 for NaN and for less than half a per cent.

    Examples
    --------
    >>> shade(0.03), shade(-0.2), shade(0.001), shade(float("nan"))
    (2, -4, 0, 0)
    """
    if math.isnan(value):
        return 0
    size = sum(abs(value) >= step for step in SHADES)
    return size if value > 0 else -size


def _best(found: pd.DataFrame) -> str:
    values = found.drop(columns="year").to_numpy(dtype=np.float64)
    known = values[np.isfinite(values)]
    if not len(known):
        return ""

    def named(at: int) -> str:
        row, month = divmod(at, len(MONTHS))
        return f"{MONTHS[month]} {found.index[row]} ({percent(values[row, month])})"

    return (
        f"{int((known > 0).sum())} of {number(len(known))} months were gains; the best was "
        f"{named(int(np.nanargmax(values)))}, the worst {named(int(np.nanargmin(values)))}."
    )


def _rolling(frames: Frames) -> tuple[Exhibit, ...]:
    result, per_year = frames.result, frames.periods_per_year
    window = round(per_year) if math.isfinite(per_year) else 0
    if not window or len(result.dates) <= window:
        return ()
    compared = ("constant mix", "hold source", "rotation")
    returns = {name: frames.runs[name].returns.to_numpy() for name in compared}
    week_end_dates = result.dates[week_ends(result.dates)]
    weekly = {name: weekly_growth(frames.runs[name].nav, result.dates) - 1.0 for name in compared}
    source = weekly.pop("hold source")
    volatility = {name: rolling_volatility(one, window, per_year) for name, one in returns.items()}
    sharpe = {name: rolling_sharpe(one, window, per_year) for name, one in returns.items()}
    beta = {name: rolling_beta(one, source, WINDOW_WEEKS) for name, one in weekly.items()}
    share = {"rotation": result.basket_shares["destination"].rolling(window).mean().to_numpy()}
    span = result.dates
    return (
        Exhibit(
            key="rolling-volatility",
            title="Volatility over a year",
            caption=f"Annualised, of the last {window} returns from mark to mark.",
            says=_range(volatility["rotation"], ".1%"),
            figure=rolling_figure(span, volatility, span, ".1%"),
            is_half=True,
        ),
        Exhibit(
            key="rolling-sharpe",
            title="Sharpe ratio over a year",
            caption=f"In excess of zero, of the last {window} returns.",
            says=_range(sharpe["rotation"], ".2f"),
            figure=rolling_figure(span, sharpe, span, ".2f"),
            is_half=True,
        ),
        Exhibit(
            key="rolling-beta",
            title="Beta to holding the source, over a year",
            caption=f"Of the last {WINDOW_WEEKS} weekly returns.",
            says=_range(beta["rotation"], ".2f"),
            figure=rolling_figure(week_end_dates[1:], beta, span, ".2f"),
            is_half=True,
        ),
        Exhibit(
            key="rolling-share",
            title="Share of the destination over a year",
            caption=f"Average share of NAV over the last {window} marks.",
            says=_range(share["rotation"], ".1%"),
            figure=rolling_figure(span, share, span, ".1%"),
            is_half=True,
        ),
    )


def _range(values: np.ndarray[tuple[int], np.dtype[np.float64]], shown: str) -> str:
    known = values[np.isfinite(values)]
    if not len(known):
        return ""

    def write(value: float) -> str:
        return percent(value) if "%" in shown else number(value, 2)

    return f"Between {write(known.min())} and {write(known.max())}; {write(known[-1])} at the end."
