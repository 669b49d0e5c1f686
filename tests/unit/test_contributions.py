"""Contributions by name against plain loops over trades and actions, and numbers to redo by hand."""

import numba
import numpy as np
import pandas as pd
import pytest

from backtest.attribution.contributions import contributions
from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.errors import BacktestError
from data.costs.schedules import COST_KINDS
from data.load import load
from strategies.targets import TargetWeights
from tests.markets import PLAIN, make_market
from tests.worlds import full_case

SEEDS = range(60 if not numba.config.DISABLE_JIT else 6)


def tiny():
    """Half in each, then all in New York: the run of docs/tiny.md."""
    frame = pd.DataFrame({"US01": [0.5, 1.0], "HK01": [0.5, 0.0]}, index=["2025-01-22", "2025-01-28"])
    return simulate(load("tiny"), TargetWeights.from_frame(frame), RunConfig(costs=FlatCosts(bps=10)))


def plain_totals(result):
    """Oracle: by date and name, what it is worth more, less what was put in, from the public frames alone."""
    values = result.weights.mul(result.nav, axis=0)
    totals = values.diff().fillna(values.iloc[[0]])
    rows = result.prepared.timeline.row
    positions = {row: at for at, row in enumerate(result.rows.tolist())}
    index, _ = result.fills
    for event, trade in zip(index[:, 1].tolist(), result.trades.to_dict("records"), strict=True):
        day = positions[rows[event]]
        totals.iloc[day, totals.columns.get_loc(trade["symbol"])] -= trade["fx"] * (
            trade["notional"] + sum(trade[kind] for kind in COST_KINDS)
        )
    return totals


def plain_actions(result, totals):
    """Add to the oracle what a dividend or delisting gave and a reinvestment took, at the FX of the moment."""
    fx = result.prepared.world.fx
    stamps, rows = result.prepared.timeline.stamp, result.prepared.timeline.row
    positions = {row: at for at, row in enumerate(result.rows.tolist())}
    signs = {"dividend due": 1.0, "delisted": 1.0, "dividend reinvested": -1.0}
    actions = result.actions
    for at, symbol, what, money, shares, amount in zip(
        actions["at"].astype("int64"), actions["symbol"], actions["what"], actions["money"], actions["shares"],
        actions["amount"], strict=True,
    ):  # fmt: skip
        if what not in signs:
            continue
        event = int(np.flatnonzero(stamps == at)[0])
        column = totals.columns.get_loc(symbol)
        rate = fx[event, result.prepared.world.currency[column]]
        paid = shares * amount if what == "dividend reinvested" else money
        totals.iloc[positions[rows[event]], column] += signs[what] * paid * rate
    return totals


def test_tiny_by_hand():
    found = contributions(tiny())
    # HK01: 49,950.05 shares bought at 78, sold at 84 HKD on 3 February at 1 / 7.80; costs 0.001 of both sides.
    bought, sold = 49_950.04995 * 78 / 7.8, 49_950.04995 * 84 / 7.8
    assert found.table.loc["HK01", "costs"] == pytest.approx(-0.001 * (bought + sold), rel=1e-9)
    assert found.table.loc["HK01", "total"] == pytest.approx((sold - bought) - 0.001 * (bought + sold), rel=1e-9)
    assert found.costs_by_kind("market").loc["XHKG", "other_cost"] == pytest.approx(-0.001 * (bought + sold), rel=1e-9)
    assert found.by("market").index.tolist() == ["XHKG", "XNYS", "cash"]
    assert found.by("sector").index.tolist() == ["cash", "unknown"]
    assert found.by("currency").index.tolist() == ["HKD", "USD"]
    assert found.by("name").index.tolist() == ["HK01", "US01", "cash HKD", "cash USD"]
    by_month = found.by("name", "month")
    assert by_month.index.get_level_values("month").unique().tolist() == ["2025-01", "2025-02"]
    assert by_month["total"].sum() == pytest.approx(found.change.sum(), rel=1e-12)


def test_months_are_what_cutting_them_out_gives():
    found = contributions(tiny())
    for key in ("market", "sector", "name", "currency"):
        by_month = found.by(key, "month")
        for month, last in (("2025-01", "2025-01-31"), ("2025-02", "2025-02-28")):
            cut = found.between(f"{month}-01", last).by(key)
            np.testing.assert_allclose(by_month.loc[month], cut, rtol=0, atol=1e-9)
            assert by_month.loc[month].index.equals(cut.index)


def test_a_run_before_its_first_mark_has_brought_nothing():
    whole = tiny()
    stamp = int(whole.prepared.timeline.stamp[0])
    found = contributions(simulate(whole.market, whole.targets, whole.config, until=stamp))
    assert found.by("market")["total"].tolist() == [0.0, 0.0, 0.0]
    assert found.by("market", "year").empty
    with pytest.raises(BacktestError, match="no mark"):
        found.between()


def test_tiny_by_a_plain_loop():
    result = tiny()
    found, totals = contributions(result), plain_totals(result)
    ours = found.price + found.currency + found.dividends + found.costs
    np.testing.assert_allclose(ours[:, : totals.shape[1]], totals, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_totals_by_name_equal_a_plain_loop_with_everything_on(seed):
    case, config = full_case(seed)
    # Carry is looked at on its own below: its amounts stand in no frame by name.
    config = config.model_copy(update={"dividend_yield": 0.0, "borrow_fee": 0.0 if config.shorts else None})
    result = simulate(case.market, case.targets, config)
    found = contributions(result)
    totals = plain_actions(result, plain_totals(result))
    n = totals.shape[1]
    ours = found.price[:, :n] + found.currency[:, :n] + found.dividends[:, :n] + found.costs[:, :n]
    ours = ours - found.carry["borrow_fee"][:, :n]
    np.testing.assert_allclose(ours, totals, rtol=0, atol=1e-10 * result.nav.max())


def test_borrow_fees_go_to_the_name_that_is_short():
    # 100,000 each way: US1 pays 36 % a year, US2 18 %; basis 360, so 100 and 50 a day.
    borrow = [
        {"date": "2024-01-01", "symbol": symbol, "fee_pct": fee, "available": np.nan}
        for symbol, fee in (("US1", 36.0), ("US2", 18.0))
    ]
    market = make_market({"US1": 100.0, "US2": 50.0, "US3": 10.0}, "2024-01-02", "2024-01-05", borrow=borrow)
    frame = pd.DataFrame({"US1": [-0.1], "US2": [-0.1], "US3": [0.5]}, index=["2024-01-02"])
    config = RunConfig(**PLAIN, shorts=True, max_gross=1.5, borrow_fee=1.0)
    found = contributions(simulate(market, TargetWeights.from_frame(frame), config))
    kinds = found.costs_by_kind()
    assert kinds["borrow_fee"].round(6).to_dict() == {"US1": -200.0, "US2": -100.0, "US3": 0.0, "cash USD": 0.0}
    assert found.by_date["costs"].round(6).tolist() == [0.0, 0.0, -150.0, -150.0]


def test_halves_cut_anywhere_leave_nothing_over():
    for seed in SEEDS[:30]:
        case, config = full_case(seed)
        stamps = simulate(case.market, case.targets, config).prepared.timeline.stamp
        at = int(stamps[np.random.default_rng(seed).integers(len(stamps))])
        before = simulate(case.market, case.targets, config, until=at)
        for half in (before, simulate(case.market, case.targets, config, resume=before.state)):
            if len(half.dates):
                rest = contributions(half).by_date["residual"] - half.bridge["residual"]
                assert rest.abs().max() <= 1e-10 * half.nav.max(), seed


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda found: found.by("country"), "cannot be grouped by 'country'; want market, sector, name, currency"),
        (lambda found: found.by("market", "week"), "by period 'week'; want year, month"),
        (lambda found: found.costs_by_kind("country"), "cannot be grouped by 'country'"),
        (lambda found: found.between("2026-01-01"), "No date between 2026-01-01 and 2025-02-04"),
        (lambda found: found.between("soon"), "'soon' is no date"),
        (lambda found: found.between(pd.NaT), "is no date"),
    ],
)
def test_what_cannot_be_asked_is_said(ask, said):
    with pytest.raises(BacktestError, match=said):
        ask(contributions(tiny()))
