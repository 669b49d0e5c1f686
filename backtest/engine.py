"""One simulation, resumable."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.decisions import resolve_decisions
from backtest.arrays.prepare import Prepared, prepare
from backtest.books import copy_book, new_book
from backtest.checks import check_weights
from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.kernels.state import Book
from backtest.lanes import run_lanes
from backtest.ledger_state import LedgerState, check_resumed
from backtest.result import BacktestResult
from data.kept import Kept
from data.market import MarketData
from data.stamps import as_nanoseconds
from strategies.targets import TargetWeights

_OPENINGS = Kept[Book](n_most=4)


def _used(market: MarketData, targets: TargetWeights, held: tuple[str, ...]) -> NDArray[np.bool_]:
    """Choose the names a run has to carry: those ever wanted or held, or all where NaN and 0 differ."""
    least, is_mixed = targets.weights.min(initial=np.inf), False  # NaN where any weight is
    wanted: NDArray[np.bool_] = np.ones(len(targets.assets), dtype=bool)
    if not least > 0:
        missing = np.isnan(targets.weights)
        wanted = np.any((targets.weights != 0.0) & ~missing, axis=0)
        is_mixed = bool((missing.any(axis=1) & ~missing.all(axis=1)).any())
    if is_mixed or not wanted.any():
        wanted |= np.isin(targets.assets, market.holdable)
    for name in held:
        if name not in targets.assets:
            raise BacktestError(f"{name} is in the state to resume, but has no column in the target weights.")
        wanted[targets.assets.index(name)] = True
    if not wanted.any():
        raise BacktestError(f"None of the target weights' columns may be held: {', '.join(targets.assets[:5])}.")
    return wanted


def _opening(market: MarketData, prepared: Prepared, config: RunConfig) -> Book:
    """Give the books of a run that begins: the same for all runs of the names, the currency and the capital."""
    key = (prepared.names, config.base_currency, config.initial_capital)
    return _OPENINGS.get(market, key, lambda: _frozen(new_book(prepared, 1, config.initial_capital)))


def _frozen(book: Book) -> Book:
    """Make a book read-only: what a result is asked for later is run again from it."""
    for array in book:
        array.flags.writeable = False
    return book


def simulate(
    market: MarketData,
    targets: TargetWeights,
    config: RunConfig | None = None,
    *,
    until: pd.Timestamp | int | None = None,
    resume: LedgerState | None = None,
) -> BacktestResult:
    """Say what would have happened to a portfolio that follows target weights.

    Parameters
    ----------
    market : MarketData
    targets : TargetWeights
    config : RunConfig, optional
    until : Timestamp with a time zone, optional
        Stop after everything up to and including this stamp; `result.state` goes on from there. NAV, shares, trades and
        statement of the two halves join to those of the whole. Costs, returns and the bridge are from mark to mark:
        they join where the cut is at a mark, and lose what a date cut in two did before it.
    resume : LedgerState, optional
        Go on from the state of an earlier run with the same market, targets and settings.

    Returns
    -------
    BacktestResult
        Of the dates marked in this call.

    Raises
    ------
    BacktestError, StrategyError, DataError
        If a setting, a weight or the data cannot be run; the message says which, where and what to do.

    Examples
    --------
    >>> from data.load import load
    >>> frame = pd.DataFrame({"US01": [0.5], "HK01": [0.5]}, index=["2025-01-22"])
    >>> result = simulate(load("tiny"), TargetWeights.from_frame(frame))
    >>> len(result.trades)
    2
    """
    if not isinstance(market, MarketData):
        raise BacktestError(f"simulate takes MarketData, not {type(market).__name__}; see data.load.")
    if config is not None and not isinstance(config, RunConfig):
        raise BacktestError(f"simulate takes a RunConfig, not {type(config).__name__}.")
    if resume is not None and not isinstance(resume, LedgerState):
        raise BacktestError(f"resume takes the state of a result (result.state), not {type(resume).__name__}.")
    if not isinstance(targets, TargetWeights):
        raise BacktestError(
            f"simulate takes TargetWeights, not {type(targets).__name__}; see TargetWeights.from_frame."
        )
    config = RunConfig() if config is None else config
    decisions, rows, notes = resolve_decisions(market, targets)
    used = _used(market, targets, () if resume is None else resume.names)
    names, asked = targets.assets, targets.weights
    if not used.all() or len(rows) < len(asked):
        names, asked = tuple(np.array(names)[used].tolist()), asked[np.ix_(rows, np.flatnonzero(used))]
    prepared, weights = prepare(market, names, decisions, config), asked[:, :, None]
    check_weights(prepared, market, weights, config)

    stamps = prepared.timeline.stamp
    last = len(stamps) if until is None else int(np.searchsorted(stamps, as_nanoseconds(until), side="right"))
    if resume is None:
        opening, first = _opening(market, prepared, config), 0
    else:
        check_resumed(resume, market, config, prepared, weights)
        opening, first = _frozen(copy_book(resume.book)), int(np.searchsorted(stamps, resume.stamp, side="right"))
    if last < first:
        raise BacktestError("The state to resume is from after `until`: it has already happened.")
    book, _, record = run_lanes(prepared, weights, opening, first=first, last=last, whole=False)
    nav = record.nav[:, 0]
    nav.flags.writeable = False
    first_row, end_row = np.searchsorted(prepared.marks, (first, last)).tolist()
    marked = nav[first_row:end_row]
    if not np.isfinite(marked).all():
        day = prepared.rows.dates[first_row + int(np.argmin(np.isfinite(marked)))]
        raise BacktestError(
            f"NAV is no number any more on {day}: look for a wrong price or exchange rate near that date."
        )
    if marked.min(initial=1.0) <= 0:
        ruin = first_row + int(np.argmax(marked <= 0))
        raise BacktestError(
            f"NAV falls to {nav[ruin]:,.2f} on {prepared.rows.dates[ruin]}. "
            + (
                "What was levered or sold short is lost: ask for less gross, or state a maintenance_margin."
                if config.shorts or config.max_gross > 1
                else "Nothing is levered: look for opens and closes on different price bases, or for a wrong price or "
                "exchange rate near that date."
            )
        )
    return BacktestResult(
        market=market,
        config=config,
        prepared=prepared,
        targets=targets,
        asked=weights,
        nav_by_row=nav,
        opening=opening,
        closing=book,
        first_event=first,
        last_event=last,
        stated=notes + prepared.notes,
    )
