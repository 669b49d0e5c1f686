"""The wide form of the ledger gives the bytes of the narrow one: book, NAV and tallies, whatever the block."""

import dataclasses

import numba
import numpy as np
import pytest

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.kernels import state
from backtest.lanes import is_common, run_baskets, run_lanes
from tests.worlds import full_case

IS_COMPILED = not numba.config.DISABLE_JIT
N_SEEDS, N_FEWER = (120, 20) if IS_COMPILED else (3, 1)
# The rules that the wide form knows.
COMMON = {
    "sizing": "decision", "shut_market": "queue", "fx": "at_fill", "shorts": False, "borrow_fee": None,
    "max_gross": 1.0, "maintenance_margin": 0.0, "stop_drawdown": 0.0, "stop_days": None,
}  # fmt: skip
TALLIES = ("nav", "money", "traded", "paid", "n_fills")
KEPT = tuple(part for part in state.Book._fields if part not in {"last_price", "last_session", "pending"})
WIDTHS = (2, 5, 13, 16, 33)


def common_case(seed):
    """A case under the common rules, and lanes of their own: fully invested, partly, and left alone at times."""
    case, config = full_case(seed)
    config = config.model_copy(update=COMMON)
    prepared = prepare(case.market, case.targets.assets, np.array([stamp for stamp, _ in case.decisions]), config)
    assert is_common(prepared.rules)
    rng = np.random.default_rng(seed)
    n_lanes = int(rng.choice(WIDTHS)) if IS_COMPILED else 2
    asked = case.targets.weights[:, :, None]
    weights = np.maximum(asked, 0.0) * rng.uniform(0.0, 1.1, (1, 1, n_lanes))  # NaN, hold, stays NaN
    weights /= np.maximum(np.nansum(weights, axis=1, keepdims=True), 1.0)
    alone = rng.random((len(weights), 1, n_lanes)) < 0.1
    return prepared, config, np.where(alone, np.nan, weights)


def differing(wide, narrow, lanes):
    """The arrays of a book or a record in which some lanes of a block differ from a block of their own."""
    return [
        name
        for name in (KEPT if isinstance(wide, state.Book) else TALLIES)
        if np.ascontiguousarray(getattr(wide, name)[..., lanes]).tobytes() != getattr(narrow, name).tobytes()
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(N_SEEDS))
def test_every_lane_of_a_wide_block_is_its_run_alone(seed):
    prepared, config, weights = common_case(seed)
    n_lanes = weights.shape[2]
    book, journal, record = run_lanes(
        prepared, weights, new_book(prepared, n_lanes, config.initial_capital), whole=False
    )
    assert not journal.entries.size
    for lane in range(n_lanes):
        own = np.ascontiguousarray(weights[:, :, lane : lane + 1])
        book_alone, _, record_alone = run_lanes(prepared, own, new_book(prepared, 1, config.initial_capital))
        lanes = slice(lane, lane + 1)
        assert differing(book, book_alone, lanes) + differing(record, record_alone, lanes) == []


@pytest.mark.parametrize("seed", range(N_FEWER))
def test_a_wide_run_cut_anywhere_goes_on_in_either_form(seed):
    prepared, config, weights = common_case(seed)
    opening = new_book(prepared, weights.shape[2], config.initial_capital)
    whole, _, _ = run_lanes(prepared, weights, opening, whole=False)
    cut = int(np.random.default_rng(seed).integers(len(prepared.timeline.kind)))
    for first_whole in (False, True):
        before, _, _ = run_lanes(prepared, weights, opening, last=cut, whole=first_whole)
        after, _, _ = run_lanes(prepared, weights, before, first=cut, whole=not first_whole)
        assert differing(whole, after, slice(None)) == []


@pytest.mark.parametrize("seed", range(N_FEWER))
@pytest.mark.parametrize("rules", ["common", "other"])
def test_baskets_are_their_weights_multiplied_out(seed, rules):
    prepared, config, _ = common_case(seed)
    if rules == "other":
        other = prepared.rules._replace(shut_market=state.CANCEL)
        prepared = dataclasses.replace(prepared, rules=other)
    rng = np.random.default_rng(seed)
    n_names, n_decisions, n_lanes, n_baskets = len(prepared.names), len(prepared.decisions), 9, 3
    owner = rng.integers(n_baskets, size=(n_decisions, n_names))
    inner = np.where(np.arange(n_baskets)[None, :, None] == owner[:, None, :], rng.random((n_decisions, 1, n_names)), 0)
    inner /= np.maximum(inner.sum(axis=2, keepdims=True), 1e-9)
    shares = rng.dirichlet(np.ones(n_baskets + 1), (n_decisions, n_lanes))[:, :, :n_baskets].transpose(0, 2, 1)
    shares[rng.random((n_decisions, 1, n_lanes)).repeat(n_baskets, axis=1) < 0.2] = np.nan
    weights = np.einsum("kba,kbl->kal", inner, shares)
    for lanes in (slice(0, n_lanes), slice(0, 1)):
        opening = new_book(prepared, lanes.stop, config.initial_capital)
        book, _, record = run_baskets(prepared, inner, shares[:, :, lanes], opening)
        other_book, _, other_record = run_lanes(prepared, weights[:, :, lanes], opening, whole=False)
        assert differing(other_book, book, slice(None)) + differing(other_record, record, slice(None)) == []


def test_the_wide_form_refuses_what_the_narrow_one_refuses():
    case, config = full_case(7001)
    config = RunConfig(base_currency=config.base_currency, costs="venue", lots="fractional")
    prepared = prepare(case.market, case.targets.assets, np.array([stamp for stamp, _ in case.decisions]), config)
    weights = np.repeat(np.nan_to_num(np.maximum(case.targets.weights, 0.0))[:, :, None], 2, axis=2) / 4
    with pytest.raises(BacktestError, match="worth more than 9e14"):
        run_lanes(prepared, weights, new_book(prepared, 2, 1e20), whole=False)
    with pytest.raises(BacktestError, match="NAV is zero or below"):
        run_lanes(prepared, weights, new_book(prepared, 2, -1.0), whole=False)
