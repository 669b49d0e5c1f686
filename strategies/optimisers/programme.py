"""A compiled programme: an optimiser's objective and a mandate's sentences, for one shape of inputs."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.canonical import CanonicalForm, Numbers
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room
from strategies.optimisers.solvers import Solution
from strategies.optimisers.statements import Statement

DUST = 1e-8  # a weight below this is the solver's, not the programme's: it goes to the largest position
KEPT = 64  # compiled programmes of a thread


@dataclass(frozen=True, eq=False)
class Objective:
    """What a programme minimises: w' S w / 2, if it has a covariance, and a convex expression.

    Attributes
    ----------
    expression : cvxpy.Expression or float
        Written in the room.
    has_covariance : bool
    size : callable
        What the scaled covariance is multiplied by.
    """

    expression: Any
    has_covariance: bool = False
    size: Callable[[Inputs], float] | None = None


class Programme:
    """One shape of a programme, compiled.

    Parameters
    ----------
    room : Room
    objective : Objective
    statements : list of Statement
        In the order in which they are said.

    Attributes
    ----------
    statements : tuple of Statement
    weight_columns : slice
        Of the weights, among all variables.
    scale_column : int or None
        Of the scale; None: it is 1.
    """

    def __init__(self, room: Room, objective: Objective, statements: list[Statement]) -> None:
        import cvxpy as cp

        self.room = room
        self.statements = tuple(statements)
        sentences = [_written(room, one) for one in statements]
        probe, expression = None, objective.expression
        if objective.has_covariance:
            n = room.n_names
            probe = np.eye(n) + 1.0 / (1.0 + np.add.outer(np.arange(n), np.arange(n)))
            expression = expression + cp.quad_form(room.weights, cp.psd_wrap(probe)) / 2.0
        problem = cp.Problem(cp.Minimize(expression), [*sentences, *room.terms])
        for parameter, read in room.parameters:
            parameter.value = read(room.given)
        self.has_covariance, self._size = objective.has_covariance, objective.size
        self.form = CanonicalForm(problem, room, probe)
        self._constant = self.form.read(room, room.given)
        reads = [
            (at, read, parameter in room.constants)
            for at, (parameter, read) in zip(self.form.places, room.parameters, strict=True)
            if at.stop > at.start
        ]
        # What no read changes is multiplied out once; solvers see by its identity that it is what they have.
        self._reads = [(at, read) for at, read, _ in reads]
        self._varying_reads = [(at, read) for at, read, is_constant in reads if not is_constant]
        varies = np.zeros(self.form.n_parameters, dtype=np.bool_)
        for at, _ in self._varying_reads:
            varies[at] = True
        self._usual = self.form.fill(self._constant, None)
        self._varying = {name for name in ("q", "A", "b") if getattr(self.form, name).depends_on(varies)}
        self._rows = [self.form.rows[sentence.id] for sentence in sentences]
        first = self.form.column_of[room.weights.id]
        self.weight_columns = slice(first, first + room.n_names)
        self.scale_column = self.form.column_of[room.scale.id] if room.has_scale else None
        self._solvers = dict[str, Any]()

    def numbers(self, given: Inputs) -> Numbers:
        """Read a decision's numbers.

        Parameters
        ----------
        given : Inputs
            Of the shape that the programme was compiled for.

        Returns
        -------
        Numbers
        """
        covariance = given.scaled_covariance if self.has_covariance else None
        if covariance is not None and self._size is not None:
            covariance = covariance * self._size(given)
        usual = self._usual
        if not self._varying_reads and not given.relaxed:
            return Numbers(covariance, usual.q, usual.A, usual.b)
        parameters = self._constant.copy()
        for at, read in self._reads if given.relaxed else self._varying_reads:
            value = read(given)
            parameters[at] = value if isinstance(value, float) else np.ravel(value, order="F")
        if given.relaxed:
            return self.form.fill(parameters, covariance)
        form, varying = self.form, self._varying
        return Numbers(
            covariance,
            form.q(parameters) if "q" in varying else usual.q,
            form.A(parameters) if "A" in varying else usual.A,
            form.b(parameters) if "b" in varying else usual.b,
        )

    def solver(self, name: str, make: Callable[["Programme"], Any]) -> Any:
        """Give a solver that is set up for the programme's pattern.

        Parameters
        ----------
        name : str
        make : callable

        Returns
        -------
        Clarabel, Piqp or another
        """
        found = self._solvers.get(name)
        if found is None:
            found = self._solvers[name] = make(self)
        return found

    def scale_of(self, solution: Solution) -> float:
        """Give the scale of a solution.

        Parameters
        ----------
        solution : Solution

        Returns
        -------
        float
        """
        return 1.0 if self.scale_column is None else float(solution.x[self.scale_column])

    def weights_of(self, solution: Solution) -> NDArray[np.float64]:
        """Give the weights of a solution.

        Parameters
        ----------
        solution : Solution

        Returns
        -------
        ndarray of shape (n_names,)
        """
        x, scale = solution.x, self.scale_column
        found: NDArray[np.float64] = x[self.weight_columns] / (1.0 if scale is None else x[scale])
        return found

    def solution_at(self, scaled: NDArray[np.float64], scale: float, solver: str) -> Solution:
        """Give a solution that is known without a solver, at which no inequality binds.

        Parameters
        ----------
        scaled : ndarray of shape (n_names,)
            The weights times the scale.
        scale : float
        solver : str
            What found it.

        Returns
        -------
        Solution
            With multipliers of zero, and auxiliary variables of zero.
        """
        x = np.zeros(self.form.n_x)
        x[self.weight_columns] = scaled
        if self.scale_column is not None:
            x[self.scale_column] = scale
        return Solution("optimal", x, lambda: np.zeros(self.form.n_rows), float("nan"), solver, 0, "known")

    def with_weights(self, solution: Solution, scaled: NDArray[np.float64]) -> Solution:
        """Put scaled weights in the place of a solution's, with the scale at which they keep their sum.

        Parameters
        ----------
        solution : Solution
        scaled : ndarray of shape (n_names,)

        Returns
        -------
        Solution
        """
        x = solution.x.copy()
        before = x[self.weight_columns].sum()
        x[self.weight_columns] = scaled
        if self.scale_column is not None:
            x[self.scale_column] *= scaled.sum() / before
        return replace(solution, x=x)

    def multipliers(self, solution: Solution) -> list[NDArray[np.float64]]:
        """Give the multipliers of each sentence: what the objective gains by one unit more of its limit.

        Parameters
        ----------
        solution : Solution

        Returns
        -------
        list of ndarray
            In the order of the statements, one element a row; zero or more, for equalities of either sign: above zero
            where a higher limit would lower the objective.
        """
        z = solution.z() if callable(solution.z) else solution.z
        return [z[rows] for rows in self._rows]


def _written(room: Room, one: Statement) -> Any:
    """Write a sentence as cvxpy's constraint, in a form that is homogeneous in weights and scale."""
    limit = room.times_scale(room.parameter(lambda given: limit_of(one, given), is_constant=one.is_constant))
    if one.sense == "at most":
        return one.expression <= limit
    if one.sense == "at least":
        return one.expression >= limit
    return one.expression == limit


def limit_of(one: Statement, given: Inputs) -> NDArray[np.float64] | float:
    """Read a sentence's limit in the unit of its expression, moved by what is given up of it.

    Parameters
    ----------
    one : Statement
    given : Inputs

    Returns
    -------
    float or ndarray
    """
    limit = one.limit_at(given)
    if given.relaxed:
        limit = limit + given.relaxed.get(one.key, 0.0)
    return limit if one.size is None else limit / one.size(given)


def without_dust(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give what is too little to be the programme's to the largest position.

    Parameters
    ----------
    weights : ndarray of shape (n_names,)
        Written to.

    Returns
    -------
    ndarray of shape (n_names,)
        The same array: its sum is what it was.
    """
    at = (np.abs(weights) < DUST).nonzero()[0]
    if len(at):
        dust = weights[at].sum()
        weights[at] = 0.0
        weights[weights.argmax()] += dust
    return weights


class Compiled(threading.local):
    """The programmes that a thread has compiled, those it used last."""

    def __init__(self) -> None:
        self._made = dict[Hashable, Any]()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Give a programme, compiled when it is asked for first.

        Parameters
        ----------
        key : hashable
            Everything that its shape depends on.
        make : callable

        Returns
        -------
        Programme or Elastic
        """
        found = self._made.pop(key, None)
        self._made[key] = found = make() if found is None else found
        while len(self._made) > KEPT:
            del self._made[next(iter(self._made))]
        return found


COMPILED = Compiled()
