"""Leak 1: Hong Kong is filled on a New York close of the same date, which comes after Hong Kong's."""

import numpy as np
import pandas as pd

from data.market import MarketData
from strategies.targets import TargetWeights

NANOSECONDS_PER_MINUTE = 60 * 10**9


def targets(market: MarketData) -> TargetWeights:
    calendar = market.calendars["XHKG"]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
    opens, dates = calendar.opens[inside][5:], calendar.dates[inside][5:]
    close = market.close[:, market.columns(["US01"])[0]]
    row = np.searchsorted(market.dates, dates)
    row = np.minimum(row, len(close) - 1)
    rises = close[row] > close[np.maximum(row - 1, 0)]
    weights = pd.DataFrame(
        {"HK01": np.where(rises, 0.9, 0.0)},
        index=pd.DatetimeIndex(opens - NANOSECONDS_PER_MINUTE, tz="UTC"),
    )
    return TargetWeights.from_frame(weights)
