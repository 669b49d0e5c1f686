"""Where a programme is written down: its variables, and parameters that know how they are read."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from strategies.optimisers.inputs import Inputs
from strategies.optimisers.statements import Read


@dataclass(eq=False)
class Room:
    """The variables of one programme, for names as of the inputs it is first made for.

    Signs of variables are terms and no attributes: cvxpy puts another variable in the place of one with attributes.

    Constraints and objectives are written in `weights` and `scale`. In most programmes `scale` is 1. In those that fix
    a ratio (maximum Sharpe, maximum diversification) or a sum of logarithms (risk parity), `weights` is the portfolio
    times a positive `scale` that is itself a variable; so every expression is homogeneous in both.

    Attributes
    ----------
    given : Inputs
        Of the first solve: names, labels and what else has a shape. Numbers are read anew at each solve.
    has_scale : bool
    parameters : list of (cvxpy.Parameter, callable)
        With how each is read.
    constants : set of cvxpy.Parameter
        Those that are the same at every solve, unless demands are given up.
    terms : list of cvxpy.Constraint
        What ties auxiliary variables to the weights; always satisfiable.
    """

    given: Inputs
    has_scale: bool = False
    parameters: list[tuple[Any, Read]] = field(default_factory=list)
    terms: list[Any] = field(default_factory=list)
    constants: set[Any] = field(default_factory=set)

    @property
    def n_names(self) -> int:
        """How many names there are."""
        return self.given.n_names

    @cached_property
    def weights(self) -> Any:
        """The portfolio, times the scale: a variable of shape (n_names,)."""
        import cvxpy as cp

        return cp.Variable(self.n_names, name="weights")

    @cached_property
    def scale(self) -> Any:
        """What the weights are multiplied by: 1, or a variable above zero."""
        import cvxpy as cp

        if not self.has_scale:
            return 1.0
        scale = cp.Variable(name="scale")
        self.terms.append(scale >= 0.0)
        return scale

    @cached_property
    def trades(self) -> Any:
        """Weights less drifted weights, which are zero where nothing was ever held: of shape (n_names,)."""
        if self.given.current is None:
            return self.weights
        drifted = self.parameter(lambda given: given.need("current", "A limit on trades"))
        return self.weights - (drifted * self.scale if self.has_scale else drifted)

    @cached_property
    def bought(self) -> Any:
        """What is bought of each name, at least: a variable of shape (n_names,); equal wherever trading costs."""
        import cvxpy as cp

        bought = cp.Variable(self.n_names, name="bought")
        self.terms += [bought >= self.trades, bought >= 0.0]
        return bought

    @cached_property
    def traded(self) -> Any:
        """Size of each trade, at least: an expression of shape (n_names,)."""
        return 2.0 * self.bought - self.trades

    @cached_property
    def held(self) -> Any:
        """Whether each name is held, 1 or 0: a variable of shape (n_names,). No weight is above 1 then, or below 0."""
        import cvxpy as cp

        held = cp.Variable(self.n_names, name="held")
        self.terms += [self.weights <= held, held <= 1.0, held >= 0.0, self.weights >= 0.0]
        return held

    @property
    def is_integer(self) -> bool:
        """Whether anything asks what is held."""
        return "held" in self.__dict__

    def parameter(self, read: Read, *, is_constant: bool = False, **attributes: bool) -> Any:
        """Make a parameter that is read from the inputs at every solve.

        Parameters
        ----------
        read : callable
            From inputs to a number or an array, of the same shape each time.
        is_constant : bool
            It is the same at every solve, unless demands are given up.
        **attributes : bool
            As of cvxpy, such as nonneg=True.

        Returns
        -------
        cvxpy.Parameter
        """
        import cvxpy as cp

        made = cp.Parameter(np.shape(read(self.given)), **attributes)
        self.parameters.append((made, read))
        if is_constant:
            self.constants.add(made)
        return made

    def times_scale(self, limit: Any) -> Any:
        """Multiply a limit by the scale.

        Parameters
        ----------
        limit : cvxpy.Parameter

        Returns
        -------
        cvxpy.Expression
        """
        return limit * self.scale if self.has_scale else limit
