"""No leak: last month's return, known at the close that decides."""

import numpy as np
import pandas as pd

from data.market import MarketData
from strategies.schedule import decision_stamps, rebalance_dates
from strategies.targets import TargetWeights


def targets(market: MarketData) -> TargetWeights:
    calendar = market.calendars["XHKG"]
    stamps = decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end))
    close = market.close[:, market.columns(["HK01"])[0]]
    rows = np.flatnonzero(~np.isnan(close))
    known = np.searchsorted(rows, market.known_closes(stamps, "XHKG"))
    momentum = close[rows][known - 1] / close[rows][known - 21] - 1.0
    weights = pd.DataFrame({"HK01": np.where(momentum > 0, 0.9, 0.2)}, index=pd.DatetimeIndex(stamps, tz="UTC"))
    return TargetWeights.from_frame(weights)
