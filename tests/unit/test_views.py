"""Views: a target as a view, views put together, and what they make of a prior."""

from statistics import NormalDist

import numpy as np
import pytest

from strategies.errors import StrategyError
from strategies.estimators.black_litterman import black_litterman
from strategies.estimators.views import Views, joined_views, target_view

EXACT = 1e-13
COVARIANCE = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, 0.02], [0.0, 0.02, 0.16]])
PRIOR = np.array([0.05, 0.08, 0.06])
ONE = np.array([[1.0, 0.0, 0.0]])
MSCI_CHINA = {
    "level": 69.0,
    "target": 75.0,
    "optimistic_return": 0.28,
    "quantile": 0.9,
    "dividends": 0.02,
    "cash": 0.04,
    "n_periods": 12,
}


# ------------------------------------------------------------------------------------------ a target


def test_claim_9_msci_china_from_69_to_75_with_28_percent_in_the_optimistic_case():
    found = target_view([0.5, 0.5], **MSCI_CHINA)
    base = 6 / 69
    assert round(100 * base, 1) == 8.7
    np.testing.assert_allclose(found.P, [[0.5, 0.5]])
    assert found.q[0] == pytest.approx((base + 0.02 - 0.04) / 12, rel=EXACT)
    # 1.2816 standard deviations above the base once in ten times.
    assert found.omega[0] == pytest.approx(((0.28 - base) / 1.2815515655446004) ** 2 / 12, rel=1e-12)
    assert found.remarks[0].startswith(
        "A target of 75 from 69 is +8.7 %; with dividends of 2 % less cash of 4 %, +6.7 %"
    )
    assert "The optimistic +28 %, taken for the 90 % quantile of a normal" in found.remarks[0]


def test_the_optimistic_case_is_exceeded_as_often_as_stated():
    found = target_view([1.0], **MSCI_CHINA)
    errors = NormalDist(75 / 69 - 1, float(np.sqrt(found.omega[0] * 12)))
    assert 1 - errors.cdf(0.28) == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"level": 0.0}, "level is 0; want a number above 0"),
        ({"target": -75.0}, "target is -75"),
        ({"optimistic_return": 0.08}, "optimistic case, \\+8 %, is not above the target, \\+8.7 %"),
        ({"quantile": 0.5}, "quantile is 0.5; want a number above 0.5 and below 1"),
        ({"quantile": 1.0}, "quantile is 1"),
        ({"dividends": np.nan}, "dividends is nan"),
        ({"n_periods": 0}, "n_periods is 0"),
    ],
)
def test_targets_that_say_nothing_are_refused(changed, message):
    with pytest.raises(StrategyError, match=message):
        target_view([1.0], **(MSCI_CHINA | changed))


# ------------------------------------------------------------------------------------------ views


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"P": [1.0, 0.0], "q": [0.1]}, "P has shape \\(2,\\)"),
        ({"P": np.ones((0, 3)), "q": []}, "P has shape \\(0, 3\\)"),
        ({"P": ONE, "q": [0.1, 0.2]}, "q has shape \\(2,\\) for 1 views"),
        ({"P": [[1.0, np.nan]], "q": [0.1]}, "View 1 holds NaN"),
        ({"P": [[1.0, 0.0], [0.0, 0.0]], "q": [0.1, 0.1]}, "View 2 is on no name"),
        ({"P": ONE, "q": [np.inf]}, "View 1 holds NaN or infinity"),
        ({"P": ONE, "q": [0.1], "omega": [0.1, 0.2]}, "omega has shape \\(2,\\) for 1 views"),
        ({"P": ONE, "q": [0.1], "omega": [-0.1]}, "omega of view 1 is -0.1"),
        ({"P": ONE, "q": [0.1], "omega": [np.nan]}, "omega of view 1 is nan"),
        ({"P": np.eye(2), "q": [0.1, 0.1], "omega": [[1.0, 2.0], [2.0, 1.0]]}, "omega is indefinite"),
        ({"P": np.eye(2), "q": [0.1, 0.1], "omega": [[1.0, 0.5], [0.4, 1.0]]}, "omega is not symmetric"),
        ({"P": np.eye(2), "q": [0.1, 0.1], "omega": [[np.inf, 0.0], [0.0, 1.0]]}, "NaN or infinity"),
        ({"P": [["China"]], "q": [0.1]}, "rows of P hold something that is no number"),
    ],
)
def test_views_that_are_none_are_refused(given, message):
    with pytest.raises(StrategyError, match=message):
        Views(**given)


def test_views_keep_their_own_numbers():
    rows = ONE.copy()
    views = Views(P=rows, q=[0.1])
    rows[0, 0] = 7.0
    assert views.P[0, 0] == 1.0


def test_views_put_together():
    pair = Views(P=np.eye(3)[:2], q=[0.1, 0.2], omega=[[0.04, 0.01], [0.01, 0.09]], remarks=("a pair",))
    found = joined_views([Views(P=ONE, q=[0.3], omega=[0.01]), pair])
    np.testing.assert_array_equal(found.P, [[1, 0, 0], [1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(found.q, [0.3, 0.1, 0.2])
    np.testing.assert_array_equal(found.omega, [[0.01, 0, 0], [0, 0.04, 0.01], [0, 0.01, 0.09]])
    assert found.remarks == ("a pair",)
    assert joined_views([Views(P=ONE, q=[0.3])] * 2).omega is None
    with pytest.raises(StrategyError, match="no views to put together"):
        joined_views([])
    with pytest.raises(StrategyError, match="Some views have an omega and some none"):
        joined_views([pair, Views(P=ONE, q=[0.3])])
    with pytest.raises(StrategyError, match="Views on 3, 1 names"):
        joined_views([pair, Views(P=[[1.0]], q=[0.3], omega=[0.1])])


# ------------------------------------------------------------------------------------------ posterior


def test_a_view_on_one_of_two_names_by_hand():
    # The prior's variance is 0.05 x 0.04 = 0.002, the view's 0.006: a quarter of the way, and a quarter less of it.
    found = black_litterman(np.diag([0.04, 0.04]), [0.05, 0.05], Views(P=[[1.0, 0.0]], q=[0.09], omega=[0.006]), 0.05)
    np.testing.assert_allclose(found.expected_returns, [0.06, 0.05], rtol=EXACT)
    np.testing.assert_allclose(found.covariance, [[0.0415, 0.0], [0.0, 0.042]], rtol=EXACT)
    assert found.remarks == ()


def test_the_posterior_is_that_of_inverses():
    # The formula as published, with the inverses that the module does without.
    portfolios, q = np.array([[1.0, -1.0, 0.0], [0.2, 0.3, 0.5]]), np.array([0.01, 0.09])
    omega, tau = np.array([[0.002, 0.0005], [0.0005, 0.003]]), 0.1
    found = black_litterman(COVARIANCE, PRIOR, Views(P=portfolios, q=q, omega=omega), tau)
    of_prior, of_views = np.linalg.inv(tau * COVARIANCE), np.linalg.inv(omega)
    left = np.linalg.inv(of_prior + portfolios.T @ of_views @ portfolios)
    np.testing.assert_allclose(
        found.expected_returns, left @ (of_prior @ PRIOR + portfolios.T @ of_views @ q), rtol=1e-12
    )
    np.testing.assert_allclose(found.covariance, COVARIANCE + left, rtol=1e-12, atol=1e-17)


def test_without_omega_a_view_is_as_uncertain_as_the_prior():
    # Then a view alone moves its portfolio half of the way, whatever tau.
    for tau in (0.01, 0.05, 1.0):
        found = black_litterman(COVARIANCE, PRIOR, Views(P=[[1.0, -1.0, 0.0]], q=[0.05]), tau)
        assert found.expected_returns[0] - found.expected_returns[1] == pytest.approx((-0.03 + 0.05) / 2, rel=1e-12)
    assert found.remarks == ("Views are as uncertain as the prior: omega = diag(tau P covariance P').",)


def test_a_view_without_confidence_moves_nothing_and_is_remarked():
    found = black_litterman(COVARIANCE, PRIOR, Views(P=ONE, q=[0.9], omega=[np.inf]), 0.05)
    np.testing.assert_array_equal(found.expected_returns, PRIOR)
    np.testing.assert_allclose(found.covariance, 1.05 * COVARIANCE, rtol=EXACT, atol=1e-18)
    assert found.remarks == ("View 1 has no confidence and moves nothing.",)
    # Beside another, the other counts as if alone.
    both = Views(P=np.eye(3)[[0, 1]], q=[0.9, 0.1], omega=[np.inf, 0.001])
    alone = Views(P=np.eye(3)[[1]], q=[0.1], omega=[0.001])
    np.testing.assert_array_equal(
        black_litterman(COVARIANCE, PRIOR, both, 0.05).expected_returns,
        black_litterman(COVARIANCE, PRIOR, alone, 0.05).expected_returns,
    )


def test_a_view_far_from_the_prior_is_remarked():
    # The prior's error has deviation sqrt(0.05 x 0.04) = 4.47 %, the certain view none: 0.15 is 3.4 of it.
    found = black_litterman(COVARIANCE, PRIOR, Views(P=ONE, q=[0.2], omega=[0.0]), 0.05)
    assert found.remarks == ("View 1 says 20 % where the prior says 5 %: 3.4 standard deviations apart.",)


def test_remarks_of_views_come_along():
    found = black_litterman([[0.06]], [0.005], target_view([1.0], **MSCI_CHINA), 0.05)
    assert found.remarks[0].startswith("A target of 75 from 69")


def test_certain_views_that_contradict_or_repeat_each_other_are_refused():
    tell = {"covariance": COVARIANCE, "prior_returns": PRIOR, "tau": 0.05}
    twice = np.vstack([ONE, 2 * ONE])
    with pytest.raises(StrategyError, match="View 1 \\(5 %\\) and View 2 \\(6 %\\) are certain.*contradict each other"):
        black_litterman(views=Views(P=twice, q=[0.05, 0.06], omega=[0.0, 0.0]), **tell)
    with pytest.raises(StrategyError, match="say the same more than once. Leave one out"):
        black_litterman(views=Views(P=twice, q=[0.05, 0.10], omega=[0.0, 0.0]), **tell)
    # A over B, B over C, and A over C: the third follows from the others. The fourth has nothing to do with it.
    ring = np.array([[1.0, -1, 0], [0, 1, -1], [1, 0, -1], [0, 0, 1]])
    with pytest.raises(StrategyError, match="View 1 \\(1 %\\), View 2 \\(2 %\\) and View 3 \\(4 %\\).*contradict"):
        black_litterman(views=Views(P=ring, q=[0.01, 0.02, 0.04, 0.5], omega=np.zeros(4)), **tell)
    # With an error one of the two may be wrong.
    found = black_litterman(views=Views(P=twice, q=[0.05, 0.12], omega=[0.0, 0.001]), **tell)
    assert found.expected_returns[0] == pytest.approx(0.05, rel=1e-12)


def test_a_certain_view_on_what_has_no_risk_is_refused():
    one_risk = np.full((2, 2), 0.04)
    with pytest.raises(
        StrategyError, match="View 1 is certain \\(omega 0\\), and the covariance gives its portfolio no risk"
    ):
        black_litterman(one_risk, [0.05, 0.05], Views(P=[[1.0, -1.0]], q=[0.01], omega=[0.0]), 0.05)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tau": 0.0}, "tau is 0; want a number above 0"),
        ({"prior_returns": [0.1, np.nan, 0.1]}, "prior returns of MSFT are nan"),
        ({"covariance": [[1.0, 2.0, 0], [2.0, 1.0, 0], [0, 0, 1.0]]}, "indefinite"),
        ({"views": Views(P=[[1.0]], q=[0.1])}, "Views on 1 names for a covariance of 3"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    given = {"covariance": COVARIANCE, "prior_returns": PRIOR, "views": Views(P=ONE, q=[0.1]), "tau": 0.05}
    with pytest.raises(StrategyError, match=message):
        black_litterman(**(given | changed), names=["AAPL", "MSFT", "9988.HK"])
