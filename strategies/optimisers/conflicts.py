"""Why there is no portfolio: a smallest set of sentences that cannot hold together, and by how much.

Every sentence gets a slack; how much slack a set of sentences needs is itself a programme, feasible always. A set is in
conflict if it needs any. A smallest such set is found by implicit hitting sets [1]_: of the sets of sentences whose
loss made peace so far, take the fewest sentences that hit them all; if those are in conflict by themselves they are a
smallest conflict, and if not, what else must give for their sake is one more set to hit.

References
----------
.. [1] Ignatiev, Previti, Liffiton and Marques-Silva, "Smallest MUS extraction with minimal hitting set dualization",
   2015.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError, UnsolvedError
from strategies.optimisers.canonical import CanonicalForm
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.programme import limit_of
from strategies.optimisers.room import Room
from strategies.optimisers.solving import keeps, solve_elastic
from strategies.optimisers.statements import Statement

FREE = 100.0  # more slack than any sentence about weights can need
KEPT_BY_ROUNDING = 1e-7  # slack in units of the expressions, fractions of NAV mostly, that is no conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One sentence of a conflict.

    Attributes
    ----------
    key : str
        Of its statement.
    says : str
        The sentence.
    amount : float
        By how much its limit alone would have to give for all other demands to hold, in its own unit; where that does
        not help alone, for the others of the conflict.
    instead : str
        The limit that would do, in words.
    helps : bool
        Whether it would do for all demands, and not for this conflict only.
    """

    key: str
    says: str
    amount: float
    instead: str
    helps: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A smallest set of sentences that cannot hold together.

    Attributes
    ----------
    clashes : tuple of Clash
        Without any one of them the others can hold.
    """

    clashes: tuple[Clash, ...]

    def __str__(self) -> str:
        """Say it as a user would."""
        if len(self.clashes) == 1:
            only = self.clashes[0]
            return f"No portfolio can keep {only.says!r} by itself; the nearest limit that one can keep: {_way(only)}."
        sentences = "; ".join(f"({i + 1}) {one.says}" for i, one in enumerate(self.clashes))
        instead = "; or ".join(f"({i + 1}) to {_way(one)}" for i, one in enumerate(self.clashes))
        return f"{len(self.clashes)} demands cannot hold together: {sentences}. One has to give: {instead}."


class Elastic:
    """The sentences of a mandate with slacks, compiled.

    Parameters
    ----------
    room : Room
        Without a scale.
    statements : sequence of Statement
    """

    def __init__(self, room: Room, statements: Sequence[Statement]) -> None:
        import cvxpy as cp

        self.statements = tuple(statements)
        n = len(self.statements)
        self._room = room
        up, down = cp.Variable(n), cp.Variable(n)
        self._price, self._most, self._most_up = np.ones(n), np.full(n, FREE), np.full(n, FREE)
        price = room.parameter(lambda _: self._price, nonneg=True)
        most = room.parameter(lambda _: self._most, nonneg=True)
        most_up = room.parameter(lambda _: self._most_up, nonneg=True)
        sentences = [
            up + down <= most,
            up <= most_up,
            up >= 0.0,
            down >= 0.0,
            room.weights <= FREE,
            room.weights >= -FREE,
        ]
        for i, one in enumerate(self.statements):
            limit = room.parameter(partial(limit_of, one))
            if one.sense != "at least":
                sentences.append(one.expression <= limit + up[i])
            if one.sense != "at most":
                sentences.append(one.expression >= limit - down[i])
        problem = cp.Problem(cp.Minimize(price @ (up + down)), [*sentences, *room.terms])
        for parameter, read in room.parameters:
            parameter.value = read(room.given)
        self._form = CanonicalForm(problem, room, None)
        self._columns = [slice(first, first + n) for first in (self._form.column_of[side.id] for side in (up, down))]

    def moves(
        self,
        given: Inputs,
        price: NDArray[np.float64],
        most: NDArray[np.float64],
        most_up: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Find the cheapest moves of limits.

        Parameters
        ----------
        given : Inputs
        price : ndarray of shape (n_statements,)
            Of one unit of each sentence's slack.
        most : ndarray of shape (n_statements,)
            How much slack each may take; 0: the sentence is kept.
        most_up : ndarray of shape (n_statements,), optional
            The same of moves up alone.

        Returns
        -------
        ndarray of shape (n_statements,)
            In units of the expressions, above zero up; NaN where no moves do.

        Raises
        ------
        StrategyError
            If no solver can say.
        """
        self._price, self._most = price, most
        self._most_up = np.full(len(self.statements), FREE) if most_up is None else most_up
        numbers = self._form.fill(self._form.read(self._room, given), None)
        solution = solve_elastic(self._form, numbers)
        if solution.status == "infeasible":
            return np.full(len(self.statements), np.nan)
        if solution.status != "optimal" or not keeps(self._form, numbers, solution):
            raise UnsolvedError(
                f"No solver could say why the programme failed ({solution.solver}: {solution.said}). "
                "Look for limits that are very large or very small."
            )
        up, down = (np.maximum(solution.x[columns], 0.0) for columns in self._columns)
        moves: NDArray[np.float64] = up - down
        return moves

    def need(self, given: Inputs, members: Sequence[int]) -> NDArray[np.float64]:
        """Say what slack a set of sentences needs in all, whatever the others say.

        Parameters
        ----------
        given : Inputs
        members : sequence of int

        Returns
        -------
        ndarray of shape (n_statements,)
            Moves of the members' limits; of the others what they give up for it.

        Raises
        ------
        StrategyError
            If a limit is so far from what portfolios have that no slack reaches it.
        """
        n = len(self.statements)
        price = np.zeros(n)
        price[list(members)] = 1.0
        moves = self.moves(given, price, np.full(n, FREE))
        if np.isnan(moves).any():
            furthest = max(self.statements, key=lambda one: float(np.abs(limit_of(one, given)).max()))
            raise UnsolvedError(
                f"{furthest.say(given)!r} is out of reach of any portfolio whose weights lie "
                f"between -{FREE:g} and {FREE:g}. Limits are fractions, 0.1 for 10 %; check the units."
            )
        return moves


def smallest_conflict(elastic: Elastic, given: Inputs, among: Sequence[int] | None = None) -> Conflict | None:
    """Find a smallest set of sentences that cannot hold together.

    Parameters
    ----------
    elastic : Elastic
    given : Inputs
    among : sequence of int, optional
        Sentences that are looked at; all of them by default.

    Returns
    -------
    Conflict or None
        None: all of them can.
    """
    n = len(elastic.statements)
    everything = range(n) if among is None else among
    if not _is_in_conflict(elastic, given, everything):
        return None
    to_hit = list[frozenset[int]]()
    while True:
        members = _fewest_that_hit(to_hit, n)
        if _is_in_conflict(elastic, given, members):
            return _conflict(elastic, given, members, everything)
        to_hit.append(_loss_for(elastic, given, members, everything))


def _is_in_conflict(elastic: Elastic, given: Inputs, members: Sequence[int]) -> bool:
    return bool(members) and bool(np.abs(elastic.need(given, members)[list(members)]).max() > KEPT_BY_ROUNDING)


def _loss_for(elastic: Elastic, given: Inputs, kept: Sequence[int], among: Sequence[int]) -> frozenset[int]:
    """Give sentences whose loss lets the others hold: none of those kept, and no more than needed."""
    n = len(elastic.statements)
    price, most = np.zeros(n), np.full(n, FREE)
    price[list(among)], most[list(kept)] = 1.0, 0.0
    moves = np.abs(elastic.moves(given, price, most))
    if np.isnan(moves).any():  # rounding: what needs next to nothing was taken for no conflict
        most[list(kept)] = KEPT_BY_ROUNDING
        moves = np.abs(elastic.moves(given, price, most))
    lost = set(np.flatnonzero((moves > KEPT_BY_ROUNDING) & (most > KEPT_BY_ROUNDING) & (price > 0.0)).tolist())
    for one in sorted(lost):  # put back what can be kept after all: the fewer are lost, the more a set to hit says
        rest = [i for i in among if i not in lost or i == one]
        if not _is_in_conflict(elastic, given, rest):
            lost.discard(one)
    return frozenset(lost)


def _fewest_that_hit(to_hit: Sequence[frozenset[int]], n: int) -> tuple[int, ...]:
    """Give the fewest sentences of which every set holds one; the first in the order said, where several do."""
    relevant = sorted(set().union(*to_hit)) if to_hit else []
    for size in range(n + 1):
        for members in combinations(relevant, size):
            if all(not one.isdisjoint(members) for one in to_hit):
                return members
    raise AssertionError("an empty set cannot be hit")


def _conflict(elastic: Elastic, given: Inputs, members: tuple[int, ...], among: Sequence[int]) -> Conflict:
    clashes = list[Clash]()
    for one in members:
        statement = elastic.statements[one]
        move, helps = _least_move(elastic, given, one, among), True
        if np.isnan(move):  # others are in conflict besides
            move, helps = _least_move(elastic, given, one, members), False
        move *= statement.unit_at(given)
        limit = statement.one_limit(given)
        wider = f"limits {statement.amount(_rounded(abs(move)), towards=1.0)} wider"
        instead = wider if limit is None else statement.amount(_rounded(limit + move), towards=move)
        clashes.append(
            Clash(key=statement.key, says=statement.say(given), amount=abs(move), instead=instead, helps=helps)
        )
    return Conflict(clashes=tuple(clashes))


def _least_move(elastic: Elastic, given: Inputs, one: int, kept: Sequence[int]) -> float:
    """Give the least move of one limit with which others are kept; NaN where none is enough."""
    n = len(elastic.statements)
    price, most = np.zeros(n), np.full(n, FREE)
    price[one] = 1.0
    for slack in (0.0, KEPT_BY_ROUNDING):
        most[[other for other in kept if other != one]] = slack
        try:
            move = float(elastic.moves(given, price, most)[one])
        except StrategyError:  # of what is kept without an inside no solver may be able to say
            continue
        if not np.isnan(move):
            return move
    return float("nan")


def _way(one: Clash) -> str:
    return one.instead if one.helps else f"{one.instead}, and more besides"


def _rounded(value: float) -> float:
    """Drop digits that no solver vouches for."""
    return float(np.round(value, 7)) + 0.0
