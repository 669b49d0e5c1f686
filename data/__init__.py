"""What the world was: prices, calendars, rates, facts, and from when each was known."""

from data.siblings import check_siblings

check_siblings(__file__)

from data.checks.folder import check_folder as check
from data.errors import DataError, EastboundError
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from data.vendors import compare

__all__ = ["DataError", "EastboundError", "MarketData", "check", "compare", "from_frames", "load"]
