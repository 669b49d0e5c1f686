"""What candidates of a sweep share, worked out once each, by whichever thread needs it first."""

from contextlib import suppress
from copy import copy

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.setups import Setup, Signals, read_at, set_up
from backtest.tuning.variants import Variants
from data.kept import Once
from strategies.errors import UnsolvedError
from strategies.planning import read_signal
from strategies.signals.reading import Reading

# A setup takes a few megabytes, a reading some 50 KB: what is kept is bounded, whatever is varied.
SETUPS_KEPT, READINGS_KEPT = 32, 2_048


class Preparation:
    """Setups and readings of a sweep, kept while they are in use.

    Parameters
    ----------
    variants : Variants
    n_blocks : int
        Time blocks of the moments.
    """

    def __init__(self, variants: Variants, n_blocks: int) -> None:
        self._variants = variants
        self._n_blocks = n_blocks
        self._setups = Once[Setup | UnsolvedError](SETUPS_KEPT)
        self._dates: NDArray[np.datetime64] | None = None
        self._signals = Once[Signals](SETUPS_KEPT)
        self._readings = Once[Reading](READINGS_KEPT)

    def first(self) -> Setup:
        """Give the first setup to which its optimiser gives portfolios: all others have to be of its dates.

        Returns
        -------
        Setup

        Raises
        ------
        BacktestError, StrategyError, DataError
            As `setup`; that of the last if there is none.
        """
        last = len(self._variants.setups) - 1
        for number in range(last):
            with suppress(UnsolvedError):
                return self.setup(number)
        return self.setup(last)

    def setup(self, number: int) -> Setup:
        """Give a setup.

        Parameters
        ----------
        number : int
            Position in `Variants.setups`.

        Returns
        -------
        Setup

        Raises
        ------
        BacktestError, StrategyError, DataError
            As `set_up` does; if its dates are not those of the first setup that was given.
        """
        found = self._setups.get(number, lambda: self._set_up(number))
        if isinstance(found, UnsolvedError):
            raise copy(found)
        return found

    def reading(self, number: int) -> Reading:
        """Give what a signal reads.

        Parameters
        ----------
        number : int
            Position in `Variants.signals`.

        Returns
        -------
        Reading

        Raises
        ------
        StrategyError, DataError
            As `read_signal` does.
        """

        def read() -> Reading:
            one, market = self._variants.signals[number], self._variants.market
            return read_signal(one.signal, one.scene(market), with_prices=self._variants.needs_prices)

        return self._readings.get(number, read)

    def signals(self, number: int, signals: NDArray[np.int64]) -> Signals:
        """Give what signals read at the decisions of a setup.

        Parameters
        ----------
        number : int
            Position in `Variants.setups`.
        signals : ndarray of shape (n_signals,), int64
            Positions in `Variants.signals`.

        Returns
        -------
        Signals
            Row i is of `signals[i]`.
        """

        def read() -> Signals:
            return read_at(self.setup(number).decisions, [self.reading(int(one)) for one in signals])

        return self._signals.get((number, signals.tobytes()), read)

    def _set_up(self, number: int) -> Setup | UnsolvedError:
        variants = self._variants
        try:
            made = set_up(
                variants.market, variants.setups[number], variants.thesis.name, self._n_blocks, variants.is_short
            )
        except UnsolvedError as error:
            return copy(error)  # without its traceback, which holds on to whatever was at hand
        dates = made.prepared.rows.dates
        if self._dates is None:
            self._dates = dates
        elif not np.array_equal(dates, self._dates):
            raise BacktestError(
                "the venues of its baskets have other sessions than those of the first that was run, and a sweep keeps "
                "one list of dates. Sweep baskets of other venues by themselves."
            )
        return made
