"""Running a whole-portfolio allocation: at each decision the optimiser sees the portfolio that the ledger has."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.costs import trade_costs
from backtest.arrays.grid import last_before, trailing
from backtest.arrays.prepare import Prepared, prepare
from backtest.books import new_book
from backtest.config import RunConfig
from backtest.kernels import state
from backtest.kernels.state import Book
from backtest.lanes import run_lanes
from data.costs.impact import average_volume
from data.market import MarketData
from strategies.errors import StrategyError
from strategies.mandates.inner import Told
from strategies.mandates.mandate import Decided, Held, Mandate
from strategies.targets import TargetWeights
from strategies.thesis import Thesis


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocating:
    """A thesis that weighs its whole portfolio, with the settings of the run: a strategy like any other.

    Attributes
    ----------
    thesis : Thesis
    config : RunConfig
    last : int or None
        UTC nanoseconds after which it is not asked any more; None: it is asked to the end.
    """

    thesis: Thesis
    config: RunConfig
    last: int | None = None

    def targets(self, market: MarketData) -> TargetWeights:
        """Run the allocation through the ledger, and keep what it asked for.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        TargetWeights

        Raises
        ------
        StrategyError, BacktestError, DataError
            As `allocate_through`.
        """
        mandate = self.thesis.mandate(market, self.thesis.plan(market))
        return allocate_through(mandate, market, self.config, self.thesis.name, last=self.last).targets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allocated:
    """What an allocation asked for, decision by decision.

    Attributes
    ----------
    targets : TargetWeights
        Simulating them with the same settings gives the very portfolios that the optimiser was shown.
    decided : tuple of Decided, length n_decisions
    """

    targets: TargetWeights
    decided: tuple[Decided, ...]

    def shares(self, is_destination: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Give what was asked for in each basket.

        Parameters
        ----------
        is_destination : ndarray of shape (n_names,), bool
            Of the targets' assets.

        Returns
        -------
        ndarray of shape (n_decisions, 2, 1)
            Source and destination; a name whose shares stay counts with its drifted weight.
        """
        drifted = np.array([one.drifted for one in self.decided]).reshape(self.targets.weights.shape)
        weights = np.where(np.isnan(self.targets.weights), drifted, self.targets.weights)
        asked = np.stack([weights[:, side].sum(axis=1) for side in (~is_destination, is_destination)], axis=1)
        return asked[:, :, None]

    def notes(self) -> tuple[str, ...]:
        """Give what estimates and answers say, each once with how often and when first.

        Returns
        -------
        tuple of str
        """
        told = Told()
        for stamp, one in zip(self.targets.decisions, self.decided, strict=True):
            told.add(f"{stamp:%Y-%m-%d}", one.remarks)
        return told.notes()


def allocate_through(
    mandate: Mandate, market: MarketData, config: RunConfig, name: str, *, last: int | None = None
) -> Allocated:
    """Run an allocation through the ledger, decision by decision.

    Parameters
    ----------
    mandate : Mandate
    market : MarketData
    config : RunConfig
        Of the run: costs, fills and funding move the drifted weights, and its rates are those that an objective with
        costs counts.
    name : str
        Of the thesis, for messages.
    last : int, optional
        UTC nanoseconds after which it is not asked any more.

    Returns
    -------
    Allocated

    Raises
    ------
    StrategyError
        If no portfolio keeps all demands at a decision and nothing else was said, or no solver can solve a programme;
        with the decision.
    BacktestError, DataError
        If the run cannot be made.
    """
    stamps = mandate.decisions.stamps
    stamps = stamps if last is None else stamps[stamps <= last]
    prepared = prepare(market, mandate.names, stamps, config)
    trading = _Trading(market, prepared, mandate.decisions.dates[: len(stamps)], config)
    optimiser = mandate.optimiser()
    weights = np.full((len(stamps), len(prepared.names), 1), np.nan)
    book, reached = new_book(prepared, 1, config.initial_capital), 0
    was_invested, turnovers, decided = False, np.zeros(len(stamps)), list[Decided]()
    months = mandate.decisions.dates[: len(stamps)].astype("datetime64[M]")
    is_monthly = mandate.weighing.constraints.turnover_per == "month"
    for k, event in enumerate(np.flatnonzero(prepared.timeline.kind == state.DECIDE).tolist()):
        book, _, _ = run_lanes(prepared, weights, book, first=reached, last=event, whole=False)
        reached = event
        drifted, nav = _drifted(prepared, book, event)
        was_invested = was_invested or bool(drifted.any())
        before = float(turnovers[:k][months[:k] == months[k]].sum()) if is_monthly else 0.0
        held = trading.held(k, drifted, nav, was_invested=was_invested, turnover_used=before)
        day = mandate.decisions.dates[k]
        try:
            one = mandate.decide(k, held, optimiser)
        except StrategyError as error:
            raise error.at(f"{name}, decision of {day}") from error
        weights[k, :, 0] = one.weights
        if was_invested:  # the first portfolio is no turnover
            turnovers[k] = np.nansum(np.abs(one.weights - drifted)) / 2.0
        decided.append(one)
    targets = TargetWeights(
        decisions=pd.DatetimeIndex(stamps, tz="UTC"), assets=prepared.names, weights=weights[:, :, 0]
    )
    return Allocated(targets=targets, decided=tuple(decided))


def _drifted(prepared: Prepared, book: Book, event: int) -> tuple[NDArray[np.float64], float]:
    """Give the weights just before a decision, and NAV."""
    rates = prepared.world.fx[event]
    values = book.shares[:, 0] * book.last_price * rates[prepared.world.currency]
    nav = float((book.cash[:, 0] + book.due[:, 0]) @ rates + values.sum())
    return values / nav, nav


class _Trading:
    """What trading costs and how much trades, as known at each decision, by the ledger's own arrays."""

    def __init__(self, market: MarketData, prepared: Prepared, days: NDArray[np.datetime64], config: RunConfig) -> None:
        dates = prepared.rows.dates
        # An objective counts rates: minima, caps and cents of a contract note are left to the ledger.
        rated = config.model_copy(update={"costs": "venue-proportional"}) if config.costs == "venue" else config
        self._prepared = prepared
        self._costs = trade_costs(market, dates, prepared.names, rated)
        # Averages of a decision's own date read the dates before it alone: no close of the day can come too late.
        self._rows = np.minimum(np.searchsorted(dates, days), len(dates) - 1)
        self._events = np.flatnonzero(prepared.timeline.kind == state.DECIDE)
        columns = market.columns(prepared.names)
        close = (market.close if market.close_raw is None else market.close_raw)[:, columns]
        calendars = (market.calendars[market.instruments[one].venue] for one in prepared.names)
        sessions = np.stack([calendar.index_of(market.dates) >= 0 for calendar in calendars], axis=1)
        after = np.full((1, len(columns)), np.nan)
        value = average_volume(
            np.vstack([market.volume[:, columns] * close, after]), np.vstack([sessions, np.zeros_like(sessions[:1])])
        )
        self._value = trailing(market, dates, value)
        self._price = last_before(market, dates, market.close[:, columns])

    def held(
        self, k: int, drifted: NDArray[np.float64], nav: float, *, was_invested: bool, turnover_used: float
    ) -> Held:
        """Give what a mandate is told at a decision."""
        prepared, row = self._prepared, int(self._rows[k])
        costs, fx = self._costs, prepared.world.fx[self._events[k]][prepared.world.currency]
        sides = costs.total[row][costs.classes] + _row(costs.half_spread, row)[:, None]
        if prepared.rules.fx_mode == state.CONVERT_AT_FILL:
            is_foreign = prepared.world.currency != prepared.rules.base
            sides = sides + (prepared.rules.fx_spread * is_foreign)[:, None]
        price = np.maximum(np.nan_to_num(self._price[row], nan=0.0) * fx, 1e-300)
        return Held(
            weights=drifted,
            was_invested=was_invested,
            tradable=~prepared.untradable[k],
            turnover_used=turnover_used,
            volume=self._value[row] * fx / nav,
            buy_cost=sides[:, 0],
            sell_cost=sides[:, 1],
            # The ledger charges impact x notional x sqrt(shares); in fractions of NAV that is k |u|^1.5.
            impact=_row(costs.impact, row) * np.sqrt(nav / price),
        )


def _row(array: NDArray[np.float64], row: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = array[row if len(array) > 1 else 0]
    return found
