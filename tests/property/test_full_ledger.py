"""Laws of the ledger with everything switched on at once: actions, lots, minima, limits, shorts, recalls, stops."""

import numba
import numpy as np
import pandas as pd
import pytest

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.engine import simulate
from backtest.kernels import state
from backtest.lanes import run_lanes
from backtest.prove import FUTURES
from data.counterfactual import with_future
from strategies.targets import TargetWeights
from tests import naive
from tests.generators import naive_settings, naive_world
from tests.worlds import full_case

ORACLE = 1e-9  # hundreds of fills, each rounded to the cent by two programs
IDENTITY = 1e-10
CHUNK = 5 if numba.config.DISABLE_JIT else 50
# `make test` takes the first of these seeds, `make full` all 2,000.
QUICK = range(0, 3 * CHUNK, CHUNK)
REST = range(3 * CHUNK, 40 * CHUNK, CHUNK)
CHUNKS = [*QUICK, *(pytest.param(first, marks=pytest.mark.slow) for first in REST)]
# What has a last axis of lanes.
RECORDED = tuple(part for part in state.Record._fields if part != "price")
KEPT = tuple(part for part in state.Book._fields if part not in {"last_price", "last_session", "pending"})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", CHUNKS)
def test_everything_at_once_equals_the_naive_ledger_and_adds_up(first):
    for seed in range(first, first + CHUNK):
        case, config = full_case(seed)
        _check_against_naive(case, config, seed)


def _check_against_naive(case, config, seed):
    """Every mark equals the naive ledger's, and adds up."""
    result = simulate(case.market, case.targets, config)
    outcome = naive.simulate(naive_world(case.market, config), case.decisions, naive_settings(config))
    nav = result.nav.to_numpy()
    assert [day.date() for day in result.dates] == list(outcome.nav)
    scale = np.abs(nav).max()
    record, rows = result.record, result.rows
    for ours, theirs, names in (
        (nav[:, None], [[one] for one in outcome.nav.values()], None),
        (record.shares[rows, :, 0] * result.mark_prices, outcome.shares, result.prepared.names),
        (record.cash[rows, :, 0], outcome.cash, result.prepared.currencies),
        (record.due[rows, :, 0], outcome.due, result.prepared.currencies),
        (record.receivable[rows, :, 0], outcome.receivable, result.prepared.currencies),
        (record.payable[rows, :, 0], outcome.payable, result.prepared.currencies),
    ):
        expected = theirs if names is None else [[one[name] for name in names] for one in theirs.values()]
        expected = np.array(expected, dtype=float)
        if names is result.prepared.names:
            expected = expected * result.mark_prices
        # Balances and values of names are in their own currencies, at most ten to one of base.
        bound = ORACLE * scale * (1 if names is None else 10)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=bound, err_msg=f"seed {seed}")
    assert result.bridge["residual"].abs().max() <= IDENTITY * scale, seed
    stated = result.statement["value"].groupby("date").sum().to_numpy()
    np.testing.assert_allclose(stated, nav, rtol=0, atol=IDENTITY * scale)
    _check_open_items(result, seed)


def _check_open_items(result, seed):
    """What has yet to settle is what was traded and has not settled since: nothing is lost over a holiday."""
    record, rows, prepared = result.record, result.rows, result.prepared
    open_net = record.receivable[rows, :, 0] - record.payable[rows, :, 0]
    index, _ = result.fills
    traded = np.zeros(len(prepared.rows.dates), dtype=bool)
    traded[prepared.timeline.row[index[:, 1]]] = True
    waits = np.zeros(len(prepared.rows.dates) + 1, dtype=int)
    for row, venue in zip(prepared.timeline.row[index[:, 1]], prepared.world.venue[index[:, 3]], strict=True):
        ahead = int((prepared.world.settle_slot[row, venue] - row) % prepared.n_slots)
        waits[row + 1 : min(row + ahead, len(waits))] += 1
    for at, row in enumerate(rows.tolist()):
        if not traded[row] and waits[row] == 0:
            assert np.abs(open_net[at]).max() == 0.0, (seed, row)


def test_buys_cut_to_less_than_they_cost_equal_the_naive_ledger(monkeypatch):
    # The cases above seldom cut a buy to so little: a commission of a hundredth of the capital makes more of them dear.
    left, judge = [], naive.fills.is_dust

    def note(state, symbol, q, price):
        left.append(q != 0.0 and judge(state, symbol, q, price))
        return judge(state, symbol, q, price)

    monkeypatch.setattr(naive.fills, "is_dust", note)
    for seed in range(40 if CHUNK > 5 else 10):
        case, config = full_case(seed)
        if config.max_gross > 1.0 or config.shorts:
            continue
        least = config.initial_capital / 100.0
        dear = {"USD": least, "HKD": 8.0 * least, "CNY": 7.0 * least}
        funding = ("prefunded", "settled")[seed % 2]
        update = {"costs": "venue", "funding": funding, "commission_min": dear}
        _check_against_naive(case, config.model_copy(update=update), seed)
    assert any(left)
    assert not all(left)


@pytest.mark.parametrize("seed", range(30 if CHUNK > 5 else 6))
def test_lanes_cuts_and_column_order_change_no_byte(seed):
    case, config = full_case(seed)
    stamps = np.array([stamp for stamp, _ in case.decisions])
    prepared = prepare(case.market, case.targets.assets, stamps, config)
    rng = np.random.default_rng(seed)
    n_lanes = 64 if seed % 5 == 0 and CHUNK > 5 else 14
    # Lanes of their own: each asks for a part of the case's weights.
    weights = case.targets.weights[:, :, None] * rng.uniform(0, 1, (1, 1, n_lanes))

    def run(lanes: slice):
        block = np.ascontiguousarray(weights[:, :, lanes])
        return run_lanes(prepared, block, new_book(prepared, block.shape[2], config.initial_capital))

    book, _, record = run(slice(None))
    for width in (13, 1):
        for start in range(0, n_lanes, width):
            lanes = slice(start, min(start + width, n_lanes))
            narrow_book, _, narrow_record = run(lanes)
            for wide, narrow, parts in ((record, narrow_record, RECORDED), (book, narrow_book, KEPT)):
                for part in parts:
                    ours = np.ascontiguousarray(getattr(wide, part)[..., lanes])
                    assert ours.tobytes() == getattr(narrow, part).tobytes(), part
    whole = simulate(case.market, case.targets, config)
    events = whole.prepared.timeline.stamp
    cut = int(events[rng.integers(len(events))]) + int(rng.integers(-1, 2))
    before = simulate(case.market, case.targets, config, until=cut)
    after = simulate(case.market, case.targets, config, resume=before.state)
    assert np.concatenate([before.nav, after.nav]).tobytes() == whole.nav.to_numpy().tobytes()
    for part in ("trades", "log", "actions", "statement"):
        joined = pd.concat([getattr(before, part), getattr(after, part)])
        assert joined.to_csv(index=False) == getattr(whole, part).to_csv(index=False), part
    for name, array in whole.state.book._asdict().items():
        assert array.tobytes() == getattr(after.state.book, name).tobytes(), name
    frame = pd.DataFrame(case.targets.weights, index=case.targets.decisions, columns=list(case.targets.assets))
    shuffled = TargetWeights.from_frame(frame.iloc[:, rng.permutation(frame.shape[1])], hold_missing=True)
    other = simulate(case.market, shuffled, config)
    assert other.nav.to_numpy().tobytes() == whole.nav.to_numpy().tobytes()


@pytest.mark.parametrize("seed", range(30 if CHUNK > 5 else 3))
def test_nothing_known_later_moves_a_byte(seed):
    case, config = full_case(seed)
    rng = np.random.default_rng(seed)
    events = simulate(case.market, case.targets, config).prepared.timeline.stamp
    cut = int(events[rng.integers(1, len(events))])
    kept = case.targets.decisions.asi8 <= cut
    if not kept.any():
        return
    targets = TargetWeights(
        decisions=case.targets.decisions[kept], assets=case.targets.assets, weights=case.targets.weights[kept]
    )
    known = simulate(case.market, targets, config, until=cut)
    for future in FUTURES:
        changed = simulate(with_future(case.market, cut, future, rng), targets, config, until=cut)
        assert changed.nav.to_numpy().tobytes() == known.nav.to_numpy()[: len(changed.nav)].tobytes(), future
        assert changed.trades.to_csv() == known.trades.to_csv(), future
        assert changed.actions.to_csv() == known.actions.to_csv(), future


def test_the_random_cases_meet_every_kind_of_entry():
    # The laws above say little where nothing is ever barred, recalled, stopped or called.
    met: set[int] = set()
    for seed in range(150 if CHUNK > 5 else 30):
        case, config = full_case(seed)
        result = simulate(case.market, case.targets, config)
        met |= set(result.journal.entries[0, : int(result.journal.n_entries[0])].tolist())
    missing = set(range(state.REPLACED + 1)) - met
    assert not missing
