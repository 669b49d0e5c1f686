"""Parametric programmes: the optimum of a linear or quadratic programme for every weight of one linear term.

Every bound is shifted by an infinitesimal of its own, which is carried beside the numbers: of events that coincide one
is then the first, and the walk cannot go in circles.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from strategies.errors import StrategyError

Array = NDArray[np.float64]
AT_LOWER, FREE, AT_UPPER = -1, 0, 1

# The programme is scaled to numbers near one: see `critical_line`.
NO_SPEED = 1e-13  # what moves slower stands still: rounding of sums of numbers near one is 1e-15
SAME_TIME = 1e-12  # events closer than this coincide: their infinitesimal parts say which is first
NO_CURVATURE = 1e-12  # relative to that of uncorrelated names: less is rounding of a direction without variance
END = 1e-15  # the walk ends here and not at 0, where directions without variance cross zero
BROKEN = 1e-7  # a bound or a sign violated by more: rounding has won


@dataclass(slots=True, kw_only=True)
class Region:
    """Where x may be, A x = b between bounds, and which bound each variable stands at.

    Attributes
    ----------
    rows, values : ndarray of shape (n_rows, n), (n_rows,)
        A and b.
    low, high : ndarray of shape (n, 2)
        Bounds, infinite where there is none, and their infinitesimal shifts.
    held : ndarray of shape (n,), bool
        A variable that stays at its bound once it is there.
    status : ndarray of shape (n,), int8
        AT_LOWER, FREE or AT_UPPER; the walks move it.
    """

    rows: Array
    values: Array
    low: Array
    high: Array
    held: NDArray[np.bool_]
    status: NDArray[np.int8]


@dataclass(slots=True, kw_only=True)
class Line:
    """The critical line of one set of free variables.

    Attributes
    ----------
    x, reduced : ndarray of shape (n, 3)
        The variables, and the derivatives of the Lagrangian: their value at kappa = 0, its infinitesimal part, and
        their change per unit of kappa.
    free : ndarray of int
        The free variables.
    factor, columns : of the system that they solve
    """

    free: NDArray[np.intp]
    x: Array
    reduced: Array
    factor: "_Factor" = field(repr=False)
    columns: Array = field(repr=False)

    def moves(self, j: int) -> Array:
        """Give the moves of the free variables and of the multipliers of the rows, per unit of bound variable j."""
        return self.factor.solved(-self.columns[:, j])


def line_of(region: Region, quadratic: Array, cost: Array, direction: Array) -> Line:
    """Solve the optimality conditions of the free variables, for every kappa at once.

    Parameters
    ----------
    region : Region
    quadratic : ndarray of shape (n, n)
        Q, positive semidefinite.
    cost : ndarray of shape (n, 2)
        c and its infinitesimal part.
    direction : ndarray of shape (n,)
        d.

    Returns
    -------
    Line

    Raises
    ------
    StrategyError
        If they have no unique solution.
    """
    free, bound = np.flatnonzero(region.status == FREE), np.flatnonzero(region.status != FREE)
    n_free = len(free)
    x = np.zeros((len(region.status), 3))
    x[bound, :2] = np.where(region.status[bound, None] == AT_LOWER, region.low[bound], region.high[bound])
    columns = np.vstack([quadratic[free], region.rows])
    matrix = np.zeros((len(columns), len(columns)))
    matrix[:, :n_free] = columns[:, free]
    matrix[:n_free, n_free:] = region.rows[:, free].T
    known = -columns[:, bound] @ x[bound]
    known[:n_free, :2] -= cost[free]
    known[:n_free, 2] += direction[free]
    known[n_free:, 0] += region.values
    factor = _Factor.of(matrix)
    solution = factor.solved(known)
    x[free] = solution[:n_free]
    reduced = quadratic @ x + region.rows.T @ solution[n_free:]
    reduced[:, :2] += cost
    reduced[:, 2] -= direction
    reduced[free] = 0.0
    for speed in (x[:, 2], reduced[:, 2]):
        speed[np.abs(speed) <= NO_SPEED * max(1.0, np.abs(speed).max())] = 0.0
    return Line(free=free, x=x, reduced=reduced, factor=factor, columns=columns)


def walk(region: Region, quadratic: Array, cost: Array, direction: Array) -> list[tuple[float, Array]]:
    """Follow the optimum of 1/2 x'Qx + (c - kappa d)'x as kappa falls from infinity to zero.

    Parameters
    ----------
    region : Region
        Its statuses are optimal for infinite kappa; afterwards for the least kappa above zero.
    quadratic : ndarray of shape (n, n)
        Q, positive semidefinite. All zero: a linear programme, whose optimum jumps at the turning points.
    cost : ndarray of shape (n, 2)
    direction : ndarray of shape (n,)

    Returns
    -------
    list of (kappa, x)
        The turning points, where a variable leaves or reaches a bound, by falling kappa; the last is at zero.

    Raises
    ------
    StrategyError
        If the objective falls without end, rounding breaks the conditions of optimality, or the pivots do not end.

    Notes
    -----
    Between turning points the free variables F solve

        [ Q_FF  A_F' ] [ x_F ]   [ kappa d_F - c_F - Q_FB x_B ]
        [ A_F   0    ] [  y  ] = [ b - A_B x_B                ]

    and r = Q x + c - kappa d + A'y is not negative at lower bounds, not positive at upper ones. Next is the largest
    kappa where a free variable reaches a bound or an r its zero. In a quadratic programme a variable whose r reaches
    zero becomes free, and the matrix stays regular [1]_: along a direction p without curvature r = -kappa d'p has no
    zero but at kappa = 0, so that what seems to be one is rounding and is passed over. In a linear one every direction
    is without curvature: the variable moves, at that kappa, until another one reaches its bound.

    References
    ----------
    .. [1] Markowitz and Todd, "Mean-Variance Analysis in Portfolio Choice and Capital Markets", 2000, chapters 8 and 9.
    """
    is_linear = not quadratic.any()
    kappa, turns = np.inf, []
    n_pivots = 200 + 50 * sum(region.rows.shape)
    for _ in range(n_pivots):
        line = line_of(region, quadratic, cost, direction)
        times = _times(region, line)
        event = _next(region, line, times, None if is_linear else quadratic.diagonal())
        kappa = 0.0 if event is None else min(kappa, float(times[event, 0]))
        x = _point(region, line, kappa)
        turns.append((kappa, x))
        if event is None:
            return turns
        if region.status[event] == FREE:
            region.status[event] = AT_LOWER if line.x[event, 2] > 0 else AT_UPPER
            x[event] = _bound(region, event)[0]
        elif is_linear:
            _exchange(region, line, event)
        else:
            region.status[event] = FREE
    raise StrategyError(
        f"The critical line did not end within {n_pivots} pivots. Remove constraints or names that repeat each other."
    )


def _times(region: Region, line: Line) -> Array:
    """Give the kappa of each variable's event, minus infinity where there is none, and its infinitesimal part."""
    times = np.full((len(line.x), 2), -np.inf)
    value, speed = line.x[:, :2], line.x[:, 2]
    waits = (region.status != FREE) & ~region.held & (line.reduced[:, 2] * region.status < 0)
    times[waits] = -line.reduced[waits, :2] / line.reduced[waits, 2:]
    for bound, sign in ((region.low, 1.0), (region.high, -1.0)):
        meets = (region.status == FREE) & (speed * sign > 0) & np.isfinite(bound[:, 0])
        times[meets] = (bound[meets] - value[meets]) / speed[meets, None]
    return times


def _next(region: Region, line: Line, times: Array, curvatures: Array | None) -> int | None:
    """Choose the event of the largest kappa; in a quadratic programme, none that frees a direction without variance."""
    while True:
        event = _first(times, unit=0.0)
        if times[event, 0] <= END:
            return None
        if curvatures is None or region.status[event] == FREE:
            return event
        moves = line.moves(event)
        curvature = curvatures[event] + line.columns[:, event] @ moves
        if curvature > NO_CURVATURE * (curvatures[event] + curvatures[line.free] @ moves[: len(line.free)] ** 2):
            return event
        times[event] = -np.inf


def _first(times: Array, unit: float) -> int:
    """Give the place of the largest number; of those that coincide with it, that of the largest infinitesimal part."""
    top = times[:, 0].max()
    if np.isinf(top):
        return int(times[:, 0].argmax())
    tied = times[:, 0] >= top - SAME_TIME * (unit + abs(top))
    return int(np.where(tied, times[:, 1], -np.inf).argmax())


def _bound(region: Region, j: int) -> Array:
    bound: Array = (region.low if region.status[j] == AT_LOWER else region.high)[j]
    return bound


def _exchange(region: Region, line: Line, entering: int) -> None:
    """Move a bound variable until another one, or itself, reaches the next bound: that one is bound instead."""
    way = -float(region.status[entering])
    moves = way * line.moves(entering)[: len(line.free)]
    rooms = np.full((len(line.free) + 1, 2), np.inf)
    rooms[-1] = region.high[entering] - region.low[entering]
    bounds = np.where(moves[:, None] > 0, region.high[line.free], region.low[line.free])
    meets = (np.abs(moves) > NO_SPEED * max(1.0, np.abs(moves).max(initial=0.0))) & np.isfinite(bounds[:, 0])
    rooms[:-1][meets] = (bounds[meets] - line.x[line.free[meets], :2]) / moves[meets, None]
    first = _first(-rooms, unit=1.0)
    if np.isinf(rooms[first, 0]):
        raise StrategyError(
            "The highest expected return has no bound: weights may grow without end. Bound them, or add constraints."
        )
    if first == len(line.free):
        region.status[entering] *= -1
        return
    region.status[entering] = FREE
    region.status[line.free[first]] = AT_UPPER if moves[first] > 0 else AT_LOWER


def _point(region: Region, line: Line, kappa: float) -> Array:
    """Give x at one kappa, refused where it is not optimal."""
    x = line.x[:, 0] + kappa * line.x[:, 2]
    reduced = (line.reduced[:, 0] + kappa * line.reduced[:, 2]) * region.status / (1.0 + kappa)
    outside = np.maximum(region.low[:, 0] - x, x - region.high[:, 0]) / (1.0 + np.abs(x))
    # A held variable stays at its bound, whatever its derivative says.
    worst = max(outside.max(), np.where(region.held, 0.0, reduced).max())
    if not worst <= BROKEN:  # NaN too
        raise StrategyError(
            f"Rounding broke the critical line: its conditions of optimality fail by {worst:.1e}. The covariance is "
            "too near to singular, or the constraints to each other: shrink the one, or remove some of the others."
        )
    return np.clip(x, region.low[:, 0], region.high[:, 0])


@dataclass(slots=True, kw_only=True)
class _Factor:
    lower_upper: Array
    pivots: NDArray[np.int32]

    @classmethod
    def of(cls, matrix: Array) -> "_Factor":
        from scipy.linalg.lapack import dgetrf

        if not matrix.size:  # no rows, and no free variable: LAPACK knows no empty matrix
            return cls(lower_upper=matrix, pivots=np.empty(0, dtype=np.int32))
        lower_upper, pivots, fault = dgetrf(matrix)
        if fault:
            raise StrategyError(
                "The conditions of optimality of the critical line have no unique solution. "
                "Remove constraints or names that repeat each other."
            )
        return cls(lower_upper=lower_upper, pivots=pivots)

    def solved(self, right: Array) -> Array:
        from scipy.linalg.lapack import dgetrs

        if not right.size:
            return right
        solution: Array = dgetrs(self.lower_upper, self.pivots, right)[0]
        return solution
