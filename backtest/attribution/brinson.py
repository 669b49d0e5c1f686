"""Brinson attribution of single periods, arithmetic and geometric."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.attribution.inputs import periods_by_segments, refuse_gap
from backtest.errors import BacktestError

Matrix = NDArray[np.float64]
Method = Literal["brinson-hood-beebower", "brinson-fachler"]
METHODS: tuple[str, ...] = get_args(Method)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrinsonEffects:
    """What allocation and selection brought, period by period and segment by segment.

    Attributes
    ----------
    allocation, selection, interaction : ndarray of shape (n_periods, n_segments)
        Fractions; 0.01 is one percent.
    portfolio, benchmark : ndarray of shape (n_periods,)
        Simple returns.
    """

    allocation: Matrix
    selection: Matrix
    interaction: Matrix
    portfolio: NDArray[np.float64]
    benchmark: NDArray[np.float64]


def brinson(
    portfolio_weights: ArrayLike,
    benchmark_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_returns: ArrayLike,
    *,
    method: Method = "brinson-fachler",
) -> BrinsonEffects:
    """Split active returns, arithmetically: the effects of a period add up to portfolio less benchmark.

    Parameters
    ----------
    portfolio_weights, benchmark_weights : array_like of shape (n_periods, n_segments) or (n_segments,)
        Fractions at the begin of each period; each row adds up to 1. Cash is a segment.
    portfolio_returns, benchmark_returns : array_like of the same shape
        Simple returns of what is held in each segment. Where a side holds nothing of a segment its return
        still has to be a number: give it the other side's, and all of the effect is allocation.
    method : {"brinson-fachler", "brinson-hood-beebower"}
        Whether a segment's allocation is judged against the benchmark's return [2]_ or against 0 [1]_.

    Returns
    -------
    BrinsonEffects

    Raises
    ------
    BacktestError
        If shapes differ, a row of weights does not add up to 1, or anything is NaN or infinite (naming period and
        segment).

    Notes
    -----
    With w, W the weights and r, R the returns of portfolio and benchmark in a segment, and B the benchmark's return:
    allocation (w - W) (R - B), or (w - W) R after Brinson, Hood and Beebower; selection W (r - R); interaction
    (w - W) (r - R).

    References
    ----------
    .. [1] Brinson, Hood and Beebower, "Determinants of Portfolio Performance", Financial Analysts Journal 42(4), 1986.
    .. [2] Brinson and Fachler, "Measuring Non-US Equity Portfolio Performance", Journal of Portfolio Management 11(3),
       1985.
    .. [3] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 5.

    Examples
    --------
    >>> found = brinson([0.4, 0.3, 0.3], [0.4, 0.2, 0.4], [0.2, -0.05, 0.06], [0.1, -0.04, 0.08])
    >>> found.allocation.round(4).tolist()
    [[0.0, -0.0104, -0.0016]]
    """
    w, big_w, r, big_r = _checked(portfolio_weights, benchmark_weights, portfolio_returns, benchmark_returns, method)
    benchmark = (big_w * big_r).sum(axis=1)
    against = benchmark[:, None] if method == "brinson-fachler" else 0.0
    return BrinsonEffects(
        allocation=(w - big_w) * (big_r - against),
        selection=big_w * (r - big_r),
        interaction=(w - big_w) * (r - big_r),
        portfolio=(w * r).sum(axis=1),
        benchmark=benchmark,
    )


def geometric_brinson(
    portfolio_weights: ArrayLike,
    benchmark_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_returns: ArrayLike,
    *,
    method: Method = "brinson-fachler",
) -> BrinsonEffects:
    """Split active returns, geometrically: the effects of a period compound to (1 + portfolio) / (1 + benchmark) - 1.

    Parameters
    ----------
    portfolio_weights, benchmark_weights, portfolio_returns, benchmark_returns : array_like
        As of `brinson`.
    method : {"brinson-fachler", "brinson-hood-beebower"}

    Returns
    -------
    BrinsonEffects
        With A the sum of allocation over segments, and S that of selection and interaction:
        (1 + A) (1 + S) = (1 + portfolio) / (1 + benchmark).

    Raises
    ------
    BacktestError
        As `brinson`; and where the benchmark, or the fund of the portfolio's weights and the benchmark's returns, loses
        everything: nothing compounds from there.

    Notes
    -----
    Let N be the return of that semi-notional fund, the sum of w R. Allocation is that of `brinson` over 1 + B,
    selection and interaction are those of `brinson` over 1 + N [1]_ [2]_.

    References
    ----------
    .. [1] Burnie, Knowles and Teder, "Arithmetic and Geometric Attribution", Journal of Performance Measurement 3(1),
       1998.
    .. [2] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 5.
    """
    flat = brinson(portfolio_weights, benchmark_weights, portfolio_returns, benchmark_returns, method=method)
    growth = 1.0 + flat.benchmark
    notional = growth + flat.allocation.sum(axis=1)
    for name, value in (
        ("benchmark", growth),
        ("fund of the portfolio's weights and the benchmark's returns", notional),
    ):
        if (value <= 0.0).any():
            raise BacktestError(
                f"The {name} loses everything in period {int(np.argmax(value <= 0.0))}: a geometric attribution cannot "
                "compound from there. Use the arithmetic one, or end before it."
            )
    return BrinsonEffects(
        allocation=flat.allocation / growth[:, None],
        selection=flat.selection / notional[:, None],
        interaction=flat.interaction / notional[:, None],
        portfolio=flat.portfolio,
        benchmark=flat.benchmark,
    )


def _checked(
    portfolio_weights: ArrayLike,
    benchmark_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_returns: ArrayLike,
    method: str,
) -> tuple[Matrix, ...]:
    if method not in METHODS:
        raise BacktestError(f"Unknown method {method!r} of attribution; want {' or '.join(METHODS)}.")
    arrays = periods_by_segments(
        {
            "portfolio weight": portfolio_weights,
            "benchmark weight": benchmark_weights,
            "portfolio return": portfolio_returns,
            "benchmark return": benchmark_returns,
        }
    )
    for name, weights in zip(("portfolio", "benchmark"), arrays[:2], strict=True):
        refuse_gap(name, weights)
    return arrays
