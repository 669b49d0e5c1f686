"""Linking: effects of single periods, made to add up (or compound) to the return of them all."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.attribution.inputs import by_period, read_effects
from backtest.errors import BacktestError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Linking = Literal["carino", "menchero", "grap", "frongello"]

SLACK = 1e-10  # rounding of effects summed over thousands of names


def link(effects: ArrayLike, portfolio: ArrayLike, benchmark: ArrayLike, *, method: Linking = "carino") -> Matrix:
    """Link arithmetic effects over periods.

    Parameters
    ----------
    effects : array_like of shape (n_periods, ...)
        Of single periods, by segment or kind of effect; those of a period add up to its portfolio
        less its benchmark return.
    portfolio, benchmark : array_like of shape (n_periods,)
        Simple returns.
    method : {"carino", "menchero", "grap", "frongello"}

    Returns
    -------
    ndarray of the shape of `effects`
        What each period brought to the whole; all of it adds up to compounded portfolio less compounded benchmark. No
        periods give none.

    Raises
    ------
    BacktestError
        On another method; if anything is NaN or infinite, or effects do not add up; and where a return of -100 % or
        below leaves the method nothing to link with, naming the period.

    Notes
    -----
    With r, b the returns of a period and R, B the compounded ones:

    - Carino [1]_ multiplies effects by k / K, k = (ln(1 + r) - ln(1 + b)) / (r - b), or 1 / (1 + r) where r = b, K the
      same of R and B. It needs returns above -100 %.
    - Menchero [2]_ multiplies by M + a_t, where M = (R - B) / n / ((1 + R)^(1/n) - (1 + B)^(1/n)) and a_t, in
      proportion to r - b, is the least that makes the sum exact. It needs 1 + R and 1 + B of zero or above.
    - GRAP [3]_ multiplies by the portfolio's growth before the period and the benchmark's after it.
    - Frongello [4]_ carries effects forward: a period brings its own effect on what the portfolio has grown to, and
      the benchmark's return on what earlier effects brought. Over all periods that is the same sum as GRAP; by period
      it is not, and the sum over the first periods is what linking those alone gives.

    Carino and Menchero give the same totals in whatever order the periods come; GRAP and Frongello do not.

    References
    ----------
    .. [1] Carino, "Combining Attribution Effects Over Time", Journal of Performance Measurement 3(4), 1999.
    .. [2] Menchero, "An Optimized Approach to Linking Attribution Effects Over Time", Journal of Performance
       Measurement 5(1), 2000.
    .. [3] GRAP, "Synthese des modeles d'attribution de performance", Paris, 1997.
    .. [4] Frongello, "Linking Single Period Attribution Results", Journal of Performance Measurement 6(3), 2002.
    .. [5] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 8.

    Examples
    --------
    >>> linked = link([[0.02, 0.01], [-0.01, 0.0]], [0.05, 0.01], [0.02, 0.02], method="grap")
    >>> linked.round(4).tolist()  # 0.02 x 1.02, 0.01 x 1.02; -0.01 x 1.05
    [[0.0204, 0.0102], [-0.0105, 0.0]]
    """
    if method not in METHODS:
        raise BacktestError(f"Unknown linking {method!r}; want {', '.join(METHODS)}.")
    given = read_effects(effects)
    n = len(given)
    r, b = by_period("portfolio return", portfolio, n), by_period("benchmark return", benchmark, n)
    flat = given.reshape(n, int(np.prod(given.shape[1:], dtype=np.int64)))
    off = np.abs(flat.sum(axis=1) - (r - b)) > SLACK * (1.0 + np.abs(flat).sum(axis=1) + np.abs(r) + np.abs(b))
    if off.any():
        period = int(np.argmax(off))
        raise BacktestError(
            f"The effects of period {period} add up to {flat[period].sum():.6g}, not to the active return "
            f"{r[period] - b[period]:.6g}: linking cannot mend that."
        )
    return METHODS[method](flat, r, b).reshape(given.shape) if n else given


def link_geometric(effects: ArrayLike) -> Matrix:
    """Link one kind of geometric effect over periods.

    Parameters
    ----------
    effects : array_like of shape (n_periods, n_segments)
        Of single periods; the sum of a period's row is what compounds.

    Returns
    -------
    ndarray of shape (n_segments,)
        Adds up to the compounded effect, the product of (1 + row sum) less 1; zeros without periods. Kinds of effects
        then compound with each other as they do in a single period: nothing is left.

    Raises
    ------
    BacktestError
        If anything is NaN or infinite, or a period's effect is -100 % or below, naming it.

    Notes
    -----
    The compounded effect is exact. Its split over segments is by Carino's coefficients, of logarithms.
    """
    given = read_effects(effects)
    if given.ndim != 2:
        raise BacktestError(f"Geometric effects have {given.ndim} axes; want periods and segments.")
    row = given.sum(axis=1)
    if (row <= -1.0).any():
        period = int(np.argmax(row <= -1.0))
        raise BacktestError(f"The effect of period {period} is {row[period]:.6g}: nothing compounds from -100 %.")
    nothing = np.zeros(len(row))
    return _carino(given, row, nothing).sum(axis=0) if len(row) else np.zeros(given.shape[1])


def _carino(effects: Matrix, r: Vector, b: Vector) -> Matrix:
    for name, returns in (("portfolio", r), ("benchmark", b)):
        if (returns <= -1.0).any():
            period = int(np.argmax(returns <= -1.0))
            raise BacktestError(
                f"The {name} returns {returns[period]:.6g} in period {period}: Carino takes logarithms and needs more "
                "than -100 %. Use grap or frongello, or end before it."
            )
    whole, base = np.prod(1.0 + r) - 1.0, np.prod(1.0 + b) - 1.0
    total = _log_slope(np.array([whole]), np.array([base]))[0]
    linked: Matrix = effects * (_log_slope(r, b) / total)[:, None]
    return linked


def _log_slope(r: Vector, b: Vector) -> Vector:
    """(ln(1 + r) - ln(1 + b)) / (r - b), with its limit; near it, without cancellation."""
    gap = (r - b) / (1.0 + b)
    slope: Vector = np.divide(np.log1p(gap), gap, out=np.ones_like(gap), where=gap != 0.0)
    return slope / (1.0 + b)


def _menchero(effects: Matrix, r: Vector, b: Vector) -> Matrix:
    n, active = len(r), r - b
    grown, base = np.prod(1.0 + r), np.prod(1.0 + b)
    if grown < 0.0 or base < 0.0:
        raise BacktestError(
            "A compounded return is below -100 %: Menchero takes roots of what is left and there is less than nothing. "
            "Use grap or frongello, or end before it."
        )
    # (x^n - y^n) / (x - y) written out: no limit to take where the two are equal.
    x, y, k = grown ** (1.0 / n), base ** (1.0 / n), np.arange(n)
    scale = float((x ** (n - 1 - k) * y**k).sum()) / n
    squares = float(active @ active)
    rest = grown - base - scale * float(active.sum())
    correction = active * (rest / squares) if squares > 0.0 else np.zeros(n)
    return effects * (scale + correction)[:, None]


def _grap(effects: Matrix, r: Vector, b: Vector) -> Matrix:
    before = np.concatenate([[1.0], np.cumprod(1.0 + r)[:-1]])
    after = np.concatenate([np.cumprod((1.0 + b)[::-1])[::-1][1:], [1.0]])
    linked: Matrix = effects * (before * after)[:, None]
    return linked


def _frongello(effects: Matrix, r: Vector, b: Vector) -> Matrix:
    linked, earned, growth = np.empty_like(effects), np.zeros(effects.shape[1]), 1.0
    for t in range(len(r)):
        linked[t] = effects[t] * growth + b[t] * earned
        earned += linked[t]
        growth *= 1.0 + r[t]
    return linked


METHODS: MappingProxyType[str, Callable[[Matrix, Vector, Vector], Matrix]] = MappingProxyType(
    {"carino": _carino, "menchero": _menchero, "grap": _grap, "frongello": _frongello}
)
