"""Measures from power sums about zero, taken in one pass, beside numpy's in two."""

import numpy as np
import pytest

from backtest.kernels.measures import MEASURES, measure_nb
from backtest.metrics.lanes import Measuring, new_meter

N, YEARS = 1500, 6.0


def measured(nav: np.ndarray) -> dict[str, float]:
    how = Measuring(opening=1e6, cash=np.zeros(N), has_cash=False, years=YEARS, edges=np.array([0, 700, N]))
    meter, nothing = new_meter(how, 1), np.zeros((3, N, 1))
    measure_nb(meter, nav[:, None].copy(), *nothing, np.arange(N), np.zeros(1, dtype=np.int64))
    return dict(zip(MEASURES, meter.measures[:, 0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("mean", "deviation", "digits"),
    [
        (4e-4, 1e-2, 1e-12),
        (1.6e-4, 5e-5, 1e-9),
        (1.6e-4, 1.7e-6, 1e-4),
    ],  # shares, a rate that moves, one that hardly does
)
def test_moments_are_those_of_two_passes(mean: float, deviation: float, digits: float) -> None:
    nav = 1e6 * np.cumprod(1 + mean + deviation * np.random.default_rng(1).standard_normal(N))
    before = np.concatenate([[1e6], nav[:-1]])
    returns = nav / before - 1
    apart, found, root = returns - returns.mean(), measured(nav), np.sqrt((N - 1) / YEARS)
    assert found["volatility"] == pytest.approx(returns.std(ddof=1) * root, rel=max(digits * 1e-3, 1e-12))
    assert found["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * root, rel=max(digits * 1e-3, 1e-12))
    assert found["skew"] == pytest.approx((apart**3).mean() / returns.std() ** 3, abs=digits)
    assert found["kurtosis"] == pytest.approx((apart**4).mean() / returns.std() ** 4 - 3, abs=digits)


def test_what_rounding_would_decide_is_not_defined() -> None:
    """A deviation of a thousandth of the mean has a Sharpe ratio and no shape, of a hundred-thousandth neither."""
    noise = np.random.default_rng(2).standard_normal(N)
    steady, constant = (measured(1e6 * np.cumprod(1 + 1e-4 * (1 + part * noise))) for part in (1e-3, 1e-5))
    assert np.isfinite(steady["sharpe"])
    assert np.isnan([steady["skew"], steady["kurtosis"]]).all()
    assert np.isnan([constant["sharpe"], constant["skew"], constant["kurtosis"]]).all()
