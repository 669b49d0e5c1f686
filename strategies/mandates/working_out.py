"""Working a mandate out on a market; what does not depend on the optimiser is shared by all that ask for the same."""

from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import NDArray

from data.kept import Kept, Once
from data.market import MarketData
from strategies.errors import StrategyError
from strategies.mandates.estimating import Estimated
from strategies.mandates.inner import refuse_unknown_names
from strategies.mandates.mandate import Mandate
from strategies.mandates.samples import Samples, samples_of
from strategies.mandates.sections import Weighing
from strategies.membership import Membership, membership
from strategies.planning import Decisions
from strategies.settings import BASKETS, CASH, Baskets

# Candidates of a sweep differ in the optimiser mostly: what they read is worked out once for all.
_SAMPLES = Kept[Samples](n_most=8)
_MEMBERS = Kept[Membership](n_most=8)
_ESTIMATED = Kept[Once[Estimated]](n_most=2)
KEPT_ESTIMATES = 2048  # decisions, of some 50 KB each at 40 names and two years of weeks


def mandate_of(
    market: MarketData,
    baskets: Baskets,
    weighing: Weighing,
    decisions: Decisions,
    score: NDArray[np.float64],
    shares: NDArray[np.float64] | None,
    name: str,
) -> Mandate:
    """Work a mandate out on a market.

    Parameters
    ----------
    market : MarketData
    baskets : Baskets
    weighing : Weighing
        Of scope "portfolio".
    decisions : Decisions
    score : ndarray of shape (n_decisions,)
        Of the signal at each decision.
    shares : ndarray of shape (n_decisions, 2), or None
        Of source and destination; None: they are free.
    name : str
        Of the thesis, for messages.

    Returns
    -------
    Mandate

    Raises
    ------
    StrategyError, DataError
        If a basket is unknown, constraints speak of names that the market does not have, or names have no prices.
    """
    both = [getattr(baskets, side) for side in BASKETS]
    whole = (*_listed(both[0]), *_listed(both[1]))
    stamps = decisions.stamps
    key: tuple[Hashable, ...] = (whole, baskets.seasoning, stamps.tobytes())
    members = _MEMBERS.get(market, key, lambda: membership(market, whole, stamps, decisions.dates, baskets.seasoning))
    destination = membership(market, both[1], stamps[:1], decisions.dates[:1], baskets.seasoning).symbols
    names = members.symbols
    refuse_unknown_names(market, weighing, name)
    estimates = weighing.estimates
    samples = _SAMPLES.get(
        market,
        (names, decisions.venue, estimates.period, estimates.currency, estimates.lookback),
        lambda: samples_of(market, names, decisions.venue, estimates),
    )
    of_score = score.tobytes() if estimates.returns == "signal" else b""
    views = weighing.views if weighing.allocation.kind == "black_litterman" else None
    places = [market.instruments[symbol] for symbol in names]
    is_destination = np.isin(names, destination)
    labels = {
        "market": tuple(one.venue for one in places),
        "sector": tuple(one.sector for one in places),
        "currency": tuple(one.currency for one in places),
        "issuer": tuple(one.issuer for one in places),
        "basket": tuple(BASKETS[int(inside)] for inside in is_destination),
    }
    _refuse_unknown_groups(labels, weighing, name)
    return Mandate(
        decisions=decisions,
        members=members,
        is_destination=is_destination,
        labels=labels,
        samples=samples,
        score=score,
        shares=shares,
        min_members=baskets.min_members,
        weighing=weighing,
        estimated=_ESTIMATED.get(
            market,
            (*key, decisions.venue, is_destination.tobytes(), estimates, views, of_score),
            lambda: Once(KEPT_ESTIMATES),
        ),
    )


def _listed(one: str | tuple[str, ...]) -> tuple[str, ...]:
    named = (one,) if isinstance(one, str) else one
    return () if named == (CASH,) else named


def _refuse_unknown_groups(labels: Mapping[str, tuple[str, ...]], weighing: Weighing, thesis: str) -> None:
    """Refuse groups in constraints that no name belongs to at any decision: such a cap would be none."""
    for kind, of in labels.items():
        for side in ("at_least", "at_most"):
            table = getattr(weighing.constraints, f"{kind}_{side}", None)
            unknown = sorted(set(table) - set(of)) if isinstance(table, dict) else []
            if unknown:
                raise StrategyError(
                    f"{thesis}: constraints.{kind}_{side} speaks of {unknown[0]!r}, and no name of the baskets is of "
                    f"that {kind}; want {', '.join(sorted(set(of)))}."
                )
