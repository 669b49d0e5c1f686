"""Leak 4: the last session of the week is taken from the sessions held, which know of closures not yet announced."""

import numpy as np
import pandas as pd

from data.market import MarketData
from strategies.targets import TargetWeights


def targets(market: MarketData) -> TargetWeights:
    calendar = market.calendars["XHKG"]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
    dates, closes = calendar.dates[inside], calendar.closes[inside]
    week = (dates + 3).astype("datetime64[W]")
    last = np.flatnonzero(week[1:] != week[:-1])
    weights = pd.DataFrame({"HK01": 0.5, "HK02": 0.4}, index=pd.DatetimeIndex(closes[last], tz="UTC"), dtype=float)
    return TargetWeights.from_frame(weights)
