"""Markowitz' critical line algorithm: every efficient portfolio under linear constraints, to rounding."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from strategies.errors import StrategyError
from strategies.estimators.repair import check_covariance
from strategies.optimisers.frontier import Frontier
from strategies.optimisers.parametric import AT_LOWER, AT_UPPER, BROKEN, FREE, Array, Region, line_of, walk

Rows = tuple[npt.ArrayLike, npt.ArrayLike]

TIED_MEANS = 1e-12  # relative to the largest: expected returns that differ by less are equal
FEASIBLE = 1e-9  # what a row scaled to 1 may miss
STRAIGHT = 1e-11  # a turning point nearer to the line between its neighbours is none


def efficient_frontier(
    expected_returns: npt.ArrayLike,
    covariance: npt.ArrayLike,
    *,
    lower: npt.ArrayLike = 0.0,
    upper: npt.ArrayLike = 1.0,
    equalities: Rows | None = None,
    inequalities: Rows | None = None,
) -> Frontier:
    """Trace the efficient frontier exactly, corner by corner.

    Parameters
    ----------
    expected_returns : array-like of shape (n_names,)
        mu, per period; any unit, the same for all. NaN is refused.
    covariance : array-like of shape (n_names, n_names)
        S, per period. Positive semidefinite; it may be singular. NaN is refused.
    lower, upper : float or array-like of shape (n_names,)
        Bounds of the weights, as fractions of NAV; one of the two may be infinite. A negative lower bound lets a name
        be sold short. NaN is refused.
    equalities : (array-like of shape (n_rows, n_names), array-like of shape (n_rows,)), optional
        A and b. By default the weights add up to 1.
    inequalities : (array-like of shape (n_rows, n_names), array-like of shape (n_rows,)), optional
        G and h. By default none.

    Returns
    -------
    Frontier

    Raises
    ------
    StrategyError
        If an input has another shape, is not finite, or is no covariance; if no weights satisfy the constraints; if the
        highest expected return has no bound; if the inputs are so near to singular that rounding breaks the algorithm.

    Notes
    -----
    For every lambda from infinity to 0 it solves

        minimise 1/2 w'Sw - lambda mu'w    subject to    A w = b,  G w <= h,  lower <= w <= upper.

    The optimum is piecewise linear in lambda [1]_. Inequalities become equalities by slack variables without variance
    and mean [2]_, so that what is walked knows boxes and equalities only. A simplex walk finds the highest return.

    *Ties*: where several portfolios have the highest return, the frontier begins at the one of lowest variance, found
    by a walk of its own among them. Expected returns within 1e-12 of the largest one's size count as equal.

    *Degenerate turning points*, where several variables change at once, are taken one by one, in the order of the same
    programme with its bounds moved apart by infinitesimals (a lexicographic rule with one generic vector): no circle is
    possible but by rounding, and the number of pivots is bounded. What is no corner of the frontier is left out after.

    *Singular covariance* (fewer periods than names): along a direction without variance the optimum cannot turn at
    lambda > 0; where rounding says so it is passed over. Of several portfolios of lowest variance the frontier ends at
    the one of highest return; of portfolios equal in both one is chosen.

    Each pivot solves a dense system of the free variables and the rows; each corner is checked for its conditions of
    optimality before it is believed.

    References
    ----------
    .. [1] Markowitz, "The optimization of a quadratic function subject to linear constraints", Naval Research Logistics
       Quarterly, 1956.
    .. [2] Markowitz and Todd, "Mean-Variance Analysis in Portfolio Choice and Capital Markets", 2000.
    .. [3] Niedermayer and Niedermayer, "Applying Markowitz's critical line algorithm", Handbook of Portfolio
       Construction, 2010.
    .. [4] Bailey and López de Prado, "An open-source implementation of the critical-line algorithm for portfolio
       optimization", Algorithms, 2013: bounds only.

    Examples
    --------
    Two uncorrelated names: the better one alone, then more and more of the other, until their risks balance.

    >>> frontier = efficient_frontier([0.10, 0.05], [[0.04, 0.00], [0.00, 0.01]])
    >>> print(frontier.weights.round(3), frontier.lambdas.round(3))
    [[1.  0. ]
     [0.2 0.8]] [0.8 0. ]
    >>> print(frontier.maximum_sharpe(risk_free=0.02).weights.round(3))
    [0.4 0.6]
    """
    programme = _Programme.read(expected_returns, covariance, lower, upper, equalities, inequalities)
    turns = _straightened(_turning_points(programme))
    weights = np.array([x for _, x in turns])
    return Frontier(
        weights=weights,
        lambdas=np.array([kappa for kappa, _ in turns]) * (programme.variance_unit / programme.return_unit),
        # Neither rises; what rounding says is taken back.
        expected_returns=np.minimum.accumulate(weights @ programme.expected_returns),
        variances=np.minimum.accumulate(np.einsum("ki,ij,kj->k", weights, programme.covariance, weights).clip(min=0.0)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Programme:
    """The inputs, checked; rows scaled to a largest entry of 1."""

    expected_returns: Array
    covariance: Array
    lower: Array
    upper: Array
    rows: Array
    values: Array
    n_equalities: int

    @property
    def return_unit(self) -> float:
        return float(np.abs(self.expected_returns).max()) or 1.0

    @property
    def variance_unit(self) -> float:
        return float(self.covariance.diagonal().max()) or 1.0

    def row(self, i: int) -> str:
        if i < self.n_equalities:
            return f"equality {i + 1}"
        return f"inequality {i + 1 - self.n_equalities}"

    @classmethod
    def read(
        cls,
        expected_returns: npt.ArrayLike,
        covariance: npt.ArrayLike,
        lower: npt.ArrayLike,
        upper: npt.ArrayLike,
        equalities: Rows | None,
        inequalities: Rows | None,
    ) -> "_Programme":
        mu = _numbers(expected_returns, "Expected returns")
        if mu.ndim != 1 or not len(mu):
            raise StrategyError(
                f"Expected returns have shape {mu.shape}. Give one number for each of one or more names."
            )
        n = len(mu)
        low, high = _bounds(lower, upper, n)
        parts = [
            _rows((np.ones((1, n)), [1.0]) if equalities is None else equalities, "equalities", n),
            _rows((np.empty((0, n)), []) if inequalities is None else inequalities, "inequalities", n),
        ]
        return cls(
            expected_returns=mu,
            covariance=_covariance(covariance, n),
            lower=low,
            upper=high,
            rows=np.vstack([rows for rows, _ in parts]),
            values=np.concatenate([values for _, values in parts]),
            n_equalities=len(parts[0][1]),
        )


def _numbers(given: npt.ArrayLike, what: str) -> Array:
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StrategyError(f"{what} are no array of numbers: {error}.") from error
    if not np.isfinite(numbers).all():
        place = tuple(int(i) + 1 for i in np.argwhere(~np.isfinite(numbers))[0])
        where = f"number {place[0]}" if len(place) == 1 else f"entry {place}"
        raise StrategyError(f"{what} have no finite number at {where}. Drop that name or fill the gap first.")
    return numbers


def _covariance(given: npt.ArrayLike, n: int) -> Array:
    covariance = _numbers(given, "Covariances")
    if covariance.shape != (n, n):
        raise StrategyError(
            f"A covariance of shape {covariance.shape} does not fit {n} expected returns. Give {n} x {n}."
        )
    # A name that earns the same whatever happens is welcome: cash, for one.
    risky = np.flatnonzero(covariance.diagonal() != 0.0)
    certain = np.flatnonzero(covariance.diagonal() == 0.0)
    if len(risky):
        check_covariance(covariance[np.ix_(risky, risky)], [f"name {i + 1}" for i in risky])
    goes_along = np.argwhere((covariance[certain] != 0.0) | (covariance[:, certain].T != 0.0))
    if len(goes_along):
        one, other = certain[goes_along[0, 0]] + 1, goes_along[0, 1] + 1
        raise StrategyError(
            f"Name {one} has a variance of zero, and a covariance with name {other}: look for the fault."
        )
    return np.asarray((covariance + covariance.T) / 2.0)


def _bounds(lower: npt.ArrayLike, upper: npt.ArrayLike, n: int) -> tuple[Array, Array]:
    try:
        low, high = (np.broadcast_to(np.asarray(one, dtype=np.float64), (n,)) for one in (lower, upper))
    except (TypeError, ValueError) as error:
        raise StrategyError(f"Bounds do not fit {n} names: {error}. Give one number, or one for each.") from error
    crossed = np.flatnonzero(~(low <= high))  # NaN too
    if len(crossed):
        i = crossed[0]
        raise StrategyError(
            f"Name {i + 1} has a lower bound of {low[i]} and an upper one of {high[i]}. Swap or fill them."
        )
    open_ended = np.flatnonzero(~(np.isfinite(low) | np.isfinite(high)) | (low == np.inf) | (high == -np.inf))
    if len(open_ended):
        raise StrategyError(
            f"Name {open_ended[0] + 1} has no finite bound, and the highest return may have none. "
            "Give a wide one, such as -10."
        )
    return low, high


def _rows(given: Rows, what: str, n: int) -> tuple[Array, Array]:
    try:
        matrix, right = given
    except (TypeError, ValueError) as error:
        raise StrategyError(
            f"The {what} are no pair of a matrix and its right-hand sides. Give (rows, values)."
        ) from error
    rows, values = _numbers(matrix, f"The {what}"), _numbers(right, f"The right-hand sides of the {what}")
    if rows.ndim != 2 or rows.shape != (len(np.atleast_1d(values)), n) or values.ndim != 1:
        raise StrategyError(
            f"The {what} have shape {rows.shape} and right-hand sides of shape {values.shape}. "
            f"Give rows of {n} numbers, and one number for each row."
        )
    units = np.abs(rows).max(axis=1, initial=0.0)
    units[units == 0] = 1.0
    return rows / units[:, None], values / units


def _turning_points(programme: _Programme) -> list[tuple[float, Array]]:
    """Walk from infinite lambda to 0, in units that make numbers near one."""
    n, m = len(programme.expected_returns), len(programme.rows)
    n_slacks = m - programme.n_equalities
    mean = np.zeros(n + n_slacks + m)
    mean[:n] = programme.expected_returns / programme.return_unit
    quadratic = np.zeros((len(mean), len(mean)))
    linear = quadratic.copy()
    quadratic[:n, :n] = programme.covariance / programme.variance_unit
    # The walks need directions in which nothing coincides. Fixed numbers, so that a frontier is the same each time.
    generic = np.random.default_rng(1956).uniform(1.0, 2.0, size=(3, len(mean)))

    region = _phase_one(programme, generic[:2], linear)
    # The highest return: the vertex where the walk stands is the best for some direction.
    walk(region, linear, _cost(-mean), generic[2] * region.status)
    tilt = generic[2] * region.status
    held = region.held.copy()
    region.held |= np.abs(line_of(region, linear, _cost(-mean), tilt).reduced[:, 0]) > TIED_MEANS
    # Among portfolios of the highest return, the one of lowest variance.
    walk(region, quadratic, _cost(np.zeros(len(mean))), tilt)
    region.held = held
    cost = _cost(np.zeros(len(mean)))
    cost[:, 1] = -tilt
    turns = walk(region, quadratic, cost, mean)
    lost = max(float(np.abs(x[n + n_slacks :]).max(initial=0.0)) for _, x in turns)
    if lost > BROKEN:  # a row that seemed to repeat others, and does not
        raise StrategyError(
            f"Rounding broke the critical line: a constraint is missed by {lost:.1e}. "
            "Remove constraints that nearly repeat each other."
        )
    return [(kappa, x[:n]) for kappa, x in turns]


def _cost(numbers: Array) -> Array:
    return np.column_stack([numbers, np.zeros(len(numbers))])


def _phase_one(programme: _Programme, generic: Array, linear: Array) -> Region:
    """Find a vertex: names, slacks, and one artificial variable per row that is walked down to zero."""
    n, m = len(programme.expected_returns), len(programme.rows)
    n_slacks = m - programme.n_equalities
    n_real = n + n_slacks
    rows = np.hstack([programme.rows, np.eye(m)[:, programme.n_equalities :], np.zeros((m, m))])
    low, high = np.zeros((2, n_real + m, 2))
    low[:n, 0], high[:n, 0] = programme.lower, programme.upper
    high[n:, 0] = np.inf
    # Outwards: what is feasible stays so.
    low[:n_real, 1], high[:n_real, 1] = -generic[0, :n_real], generic[1, :n_real]
    status = np.where(np.isfinite(low[:, 0]), AT_LOWER, AT_UPPER).astype(np.int8)
    status[n_real:] = FREE
    stands = np.where(status[:n_real, None] == AT_LOWER, low[:n_real], high[:n_real])
    missing = -rows[:, :n_real] @ stands
    missing[:, 0] += programme.values
    sign = np.where(np.abs(missing[:, 0]) > FEASIBLE, missing[:, 0], missing[:, 1])
    rows[:, n_real:] = np.diag(np.where(sign < 0, -1.0, 1.0))
    held = low[:, 0] == high[:, 0]
    held[n_real:] = True
    region = Region(rows=rows, values=programme.values, low=low, high=high, held=held, status=status)

    cost = _cost(np.zeros(n_real + m))
    cost[n_real:, 0] = 1.0
    _, x = walk(region, linear, cost, generic[0] * status)[-1]
    amiss = np.flatnonzero(x[n_real:] > FEASIBLE * (1.0 + np.abs(programme.values)))
    if len(amiss):
        names = ", ".join(programme.row(int(i)) for i in amiss)
        raise StrategyError(
            f"No weights satisfy all constraints: within the bounds and the others, {names} cannot hold. "
            "Widen the bounds, or relax a constraint."
        )
    # What is free still stands at zero, in a row that repeats others: it stays.
    low[n_real:, 0], high[n_real:, 0] = -np.inf, np.inf
    low[n_real:][region.status[n_real:] != FREE] = 0.0
    high[n_real:][region.status[n_real:] != FREE] = 0.0
    return region


def _straightened(turns: list[tuple[float, Array]]) -> list[tuple[float, Array]]:
    """Leave out what is no corner: turning points on the line between their neighbours, in lambda and weights."""
    kept: list[tuple[float, Array]] = []
    for k, (kappa, x) in enumerate(turns[:-1]):
        after, beyond = turns[k + 1]
        if kept and kappa >= kept[-1][0]:
            continue  # the same point
        room = 1.0 + np.abs(x)
        if not kept:  # above the first corner the portfolio stays what it is
            is_straight = (np.abs(x - beyond) <= STRAIGHT * room).all()
        else:
            before, start = kept[-1]
            share = (before - kappa) / (before - after) if before > after else 1.0
            is_straight = (np.abs(start + share * (beyond - start) - x) <= STRAIGHT * room).all()
        if not is_straight:
            kept.append((kappa, x))
    return [*kept, turns[-1]]
