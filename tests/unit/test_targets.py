import numpy as np
import pandas as pd
import pytest

from strategies.errors import StrategyError
from strategies.targets import BasketTargets, TargetWeights


def frame(**columns: list[float]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.date_range("2024-01-02", periods=n))


def test_names_and_decisions_come_in_one_order():
    shuffled = frame(BBB=[0.4, 0.3], AAA=[0.6, 0.7]).iloc[::-1]
    targets = TargetWeights.from_frame(shuffled)
    assert targets.assets == ("AAA", "BBB")
    assert targets.decisions.is_monotonic_increasing
    np.testing.assert_array_equal(targets.weights, [[0.6, 0.4], [0.7, 0.3]])
    assert not targets.weights.flags.writeable


def test_stamps_become_utc_and_strings_become_dates():
    local = frame(AAA=[1.0])
    local.index = pd.DatetimeIndex(["2024-01-02 16:00"], tz="America/New_York")
    assert str(TargetWeights.from_frame(local).decisions[0]) == "2024-01-02 21:00:00+00:00"
    assert TargetWeights.from_frame(local.set_axis(["2024-01-02"])).decisions[0] == pd.Timestamp("2024-01-02")


def test_a_row_of_nan_is_kept_and_a_mixed_row_needs_a_word():
    mixed = frame(AAA=[0.5, np.nan, np.nan], BBB=[0.5, np.nan, 0.5])
    with pytest.raises(StrategyError, match=r"AAA has no weight on 2024-01-04.*hold_missing=True"):
        TargetWeights.from_frame(mixed)
    kept = TargetWeights.from_frame(mixed, hold_missing=True)
    assert np.isnan(kept.weights[1]).all()
    assert np.isnan(kept.weights[2, 0])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (frame(AAA=[np.inf]), "weight of AAA on 2024-01-02"),
        (frame(AAA=[0.5, 0.5]).set_axis(["2024-01-02", "2024-01-02"]), "Two rows"),
        (frame(AAA=[0.5]).set_axis(["2024-01-02 15:00"]), "time but no time zone"),
        (frame(AAA=[0.5]).set_axis([20240102]), "holds numbers"),
        (frame(AAA=[0.5]).set_axis(["soon"]), "no dates"),
        (pd.DataFrame([[0.5, 0.5]], index=["2024-01-02"], columns=["AAA", "AAA"]), "AAA stands in two columns"),
        (pd.DataFrame({"AAA": ["half"]}, index=["2024-01-02"]), "no number"),
        (pd.DataFrame(), "no rows"),
        ("text", "not as str"),
    ],
)
def test_a_bad_frame_is_refused_in_words(table, message):
    with pytest.raises(StrategyError, match=message):
        TargetWeights.from_frame(table)


def test_baskets_expand_to_weights():
    targets = BasketTargets(
        decisions=pd.DatetimeIndex(["2024-01-05 21:00"], tz="UTC"),
        baskets=("source", "destination"),
        assets=("AAA", "BBB", "CCC"),
        inner=np.array([[[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]]),
        shares=np.array([[[0.75, 0.2], [0.25, 0.5]]]),
    )
    np.testing.assert_allclose(targets.expand().weights, [[0.375, 0.375, 0.25]], rtol=1e-15)
    np.testing.assert_allclose(targets.expand(1).weights, [[0.1, 0.1, 0.5]], rtol=1e-15)
    np.testing.assert_array_equal(targets.lanes()[:, :, 1], targets.expand(1).weights)
