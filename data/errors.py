"""Errors of the data floor.

::

    EastboundError
    ├── DataError                  data: what the world was
    ├── strategies.StrategyError   strategies: what to hold
    └── backtest.BacktestError     backtest: what would have happened
"""


class EastboundError(Exception):
    """Base of every error that is the input's fault; its message says what, where and what to do."""


class DataError(EastboundError):
    """Prices, rates, calendars or facts are missing, malformed or contradictory."""
