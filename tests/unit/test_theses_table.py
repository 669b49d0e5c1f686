"""The table of all theses: a row for each, with figures or with the reason why there are none."""

import dataclasses

import numpy as np
import pytest

from backtest.run import run
from benchmarks import theses
from data.load import load
from strategies.catalogue import thesis


@pytest.fixture(scope="module")
def market():
    return load("demo")


@pytest.fixture(scope="module")
def result(market):
    return run(thesis("flow-momentum"), market)


def test_a_row_shows_the_measures_of_the_run(result):
    cells = dict(zip(theses.HEADER, theses.row(theses.Outcome(name="flow-momentum", found=result)), strict=True))
    ours = result.summary()
    assert cells["claim"] == "1"
    assert cells["return"] == f"{100 * ours['annual_return']:.1f} %"
    assert cells["Sharpe"] == f"{ours['sharpe']:.2f} ± {ours['sharpe_se']:.2f}"
    assert cells["cost"] == f"{100 * ours['cost_annual']:.2f} %"
    assert cells["t"] == f"{result.timing['t_statistic']:.2f}"
    assert cells["constant mix"] == f"{100 * result.references['constant mix'].summary()['annual_return']:.1f} %"
    assert cells["changes"] == str(np.count_nonzero(np.diff(result.plan.share)))
    assert cells["remark"] == "first score at the decision of 2020-03-27"


def test_a_thesis_that_does_not_run_keeps_its_row_with_the_reason():
    cells = theses.row(theses.Outcome(name="positioning", found="no positioning file"))
    assert len(cells) == len(theses.HEADER)
    assert cells[:2] == ("positioning", "2")
    assert set(cells[2:-1]) == {"-"}
    assert cells[-1] == "does not run: no positioning file"


def test_no_thesis_is_left_out_where_none_can_run(market, monkeypatch):
    # Any error of Eastbound will do: each refusal is a row, not the end of the command.
    monkeypatch.setattr(theses, "run", lambda *_: thesis("no such thesis"))
    found = theses.outcomes(market)
    assert [one.name for one in found] == list(theses.catalogue())
    assert all(isinstance(one.found, str) and "no such thesis" in one.found for one in found)
    assert f"{len(found)} theses, none ran" in theses.caption(market, found)


def test_the_caption_says_which_costs_were_charged(market, result):
    found = [theses.Outcome(name="flow-momentum", found=result)]
    assert '`run.costs = "venue"`' in theses.caption(market, found)
    adjusted = dataclasses.replace(market, price_basis="total_return", close_raw=None)
    told = theses.caption(adjusted, found)
    assert "those that each thesis states" in told
    assert "not charged: commission, half-spread, market impact" in told
    assert "(made up)" in told


def test_a_claim_s_page_gets_the_rows_of_its_theses_alone(market, tmp_path):
    page = tmp_path / "13-dual-liquidity.md"
    page.write_text("before\n<!-- theses-x -->\nstale rows\n<!-- /theses-x -->\nafter\n", encoding="utf-8")
    rows = [theses.row(theses.Outcome(name=name, found="no rates")) for name in ("dual-liquidity", "positioning")]
    theses.write_claims(tmp_path, "theses-x", market, rows)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- theses-x -->\nMarket 'demo (synthetic)' (made up)")
    assert text.endswith("<!-- /theses-x -->\nafter\n")
    assert "| dual-liquidity | - |" in text
    assert "positioning" not in text
    assert "stale rows" not in text
