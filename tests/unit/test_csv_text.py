"""CSV as pandas writes it, byte for byte."""

import numpy as np
import pandas as pd
import pytest

from backtest.output.csv_text import csv_text
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis

DATES = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"], name="date")
FLOATS = [0.1, -0.0, np.nan]
TABLES = {
    "floats": pd.DataFrame({"a": [1e-5, 1e16, 1e-300], "b": FLOATS, "c": [np.inf, -np.inf, 5e-324]}, index=DATES),
    "counts": pd.DataFrame({"a": [1, 2, 3], "b": [True, False, True]}, index=DATES),
    "texts": pd.DataFrame({"a": ["x", "", "z w"], "b": FLOATS}, index=DATES),
    "quoted": pd.DataFrame({"a": ["x,y", 'say "z"', "two\nlines"], "b": FLOATS}, index=DATES),
    "missing texts": pd.DataFrame({"a": ["x", None, "z"], "b": FLOATS}, index=DATES),
    "quoted name": pd.DataFrame({"a,b": FLOATS, "c": FLOATS}, index=DATES),
    "stamps": pd.DataFrame({"a": DATES.tz_localize("UTC") + pd.Timedelta("20h"), "b": FLOATS}, index=DATES),
    "midnights": pd.DataFrame({"a": DATES.tz_localize("UTC"), "b": FLOATS}, index=DATES),
    "parts of a second": pd.DataFrame({"a": DATES.tz_localize("UTC") + pd.Timedelta("1.5s"), "b": FLOATS}, index=DATES),
    "stamps of a place": pd.DataFrame({"a": DATES.tz_localize("America/New_York"), "b": FLOATS}, index=DATES),
    "an index of two levels": pd.DataFrame(
        {"a": FLOATS, "b": FLOATS},
        index=pd.MultiIndex.from_arrays([DATES, ["USD", "HKD", "USD"]], names=["date", None]),
    ),
    "an index of levels to be quoted": pd.DataFrame(
        {"a": FLOATS}, index=pd.MultiIndex.from_arrays([["x,y", "z", "z"], [1, 2, 3]], names=["a", "b"])
    ),
    "an index of two levels, one cell missing": pd.DataFrame(
        {"a": FLOATS}, index=pd.MultiIndex.from_arrays([[1, 2, None], ["x", "y", "z"]], names=["a", "b"])
    ),
    "an index of levels named by numbers": pd.DataFrame(
        {"a": FLOATS}, index=pd.MultiIndex.from_arrays([DATES, ["x", "y", "z"]], names=[1, 0])
    ),
    "after the year 9999": pd.DataFrame(
        {"a": pd.DatetimeIndex(np.array(["12900-01-02", "2024-01-02"], "datetime64[s]"), tz="UTC"), "b": [1.0, 2.0]}
    ),
    "no stamp": pd.DataFrame({"a": DATES.tz_localize("UTC").where([True, False, True]), "b": FLOATS}, index=DATES),
    "dates in a column": pd.DataFrame({"a": DATES, "b": FLOATS}),
    "hours in the index": pd.DataFrame({"a": FLOATS, "b": FLOATS}, index=DATES + pd.Timedelta("1h")),
    "one column": pd.DataFrame({"a": FLOATS}, index=DATES),
    "categories": pd.DataFrame({"a": pd.Categorical(["x", "y", "x"]), "b": FLOATS}, index=DATES),
    "objects": pd.DataFrame({"a": np.array(["x", 1, None], dtype=object), "b": FLOATS}, index=DATES),
    "numbers and texts": pd.DataFrame({"a": np.array([1, "x", "y"], dtype=object), "b": FLOATS}, index=DATES),
    "tuples": pd.DataFrame({"a": pd.Series([("x",), ("y",), ("z",)], index=DATES), "b": FLOATS}),
    "single precision": pd.DataFrame({"a": np.array([0.1, 1.5, 3.0], dtype=np.float32), "b": FLOATS}, index=DATES),
    "no name": pd.DataFrame({np.nan: FLOATS, "b": FLOATS}, index=DATES),
    "no columns": pd.DataFrame(index=DATES),
    "a name of None": pd.DataFrame({None: FLOATS, "b": FLOATS}, index=DATES),
    "no rows": pd.DataFrame({"a": [], "b": []}, dtype=float),
    "a name twice": pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]),
    "two levels": pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
}


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_written_as_pandas_does(name, index):
    assert csv_text(TABLES[name], index=index) == TABLES[name].to_csv(index=index, lineterminator="\n")


def test_the_tables_of_a_run_are_written_as_pandas_does():
    result = run(thesis("flow-momentum"), load("demo", start="2023-01-03", end="2024-06-28"))
    for table in (result.weights, result.trades, result.costs, result.bridge, result.statement, result.nav.to_frame()):
        assert csv_text(table) == table.to_csv(lineterminator="\n")
