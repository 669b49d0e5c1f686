"""summary.json is what its schema says, and the schema tells of every measure."""

import json
import re
from importlib.resources import files

import pandas as pd
import pytest
from jsonschema import Draft202012Validator, ValidationError

from backtest.metrics.summary import summarise
from backtest.output import summary_document
from backtest.output.documents import FORMAT, json_text
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis
from strategies.targets import TargetWeights

SCHEMA = json.loads((files("backtest") / "output" / "summary.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
MEASURES = SCHEMA["$defs"]["measures"]["properties"]


@pytest.fixture(scope="module")
def rotation():
    return run(thesis("flow-momentum"), load("demo", start="2023-01-03", end="2024-06-28"))


@pytest.fixture(scope="module")
def strategy():
    from backtest.engine import simulate

    targets = TargetWeights.from_frame(pd.DataFrame({"US01": [0.5]}, index=["2025-01-22"]))
    return simulate(load("tiny"), targets)


def document(result):
    return json.loads(json_text(summary_document(result)))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT


def test_the_summary_of_a_thesis_and_that_of_any_strategy_are_valid(rotation, strategy):
    for result in (rotation, strategy):
        VALIDATOR.validate(document(result))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: one.update(surplus=1),
        lambda one: one.pop("rotation"),
        lambda one: one.update(strategy=one["rotation"]),
        lambda one: one["rotation"].update(sharpe="high"),
        lambda one: one["references"]["50/50"].pop("sharpe"),
        lambda one: one.update(first_date="2024-1-2"),
        lambda one: one.update(format=2),
        lambda one: one["average_shares"].update(cash=0.1),
    ],
)
def test_what_is_no_summary_is_refused(spoil, rotation):
    spoiled = document(rotation)
    spoil(spoiled)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(spoiled)


def test_every_measure_of_a_run_is_described_with_its_unit(rotation):
    units = (
        "Fraction",
        "Ratio",
        "Count",
        "Base currency",
        "Years",
        "Times NAV",
        "fraction of NAV",
        "Days",
        "t-statistic",
    )
    assert set(rotation.summary()) == set(MEASURES)
    for name, measure in MEASURES.items():
        assert any(unit in measure["description"] for unit in units), f"{name} has no unit"


def test_the_schema_and_the_docstring_tell_of_the_same_measures():
    rows = re.findall(r"^ {8}([a-z0-9_]+(?:, [a-z0-9_]+)*) {2,}\S", summarise.__doc__ or "", flags=re.MULTILINE)
    assert {name for row in rows for name in row.split(", ")} == set(MEASURES)
