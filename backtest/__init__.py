"""What would have happened: the ledger, its results, and the theses run through it."""

from typing import TYPE_CHECKING

try:
    from data.siblings import check_siblings
except ModuleNotFoundError as error:
    raise ImportError("another package or file named 'data' shadows Eastbound's; rename it") from error

check_siblings(__file__)

from data.faces import offer

if TYPE_CHECKING:
    from backtest.config import FlatCosts, RunConfig
    from backtest.engine import simulate
    from backtest.errors import BacktestError
    from backtest.follow import Following, follow
    from backtest.ledger_state import LedgerState
    from backtest.result import BacktestResult
    from backtest.run import RotationResult, run
    from backtest.tuning.result import SweepResult
    from backtest.tuning.saved_sweep import SavedSweep, open_sweep
    from backtest.tuning.sweep import sweep

__all__ = [
    "BacktestError",
    "BacktestResult",
    "FlatCosts",
    "Following",
    "LedgerState",
    "RotationResult",
    "RunConfig",
    "SavedSweep",
    "SweepResult",
    "follow",
    "open_sweep",
    "run",
    "simulate",
    "sweep",
]
offer(
    __name__,
    {
        "BacktestError": "backtest.errors",
        "BacktestResult": "backtest.result",
        "FlatCosts": "backtest.config",
        "Following": "backtest.follow",
        "LedgerState": "backtest.ledger_state",
        "RotationResult": "backtest.run",
        "RunConfig": "backtest.config",
        "SavedSweep": "backtest.tuning.saved_sweep",
        "SweepResult": "backtest.tuning.result",
        "follow": "backtest.follow",
        "open_sweep": "backtest.tuning.saved_sweep",
        "run": "backtest.run",
        "simulate": "backtest.engine",
        "sweep": "backtest.tuning.sweep",
    },
)
