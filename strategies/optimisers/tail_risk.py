"""Conditional value at risk as a linear programme, and scenarios in scaled units.

    CVaR = minimum over a of  a + 1 / ((1 - level) T) sum over t of max(-r_t'w - a, 0)

References
----------
.. [1] Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk, 2000.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategies.optimisers.inputs import Inputs
from strategies.optimisers.room import Room


def tail_risk(room: Room, level: float) -> Any:
    """Write down the CVaR of losses.

    Parameters
    ----------
    room : Room
    level : float
        Such as 0.95: the mean of the worst twentieth.

    Returns
    -------
    cvxpy.Expression
        In units of `unit_of_scenarios`; at its least over an auxiliary variable once it is minimised or limited.
    """
    import cvxpy as cp

    n = len(room.given.need("scenarios", "CVaR"))
    scenarios = room.parameter(lambda given: given.need("scenarios", "CVaR") / unit_of_scenarios(given))
    threshold, beyond = cp.Variable(name="threshold"), cp.Variable(n, name="beyond")
    room.terms += [beyond >= 0.0, beyond >= -(scenarios @ room.weights) - threshold]
    return threshold + cp.sum(beyond) / ((1.0 - level) * n)


def unit_of_scenarios(given: Inputs) -> float:
    """Give the root mean square of all scenarios.

    Parameters
    ----------
    given : Inputs

    Returns
    -------
    float
        1 where all are zero.
    """
    scenarios = given.need("scenarios", "CVaR")
    return float(np.sqrt(np.mean(scenarios**2))) or 1.0


def tail_loss(scenarios: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """Measure the CVaR of a portfolio's losses over equally likely scenarios.

    Parameters
    ----------
    scenarios : ndarray of shape (n_scenarios, n_names)
    weights : ndarray of shape (n_names,)
    level : float

    Returns
    -------
    float
        Above zero where the tail loses.

    Examples
    --------
    >>> tail_loss(np.array([[-0.10], [-0.05], [0.0], [0.02]]), np.ones(1), 0.75)
    0.1
    """
    losses = np.sort(-(scenarios @ weights))[::-1]
    share = (1.0 - level) * len(losses)
    whole = int(share + 1e-9)
    rest = max(share - whole, 0.0)
    tail = losses[:whole].sum() + (rest * losses[whole] if rest > 1e-9 else 0.0)
    return float(tail / share)
