"""Outcomes that are kept: every thesis, and a changed result is seen and named."""

import copy
import json
import subprocess
import sys

import pytest

from backtest.run import run
from benchmarks import outcomes
from benchmarks.gates.results import compare_results
from benchmarks.gates.verdicts import Verdict
from data.fingerprint import market_hash
from data.load import load
from strategies.catalogue import catalogue, thesis
from tests.golden.summaries import demo_run


@pytest.fixture
def accepted():
    return json.loads(outcomes.ACCEPTED.read_text(encoding="utf-8"))


def test_every_thesis_is_there_with_every_group_of_settings(accepted):
    names = [f"{name}, {title}" for name in catalogue() for title in outcomes.settings_of(thesis(name))]
    assert "flow-momentum, volume for flows" in names
    assert list(accepted["outcomes"]) == names
    assert accepted["data"] == market_hash(load("demo"))


def run_or_known(one, market):
    """Run a thesis, or take the run that the golden summaries are made of."""
    return demo_run(one.name) if one == thesis(one.name) else run(one, market)


def test_the_outcomes_are_the_accepted_ones(accepted, monkeypatch):
    monkeypatch.setattr(outcomes, "run", run_or_known)
    now = outcomes.document(load("demo"))
    assert outcomes.changes(accepted, now) == []
    table = outcomes.as_table(now["outcomes"]).splitlines()
    assert len(table) == 2 + len(now["outcomes"])


def planted(accepted, name="flow-momentum, as catalogued", by=1e-6):
    changed = copy.deepcopy(accepted)
    changed["outcomes"][name]["sharpe"] *= 1.0 + by
    return changed


def test_a_planted_change_of_result_fails_the_gate(accepted):
    found = compare_results(accepted, planted(accepted))
    assert [one.subject for one in found if one.verdict is Verdict.FAILED] == ["flow-momentum, as catalogued"]
    (said,) = [one.said for one in found if one.verdict is Verdict.FAILED]
    assert said.startswith("sharpe: ")
    assert said.endswith("not accepted")


def test_rounding_passes_the_gate(accepted):
    found = compare_results(accepted, planted(accepted, by=1e-12))
    assert {one.verdict for one in found} == {Verdict.PASSED}


def test_an_accepted_change_passes_and_is_named(accepted):
    found = compare_results(planted(accepted), accepted)
    assert {one.verdict for one in found} == {Verdict.PASSED}
    (changed,) = [one.said for one in found if one.said != "the same"]
    assert changed.startswith("1 measures differ, accepted: ")


def test_a_thesis_that_is_lost_fails_the_gate(accepted):
    fewer = copy.deepcopy(accepted)
    del fewer["outcomes"]["flow-momentum, as catalogued"]
    found = compare_results(accepted, fewer)
    assert [one.subject for one in found if one.verdict is Verdict.FAILED] == ["flow-momentum, as catalogued"]
    nothing = compare_results(accepted, accepted | {"outcomes": {}})
    assert {one.verdict for one in nothing} == {Verdict.FAILED}


def test_other_data_fail_the_gate(accepted):
    found = compare_results(accepted, accepted | {"data": "0" * 64})
    assert [one.subject for one in found if one.verdict is Verdict.FAILED] == ["data"]


def test_an_earlier_commit_that_cannot_run_is_not_compared(accepted):
    found = compare_results("ImportError: no module", accepted)
    assert {one.verdict for one in found} == {Verdict.SKIPPED}
    assert found[0].said == "ImportError: no module"


def test_a_reason_is_asked_for():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.outcomes", "--accept", "because"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "say why" in done.stderr
    assert done.stdout == "", "before any thesis is run"
