"""What a sweep may take of memory and of the disk: refused before any work, and bounded while it runs."""

import tracemalloc
from pathlib import Path

import pytest

from backtest.errors import BacktestError
from backtest.tuning.storage.parts import Layout
from tests.made_up_sweep import COLUMNS, made_up, opened


def test_results_larger_than_memory_may_hold_are_refused_before_any_work() -> None:
    # 8 + 1 + 1 + 8 + 8 bytes of columns, twice 3 numbers of 8, and 7 of 4: 102 bytes a candidate.
    layout = Layout(columns=COLUMNS, n_candidates=10**12, n_blocks=3, n_dates=7)
    assert layout.nbytes == 102 * 10**12
    with pytest.raises(BacktestError) as caught:
        opened(None, n_candidates=10**12)
    assert str(caught.value) == (
        "A sweep of 1,000,000,000,000 candidates holds 102,000,000 MB of results, more than memory_limit (1,000 MB). "
        "Write it to a folder (out=DIR), or give a larger memory_limit."
    )
    opened(None, memory_limit=102 * 1_050)
    with pytest.raises(BacktestError, match="more than memory_limit"):
        opened(None, memory_limit=102 * 1_050 - 1)


def test_parts_larger_than_memory_may_hold_are_refused_before_the_folder_is_made(tmp_path: Path) -> None:
    """A part of 100 candidates of 102 bytes each is held while it is written, whatever the folder can take."""
    opened(tmp_path / "fits", memory_limit=102 * 100).close()
    with pytest.raises(BacktestError) as caught:
        opened(tmp_path / "sweep", part_size=10**6, n_candidates=10**7, memory_limit=100 * 10**6)
    assert str(caught.value) == (
        "A part of the sweep, 1,000,000 candidates that are held at once, takes 102.0 MB of results, more than "
        "memory_limit (100.0 MB). Give a memory_limit of 102 MB or more, or keep no returns."
    )
    with pytest.raises(BacktestError, match=r"takes 0\.0 MB of results, more than memory_limit"):
        opened(tmp_path / "sweep", memory_limit=102 * 100 - 1)
    assert not (tmp_path / "sweep").exists()


def test_results_larger_than_the_disk_are_refused_before_any_work(tmp_path: Path) -> None:
    said = r"needs %s MB in .*sweep, and its disk has [\d,]+ MB left\. Free some"
    # 102 bytes a candidate, and the 26 of its columns once more as Parquet. In CSV four numbers of 20 and a text of 19.
    for csv, needed in ((False, "128,000,000"), (True, "227,000,000")):
        with pytest.raises(BacktestError, match=said % needed):
            opened(tmp_path / "sweep", n_candidates=10**12, csv=csv)
    assert list((tmp_path / "sweep").iterdir()) == []


def most_held(folder: Path, n_parts: int) -> int:
    """Give the most bytes that a sweep of so many parts of 2,000 candidates held at once."""
    part = made_up(0, 2_000)
    tracemalloc.start()
    try:
        with opened(folder, n_candidates=2_000 * n_parts, part_size=2_000) as store:
            for number in range(n_parts):
                store.write(number, part)
            store.finish(lambda read: {})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_what_is_held_does_not_grow_with_the_number_of_candidates(tmp_path: Path) -> None:
    most_held(tmp_path / "first", 1)  # what is imported and kept for good
    few, many = most_held(tmp_path / "few", 5), most_held(tmp_path / "many", 50)
    assert many < few + 100_000, "ten times the candidates: 9 MB more of results"
