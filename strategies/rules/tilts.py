"""Tilts between the sectors of the destination: towards where money goes, or towards some by a fixed factor."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from data.market import MarketData
from strategies.errors import StrategyError
from strategies.membership import Membership
from strategies.planning import Decisions
from strategies.signals.scene import Scene
from strategies.signals.sectors import SectorFlow

# The sectors of the Global Industry Classification Standard, as of its revision of 2018, and what is in none.
SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
    "unclassified",
)
Factor = Annotated[float, Field(ge=0, le=100)]


class Tilt(SectorFlow):
    """A tilt of the destination's inner weights, as a section of a thesis.

    Attributes
    ----------
    kind : {"none", "sector_flow", "sectors"}
        "sector_flow": weights are multiplied by exp(strength x z), with z the z-score of their sector's flow, within
        `clip`; a sector without one is left as it is. "sectors": by `factors`.
    strength : float
        Below 0: against the flow.
    clip : float
        Largest size of a z-score that counts.
    factors : dict of str to float
        By sector; those not named have 1, and 0 leaves a sector out. Where fewer than `baskets.min_members` are left,
        the basket is in cash.
    input, entity, lookback, history, min_history, max_age_days
        As of `SectorFlow`.
    """

    kind: Literal["none", "sector_flow", "sectors"] = "none"
    strength: Annotated[float, Field(ge=-5, le=5)] = 0.5
    clip: Annotated[float, Field(gt=0, le=10)] = 2.0
    factors: dict[str, Factor] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _together(self) -> "Tilt":
        if (self.kind == "sectors") != bool(self.factors):
            raise ValueError(
                "kind = 'sectors' needs factors, such as 'Information Technology' = 1.5"
                if self.kind == "sectors"
                else f"factors are for kind = 'sectors', not {self.kind!r}"
            )
        return self


def tilted(
    scene: Scene, members: Membership, weights: NDArray[np.float64], tilt: Tilt, decisions: Decisions
) -> NDArray[np.float64]:
    """Tilt the inner weights of the destination.

    Parameters
    ----------
    scene : Scene
        Its destination is whose sectors are read.
    members : Membership
        Of the destination at the decisions.
    weights : ndarray of shape (n_decisions, n_names)
        Rows add up to 1, or are 0 where the basket is in cash.
    tilt : Tilt
    decisions : Decisions

    Returns
    -------
    ndarray of shape (n_decisions, n_names)
        Rows add up to what they did, or to 0 where all they hold is left out. Without a tilt the weights as given.

    Raises
    ------
    StrategyError
        If a factor is of no sector, or flows of sectors are asked for that the market does not have.
    """
    if tilt.kind == "none":
        return weights
    sectors = [scene.market.instruments[symbol].sector for symbol in members.symbols]
    factors = (
        _fixed(tilt, sectors, len(weights)) if tilt.kind == "sectors" else _flowing(scene, tilt, sectors, decisions)
    )
    raw = weights * factors
    total, before = raw.sum(axis=1, keepdims=True), weights.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = np.divide(raw * before, total, out=np.zeros_like(raw), where=total > 0)
    return found


def idle_factors(market: MarketData, members: Membership, tilt: Tilt) -> list[str]:
    """Say which factors change nothing, because no member is of their sector.

    Parameters
    ----------
    market : MarketData
    members : Membership
    tilt : Tilt

    Returns
    -------
    list of str
        One sentence, or none.
    """
    have = {market.instruments[symbol].sector for symbol in members.symbols}
    idle = [sector for sector, factor in tilt.factors.items() if sector not in have and factor != 1.0]
    if not idle:
        return []
    return [
        f"no member is in {', '.join(idle)}, so tilt.factors changes nothing there. It has: {', '.join(sorted(have))}."
    ]


def _fixed(tilt: Tilt, sectors: list[str], n_decisions: int) -> NDArray[np.float64]:
    known = sorted({*SECTORS, *sectors})
    for sector in tilt.factors:
        if sector not in known:
            raise StrategyError(f"tilt.factors: there is no sector {sector!r}. Sectors: {', '.join(known)}.")
    return np.tile([tilt.factors.get(sector, 1.0) for sector in sectors], (n_decisions, 1))


def _flowing(scene: Scene, tilt: Tilt, sectors: list[str], decisions: Decisions) -> NDArray[np.float64]:
    found = tilt.flows(scene, scene.destination)
    rows = np.searchsorted(scene.stamps, decisions.stamps)
    factors = np.ones((len(decisions.stamps), len(sectors)))
    for i, sector in enumerate(sectors):
        if sector in found.sectors:
            zscore = found.zscores[rows, found.sectors.index(sector)]
            factors[:, i] = np.exp(tilt.strength * np.clip(np.nan_to_num(zscore), -tilt.clip, tilt.clip))
    return factors
