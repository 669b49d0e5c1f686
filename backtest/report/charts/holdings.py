"""Charts of what was held."""

import numpy as np
import pandas as pd

from backtest.report.charts.figure import (
    CASH,
    DESTINATION,
    LOOKS,
    MAX_AREA_POINTS,
    OTHERS,
    PARTS,
    SOURCE,
    area,
    days_of,
    line,
    over_time,
    thinned,
)
from backtest.report.exhibits import Figure

COLOURS = {"source": SOURCE, "destination": DESTINATION, "cash": CASH, "other names": OTHERS}


def stack_figure(shares: pd.DataFrame, height: int = 340) -> Figure:
    """Stack fractions of NAV over time.

    Parameters
    ----------
    shares : DataFrame
        One column a part, the lowest layer first; rows by date. A negative share is drawn as none.
    height : int

    Returns
    -------
    dict
    """
    dates = pd.DatetimeIndex(shares.index)
    kept = thinned(len(dates), limit=MAX_AREA_POINTS)
    days, free = days_of(dates[kept]), iter(PARTS * (1 + len(shares.columns) // len(PARTS)))
    traces = [
        area(
            str(name)[:1].upper() + str(name)[1:],
            days,
            shares[name].to_numpy()[kept],
            COLOURS.get(str(name)) or next(free),
        )
        for name in shares.columns
    ]
    highest = float(np.nanmax(np.maximum(shares.to_numpy(), 0.0).sum(axis=1))) if shares.size else 1.0
    axis = {"tickformat": ".0%", "range": [0, max(1.0, highest)]}
    return {"data": traces, "layout": over_time(dates, height, yaxis=axis)}


def exposure_figure(exposures: pd.DataFrame) -> Figure:
    """Draw how much of NAV was invested.

    Parameters
    ----------
    exposures : DataFrame
        Columns gross, net, cash: fractions of NAV; net is drawn where it differs from gross.

    Returns
    -------
    dict
    """
    dates = pd.DatetimeIndex(exposures.index)
    kept = thinned(len(dates))
    days = days_of(dates[kept])
    looks = [("Invested, gross", "gross", LOOKS["rotation"]), ("Cash", "cash", LOOKS["50/50"])]
    if (exposures["gross"] - exposures["net"]).abs().max() > 1e-9:
        looks.insert(1, ("Invested, net of shorts", "net", LOOKS["hold source"]))
    traces = [line(label, days, exposures[name].to_numpy()[kept], ".1%", look) for label, name, look in looks]
    return {"data": traces, "layout": over_time(dates, 300, yaxis={"tickformat": ".0%"})}


def names_figure(names: pd.DataFrame) -> Figure:
    """Draw how many names were held, and how many equal holdings would be as concentrated.

    Parameters
    ----------
    names : DataFrame
        Columns held, effective.

    Returns
    -------
    dict
    """
    dates = pd.DatetimeIndex(names.index)
    kept = thinned(len(dates))
    days = days_of(dates[kept])
    traces = [
        line("Names held", days, names["held"].to_numpy()[kept], ".0f", LOOKS["50/50"], is_step=True),
        line("Effective number", days, names["effective"].to_numpy()[kept], ".1f", LOOKS["constant mix"]),
    ]
    return {"data": traces, "layout": over_time(dates, 300, yaxis={"rangemode": "tozero"})}
