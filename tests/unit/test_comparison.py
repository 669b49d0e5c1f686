"""Runs side by side: over common dates, equal to what each run measures itself, refused where nothing compares."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import strategies
from backtest import BacktestError, run
from backtest.comparison.page import render_comparison, sentences
from backtest.comparison.side_by_side import compare_runs
from backtest.output import write_run
from data.load import load
from tests.terminal import eastbound

FLOW = strategies.thesis("flow-momentum").replace({"signal.min_history": 60, "signal.history": 252})


@cache
def results():
    return {
        "base": run(FLOW, load("demo", start="2022-01-03")),
        "slow": run(FLOW.replace({"signal.lookback": 60, "run.costs": "venue"}), load("demo", start="2022-01-03")),
        "late": run(FLOW, load("demo", start="2023-06-05")),  # a Monday, on which the others rebalance
        "early": run(FLOW, load("demo", start="2020-01-02", end="2021-12-31")),
        "hong kong": run(FLOW.replace({"run.base_currency": "HKD"}), load("demo", start="2022-01-03")),
        "short": run(FLOW, load("demo", start="2024-11-01")),
        "idle": run(FLOW.replace({"baskets.min_members": 99}), load("demo", start="2024-11-01")),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for name, result in results().items():
        write_run(result, place / name)
    return place


def test_over_whole_runs_the_measures_are_their_own(folder):
    found = compare_runs([folder / "base", folder / "slow"])
    for label in ("base", "slow"):
        ours, row = results()[label].summary(), found.measures.loc[label]
        assert row["final_nav"] == results()[label].nav.iloc[-1]
        # Nothing trades on the first date, and its NAV is the opening one.
        for name in ("total_return", "annual_return", "max_drawdown", "calmar", "turnover"):
            assert row[name] == pytest.approx(ours[name], rel=1e-9), name
        # One return fewer than there are marks: the first is zero.
        assert row["volatility"] == pytest.approx(ours["volatility"], rel=2e-3)
        assert row["cost_annual"] == pytest.approx(ours["cost_annual"], rel=1e-9)


def test_the_others_are_measured_against_the_first(folder):
    found = compare_runs([folder / "base", folder / "slow"])
    row = found.against_first.loc["slow"]
    weekly = [results()[name].nav.resample("W-SUN").last().pct_change().dropna() for name in ("base", "slow")]
    active = weekly[1] - weekly[0]
    assert row["t_statistic"] == pytest.approx(active.mean() / active.sem(), rel=1e-9)
    assert row["correlation"] == pytest.approx(weekly[0].corr(weekly[1]), rel=1e-9)
    assert row["tracking_error"] == pytest.approx(active.std() * np.sqrt(365.25 / 7), rel=1e-9)
    a_year = [results()[name].summary()["annual_return"] for name in ("base", "slow")]
    assert row["active_return"] == pytest.approx(a_year[1] - a_year[0], rel=1e-9)
    assert row["weeks"] == len(active)


def test_only_common_dates_count(folder):
    found = compare_runs([folder / "base", folder / "late"])
    assert found.dates[0] == results()["late"].dates[0]
    since = results()["base"].nav[found.dates[0] :]
    assert found.measures.loc["base", "total_return"] == pytest.approx(since.iloc[-1] / since.iloc[0] - 1, rel=1e-12)
    assert found.growth.iloc[0].tolist() == [1.0, 1.0]
    paid = results()["base"].costs.sum(axis=1)[lambda one: one.index > found.dates[0]].sum()
    trades = results()["base"].trades.set_index("filled").tz_localize(None)
    later = trades[trades.index.normalize() > found.dates[0]]
    assert len(later) < len(trades[found.dates[0] :])  # what is filled on the first date is behind its NAV
    traded = (later["notional"].abs() * later["fx"]).to_numpy() / since[later.index.normalize()].to_numpy()
    assert found.measures.loc["base", "turnover"] == pytest.approx(traded.sum() / 2 / found.years, rel=1e-9)
    expected = paid / since.mean() / found.years
    assert found.measures.loc["base", "cost_annual"] == pytest.approx(expected, rel=1e-9)
    assert any("They cover different dates" in one for one in found.cautions)


def test_settings_that_differ_are_listed_once(folder):
    found = compare_runs([folder / "base", folder / "slow"])
    assert found.settings.index.tolist() == ["thesis.signal.lookback", "run.costs"]
    assert found.settings.loc["run.costs"].tolist() == ["venue-proportional", "venue"]
    assert found.cautions == ("They were charged costs in different ways.",)


def test_what_cannot_be_compared_is_refused(folder, tmp_path):
    for names, message in (
        (["base"], "two or more folders"),
        (["base", "base"], "is given twice"),
        (["base", "hong kong"], "base is in USD and hong kong in HKD"),
        (["base", "early"], "fewer than two dates in common: base 2022-01-03 to 2025-02-14; early 2020-01-02 to"),
        (["base", "nothing"], "is no folder"),
    ):
        with pytest.raises(BacktestError, match=message):
            compare_runs([folder / name for name in names])


def test_labels_are_as_long_as_it_takes(folder, tmp_path):
    write_run(results()["slow"], tmp_path / "other" / "base")
    found = compare_runs([folder / "base", tmp_path / "other" / "base"])
    assert list(found.runs) == [f"{folder.name}/base", "other/base"]


def test_the_verdict_says_what_luck_would_do(folder):
    found = compare_runs([folder / "base", folder / "slow"])
    said = sentences(found)
    a_year = found.measures["annual_return"]
    best = a_year.idxmax()
    assert said[0].startswith(f"Run {best} returned most: {100 * a_year[best]:.1f}")
    t = found.against_first.loc["slow", "t_statistic"]
    assert ("cannot be told from luck" in said[1]) == (abs(t) < 2)
    assert any("has picked its luck too" in one for one in said)


def test_under_a_year_nothing_is_annualised(folder):
    found = compare_runs([folder / "base", folder / "short"])
    page = render_comparison(found)
    assert " a year after costs" not in page
    assert f"{100 * found.measures.loc['short', 'total_return']:.1f}" in page


def test_a_run_that_never_traded_is_compared_like_any_other(folder):
    found = compare_runs([folder / "short", folder / "idle"])
    assert found.measures.loc["idle", ["total_return", "turnover", "cost_annual"]].tolist() == [0.0, 0.0, 0.0]
    earned = round(100 * found.measures.loc["short", "total_return"], 1)
    where = "behind" if earned > 0 else "ahead of"
    assert any(f"idle is {where} short by {abs(earned):.1f} points;" in one for one in sentences(found))


def test_the_page_is_the_same_twice_and_says_that_prices_are_made_up(folder):
    pages = [render_comparison(compare_runs([folder / "base", folder / "slow"])) for _ in range(2)]
    assert pages[0] == pages[1]
    assert "SYNTHETIC MARKET" in pages[0]
    assert "http://" not in pages[0].split("<script")[0]
    assert isinstance(compare_runs([folder / "base", folder / "slow"]).dates, pd.DatetimeIndex)


def test_the_same_run_twice_returned_the_same(folder, tmp_path):
    write_run(results()["base"], tmp_path / "again")
    found = compare_runs([folder / "base", tmp_path / "again"])
    said = sentences(found)
    assert said[0].startswith("All runs returned ")
    assert said[1] == "again and base returned the same, to a tenth of a point."
    assert not len(found.settings)


def test_names_that_may_be_held_are_counted_not_listed(folder, tmp_path):
    fewer = load("demo", universe="big-seven+HK01+HK02+HK03", start="2022-01-03")
    write_run(run(FLOW, fewer), tmp_path / "fewer")
    found = compare_runs([folder / "base", tmp_path / "fewer"])
    n_all, n_any = len(fewer.holdable), len(results()["base"].market.holdable)
    assert f"They may hold different names: {n_all} are in all of them, {n_any} in at least one." in found.cautions
    assert "market.holdable" not in found.settings.index


def test_the_page_is_never_written_over_a_run(folder):
    before = (folder / "base" / "report.html").read_bytes()
    for out, message in (
        (folder / "base" / "report.html", "is a file of the run in"),
        (folder, "is a folder: give a file"),
    ):
        done = eastbound("compare", str(folder / "base"), str(folder / "slow"), "--out", str(out))
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert (folder / "base" / "report.html").read_bytes() == before
    page = folder / "pages" / "compare.html"
    done = eastbound("compare", str(folder / "base"), str(folder / "slow"), "--out", str(page))
    assert done.returncode == 0, done.stderr
    assert page.read_text(encoding="utf-8") == render_comparison(compare_runs([folder / "base", folder / "slow"]))
    # A pipe of 80 columns cuts nothing.
    assert f"{100 * results()['base'].summary()['annual_return']:.1f}\u00a0%" in done.stdout
