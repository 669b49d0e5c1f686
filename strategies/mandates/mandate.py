"""A mandate worked out on a market: at each decision who may be held, what is expected, and the best portfolio."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from data.kept import Once
from strategies.mandates.estimating import Estimated, Sampled, estimate
from strategies.mandates.optimiser import optimiser_of
from strategies.mandates.samples import Samples
from strategies.mandates.sections import Weighing
from strategies.membership import Membership
from strategies.optimisers.answer import Answer
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.optimiser import Optimiser
from strategies.planning import Decisions

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """What a mandate is told of the portfolio at a decision.

    Attributes
    ----------
    weights : ndarray of shape (n_names,)
        Drifted, in the order of the mandate's names.
    was_invested : bool
        Whether anything was ever held.
    tradable : ndarray of shape (n_names,), bool
        False: suspended, or no rate of its currency is known.
    turnover_used : float
        Asked for by earlier decisions of the period that a limit is for.
    volume : ndarray of shape (n_names,)
        Average daily traded value over NAV; NaN where unknown.
    buy_cost, sell_cost, impact : ndarray of shape (n_names,)
        As of `Inputs`, by the ledger's rates.
    """

    weights: Vector
    was_invested: bool
    tradable: NDArray[np.bool_]
    turnover_used: float
    volume: Vector
    buy_cost: Vector
    sell_cost: Vector
    impact: Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """What a mandate decided, and on what.

    Attributes
    ----------
    names : tuple of str
        Those that the programme weighed; of all others the target is zero.
    given : Inputs or None
        With what was given up; None: nobody could be held, and all is cash.
    answer : Answer or None
    weights : ndarray of shape (n_all,)
        Target of every name of the mandate; NaN: its shares stay. All NaN: the portfolio is left alone.
    drifted : ndarray of shape (n_all,)
        Weights before.
    remarks : tuple of str
        Of estimates and of the answer.
    """

    names: tuple[str, ...]
    given: Inputs | None
    answer: Answer | None
    weights: Vector
    drifted: Vector
    remarks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Mandate:
    """Everything that a whole-portfolio allocation decides with, but the portfolio.

    Attributes
    ----------
    decisions : Decisions
    members : Membership
        Of both baskets together.
    is_destination : ndarray of shape (n_names,), bool
    labels : mapping of str to tuple of str
        By kind of group, the label of each name.
    samples : Samples
    score : ndarray of shape (n_decisions,)
        Of the signal; NaN: none.
    shares : ndarray of shape (n_decisions, 2), or None
        Of source and destination where the rotation says them; None: they are free.
    min_members : int
        With fewer names a basket is not held.
    weighing : Weighing
    """

    decisions: Decisions
    members: Membership
    is_destination: NDArray[np.bool_]
    labels: Mapping[str, tuple[str, ...]]
    samples: Samples
    score: Vector
    shares: NDArray[np.float64] | None
    min_members: int
    weighing: Weighing
    estimated: Once[Estimated] = field(default_factory=lambda: Once(4096))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that may be held at some decision, in alphabetical order."""
        return self.members.symbols

    def optimiser(self) -> Optimiser:
        """Give the optimiser of the thesis.

        Returns
        -------
        Optimiser

        Raises
        ------
        StrategyError
            If constraints contradict each other in so many words.
        """
        return optimiser_of(
            self.weighing.allocation,
            self.weighing.constraints,
            self.weighing.estimates.period,
            has_shares=self.shares is not None,
        )

    def may_be_held(self, k: int) -> NDArray[np.bool_]:
        """Say which names a decision may hold: members with a whole sample, in baskets with enough of them.

        Parameters
        ----------
        k : int
            Decision.

        Returns
        -------
        ndarray of shape (n_names,), bool
        """
        allowed: NDArray[np.bool_] = self.members.eligible[k] & self.samples.has_whole_window(
            int(self.decisions.stamps[k])
        )
        for side, inside in enumerate((~self.is_destination, self.is_destination)):
            too_few = int((allowed & inside).sum()) < self.min_members
            has_no_share = self.shares is not None and self.shares[k, side] == 0.0
            if too_few or has_no_share:
                allowed = allowed & ~inside
        return allowed

    def decide(self, k: int, held: Held, optimiser: Optimiser) -> Decided:
        """Find the portfolio of one decision.

        Parameters
        ----------
        k : int
        held : Held
        optimiser : Optimiser
            Of `optimiser()`.

        Returns
        -------
        Decided

        Raises
        ------
        InfeasibleError, StrategyError
            As the optimiser and the estimators do.
        """
        # Without a price in its venue's last session a name stays as it is, whatever else is so.
        held = replace(held, tradable=held.tradable & self.members.priced[k])
        allowed = self.may_be_held(k)
        is_held = held.weights != 0.0
        # A name that cannot be traded is weighed where it is held, to stay; else it is out of the question.
        weighed = np.flatnonzero((allowed & held.tradable) | is_held)
        nothing = np.where(held.tradable | ~is_held, 0.0, np.nan)
        if not (allowed & held.tradable).any():
            said = (self._why_nobody(k),)
            return Decided(names=(), given=None, answer=None, weights=nothing, drifted=held.weights, remarks=said)
        expected = self.estimated.get((k, weighed.tobytes()), lambda: self._estimate(k, weighed))
        given = self._inputs(k, weighed, allowed, held, expected)
        answer = optimiser.allocate(given)
        weights = nothing
        if answer.status == "held":
            weights = np.full(len(self.names), np.nan)
        else:
            stays = ~held.tradable[weighed]
            weights[weighed] = np.where(stays, np.nan, answer.weights)
        remarks = (*expected.remarks, *answer.remarks)
        given = replace(given, relaxed=answer.relaxed)
        if self.shares is not None and given.shares is not None:
            remarks += tuple(
                f"Nobody of the {name} can be held: its share stays in cash."
                for asked, (name, share) in zip(self.shares[k], given.shares.items(), strict=True)
                if asked > share
            )
        return Decided(
            names=given.names, given=given, answer=answer, weights=weights, drifted=held.weights, remarks=remarks
        )

    def _absent(self, weighed: NDArray[np.int64]) -> tuple[str, ...]:
        """Name what constraints may speak of though it is not weighed: names, and groups without one."""
        kinds = [self.names, *self.labels.values()]
        return tuple(sorted({one for of in kinds for one in of} - {of[i] for of in kinds for i in weighed}))

    def _why_nobody(self, k: int) -> str:
        eligible = self.members.eligible[k]
        has_sample = self.samples.has_whole_window(int(self.decisions.stamps[k]))
        if eligible.any() and not (eligible & has_sample).any():
            return f"Nobody can be held, for no member has prices over all {self.samples.lookback} periods: cash."
        return "Nobody can be held: cash."

    def _estimate(self, k: int, weighed: NDArray[np.int64]) -> Estimated:
        stamp = int(self.decisions.stamps[k])
        whole = self.samples.has_whole_window(stamp)[weighed]
        sampled = weighed[whole]
        labels = np.array(self.labels["market"], dtype=object)
        found = estimate(
            Sampled(
                names=tuple(self.names[i] for i in sampled),
                venues=tuple(labels[sampled]),
                returns=np.ascontiguousarray(self.samples.window(stamp)[:, sampled]),
                is_destination=self.is_destination[sampled],
                score=float(self.score[k]),
                periods_per_year=self.samples.periods_per_year(stamp),
            ),
            self.weighing.estimates,
            self.weighing.views if self.weighing.allocation.kind == "black_litterman" else None,
        )
        if whole.all():
            return found
        return _with_strangers(found, whole, [self.names[i] for i in weighed[~whole]])

    def _shares_of(
        self, k: int, weighed: NDArray[np.int64], allowed: NDArray[np.bool_], held: Held
    ) -> dict[str, float]:
        """Give each basket its share; one that may hold nothing keeps what cannot be sold, and its share is cash."""
        found = dict[str, float]()
        for side, name in enumerate(("source", "destination")):
            inside = weighed[self.is_destination[weighed] == bool(side)]
            stuck = float(held.weights[inside][~held.tradable[inside]].sum())
            asked = 0.0 if self.shares is None else float(self.shares[k, side])
            found[name] = asked if (allowed & held.tradable)[inside].any() else stuck
        return found

    def _inputs(
        self, k: int, weighed: NDArray[np.int64], allowed: NDArray[np.bool_], held: Held, expected: Estimated
    ) -> Inputs:
        names = tuple(self.names[i] for i in weighed)
        shares = None if self.shares is None else self._shares_of(k, weighed, allowed, held)
        given = Inputs.of(
            {
                "names": names,
                "covariance": expected.covariance,
                "expected_returns": expected.expected_returns,
                "scenarios": expected.scenarios,
                "benchmark": expected.benchmark,
                "exposures": {"beta": expected.beta},
                "current": held.weights[weighed] if held.was_invested else None,
                "labels": {kind: tuple(of[i] for i in weighed) for kind, of in self.labels.items()},
                "volume": np.nan_to_num(held.volume[weighed], nan=0.0)
                if self.weighing.constraints.participation_at_most
                else None,
                "buy_cost": held.buy_cost[weighed],
                "sell_cost": held.sell_cost[weighed],
                "impact": held.impact[weighed] if held.impact.any() else None,
                "tradable": held.tradable[weighed],
                "leaving": ~allowed[weighed] & held.tradable[weighed],
                "absent": self._absent(weighed),
                "turnover_used": held.turnover_used,
            }
        )
        return replace(given, shares=shares)


def _with_strangers(found: Estimated, whole: NDArray[np.bool_], strangers: list[str]) -> Estimated:
    """Put names without a sample beside those with one: of the mean variance, and going with nothing."""
    n, at = len(whole), np.flatnonzero(whole)
    covariance = np.diag(np.full(n, float(found.covariance.diagonal().mean())))
    covariance[np.ix_(at, at)] = found.covariance
    scenarios = np.zeros((len(found.scenarios), n))
    scenarios[:, at] = found.scenarios

    def spread(values: Vector) -> Vector:
        wide = np.zeros(n)
        wide[at] = values
        return wide

    remark = f"No whole sample of {', '.join(strangers)}, held: taken for names of mean variance that go with nothing."
    return replace(
        found,
        covariance=covariance,
        scenarios=scenarios,
        expected_returns=spread(found.expected_returns),
        benchmark=spread(found.benchmark),
        beta=spread(found.beta),
        remarks=(*found.remarks, remark),
    )
