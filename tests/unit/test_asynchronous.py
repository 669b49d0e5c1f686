"""Closes hours apart: by hand, and two Brownian motions whose true correlation is known."""

import numpy as np
import pandas as pd
import pytest

from data.asynchronous import closes_at, overlap_corrected_correlation, overlap_corrected_covariance, returns_at
from data.errors import DataError
from data.load import load
from data.sources.frames import from_frames

X, Y = np.array([1.0, -1.0, 1.0, -1.0]), np.array([-1.0, 1.0, -1.0, 1.0])
XY = np.column_stack([X, Y])


def utc(*texts: str) -> np.ndarray:
    return np.array([pd.Timestamp(text, tz="UTC").value for text in texts])


# ------------------------------------------------------------------------------------------ closes


def test_the_last_closes_known_at_a_stamp():
    # The tiny market: Hong Kong shut from 2025-01-29 to 31; its close of the 28th is 82.
    stamps = utc("2025-01-22 07:59", "2025-01-22 08:00", "2025-01-28 21:00", "2025-01-30 21:00", "2025-02-03 08:00")
    found = closes_at(load("tiny"), ["HK01", "US01"], stamps)
    np.testing.assert_array_equal(
        found, [[np.nan, np.nan], [78, np.nan], [82, 100], [82, 104], [84, 105]]
    )  # fmt: skip
    in_dollars = closes_at(load("tiny"), ["HK01", "US01"], stamps[2:4], "USD")
    np.testing.assert_allclose(in_dollars, [[82 / 7.8, 100], [82 / 7.8, 104]], rtol=1e-15)


def test_returns_between_common_stamps():
    stamps = utc("2025-01-28 21:00", "2025-01-30 21:00", "2025-02-04 21:00")
    found = returns_at(load("tiny"), ["HK01", "US01"], stamps)
    np.testing.assert_allclose(found, [[0.0, 0.04], [86 / 82 - 1, 106 / 104 - 1]], rtol=1e-12)
    # 7.80 HKD for a dollar, then 7.75: the dollar holder gains on both.
    dollars = returns_at(load("tiny"), ["HK01"], stamps, "USD")
    np.testing.assert_allclose(dollars[:, 0], [0.0, 86 / 82 * 7.80 / 7.75 - 1], rtol=1e-12)


def test_a_split_is_no_return():
    prices = pd.DataFrame(
        {
            "date": ["2024-07-02", "2024-07-03"],
            "symbol": "AAA",
            "venue": "XNYS",
            "currency": "USD",
            "close": [100.0, 51.0],
            "splits": [1.0, 2.0],
        }
    )
    market = from_frames(prices, price_basis="raw")
    stamps = utc("2024-07-02 20:00", "2024-07-03 20:00")
    assert returns_at(market, ["AAA"], stamps)[0, 0] == pytest.approx(0.02, rel=1e-12)
    assert closes_at(market, ["AAA"], stamps)[:, 0].tolist() == [100.0, 51.0]


def test_property_a_close_at_a_stamp_is_that_of_the_market_as_known_then():
    market = load("demo")
    rng = np.random.default_rng(4)
    first, last = (market.calendars["XNYS"].closes[i] for i in (100, -1))
    for stamp in rng.integers(first, last, 8):
        past = market.until(int(stamp))
        ask = np.array([stamp])
        np.testing.assert_array_equal(
            closes_at(past, market.symbols, ask, "USD"), closes_at(market, market.symbols, ask, "USD")
        )


def test_stamps_that_do_not_ascend_are_refused():
    with pytest.raises(DataError, match="must ascend: number 2 is not after"):
        returns_at(load("tiny"), ["HK01"], utc("2025-01-30 21:00", "2025-01-28 21:00"))
    with pytest.raises(DataError, match="ZZ has no prices"):
        closes_at(load("tiny"), ["ZZ"], utc("2025-01-30 21:00"))


# ------------------------------------------------------------------------------------------ covariance


def test_flat_weights_by_hand():
    # G_0: sum of x y is -4, over 3. Lag 1: three products of 1 either way round, over 2 each.
    found = overlap_corrected_covariance(XY)
    np.testing.assert_allclose(found, [[4 / 3, -4 / 3 + 3 / 2 + 3 / 2], [5 / 3, 4 / 3]], rtol=1e-15)
    assert overlap_corrected_correlation(XY)[0, 1] == pytest.approx(5 / 4, rel=1e-15)  # beyond 1, and not cut
    # Lag 2: the products are -1 twice, over 1.
    assert overlap_corrected_covariance(XY, 2)[0, 1] == pytest.approx(5 / 3 - 2 - 2, rel=1e-15)


def test_bartlett_weights_by_hand():
    # Half of lag 1, everything over 3: 4/3 - 3/3 on the diagonal, -4/3 + 3/3 off it.
    found = overlap_corrected_covariance(XY, 1, "bartlett")
    np.testing.assert_allclose(found, [[1 / 3, -1 / 3], [-1 / 3, 1 / 3]], rtol=1e-14)


def test_without_lags_it_is_the_sample_covariance():
    rng = np.random.default_rng(9)
    returns = rng.standard_normal((50, 4))
    for weights in ("flat", "bartlett"):
        np.testing.assert_allclose(
            overlap_corrected_covariance(returns, 0, weights), np.cov(returns, rowvar=False), rtol=1e-12, atol=1e-15
        )


def test_names_of_one_venue_get_no_lag():
    rng = np.random.default_rng(10)
    returns = rng.standard_normal((60, 3))
    venues = ["XHKG", "XHKG", "XNYS"]
    plain, all_pairs = (overlap_corrected_covariance(returns, n) for n in (0, 1))
    found = overlap_corrected_covariance(returns, venues=venues)
    np.testing.assert_array_equal(found[:2, :2], plain[:2, :2])
    np.testing.assert_array_equal(found[2], all_pairs[2])


def test_unknown_returns_are_left_out_pair_by_pair():
    gaps = np.array([[1.0, 2.0], [np.nan, 0.0], [3.0, 1.0], [2.0, np.nan], [0.0, 3.0]])
    found = overlap_corrected_covariance(gaps)
    x, y = gaps[:, 0] - 1.5, gaps[:, 1] - 1.5
    # Both at once: rows 0, 2 and 4. First after second: (2,1) (3,2) of (t, t-1); second after first: (1,0) (4,3).
    same = (x[0] * y[0] + x[2] * y[2] + x[4] * y[4]) / 2
    later = (x[2] * y[1] + x[3] * y[2]) / 1
    earlier = (y[1] * x[0] + y[4] * x[3]) / 1
    assert found[0, 1] == pytest.approx(same + later + earlier, rel=1e-14)
    assert found[0, 0] == pytest.approx((x[[0, 2, 3, 4]] ** 2).sum() / 3, rel=1e-14)
    lonely = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 1.0], [np.nan, 2.0]])
    assert np.isnan(overlap_corrected_covariance(lonely)[0, 1])
    with pytest.raises(DataError, match="Row 1, column 0 of the returns is NaN"):
        overlap_corrected_covariance(gaps, weights="bartlett")


@pytest.mark.parametrize("seed", range(5))
def test_property_bartlett_is_positive_semidefinite_and_symmetric(seed):
    rng = np.random.default_rng(seed)
    for n_rows, n_names, n_lags in ((8, 6, 3), (30, 10, 5), (12, 12, 10)):
        returns = np.cumsum(rng.standard_normal((n_rows, n_names)), axis=0)
        found = overlap_corrected_covariance(returns, n_lags, "bartlett")
        np.testing.assert_array_equal(found, found.T)
        assert np.linalg.eigvalsh(found).min() > -1e-12 * np.trace(found)


@pytest.mark.parametrize(
    ("returns", "options", "message"),
    [
        ([1.0, 2.0, 3.0], {}, "shape \\(3,\\)"),
        ([[1.0], [2.0]], {}, "at least two rows more than lags"),
        (XY, {"n_lags": -1}, "with -1 lags"),
        (XY, {"weights": "newey"}, "'newey' is neither 'flat' nor 'bartlett'"),
        ([[1.0], [np.inf], [2.0]], {}, "Row 1 of the returns is infinite"),
        (XY, {"venues": ["XNYS"]}, "1 venues for returns of 2 names"),
    ],
)
def test_what_cannot_be_estimated_is_refused(returns, options, message):
    with pytest.raises(DataError, match=message):
        overlap_corrected_covariance(returns, **options)


# ------------------------------------------------------------------------------------------ two Brownian motions


def daily_returns(rng: np.random.Generator, n_days: int, rho: float) -> np.ndarray:
    """Hourly steps of two Brownian motions, read at closes at 08:00 and 21:00: 13 hours apart."""
    steps = rng.standard_normal((24 * n_days, 2))
    steps[:, 1] = rho * steps[:, 0] + np.sqrt(1 - rho**2) * steps[:, 1]
    paths = np.cumsum(steps, axis=0).reshape(n_days, 24, 2)
    return np.diff(np.column_stack([paths[:, 7, 0], paths[:, 20, 1]]), axis=0)


@pytest.mark.parametrize("rho", [0.6, -0.3])
def test_two_brownian_motions_with_closes_13_hours_apart(rho):
    n_days, n_paths = 1500, 60
    rng = np.random.default_rng(20250214)
    plain, corrected, bartlett = (np.empty(n_paths) for _ in range(3))
    for i in range(n_paths):
        returns = daily_returns(rng, n_days, rho)
        plain[i] = overlap_corrected_correlation(returns, 0)[0, 1]
        corrected[i] = overlap_corrected_correlation(returns)[0, 1]
        bartlett[i] = overlap_corrected_correlation(returns, 1, "bartlett")[0, 1]

    def within(found: np.ndarray, truth: float) -> bool:
        # Four standard errors of the mean over the paths: one in 16,000 by chance.
        return abs(found.mean() - truth) < 4 * found.std(ddof=1) / np.sqrt(n_paths)

    # Of the 24 hours the returns of one date share 11; half of the other 13 come back with half a weight.
    assert within(plain, rho * 11 / 24)
    assert within(corrected, rho)
    assert within(bartlett, rho * (11 + 13 / 2) / 24)
    assert not within(plain, rho)
    # The stated standard error of one estimate, sqrt(3 / n) at no correlation, holds to a quarter.
    assert corrected.std(ddof=1) == pytest.approx(np.sqrt(3 / n_days), rel=0.25)
