"""Errors of the backtest floor."""

from data.errors import EastboundError


class BacktestError(EastboundError):
    """A setting of a run is wrong or not built yet, or a run cannot go on; the message says which."""
