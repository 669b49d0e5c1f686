"""Golden summaries: the figures of every thesis on the demo market stay, unless a reason is written down."""

import json
import shutil

import pytest

from strategies.catalogue import catalogue
from tests.golden.summaries import (
    FOLDER,
    LOG,
    differences,
    golden,
    golden_names,
    newest_entries,
    rtol_of,
    summary_text,
    unexplained,
)


def test_every_thesis_has_a_golden_summary_and_every_golden_a_thesis():
    assert golden_names() == list(catalogue())


@pytest.mark.parametrize("name", catalogue())
def test_the_summary_is_the_golden_one(name):
    assert list(differences(golden(name), json.loads(summary_text(name)), rtol=rtol_of(name))) == []


def test_every_change_has_a_reason():
    assert list(unexplained()) == []
    assert set(golden_names()) <= set(newest_entries())


def test_a_change_without_a_reason_is_seen(tmp_path):
    name = catalogue()[0]
    shutil.copy(LOG, tmp_path)
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    (tmp_path / f"{name}.json").write_text(text.replace("1550", "1551") + " ", encoding="utf-8")
    assert [one.split(" ")[0] for one in unexplained(tmp_path)] == [f"{name}.json"]


@pytest.mark.parametrize(
    ("golden_one", "now", "said"),
    [
        ({"a": 1.0}, {"a": 1.0 + 1e-10}, []),
        ({"a": 1.0}, {"a": 1.0 + 1e-8}, ["a: 1.0 became 1.00000001"]),
        ({"n_trades": 5.0}, {"n_trades": 5.000000001}, ["n_trades: 5.0 became 5.000000001"]),
        ({"a": 1.0}, {"a": None}, ["a: 1.0 became None"]),
        ({"a": {"b": ["x"]}}, {"a": {"b": ["y"]}}, ["a.b.0: 'x' became 'y'"]),
        ({"a": ["x"]}, {"a": ["x", "y"]}, ["a: ['x'] became ['x', 'y']"]),
        ({"a": 1.0}, {"b": 1.0}, ["a: gone", "b: new"]),
    ],
)
def test_what_counts_as_a_change(golden_one, now, said):
    assert list(differences(golden_one, now)) == said
