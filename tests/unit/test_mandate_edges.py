"""Where mandates went wrong once: each test names the fault."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.report.frames import Frames
from backtest.report.page import sections
from backtest.report.sections.allocation import allocation
from backtest.report.tables import MISSING
from backtest.run import run
from backtest.tuning.sweep import sweep
from strategies.errors import StrategyError
from strategies.mandates.estimating import Sampled, estimate
from strategies.mandates.sections import Estimates, HouseView
from strategies.optimisers import BlackLitterman, Inputs, MinimumVariance, Participation
from strategies.optimisers.solving import keeps
from strategies.thesis import Thesis
from tests.mandates import DESTINATION, SOURCE, mandate, walks


def of_baskets(source: tuple[str, ...], destination: tuple[str, ...], changes: Mapping[str, Any]) -> Thesis:
    given = mandate(changes).model_dump(exclude_none=True)
    given["baskets"] |= {"source": source, "destination": destination}
    return Thesis.from_mapping(given, "mandate")


def test_a_mandate_of_no_bounds_but_long_only_has_a_report():
    """Without a row that bounds a name the solver had no bounds at all."""
    result = run(mandate({"constraints.beta_at_most": 0.9, "allocation.when_infeasible": ["exposure"]}), walks())
    assert result.demands is not None
    assert result.demands.costs["each name at least"].notna().any()
    assert "mandate" in {section.key for section in sections(result)}
    given = Inputs.of({"covariance": np.array([[0.04, 0.05], [0.05, 0.09]])})
    # Without the floor the closed form: 0.04 short of the second for 1.33 of the first.
    assert MinimumVariance().without("each name at least", given) == pytest.approx(
        np.sqrt(1.0 / np.linalg.inv(given.covariance).sum()), rel=1e-9
    )


def test_estimates_of_other_baskets_are_others():
    """What is kept of a market was asked for by names alone, and the benchmark came from the other thesis."""
    kind = {"allocation.kind": "minimum_tracking_error"}
    first = run(of_baskets(SOURCE, DESTINATION, kind), walks())
    second = run(of_baskets(SOURCE[:1], (*SOURCE[1:], *DESTINATION), kind), walks())
    benchmarks = [one.allocated.decided[-1].given.benchmark for one in (first, second)]  # type: ignore[union-attr]
    assert benchmarks[0] == pytest.approx(np.full(8, 0.125))
    assert benchmarks[1] == pytest.approx([0.5 / 7] * 4 + [0.5] + [0.5 / 7] * 3)


def test_lanes_refuse_what_a_single_run_refuses():
    basket = mandate({"allocation.scope": "basket", "rotation.rule": "threshold"})
    with pytest.raises(BacktestError, match="turnover_at_most = 0.1: constraints.turnover_at_most is on the whole"):
        sweep(basket, walks(), {"constraints.turnover_at_most": [0.1, 1.0]})


def test_a_basket_with_too_few_members_is_cash():
    """Its names had to go and its share had to be held: there was no portfolio."""
    thesis = mandate({"rotation.rule": "threshold", "rotation.min_share": 0.35, "rotation.max_share": 0.35,
                      "baskets.min_members": 5})  # fmt: skip
    result = run(thesis, walks())
    assert result.demands is not None
    assert result.demands.statuses.eq("cash").all()
    four = of_baskets((*SOURCE, *DESTINATION[:1]), DESTINATION[1:], {"rotation.rule": "threshold",
                      "rotation.min_share": 0.35, "rotation.max_share": 0.35, "baskets.min_members": 4})  # fmt: skip
    result = run(four, walks())
    asked = result.allocated.targets.weights[-1]  # type: ignore[union-attr]
    assert asked.sum() == pytest.approx(0.65, abs=1e-9)
    assert any("Nobody of the destination can be held: its share stays in cash" in note for note in result.notes)


def test_a_group_that_nobody_belongs_to_is_refused():
    with pytest.raises(StrategyError, match="market_at_most speaks of 'XHGK', and no name of the baskets is of that "
                       "market; want XHKG, XNYS"):  # fmt: skip
        run(mandate({"constraints.market_at_most": {"XHGK": 0.1}}), walks())


def test_a_view_on_a_destination_outside_the_benchmark_is_a_view_all_the_same():
    views = {"allocation.kind": "black_litterman", "allocation.risk_aversion": 2.5, "views.level": 69.0,
             "views.target": 75.0, "estimates.benchmark_share": 0.0}  # fmt: skip
    result = run(mandate(views), walks())
    assert result.allocated.targets.weights[-1].sum() == pytest.approx(1.0)  # type: ignore[union-attr]
    told = [note for note in result.notes if note.startswith("A target of 75 from 69")]
    assert len(told) == 1
    assert "and at 51 more decisions" in told[0]


def test_black_litterman_without_a_view_says_so():
    result = run(mandate({"allocation.kind": "black_litterman", "allocation.risk_aversion": 2.5}), walks())
    assert any(note.startswith("No view is stated: the prior stands alone.") for note in result.notes)


@pytest.mark.parametrize("is_destination", [[True, False, True], [False, False, False]])
def test_a_prior_alone_is_as_uncertain_in_a_thesis_as_in_the_optimiser(is_destination: list[bool]):
    returns = np.random.default_rng(4).normal(0.001, 0.02, (60, 3))
    sampled = Sampled(
        names=("A", "B", "C"), venues=("XNYS",) * 3, returns=returns, is_destination=np.array(is_destination),
        score=float("nan"), periods_per_year=52.0,
    )  # fmt: skip
    view = HouseView(level=69.0, target=75.0, tau=0.1) if not any(is_destination) else HouseView(tau=0.1)
    found = estimate(sampled, Estimates(covariance="sample"), view)
    risk = 52.0 * np.cov(returns.T)
    np.testing.assert_allclose(found.covariance, 1.1 * risk, rtol=1e-12)
    np.testing.assert_allclose(found.expected_returns, Estimates().risk_aversion * risk @ found.benchmark, rtol=1e-9)
    given = Inputs.of({"covariance": risk, "benchmark": found.benchmark})
    posterior, _ = BlackLitterman(risk_aversion=Estimates().risk_aversion, tau=0.1).posterior(given)
    np.testing.assert_allclose(posterior.covariance, found.covariance, rtol=1e-12)


@pytest.mark.parametrize("gives", ["hold", ["net"], ["each name", "hold"]])
def test_a_basket_by_itself_has_no_portfolio_to_hold(gives: object):
    with pytest.raises(StrategyError, match="'basket' has no portfolio to hold and no cash"):
        mandate({"allocation.scope": "basket", "rotation.rule": "threshold", "allocation.when_infeasible": gives})


def test_limits_of_names_may_speak_of_the_other_basket():
    thesis = mandate({"allocation.scope": "basket", "rotation.rule": "threshold", "rotation.min_share": 0.5,
                      "rotation.max_share": 0.5, "constraints.name_at_most": {"US1": 0.1}})  # fmt: skip
    targets = run(thesis, walks()).plan.targets
    assert targets.inner[-1, 0, targets.assets.index("US1")] <= 0.1 + 1e-9


def test_what_is_kept_cannot_be_written_to():
    result = run(mandate(), walks())
    given = result.allocated.decided[-1].given  # type: ignore[union-attr]
    for array in (given.covariance, given.scenarios, given.benchmark):  # type: ignore[union-attr]
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0  # type: ignore[index]


def test_a_large_limit_does_not_blind_the_check_of_the_others():
    optimiser = MinimumVariance(constraints=[Participation(at_most=1.0)])
    given = Inputs.of({"covariance": np.diag([0.04, 0.01]), "volume": [1e4, 1e4], "current": [0.5, 0.5]})
    programme = optimiser._programme(given)
    numbers = programme.numbers(given)
    solution = optimiser.solved(programme, given)
    assert keeps(programme.form, numbers, solution)
    solution.x[programme.weight_columns] *= 1.0005
    assert not keeps(programme.form, numbers, solution)


def test_costs_that_the_objective_counts_are_those_of_the_fills():
    """The exchange of currency was left out."""
    changes = {"run.costs": "venue-proportional", "constraints.costs": True, "allocation.risk_aversion": 5.0,
               "allocation.kind": "mean_variance"}  # fmt: skip
    result = run(mandate(changes), walks())
    allocated, trades = result.allocated, result.trades[result.trades["symbol"] == "HK2"]
    assert allocated is not None
    kinds = list(trades.columns[trades.columns.get_loc("notional") + 1 :])  # type: ignore[operator]
    for side in ("buy", "sell"):
        one = trades[trades["side"] == side].iloc[-1]
        given = allocated.decided[allocated.targets.decisions.get_loc(one["decided"])].given  # type: ignore[index]
        assert given is not None
        rates = given.buy_cost if side == "buy" else given.sell_cost
        assert rates is not None
        charged = one[kinds].sum() / abs(one["notional"])
        # The exchange is charged on what is paid, fees included: two parts in ten thousand more.
        assert charged == pytest.approx(rates[given.names.index("HK2")], rel=3e-4)
    with pytest.raises(StrategyError, match="costs beside minimum_variance needs allocation.risk_aversion"):
        mandate({"constraints.costs": True})


def test_a_demand_costs_nothing_where_it_does_not_apply():
    """Its average was over the decisions at which it applied, and said to be over all."""
    demands = run(mandate(), walks()).demands
    assert demands is not None
    days = pd.date_range("2025-01-03", periods=4, freq="W-FRI", tz="UTC")
    demands.__dict__["prices"] = pd.DataFrame({"leaving": [np.nan, np.nan, 0.0, 2.0], "net": [1.0] * 4}, index=days)
    demands.__dict__["costs"] = pd.DataFrame({"leaving": [np.nan, np.nan, 0.0, 0.4], "net": [np.nan, 0.1, 0.2, 0.3]},
                                             index=days)  # fmt: skip
    assert demands.mean_costs.to_dict() == {"leaving": pytest.approx(0.1), "net": pytest.approx(0.2)}


def test_risk_parity_shows_no_shadow_prices():
    """Multipliers of its own programme stood there, some of them of thirteen digits."""
    result = run(mandate({"allocation.kind": "risk_parity", "constraints.name_at_most": 0.15}), walks())
    assert result.demands is not None
    assert result.demands.binding["each name at most"].any()
    shown = allocation(Frames(result), result.demands)
    table = next(one.table for one in shown.exhibits if one.title == "The demands")
    assert table is not None
    assert {row[table.head.index("Shadow price")] for row in table.rows} == {MISSING}
    assert "Shadow prices are not known of this measure" in shown.exhibits[0].caption
    assert not any(one.title == "Shadow prices" for one in shown.exhibits)
