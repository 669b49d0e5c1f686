"""The law of the store: what was written in any parts and order, however often stopped, is what is read."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.tuning.storage.parts import Part
from backtest.tuning.storage.sealed_sweep import SealedSweep
from backtest.tuning.storage.store import open_store

TYPES = st.sampled_from(["float64", "float32", "int64", "int8", "bool"]) | st.lists(
    st.text(max_size=5), min_size=1, max_size=4, unique=True
)


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(TYPES, min_size=1, max_size=5),
    n=st.integers(1, 40),
    part_size=st.integers(1, 15),
    n_blocks=st.integers(1, 4),
    n_dates=st.none() | st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_was_written_is_what_is_read(
    kinds: list[str | list[str]], n: int, part_size: int, n_blocks: int, n_dates: int | None, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    types = [pd.CategoricalDtype(kind) if isinstance(kind, list) else np.dtype(kind) for kind in kinds]
    columns = {f"column {i}": kind for i, kind in enumerate(types)}
    whole = {
        name: pd.Categorical.from_codes(rng.integers(-1, len(kind.categories), n), dtype=kind)
        if isinstance(kind, pd.CategoricalDtype)
        else np.frombuffer(rng.bytes(n * 8), np.uint8).view("i8").astype(kind)
        for name, kind in columns.items()
    }
    for column in whole.values():
        if not isinstance(column, pd.Categorical) and column.dtype.kind == "f":
            column[rng.random(n) < 0.3] = rng.choice([np.nan, np.inf, -np.inf, -0.0, 5e-324])
    sums, squares = rng.normal(size=(2, n, n_blocks))
    returns = None if n_dates is None else rng.normal(size=(n, n_dates)).astype(np.float32)

    def part(first: int, last: int) -> Part:
        return Part(
            columns={name: column[first:last] for name, column in whole.items()},
            sums=sums[first:last],
            squares=squares[first:last],
            returns=None if returns is None else returns[first:last],
        )

    with tempfile.TemporaryDirectory() as place:
        tables = []
        for folder in (None, Path(place)):
            asked = {"columns": columns, "n_blocks": n_blocks, "n_dates": n_dates, "part_size": part_size}
            store = open_store(folder, {"a": "b"}, n, **asked)
            for number in rng.permutation(store.layout.n_parts):
                if folder is not None and rng.random() < 0.3:  # stopped, and gone on with
                    store.close()
                    store = open_store(folder, {"a": "b"}, n, **asked)
                assert number not in store.done
                store.write(int(number), part(*store.layout.bounds(int(number))))
            store.finish(lambda read: {})
            tables.append(store.table)
            np.testing.assert_array_equal(store.sums, sums)
            np.testing.assert_array_equal(store.squares, squares)
            assert (store.returns is None) == (returns is None)
            if returns is not None:
                np.testing.assert_array_equal(store.returns, returns)
            store.close()
        SealedSweep(Path(place)).verify()
        for table in tables:
            for name, column in whole.items():
                kept = table[name].cat.codes if isinstance(column, pd.Categorical) else table[name]
                given_ = column.codes if isinstance(column, pd.Categorical) else column
                assert kept.to_numpy().tobytes() == given_.tobytes(), "the same bytes, signs of zero included"
        pd.testing.assert_frame_equal(*tables)
