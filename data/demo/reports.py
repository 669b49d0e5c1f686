"""The demo's reports on investors: how much of the destination they hold, and what some of them filed."""

import numpy as np
import pandas as pd

from data.demo import listings
from data.demo.draws import Draws

# Monthly positioning, five years before the first price and to the last: percent of a made-up prime book, and of a
# made-up benchmark. Mean, autocorrelation and noise a month: assumed, for want of a series.
FIRST_MONTH, LAST_MONTH = np.datetime64("2014-02"), np.datetime64("2025-01")
ALLOCATION, BENCHMARK = (9.0, 0.92, 0.6), (3.5, 0.97, 0.12)
# Days from the month's end to the report, and hour of the day, UTC: prime brokers take about a week.
ALLOCATION_KNOWN, BENCHMARK_KNOWN = (8, 13), (2, 21)

# Quarterly filings, from one known before the first price on.
FILERS = ("Made-up Capital A", "Made-up Capital B", "Made-up Partners C", "Made-up Advisors D")
FIRST_QUARTER, LAST_QUARTER = np.datetime64("2018-12"), np.datetime64("2024-12")
# Names that each may hold: a third of those that have been listed all along.
OF_NAMES = 3
USUAL_POSITION = 8e7  # USD
KEPT, HEDGED = 0.85, 0.06  # probability that a position is there, and that there is a put on the name besides


def positioning_table(seed: int) -> pd.DataFrame:
    """Draw monthly positioning in the destination: it follows nothing, and predicts nothing.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DataFrame
        Columns date (the month's last day), entity (CHINA), metric (allocation and benchmark), value (percent), known.
    """
    months = np.arange(FIRST_MONTH, LAST_MONTH + 1)
    ends = (months + 1).astype("datetime64[D]") - 1
    pieces = []
    for metric, (mean, memory, noise), (days, hour) in (
        ("allocation", ALLOCATION, ALLOCATION_KNOWN),
        ("benchmark", BENCHMARK, BENCHMARK_KNOWN),
    ):
        level, values = 0.0, np.empty(len(months))
        for i, shock in enumerate((noise * Draws(seed, f"positioning {metric}").normal(len(months))).tolist()):
            level = memory * level + shock
            values[i] = mean + level
        known = pd.DatetimeIndex((ends + days).astype("datetime64[ns]"), tz="UTC") + pd.Timedelta(hours=hour)
        pieces.append(
            pd.DataFrame(
                {
                    "date": ends.astype("datetime64[ns]"),
                    "entity": "CHINA",
                    "metric": metric,
                    "value": np.round(np.maximum(values, 0.5), 2),
                    "known": known,
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def filing_table(seed: int) -> pd.DataFrame:
    """Draw quarterly filings of a few made-up filers, on names of New York and Hong Kong.

    Parameters
    ----------
    seed : int

    Returns
    -------
    DataFrame
        Columns filer, period, filed (40 to 45 days later, on a weekday), symbol, type ("Put", or empty for shares),
        value_usd. Positions are drawn by themselves: they are not counted from prices.
    """
    quarters = np.arange(FIRST_QUARTER, LAST_QUARTER + 1, 3)
    ends = (quarters + 1).astype("datetime64[D]") - 1
    names = [s for venue in ("XNYS", "XHKG") for s in listings.symbols_of(venue)]
    names = [s for s in names if s not in listings.LATE and s != listings.TAKEN_OVER]
    pieces = []
    for place, filer in enumerate(FILERS):
        draws = Draws(seed, f"filings {filer}")
        held = names[place % OF_NAMES :: OF_NAMES]
        shape = (len(ends), len(held))
        size = USUAL_POSITION * np.exp(draws.normal(len(held)) + np.cumsum(0.2 * draws.normal(shape), axis=0))
        is_held, is_hedged = draws.uniform(shape) < KEPT, draws.uniform(shape) < HEDGED
        due = ends + 42 + (4 * draws.uniform(len(ends))).astype(np.int64)
        weekday = (due.astype(np.int64) + 3) % 7
        filed = due - np.maximum(weekday - 4, 0)  # a weekend's on the Friday before
        for kind, there, part in (("", is_held, 1.0), ("Put", is_hedged, 0.3)):
            quarter, name = np.nonzero(there)
            pieces.append(
                pd.DataFrame(
                    {
                        "filer": filer,
                        "period": ends[quarter].astype("datetime64[ns]"),
                        "filed": filed[quarter].astype("datetime64[ns]"),
                        "symbol": np.array(held, dtype=object)[name],
                        "type": kind,
                        "value_usd": np.round(part * size[quarter, name], -4),
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True)
