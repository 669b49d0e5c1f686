"""Leak 3: a z-score takes its mean and deviation from the whole sample."""

import numpy as np
import pandas as pd

from data.market import MarketData
from strategies.targets import TargetWeights


def targets(market: MarketData) -> TargetWeights:
    calendar = market.calendars["XNYS"]
    inside = (calendar.dates >= market.start) & (calendar.dates <= market.end)
    stamps = calendar.closes[inside][::5]
    close = market.close[:, market.columns(["US01"])[0]]
    known = np.maximum(market.known_closes(stamps, "XNYS") - 1, 0)
    score = (close - np.nanmean(close)) / np.nanstd(close)
    filled = pd.Series(score).ffill().to_numpy()[known]
    weights = pd.DataFrame({"US01": np.clip(0.5 + 0.2 * filled, 0, 1)}, index=pd.DatetimeIndex(stamps, tz="UTC"))
    return TargetWeights.from_frame(weights.fillna(0.0))
