"""The pinned cases of the benchmarks: digests, and the folder of a large one."""

import doctest

import numpy as np
import pytest

from benchmarks import cases
from data.fingerprint import market_hash


@pytest.mark.parametrize("basis", ["total_return", "raw"])
@pytest.mark.parametrize("size", ["252x7", "1500x40"])
def test_case_is_the_pinned_one(size, basis):
    made = cases.market(size, basis)
    n_dates, n_names = cases.dimensions(size)
    assert cases.digest(made) == cases.DIGESTS[size, basis]
    assert (int((made.dates >= made.start).sum()), len(made.holdable), made.price_basis) == (n_dates, n_names, basis)


def test_each_size_is_pinned_and_no_two_cases_are_one():
    assert {size for size, _ in cases.DIGESTS} == set(cases.SIZES)
    assert len(set(cases.DIGESTS.values())) == len(cases.DIGESTS)
    assert {len(digest) for digest in cases.DIGESTS.values()} == {64}


@pytest.mark.parametrize("field", ["open", "close", "volume"])
def test_a_planted_change_is_refused_in_words(field):
    made = cases.market("252x7")
    prices = getattr(made, field).copy()
    prices[100, 3] = np.nextafter(prices[100, 3], np.inf)
    with pytest.raises(
        cases.CaseChanged, match=r"case 252x7 \(total_return\) has digest .* pin .* in benchmarks/cases.py"
    ):
        cases.checked(made.with_prices({field: prices}), "252x7", "total_return")


def test_rounded_prices_do_not_move_with_the_last_bit_of_another_library():
    """A price at most a few last bits away rounds to the same cell."""
    made = cases.market("252x7", "raw")
    moved = np.nextafter(made.close, np.inf).round(2)
    assert np.array_equal(moved, made.close, equal_nan=True)


@pytest.mark.parametrize("kind", cases.KINDS)
def test_folder_of_a_case_reads_back_as_the_market(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "cache_folder", lambda _: tmp_path)
    folder = cases.case_folder("252x7", kind=kind)
    assert market_hash(cases.read_case(folder, "252x7")) == market_hash(cases.market("252x7"))
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_killed_while_writing_leaves_nothing_that_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "cache_folder", lambda _: tmp_path)
    with monkeypatch.context() as planted:
        planted.setattr(cases, "_write", lambda folder, *_: (folder / "prices.parquet").write_bytes(b"half") and 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cases.case_folder("252x7")
    assert not list(tmp_path.iterdir())
    (tmp_path / f".x{cases.UNFINISHED}").mkdir()  # what a kill that no code survives would leave
    assert cases.read_case(cases.case_folder("252x7"), "252x7").symbols


def test_broken_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "cache_folder", lambda _: tmp_path)
    folder = cases.case_folder("252x7", kind="csv")
    text = (folder / "fx.csv").read_text()
    (folder / "fx.csv").write_text(text.replace("7.8", "7.7", 1))
    with pytest.raises(cases.CaseChanged, match="252x7"):
        cases.read_case(folder, "252x7")


def test_examples():
    assert doctest.testmod(cases).failed == 0
