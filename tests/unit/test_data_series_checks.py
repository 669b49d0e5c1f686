"""Checks of long series, on tables small enough to redo by hand."""

import numpy as np
import pandas as pd

from data.checks.long_tables import check_series, series_of

DATES = pd.date_range("2024-01-05", periods=40, freq="W-FRI")


def positioning() -> pd.DataFrame:
    """Two metrics of one entity on the same dates: one counts in units, the other in millions."""
    rows = [
        {"date": date, "entity": "CHINA", "metric": metric, "value": size + step, "known": date.value}
        for step, date in enumerate(DATES)
        for metric, size in (("funds", 100.0), ("usd", 1e8))
    ]
    return pd.DataFrame(rows)


def test_bug_each_metric_of_an_entity_is_a_series_of_its_own():
    labels = {label: rows["value"].tolist() for label, rows in series_of("positioning", positioning())}
    assert list(labels) == ["CHINA funds", "CHINA usd"]
    assert labels["CHINA funds"] == [100.0 + step for step in range(40)]


def test_bug_a_metric_that_begins_later_is_no_change_of_unit():
    table = positioning()
    late = table[(table["metric"] == "funds") | (table["date"] >= DATES[20])]
    end = np.datetime64(DATES[-1].date(), "D")
    assert [one.check for one in check_series({"positioning": late}, {}, end)] == []
    only_usd = late.drop_duplicates(["entity", "date"], keep="last").drop(columns="metric")
    assert [one.check for one in check_series({"positioning": only_usd}, {}, end)] == ["D505"]
