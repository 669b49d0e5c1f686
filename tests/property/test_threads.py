"""Threads change no byte: blocks of lanes and whole runs at once, over one market, its caches and its memory."""

import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pandas as pd
import pytest

from backtest import memory
from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.engine import simulate
from backtest.lanes import run_lanes
from backtest.memory import SMALLEST_KEPT, Blocks
from tests.worlds import drawn_case, full_case

IS_COMPILED = not numba.config.DISABLE_JIT
THREADS = (1, 2, 4)
WIDTHS = (1, 2, 3, 5, 8, 13, 32)  # of 64 lanes
# What has no axis of lanes.
SHARED = {"price", "last_price", "last_session", "pending"}


@pytest.fixture(autouse=True)
def hurry():
    """Let threads take turns a thousand times as often as they do."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


class CountedBlocks(Blocks):
    """Blocks that count how often one is given again."""

    def __init__(self):
        super().__init__()
        self.n_again, self._given = 0, {}

    def take(self, n_bytes):
        array = super().take(n_bytes)
        known = self._given.get(id(array.base))
        self.n_again += known is not None and known() is array.base
        self._given[id(array.base)] = weakref.ref(array.base)
        return array


@pytest.fixture
def blocks(monkeypatch):
    """Memory of which every block is kept, however small, so that it is used again."""
    counted = CountedBlocks()
    monkeypatch.setattr(memory, "SMALLEST_KEPT", 1)
    monkeypatch.setattr(memory, "BLOCKS", counted)
    return counted


def cut(book, journal, record, lanes):
    """The bytes of some lanes: of the book, the record and, lane by lane, the journal."""
    found = {
        name: np.ascontiguousarray(array[..., lanes]).tobytes()
        for kept in (book, record)
        for name, array in kept._asdict().items()
        if name not in SHARED
    }
    entries, amounts = journal.entries[:, : journal.n_entries[0]], journal.amounts[:, : journal.n_entries[0]]
    for at, lane in enumerate(range(lanes.start, lanes.stop)):
        mine = entries[2] == lane
        found[f"journal {at}"] = np.delete(entries[:, mine], 2, axis=0).tobytes() + amounts[:, mine].tobytes()
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(8 if IS_COMPILED else 1))
def test_blocks_of_any_width_on_any_number_of_threads_equal_one_block_alone(seed):
    case, config = full_case(3000 + seed)
    stamps = np.array([stamp for stamp, _ in case.decisions])
    prepared = prepare(case.market, case.targets.assets, stamps, config)
    rng = np.random.default_rng(seed)
    weights = case.targets.weights[:, :, None] * rng.uniform(0, 1, (1, 1, sum(WIDTHS)))

    def run(lanes):
        block = np.ascontiguousarray(weights[:, :, lanes])
        return run_lanes(prepared, block, new_book(prepared, block.shape[2], config.initial_capital))

    ends = np.cumsum(rng.permutation(WIDTHS)).tolist()
    blocks = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    alone = run(slice(0, sum(WIDTHS)))
    expected = [cut(*alone, lanes) for lanes in blocks]
    for n_threads in THREADS:
        with ThreadPoolExecutor(n_threads) as pool:
            outcomes = list(pool.map(run, blocks * 2))  # each twice: more of them at once
        for lanes, outcome, whole in zip(blocks * 2, outcomes, expected * 2, strict=True):
            narrow = cut(*outcome, slice(0, lanes.stop - lanes.start))
            assert [name for name in whole if whole[name] != narrow[name]] == []


def bytes_of(result):
    """Everything a run wrote."""
    n = result.journal.n_entries[0]
    journal = {"entries": result.journal.entries[:, :n], "amounts": result.journal.amounts[:, :n]}
    arrays = result.record._asdict() | {f"{name} at last": a for name, a in result.closing._asdict().items()} | journal
    return {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(6 if IS_COMPILED else 1))
def test_runs_at_once_on_one_market_equal_runs_alone(seed, blocks):
    # More layouts than a market keeps: some go while others are worked out from them.
    case, config = full_case(4000 + seed)
    updates = [{"max_participation": p, "fx": fx} for p in (None, 0.01, 0.1, 0.5) for fx in ("at_fill", "hold")]
    configs = [config.model_copy(update=update) for update in updates]
    expected = [bytes_of(simulate(case.market, case.targets, one)) for one in configs]
    for n_threads in THREADS:
        blocks.n_again = 0
        market = drawn_case(4000 + seed)[0].market  # another one, of which nothing is kept yet

        def run(one, market=market):
            return simulate(market, case.targets, one)

        with ThreadPoolExecutor(n_threads) as pool:
            results = list(pool.map(run, configs * 2))
            for result, alone in zip(results, expected * 2, strict=True):
                assert [name for name, told in bytes_of(result).items() if told != alone[name]] == []
            # Of each run one array is left; more runs come; what is left stays as it was.
            names = ("nav", "shares", "cash", "receivable")
            held = [(names[i % 4], i % len(expected), results[i].record) for i in range(len(results))]
            held = [(name, i, getattr(record, name)[:, ...]) for name, i, record in held]
            del results, result
            # Their memory is let go at once, and used by the next.
            again = list(pool.map(lambda one: bytes_of(run(one)), configs * 2))
        assert again == expected * 2
        for name, i, array in held:
            assert array.tobytes() == expected[i][name]
        assert blocks.n_again > 2  # more than the blocks that the first runs left


# Ways to refer to memory and to nothing else of it.
VIEWS = (
    lambda array: array,
    lambda array: array[::3],
    lambda array: array[len(array) // 2 :].view(np.float64).view(np.int64),
    lambda array: array.reshape(1, -1, 1).T[:, 0],
    lambda array: pd.Series(array, copy=False),
    memoryview,
    lambda array: np.frombuffer(memoryview(array), dtype=np.int64),
    iter,
)


@pytest.mark.parametrize("n_threads", THREADS)
def test_memory_that_anything_refers_to_is_never_given_again(n_threads, blocks):
    def work(seed):
        rng, held = np.random.default_rng(seed), []

        def let_go(at):
            view, tag = held.pop(at)
            assert all(one == tag for one in np.array(list(view)).ravel())

        for step in range(400):
            array = blocks.take(8 * int(rng.integers(1, 300))).view(np.int64)
            tag = 1000 * seed + step
            array[:] = tag
            held.append((VIEWS[rng.integers(len(VIEWS))](array), tag))
            del array
            for _ in range(min(int(rng.integers(0, 3)), len(held))):
                let_go(rng.integers(len(held)))
            while held and step % 50 == 49:
                let_go(-1)

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(work, range(4)))
    assert blocks.n_again > 100


def test_memory_is_given_again_once_nothing_refers_to_it(blocks):
    for view in VIEWS:
        array = blocks.take(8000).view(np.int64)
        address, held = array.ctypes.data, view(array)
        del array
        other = blocks.take(8000)
        assert other.ctypes.data != address
        del held
        assert blocks.take(8000).ctypes.data == address
        del other


def test_a_small_request_holds_no_kept_block():
    blocks = Blocks()
    address = blocks.take(2 * SMALLEST_KEPT).ctypes.data  # free again at once
    small = [blocks.take(n_bytes) for n_bytes in (8, 4096, SMALLEST_KEPT - 1)]
    assert all(address > one.ctypes.data or one.ctypes.data >= address + 2 * SMALLEST_KEPT for one in small)
    assert all(one.base is None for one in small)  # nothing larger behind it
    assert blocks.take(SMALLEST_KEPT).ctypes.data == address
