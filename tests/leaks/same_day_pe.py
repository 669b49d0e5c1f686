"""Leak 2: an index P/E is used on the day it is dated, though it is published after the close."""

import numpy as np
import pandas as pd

from data.market import MarketData
from strategies.targets import TargetWeights


def targets(market: MarketData) -> TargetWeights:
    calendar = market.calendars["XNYS"]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
    days, closes = calendar.dates[inside][::5], calendar.closes[inside][::5]
    table = market.table("valuations")
    ratio = table[table["entity"] == "HSTECH"].set_index("date")["value"].sort_index()
    at = np.searchsorted(ratio.index.to_numpy().astype("datetime64[D]"), days, side="right") - 1
    cheap = ratio.to_numpy()[at] < 32.0
    weights = pd.DataFrame({"HK01": np.where(cheap, 0.9, 0.1)}, index=pd.DatetimeIndex(closes, tz="UTC"))
    return TargetWeights.from_frame(weights)
