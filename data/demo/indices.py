"""Indices of the demo: equal weights of a venue's names, set back each session, without dividends."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.demo import listings
from data.demo.closes import Closes
from data.gaps import carried_forward

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
BASE = 1000.0
# index: its venue and the first date on which it is published (that of the real index)
INDICES = {"NDX": ("XNYS", "2019-03-01"), "HSTECH": ("XHKG", "2020-07-27"), "CSI300": ("XSHG", "2019-03-01")}


def index_levels(dates: Dates, made: Closes, symbols: tuple[str, ...]) -> Array:
    """Chain the average price return of the names.

    Parameters
    ----------
    dates : ndarray of shape (n,), datetime64[D]
    made : Closes
    symbols : tuple of str, length n_names

    Returns
    -------
    ndarray of shape (n,)
        1 on the first date. A suspended name counts at its last price; the name taken over leaves with the day after
        the announcement.
    """
    worth = carried_forward(made.close) * made.shares
    if listings.TAKEN_OVER in symbols:
        worth[dates > listings.TAKEOVER_KNOWN, symbols.index(listings.TAKEN_OVER)] = np.nan
    gains = np.nanmean(worth[1:] / worth[:-1], axis=1)
    levels: Array = np.concatenate([[1.0], np.cumprod(gains)])
    return levels


def index_table(sessions: Mapping[str, Dates], levels: Mapping[str, Array]) -> pd.DataFrame:
    """Write the indices as a table.

    Parameters
    ----------
    sessions : mapping of str to ndarray of datetime64[D]
        By venue.
    levels : mapping of str to ndarray
        By venue, as `index_levels` gives them.

    Returns
    -------
    DataFrame
        Columns date, index, close; 1,000 on the first date of each.
    """
    pieces = []
    for index, (venue, first) in INDICES.items():
        since = sessions[venue] >= np.datetime64(first)
        level = levels[venue][since]
        pieces.append(
            pd.DataFrame(
                {
                    "date": sessions[venue][since].astype("datetime64[ns]"),
                    "index": index,
                    "close": np.round(BASE * level / level[0], 2),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)
