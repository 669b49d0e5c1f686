"""What is given up where demands cannot hold together: a user's ranking of them."""

from collections.abc import Mapping, Sequence

import numpy as np

from strategies.errors import StrategyError
from strategies.optimisers.conflicts import FREE, KEPT_BY_ROUNDING, Conflict, Elastic
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.statements import Statement

# What keys of demands begin with.
TOPICS = (
    "each name", "market", "sector", "currency", "issuer", "basket", "share of", "net", "gross", "short", "turnover",
    "participation", "volatility", "tracking error", "exposure to", "each position", "number of names", "leaving",
    "not traded", "not bought", "not sold", "expected return", "target volatility", "excess return", "CVaR",
    "weighted volatility", "active return",
)  # fmt: skip


def refuse_unknown(ranking: Sequence[str], own: Sequence[str]) -> None:
    """Refuse a ranking that speaks of what is no demand: what it means to give up would be kept.

    Parameters
    ----------
    ranking : sequence of str
        Beginnings of keys. One of a demand that could be made and is not is fine: there is nothing to give up.
    own : sequence of str
        What keys of the demands that are made begin with.

    Raises
    ------
    StrategyError
        Naming the first that begins no key.
    """
    for one in ranking:
        if not one or not any(one.startswith(topic) or topic.startswith(one) for topic in (*own, *TOPICS)):
            raise StrategyError(
                f"when_infeasible ranks {one!r}, which begins no demand's key; want beginnings such as "
                f"{', '.join(dict.fromkeys([*own, *TOPICS]))}."
            )


def relaxed(elastic: Elastic, given: Inputs, ranking: Sequence[str]) -> dict[str, float] | None:
    """Give up as little as possible, in the order of a ranking.

    Parameters
    ----------
    elastic : Elastic
    given : Inputs
    ranking : sequence of str
        Beginnings of keys of statements; what stands first is given up first, and what does not stand there is kept.

    Returns
    -------
    dict of str to float, or None
        By key, by how much each limit moves, in its own unit, above zero up. The later a sentence stands, the more it
        is spared: the last ones move as little as they can at all, those before as little as that allows, and so on.
        None: what is not in the ranking is in conflict by itself.
    """
    n = len(elastic.statements)
    rank = np.array([_rank(one, given, ranking) for one in elastic.statements])
    most = np.where(rank >= 0, FREE, 0.0)
    most_up = np.where([one.gives_down_only for one in elastic.statements], 0.0, FREE)
    moves = elastic.moves(given, np.zeros(n), most, most_up)
    if np.isnan(moves).any():
        return None
    for level in sorted(set(rank[rank >= 0].tolist()), reverse=True):
        members = rank == level
        moves = elastic.moves(given, members.astype(np.float64), most, most_up)
        size = np.where(np.abs(moves) > KEPT_BY_ROUNDING, np.abs(moves), 0.0)
        # A hair more than needed, so that what is left has an inside for solvers to move in; limits on risk, round as
        # they are, have less of it.
        hair = np.array([1e-8 if one.expression.is_affine() else 1e-7 for one in elastic.statements])
        most[members] = np.where(size > 0.0, size * (1.0 + 1e-9) + hair, 0.0)[members]
    found = dict[str, float]()
    for i, one in enumerate(elastic.statements):
        if rank[i] >= 0 and most[i] > 0.0:
            move = float(np.copysign(most[i], moves[i]) * one.unit_at(given))
            found[one.key] = max(move, found.get(one.key, 0.0), key=abs)  # two sentences of one key move together
    return found


def kept(elastic: Elastic, given: Inputs, ranking: Sequence[str]) -> list[int]:
    """Give the sentences that may not be given up.

    Parameters
    ----------
    elastic : Elastic
    given : Inputs
    ranking : sequence of str

    Returns
    -------
    list of int
        Positions.
    """
    return [i for i, one in enumerate(elastic.statements) if _rank(one, given, ranking) < 0]


def hair(one: Statement, given: Inputs, times: float = 1.0) -> float:
    """Say by how much a limit moves if it gives what rounding may miss it by, and what it gave before.

    Parameters
    ----------
    one : Statement
    given : Inputs
    times : float
        That much of it.

    Returns
    -------
    float
        In the limit's unit, above zero up; an equality gives nothing.
    """
    wider = {"at most": times, "at least": -times, "exactly": 0.0}[one.sense]
    return given.relaxed.get(one.key, 0.0) + wider * KEPT_BY_ROUNDING * one.unit_at(given)


def and_more(conflict: Conflict, amounts: Mapping[str, float]) -> str:
    """Say where more had to give than one conflict explains: it is a smallest set, and seldom the only one.

    Parameters
    ----------
    conflict : Conflict
    amounts : mapping of str to float
        As `relaxed` gives them.

    Returns
    -------
    str
        Empty where the conflict explains all.
    """
    explained = {clash.key: clash.amount for clash in conflict.clashes}
    more = any(abs(move) > 1.01 * explained.get(key, 0.0) + KEPT_BY_ROUNDING for key, move in amounts.items())
    return " More had to give, for other demands cannot hold together either." if more else ""


def _rank(one: Statement, given: Inputs, ranking: Sequence[str]) -> int:
    """Give a sentence's place in the ranking; -1: it is kept, as is what names may not be traded at all."""
    if not one.can_give or (one.sense == "exactly" and np.ndim(one.limit_at(given)) > 0):
        return -1
    return next((i for i, start in enumerate(ranking) if one.key.startswith(start)), -1)
