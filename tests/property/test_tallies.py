"""Tallies are kept of every run, and say what the journal and the tables say.

Money, notional traded, costs paid and the count of fills are added up as they happen, also where nothing else is kept.
"""

import numba
import numpy as np
import pytest

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.engine import simulate
from backtest.lanes import run_lanes
from tests.worlds import full_case

# Sums of the same numbers in another order, by row or of the whole run.
ORDER = 1e-12
TALLIES = ("nav", "money", "traded", "paid", "n_fills")
N_SEEDS = 4 if numba.config.DISABLE_JIT else 60


@pytest.mark.parametrize("seed", range(N_SEEDS))
def test_tallies_are_the_sums_of_the_journal_and_the_tables(seed):
    case, config = full_case(seed)
    result = simulate(case.market, case.targets, config)
    record, rows = result.record, result.rows
    money = ((record.cash[rows, :, 0] + record.due[rows, :, 0]) * result.mark_rates).sum(axis=1)
    index, value = result.fills
    traded = result.by_date(index, np.abs(value[:, 0] * value[:, 1]) * value[:, 2])
    paid = result.costs.to_numpy().sum(axis=1)
    scale = np.abs(result.nav).max()
    np.testing.assert_allclose(record.money[rows, 0], money, rtol=0, atol=ORDER * scale)
    np.testing.assert_allclose(record.traded[rows, 0], traded, rtol=ORDER, atol=0)
    np.testing.assert_allclose(record.paid[rows, 0], paid, rtol=ORDER, atol=ORDER * scale)
    assert record.n_fills[0] == len(index)
    assert (value[:, 0] != 0.0).all()
    others = np.setdiff1d(np.arange(len(record.nav)), rows)
    assert not record.money[others].any()


@pytest.mark.parametrize("seed", range(N_SEEDS // 4))
def test_tallies_are_the_same_bytes_where_nothing_else_is_kept(seed):
    case, config = full_case(seed)
    prepared = prepare(case.market, case.targets.assets, np.array([stamp for stamp, _ in case.decisions]), config)
    rng, n_lanes = np.random.default_rng(seed), 5
    weights = case.targets.weights[:, :, None] * rng.uniform(0, 1, (1, 1, n_lanes))
    opening = new_book(prepared, n_lanes, config.initial_capital)
    _, _, whole = run_lanes(prepared, weights, opening)
    _, journal, alone = run_lanes(prepared, weights, opening, whole=False)
    assert not journal.entries.size
    for name in TALLIES:
        assert getattr(alone, name).tobytes() == getattr(whole, name).tobytes(), name


def test_what_fills_after_the_last_mark_is_tallied_in_the_row_of_its_event():
    case, config = full_case(1)
    whole = simulate(case.market, case.targets, config)
    index, value = whole.fills
    timeline = whole.prepared.timeline
    last = int(index[-1, 1])  # the event of the last fill: the run stops there, before its row is marked
    cut = simulate(case.market, case.targets, config, until=int(timeline.stamp[last]))
    row = int(timeline.row[last])
    in_row = timeline.row[index[:, 1]] == row
    assert row not in cut.rows
    assert cut.record.n_fills[0] == len(index)
    np.testing.assert_allclose(
        cut.record.traded[row, 0], (np.abs(value[:, 0] * value[:, 1]) * value[:, 2])[in_row].sum(), rtol=ORDER
    )
