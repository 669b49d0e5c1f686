"""Reference: He and Litterman (1999), tables 1 to 5, case A2.3 of the reference numbers; nearest correlations.

The inputs are typed in from He and Litterman, "The intuition behind Black-Litterman model portfolios", Goldman Sachs,
tables 1 and 2; answers from tables 2, 4 and 5. Where `EASTBOUND_REFERENCE` has them, that file is held against the
typed ones.
"""

import json

import numpy as np
import pytest

from strategies.estimators.black_litterman import black_litterman
from strategies.estimators.expected import implied_returns
from strategies.estimators.repair import repaired
from strategies.estimators.views import Views
from tests.real import REFERENCE

FILE = REFERENCE / "reference" / "black_litterman_he_litterman_1999.json"
PRINTED = 0.05 + 1e-9  # percentage points: the tables have one decimal

COUNTRIES = ["Australia", "Canada", "France", "Germany", "Japan", "UK", "USA"]
CORRELATIONS = np.array(
    [
        [1, 0.488, 0.478, 0.515, 0.439, 0.512, 0.491],
        [0.488, 1, 0.664, 0.655, 0.310, 0.608, 0.779],
        [0.478, 0.664, 1, 0.861, 0.355, 0.783, 0.668],
        [0.515, 0.655, 0.861, 1, 0.354, 0.777, 0.653],
        [0.439, 0.310, 0.355, 0.354, 1, 0.405, 0.306],
        [0.512, 0.608, 0.783, 0.777, 0.405, 1, 0.652],
        [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
    ]
)
VOLATILITIES = np.array([0.160, 0.203, 0.248, 0.271, 0.210, 0.200, 0.187])
MARKET = np.array([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615])
DELTA, TAU = 2.5, 0.05
COVARIANCE = CORRELATIONS * np.outer(VOLATILITIES, VOLATILITIES)

# Germany outperforms the rest of Europe, weighted by market value, by 5 %; Canada outperforms the USA by 3 %.
EUROPE = [0, 0, -0.052 / 0.176, 1, 0, -0.124 / 0.176, 0]
AMERICA = [0, 1, 0, 0, 0, 0, -1]
PRIOR = [3.9, 6.9, 8.4, 9.0, 4.3, 6.8, 7.6]
TABLE_4 = {
    "Q": [0.05],
    "mu": [4.3, 7.6, 9.3, 11.0, 4.5, 7.0, 8.1],
    "w": [1.5, 2.1, -4.0, 35.4, 11.0, -9.5, 58.6],
    "less": [0, 0, -8.9, 30.2, 0, -21.3, 0],
}
TABLE_5 = {
    "Q": [0.05, 0.03],
    "mu": [4.4, 8.7, 9.5, 11.2, 4.6, 7.0, 7.5],
    "w": [1.5, 41.9, -3.4, 33.6, 11.0, -8.2, 18.8],
    "less": [0, 39.8, -8.4, 28.4, 0, -20.0, -39.8],
}


@pytest.mark.skipif(not FILE.is_file(), reason="EASTBOUND_REFERENCE has no He-Litterman case")
def test_the_inputs_are_those_of_the_reference_file():
    stated = json.loads(FILE.read_text(encoding="utf-8"))
    assert stated["assets"] == COUNTRIES
    assert stated["corr"] == CORRELATIONS.tolist()
    assert stated["vol"] == VOLATILITIES.tolist()
    assert stated["w_eq"] == MARKET.tolist()
    assert (stated["delta"], stated["tau"]) == (DELTA, TAU)
    expected = stated["expected_pct"]
    assert expected["Table2_pi"] == PRIOR
    for table, typed in (("Table4", TABLE_4), ("Table5", TABLE_5)):
        values = list(expected[table].values())  # the fourth key is spelled otherwise in each
        assert values == list(typed.values())


def test_table_2_implied_returns():
    found = implied_returns(COVARIANCE, MARKET, DELTA, names=COUNTRIES)
    np.testing.assert_allclose(100 * found.value, PRIOR, rtol=0, atol=PRINTED)


@pytest.mark.parametrize(("rows", "table"), [([EUROPE], TABLE_4), ([EUROPE, AMERICA], TABLE_5)], ids=["4", "5"])
def test_tables_4_and_5_posterior_returns_and_optimal_weights(rows, table):
    prior = implied_returns(COVARIANCE, MARKET, DELTA).value
    found = black_litterman(COVARIANCE, prior, Views(P=np.array(rows), q=np.array(table["Q"])), TAU)
    weights = np.linalg.solve(DELTA * found.covariance, found.expected_returns)
    np.testing.assert_allclose(100 * found.expected_returns, table["mu"], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(100 * weights, table["w"], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(100 * (weights - MARKET / (1 + TAU)), table["less"], rtol=0, atol=PRINTED)


def test_a_view_is_moved_into_along_its_portfolio_only():
    # He and Litterman's property: optimal weights less the scaled market are a multiple of the view's portfolio.
    prior = implied_returns(COVARIANCE, MARKET, DELTA).value
    found = black_litterman(COVARIANCE, prior, Views(P=np.array([EUROPE]), q=np.array([0.05])), TAU)
    moved = np.linalg.solve(DELTA * found.covariance, found.expected_returns) - MARKET / (1 + TAU)
    np.testing.assert_allclose(moved, moved[3] * np.array(EUROPE), rtol=0, atol=1e-12)


def test_higham_2002_the_nearest_correlations():
    # The example of pages 334 and 335, to four digits; distance 0.5278.
    given = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    found = repaired(given, "nearest").value
    np.testing.assert_allclose(
        found, [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]], rtol=0, atol=5e-5
    )
    assert np.linalg.norm(found - given) == pytest.approx(0.5278, abs=5e-5)


def test_the_nearest_correlations_of_six_names_as_of_r():
    # Matrix and answer of the R package Matrix, tests/nearPD.R: nearPD(pr, conv.tol = 1e-15, corr = TRUE), which is
    # Higham's algorithm. R then raises the least eigenvalue to 1e-8 of the largest, 4.6; ours stays at zero.
    given = from_below(
        [0.477, 0.644, 0.478, 0.651, 0.826, 0.516, 0.233, 0.682, 0.75, 0.599, 0.581, 0.742, 0.741, 0.8, 0.798]
    )
    below = """
        0.4877861230299 0.6429309061748 0.4904554299278 0.6447150779852 0.8082100656035 0.514511537243 0.2503412693503
        0.673249718642 0.7252316891977 0.5972811755863 0.5818673040157 0.7444549621769 0.7308954865819 0.7713984381710
        0.8124321235679
    """
    answer = from_below([float(text) for text in below.split()])
    np.testing.assert_allclose(repaired(given, "nearest").value, answer, rtol=0, atol=5e-8)


def from_below(values):
    """Fill a symmetric matrix of ones on the diagonal, column by column below it."""
    matrix = np.eye(6)
    rows, columns = np.triu_indices(6, 1)
    matrix[columns, rows] = matrix[rows, columns] = values
    return matrix
