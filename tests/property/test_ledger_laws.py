"""Laws of the ledger, over random markets with gaps, holidays, typhoons and decisions at odd times."""

import numba
import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.bridge import bridge
from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.kernels import state
from backtest.lanes import run_lanes
from backtest.result import BacktestResult
from data.costs.schedules import COST_KINDS
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests import naive
from tests.generators import Case, naive_settings, naive_world, random_case, random_lanes, same_close_case

ARITHMETIC = 1e-12  # two orders of summation
DROPPED = (
    state.DROPPED_SHUT, state.DROPPED_CUT, state.DROPPED_CAPPED, state.DROPPED_UNPRICED, state.DROPPED_DELISTED
)  # fmt: skip
# What has a last axis of lanes.
RECORDED = tuple(part for part in state.Record._fields if part != "price")
KEPT = tuple(part for part in state.Book._fields if part not in {"last_price", "last_session", "pending"})
UNCOMPILED = bool(numba.config.DISABLE_JIT)

SEEDS = st.integers(0, 149)  # of markets that all laws share, each under settings of its own
CONFIGS = st.builds(
    RunConfig,
    fill=st.sampled_from(["next_open", "next_close", "same_close"]),
    sizing=st.sampled_from(["decision", "fill"]),
    shut_market=st.sampled_from(["queue", "cancel", "basket"]),
    fx=st.sampled_from(["at_fill", "hold"]),
    costs=st.sampled_from(["venue-proportional", "none", FlatCosts(bps=10), FlatCosts(bps=150)]),
    fx_spread_bps=st.sampled_from([0.0, 2.0, 20.0]),
    rate_max_age_days=st.sampled_from([5, 30]),
    rate_fallback=st.sampled_from([0.0, 1.0]),
)


def law(n_examples: int):
    """The same examples every time; fewer where kernels run uncompiled, a thousand times slower."""
    return settings(
        max_examples=max(n_examples // 4, 2) if UNCOMPILED else n_examples,
        derandomize=True,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],  # a smaller seed is no simpler case
        suppress_health_check=[HealthCheck.too_slow],
    )


def draw_case(seed: int, config: RunConfig, **options: bool) -> Case:
    return same_close_case(seed) if config.fill == "same_close" else random_case(seed, **options)


def payments(result: BacktestResult) -> pd.DataFrame:
    """Trades with their date's place in the NAV index, the cash each takes (fees included), and its FX spread."""
    trades = result.trades
    index, _ = result.fills
    trades["step"] = np.searchsorted(result.rows, result.prepared.timeline.row[index[:, 1]])
    fees = trades[[kind for kind in COST_KINDS if kind != "fx_spread"]].sum(axis=1)
    trades["paid"] = trades["shares"] * trades["price"] + fees
    return trades


# ------------------------------------------------------------------------------------------ the oracle


@law(100)
@given(seed=SEEDS, config=CONFIGS)
def test_the_kernel_equals_the_naive_ledger(seed, config):
    case = draw_case(seed, config)
    result = simulate(case.market, case.targets, config)
    expected = naive.simulate(naive_world(case.market, config), case.decisions, naive_settings(config))
    nav = np.array(list(expected.nav.values()))
    assert [day.date() for day in result.dates] == list(expected.nav)
    np.testing.assert_allclose(result.nav, nav, rtol=ARITHMETIC)
    shares = np.array([[at[name] for name in result.prepared.names] for at in expected.shares.values()])
    np.testing.assert_allclose(result.shares, shares, rtol=ARITHMETIC, atol=ARITHMETIC * np.abs(shares).max())
    cash = np.array([[at[code] for code in result.prepared.currencies] for at in expected.cash.values()])
    np.testing.assert_allclose(result.cash, cash, rtol=ARITHMETIC, atol=ARITHMETIC * nav.max())
    # The oracle may end at the same place by other ways: the fills are the same, one by one, at each stamp.
    ours = result.trades[["filled", "symbol", "shares", "price", "fx"]].sort_values(["filled", "symbol"], kind="stable")
    theirs = sorted(expected.fills, key=lambda fill: (fill.filled, fill.symbol))
    assert [(t.value, s) for t, s in zip(ours["filled"], ours["symbol"], strict=True)] == [
        (fill.filled, fill.symbol) for fill in theirs
    ]
    bought = np.array([fill.shares for fill in theirs])
    np.testing.assert_allclose(ours["shares"], bought, rtol=1e-9, atol=ARITHMETIC * np.abs(shares).max())
    np.testing.assert_array_equal(ours["price"], [fill.price for fill in theirs])
    np.testing.assert_array_equal(ours["fx"], [fill.fx for fill in theirs])


# ------------------------------------------------------------------------------------------ identities


@law(60)
@given(seed=SEEDS, config=CONFIGS)
def test_nav_is_cash_and_holdings_at_the_prices_and_rates_known(seed, config):
    case = draw_case(seed, config)
    result = simulate(case.market, case.targets, config)
    market, marks = case.market, result.prepared.rows.marks
    rates = market.fx.rates_at(marks, "USD", result.prepared.currencies)
    prices = (
        pd.DataFrame(market.close, index=market.dates, columns=market.symbols).ffill().reindex(result.dates).ffill()
    )
    code_of = [result.prepared.currencies.index(market.instruments[name].currency) for name in result.shares]
    holdings = result.shares.to_numpy() * prices[list(result.shares)].fillna(0.0).to_numpy() * rates[:, code_of]
    nav = holdings.sum(axis=1) + (result.cash.to_numpy() * rates).sum(axis=1)
    np.testing.assert_allclose(result.nav, nav, rtol=ARITHMETIC)
    # Weights and cash make up the whole.
    weights = result.weights.sum(axis=1) + (result.cash.to_numpy() * rates).sum(axis=1) / nav
    np.testing.assert_allclose(weights, 1.0, rtol=ARITHMETIC)


@law(100)
@given(seed=SEEDS, config=CONFIGS)
def test_the_bridge_explains_every_change_of_nav(seed, config):
    case = draw_case(seed, config)
    result = simulate(case.market, case.targets, config)
    frame = bridge(result)
    assert frame["residual"].abs().max() <= 1e-10 * result.nav.min()
    np.testing.assert_allclose(frame["change"].sum(), result.nav.iloc[-1] - config.initial_capital, rtol=0, atol=1e-6)


@law(80)
@given(seed=SEEDS, config=CONFIGS)
def test_cash_changes_by_trades_costs_interest_and_conversions(seed, config):
    # Exchange rates stand still, so that what a balance was converted at is known.
    case = draw_case(seed, config, fx_moves=False)
    result = simulate(case.market, case.targets, config)
    trades, currencies = payments(result), result.prepared.currencies
    shape = (len(result.rows), len(currencies))
    paid, spread = np.zeros(shape), np.zeros(len(result.rows))
    columns = np.array([currencies.index(code) for code in trades["currency"]], dtype=int)
    np.add.at(paid, (trades["step"].to_numpy(), columns), trades["paid"].to_numpy())
    np.add.at(spread, trades["step"].to_numpy(), (trades["fx_spread"] * trades["fx"]).to_numpy())
    base = currencies.index("USD")
    opening = np.zeros(len(currencies))
    opening[base] = config.initial_capital
    change = np.diff(result.cash.to_numpy(), axis=0, prepend=opening[None, :])
    interest = result.record.interest[result.rows, :, 0]
    rates = case.market.fx.rates_at(result.prepared.rows.marks, "USD", currencies)
    legs = change + paid - interest  # what conversions brought, local currency
    foreign = np.arange(len(currencies)) != base
    given = (legs * rates)[:, foreign].sum(axis=1)
    np.testing.assert_allclose(legs[:, base], -given - spread, rtol=0, atol=1e-10 * config.initial_capital)
    if config.fx == "at_fill":
        # Every foreign payment is converted there and then: a balance holds interest only, here none on nothing.
        np.testing.assert_allclose(result.cash.to_numpy()[:, foreign], 0.0, rtol=0, atol=0)
    else:
        # Trades leave no balance but the base below zero; interest on what has yet to settle may.
        paid = np.minimum(interest, 0.0).cumsum(axis=0)
        assert (result.cash.to_numpy()[:, foreign] >= 2 * paid[:, foreign]).all()


# ------------------------------------------------------------------------------------------ cut and resumed


@law(120)
@given(seed=SEEDS, config=CONFIGS, place=st.floats(0, 1), shift=st.sampled_from([-1, 0, 1, None]))
def test_a_run_cut_anywhere_and_resumed_is_the_whole_run(seed, config, place, shift):
    case = draw_case(seed, config)
    whole = simulate(case.market, case.targets, config)
    stamps = whole.prepared.timeline.stamp
    if shift is None:  # anywhere between the first and the last event: between Hong Kong's close and New York's, too
        cut = int(stamps[0] + place * (stamps[-1] - stamps[0]))
    else:  # at an event, or a nanosecond beside it
        cut = int(stamps[int(place * (len(stamps) - 1))]) + shift
    first = simulate(case.market, case.targets, config, until=cut)
    second = simulate(case.market, case.targets, config, resume=first.state)
    assert pd.concat([first.nav, second.nav]).index.equals(whole.nav.index)
    assert np.concatenate([first.nav, second.nav]).tobytes() == whole.nav.to_numpy().tobytes()
    for part in ("shares", "cash", "weights"):
        joined = np.concatenate([getattr(first, part), getattr(second, part)])
        assert joined.tobytes() == getattr(whole, part).to_numpy().tobytes()
    for part in ("trades", "log"):
        joined = pd.concat([getattr(first, part), getattr(second, part)], ignore_index=True)
        pd.testing.assert_frame_equal(joined, getattr(whole, part), check_exact=True, check_dtype=False)
    assert second.state.stamp == whole.state.stamp
    for name, array in whole.state.book._asdict().items():
        assert array.tobytes() == getattr(second.state.book, name).tobytes(), name
    for half in (first, second):
        if len(half.dates):
            assert half.bridge["residual"].abs().max() <= 1e-10 * whole.nav.min()


# ------------------------------------------------------------------------------------------ lanes


@law(60)
@given(seed=SEEDS, config=CONFIGS)
def test_a_lane_does_not_depend_on_the_width_of_its_block(seed, config):
    case = draw_case(seed, config)
    n_lanes = 5 if UNCOMPILED else 64
    stamps = np.array([stamp for stamp, _ in case.decisions])
    prepared = prepare(case.market, case.market.holdable, stamps, config)
    weights = random_lanes(case, seed + 1, n_lanes)

    def run(lanes: slice):
        block = np.ascontiguousarray(weights[:, :, lanes])
        return run_lanes(prepared, block, new_book(prepared, block.shape[2], config.initial_capital))

    def entries(journal, lane):
        n = int(journal.n_entries[0])
        mine = journal.entries[2, :n] == lane
        index = journal.entries[[0, 1, 3, 4], :n][:, mine]
        return index.tobytes() + journal.amounts[:, :n][:, mine].tobytes()

    book, journal, record = run(slice(None))
    for width in (13, 1):
        for start in range(0, n_lanes, width):
            lanes = slice(start, min(start + width, n_lanes))
            narrow_book, narrow_journal, narrow_record = run(lanes)
            for part in RECORDED:
                wide = np.ascontiguousarray(getattr(record, part)[..., lanes])
                assert wide.tobytes() == getattr(narrow_record, part).tobytes(), part
            for part in KEPT:
                wide = np.ascontiguousarray(getattr(book, part)[..., lanes])
                assert wide.tobytes() == getattr(narrow_book, part).tobytes(), part
            for lane in range(lanes.start, lanes.stop):
                assert entries(journal, lane) == entries(narrow_journal, lane - start)


@law(20)
@given(seed=SEEDS, config=CONFIGS)
def test_nav_alone_is_the_nav_of_the_full_record(seed, config):
    case = draw_case(seed, config)
    prepared = prepare(case.market, case.market.holdable, np.array([s for s, _ in case.decisions]), config)
    weights = random_lanes(case, seed, 3)
    opening = new_book(prepared, 3, config.initial_capital)
    _, _, whole = run_lanes(prepared, weights, opening)
    _, _, alone = run_lanes(prepared, weights, opening, whole=False)
    assert whole.nav.tobytes() == alone.nav.tobytes()


# ------------------------------------------------------------------------------------------ order and scale


@law(50)
@given(seed=SEEDS, config=CONFIGS)
def test_the_order_of_columns_and_rows_changes_no_byte(seed, config):
    case = draw_case(seed, config)
    frame = pd.DataFrame(case.targets.weights, index=case.targets.decisions, columns=list(case.targets.assets))
    rng = np.random.default_rng(seed)
    shuffled = frame.iloc[rng.permutation(len(frame)), rng.permutation(frame.shape[1])]
    market = from_frames(
        case.prices.sample(frac=1, random_state=seed), case.fx.sample(frac=1, random_state=seed), rates=case.rates
    )
    one = simulate(case.market, case.targets, config)
    other = simulate(market, TargetWeights.from_frame(shuffled, hold_missing=True), config)
    assert one.nav.to_numpy().tobytes() == other.nav.to_numpy().tobytes()
    pd.testing.assert_frame_equal(one.trades, other.trades, check_exact=True)
    pd.testing.assert_frame_equal(one.cash, other.cash, check_exact=True)


@law(60)
@given(seed=SEEDS, config=CONFIGS, power=st.integers(-8, 12))
def test_capital_times_k_gives_nav_times_k(seed, config, power):
    case = draw_case(seed, config)
    nav = simulate(case.market, case.targets, config).nav.to_numpy()

    def scaled(factor: float) -> np.ndarray:
        richer = config.model_copy(update={"initial_capital": config.initial_capital * factor})
        return simulate(case.market, case.targets, richer).nav.to_numpy()

    assert (scaled(2.0**power)).tobytes() == (nav * 2.0**power).tobytes()
    np.testing.assert_allclose(scaled(3.7), nav * 3.7, rtol=ARITHMETIC)


# ------------------------------------------------------------------------------------------ orders


@law(80)
@given(seed=SEEDS, config=CONFIGS)
def test_no_phantom_trade(seed, config):
    case = draw_case(seed, config)
    market = case.market
    result = simulate(market, case.targets, config)
    for trade in result.trades.itertuples():
        calendar, column = market.calendars[trade.venue], market.columns([trade.symbol])
        assert trade.venue == market.instruments[trade.symbol].venue
        session = int(np.searchsorted(calendar.closes, trade.filled.value))
        row = np.searchsorted(market.dates, calendar.dates[session])
        assert market.dates[row] == calendar.dates[session]
        if trade.filled.value == calendar.closes[session]:
            assert trade.price == market.close[row, column]
            assert config.fill != "next_open" or np.isnan(market.open[row, column])
        else:
            assert config.fill == "next_open"
            assert trade.filled.value == calendar.opens[session]
            assert trade.price == market.open[row, column]
        at_once = config.fill == "same_close" and trade.filled == trade.decided
        assert at_once or calendar.opens[session] > trade.decided.value
    # A name is filled at most once in a session by a decision.
    assert not result.trades.duplicated(["decided", "filled", "symbol"]).any()


@law(60)
@given(seed=SEEDS, config=CONFIGS)
def test_every_order_is_filled_whole_pending_replaced_or_logged(seed, config):
    # What is ordered at a decision is the book just after it; what waits is the book just before the next one.
    if config.fill == "same_close":
        config = config.model_copy(update={"fill": "next_open"})
    case = random_case(seed)
    prepared = prepare(case.market, case.market.holdable, np.array([s for s, _ in case.decisions]), config)
    weights = case.targets.weights[:, :, None]
    opening = new_book(prepared, 1, config.initial_capital)
    _, journal, _ = run_lanes(prepared, weights, opening)
    n = int(journal.n_entries[0])
    kind, at, _, name, decision = journal.entries[:, :n]
    moved = np.isin(kind, [state.FILLED, *DROPPED])
    live = [k for k in range(len(weights)) if not np.isnan(weights[k]).all()]
    decided_at = {k: int(np.flatnonzero(prepared.timeline.decision == k)[0]) for k in live}
    for k, following in zip(live, [*live[1:], None], strict=True):
        end = len(prepared.timeline.kind) if following is None else decided_at[following]
        after, _, _ = run_lanes(prepared, weights, opening, last=decided_at[k] + 1)
        rest, _, _ = run_lanes(prepared, weights, opening, last=end)
        for a in range(len(prepared.names)):
            mine = moved & (decision == prepared.decisions[k]) & (name == a)
            at_decision = mine & (at == decided_at[k])
            order = after.order[a, 0] + journal.amounts[0, :n][at_decision].sum()
            done, waits = journal.amounts[0, :n][mine], rest.order[a, 0]
            if order == 0.0:
                assert not len(done)
                assert waits == 0.0
                continue
            if config.sizing == "decision":
                scale = max(abs(after.target[a, 0]), abs(after.shares[a, 0]))
                np.testing.assert_allclose(done.sum() + waits, order, rtol=0, atol=1e-11 * scale)
            if waits == 0.0 and not np.isin(kind[mine], DROPPED).any():
                assert rest.shares[a, 0] == rest.target[a, 0]
    if config.shut_market != "cancel":
        assert not np.isin(kind, DROPPED).any()


def test_the_random_cases_meet_every_kind_of_entry():
    # The laws above say little where nothing is ever cut, dropped or unpriced.
    met: set[int] = set()
    for seed in range(12):
        for shut_market in ("queue", "cancel"):
            case = random_case(seed)
            result = simulate(case.market, case.targets, RunConfig(shut_market=shut_market))
            n = int(result.journal.n_entries[0])
            met |= set(result.journal.entries[0, :n].tolist())
    assert met >= {
        state.FILLED, state.CUT, state.DROPPED_SHUT, state.DROPPED_CUT, state.DROPPED_UNPRICED, state.UNPRICED
    }  # fmt: skip
