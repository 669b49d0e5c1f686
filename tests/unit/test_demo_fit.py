"""What the demo is fitted with: draws and estimators on samples whose truth is known, and the fit itself."""

import tomllib

import numpy as np
import pytest

from data.demo.draws import Draws
from data.demo.estimators import (
    autocorrelation,
    dof_of,
    garch_of,
    kurtosis,
    mean_covariances,
    slopes,
    two_states,
    without_garch,
)
from data.demo.factors import clustered_volatility, long_run_variance
from data.demo.fit import as_toml, fit
from data.demo.market import made_market
from data.demo.moments import comparison, hill, max_drawdown
from data.demo.panels import panel_of
from data.demo.parameters import fitted_parameters
from data.demo.sessions import same_day, since_last
from data.demo.turn import bull_markets
from data.load import load
from tests.real import FOLDER, ROOT, needs_real

N = 20_000


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


# ------------------------------------------------------------------------------------------ draws


def test_streams_are_pinned_and_apart() -> None:
    one = Draws(1, "one").uniform(3)
    np.testing.assert_allclose(one, [0.4299240875186373, 0.4256284162817038, 0.18726844093310657], rtol=1e-12)
    assert (Draws(1, "other").uniform(3) != one).all()
    assert (Draws(2, "one").uniform(3) != one).all()


def test_draws_have_the_moments_of_their_distributions() -> None:
    uniform = Draws(1, "uniform").uniform(N)
    assert 0 < uniform.min() < uniform.max() < 1
    assert uniform.mean() == pytest.approx(0.5, abs=0.006)  # three standard errors: 3 x 0.289 / sqrt(N)
    normal = Draws(2, "normal").normal((N, 1))[:, 0]
    assert normal.mean() == pytest.approx(0, abs=0.021)
    assert normal.std() == pytest.approx(1, abs=0.015)
    assert kurtosis(normal) == pytest.approx(3, abs=0.104)  # 3 x sqrt(24 / N)
    student = Draws(1, "student").student(N, 10.0)
    assert student.std() == pytest.approx(1, abs=0.02)
    assert kurtosis(student) == pytest.approx(4, abs=0.3)  # 3 + 6 / (10 - 4)


# ------------------------------------------------------------------------------------------ estimators


def test_two_states_are_found_again() -> None:
    stays, state, volatility = (0.98, 0.95), 0, []
    for drawn in Draws(3, "states").uniform(N // 2).tolist():
        state = state if drawn < stays[state] else 1 - state
        volatility.append((0.01, 0.03)[state])
    found = two_states(np.array(volatility) * Draws(3, "shocks").normal(N // 2))
    assert found.calm == pytest.approx(0.01, rel=0.03)
    assert found.turbulent == pytest.approx(0.03, rel=0.03)
    assert found.stay_calm == pytest.approx(0.98, abs=0.005)
    assert found.stay_turbulent == pytest.approx(0.95, abs=0.01)


def test_the_long_run_variance_by_hand() -> None:
    # Of 0.02 in and 0.08 out a day a fifth of the days are turbulent: 0.8 x 1 + 0.2 x 9.
    assert long_run_variance(1.0, 3.0, 0.98, 0.92) == pytest.approx(2.6, rel=1e-12)


def test_garch_is_found_again_from_its_autocorrelations() -> None:
    alpha, beta = 0.1, 0.85
    p = alpha + beta
    first = alpha * (1 - p * beta) / (1 - 2 * p * beta + beta**2)
    found = garch_of(first * p ** np.arange(20))
    assert found == pytest.approx((alpha, beta), abs=0.0051)  # one step of the grid
    assert garch_of(np.full(20, -0.01)) == (0.0, 0.0)


def test_garch_volatility_is_taken_out_as_it_was_put_in() -> None:
    drawn = Draws(4, "garch").student((500, 1), 6.0)
    shocks = drawn * clustered_volatility(drawn, 0.1, 0.8)
    np.testing.assert_allclose(without_garch(shocks[:, 0], 0.1, 0.8), drawn[:, 0], rtol=1e-9)
    # By hand: variance 1, then 0.1 + 0.1 x 2^2 + 0.8 x 1 = 1.3.
    volatility = clustered_volatility(np.array([[2.0], [0.0], [0.0]]), 0.1, 0.8)
    np.testing.assert_allclose(volatility[:, 0] ** 2, [1.0, 1.3, 0.1 + 0.8 * 1.3], rtol=1e-12)


@pytest.mark.parametrize("dof", [3.0, 5.0, 10.0])
def test_degrees_of_freedom_are_found_again(dof: float) -> None:
    assert dof_of(Draws(5, "dof").student(10 * N, dof)) == pytest.approx(dof, rel=0.1)


def test_a_line_and_covariances_by_hand() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    found, left = slopes(1.0 + 2.0 * x, x)
    np.testing.assert_allclose(found, [2.0], rtol=1e-12)
    np.testing.assert_allclose(left, 0.0, atol=1e-12)
    wave = np.tile([1.0, -1.0], 200)
    returns = np.column_stack([wave, wave, 2 * wave])
    # Names 1 and 2 share a sector: covariance 1; both with name 3: 2.
    assert mean_covariances(returns, ["a", "a", "b"]) == (2.0, 1.0)
    assert autocorrelation(wave, 1) == pytest.approx(-1.0)
    assert autocorrelation(wave, 2) == pytest.approx(1.0)


def test_the_hill_index_of_a_pareto_tail_is_its_exponent() -> None:
    falls = Draws(6, "pareto").uniform(N) ** (-1 / 3.0)
    assert hill(-falls) == pytest.approx(3.0, rel=0.1)  # 3 x 3 / sqrt(1,000) is a tenth


def test_the_deepest_fall_by_hand() -> None:
    assert max_drawdown(np.log([1.1, 0.5, 1.2, 0.9])) == pytest.approx(-0.5)  # 0.5 x 1.2 x 0.9 is 0.54


# ------------------------------------------------------------------------------------------ sessions


def test_what_one_market_did_between_the_sessions_of_another() -> None:
    dates, values = days("2025-01-02", "2025-01-03", "2025-01-06"), np.array([1.0, 2.0, 4.0])
    wanted = days("2025-01-03", "2025-01-07", "2025-01-08")
    assert since_last(dates, values, wanted).tolist() == [1.0, 6.0, 0.0]
    assert since_last(dates, values, wanted, with_same_day=True).tolist() == [3.0, 4.0, 0.0]
    assert same_day(dates, values, wanted).tolist() == [2.0, 0.0, 0.0]


# ------------------------------------------------------------------------------------------ the fit


@needs_real
def test_the_parameters_are_those_of_the_real_files() -> None:
    real = load(FOLDER)
    text = as_toml(fit(real), *panel_of(real, "XNYS").dates[[0, -1]])
    assert text == (ROOT / "data" / "demo" / "parameters.toml").read_text(encoding="utf-8")


@needs_real
def test_the_comparison_has_every_moment() -> None:
    table = comparison(load("demo"), [made_market(1), made_market(2)], load(FOLDER))
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert len(rows) == 4 * 2 + 3 * (2 * 14 + 1) + 9  # heads, measures of basket and name, and correlations
    assert not any("nan" in row for row in rows)


def test_the_file_says_what_it_is() -> None:
    text = (ROOT / "data" / "demo" / "parameters.toml").read_text(encoding="utf-8")
    assert text.startswith("# Parameters of the demo market, fitted by `python -m data.demo.fit FOLDER`")
    assert set(tomllib.loads(text)) == {"XNYS", "XHKG", "XSHG", "money"}
    found = fitted_parameters()
    assert found.markets["XNYS"].follow == 0.0
    assert found.markets["XHKG"].turbulent > 2 * found.markets["XHKG"].calm
    assert fitted_parameters() is found


def test_bull_markets_by_hand() -> None:
    # Down to 80, up by a fifth to 96; to 130, down by a fifth to 104 and on to 100; up by a fifth to 120.
    levels = np.array([100.0, 80.0, 95.9, 96.0, 130.0, 104.1, 104.0, 100.0, 119.9, 120.0])
    assert bull_markets(levels) == [(1, 3), (7, 9)]
    assert bull_markets(np.array([100.0, 119.0, 118.0])) == []
