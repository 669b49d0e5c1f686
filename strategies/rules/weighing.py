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
from strategies.membership import first_day, kept_out, membership, undated
from strategies.planning import Decisions
from strategies.rules.baskets import inner_weights
from strategies.rules.filed import filed_weights
from strategies.rules.tilts import tilted
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
    stamps, dates = decisions.stamps, decisions.dates
    refuse_unknown_names(market, weighing, name)
    sides, notes = list[_Side](), list[str]()
    allocation, tilt = weighing.allocation, weighing.tilt
    universes = [getattr(baskets, side) for side in BASKETS]
    for side, universe in zip(BASKETS, universes, strict=True):
        if universe == CASH:
            notes.append("The source is cash: it earns interest once the first order has filled, as in every run.")
            nothing = np.zeros((len(stamps), 0))
            sides.append(_Side((), nothing, nothing))
            continue
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
        if allocation.kind == "filed":
            plain = inner_weights(market, members, stamps, "equal", allocation.lookback, baskets.min_members)
            weights = filed_weights(
                market, members, stamps, baskets.min_members, filers=allocation.filers, by=allocation.filed_by
            )
        elif allocation.is_simple or allocation.scope == "portfolio":
            kind = allocation.kind if allocation.is_simple else "equal"
            plain = weights = inner_weights(market, members, stamps, kind, allocation.lookback, baskets.min_members)
        else:
            weights, told = optimised_weights(market, members, stamps, decisions.venue, weighing, baskets.min_members)
            notes += [f"Basket {side}: {one}" for one in told]
            plain = weights
        if side == "destination" and tilt.kind != "none":
            scene = Scene.of(baskets, market, decisions.venue)
            weights = tilted(scene, members, weights, tilt, decisions)
        hindsight = undated(market, universe)
        if hindsight:
            notes.append(
                f"Basket {side} holds {', '.join(hindsight)} as listed today, whatever the date: names that did "
                "well since are in it from the start, so its past is flattered by hindsight."
            )
        in_cash = weights.sum(axis=1) == 0
        if in_cash.any():
            notes.append(
                f"Basket {side} has fewer than {baskets.min_members} members that can be held"
                f"{' and were filed' if allocation.kind == 'filed' else ''} at "
                f"{int(in_cash.sum())} of {len(stamps)} decisions ({_when(in_cash, dates)}"
                f"{_emptiness(market, universe, dates)}); its share stays in cash there."
            )
        sides.append(_Side(members.symbols, weights, plain))
    both = sorted(set(sides[0].symbols) & set(sides[1].symbols))
    if both:
        raise StrategyError(f"{name}: {both[0]} is in both baskets; a rotation needs two that share no name.")
    assets = tuple(sorted({symbol for one in sides for symbol in one.symbols}))
    inner, plain_inner = (np.zeros((len(stamps), len(BASKETS), len(assets))) for _ in range(2))
    for b, one in enumerate(sides):
        at = [assets.index(symbol) for symbol in one.symbols]
        inner[:, b, at], plain_inner[:, b, at] = one.weights, one.plain
    is_plain = tilt.kind == "none" and allocation.kind != "filed"
    return Weighed(assets=assets, inner=inner, notes=tuple(notes), plain=None if is_plain else plain_inner)


class _Side(NamedTuple):
    """One basket: its names, their weights, and those that references hold; shape (n_decisions, n_names)."""

    symbols: tuple[str, ...]
    weights: NDArray[np.float64]
    plain: NDArray[np.float64]


def _when(flags: NDArray[np.bool_], dates: NDArray[np.datetime64]) -> str:
    """Name the stretches of decisions, the first few of them."""
    found = [f"{dates[a]}" if a == b else f"{dates[a]} to {dates[b]}" for a, b in runs(flags)]
    more = f" and {len(found) - NAMED_STRETCHES} more stretches" if len(found) > NAMED_STRETCHES else ""
    return ", ".join(found[:NAMED_STRETCHES]) + more


def _emptiness(market: MarketData, universe: str | tuple[str, ...], dates: NDArray[np.datetime64]) -> str:
    """Say that a universe had no member at all at first."""
    begins = first_day(market, universe)
    return f": empty before {begins}" if begins is not None and begins > dates[0] else ""
