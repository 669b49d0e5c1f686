"""The largest of portfolios that differ only in size.

A ratio is the same at any size. Where the demands pin the sum of weights there is one size; where they only limit it
(cash allowed, or a market-neutral book under a gross limit) there are many, and a solver ends anywhere among them.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from strategies.errors import StrategyError
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.programme import Programme
from strategies.optimisers.solvers import Clarabel, Solution

NOTHING = 1e-7  # a scale below this, of the sum of absolute scaled weights, is none


def has_sizes(programme: Programme, given: Inputs) -> bool:
    """Say whether a portfolio may be of several sizes.

    Parameters
    ----------
    programme : Programme
    given : Inputs

    Returns
    -------
    bool
        False where there is no scale, or an equality pins it.
    """
    if programme.scale_column is None:
        return False
    return not any(one.sense == "exactly" and np.any(one.limit_at(given)) for one in programme.statements)


def largest(programme: Programme, given: Inputs, solution: Solution) -> Solution:
    """Give a solution the least scale at which its portfolio keeps the demands.

    Parameters
    ----------
    programme : Programme
    given : Inputs
    solution : Solution
        Optimal.

    Returns
    -------
    Solution
        The same where there is no scale, or an equality pins it.

    Raises
    ------
    StrategyError
        If the demands allow any size.
    """
    if not has_sizes(programme, given):
        return solution
    column = programme.scale_column
    numbers, form = programme.numbers(given), programme.form
    _, A = form.matrices(numbers)
    fixed = np.zeros(form.n_x, dtype=np.bool_)
    fixed[programme.weight_columns] = True
    free = np.flatnonzero(~fixed)
    b = numbers.b - A[:, np.flatnonzero(fixed)] @ solution.x[fixed]
    q = (free == column).astype(np.float64)
    found = Clarabel(form).solve_matrices(sp.csc_array((len(free), len(free))), q, A[:, free], b)
    if found.status != "optimal":
        return solution  # its own size keeps the demands too
    x = solution.x.copy()
    x[free] = found.x
    if x[column] <= NOTHING * np.abs(x[fixed]).sum():
        raise StrategyError(
            "The demands allow a portfolio of any size, and the measure is the same at each: limit the sum of weights, "
            "such as Net(exactly=1.0), or the gross exposure."
        )
    return replace(solution, x=x)
