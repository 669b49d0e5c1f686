"""The valuation discount: by hand, across jumps of the basis, through losses, and on real figures."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import strategies
from backtest import run
from backtest.prove import prove_no_lookahead
from data.load import load
from data.series.basis import ratio_steps
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.closings import closings
from strategies.errors import StrategyError
from strategies.signals.kernels.trailing import trailing_percentile_nb
from strategies.signals.scene import Scene
from strategies.signals.valuation import ValuationSignal
from tests.real import FOLDER, needs_real

DATES = pd.bdate_range("2024-02-20", "2024-08-30").difference(
    pd.DatetimeIndex(["2024-03-29", "2024-05-27", "2024-06-19", "2024-07-04"])
)
N = len(DATES)
SHORT = {"history": 40, "min_history": 20}


def valued_market(source_pe, destination_pe, prices=None, indices=True):
    """A market of two names whose baskets stand for two indices; P/E known from the next day on."""
    rng = np.random.default_rng(5)
    closes = {name: 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(N))) for name in ("NDX", "HSTECH")} | (
        prices or {}
    )
    quotes = pd.concat(
        pd.DataFrame({"date": DATES, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": closes[index]})
        for symbol, index in (("AAA", "NDX"), ("BBB", "HSTECH"))
    )
    valuations = pd.concat(
        pd.DataFrame({"date": DATES, "entity": entity, "metric": "pe_ttm", "value": values}).dropna()
        for entity, values in (("NDX", source_pe), ("HSTECH", destination_pe))
    )
    levels = pd.concat(pd.DataFrame({"date": DATES, "index": name, "close": closes[name]}) for name in closes)
    given = {"valuations": valuations} | ({"indices": levels} if indices else {})
    return from_frames(quotes, memberships={"one": (Spell("AAA"),), "two": (Spell("BBB"),)}, **given), closes


def read(market, **options):
    scene = Scene(market=market, venue="XNYS", source="one", destination="two")
    return ValuationSignal(**(SHORT | options)).read(scene)


def known_relative(market, stamps):
    """The last close of HSTECH known at each stamp over that of NDX."""
    table, sides = market.table("indices"), []
    for name in ("HSTECH", "NDX"):
        rows = table[table["index"] == name].sort_values("known")
        last = [rows.loc[rows["known"] <= stamp, "close"].tail(1).to_numpy() for stamp in stamps]
        sides.append(np.array([one[0] if len(one) else np.nan for one in last]))
    return sides[0] / sides[1]


def drifting(closes, earnings=10.0):
    return closes / earnings


def test_the_discount_is_the_log_ratio_of_the_day_before():
    market, _ = valued_market(np.linspace(30, 40, N), np.linspace(20, 25, N))
    found = read(market)
    # At a New York close the figure of that date is not out yet.
    np.testing.assert_allclose(
        found.value[1:], np.log(np.linspace(30, 40, N) / np.linspace(20, 25, N))[:-1], rtol=1e-12
    )
    assert np.isnan(found.value[0])
    assert found.value_label == "log(NDX P/E / HSTECH P/E)"


def test_the_rank_is_that_of_pandas():
    values = pd.Series(np.random.default_rng(2).integers(0, 12, 300).astype(float))
    values[[4, 60, 61]] = np.nan
    rank = np.empty(300)
    trailing_percentile_nb(values.to_numpy(), 50, 30, rank)
    # Average rank counts an equal reading as one half more than ours, of itself too.
    expected = values.rolling(50, min_periods=30).apply(
        lambda window: (window[window.notna()].rank().iloc[-1] - 0.5) / window.notna().sum(), raw=False
    )
    expected[values.isna()] = np.nan
    np.testing.assert_allclose(rank, expected, rtol=1e-12)


def test_parts_add_up_to_what_the_value_moved():
    rng = np.random.default_rng(3)
    source, destination = (np.exp(3 + np.cumsum(0.05 * rng.standard_normal(N))) for _ in range(2))
    for measure in ("log_pe_ratio", "earnings_yield_gap"):
        market, _ = valued_market(source, destination)
        found = read(market, measure=measure)
        assert set(found.parts) == {"price", "earnings", "basis"}
        moved = np.diff(found.value)
        in_parts = sum(np.diff(part) for part in found.parts.values())
        np.testing.assert_allclose(in_parts[1:], moved[1:], atol=1e-12)
        assert np.abs(np.diff(found.parts["basis"][1:])).max() > 0.0


@pytest.mark.parametrize("measure", ["log_pe_ratio", "earnings_yield_gap"])
def test_without_jumps_prices_move_a_ratio_of_constant_earnings(measure):
    _, closes = valued_market(np.full(N, 30.0), np.full(N, 20.0))
    market, _ = valued_market(drifting(closes["NDX"]), drifting(closes["HSTECH"]), closes)
    found = read(market, measure=measure)
    np.testing.assert_allclose(np.diff(found.parts["price"][1:]), np.diff(found.value[1:]), atol=1e-12)
    assert np.abs(found.parts["earnings"][1:]).max() < 1e-12
    assert (found.parts["basis"][1:] == 0.0).all()
    np.testing.assert_allclose(found.relative_price, known_relative(market, found.stamps), rtol=1e-12)


def test_a_jump_of_the_basis_is_not_traded():
    """HSTECH went from 46 to 71 in a day: a rank that saw it would call the destination dear at once."""
    _, closes = valued_market(np.full(N, 30.0), np.full(N, 20.0))
    smooth = drifting(closes["HSTECH"])
    jumped = smooth * np.where(np.arange(N) >= 60, 71 / 46, 1.0)
    source = drifting(closes["NDX"])
    plain, crossed = (read(valued_market(source, pe, closes)[0]) for pe in (smooth, jumped))
    np.testing.assert_allclose(crossed.score[21:], plain.score[21:], atol=1e-12)
    assert crossed.value[61] - crossed.value[60] < -0.4
    assert (
        "The P/E of HSTECH jumped once against its price from 2024-02-20 on (known at the close of " in crossed.notes[0]
    )
    assert not plain.notes
    # Taken as it stands, the same series would have fallen to the bottom of its window.
    raw = np.empty(N)
    trailing_percentile_nb(crossed.value, 40, 20, raw)
    assert raw[61] < 0.05
    assert crossed.score[61] > raw[61]


def test_a_close_published_after_its_ratio_is_not_read():
    """Closes of the indices two days later than usual, after the P/E: nothing tells price from earnings."""
    rng = np.random.default_rng(3)
    source, destination = (np.exp(3 + np.cumsum(0.05 * rng.standard_normal(N))) for _ in range(2))
    for measure in ("log_pe_ratio", "earnings_yield_gap"):
        market, _ = valued_market(source, destination)
        late = market.tables["indices"].assign(known=lambda table: table["known"] + 48 * 3600 * 10**9)
        found = read(dataclasses.replace(market, tables=market.tables | {"indices": late}), measure=measure)
        slow = dataclasses.replace(market, tables=market.tables | {"indices": late})
        np.testing.assert_allclose(found.relative_price, known_relative(slow, found.stamps), rtol=1e-12)
        assert any("has no close on the date of its P/E" in note for note in found.notes)
        assert not found.parts["price"][1:].any()
        assert not found.parts["basis"][1:].any()
        np.testing.assert_allclose(np.diff(found.parts["earnings"][1:]), np.diff(found.value[1:]), atol=1e-12)


@pytest.mark.parametrize("price", [None, np.array([100.0, 101.0, 102.0])])
def test_a_ratio_that_only_changes_its_sign_has_jumped(price):
    assert ratio_steps(np.array([20.0, -20.0, -20.2]), price).is_jump.tolist() == [True, False]


def test_a_level_waits_after_a_jump():
    _, closes = valued_market(np.full(N, 30.0), np.full(N, 20.0))
    jumped = drifting(closes["HSTECH"]) * np.where(np.arange(N) >= 60, 1.5, 1.0)
    found = read(valued_market(drifting(closes["NDX"]), jumped, closes)[0], scale="level", wait_sessions=3)
    # The figure of row 60 is known at the close of row 61.
    assert np.isnan(found.score[61:64]).all()
    keep = np.r_[1:61, 64:N]
    assert found.score[keep].tolist() == found.value[keep].tolist()


def test_a_loss_has_a_yield_but_no_logarithm():
    destination = np.full(N, 20.0)
    destination[50:60] = -40.0
    market, _ = valued_market(np.full(N, 25.0), destination)
    assert np.isnan(read(market).value[51:61]).all()
    assert not np.isnan(read(market).value[61])
    assert read(market).notes[0].startswith(f"HSTECH made a loss at 10 of {N} closes; a loss has no logarithm")
    gap = read(market, measure="earnings_yield_gap").value
    assert not any("loss" in note for note in read(market, measure="earnings_yield_gap").notes)
    assert gap[50] == pytest.approx(1 / 20 - 1 / 25)
    assert gap[51] == pytest.approx(-1 / 40 - 1 / 25)


def test_an_old_figure_is_no_reading():
    destination = np.full(N, 20.0)
    destination[50:70] = np.nan
    market, _ = valued_market(np.full(N, 25.0), destination)
    found = read(market, max_age_days=7)
    days = DATES.to_numpy().astype("datetime64[D]")
    old = (days - days[49]).astype(int) > 7
    assert np.isnan(found.value[50:71]).tolist() == old[50:71].tolist()
    # Its price is known all the same: a profit can be taken.
    np.testing.assert_allclose(found.relative_price, known_relative(market, found.stamps), rtol=1e-12)
    assert not np.isnan(found.relative_price[50:71]).any()


def test_without_an_index_only_large_moves_are_jumps():
    destination = np.full(N, 20.0)
    destination[40:] = 22.0
    destination[60:] = 40.0
    market, _ = valued_market(np.full(N, 25.0), destination, indices=False)
    found = read(market)
    basis = np.diff(found.parts["basis"][1:])
    assert np.flatnonzero(basis).tolist() == [59]
    assert found.relative_price is None  # that of the baskets will do
    assert any("no index HSTECH" in note for note in found.notes)
    thesis = strategies.thesis("valuation-discount").replace(
        {"baskets.source": ("AAA",), "baskets.destination": ("BBB",), "rotation.profit_target": 0.1}
    )
    prices = market.close[:, market.columns(["AAA", "BBB"])]
    relative = thesis.plan(market).reading.relative_price
    np.testing.assert_allclose(
        relative[1:] / relative[0], (prices[:, 1] / prices[:, 0] / (prices[0, 1] / prices[0, 0]))[1:], rtol=1e-12
    )


def test_another_currency_of_earnings_moves_no_rank():
    rng = np.random.default_rng(7)
    source, destination = (np.exp(3 + np.cumsum(0.01 * rng.standard_normal(N))) for _ in range(2))
    one, other = (read(valued_market(source, scale * destination)[0]) for scale in (1.0, 3.7))
    np.testing.assert_allclose(other.score, one.score, atol=1e-12)
    np.testing.assert_allclose((one.value - other.value)[1:], np.log(3.7), rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signal.kind": "magic"}, r"signal\.kind = 'magic': want 'flow' or 'valuation'"),
        ({"signal.lookback": 3}, "unknown key 'signal.lookback'"),
        ({"signal.history": 3}, r"signal\.history = 3: want 20 or more"),
        ({"signal.measure": "pb"}, r"signal\.measure = 'pb': want 'log_pe_ratio', 'earnings_yield_gap'"),
        ({"signal.source_entity": "HSTECH"}, "source_entity and destination_entity are both 'HSTECH'"),
        ({"signal.min_history": 800}, "min_history 800 is above history 756"),
        ({"rotation.enter": 80}, r"rotation\.enter = 80 is out of reach: scores of this signal go from 0 to 1"),
        ({"rotation.exit": -0.1}, r"rotation\.exit = -0\.1 is out of reach"),
        ({"rotation.profit_target": 0}, r"rotation\.profit_target = 0: want more than 0"),
        ({"rotation.profit_target": 0.2, "rotation.rule": "linear"}, "profit_target needs rule = 'threshold'"),
    ],
)
def test_a_wrong_key_or_value_is_named(changes, message):
    with pytest.raises(StrategyError, match=message):
        strategies.thesis("valuation-discount").replace(changes)


def test_another_kind_of_signal_takes_its_own_defaults():
    thesis = strategies.thesis("valuation-discount")
    flow = thesis.replace({"signal.lookback": 10, "signal.kind": "flow", "rotation.enter": 80})
    assert (flow.signal.kind, flow.signal.lookback) == ("flow", 10)
    # Its title told of another signal.
    assert flow.title == "valuation-discount, with signal.kind = flow"
    assert thesis.replace({"baskets.source": ("AAPL", "MSFT")}).title.endswith(", with baskets.source = AAPL+MSFT")
    assert thesis.replace({"signal.history": 800}).title == thesis.title


def test_an_entity_that_the_market_never_has_is_refused_before_the_run():
    thesis = strategies.thesis("valuation-discount").replace({"signal.destination_entity": "HSTEC"})
    with pytest.raises(StrategyError, match=r"signal\.destination_entity = 'HSTEC': .* It has: HSTECH pe_ttm, NDX"):
        run(thesis, load("demo"))


def test_it_sees_no_future():
    thesis = strategies.thesis("valuation-discount").replace({"signal.min_history": 252, "rotation.profit_target": 0.1})
    proof = prove_no_lookahead(thesis, load("demo", start="2022-01-03"), n_decisions=2, n_random=2)
    assert proof.passed


@needs_real
def test_on_real_figures():
    market = load(FOLDER, "big-seven+hang-seng-tech", "2019-01-02", "2025-02-14")
    plan = strategies.thesis("valuation-discount").plan(market)
    reading = plan.reading
    days = pd.DatetimeIndex(reading.stamps, tz="UTC").strftime("%Y-%m-%d").tolist()
    # Claim 6: 22.68 against 36.39 on 7 February 2025, known on the 8th: read at the close of the 10th, not before.
    assert 1.0 - np.exp(-reading.value[days.index("2025-02-10")]) == pytest.approx(0.377, abs=5e-4)
    assert reading.value[days.index("2025-02-10")] == pytest.approx(np.log(36.39 / 22.68), abs=5e-4)
    assert reading.value[days.index("2025-02-07")] == pytest.approx(0.5068, abs=5e-4)
    # The jump of 23 February 2021, 46.17 to 70.73 while the index fell by 1.1 %.
    basis = reading.parts["basis"]
    assert basis[days.index("2021-02-24")] - basis[days.index("2021-02-23")] == pytest.approx(-0.438, abs=1e-3)
    assert any("P/E of HSTECH jumped" in note for note in plan.notes)
    (spell,) = closings(plan).to_dict("records")
    assert spell["entered"].strftime("%Y-%m-%d") == "2023-05-12"
    assert pd.isna(spell["left"])
    assert spell["closing"] == pytest.approx(spell["price"] + spell["earnings"] + spell["basis"], abs=1e-12)
