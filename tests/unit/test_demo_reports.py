"""The demo's positioning and 13F filings: when they were known, and that the signals that read them can."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from data.checks.long_tables import check_series
from data.demo.listings import LATE, TAKEN_OVER
from data.demo.reports import FILERS, filing_table, positioning_table
from data.load import load
from strategies.membership import membership
from strategies.rules.filed import filed_weights
from strategies.signals.filing import FilingSignal
from strategies.signals.positioning import PositioningSignal
from strategies.signals.scene import Scene
from tests.digests import digest

# Of the demo before it had these two tables: they are drawn from streams of their own.
PINNED_WITHOUT = "78768218265b7523718592ff70be9b8e90b2e70669ab55647896e8badcaa6cfc"


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(market=load("demo"), venue="XNYS", source="big-seven", destination="hang-seng-tech")


def test_nothing_else_of_the_demo_moved(scene):
    market = scene.market
    rest = {name: table for name, table in market.tables.items() if name not in ("positioning", "holdings_13f")}
    assert digest(dataclasses.replace(market, tables=rest)) == PINNED_WITHOUT


def test_positioning_is_monthly_and_comes_late():
    table = positioning_table(7)
    assert set(table["metric"]) == {"allocation", "benchmark"}
    assert (table["date"].min(), table["date"].max()) == (pd.Timestamp("2014-02-28"), pd.Timestamp("2025-01-31"))
    assert table["date"].dt.is_month_end.all()
    lag = (table["known"].dt.tz_localize(None) - table["date"]).groupby(table["metric"]).agg(["min", "max"])
    assert lag.loc["allocation"].tolist() == [pd.Timedelta(days=8, hours=13)] * 2
    assert lag.loc["benchmark"].tolist() == [pd.Timedelta(days=2, hours=21)] * 2
    assert table["value"].between(0.5, 20).all()
    assert not positioning_table(8)["value"].equals(table["value"])


def test_filings_come_40_to_45_days_after_the_quarter_on_weekdays():
    table = filing_table(7)
    assert tuple(sorted(set(table["filer"]))) == tuple(sorted(FILERS))
    assert all(filer.startswith("Made-up ") for filer in FILERS)
    wait = (table["filed"] - table["period"]).dt.days
    assert (wait.min(), wait.max()) == (40, 45)
    assert (table["filed"].dt.day_of_week < 5).all()
    assert table.groupby("filer")["period"].nunique().tolist() == [25] * 4
    assert not {*LATE, TAKEN_OVER} & set(table["symbol"])
    assert (table["value_usd"] > 0).all()
    assert 0.02 < (table["type"] == "Put").mean() < 0.15


def test_a_percentile_of_five_years_is_there_from_the_start(scene):
    signal = PositioningSignal()
    signal.check(scene.market)
    found = signal.read(scene)
    assert np.isfinite(found.value[scene.in_run]).all()
    year = found.score[scene.in_run][:250]
    assert np.isfinite(year).sum() > 50
    assert found.notes == ()


def test_every_filer_is_followed_from_the_start(scene):
    market, stamps = scene.market, scene.stamps[::60]
    for filer in FILERS:
        FilingSignal(filers=(filer,)).check(market)
        score = FilingSignal(filers=(filer,)).read(scene).score
        assert (score[scene.in_run] == 1.0).all()
    members = membership(market, "hang-seng-tech", stamps, scene.dates[::60], 1)
    weights = filed_weights(market, members, stamps, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)


def test_no_check_finds_fault_with_them(scene):
    market = scene.market
    assert not list(check_series({"positioning": market.tables["positioning"]}, {}, market.last_day))
    assert not [one for one in market.findings if "positioning" in str(one) or "13f" in str(one).lower()]
