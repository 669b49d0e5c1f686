"""Average volume and daily volatility: windows of known sessions, strictly before each row."""

import numpy as np
import pytest

from data.costs.impact import average_volume, daily_volatility
from data.errors import DataError

NAN = np.nan


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


def always(values: np.ndarray) -> np.ndarray:
    return np.ones(values.shape, dtype=bool)


def test_the_volume_of_five_days_by_hand() -> None:
    volume = column(100, 200, 300, 400, 500, 1100, 7)
    # Row 5 knows 100..500: 300. Row 6 knows one more: 2600 / 6. Row r never counts itself.
    expected = column(NAN, NAN, NAN, NAN, NAN, 300, 2600 / 6)
    np.testing.assert_allclose(average_volume(volume, always(volume)), expected, rtol=1e-15)


def test_a_short_window_forgets() -> None:
    volume = column(1, 2, 3, 4, 5, 6, 7, 8)
    # The last three known: at row 3 (1 + 2 + 3) / 3, then one further each row.
    expected = column(NAN, NAN, NAN, 2, 3, 4, 5, 6)
    np.testing.assert_array_equal(average_volume(volume, always(volume), window=3), expected)
    assert average_volume(volume, always(volume), window=1)[:, 0].tolist()[1:] == [1, 2, 3, 4, 5, 6, 7]


def test_zero_missing_and_shut_days_are_passed_over() -> None:
    volume = column(10, 0, 20, NAN, 999, -5, np.inf, 30)
    held = always(volume)
    held[4] = False
    expected = column(NAN, NAN, NAN, 15, 15, 15, 15, 15)
    np.testing.assert_array_equal(average_volume(volume, held, window=2), expected)


def test_the_volatility_of_five_days_by_hand() -> None:
    returns = column(0.01, -0.01, 0.02, -0.02, 0.0, 0.05)
    # Mean 0; squares 1 + 1 + 4 + 4 + 0 = 10 of 1e-4, over 4.
    found = daily_volatility(returns, always(returns))
    assert np.isnan(found[:5]).all()
    assert found[5, 0] == pytest.approx(np.sqrt(10e-4 / 4), rel=1e-12)


def test_an_unknown_return_is_passed_over_and_zero_is_not() -> None:
    returns = column(0.01, NAN, 0.03, 0.5, 0.0, 0.9)
    held = always(returns)
    held[3] = False
    found = daily_volatility(returns, held, window=2)[:, 0]
    # 0.01 and 0.03: 0.02 / sqrt(2). Then 0.03 and 0: 0.03 / sqrt(2).
    assert np.isnan(found[:3]).all()
    np.testing.assert_allclose(found[3:], [0.02 / np.sqrt(2), 0.02 / np.sqrt(2), 0.03 / np.sqrt(2)], rtol=1e-12)


def test_a_constant_return_has_no_volatility_however_large() -> None:
    returns = np.full((60, 1), 0.1)
    returns[0] = 1e9  # a sum of squares kept over the years would still feel this
    found = daily_volatility(returns, always(returns))
    assert found[25:].max() < 1e-16


def test_random_windows_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0.0, 0.02, (300, 7))
    values[rng.random(values.shape) < 0.2] = NAN
    held = rng.random(values.shape) < 0.9
    volume = np.abs(values) * 1e9
    mean, deviation = average_volume(volume, held), daily_volatility(values, held)
    for r in range(300):
        for a in range(7):
            known = [row for row in range(r) if held[row, a] and not np.isnan(values[row, a])][-20:]
            if len(known) < 5:
                assert np.isnan(mean[r, a])
                assert np.isnan(deviation[r, a])
            else:
                assert mean[r, a] == pytest.approx(volume[known, a].mean(), rel=1e-13)
                assert deviation[r, a] == pytest.approx(values[known, a].std(ddof=1), rel=1e-12)


def test_the_future_changes_nothing_and_neither_does_the_distant_past() -> None:
    rng = np.random.default_rng(4)
    volume = rng.uniform(1, 1e9, (200, 5))
    found = average_volume(volume, always(volume))
    later = volume.copy()
    later[100:] = 1.0
    assert found[:101].tobytes() == average_volume(later, always(later))[:101].tobytes()
    # From row 20 of a market that starts later on, the same windows give the same bytes.
    cut = average_volume(volume[37:], always(volume[37:]))
    assert cut[20:].tobytes() == found[57:].tobytes()


def test_what_does_not_fit_is_refused() -> None:
    values = np.ones((3, 2))
    with pytest.raises(DataError, match=r"shape \(3, 2\) and sessions of shape \(3, 1\)"):
        average_volume(values, np.ones((3, 1), dtype=bool))
    with pytest.raises(DataError, match="window is 0; 1 is the least"):
        average_volume(values, always(values), window=0)
    with pytest.raises(DataError, match="window is 1; 2 is the least"):
        daily_volatility(values, always(values), window=1)


def test_nothing_in_nothing_out() -> None:
    empty = np.empty((0, 3))
    assert average_volume(empty, empty.astype(bool)).shape == (0, 3)
    assert daily_volatility(empty, empty.astype(bool)).shape == (0, 3)
