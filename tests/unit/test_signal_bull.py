"""Technical bull and bear: by hand, against a plain filter run anew at every stamp, and on real closes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.signals.basket_prices import basket_prices
from strategies.signals.bull import BullSignal
from tests.naive import signals as naive
from tests.real import needs_real
from tests.signal_markets import market_of, random_market, random_quotes, real_scene, scene_of, sessions_of


def read(closes, **keys):
    """The reading of an index with these closes on the first sessions of June 2023, at Hong Kong's closes."""
    days = sessions_of("XHKG")[: len(closes)]
    index = pd.DataFrame({"date": days, "index": "HSTECH", "close": closes})
    scene = scene_of(market_of(random_quotes(1), index), "XHKG")
    found = BullSignal(entity="HSTECH", **keys).read(scene)
    return found, found.score[: len(closes)].tolist(), found.value[: len(closes)]


def rows_of(market):
    table = market.table("indices")
    return list(zip(table["known"].tolist(), table["date"].dt.date.tolist(), table["close"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("closes", "states", "moved"),
    [
        # From the low of 90 on, 108 is a fifth above; in the bull track 96 is a fifth below 120.
        ([100, 90, 107.9, 108, 120, 96.1, 96], [0, 0, 0, 1, 1, 1, 0], [0, -0.1, 0.19889, 0.2, 0.11111, -0.19917, -0.2]),
        # A new low moves the mark: 84 is a fifth above 70, and 100 - 20 % no longer counts.
        ([100, 70, 83.9, 84], [0, 0, 0, 1], [0, -0.3, 0.19857, 0.2]),
        # One close may end a bear track and the next the bull track: each begins at its own close.
        ([100, 120, 96, 115.2, 92.16], [0, 1, 0, 1, 0], [0, 0.2, -0.2, 0.2, -0.2]),
    ],
)
def test_the_filter_by_hand(closes, states, moved):
    found, score, value = read(closes)
    assert score == states
    np.testing.assert_allclose(value, moved, atol=5e-6)
    assert found.inputs[0].name == "indices HSTECH"


def test_it_begins_in_the_stated_state_and_on_the_stated_day():
    closes = [100, 130, 120, 103, 125]
    assert read(closes)[1] == [0, 1, 1, 0, 1]
    assert read(closes, initial="bull")[1] == [1, 1, 1, 0, 1]
    found, score, _ = read(closes, start=str(sessions_of("XHKG")[1]))
    np.testing.assert_array_equal(score, [np.nan, 0, 0, 0, 1])
    assert "All 1 of 1 switches" in found.notes[0]
    assert "bull on 2023-06-07 (+21.36% from the close of 2023-06-06)" in found.notes[0]
    assert read([100, 101])[0].notes[0] == "HSTECH was a bear market all along, as stated."


def test_rise_and_fall_are_two_sizes():
    assert read([100, 111, 106, 105], rise=0.1, fall=0.05)[1] == [0, 1, 1, 0]


def test_a_close_that_is_too_old_is_no_reading():
    found, score, _ = read([100, 121])
    after = found.score[2:]
    days = (sessions_of("XHKG")[2:] - sessions_of("XHKG")[1]).astype(int)
    assert score == [0, 1]
    np.testing.assert_array_equal(after, np.where(days[: len(after)] <= 7, 1.0, np.nan))


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_plain_filter_run_anew_at_every_stamp(seed):
    market = random_market(seed, revised=seed % 2 == 1)
    signal = BullSignal(entity="HSTECH", rise=0.1, fall=0.08, initial=("bear", "bull")[seed // 4], max_age_days=4)
    found, rows = signal.read(scene_of(market)), rows_of(market)
    expected = [naive.bull_at(rows, stamp, 0.1, 0.08, signal.initial, 4) for stamp in found.stamps.tolist()]
    np.testing.assert_array_equal(found.score, [state for state, _ in expected])
    np.testing.assert_allclose(found.value, [moved for _, moved in expected], rtol=0, atol=1e-15)  # one quotient each
    assert {0.0, 1.0} <= set(found.score)


def test_a_revised_low_counts_from_when_it_is_known():
    market = market_of(random_quotes(1), pd.DataFrame({"date": sessions_of("XHKG")[:4], "index": "HSTECH",
                                                       "close": [100.0, 90.0, 100.0, 101.0]}))  # fmt: skip
    table = market.table("indices")
    lower = table.iloc[[1]].assign(close=80.0, known=table["known"].iloc[2] + 3600 * 10**9)
    whole = pd.concat([table, lower]).sort_values(["known", "date"], ignore_index=True)
    revised = dataclasses.replace(market, tables=dict(market.tables) | {"indices": whole})
    found = BullSignal(entity="HSTECH").read(scene_of(revised, "XHKG"))
    assert found.score[:4].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert found.value[2] == pytest.approx(100 / 90 - 1, abs=1e-15)
    early = revised.until(int(lower["known"].iloc[0]) - 1)
    assert BullSignal(entity="HSTECH").read(scene_of(early, "XHKG")).score[2] == 0.0


def test_a_revision_of_the_latest_close_takes_its_place():
    """First 90, an hour later 108: there never was a low of 90 to rise from, and 108 is no fifth above 100."""
    days = sessions_of("XHKG")[:2]
    market = market_of(random_quotes(1), pd.DataFrame({"date": days, "index": "HSTECH", "close": [100.0, 90.0]}))
    table = market.table("indices")
    higher = table.iloc[[1]].assign(close=108.0, known=table["known"].iloc[1] + 3600 * 10**9)
    revised = dataclasses.replace(market, tables=dict(market.tables) | {"indices": pd.concat([table, higher])})
    found = BullSignal(entity="HSTECH").read(scene_of(revised))
    assert (found.score[1], found.value[1]) == (0.0, pytest.approx(0.08, abs=1e-15))


@pytest.mark.parametrize("seed", range(3))
def test_without_an_entity_it_reads_the_destination_basket(seed):
    scene = scene_of(random_market(seed))
    found, prices = BullSignal(rise=0.04, fall=0.04, start="2023-08-01").read(scene), basket_prices(scene, "two")
    index = naive.basket_index(prices.eligible.tolist(), prices.returns.tolist())
    begun = [i for i, day in enumerate(scene.dates) if day >= np.datetime64("2023-08-01") and index[i] == index[i]]
    for n, i in enumerate(begun):
        state, moved = naive.bull_or_bear([index[j] for j in begun[: n + 1]], 0.04, 0.04, "bear")
        assert found.score[i] == state
        assert found.value[i] == pytest.approx(moved, abs=1e-12)  # an index multiplied up in another order
    assert np.isnan(found.score[: begun[0]]).all()
    assert found.inputs == (prices.input,)


def test_dates_moved_by_a_week_move_the_states():
    closes = 4000 * np.exp(np.cumsum(0.05 * np.random.default_rng(3).standard_normal(40)))
    days = sessions_of("XNYS")
    states = []
    for first in (0, 5):
        index = pd.DataFrame({"date": days[first : first + 40], "index": "NDX", "close": closes})
        found = BullSignal(entity="NDX").read(scene_of(market_of(random_quotes(1), index)))
        states.append(found.score[first : first + 40].tolist())
    assert states[0] == states[1]
    assert {0.0, 1.0} == set(states[0])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"fall": 1.0}, r"signal\.fall = 1\.0: want less than 1"),
        ({"rise": 0}, r"signal\.rise = 0: want more than 0"),
        ({"initial": "flat"}, r"signal\.initial = 'flat': want 'bear' or 'bull'"),
        ({"start": "last year"}, "want a date such as 2020-01-02"),
    ],
)
def test_a_wrong_key_is_named(keys, message):
    bull = thesis("valuation-discount").replace({"signal.kind": "bull"})
    with pytest.raises(StrategyError, match=message):
        bull.replace({f"signal.{key}": value for key, value in keys.items()})


def test_an_index_that_the_market_never_has_is_refused():
    with pytest.raises(StrategyError, match=r"signal\.entity = 'NDX': .* It has: HSTECH"):
        BullSignal(entity="NDX").check(random_market(1))
    BullSignal().check(random_market(1))


def test_an_index_that_is_not_known_yet_has_no_reading():
    market = random_market(1)
    early = market.until(int(market.table("indices")["known"].iloc[0]) - 1)
    found = BullSignal(entity="HSTECH").read(scene_of(early))
    assert np.isnan(found.score).all()
    assert found.notes == ()


def test_a_start_may_be_a_date():
    assert BullSignal(start=pd.Timestamp("2020-01-02").date()).start == "2020-01-02"


@needs_real
def test_hang_seng_tech_was_a_bull_market_from_7_february_2025_on():
    scene = real_scene()
    found = BullSignal(entity="HSTECH").read(scene)
    at = {str(day): i for i, day in enumerate(scene.dates)}
    assert -0.001 < found.value[at["2025-01-13"]] < 0.0  # below the low before it, by next to nothing
    assert found.value[at["2025-02-07"]] == pytest.approx(0.2199, abs=5e-5)
    assert found.value[at["2025-02-06"]] == pytest.approx(0.1984, abs=5e-5)
    assert not found.score[at["2024-11-22"] : at["2025-02-07"]].any()
    assert (found.score[at["2025-02-07"] :] == 1.0).all()
    assert "bull on 2025-02-07 (+21.99% from the close of 2025-01-13)" in found.notes[0]
    # Since 2020: up after the fall of March 2020, and five bear markets, each with its rally, since February 2021.
    changed = np.flatnonzero(np.diff(found.score) != 0) + 1
    since = [(str(scene.dates[i]), found.score[i]) for i in changed if scene.dates[i] >= np.datetime64("2020-01-01")]
    bears = ["2020-03-16", "2021-03-05", "2022-04-25", "2022-08-24", "2023-03-10", "2023-10-24", "2024-11-22"]
    bulls = ["2020-04-15", "2022-03-16", "2022-06-06", "2022-11-07", "2023-07-28", "2024-03-12", "2025-02-07"]
    assert since == sorted([(day, 0.0) for day in bears] + [(day, 1.0) for day in bulls])


@needs_real
def test_closes_from_before_the_launch_of_an_index_are_told():
    notes = BullSignal(entity="HSTECH").read(real_scene()).notes
    assert any(
        "HSTECH was launched on 2020-07-27: its closes of before were calculated backwards, and 394 of 1540 scores"
        in one
        for one in notes
    )
