"""Currency attribution: what was decided about assets, and what about the currencies they are in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.attribution.inputs import WHOLE, periods_by_segments, refuse_gap
from backtest.errors import BacktestError

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyEffects:
    """What assets and currencies brought; the effects of a period add up to portfolio less benchmark.

    Attributes
    ----------
    allocation, selection, interaction, currency, forward_premium : ndarray of shape (n_periods, n_segments)
        Fractions. After Karnosky and Singer there is no forward premium of its own: zeros.
    portfolio, benchmark : ndarray of shape (n_periods,)
        Returns in base currency, hedges included.
    """

    allocation: Matrix
    selection: Matrix
    interaction: Matrix
    currency: Matrix
    forward_premium: Matrix
    portfolio: NDArray[np.float64]
    benchmark: NDArray[np.float64]


def ankrim_hensel(
    portfolio_weights: ArrayLike,
    benchmark_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_returns: ArrayLike,
    spot_returns: ArrayLike,
    forward_premiums: ArrayLike,
    *,
    portfolio_hedges: ArrayLike | None = None,
    benchmark_hedges: ArrayLike | None = None,
) -> CurrencyEffects:
    """Split active returns into assets, surprises of currencies, and the forward premium.

    Parameters
    ----------
    portfolio_weights, benchmark_weights : array_like of shape (n_periods, n_segments) or (n_segments,)
        Fractions at the begin of each period; each row adds up to 1. A segment is in one currency.
    portfolio_returns, benchmark_returns : array_like of the same shape
        Local simple returns of segments.
    spot_returns : array_like of the same shape
        Of the segment's currency in base currency: S1 / S0 - 1; 0 for the base currency.
    forward_premiums : array_like of the same shape
        F / S0 - 1, F the forward rate at the begin of the period; 0 for the base currency.
    portfolio_hedges, benchmark_hedges : array_like of the same shape, optional
        Forward contracts as fractions of NAV by the segment's currency, negative when sold; each row adds up to 0:
        what is sold in one currency is bought in another. By default none.

    Returns
    -------
    CurrencyEffects

    Raises
    ------
    BacktestError
        If shapes differ, a row of weights or hedges does not add up, or anything is NaN or infinite (naming period and
        segment).

    Notes
    -----
    Let s be the spot return of a currency, d its forward premium and e = s - d the surprise: what a forward contract
    earns. A segment's return in base currency is (1 + l)(1 + s) - 1 for a local return l. Its asset part is that
    less s, so l (1 + s): **the cross term of asset and currency counts with the asset**. With a, A these parts of
    portfolio and benchmark, w, W the weights, h, H weights plus hedges, and means over the benchmark (of e by H, else
    by W): allocation (w - W)(A - mean A), selection W (a - A), interaction (w - W)(a - A), currency
    (h - H)(e - mean e), forward premium (w - W)(d - mean d).

    References
    ----------
    .. [1] Ankrim and Hensel, "Multicurrency Performance Attribution", Financial Analysts Journal 50(2), 1994.
    .. [2] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 6.

    Examples
    --------
    >>> found = ankrim_hensel([0.5, 0.5], [0.8, 0.2], [0.0, 0.02], [0.0, 0.02], [0.0, 0.03], [0.0, 0.01])
    >>> found.currency.round(4).tolist()  # 0.3 more of a currency that gains 0.02 more than its forward said
    [[0.0012, 0.0048]]
    """
    w, big_w, local, big_local, spot, premium = periods_by_segments(
        {
            "portfolio weight": portfolio_weights,
            "benchmark weight": benchmark_weights,
            "portfolio return": portfolio_returns,
            "benchmark return": benchmark_returns,
            "spot return": spot_returns,
            "forward premium": forward_premiums,
        }
    )
    h, big_h = _exposures(w, portfolio_hedges, "portfolio"), _exposures(big_w, benchmark_hedges, "benchmark")
    a, big_a, surprise = local * (1.0 + spot), big_local * (1.0 + spot), spot - premium
    return CurrencyEffects(
        allocation=(w - big_w) * _over_mean(big_a, big_w),
        selection=big_w * (a - big_a),
        interaction=(w - big_w) * (a - big_a),
        currency=(h - big_h) * _over_mean(surprise, big_h),
        forward_premium=(w - big_w) * _over_mean(premium, big_w),
        portfolio=(w * (a + premium) + h * surprise).sum(axis=1),
        benchmark=(big_w * (big_a + premium) + big_h * surprise).sum(axis=1),
    )


def karnosky_singer(
    portfolio_weights: ArrayLike,
    benchmark_weights: ArrayLike,
    portfolio_returns: ArrayLike,
    benchmark_returns: ArrayLike,
    spot_returns: ArrayLike,
    cash_rates: ArrayLike,
    *,
    portfolio_hedges: ArrayLike | None = None,
    benchmark_hedges: ArrayLike | None = None,
    continuous: bool = False,
) -> CurrencyEffects:
    """Split active returns into markets over their cash, and cash in the currencies held.

    Parameters
    ----------
    portfolio_weights, benchmark_weights : array_like of shape (n_periods, n_segments) or (n_segments,)
        Fractions at the begin of each period; each row adds up to 1. A segment is in one currency.
    portfolio_returns, benchmark_returns : array_like of the same shape
        Local returns of segments.
    spot_returns : array_like of the same shape
        Of the segment's currency in base currency; 0 for the base currency.
    cash_rates : array_like of the same shape
        Return of cash in the segment's currency over the period.
    portfolio_hedges, benchmark_hedges : array_like of the same shape, optional
        Fractions of NAV moved between currencies by forward contracts, negative out of one; each row adds up to 0. By
        default none.
    continuous : bool
        Returns and rates are continuously compounded, as in the paper: they add up across assets and currencies.
        Otherwise they are simple.

    Returns
    -------
    CurrencyEffects

    Raises
    ------
    BacktestError
        As `ankrim_hensel`.

    Notes
    -----
    A segment earns its premium over local cash, l - c, and its currency pays s + c. With simple returns the premium
    is l (1 + s) - c: **the cross term of asset and currency counts with the asset**; with continuous ones there is
    none. A hedge moves cash from one currency to another at covered interest parity, so it earns the s + c of one less
    that of the other. With p, P the premiums of portfolio and benchmark, w, W the weights, h, H weights plus hedges and
    means over the benchmark (of s + c by H): allocation (w - W)(P - mean P), selection W (p - P), interaction
    (w - W)(p - P), currency (h - H)(s + c - mean of it).

    References
    ----------
    .. [1] Karnosky and Singer, "Global Asset Management and Performance Attribution", Research Foundation of the
       Institute of Chartered Financial Analysts, 1994.
    .. [2] Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed., 2008, chapter 6.

    Examples
    --------
    >>> found = karnosky_singer([0.5, 0.5], [0.8, 0.2], [0.02, 0.02], [0.02, 0.02], [0.0, 0.03], [0.01, 0.0])
    >>> round(float(found.currency.sum()), 4)  # 0.3 moved from cash at 0.01 into a currency that gains 0.03
    0.006
    """
    w, big_w, local, big_local, spot, rate = periods_by_segments(
        {
            "portfolio weight": portfolio_weights,
            "benchmark weight": benchmark_weights,
            "portfolio return": portfolio_returns,
            "benchmark return": benchmark_returns,
            "spot return": spot_returns,
            "cash rate": cash_rates,
        }
    )
    h, big_h = _exposures(w, portfolio_hedges, "portfolio"), _exposures(big_w, benchmark_hedges, "benchmark")
    growth = 1.0 if continuous else 1.0 + spot
    p, big_p, in_currency = local * growth - rate, big_local * growth - rate, spot + rate
    return CurrencyEffects(
        allocation=(w - big_w) * _over_mean(big_p, big_w),
        selection=big_w * (p - big_p),
        interaction=(w - big_w) * (p - big_p),
        currency=(h - big_h) * _over_mean(in_currency, big_h),
        forward_premium=np.zeros_like(w),
        portfolio=(w * p + h * in_currency).sum(axis=1),
        benchmark=(big_w * big_p + big_h * in_currency).sum(axis=1),
    )


def _exposures(weights: Matrix, hedges: ArrayLike | None, whose: str) -> Matrix:
    """Add hedges to weights: the fraction of NAV in each currency."""
    refuse_gap(whose, weights)
    if hedges is None:
        return weights
    _, read = periods_by_segments({f"{whose} weight": weights, f"{whose} hedge": hedges})
    total = read.sum(axis=1)
    wrong = np.abs(total) > WHOLE
    if wrong.any():
        period = int(np.argmax(wrong))
        raise BacktestError(
            f"The {whose} hedges of period {period} add up to {total[period]:.10g}, not to 0: what a forward contract "
            "sells in one currency it buys in another."
        )
    return weights + read


def _over_mean(values: Matrix, weights: Matrix) -> Matrix:
    """Values less their mean over the benchmark."""
    mean: Matrix = (weights * values).sum(axis=1, keepdims=True)
    return values - mean
