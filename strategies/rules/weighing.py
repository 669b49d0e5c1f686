"""Weighing the members of both baskets of a thesis at each decision."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.market import MarketData
from strategies.basket_history import runs
from strategies.errors import StrategyError
from strategies.mandates.inner import optimised_weights, refuse_unknown_names
from strategies.mandates.sections import Weighing
from strategies.membership import Membership, first_day, kept_out, membership, undated
from strategies.planning import Decisions
from strategies.rules.baskets import inner_weights
from strategies.rules.filed import filed_weights
from strategies.rules.tilts import Tilt, idle_factors, tilted
from strategies.settings import BASKETS, CASH, Baskets
from strategies.signals.scene import Scene
from strategies.targets import BasketTargets

NAMED_STRETCHES = 3  # in a note


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
    plain : ndarray of shape (n_decisions, 2, n_assets), or None
        What references hold: without a tilt, and equal weights of names that are weighed as filed. None: the same.
    """

    assets: tuple[str, ...]
    inner: NDArray[np.float64]
    notes: tuple[str, ...]
    plain: NDArray[np.float64] | None = None

    def targets(
        self, decisions: Decisions, shares: NDArray[np.float64], *, of_references: bool = False
    ) -> BasketTargets:
        """Put weights and shares together.

        Parameters
        ----------
        decisions : Decisions
        shares : ndarray of shape (n_decisions, 2, n_lanes)
        of_references : bool
            Of the weights that references hold.

        Returns
        -------
        BasketTargets
        """
        return BasketTargets(
            decisions=pd.DatetimeIndex(decisions.stamps, tz="UTC"),
            baskets=BASKETS,
            assets=self.assets,
            inner=self.plain if of_references and self.plain is not None else self.inner,
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
    refuse_unknown_names(market, weighing, name)
    sides, notes = list[_Side](), list[str]()
    for side in BASKETS:
        universe = getattr(baskets, side)
        if universe == CASH:
            notes.append("The source is cash: it earns interest once the first order has filled, as in every run.")
            nothing = np.zeros((len(decisions.stamps), 0))
            sides.append(_Side((), nothing, nothing))
            continue
        members = membership(market, universe, decisions.stamps, decisions.dates, baskets.seasoning)
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
        weights, plain, told = _weigh(members, weighing, market, decisions, baskets.min_members)
        notes += [f"Basket {side}: {one}" for one in told]
        tilt = weighing.tilt if side == "destination" else Tilt()
        if tilt.kind != "none":
            scene, n_before = Scene.of(baskets, market, decisions.venue), np.count_nonzero(weights, axis=1)
            weights = tilted(scene, members, weights, tilt, decisions)
            n_left = np.count_nonzero(weights, axis=1)
            weights[(n_left < n_before) & (n_left < baskets.min_members)] = 0.0
            notes += [f"Basket {side}: {one}" for one in idle_factors(market, members, tilt)]
        hindsight = undated(market, universe)
        if hindsight:
            notes.append(
                f"Basket {side} holds {', '.join(hindsight)} as listed today, whatever the date: names that did "
                "well since are in it from the start, so its past is flattered by hindsight."
            )
        found = _Side(members.symbols, weights, plain)
        if found.in_cash.any():
            demands = " and were filed" if weighing.allocation.kind == "filed" else ""
            demands += " and that tilt.factors leave in" if tilt.kind == "sectors" else ""
            dates = decisions.dates
            notes.append(
                f"Basket {side} has fewer than {baskets.min_members} members that can be held{demands} at "
                f"{int(found.in_cash.sum())} of {len(dates)} decisions ({_when(found.in_cash, dates)}"
                f"{_emptiness(market, universe, dates)}); its share stays in cash there."
            )
        sides.append(found)
    both = sorted(set(sides[0].symbols) & set(sides[1].symbols))
    if both:
        raise StrategyError(f"{name}: {both[0]} is in both baskets; a rotation needs two that share no name.")
    assets = tuple(sorted({symbol for one in sides for symbol in one.symbols}))
    inner, plain_inner = (np.zeros((len(decisions.stamps), len(BASKETS), len(assets))) for _ in range(2))
    for b, one in enumerate(sides):
        at = [assets.index(symbol) for symbol in one.symbols]
        inner[:, b, at], plain_inner[:, b, at] = one.weights, one.plain
    is_plain = weighing.tilt.kind == "none" and weighing.allocation.kind != "filed"
    return Weighed(assets=assets, inner=inner, notes=tuple(notes), plain=None if is_plain else plain_inner)


class _Side(NamedTuple):
    """One basket: its names, their weights, and those that references hold; shape (n_decisions, n_names)."""

    symbols: tuple[str, ...]
    weights: NDArray[np.float64]
    plain: NDArray[np.float64]

    @property
    def in_cash(self) -> NDArray[np.bool_]:
        """Whether nothing is held at each decision."""
        return ~np.asarray(self.weights.any(axis=1), dtype=np.bool_)


def _weigh(
    members: Membership, weighing: Weighing, market: MarketData, decisions: Decisions, min_members: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[str, ...]]:
    """Weigh the members of a basket before any tilt: as the allocation says, as references do; and notes."""
    allocation, stamps = weighing.allocation, decisions.stamps
    if not (allocation.is_simple or allocation.scope == "portfolio"):
        weights, told = optimised_weights(market, members, stamps, decisions.venue, weighing, min_members)
        return weights, weights, told
    kind = "inverse_volatility" if allocation.kind == "inverse_volatility" else "equal"
    plain = inner_weights(market, members, stamps, kind, allocation.lookback, min_members)
    if allocation.kind != "filed":
        return plain, plain, ()
    weights = filed_weights(
        market,
        members,
        stamps,
        min_members,
        filers=allocation.filers,
        by=allocation.filed_by,
        max_age_days=allocation.max_age_days,
    )
    return weights, plain, ()


def _when(flags: NDArray[np.bool_], dates: NDArray[np.datetime64]) -> str:
    """Name the stretches of decisions, the first few of them."""
    found = [f"{dates[a]}" if a == b else f"{dates[a]} to {dates[b]}" for a, b in runs(flags)]
    more = f" and {len(found) - NAMED_STRETCHES} more stretches" if len(found) > NAMED_STRETCHES else ""
    return ", ".join(found[:NAMED_STRETCHES]) + more


def _emptiness(market: MarketData, universe: str | tuple[str, ...], dates: NDArray[np.datetime64]) -> str:
    """Say that a universe had no member at all at first."""
    begins = first_day(market, universe)
    return f": empty before {begins}" if begins is not None and begins > dates[0] else ""
