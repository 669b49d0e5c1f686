"""Estimators: numbers that can be redone by hand, what is remarked, and what is refused."""

import itertools

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.estimators.asynchronous import asynchronous_covariance
from strategies.estimators.covariance import (
    exponentially_weighted_covariance,
    ledoit_wolf_covariance,
    sample_covariance,
)
from strategies.estimators.expected import historical_mean, implied_returns, shrunk_mean, signal_returns
from strategies.estimators.factors import FactorModel, factor_model, statistical_factor_model
from strategies.estimators.repair import check_covariance, repaired

EXACT = 1e-13  # a handful of additions and products
NAMES = ["AAPL", "MSFT", "9988.HK"]
RETURNS = np.array([[0.01, 0.02, 0.00], [0.03, -0.02, 0.01], [0.02, 0.03, 0.05], [-0.02, 0.01, 0.02]])


def drawn(seed, n_periods, n_names):
    return np.random.default_rng(seed).normal(0.001, 0.02, (n_periods, n_names))


# ------------------------------------------------------------------------------------------ what is refused


ESTIMATORS = {
    "sample": sample_covariance,
    "weighted": lambda returns, names: exponentially_weighted_covariance(returns, 20, names),
    "shrunk": ledoit_wolf_covariance,
    "components": lambda returns, names: statistical_factor_model(returns, 1, names),
    "regression": lambda returns, names: factor_model(returns, RETURNS[:, :1], names),
    "mean": historical_mean,
    "shrunk mean": lambda returns, names: shrunk_mean(returns, np.eye(3), names),
    "Bartlett": lambda returns, names: asynchronous_covariance(returns, 1, "bartlett", names=names),
}


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gap_is_refused_by_row_and_name(name, value):
    returns = RETURNS.copy()
    returns[2, 1] = value
    with pytest.raises(StrategyError, match=f"Row 2 of the returns of MSFT is {value}. Choose a sample"):
        ESTIMATORS[name](returns, NAMES)
    with pytest.raises(StrategyError, match="Row 2 of the returns of column 1"):
        ESTIMATORS[name](returns, None)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_shapes_and_names_that_do_not_fit_are_refused(name):
    with pytest.raises(StrategyError, match="2 names for returns of 3"):
        ESTIMATORS[name](RETURNS, NAMES[:2])
    with pytest.raises(StrategyError, match="shape \\(4,\\); want a row per period"):
        ESTIMATORS[name](RETURNS[:, 0], None)
    with pytest.raises(StrategyError, match="1 periods of returns are too few"):
        ESTIMATORS[name](RETURNS[:1], NAMES)
    with pytest.raises(StrategyError, match="returns hold something that is no number"):
        ESTIMATORS[name]([["a", "b", "c"]] * 4, NAMES)


# ------------------------------------------------------------------------------------------ covariances


def test_the_sample_covariance_by_hand():
    # Less means 0.01, 0.01: (0, 0.01) (0.02, -0.03) (0.01, 0.02) (-0.03, 0); over 3.
    found = sample_covariance(RETURNS[:, :2])
    np.testing.assert_allclose(found.value, [[14e-4 / 3, -4e-4 / 3], [-4e-4 / 3, 14e-4 / 3]], rtol=EXACT)
    assert found.remarks == ()


def test_a_sample_of_no_more_periods_than_names_is_remarked():
    assert sample_covariance(drawn(1, 6, 5)).remarks == ()
    found = sample_covariance(drawn(1, 5, 5))
    assert found.remarks[0].startswith("A short sample: 5 periods for 5 names.")
    assert np.linalg.matrix_rank(found.value) == 4  # what the remark is about


def test_the_weighted_covariance_by_hand():
    # Half-life 1 over three periods: weights 1, 2, 4 over 7. Mean (1 x 0.07 + 2 x 0 + 4 x 0) / 7 = 0.01.
    found = exponentially_weighted_covariance([[0.07], [0.0], [0.0]], 1.0)
    second_moment = (1 * 0.06**2 + 6 * 0.01**2) / 7
    assert found.value[0, 0] == pytest.approx(second_moment / (1 - 21 / 49), rel=EXACT)
    assert exponentially_weighted_covariance([[0.07], [0.0], [0.0]], 1.0, zero_mean=True).value[0, 0] == pytest.approx(
        0.07**2 / 7, rel=EXACT
    )


def test_riskmetrics_recursion():
    # s_t = lambda s_(t-1) + (1 - lambda) r_t^2 from 0, less what the finite past misses of the weights.
    returns, decay = drawn(2, 300, 2), 0.94
    variance = np.zeros((2, 2))
    for row in returns:
        variance = decay * variance + (1 - decay) * np.outer(row, row)
    found = exponentially_weighted_covariance(returns, np.log(0.5) / np.log(decay), zero_mean=True)
    np.testing.assert_allclose(found.value, variance / (1 - decay**300), rtol=1e-12)


def test_the_effective_number_of_observations_is_remarked():
    # Decay 0.5: (1 + 0.5) / (1 - 0.5) = 3 observations over a long past.
    found = exponentially_weighted_covariance(drawn(3, 500, 3), 1.0)
    assert found.remarks[0].startswith(
        "A short sample: a half-life of 1 periods counts as 3.0 observations for 3 names."
    )
    assert exponentially_weighted_covariance(drawn(3, 500, 2), 1.0).remarks == ()


@pytest.mark.parametrize("half_life", [0.5, 0.0, -3.0, np.nan])
def test_a_half_life_below_a_period_is_refused(half_life):
    with pytest.raises(StrategyError, match="want at least 1 period"):
        exponentially_weighted_covariance(RETURNS, half_life)


def shrunk_by_hand(returns):
    """Ledoit and Wolf (2004), section 3, in loops: shrinkage intensity and covariance."""
    n, p = returns.shape
    x = returns - returns.mean(axis=0)
    sample = sum(np.outer(row, row) for row in x) / n
    target = np.trace(sample) / p * np.eye(p)
    apart = ((sample - target) ** 2).sum() / p
    noise = sum(((np.outer(row, row) - sample) ** 2).sum() / p for row in x) / n**2
    intensity = min(noise, apart) / apart
    return intensity, (1 - intensity) * sample + intensity * target


def test_ledoit_wolf_against_the_paper_in_loops():
    returns = drawn(4, 40, 6) * np.array([1.0, 1.5, 2.0, 0.5, 1.0, 3.0])
    intensity, expected = shrunk_by_hand(returns)
    found = ledoit_wolf_covariance(returns)
    np.testing.assert_allclose(found.value, expected, rtol=1e-10)
    assert 0 < intensity < 1
    assert f"shrinkage of {100 * intensity:.3g} %" in found.remarks[0]
    assert "40 periods of 6 names" in found.remarks[0]


def test_two_returns_say_nothing_of_their_own_noise():
    with pytest.raises(StrategyError, match="at least 3 are needed"):
        ledoit_wolf_covariance(RETURNS[:2])


# ------------------------------------------------------------------------------------------ closes hours apart


def two_venues(seed, n_days, correlation):
    """Daily returns of two Brownian motions, the first read half a day before the second."""
    rng = np.random.default_rng(seed)
    root = np.array([[1.0, 0.0], [correlation, np.sqrt(1 - correlation**2)]])
    early, late = (np.sqrt(0.5) * rng.standard_normal((n_days + 1, 2)) @ root.T for _ in range(2))
    # The second's day is the early and the late half; the first's is the late half of the day before, and the early.
    return 0.01 * np.column_stack([(late[:-1] + early[1:])[:, 0], (early[1:] + late[1:])[:, 1]])


def correlation_of(covariance):
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


@pytest.mark.parametrize("seed", range(4))
def test_the_true_correlation_where_the_plain_one_is_half(seed):
    # Half of the day is shared, so the plain estimate is 0.35 of 0.7. Standard errors sqrt(1 / n) and sqrt(3 / n) at
    # n = 5,000 are 0.014 and 0.024; four of them.
    returns = two_venues(seed, 5_000, 0.7)
    assert correlation_of(sample_covariance(returns).value) == pytest.approx(0.35, abs=0.057)
    found = asynchronous_covariance(returns, venues=["XHKG", "XNYS"])
    assert correlation_of(found.value) == pytest.approx(0.7, abs=0.098)
    assert "by 1 lead and lag (Cohen, Hawawini, Maier, Schwartz and Whitcomb 1983)" in found.remarks[0]
    assert "went from 0.3" in found.remarks[0]


def test_newey_and_west_are_named_where_their_weights_are_taken():
    found = asynchronous_covariance(two_venues(1, 500, 0.5), 5, "bartlett")
    assert "5 leads and lags (Newey and West 1987)" in found.remarks[0]


def test_names_of_one_venue_need_no_correction():
    found = asynchronous_covariance(RETURNS, venues=["XNYS"] * 3, names=NAMES)
    np.testing.assert_allclose(found.value, sample_covariance(RETURNS).value, rtol=EXACT, atol=1e-18)
    assert found.remarks[0].endswith("no two names close at different hours.")


def test_gaps_are_taken_pair_by_pair_and_remarked():
    returns = two_venues(2, 400, 0.5)
    returns[[3, 7, 90], 0] = np.nan
    found = asynchronous_covariance(returns, names=["0700.HK", "AAPL"])
    assert np.isfinite(found.value).all()
    assert "3 of 800 returns are missing, most of 0700.HK (3 of 400)" in found.remarks[1]


def test_a_pair_never_known_together_is_refused():
    returns = np.array([[0.1, np.nan], [0.2, np.nan], [0.1, np.nan], [np.nan, 0.2], [np.nan, 0.1], [np.nan, 0.3]])
    with pytest.raises(StrategyError, match="AAPL and MSFT have fewer than two pairs"):
        asynchronous_covariance(returns, n_lags=0, names=["AAPL", "MSFT"])
    with pytest.raises(StrategyError, match="Row 1 of the returns of MSFT is inf"):
        asynchronous_covariance([[0.1, 0.2], [0.1, np.inf], [0.0, 0.1]], names=["AAPL", "MSFT"])
    with pytest.raises(StrategyError, match="with -1 lags"):
        asynchronous_covariance(RETURNS, -1)


def test_an_indefinite_correction_is_refused_unless_a_repair_is_named():
    returns = two_venues(5, 200, 1.0)  # a true correlation of 1 is as often above as below
    with pytest.raises(StrategyError, match="indefinite.*correlation of HSTECH and NDX is 1.0.*'clip' or 'nearest'"):
        asynchronous_covariance(returns, names=["HSTECH", "NDX"])
    for repair in ("clip", "nearest"):
        found = asynchronous_covariance(returns, names=["HSTECH", "NDX"], repair=repair)
        assert correlation_of(found.value) == pytest.approx(1.0, abs=1e-12)
        assert f"was repaired: {repair} moved" in found.remarks[-1]


# ------------------------------------------------------------------------------------------ repair


INDEFINITE = np.array([[0.04, 0.05], [0.05, 0.04]])


def test_clipping_by_hand():
    # Correlation 1.25: eigenvalues 2.25 and -0.25. Clipped it is 1.125 everywhere; at unit diagonal 1.
    found = repaired(INDEFINITE, "clip")
    np.testing.assert_allclose(found.value, np.full((2, 2), 0.04), rtol=EXACT)
    moved = np.sqrt(2 * 0.25**2) / np.sqrt(2 + 2 * 1.25**2)
    assert found.remarks[0] == (
        "The covariance was indefinite (least eigenvalue of its correlations -0.25, -11.1 % of the largest) and was "
        f"repaired: clip moved the correlations by {100 * moved:.3g} % of their norm; variances are kept."
    )


def test_what_is_indefinite_says_how_much_and_what_may_be_named():
    with pytest.raises(
        StrategyError,
        match="least eigenvalue of its correlations is -0.25, -11.1 % of the largest.*of AAPL and MSFT is 1.25.*"
        "Name a repair, 'clip' or 'nearest'",
    ):
        repaired(INDEFINITE, names=NAMES[:2])
    with pytest.raises(StrategyError, match="repair 'shrink' is neither 'clip' nor 'nearest'"):
        repaired(INDEFINITE, "shrink")


@pytest.mark.parametrize("relative", [1e-12, 1e-14, 0.0])
def test_rounding_below_zero_is_no_fault(relative):
    # A correlation above 1 by rounding: eigenvalues 2 and -2 x relative.
    given = np.array([[1.0, 1.0 + relative], [1.0 + relative, 1.0]])
    for repair in (None, "clip", "nearest"):
        found = repaired(given, repair)
        assert found.value is given
        assert found.remarks == ()


def test_more_than_rounding_is_a_fault():
    given = np.array([[1.0, 1.0 + 1e-8], [1.0 + 1e-8, 1.0]])
    with pytest.raises(StrategyError, match="indefinite"):
        check_covariance(given)


def test_rounding_is_judged_on_correlations():
    # Cash beside shares: the fault is of the size of cash's own variance, and 1e-13 of the largest.
    scale = np.diag([0.3, 1e-7, 1e-7])
    wrong = scale @ np.array([[1.0, 0, 0], [0, 1.0, 1.5], [0, 1.5, 1.0]]) @ scale
    with pytest.raises(StrategyError, match="correlation of MSFT and 9988.HK is 1.5"):
        check_covariance(wrong, NAMES)


def test_the_covariance_of_a_short_sample_is_singular_and_passes():
    value = sample_covariance(drawn(6, 20, 90)).value
    assert check_covariance(value) is value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ones((2, 3)), "shape \\(2, 3\\); want a row and a column for each name"),
        (np.ones((0, 0)), "shape \\(0, 0\\)"),
        ([[1.0, np.nan], [np.nan, 1.0]], "covariance of AAPL and MSFT is nan"),
        ([[1.0, 0.1], [0.2, 1.0]], "not symmetric: 0.1 for AAPL and MSFT, 0.2 the other way round"),
        ([[1.0, 0.0], [0.0, 0.0]], "variance of MSFT is 0: a name whose price never moved"),
        ([[-1.0, 0.0], [0.0, 1.0]], "variance of AAPL is -1"),
        (np.eye(3), "2 names for a covariance of 3"),
        ([["a", "b"], ["c", "d"]], "no number"),
    ],
)
def test_what_is_no_covariance_is_refused(given, message):
    for look in (lambda one: check_covariance(one, NAMES[:2]), lambda one: repaired(one, "nearest", NAMES[:2])):
        with pytest.raises(StrategyError, match=message):
            look(given)


def by_alternating_projections(correlation, n_steps=5_000):
    """Higham (2002), algorithm 3.3, as printed: the solution that the module finds another way."""
    correction, y = np.zeros_like(correlation), correlation.copy()
    for _ in range(n_steps):
        r = y - correction
        values, vectors = np.linalg.eigh(r)
        x = vectors @ np.diag(np.maximum(values, 0)) @ vectors.T
        correction = x - r
        before, y = y, x.copy()
        np.fill_diagonal(y, 1.0)
        if np.abs(y - before).max() < 1e-12:
            break
    return y


@pytest.mark.parametrize(("seed", "n", "noise"), [(2, 3, 1.0), (2, 8, 0.3), (3, 15, 1.0), (4, 30, 0.1)])
def test_the_nearest_correlations_are_those_of_alternating_projections(seed, n, noise):
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((n, 2))
    given = np.corrcoef(factor @ factor.T + 0.1 * np.eye(n)) + noise * rng.standard_normal((n, n))
    given = (given + given.T) / 2
    np.fill_diagonal(given, 1.0)
    assert np.linalg.eigvalsh(given)[0] < -0.01
    # Alternating projections come near linearly: within 1e-8 where steps are below 1e-12.
    np.testing.assert_allclose(repaired(given, "nearest").value, by_alternating_projections(given), rtol=0, atol=1e-8)


# ------------------------------------------------------------------------------------------ factors


def test_one_component_of_two_equal_names_by_hand():
    # Variances 1, correlation 0.6: the first component is their sum with variance 1.6, and leaves 0.2 to each.
    x = np.array([1.0, 1, -1, -1, 1, 1, -1, -1, 1, -1])
    y = np.array([1.0, 1, -1, -1, 1, 1, -1, -1, -1, 1])
    found = statistical_factor_model(np.column_stack([x, y]), 1)
    unit = 10 / 9  # the variance of both with n - 1
    np.testing.assert_allclose(found.exposures, np.full((2, 1), np.sqrt(0.5)), rtol=EXACT)
    np.testing.assert_allclose(found.factor_covariance, [[1.6 * unit]], rtol=EXACT)
    np.testing.assert_allclose(found.idiosyncratic, [0.2 * unit] * 2, rtol=1e-12)
    assert found.remarks == ("1 principal component carries 80 % of the variance of 2 names, over 10 periods.",)


def test_as_many_components_as_names_are_the_sample_and_remarked():
    returns = drawn(7, 50, 3)
    found = statistical_factor_model(returns, 3, NAMES)
    np.testing.assert_allclose(found.covariance, sample_covariance(returns).value, rtol=1e-12, atol=1e-18)
    assert "no risk of their own to 3 of 3 names (AAPL, MSFT, 9988.HK)" in found.remarks[1]


@pytest.mark.parametrize("n_factors", [0, -1, 4])
def test_a_number_of_components_out_of_range_is_refused(n_factors):
    with pytest.raises(StrategyError, match=f"n_factors is {n_factors}; 4 periods of 3 names allow from 1 to 3"):
        statistical_factor_model(RETURNS, n_factors)


def test_a_regression_by_hand():
    # Market +-1 %, +-2 %; own moves of 0.1 % that have nothing to do with it.
    market = np.array([0.01, -0.01, 0.02, -0.02])
    own = np.array([0.001, 0.001, -0.001, -0.001])
    found = factor_model(np.column_stack([0.002 + 1.5 * market + own, 0.5 * market - own]), market[:, None])
    np.testing.assert_allclose(found.exposures, [[1.5], [0.5]], rtol=EXACT)
    np.testing.assert_allclose(found.factor_covariance, [[10e-4 / 3]], rtol=EXACT)
    np.testing.assert_allclose(found.idiosyncratic, [4e-6 / 3] * 2, rtol=1e-11)
    # What is left of both moves together, but a factor model says it does not.
    assert found.covariance[0, 1] == pytest.approx(0.75 * 10e-4 / 3, rel=EXACT)
    assert found.remarks[0].startswith("1 factor explains 98 to 100 % of the variance")


def test_several_factors_against_the_normal_equations():
    returns, factors = drawn(8, 60, 4), drawn(9, 60, 2) * np.array([1.0, 1e-4])
    found = factor_model(returns, factors)
    design = np.column_stack([np.ones(60), factors])
    coefficients = np.linalg.inv(design.T @ design) @ design.T @ returns
    # The second factor is ten thousand times smaller: the plain inverse loses digits, not the answer.
    np.testing.assert_allclose(found.exposures, coefficients[1:].T, rtol=1e-8)
    residuals = returns - design @ coefficients
    np.testing.assert_allclose(found.idiosyncratic, (residuals**2).sum(axis=0) / 59, rtol=1e-10)


def test_factors_that_define_no_exposure_are_refused():
    market = np.array([0.01, -0.01, 0.02, -0.02, 0.03])
    returns = drawn(10, 5, 2)
    with pytest.raises(StrategyError, match="2 factors move in 1 ways only"):
        factor_model(returns, np.column_stack([market, 0.5 * market]))
    with pytest.raises(StrategyError, match="factor SIZE never moves"):
        factor_model(returns, np.column_stack([market, np.full(5, 0.01)]), factor_names=["MARKET", "SIZE"])
    with pytest.raises(StrategyError, match="5 periods of returns, but 4 of factor returns"):
        factor_model(returns, market[:4, None])
    with pytest.raises(StrategyError, match="5 periods are too few for a regression on 4 factors: at least 6"):
        factor_model(returns, drawn(11, 5, 4))
    with pytest.raises(StrategyError, match="Row 1 of the factor returns of MARKET is nan"):
        factor_model(returns, np.where(np.arange(5) == 1, np.nan, market)[:, None], factor_names=["MARKET"])


def test_the_covariance_of_a_model_is_its_formula():
    model = FactorModel(
        exposures=np.array([[1.0, 0.0], [2.0, 1.0]]),
        factor_covariance=np.array([[0.04, 0.01], [0.01, 0.09]]),
        idiosyncratic=np.array([0.01, 0.02]),
    )
    # Covariance of the two: 2 x 0.04 + 1 x 0.01; variance of the second: 4 x 0.04 + 0.09 + 2 x 2 x 0.01 + 0.02.
    np.testing.assert_allclose(model.covariance, [[0.05, 0.09], [0.09, 0.31]], rtol=EXACT)


# ------------------------------------------------------------------------------------------ expected returns


def test_the_mean_and_its_error_by_hand():
    # Deviations of 1 % each (n - 1): over root 3, 0.577 %.
    found = historical_mean([[0.01, 0.00], [0.02, 0.01], [0.03, 0.02]])
    np.testing.assert_allclose(found.value, [0.02, 0.01], rtol=EXACT)
    assert found.remarks == ("Means of 3 periods: their median standard error is 0.577 % a period.",)


def test_jorion_by_hand():
    # Unit covariance, means 0.1 and 0.3 over 4 periods: the target is 0.2, the distance 2 x 0.01, and
    # d = 4 / (4 + 4 x 0.02).
    returns = np.array([[0.0, 0.2], [0.2, 0.4], [0.0, 0.2], [0.2, 0.4]])
    found = shrunk_mean(returns, np.eye(2))
    d = 4 / 4.08
    np.testing.assert_allclose(found.value, [0.2 - 0.1 * (1 - d), 0.2 + 0.1 * (1 - d)], rtol=EXACT)
    assert found.remarks[0].startswith(f"Jorion shrinkage of {100 * d:.3g} % towards 20 % a period")


def test_jorion_with_his_own_covariance_in_inverses():
    returns = drawn(12, 60, 5)
    t, n = returns.shape
    mean, ones = returns.mean(axis=0), np.ones(n)
    inverse = np.linalg.inv(np.cov(returns, rowvar=False) * (t - 1) / (t - n - 2))
    target = ones @ inverse @ mean / (ones @ inverse @ ones)
    strength = (n + 2) / ((mean - target) @ inverse @ (mean - target))
    expected = (t * mean + strength * target) / (t + strength)
    np.testing.assert_allclose(shrunk_mean(returns).value, expected, rtol=1e-11)


def test_means_that_cannot_be_shrunk_are_refused():
    with pytest.raises(StrategyError, match="7 periods are too few to shrink the means of 5 names: more than 7"):
        shrunk_mean(drawn(13, 7, 5))
    with pytest.raises(StrategyError, match="covariance is singular"):
        shrunk_mean(RETURNS[:, :2], np.full((2, 2), 0.04))
    with pytest.raises(StrategyError, match="covariance of 2 names for returns of 3"):
        shrunk_mean(RETURNS, np.eye(2))


def test_alpha_is_volatility_times_ic_times_score():
    found = signal_returns([1.0, -2.0, 0.0], [0.20, 0.30, 0.40], 0.05, NAMES)
    np.testing.assert_allclose(found.value, [0.01, -0.03, 0.0], rtol=EXACT)
    assert found.remarks == ()
    assert "score of MSFT is -8" in signal_returns([1.0, -8.0, 0.0], [0.2, 0.3, 0.4], 0.05, NAMES).remarks[0]


@pytest.mark.parametrize(
    ("scores", "volatilities", "coefficient", "message"),
    [
        ([1.0, np.nan], [0.2, 0.3], 0.05, "scores of MSFT are nan"),
        ([1.0, 2.0], [0.2, -0.3], 0.05, "volatility of MSFT is negative"),
        ([1.0, 2.0], [0.2], 0.05, "volatilities have shape \\(1,\\)"),
        ([1.0, 2.0], [0.2, 0.3], 1.5, "between -1 and 1"),
        ([1.0, 2.0], [0.2, 0.3], np.nan, "information_coefficient is nan"),
        ([1.0, 2.0, 3.0], [0.2, 0.3, 0.4], 0.1, "2 names for scores of 3"),
    ],
)
def test_signals_that_say_nothing_are_refused(scores, volatilities, coefficient, message):
    with pytest.raises(StrategyError, match=message):
        signal_returns(scores, volatilities, coefficient, ["AAPL", "MSFT"])


def test_implied_returns_by_hand():
    # Covariances with the portfolio: 0.6 x 0.04 + 0.4 x 0.01 = 0.028 and 0.6 x 0.01 + 0.4 x 0.09 = 0.042.
    found = implied_returns([[0.04, 0.01], [0.01, 0.09]], [0.6, 0.4], 2.5, cash=0.03)
    np.testing.assert_allclose(found.value, [0.10, 0.135], rtol=EXACT)


@pytest.mark.parametrize(
    ("weights", "aversion", "cash", "message"),
    [
        ([0.6], 2.5, 0.0, "weights have shape \\(1,\\)"),
        ([0.6, np.nan], 2.5, 0.0, "weights of column 1 are nan"),
        ([0.6, 0.4], 0.0, 0.0, "risk_aversion is 0; want a number above 0"),
        ([0.6, 0.4], 2.5, np.inf, "cash is inf; want a number that is finite"),
        ([0.6, 0.4], "much", 0.0, "risk_aversion is 'much'"),
    ],
)
def test_what_implies_no_returns_is_refused(weights, aversion, cash, message):
    with pytest.raises(StrategyError, match=message):
        implied_returns(np.eye(2), weights, aversion, cash)


def test_the_market_is_the_best_portfolio_at_the_returns_it_implies():
    # No neighbour has a higher mean-variance utility.
    covariance, weights, aversion = sample_covariance(drawn(14, 60, 3)).value, np.array([0.5, 0.3, 0.2]), 3.0
    mu = implied_returns(covariance, weights, aversion).value

    def utility(w):
        return w @ mu - aversion / 2 * w @ covariance @ w

    for step in itertools.product([-0.01, 0.0, 0.01], repeat=3):
        assert utility(weights + np.array(step)) <= utility(weights) + 1e-18
