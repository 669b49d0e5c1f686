"""The tiny market: three names, ten New York sessions around a Hong Kong holiday.

Every number is round, so that a whole run can be redone by hand (`docs/tiny.md`). Hong Kong was shut
from 2025-01-29 to 2025-01-31.
"""

import pandas as pd

from data.market import MarketData
from data.sources.frames import from_frames
from data.universes import Spell

NEW_YORK = (
    "2025-01-22",
    "2025-01-23",
    "2025-01-24",
    "2025-01-27",
    "2025-01-28",
    "2025-01-29",
    "2025-01-30",
    "2025-01-31",
    "2025-02-03",
    "2025-02-04",
)
HONG_KONG = ("2025-01-22", "2025-01-23", "2025-01-24", "2025-01-27", "2025-01-28", "2025-02-03", "2025-02-04")
# symbol, venue, currency, dates, opens, closes
NAMES = (
    (
        "US01",
        "XNYS",
        "USD",
        NEW_YORK,
        (100, 100, 102, 100, 98, 100, 101, 104, 105, 104),
        (100, 102, 101, 98, 100, 102, 104, 105, 104, 106),
    ),
    (
        "US02",
        "XNYS",
        "USD",
        NEW_YORK,
        (50, 50, 50, 49, 48, 50, 50, 51, 52, 52),
        (50, 50, 49, 48, 50, 50, 51, 52, 52, 53),
    ),
    ("HK01", "XHKG", "HKD", HONG_KONG, (78, 78, 78, 80, 80, 84, 85), (78, 78, 80, 80, 82, 84, 86)),
)
USD_HKD = (7.8, 7.8, 7.8, 7.8, 7.8, 7.8, 7.8, 7.8, 7.75, 7.75)


def tiny_market() -> MarketData:
    """Build the tiny market.

    Returns
    -------
    MarketData
        Synthetic. Universes `us` (US01, US02) and `hk` (HK01).
    """
    rows = [
        {
            "date": date,
            "symbol": symbol,
            "venue": venue,
            "currency": currency,
            "open": float(opened),
            "high": float(max(opened, closed)),
            "low": float(min(opened, closed)),
            "close": float(closed),
            "volume": 1e6,
        }
        for symbol, venue, currency, dates, opens, closes in NAMES
        for date, opened, closed in zip(dates, opens, closes, strict=True)
    ]
    fx = pd.DataFrame({"date": ("2025-01-21", *NEW_YORK), "base": "USD", "quote": "HKD", "rate": (7.8, *USD_HKD)})
    return from_frames(
        pd.DataFrame(rows),
        fx=fx,
        name="tiny (synthetic)",
        synthetic=True,
        memberships={"us": (Spell("US01"), Spell("US02")), "hk": (Spell("HK01"),)},
    )
