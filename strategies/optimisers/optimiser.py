"""What all optimisers have in common: demands, programmes, solvers in order, and what to do in a conflict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from strategies.errors import InfeasibleError, StrategyError, UnsolvedError
from strategies.optimisers.answer import Answer, Measure, ShadowPrice
from strategies.optimisers.conflicts import Conflict, Elastic, smallest_conflict
from strategies.optimisers.constraints.bounds import Bounds
from strategies.optimisers.constraints.constraint import Constraint
from strategies.optimisers.constraints.costs import TradingCosts
from strategies.optimisers.constraints.counting import MinimumPosition, NumberOfNames
from strategies.optimisers.constraints.exposure import Net
from strategies.optimisers.constraints.groups import Shares
from strategies.optimisers.inputs import Inputs, Parts
from strategies.optimisers.programme import COMPILED, Objective, Programme, without_dust
from strategies.optimisers.ranking import and_more, hair, kept, refuse_unknown, relaxed
from strategies.optimisers.room import Room
from strategies.optimisers.size import has_sizes, largest
from strategies.optimisers.solvers import Solution
from strategies.optimisers.solving import solve
from strategies.optimisers.statements import Statement
from strategies.optimisers.steps import inputs_of_steps, weights_in_turn


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """The base of all optimisers.

    Attributes
    ----------
    constraints : tuple of Constraint
        Where none gives every name a floor, weights are zero or more; where none limits their sum, it is 1.
    when_infeasible : {"raise", "hold"}, or sequence of str
        Raise `InfeasibleError`; keep the drifted weights; or give demands up in this order: beginnings of their keys,
        what is named first gives first ("turnover", "sector", ...). "hold" may end the order: what to do where giving
        up all of them does not help, which raises otherwise. The answer says which was done, and why.
    """

    constraints: Sequence[Constraint] = ()
    when_infeasible: Literal["raise", "hold"] | Sequence[str] = "raise"

    measure: ClassVar[Measure]
    topics: ClassVar[tuple[str, ...]] = ()  # what keys of its own demands begin with
    has_scale: ClassVar[bool] = False
    takes_costs: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for what in ("constraints", "when_infeasible"):
            if not isinstance(getattr(self, what), Sequence):
                raise StrategyError(f"{what} is {getattr(self, what)!r}; want a list.")
        has_position = any(isinstance(one, MinimumPosition) for one in self.constraints)
        for one in self.constraints:
            if not isinstance(one, Constraint):
                raise StrategyError(
                    f"constraints holds {one!r}; want constraints, see strategies.optimisers.constraints."
                )
            if isinstance(one, TradingCosts) and not self.takes_costs:
                raise StrategyError(
                    f"{type(self).__name__} maximises no return, so that costs cannot be set against it."
                )
            if isinstance(one, (MinimumPosition, NumberOfNames)) and self.has_scale:
                raise StrategyError(
                    f"{type(self).__name__} is solved for weights times a scale, in which {type(one).__name__} cannot "
                    "be said. Take MeanVariance or MinimumVariance with it, or leave names out beforehand."
                )
            if isinstance(one, NumberOfNames) and one.exactly is not None and not has_position:
                raise StrategyError(
                    f"NumberOfNames(exactly={one.exactly}) needs a MinimumPosition beside it: without one, a name of "
                    "weight zero counts as held."
                )
        object.__setattr__(self, "constraints", tuple(self.constraints))
        floors: list[Any] = [one.at_least for one in self.constraints if isinstance(one, Bounds)]
        below = [name for each in floors if isinstance(each, tuple) for name, floor in each if floor < 0.0]
        if below and not any(isinstance(floor, float) for floor in floors):
            raise StrategyError(
                f"Bounds give {below[0]} a floor below zero and no floor for every name, so that nothing may be short: "
                "say at_least=... for all, and zero for those that are long only."
            )
        if isinstance(self.when_infeasible, str):
            if self.when_infeasible not in ("raise", "hold"):
                raise StrategyError(
                    f"when_infeasible is {self.when_infeasible!r}; want 'raise', 'hold', or demands in the order in "
                    "which they are given up."
                )
        else:
            object.__setattr__(self, "when_infeasible", tuple(map(str, self.when_infeasible)))
            refuse_unknown(
                self.ranking, [*self.topics, *(topic for one in self.all_constraints for topic in one.topics)]
            )

    # ------------------------------------------------------------------------------------ what each optimiser says

    def objective(self, room: Room) -> Objective:
        """Write down what is minimised."""
        raise NotImplementedError

    def demands(self, room: Room) -> list[Statement]:
        """Write down what the optimiser itself demands of the weights, such as a target return."""
        return []

    def value(self, given: Inputs, weights: NDArray[np.float64]) -> float:
        """Measure what is optimised."""
        raise NotImplementedError

    def price(self, given: Inputs, weights: NDArray[np.float64], multiplier: float, scale: float) -> float:
        """Turn a multiplier of the programme into what the measure gains per unit of the limit."""
        raise NotImplementedError

    def check(self, given: Inputs) -> None:
        """Refuse inputs that lack what the optimiser cannot do without."""

    def measured(self) -> Measure:
        """Say what is optimised."""
        return self.measure

    def solved(self, programme: Programme, given: Inputs) -> Solution:
        """Solve the programme: by its solvers, or in a shorter way where one is known."""
        return solve(programme, programme.numbers(given))

    def polished(self, programme: Programme, given: Inputs, solution: Solution) -> Solution:
        """Bring a solution nearer to the optimum than the solver did, where that is known how."""
        return solution

    def costs(self, room: Room, unit: Callable[[Inputs], float], *, is_variance: bool = False) -> Any:
        """Write down what the trades cost, in a unit of the objective; 0 where no constraint counts costs."""
        return sum((one.cost(room, unit, is_variance=is_variance) for one in self.constraints), 0.0)

    # ------------------------------------------------------------------------------------ what users call

    def weights(self, **parts: Unpack[Parts]) -> NDArray[np.float64]:
        """Find the best portfolio.

        Parameters
        ----------
        **parts
            As of `Inputs`: covariance, expected_returns, scenarios, current, ... Each optimiser takes what it needs.

        Returns
        -------
        ndarray of shape (n_names,)
            Fractions of NAV.

        Raises
        ------
        InfeasibleError
            If no portfolio keeps all demands, naming a smallest set of them that cannot hold together.
        StrategyError
            If an input is missing, malformed or no number, or no solver can solve the programme.
        """
        return self.allocate(Inputs.of(parts), in_full=False).weights

    def weights_over(self, **parts: Unpack[Parts]) -> NDArray[np.float64]:
        """Find the best portfolios of many decisions, checked and scaled together.

        Parameters
        ----------
        **parts
            As of `weights`; arrays with one more axis in front, of length n_steps, and others that hold at all steps.

        Returns
        -------
        ndarray of shape (n_steps, n_names)
            What `weights` gives at each step.

        Raises
        ------
        InfeasibleError, StrategyError
            As `weights`, with the number of the step, counted from 0.

        Examples
        --------
        >>> from strategies.optimisers.minimum_variance import MinimumVariance
        >>> covariances = np.array([np.diag([0.04, 0.01]), np.diag([0.01, 0.01])])
        >>> print(MinimumVariance().weights_over(covariance=covariances).round(6))
        [[0.2 0.8]
         [0.5 0.5]]
        """
        steps = inputs_of_steps(parts)
        found = self._in_turn(steps)
        for k in np.flatnonzero(np.isnan(found).any(axis=1)).tolist():  # whatever needs a closer look
            try:
                found[k] = self.allocate(steps[k], in_full=False).weights
            except StrategyError as error:
                raise error.at(f"Step {k}") from error
        return found

    def allocate(self, given: Inputs, *, in_full: bool = True) -> Answer:
        """Find the best portfolio, and say how it came about.

        Parameters
        ----------
        given : Inputs
        in_full : bool
            Measure what is optimised, and say what each demand costs at the margin.

        Returns
        -------
        Answer

        Raises
        ------
        InfeasibleError, StrategyError
            As `weights`.
        """
        self.check(given)
        programme = self._programme(given)
        solution = self.solved(programme, given)
        if solution.status == "optimal":
            return self._answer(programme, given, solution, in_full)
        try:
            return self._in_conflict(programme, given, solution, in_full)
        except UnsolvedError as error:
            if not self.may_hold:
                raise
            conflict = error.conflict if isinstance(error, InfeasibleError) else None
            return self._held(given, conflict, f"Held: {error}")

    def without(self, key: str, given: Inputs) -> float:
        """Say what the measure would be without one demand.

        Parameters
        ----------
        key : str
            Of a statement.
        given : Inputs

        Returns
        -------
        float
            NaN where the programme has no solution without it, or no bound.
        """
        programme = self._programme(given, left_out=key)
        solution = solve(programme, programme.numbers(given))
        if solution.status != "optimal":
            return float("nan")
        return self.value(given, programme.weights_of(solution))

    # ------------------------------------------------------------------------------------ how

    @property
    def may_hold(self) -> bool:
        """Whether the drifted weights are kept where nothing else can be done."""
        return self.when_infeasible == "hold" or tuple(self.when_infeasible)[-1:] == ("hold",)

    @property
    def ranking(self) -> tuple[str, ...]:
        """What is given up, in order."""
        given = () if isinstance(self.when_infeasible, str) else tuple(self.when_infeasible)
        return given[:-1] if self.may_hold else given

    @cached_property
    def all_constraints(self) -> tuple[Constraint, ...]:
        """The constraints, with long-only and fully invested where nothing else is said."""
        has_floor = any(isinstance(one, Bounds) and isinstance(one.at_least, float) for one in self.constraints)
        has_sum = any(isinstance(one, (Net, Shares)) for one in self.constraints)
        usual: tuple[Constraint, ...] = () if has_sum else (Net(exactly=1.0),)
        if not has_floor:
            usual += (Bounds(at_least=0.0),)
        return (*usual, *self.constraints)

    def _in_turn(self, steps: list[Inputs]) -> NDArray[np.float64]:
        """Solve steps of one shape by their first solver; NaN where that is not all there is to it."""
        nothing = np.full((len(steps), steps[0].n_names), np.nan)
        is_plain = type(self).solved is Optimiser.solved and type(self).polished is Optimiser.polished
        if not is_plain or any("scaled_root" not in one.__dict__ for one in steps if one.covariance is not None):
            return nothing
        try:
            self.check(steps[0])
            programme = self._programme(steps[0])
        except StrategyError:
            return nothing
        return nothing if has_sizes(programme, steps[0]) else weights_in_turn(programme, steps)

    def _programme(self, given: Inputs, left_out: str | None = None) -> Programme:
        def compiled() -> Programme:
            room = Room(given=given, has_scale=self.has_scale)
            statements = [one for one in self._statements(room) if one.key != left_out]
            return Programme(room, self.objective(room), statements)

        found: Programme = COMPILED.get((self, left_out, self._shape(given)), compiled)
        return found

    def _elastic(self, given: Inputs) -> Elastic:
        def compiled() -> Elastic:
            room = Room(given=given)
            return Elastic(room, self._statements(room))

        found: Elastic = COMPILED.get((self, "elastic", self._shape(given)), compiled)
        return found

    def _shape(self, given: Inputs) -> tuple[object, ...]:
        """Everything that the form of the programme depends on, besides the optimiser itself."""
        applies = tuple(one.shape(given) if one.applies(given) else None for one in self.all_constraints)
        scenarios = None if given.scenarios is None else len(given.scenarios)
        return given.n_names, given.current is None, scenarios, applies

    def _statements(self, room: Room) -> list[Statement]:
        of_mandate = [one for each in self.all_constraints if each.applies(room.given) for one in each.statements(room)]
        return [*of_mandate, *self.demands(room)]

    def _answer(self, programme: Programme, given: Inputs, solution: Solution, in_full: bool) -> Answer:
        solution_at_size = largest(programme, given, self.polished(programme, given, solution))
        weights = without_dust(programme.weights_of(solution_at_size))
        return Answer(
            weights=weights,
            status="optimal",
            solver=solution.solver,
            measure=self.measured().name,
            value=self.value(given, weights) if in_full else float("nan"),
            prices=self._prices(programme, given, solution, weights) if in_full else (),
            gap=solution.gap,
        )

    def _prices(
        self, programme: Programme, given: Inputs, solution: Solution, weights: NDArray[np.float64]
    ) -> tuple[ShadowPrice, ...]:
        scale = programme.scale_of(solution)
        found = list[ShadowPrice]()
        for one, multipliers in zip(programme.statements, programme.multipliers(solution), strict=True):
            price = self.price(given, weights, float(multipliers.sum()) / one.unit_at(given), scale)
            found.append(ShadowPrice(key=one.key, says=one.say(given), price=price, unit=one.unit))
        return tuple(found)

    def _in_conflict(self, programme: Programme, given: Inputs, before: Solution, in_full: bool) -> Answer:
        """Say which demands cannot hold together, or give up what the ranking says."""
        elastic = self._elastic(given)
        conflict = smallest_conflict(elastic, given)
        if conflict is None:
            return self._at_the_edge(programme, given, before, in_full)
        if not self.ranking:
            raise InfeasibleError(str(conflict), conflict)
        amounts = relaxed(elastic, given, self.ranking)
        if amounts is None:  # then what is kept is in conflict by itself, and that is what must be said
            conflict = smallest_conflict(elastic, given, kept(elastic, given, self.ranking)) or conflict
            raise InfeasibleError(
                f"{conflict} What may be given up ({', '.join(self.ranking)}) does not help.", conflict
            )
        gave = "; ".join(
            f"{one.key} moved by {one.amount(round(amounts[one.key], 7))}"
            for one in elastic.statements
            if one.key in amounts
        )
        wider = replace(given, relaxed=amounts)
        solution = solve(programme, programme.numbers(wider))
        try:
            finish = self._answer if solution.status == "optimal" else self._at_the_edge
            answer = finish(programme, wider, solution, in_full)
        except UnsolvedError as error:
            raise InfeasibleError(
                f"{conflict} No solver could solve what is left without them: {gave}.", conflict
            ) from error
        remark = f"Given up: {gave}. {conflict}{and_more(conflict, amounts)}"
        return replace(answer, status="relaxed", relaxed=amounts, conflict=conflict, remarks=(*answer.remarks, remark))

    def _at_the_edge(self, programme: Programme, given: Inputs, before: Solution, in_full: bool) -> Answer:
        """Solve with a hair of room where demands can just be kept: a feasible set without an inside stops solvers."""
        room = {
            one.key: hair(one, given)
            for one in programme.statements
            if one.expression.is_scalar() or one.key in given.relaxed  # bounds of names keep to the letter
        }
        # A sum that gave by a hair more than it had to may be out of reach: of weights above zero, less than nothing.
        # And what each name may miss by rounding may be more than the sum of all may: then names give too.
        rounded = {key: round(move, 7) for key, move in room.items()}
        for amounts in (room, rounded, {one.key: hair(one, given, 2.0) for one in programme.statements}):
            solution = solve(programme, programme.numbers(replace(given, relaxed=amounts)))
            if solution.status == "optimal":
                return self._answer(programme, given, solution, in_full)
        raise _without_solution(before)

    def _held(self, given: Inputs, conflict: Conflict | None, remark: str) -> Answer:
        weights = np.zeros(given.n_names) if given.current is None else given.current.copy()
        return Answer(
            weights=weights,
            status="held",
            solver="",
            measure=self.measured().name,
            value=float("nan"),
            conflict=conflict,
            remarks=(remark,),
        )


def _without_solution(solution: Solution) -> StrategyError:
    said = f"{solution.solver} ends with {solution.said!r}"
    if solution.status == "unbounded":
        return StrategyError(
            f"The programme has no bound ({said}): some portfolio earns any amount. Bound the weights, or "
            "their sum: they are long or short without limit."
        )
    return UnsolvedError(
        f"No solver could solve the programme, though its demands can be kept ({said}). Look for limits and estimates "
        "that are very large or very small."
    )
