"""A thesis in parts: when it decides, what it reads, how it weighs its baskets, what share it asks for.

Each part depends on its own sections alone, so that many variants of a thesis can share what they have in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.market import MarketData
from strategies.basket_history import runs
from strategies.errors import StrategyError
from strategies.mandates.inner import optimised_weights, refuse_unknown_names
from strategies.mandates.sections import Weighing
from strategies.membership import first_day, kept_out, membership, undated
from strategies.rules.baskets import inner_weights
from strategies.rules.kernels import N_STATE, Rotations, rotate_nb
from strategies.schedule import decision_stamps, decision_venue, rebalance_dates
from strategies.settings import Baskets, Rotation, Schedule
from strategies.signals.reading import Reading, Signal
from strategies.targets import BasketTargets

BASKETS = ("source", "destination")
NAMED_STRETCHES = 3  # in a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """When a thesis decides.

    Attributes
    ----------
    venue : str
        At whose closes.
    stamps : ndarray of shape (n_decisions,), int64
        UTC nanoseconds, ascending.
    dates : ndarray of shape (n_decisions,), datetime64[D]
        Sessions of the venue.
    """

    venue: str
    stamps: NDArray[np.int64]
    dates: NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The inner weights of both baskets.

    Attributes
    ----------
    assets : tuple of str
        In alphabetical order.
    inner : ndarray of shape (n_decisions, 2, n_assets)
        As of `BasketTargets`.
    notes : tuple of str
    """

    assets: tuple[str, ...]
    inner: NDArray[np.float64]
    notes: tuple[str, ...]


def decide_when(schedule: Schedule, market: MarketData, name: str) -> Decisions:
    """Find the decisions of a schedule within the market's bounds.

    Parameters
    ----------
    schedule : Schedule
    market : MarketData
    name : str
        Of the thesis, for messages.

    Returns
    -------
    Decisions

    Raises
    ------
    StrategyError
        If there is none.
    """
    venue = decision_venue(market, schedule.venue)
    calendar = market.calendars[venue]
    dates = rebalance_dates(calendar, schedule.every, schedule.offset, market.start, market.last_day)
    stamps = np.unique(decision_stamps(calendar, dates))
    if not len(stamps):
        raise StrategyError(f"{name}: no decision falls between {market.start} and {market.end}.")
    return Decisions(venue=venue, stamps=stamps, dates=calendar.dates[np.searchsorted(calendar.closes, stamps)])


def read_signal(signal: Signal, baskets: Baskets, market: MarketData, venue: str) -> Reading:
    """Read a signal of two baskets at every close of the decision venue.

    Parameters
    ----------
    signal : Signal
    baskets : Baskets
    market : MarketData
    venue : str

    Returns
    -------
    Reading
    """
    return signal.read(market, venue, expression(baskets.source), expression(baskets.destination))


def unread_signal(market: MarketData, venue: str) -> Reading:
    """Give the reading of a thesis that follows no signal: none, ever.

    Parameters
    ----------
    market : MarketData
    venue : str

    Returns
    -------
    Reading
    """
    closes = market.calendars[venue].closes
    nothing = np.full(len(closes), np.nan)
    return Reading(
        stamps=closes,
        value=nothing,
        score=nothing,
        origin="none is followed: the allocation says how much is where",
        value_label="",
        score_label="",
        relative_price=nothing,
    )


def free_shares(n_decisions: int, share: float) -> NDArray[np.float64]:
    """Give the benchmark's shares where the rotation says none.

    Parameters
    ----------
    n_decisions : int
    share : float
        Of the destination.

    Returns
    -------
    ndarray of shape (n_decisions, 2, 1)
    """
    return np.tile(np.array([1.0 - share, share])[None, :, None], (n_decisions, 1, 1))


def rule_lanes(rules: Sequence[Rotation]) -> NDArray[np.float64]:
    """Write rules as numbers, one column a rule.

    Parameters
    ----------
    rules : sequence of Rotation, length n_rules

    Returns
    -------
    ndarray of shape (7, n_rules)
        Is linear (1 or 0), enter, exit, floor, cap, speed, profit target (infinite: none).
    """
    return np.array([rule.numbers for rule in rules]).reshape(len(rules), -1).T.copy()


def rotations(
    score: NDArray[np.float64],
    relative_price: NDArray[np.float64],
    rules: NDArray[np.float64],
    signal: NDArray[np.int64],
    *,
    n_together: int | None = None,
) -> Rotations:
    """Put rules of rotation side by side.

    Parameters
    ----------
    score, relative_price : ndarray of shape (n_signals, n_decisions)
        Readings at the decisions.
    rules : ndarray of shape (7, n_lanes)
        As of `rule_lanes`.
    signal : ndarray of shape (n_lanes,), int64
        Which of the signals each lane follows.
    n_together : int, optional
        Lanes of a block, where they run in blocks; by default all.

    Returns
    -------
    Rotations
    """
    is_linear, enter, leave, low, high, speed, profit = rules
    state = np.empty((N_STATE, n_together or len(signal)))
    return Rotations(score, relative_price, signal, is_linear, enter, leave, low, high, speed, profit, state)


def rotations_of(rotating: Rotations, lanes: slice) -> Rotations:
    """Give the rules of some lanes.

    Parameters
    ----------
    rotating : Rotations
    lanes : slice

    Returns
    -------
    Rotations
        With the same state, to be run before others.
    """
    by_lane = Rotations._fields[2:-1]
    return rotating._replace(**{name: getattr(rotating, name)[lanes] for name in by_lane})


def rotation_shares(rotating: Rotations) -> NDArray[np.float64]:
    """Turn readings into shares of source and destination, lane by lane.

    Parameters
    ----------
    rotating : Rotations

    Returns
    -------
    ndarray of shape (n_decisions, 2, n_lanes)
        Fractions of NAV.
    """
    n_lanes = len(rotating.signal)
    shares = np.empty((rotating.score.shape[1], len(BASKETS), n_lanes))
    rotate_nb(rotating._replace(state=np.empty((N_STATE, n_lanes))), shares)
    return shares


def basket_targets(weighed: Weighed, decisions: Decisions, shares: NDArray[np.float64]) -> BasketTargets:
    """Put weights and shares together.

    Parameters
    ----------
    weighed : Weighed
    decisions : Decisions
    shares : ndarray of shape (n_decisions, 2, n_lanes)

    Returns
    -------
    BasketTargets
    """
    return BasketTargets(
        decisions=pd.DatetimeIndex(decisions.stamps, tz="UTC"),
        baskets=BASKETS,
        assets=weighed.assets,
        inner=weighed.inner,
        shares=shares,
    )


def weigh_baskets(baskets: Baskets, weighing: Weighing, market: MarketData, decisions: Decisions, name: str) -> Weighed:
    """Weigh the members of both baskets at each decision.

    Parameters
    ----------
    baskets : Baskets
    weighing : Weighing
        Of scope "portfolio" baskets have equal weights: those are what a whole-portfolio allocation is held against.
    market : MarketData
    decisions : Decisions
    name : str
        Of the thesis, for messages.

    Returns
    -------
    Weighed

    Raises
    ------
    StrategyError, DataError
        If a basket is unknown, has no member in the market, or shares one with the other.
    """
    stamps, dates = decisions.stamps, decisions.dates
    refuse_unknown_names(market, weighing, name)
    sides, notes = [], []
    universes = [expression(getattr(baskets, side)) for side in BASKETS]
    for side, universe in zip(BASKETS, universes, strict=True):
        members = membership(market, universe, stamps, dates, baskets.seasoning)
        if not members.symbols:
            raise StrategyError(
                f"{name}: no member of basket {side} ({universe}) may be held in market {market.name!r}. "
                "Widen the universe, or change the basket."
            )
        outside = kept_out(market, universe)
        if outside:
            notes.append(
                f"Basket {side} leaves out {len(outside)} of its members with prices, which the universe of the "
                f"run does not hold: {', '.join(outside)}."
            )
        allocation = weighing.allocation
        if allocation.is_simple or allocation.scope == "portfolio":
            kind = allocation.kind if allocation.is_simple else "equal"
            weights = inner_weights(market, members, stamps, kind, allocation.lookback, baskets.min_members)
        else:
            weights, told = optimised_weights(market, members, stamps, decisions.venue, weighing, baskets.min_members)
            notes += [f"Basket {side}: {one}" for one in told]
        hindsight = undated(market, universe)
        if hindsight:
            notes.append(
                f"Basket {side} holds {', '.join(hindsight)} as listed today, whatever the date: names that did "
                "well since are in it from the start, so its past is flattered by hindsight."
            )
        in_cash = weights.sum(axis=1) == 0
        if in_cash.any():
            notes.append(
                f"Basket {side} has fewer than {baskets.min_members} members that can be held at "
                f"{int(in_cash.sum())} of {len(stamps)} decisions ({_when(in_cash, dates)}"
                f"{_emptiness(market, universe, dates)}); its share stays in cash there."
            )
        sides.append((members.symbols, weights))
    both = sorted(set(sides[0][0]) & set(sides[1][0]))
    if both:
        raise StrategyError(f"{name}: {both[0]} is in both baskets; a rotation needs two that share no name.")
    assets = tuple(sorted({symbol for symbols, _ in sides for symbol in symbols}))
    inner = np.zeros((len(stamps), len(BASKETS), len(assets)))
    for b, (symbols, weights) in enumerate(sides):
        inner[:, b, [assets.index(symbol) for symbol in symbols]] = weights
    return Weighed(assets=assets, inner=inner, notes=tuple(notes))


def expression(basket: str | tuple[str, ...]) -> str | list[str]:
    """Give what names a basket as universes take it.

    Parameters
    ----------
    basket : str or tuple of str

    Returns
    -------
    str or list of str
    """
    return basket if isinstance(basket, str) else list(basket)


def _when(flags: NDArray[np.bool_], dates: NDArray[np.datetime64]) -> str:
    """Name the stretches of decisions, the first few of them."""
    found = [f"{dates[a]}" if a == b else f"{dates[a]} to {dates[b]}" for a, b in runs(flags)]
    more = f" and {len(found) - NAMED_STRETCHES} more stretches" if len(found) > NAMED_STRETCHES else ""
    return ", ".join(found[:NAMED_STRETCHES]) + more


def _emptiness(market: MarketData, universe: str | list[str], dates: NDArray[np.datetime64]) -> str:
    """Say that a universe had no member at all at first."""
    begins = first_day(market, universe)
    return f": empty before {begins}" if begins is not None and begins > dates[0] else ""
