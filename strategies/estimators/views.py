"""Views on returns: of portfolios, and from the target of an index (claim 9 of the market story)."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strategies.errors import StrategyError
from strategies.estimators.inputs import Matrix, read_number, read_numbers, read_vector
from strategies.estimators.repair import INDEFINITE

NO_VIEW = "No view is stated"  # what remarks say of a prior alone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """Opinions on the returns of portfolios: P r has mean q, with errors of covariance omega.

    Attributes
    ----------
    P : ndarray of shape (n_views, n_names)
        A portfolio a view: 1 for a name alone; 1 and -1 for one against another.
    q : ndarray of shape (n_views,)
        Expected returns of these portfolios, per period; over cash where the prior is.
    omega : ndarray of shape (n_views,) or (n_views, n_views), optional
        Variances, or covariance, of the errors of q. 0: certain. Infinity (as a variance): no view. None: as uncertain
        as the prior, diag(tau P covariance P').
    remarks : tuple of str
        Where the views come from.

    Raises
    ------
    StrategyError
        On shapes that do not fit, NaN, a view on nothing, or an omega that is negative or indefinite.
    """

    P: NDArray[np.float64]
    q: NDArray[np.float64]
    omega: NDArray[np.float64] | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        portfolios = read_numbers("rows of P", self.P).copy()
        if portfolios.ndim != 2 or not portfolios.size:
            raise StrategyError(f"P has shape {portfolios.shape}; want a row per view and a column per name.")
        n_views = len(portfolios)
        returns = read_numbers("returns q", self.q).copy()
        if returns.shape != (n_views,):
            raise StrategyError(f"q has shape {returns.shape} for {n_views} views; want one return a view.")
        for view, (row, value) in enumerate(zip(portfolios, returns, strict=True), start=1):
            if not (np.isfinite(row).all() and np.isfinite(value)):
                raise StrategyError(f"View {view} holds NaN or infinity; give numbers, or leave it out.")
            if not row.any():
                raise StrategyError(f"View {view} is on no name: its row of P is zero. Leave it out.")
        object.__setattr__(self, "P", portfolios)
        object.__setattr__(self, "q", returns)
        object.__setattr__(self, "omega", None if self.omega is None else _read_omega(self.omega, n_views))


def joined_views(several: Sequence[Views]) -> Views:
    """Put views together whose errors have nothing to do with each other.

    Parameters
    ----------
    several : sequence of Views
        On the same names; each with its omega, or none with one.

    Returns
    -------
    Views

    Raises
    ------
    StrategyError
        If there are none, names do not fit, or some have an omega and some none.

    Examples
    --------
    >>> one = Views(P=[[1.0, 0.0]], q=[0.01], omega=[1e-4])
    >>> other = Views(P=[[1.0, -1.0]], q=[0.02], omega=[4e-4])
    >>> joined_views([one, other]).omega.tolist()
    [[0.0001, 0.0], [0.0, 0.0004]]
    """
    if not several:
        raise StrategyError("There are no views to put together.")
    if len({one.P.shape[1] for one in several}) > 1:
        raise StrategyError(f"Views on {', '.join(str(one.P.shape[1]) for one in several)} names. Give the same names.")
    given = [one.omega for one in several if one.omega is not None]
    if given and len(given) < len(several):
        raise StrategyError("Some views have an omega and some none. Give each one, or none.")
    q = np.concatenate([one.q for one in several])
    omega = None
    if given:
        omega = np.zeros((len(q), len(q)))
        start = 0
        for one in given:
            stop = start + len(one)
            omega[start:stop, start:stop] = np.diag(one) if one.ndim == 1 else one
            start = stop
    return Views(
        P=np.vstack([one.P for one in several]),
        q=q,
        omega=omega,
        remarks=tuple(remark for one in several for remark in one.remarks),
    )


def target_view(
    portfolio: ArrayLike,
    *,
    level: float,
    target: float,
    optimistic_return: float,
    quantile: float,
    dividends: float,
    cash: float,
    n_periods: float,
) -> Views:
    """Read a target for an index, and its optimistic case, as a view.

    Parameters
    ----------
    portfolio : array_like of shape (n_names,)
        Weights of the index in the names.
    level, target : float
        Of the index: today's, and the one expected at the horizon (12 months, as targets are given).
    optimistic_return : float
        Change of the level over the horizon in the optimistic case: 0.28 is 28 %.
    quantile : float
        Where that case lies among the errors of the view: 0.9 says that it is exceeded once in ten times. Above 0.5.
    dividends, cash : float
        Dividend yield, and return on cash, over the horizon.
    n_periods : float
        Periods of the returns in the horizon: 12 for months, 252 for days.

    Returns
    -------
    Views
        One view on the return over cash, per period, with its omega and a remark that says how it was read.

    Raises
    ------
    StrategyError
        On a level or target that is not positive, an optimistic case that is not above the target, a quantile out of
        range, or NaN.

    Notes
    -----
    Over the horizon

        b = target / level - 1,    q = b + dividends - cash,    s = (optimistic_return - b) / z,

    where z is the standard normal quantile. Per period q / n_periods and omega = s^2 / n_periods. Both are in
    proportion to time, as are the covariance and the prior that they meet: a posterior reckoned in years and divided
    by 12 is the one reckoned in months at the same tau. The division is not compounded.

    Examples
    --------
    MSCI China in February 2025, from 69 to 75 with +28 % in the optimistic case; dividends and cash are examples:

    >>> found = target_view(
    ...     [1.0], level=69, target=75, optimistic_return=0.28, quantile=0.9, dividends=0.02, cash=0.04, n_periods=12
    ... )
    >>> print(found.q.round(5), found.omega.round(5))
    [0.00558] [0.00189]
    >>> print(found.remarks[0])
    A target of 75 from 69 is +8.7 %; with dividends of 2 % less cash of 4 %, +6.7 % over 12 periods. The optimistic
    +28 %, taken for the 90 % quantile of a normal, makes a standard deviation of 15.1 %.
    """
    start = read_number(level, "level", above=0.0)
    end = read_number(target, "target", above=0.0)
    optimistic = read_number(optimistic_return, "optimistic_return")
    place = read_number(quantile, "quantile", above=0.5, below=1.0)
    income, financing = read_number(dividends, "dividends"), read_number(cash, "cash")
    periods = read_number(n_periods, "n_periods", above=0.0)
    base = end / start - 1.0
    if optimistic <= base:
        raise StrategyError(
            f"The optimistic case, {100 * optimistic:+.3g} %, is not above the target, {100 * base:+.3g} %: they say "
            "nothing of how sure the view is."
        )
    expected = base + income - financing
    deviation = (optimistic - base) / NormalDist().inv_cdf(place)
    weights = read_vector(portfolio, np.size(portfolio), None, "weights of the portfolio")
    remark = (
        f"A target of {end:g} from {start:g} is {100 * base:+.3g} %; with dividends of {100 * income:.3g} % less "
        f"cash of {100 * financing:.3g} %, {100 * expected:+.3g} % over {periods:g} periods. The optimistic "
        f"{100 * optimistic:+.3g} %, taken for the {100 * place:.4g} % quantile of a normal, makes a standard "
        f"deviation of {100 * deviation:.3g} %."
    )
    return Views(
        P=weights[None, :],
        q=np.array([expected / periods]),
        omega=np.array([deviation**2 / periods]),
        remarks=(remark,),
    )


def _read_omega(given: ArrayLike, n_views: int) -> Matrix:
    omega = read_numbers("numbers of omega", given).copy()
    if omega.shape not in ((n_views,), (n_views, n_views)):
        raise StrategyError(
            f"omega has shape {omega.shape} for {n_views} views; want a variance a view, or their covariance."
        )
    variance = omega if omega.ndim == 1 else np.diag(omega)
    wrong = np.flatnonzero(np.isnan(variance) | (variance < 0))
    if len(wrong):
        raise StrategyError(f"omega of view {wrong[0] + 1} is {variance[wrong[0]]:g}; want a variance, 0 or more.")
    if omega.ndim == 1:
        return omega
    if not np.isfinite(omega).all():
        raise StrategyError("An omega with covariances holds NaN or infinity. Leave views without confidence out.")
    if not np.allclose(omega, omega.T, rtol=1e-10, atol=0.0):
        raise StrategyError("omega is not symmetric.")
    eigenvalues = np.linalg.eigvalsh(omega)
    if eigenvalues[0] < INDEFINITE * eigenvalues[-1]:
        raise StrategyError(f"omega is indefinite: its least eigenvalue is {eigenvalues[0]:.3g}.")
    return omega
