"""What the world was: prices, calendars, rates, facts, and from when each was known."""

from typing import TYPE_CHECKING

from data.faces import offer
from data.siblings import check_siblings

if TYPE_CHECKING:
    from data.checks.folder import check_folder as check
    from data.errors import DataError, EastboundError
    from data.load import load
    from data.market import MarketData
    from data.sources.frames import from_frames
    from data.vendors import compare

check_siblings(__file__)

__all__ = ["DataError", "EastboundError", "MarketData", "check", "compare", "from_frames", "load"]
offer(
    __name__,
    {
        "DataError": "data.errors",
        "EastboundError": "data.errors",
        "MarketData": "data.market",
        "check": "data.checks.folder:check_folder",
        "compare": "data.vendors",
        "from_frames": "data.sources.frames",
        "load": "data.load",
    },
)
