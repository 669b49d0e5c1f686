"""Standard errors, against loops written here from the papers' formulas."""

import math

import numpy as np
import pytest

from backtest.errors import BacktestError
from backtest.metrics.inference import (
    annualisation_factor,
    autocorrelations,
    long_run_covariance,
    newey_west_lags,
    sharpe_ratio_autocorrelated,
    sharpe_standard_error,
)
from backtest.metrics.ratios import sharpe_ratio
from backtest.metrics.regression import regress
from backtest.metrics.risk import kurtosis, skewness


def autoregressive(seed, n, rho, scale=0.01, mean=0.0005):
    rng = np.random.default_rng(seed)
    values = np.zeros(n)
    for t in range(1, n):
        values[t] = rho * values[t - 1] + scale * rng.standard_normal()
    return values + mean


@pytest.mark.parametrize(("n", "lags"), [(1, 0), (2, 1), (50, 3), (100, 4), (311, 5), (1500, 7), (2500, 8)])
def test_lag_rule(n, lags):
    assert newey_west_lags(n) == lags


@pytest.mark.parametrize("lags", [0, 1, 5])
def test_long_run_covariance_is_the_double_sum(lags):
    """Σ over s and t of w(s - t) x_s x_t' / n, which is the definition; ours adds lag by lag."""
    x = np.random.default_rng(1).standard_normal((40, 2))
    expected = np.zeros((2, 2))
    for s in range(40):
        for t in range(40):
            expected += max(1 - abs(s - t) / (lags + 1), 0.0) * np.outer(x[s], x[t]) / 40
    np.testing.assert_allclose(long_run_covariance(x, lags), expected, rtol=1e-12, atol=1e-12)


def test_long_run_covariance_by_hand():
    # 1, -1, 1, -1: products 4; one lag apart -3, counted twice at half weight.
    assert long_run_covariance(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 1)[0, 0] == pytest.approx((4 - 3) / 4)


@pytest.mark.parametrize("lags", [0, 1, 4, None])
@pytest.mark.parametrize("seed", range(5))
def test_hac_error_is_the_delta_method_on_mean_and_variance(seed, lags):
    """Lo's general form: gradient of mean / sqrt(variance) around the long-run covariance of both moments."""
    r = autoregressive(seed, 300, 0.2)
    n, used = len(r), newey_west_lags(300) if lags is None else lags
    mean, variance = r.mean(), r.var()
    moments = np.column_stack([r - mean, (r - mean) ** 2 - variance])
    covariance = np.zeros((2, 2))
    for lag in range(-used, used + 1):
        for t in range(max(lag, 0), min(n, n + lag)):
            covariance += (1 - abs(lag) / (used + 1)) * np.outer(moments[t], moments[t - lag]) / n
    gradient = np.array([1 / math.sqrt(variance), -mean / (2 * variance**1.5)])
    expected = math.sqrt(gradient @ covariance @ gradient / n) * math.sqrt(252)
    assert sharpe_standard_error(r, 252, lags=lags) == pytest.approx(expected, rel=1e-10)


def test_without_lags_hac_is_the_form_with_moments():
    r = np.random.default_rng(2).standard_t(5, 500) * 0.01 + 0.001
    form = sharpe_standard_error(r, 252, method="moments")
    assert sharpe_standard_error(r, 252, lags=0) == pytest.approx(form, rel=1e-12)
    ratio = r.mean() / r.std()
    variance = 1 + ratio**2 / 2 - skewness(r) * ratio + kurtosis(r) * ratio**2 / 4
    assert form == pytest.approx(math.sqrt(variance / 500 * 252), rel=1e-12)


def test_iid_error_by_hand():
    # Mean 1, standard deviation 2 (ddof = 0), 4 returns: V = 1 + 1/8, error sqrt(1.125 / 4).
    assert sharpe_standard_error([3.0, -1.0, 3.0, -1.0], 1, method="iid") == pytest.approx(math.sqrt(1.125 / 4))


@pytest.mark.parametrize(("method", "rho"), [("iid", 0.0), ("moments", 0.0), ("hac", 0.0), ("hac", 0.3)])
def test_errors_are_as_large_as_the_ratio_scatters(method, rho):
    """Simulation: 1,000 samples of 600 returns. A tenth is three times what 1,000 samples leave to chance."""
    samples = [autoregressive(seed, 600, rho, mean=0.001) for seed in range(1000)]
    scatter = np.std([sharpe_ratio(r, 1) for r in samples])
    # Bartlett's kernel sees 73 % of AR(0.3)'s autocorrelation with 5 lags; with 12, nearly all of it.
    lags = 12 if rho else None
    typical = np.mean([sharpe_standard_error(r, 1, method=method, lags=lags) for r in samples])
    assert typical == pytest.approx(scatter, rel=0.1)


def test_the_iid_error_is_too_small_where_returns_trend():
    r = autoregressive(4, 3000, 0.3)
    assert sharpe_standard_error(r, 252, method="hac") > 1.2 * sharpe_standard_error(r, 252, method="iid")


def test_errors_of_the_excess_over_cash():
    r, cash = autoregressive(5, 200, 0.0), np.linspace(0, 0.001, 200)
    assert sharpe_standard_error(r, 252, cash) == pytest.approx(sharpe_standard_error(r - cash, 252), rel=1e-12)


def test_what_makes_no_sense_is_refused_in_words():
    with pytest.raises(BacktestError, match="method is 'bootstrap'; want one of iid, moments, hac."):
        sharpe_standard_error([0.01, 0.02], 252, method="bootstrap")
    with pytest.raises(BacktestError, match="lags is 5 for 5 observations; want 0 or more, and fewer"):
        sharpe_standard_error([0.01, 0.02, -0.01, 0.0, 0.03], 252, lags=5)
    with pytest.raises(BacktestError, match="lags is -1"):
        autocorrelations([0.1, 0.2], -1)
    with pytest.raises(BacktestError, match="n_periods is 0"):
        annualisation_factor([0.1], 0)


@pytest.mark.parametrize("rho", [-0.5, -0.2, 0.0, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("q", [2, 12, 252])
def test_annualisation_of_an_autoregression_is_los_closed_form(q, rho):
    """Lo (2002), for first-order autoregression: ρ_k = ρ^k, and the sum is geometric."""
    inside = 1 + 2 * rho / (1 - rho) * (1 - (1 - rho**q) / (q * (1 - rho)))
    found = annualisation_factor(rho ** np.arange(1, q), q)
    assert found == pytest.approx(math.sqrt(q) / math.sqrt(inside), rel=1e-12)


def test_annualisation_by_hand():
    assert annualisation_factor([], 12) == pytest.approx(math.sqrt(12))
    assert annualisation_factor([1.0, 1.0, 1.0], 4) == pytest.approx(1.0)  # one bet, four times over
    assert math.isnan(annualisation_factor([-1.0], 4))  # 4 - 6: no variance left


def test_the_autocorrelated_sharpe_ratio_of_trending_returns_is_lower():
    r = autoregressive(6, 2000, 0.3)
    plain = sharpe_ratio(r, 252)
    found = sharpe_ratio_autocorrelated(r, 252, lags=1)
    rho = autocorrelations(r, 1)[0]
    assert found == pytest.approx(sharpe_ratio(r, 1) * 252 / math.sqrt(252 + 2 * 251 * rho), rel=1e-12)
    assert 0 < found < plain


@pytest.mark.parametrize("lags", [0, 3])
def test_alpha_t_is_the_sandwich(lags):
    """(X'X)⁻¹ S (X'X)⁻¹ with S summed pair by pair, for both coefficients at once."""
    rng = np.random.default_rng(7)
    x = 0.01 * rng.standard_normal(120)
    y = 0.001 + 0.8 * x + autoregressive(8, 120, 0.4, 0.005, 0.0)
    design = np.column_stack([np.ones(120), x])
    coefficients = np.linalg.solve(design.T @ design, design.T @ y)
    scores = design * (y - design @ coefficients)[:, None]
    middle = np.zeros((2, 2))
    for s in range(120):
        for t in range(120):
            middle += max(1 - abs(s - t) / (lags + 1), 0.0) * np.outer(scores[s], scores[t])
    inverse = np.linalg.inv(design.T @ design)
    error = math.sqrt((inverse @ middle @ inverse)[0, 0])
    found = regress(y, x, 52, lags=lags)
    assert found.alpha == pytest.approx(coefficients[0] * 52, rel=1e-10)
    assert found.beta == pytest.approx(coefficients[1], rel=1e-10)
    assert found.alpha_t == pytest.approx(coefficients[0] / error, rel=1e-9)
    assert found.n == 120
