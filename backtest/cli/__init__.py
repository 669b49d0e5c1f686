"""The command line."""

from backtest.cli.app import main

__all__ = ["main"]
