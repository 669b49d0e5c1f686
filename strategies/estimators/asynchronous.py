"""Covariances of names whose venues close hours apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.asynchronous import Weights, overlap_corrected_covariance
from data.errors import DataError
from strategies.errors import StrategyError
from strategies.estimators.covariance import short_sample
from strategies.estimators.estimate import Estimate
from strategies.estimators.inputs import Matrix, name_of, read_returns
from strategies.estimators.repair import Repair, repaired

PUBLISHED = {
    "flat": "Cohen, Hawawini, Maier, Schwartz and Whitcomb 1983",
    "bartlett": "Newey and West 1987",
}


def asynchronous_covariance(
    returns: ArrayLike,
    n_lags: int = 1,
    weights: Weights = "flat",
    venues: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    repair: Repair | None = None,
) -> Estimate:
    """Estimate the covariance of returns whose closes lie hours apart.

    Parameters
    ----------
    returns : array_like of shape (n_periods, n_names)
        Simple returns between common stamps or of common dates, oldest first. NaN, with "flat" weights: each entry is
        taken over the pairs of rows that have both numbers; with "bartlett" NaN is refused.
    n_lags : int
        Periods that closes may lie apart: 1 for daily returns.
    weights : {"flat", "bartlett"}
        *Flat*, the default, adds the covariances with the period before and the one after, off the diagonal, as Cohen
        and others (1983) [1]_ sum lead, same-day and lag; for one lag it is the moment that the vector moving average
        of Burns, Engle and Mezrich (1998) [3]_ implies. It is unbiased for venues that close at different hours, and
        may come out indefinite. *Bartlett* is the estimate of Newey and West (1987) [2]_: never indefinite, but of one
        lag it adds only half; take five or more. `data.asynchronous.overlap_corrected_covariance` has the formulas.
    venues : sequence of str, length n_names, optional
        With "flat" weights: names of one venue close together and are left as they are, which spares them noise.
    names : sequence of str, length n_names, optional
        For messages.
    repair : {"clip", "nearest"}, optional
        What to do with an indefinite result (`strategies.estimators.repair`); by default it is refused.

    Returns
    -------
    Estimate
        Per period. Remarks name the correction, what it did to the correlations, missing returns, and any repair.

    Raises
    ------
    StrategyError
        On infinity, a NaN that is refused, fewer than two periods in which a pair is known, or an indefinite result.

    References
    ----------
    .. [1] Cohen, Hawawini, Maier, Schwartz and Whitcomb, "Friction in the trading process and the estimation of
       systematic risk", Journal of Financial Economics, 1983.
    .. [2] Newey and West, "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent
       covariance matrix", Econometrica, 1987.
    .. [3] Burns, Engle and Mezrich, "Correlations and volatilities of asynchronous data", Journal of Derivatives, 1998.

    Examples
    --------
    Hong Kong sees half of the world's day before New York does, and the other half a day late:

    >>> import numpy as np
    >>> halves = np.random.default_rng(3).normal(0.0, 0.01, 2001)
    >>> new_york, hong_kong = halves[1::2] + halves[2::2], halves[:-1:2] + halves[1::2]
    >>> found = asynchronous_covariance(np.column_stack([hong_kong, new_york]), repair="nearest")
    >>> print(found.remarks[0])
    Corrected for closes at different hours by 1 lead and lag (Cohen, Hawawini, Maier, Schwartz and Whitcomb 1983):
    the mean correlation corrected went from 0.50 to 1.02.
    """
    sample = read_returns(returns, names, gaps=weights != "bartlett")
    try:
        value = overlap_corrected_covariance(sample, n_lags, weights, venues)
        plain = overlap_corrected_covariance(sample, 0, weights)
    except DataError as error:
        raise StrategyError(str(error)) from error
    unknown = np.argwhere(np.isnan(value))
    if len(unknown):
        one, other = (name_of(names, int(i)) for i in unknown[0])
        raise StrategyError(
            f"{one} and {other} have fewer than two pairs of returns in these {len(sample)} periods. Take a longer "
            "sample, or leave one out."
        )
    found = repaired(value, repair, names)
    return Estimate(
        value=found.value,
        remarks=(
            _corrected(plain, value, n_lags, weights, venues),
            *_gaps(sample, names),
            *short_sample(*sample.shape),
            *found.remarks,
        ),
    )


def _corrected(plain: Matrix, value: Matrix, n_lags: int, weights: Weights, venues: Sequence[str] | None) -> str:
    leads = f"{n_lags} lead and lag" if n_lags == 1 else f"{n_lags} leads and lags"
    done = f"Corrected for closes at different hours by {leads} ({PUBLISHED[weights]})"
    touched = ~np.eye(len(value), dtype=bool)
    if venues is not None and weights == "flat":
        place = np.array(venues)
        touched &= place[:, None] != place[None, :]
    if not touched.any():
        return f"{done}: no two names close at different hours."
    before, after = (_correlation(one)[touched].mean() for one in (plain, value))
    return f"{done}: the mean correlation corrected went from {before:.2f} to {after:.2f}."


def _correlation(covariance: Matrix) -> Matrix:
    deviation = np.sqrt(np.diag(covariance))
    correlation: Matrix = covariance / np.outer(deviation, deviation)
    return correlation


def _gaps(sample: NDArray[np.float64], names: Sequence[str] | None) -> tuple[str, ...]:
    missing = np.isnan(sample).sum(axis=0)
    if not missing.any():
        return ()
    most = int(missing.argmax())
    remark = (
        f"{int(missing.sum())} of {sample.size} returns are missing, most of {name_of(names, most)} "
        f"({int(missing[most])} of {len(sample)}): each pair was taken over the periods that have both."
    )
    return (remark,)
