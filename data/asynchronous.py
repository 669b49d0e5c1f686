"""Closes of venues in other time zones at common stamps, and covariances that allow for the hours between them.

Hong Kong closes at 08:00 UTC and New York at 20:00 or 21:00. Returns of the same date share 11 or 12 of their 24 hours,
so that their covariance is about half of the true one; the rest is in the covariance of Hong Kong's return with
New York's of the day before.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from data.adjustments import adjusted_close
from data.errors import DataError
from data.gaps import carried_forward
from data.market import MarketData, Matrix

Weights = Literal["flat", "bartlett"]


def closes_at(
    market: MarketData, names: Sequence[str], stamps: NDArray[np.int64], currency: str | None = None
) -> Matrix:
    """Give the last closes known at common stamps.

    Parameters
    ----------
    market : MarketData
    names : sequence of str, length n_names
    stamps : ndarray of shape (n_stamps,), int64
        UTC nanoseconds, in any order; New York's closes for example.
    currency : str, optional
        Counted in this currency, at the rate known at the stamp; by default in each name's own.

    Returns
    -------
    ndarray of shape (n_stamps, n_names)
        In the basis of the market's prices; a name that did not trade keeps its last close, however old. NaN where none
        is known yet, or no exchange rate.

    Raises
    ------
    DataError
        If a name has no prices, or no rate links its currency.
    """
    return _levels_at(market, market.close, list(names), stamps, currency)


def returns_at(
    market: MarketData, names: Sequence[str], stamps: NDArray[np.int64], currency: str | None = None
) -> Matrix:
    """Give total returns between common stamps, from the closes known at each.

    Parameters
    ----------
    market : MarketData
    names : sequence of str, length n_names
    stamps : ndarray of shape (n_stamps,), int64
        UTC nanoseconds, ascending.
    currency : str, optional
        Returns of a holder who counts in this currency; by default in each name's own.

    Returns
    -------
    ndarray of shape (n_stamps - 1, n_names)
        Simple returns, splits and dividends included; 0 over a step in which a name did not trade (in its own
        currency: exchange rates move on), NaN where one end is not known.

    Raises
    ------
    DataError
        If a name has no prices, no rate links its currency, or the stamps do not ascend.
    """
    wrong = np.flatnonzero(np.diff(stamps) <= 0)
    if len(wrong):
        raise DataError(f"Stamps of returns must ascend: number {wrong[0] + 2} is not after the one before. Sort them.")
    levels = _levels_at(market, adjusted_close(market), list(names), stamps, currency)
    return levels[1:] / levels[:-1] - 1.0


def _levels_at(
    market: MarketData, closes: Matrix, names: list[str], stamps: NDArray[np.int64], currency: str | None
) -> Matrix:
    known = carried_forward(closes[:, market.columns(names)]) if len(market.dates) else np.empty((0, len(names)))
    padded = np.vstack([np.full((1, len(names)), np.nan), known])
    found = np.empty((len(stamps), len(names)))
    for column, name in enumerate(names):
        one = market.instruments[name]
        found[:, column] = padded[market.known_closes(stamps, one.venue), column]
        if currency is not None:
            found[:, column] *= market.fx.rates_at(stamps, currency, [one.currency])[:, 0]
    return found


def overlap_corrected_covariance(
    returns: npt.ArrayLike,
    n_lags: int = 1,
    weights: Weights = "flat",
    venues: Sequence[str] | None = None,
) -> Matrix:
    """Estimate the covariance of returns whose closes lie hours apart, from leads and lags.

    Parameters
    ----------
    returns : array-like of shape (n_periods, n_names)
        One row per common period, such as `returns_at` New York's closes. NaN: with "flat" weights each entry
        is taken over the pairs of rows that have both numbers; with "bartlett" NaN is refused.
    n_lags : int
        Periods that closes may lie apart: 1 for daily returns of venues in different time zones, 0 for none.
    weights : {"flat", "bartlett"}
        See Notes.
    venues : sequence of str, length n_names, optional
        With "flat" weights: names of one venue close together, and their entries get no lag.

    Returns
    -------
    ndarray of shape (n_names, n_names)
        Symmetric. NaN where fewer than two pairs of rows are there.

    Raises
    ------
    DataError
        If the returns are no matrix with more rows than lags plus one, the weights are neither, or NaN is refused.

    Notes
    -----
    With x a return less its mean and k the lag,

        G_k = sum over t of x_t x'_(t-k) / (n_k - 1),    S = G_0 + sum over k of w_k (G_k + G_k').

    *Flat*: w = 1 off the diagonal, and no lag on it. Where prices follow no trend of their own, a return of Hong Kong
    overlaps New York's of the same date and of the day before only, so n_lags = 1 is unbiased for the covariance over
    one period [1]_. It is the moment implied by the first-order vector moving average of Burns, Engle and Mezrich: with
    r_t = e_t + M e_(t-1) and Var(e) = V they synchronise to (I + M) V (I + M)' = G_0 + G_1 + G_1' [3]_. Martens and
    Poon compare corrections of that kind with closes taken at the same time [4]_. Theirs have lags on the diagonal,
    here left out: each venue's own closes are a day apart. S need not be positive semidefinite.

    *Bartlett*: w_k = 1 - k / (n_lags + 1) on the whole matrix and one denominator, n - 1, for all lags: positive
    semidefinite always [2]_, but only n_lags / (n_lags + 1) of the first lag is added. With one lag half of what lies
    there is missing; take five or more.

    Each lag adds noise: for uncorrelated returns the standard error of a flat correlation is about
    sqrt((2 n_lags + 1) / n), against sqrt(1 / n) without.

    References
    ----------
    .. [1] Cohen, Hawawini, Maier, Schwartz and Whitcomb, "Friction in the trading process and the estimation of
       systematic risk", Journal of Financial Economics, 1983.
    .. [2] Newey and West, "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent
       covariance matrix", Econometrica, 1987.
    .. [3] Burns, Engle and Mezrich, "Correlations and volatilities of asynchronous data", Journal of Derivatives, 1998.
    .. [4] Martens and Poon, "Returns synchronization and daily correlation dynamics between international stock
       markets", Journal of Banking and Finance, 2001.

    Examples
    --------
    The second name repeats the first a day later: at one stamp they have little to do with each other.

    >>> first = np.array([0.01, -0.02, 0.03, -0.01, -0.02, 0.01])
    >>> returns = np.column_stack([first, np.roll(first, 1)])
    >>> plain = overlap_corrected_correlation(returns, n_lags=0)[0, 1]
    >>> corrected = overlap_corrected_correlation(returns)[0, 1]
    >>> print(plain.round(2), corrected.round(2))
    -0.5 0.44
    """
    x, there = _demeaned(returns, n_lags, weights)
    n = len(x)
    total = _lagged(x, there, 0, n)
    if weights == "bartlett":
        for k in range(1, n_lags + 1):
            # One denominator for all lags: else the sum is not positive semidefinite.
            term = x[k:].T @ x[: n - k] / (n - 1)
            total += (1.0 - k / (n_lags + 1)) * (term + term.T)
        return total
    apart = ~np.eye(x.shape[1], dtype=bool)
    if venues is not None:
        if len(venues) != x.shape[1]:
            raise DataError(f"{len(venues)} venues for returns of {x.shape[1]} names. Give one for each.")
        place = np.array(venues)
        apart &= place[:, None] != place[None, :]
    for k in range(1, n_lags + 1):
        term = _lagged(x, there, k, n)
        total += np.where(apart, term + term.T, 0.0)
    return total


def overlap_corrected_correlation(
    returns: npt.ArrayLike,
    n_lags: int = 1,
    weights: Weights = "flat",
    venues: Sequence[str] | None = None,
) -> Matrix:
    """Estimate the correlation of returns whose closes lie hours apart.

    Parameters
    ----------
    returns : array-like of shape (n_periods, n_names)
    n_lags : int
    weights : {"flat", "bartlett"}
    venues : sequence of str, length n_names, optional
        As of `overlap_corrected_covariance`.

    Returns
    -------
    ndarray of shape (n_names, n_names)
        The covariance over the root of its own variances. With flat weights an entry may lie beyond 1 by chance: it is
        not cut. NaN where a variance is 0.

    Raises
    ------
    DataError
        As of `overlap_corrected_covariance`.
    """
    covariance = overlap_corrected_covariance(returns, n_lags, weights, venues)
    variance = np.diag(covariance)
    deviation = np.sqrt(np.where(variance > 0, variance, np.nan))
    correlation: Matrix = covariance / np.outer(deviation, deviation)
    return correlation


def _demeaned(returns: npt.ArrayLike, n_lags: int, weights: str) -> tuple[Matrix, NDArray[np.float64]]:
    """Check returns; give them less their means, 0 where unknown, and where they are known."""
    given = np.asarray(returns, dtype=np.float64)
    if weights not in ("flat", "bartlett"):
        raise DataError(f"weights {weights!r} is neither 'flat' nor 'bartlett'.")
    if n_lags < 0 or given.ndim != 2 or len(given) < n_lags + 2:
        raise DataError(
            f"Returns of shape {given.shape} with {n_lags} lags: want a row per period, a column per name, "
            "and at least two rows more than lags."
        )
    if np.isinf(given).any():
        raise DataError(f"Row {int(np.argwhere(np.isinf(given))[0, 0])} of the returns is infinite.")
    unknown = np.isnan(given)
    if weights == "bartlett" and unknown.any():
        row, column = np.argwhere(unknown)[0]
        raise DataError(
            f"Row {row}, column {column} of the returns is NaN: with gaps the matrix would be positive semidefinite "
            "only by luck. Drop the rows, or take flat weights."
        )
    n_known = np.maximum((~unknown).sum(axis=0), 1)
    filled = np.where(unknown, 0.0, given)
    return np.where(unknown, 0.0, filled - filled.sum(axis=0) / n_known), (~unknown).astype(np.float64)


def _lagged(x: Matrix, there: Matrix, k: int, n: int) -> Matrix:
    """Give the covariance of each column with each column k rows before, over the pairs of rows that have both."""
    n_pairs = there[k:].T @ there[: n - k]
    found: Matrix = np.full(n_pairs.shape, np.nan)
    np.divide(x[k:].T @ x[: n - k], n_pairs - 1.0, out=found, where=n_pairs > 1)
    return found
