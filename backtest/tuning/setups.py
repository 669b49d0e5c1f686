"""A setup worked out on a market: everything that its candidates share, ready for their shares alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared, prepare
from backtest.arrays.sleeves import has_sleeves, lay_out_sleeves
from backtest.checks import check_weights
from backtest.kernels.sleeve_tables import Sleeves
from backtest.metrics.lanes import Measuring, measuring
from backtest.tuning.variants import SetupSettings
from data.market import MarketData
from strategies.planning import Decisions, decide_when
from strategies.rules.risk import steps_of
from strategies.rules.rotating import Steps
from strategies.rules.weighing import Weighed, weigh_baskets
from strategies.signals.reading import Reading


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What the runs of one setup have in common.

    Attributes
    ----------
    decisions : Decisions
    weighed : Weighed
    prepared : Prepared
    how : Measuring
    steps : Steps
        Decisions as rules see them.
    sleeves : Sleeves or None
        None: the settings of the run need the general form.
    """

    decisions: Decisions
    weighed: Weighed
    prepared: Prepared
    how: Measuring
    steps: Steps
    sleeves: Sleeves | None


@dataclass(frozen=True, kw_only=True)
class Signals:
    """What candidates of one setup read when they decide.

    Attributes
    ----------
    score, relative_price : ndarray of shape (n_signals, n_decisions)
    """

    score: NDArray[np.float64]
    relative_price: NDArray[np.float64]


def read_at(decisions: Decisions, readings: Sequence[Reading]) -> Signals:
    """Take from readings what is known at decisions.

    Parameters
    ----------
    decisions : Decisions
    readings : sequence of Reading, length n_signals

    Returns
    -------
    Signals
    """
    score, relative = (
        np.stack([one.at(decisions.stamps, getattr(one, of)) for one in readings]) for of in ("score", "relative_price")
    )
    return Signals(score=score, relative_price=relative)


def set_up(
    market: MarketData, settings: SetupSettings, name: str, n_blocks: int, is_short: tuple[bool, bool] = (False, False)
) -> Setup:
    """Work out a setup.

    Parameters
    ----------
    market : MarketData
    settings : SetupSettings
    name : str
        Of the thesis, for messages.
    n_blocks : int
        Time blocks of the moments.
    is_short : (bool, bool)
        Whether rules may sell the source and the destination short.

    Returns
    -------
    Setup

    Raises
    ------
    BacktestError, StrategyError, DataError
        As the single run does.
    """
    config = settings.config
    decisions = decide_when(settings.schedule, market, name)
    weighed = weigh_baskets(settings.baskets, settings.weighing, market, decisions, name)
    prepared = prepare(market, weighed.assets, decisions.stamps, config)
    # Whatever shares are asked for, they are between those of one basket held whole and of the other.
    side = np.where(is_short, -1.0, 1.0)
    check_weights(prepared, market, np.ascontiguousarray(side * weighed.inner.transpose(0, 2, 1)), config)
    how = measuring(
        market, prepared.rows, config, first=0, end=len(prepared.rows.dates), opening=config.initial_capital,
        n_blocks=n_blocks,
    )  # fmt: skip
    return Setup(
        decisions=decisions,
        weighed=weighed,
        prepared=prepared,
        how=how,
        steps=steps_of(market, weighed, decisions, settings.volatility, config.base_currency),
        sleeves=lay_out_sleeves(prepared, weighed.inner) if has_sleeves(prepared) else None,
    )
