"""Whole-portfolio allocations through the ledger: what is asked for, what is held, what gives, and what is refused."""

from typing import get_args

import numpy as np
import pytest

from backtest.config import RunConfig
from backtest.prove import prove_no_lookahead
from backtest.run import RotationResult, run
from backtest.tuning.sweep import sweep
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.optimisers.optimiser import InfeasibleError
from strategies.settings import SIMPLE, Allocation
from tests.mandates import DESTINATION, SOURCE, mandate, walks

KINDS = get_args(Allocation.model_fields["kind"].annotation)
CAPS = {"constraints.name_at_most": 0.3, "constraints.market_at_most": 0.6}


def decided(result: RotationResult) -> list[np.ndarray]:
    """Targets of decisions that weighed anything."""
    assert result.allocated is not None
    return [one.weights for one in result.allocated.decided if one.answer is not None]


def test_the_first_decisions_hold_cash_until_the_sample_is_whole() -> None:
    result = run(mandate(), walks())
    assert result.allocated is not None
    assert result.demands is not None
    statuses = result.demands.statuses
    assert statuses.iloc[:26].eq("cash").all()
    assert statuses.iloc[27:].eq("optimal").all()
    assert np.abs(result.weights.to_numpy()[:100]).max() == 0.0
    assert any("Nobody can be held" in note for note in result.notes)


def test_what_is_asked_for_is_what_plain_numpy_finds() -> None:
    """Closed form: with shorts far from binding the least variance is S^-1 1 over its sum."""
    thesis = mandate(
        {"constraints.name_at_least": -2.0, "run.shorts": True, "run.max_gross": 5.0, "run.borrow_fee": 1.0}
    )
    result = run(thesis, walks())
    one = result.allocated.decided[40]  # type: ignore[union-attr]
    assert one.given is not None
    assert one.given.covariance is not None
    samples = thesis.mandate(walks(), result.plan).samples
    window = samples.window(int(result.plan.targets.decisions.as_unit("ns").asi8[40]))
    assert one.given.covariance == pytest.approx(
        np.cov(window.T) * samples.periods_per_year(int(result.plan.targets.decisions.as_unit("ns").asi8[40])),
        rel=1e-12,
    )
    closed = np.linalg.solve(one.given.covariance, np.ones(8))
    assert one.weights == pytest.approx(closed / closed.sum(), abs=1e-8)


def test_every_decision_keeps_the_limits() -> None:
    result = run(mandate(CAPS), walks())
    for weights in decided(result):
        assert weights.sum() == pytest.approx(1.0, abs=1e-9)
        assert weights.min() >= 0.0
        assert weights.max() <= 0.3 + 1e-9
        assert weights[:4].sum() <= 0.6 + 1e-9
        assert weights[4:].sum() <= 0.6 + 1e-9


def test_the_ledger_holds_what_was_asked_for_and_the_cash_that_is_left() -> None:
    """One venue, decided and filled at one close, no costs: the marks of the decision's date are the targets."""
    thesis = mandate(
        {"run.fill": "same_close", "constraints.net_at_most": 0.9, "constraints.net_at_least": 0.8}, one_venue=True
    )
    result = run(thesis, walks(one_venue=True))
    at = result.weights.index.searchsorted(result.plan.targets.decisions.tz_localize(None).normalize())
    asked = result.allocated.targets.weights  # type: ignore[union-attr]
    held = result.weights.to_numpy()[at]
    assert np.abs(held - asked).max() < 1e-12
    invested = asked.sum(axis=1) > 0.0
    cash = result.cash["USD"].to_numpy()[at] / result.nav.to_numpy()[at]
    assert cash[invested] == pytest.approx(1.0 - asked[invested].sum(axis=1), abs=1e-12)
    assert cash[invested].min() >= 0.1 - 1e-9


def test_simulating_the_targets_gives_the_portfolios_that_were_shown() -> None:
    """Drifted weights of a decision are those of the ledger just before it: shares then, at the prices known then."""
    result = run(mandate({"constraints.turnover_at_most": 0.05, "run.costs": "venue"}), walks())
    allocated = result.allocated
    assert allocated is not None
    for k in (30, 45, 60):
        stamp = allocated.targets.decisions[k]
        one = allocated.decided[k].given
        assert one is not None
        assert one.current is not None
        marked = result.weights[result.weights.index <= stamp.tz_localize(None)].iloc[-1]
        # Hong Kong's close of the day is the last price of both, and no order fills between it and New York's close.
        assert one.current == pytest.approx(marked.reindex(one.names).to_numpy(), abs=1e-12)


def test_turnover_is_from_the_drifted_weights_and_a_month_adds_up() -> None:
    result = run(
        mandate(
            {
                "constraints.turnover_at_most": 0.04,
                "constraints.turnover_per": "month",
                "allocation.when_infeasible": ["turnover"],
            }
        ),
        walks(),
    )
    allocated = result.allocated
    assert allocated is not None
    used: dict[str, float] = {}
    binds = 0
    for stamp, one in zip(allocated.targets.decisions, allocated.decided, strict=True):
        if one.answer is None or one.given is None or one.given.current is None:
            continue
        month = f"{stamp:%Y-%m}"
        assert one.given.turnover_used == pytest.approx(used.get(month, 0.0), abs=1e-12)
        traded = np.abs(one.weights - one.given.current).sum() / 2.0
        given_up = one.answer.relaxed.get("turnover at most", 0.0)
        assert traded <= max(0.04 - one.given.turnover_used, 0.0) + given_up + 1e-7
        used[month] = used.get(month, 0.0) + traded
        binds += traded > 0.039
    assert binds or max(used.values()) > 0.039


def test_a_rotation_says_how_much_and_the_programme_of_what() -> None:
    thesis = mandate({"rotation.rule": "threshold", "rotation.min_share": 0.35, "rotation.max_share": 0.35})
    for weights in decided(run(thesis, walks())):
        # Names are in alphabetical order, Hong Kong first; up to 1e-8 a name is the solver's and moves.
        assert weights[:4].sum() == pytest.approx(0.35, abs=1e-7)
        assert weights[4:].sum() == pytest.approx(0.65, abs=1e-7)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (*SIMPLE, "minimum_variance")])
def test_every_kind_runs_and_beats_equal_weights_by_its_own_measure(kind: str) -> None:
    own = {
        "mean_variance": {"allocation.risk_aversion": 4.0},
        "mean_cvar": {"allocation.tail_aversion": 2.0},
        "minimum_tracking_error": {"constraints.name_at_most": {"US1": 0.05}},
        "black_litterman": {"allocation.risk_aversion": 2.5, "views.level": 69.0, "views.target": 75.0},
    }.get(kind, {})
    caps = {"estimates.returns": "implied"} if kind == "maximum_sharpe" else {}
    result = run(mandate({"allocation.kind": kind, **own, **caps}), walks())
    assert result.demands is not None
    assert result.demands.statuses.iloc[-1] == "optimal"
    optimiser = mandate({"allocation.kind": kind, **own, **caps}).mandate(walks(), result.plan).optimiser()
    for one in result.allocated.decided[::9]:  # type: ignore[union-attr]
        if one.answer is None or one.given is None:
            continue
        equal = np.full(8, 0.125)
        if kind == "minimum_tracking_error":
            assert one.answer.value > 0.0  # equal weights miss the cap
            continue
        ours, theirs = one.answer.value, optimiser.value(one.given, equal)
        better = optimiser.measured().better
        assert better * ours >= better * theirs - 1e-9


def test_raise_names_the_decision_and_the_conflict() -> None:
    with pytest.raises(
        InfeasibleError,
        match=r"mandate, decision of 2023-07-\d\d: 2 demands cannot hold together: "
        r"\(1\) the sum of weights exactly 100 %; \(2\) each name at most 10 %. One has to give: \(1\) to "
        r"80 %; or \(2\) to 12.5 %.",
    ):
        run(mandate({"constraints.name_at_most": 0.1}), walks())


def test_hold_leaves_the_portfolio_alone_and_says_why() -> None:
    """The cap is under what the drift makes of it, and nothing may be traded."""
    changes = {
        "constraints.name_at_most": 0.26,
        "constraints.turnover_at_most": 0.0,
        "allocation.when_infeasible": "hold",
    }
    result = run(mandate(changes | {"allocation.kind": "maximum_diversification"}), walks())
    assert result.demands is not None
    assert result.allocated is not None
    held = result.demands.statuses.eq("held").to_numpy()
    assert held.any()
    assert np.isnan(result.allocated.targets.weights[held]).all()
    assert any("Held: 2 demands cannot hold together" in note for note in result.notes)


def test_relaxing_obeys_the_ranking_and_cash_gives_down_alone() -> None:
    changes = {"constraints.name_at_most": 0.1, "allocation.when_infeasible": ["net", "each name"]}
    result = run(mandate(changes), walks())
    for one in result.allocated.decided:  # type: ignore[union-attr]
        if one.answer is not None:
            assert one.answer.status == "relaxed"
            assert set(one.answer.relaxed) == {"net exactly"}
            assert one.weights.sum() == pytest.approx(0.8, abs=1e-6)
            assert one.weights.max() <= 0.1 + 1e-9


def test_demands_say_what_bound_and_what_it_cost() -> None:
    result = run(mandate(CAPS), walks())
    demands = result.demands
    assert demands is not None
    assert demands.binding["each name at most"].any()
    cost = demands.costs["each name at most"]
    assert (cost[demands.binding["each name at most"]] > 0.0).all()
    assert (cost[~demands.binding["each name at most"]] == 0.0).all()
    assert set(result.without) == {"name_at_most", "market_at_most"}
    free = run(mandate({"constraints.market_at_most": 0.6}), walks())
    assert result.without["name_at_most"].nav.equals(free.nav)  # type: ignore[union-attr]


def test_a_sweep_gives_what_single_runs_give() -> None:
    grid = {"constraints.name_at_most": [0.3, 0.5], "estimates.lookback": [26, 30]}
    found = sweep(mandate(), walks(), grid, threads=1)
    for candidate, settings in enumerate(map(found.space.settings, range(found.space.n))):
        alone = run(mandate(settings), walks()).summary()
        assert found.table["sharpe"].iloc[candidate] == pytest.approx(alone["sharpe"], rel=1e-12)


def test_no_decision_sees_the_future() -> None:
    thesis = mandate(
        CAPS
        | {
            "constraints.turnover_at_most": 0.1,
            "allocation.when_infeasible": ["turnover"],
            "estimates.covariance": "ledoit-wolf",
            "estimates.returns": "shrunk",
        }
    )
    told = list[tuple[int, int]]()
    proof = prove_no_lookahead(
        thesis, walks(), RunConfig(**thesis.run), n_decisions=3, n_random=3, watch=lambda *done: told.append(done)
    )
    assert proof.passed, proof.leaks
    assert proof.n_checks > 10
    n = proof.n_checks - 1  # prices times a constant come last
    assert told == [(done, n) for done in range(n + 1)]


def test_a_basket_by_itself_is_weighed_by_an_optimiser_and_runs_in_lanes() -> None:
    thesis = mandate(
        {
            "allocation.scope": "basket",
            "rotation.rule": "threshold",
            "rotation.min_share": 0.5,
            "rotation.max_share": 0.5,
            "constraints.name_at_most": 0.4,
        }
    )
    result = run(thesis, walks())
    inner = result.plan.targets.inner
    held = inner.sum(axis=2) > 0.0
    assert held[30:].all()
    assert not held[:26].any()
    assert inner.max() <= 0.4 + 1e-9
    assert inner[held].sum(axis=1) == pytest.approx(1.0, abs=1e-9)
    found = sweep(thesis, walks(), {"rotation.max_share": [0.5, 0.7], "constraints.name_at_most": [0.4, 0.5]})
    assert found.table["sharpe"].iloc[0] == pytest.approx(result.summary()["sharpe"], rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"allocation.scope": "basket"}, "rotation.rule = 'free' needs allocation.scope = 'portfolio'"),
        ({"allocation.kind": "equal"}, "allocation.scope = 'portfolio' needs an optimiser"),
        ({"allocation.kind": "mean_variance"}, "mean_variance needs exactly one of risk_aversion, target_return"),
        ({"allocation.target_volatility": 0.1}, "target_volatility = 0.1 is for mean_variance: minimum"),
        ({"allocation.level": 0.9}, "level = 0.9 is for minimum_cvar and mean_cvar: minimum_variance does"),
        ({"allocation.risk_aversion": 5.0}, "risk_aversion beside minimum_variance is for constraints"),
        ({"views.level": 69.0, "views.target": 75.0}, "views.target is for black_litterman"),
        ({"constraints.names_at_most": 3, "constraints.names_exactly": 3}, "say two things; keep one"),
        ({"constraints.names_exactly": 3}, "names_exactly needs position_at_least"),
        ({"constraints.name_at_most": 10}, "constraints.name_at_most = 10: want 2 or less"),
        ({"constraints.turnover_at_most": 20}, "constraints.turnover_at_most = 20: want 10 or less"),
        ({"constraints.turnover_most": 0.1}, "unknown key 'constraints.turnover_most'. Did you mean"),
        ({"views.level": 69.0}, "a view needs both level and target"),
        ({"views.level": 69.0, "views.target": 90.0},
         r"views: optimistic_return = 0.28 is not above the target, \+0.3043: they say nothing"),
        ({"allocation.scope": "basket", "rotation.rule": "linear", "constraints.turnover_at_most": 0.1},
         "constraints.turnover_at_most is on the whole portfolio"),
    ],
)  # fmt: skip
def test_sections_that_do_not_go_together_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(StrategyError, match=message):
        mandate(changes)


def test_a_simple_kind_has_nothing_that_could_be_infeasible() -> None:
    with pytest.raises(StrategyError, match="when_infeasible = 'hold' is for kinds that an optimiser solves: equal"):
        thesis("flow-momentum").replace({"allocation.when_infeasible": "hold"})


def test_another_kind_leaves_what_it_does_not_read() -> None:
    """So that kinds can be swept; what is stated with the kind is not left."""
    views = {"allocation.kind": "black_litterman", "allocation.risk_aversion": 2.5, "views.level": 69.0,
             "views.target": 75.0}  # fmt: skip
    told = mandate(views)
    for kind in ("minimum_variance", "maximum_sharpe", "minimum_cvar"):
        other = told.replace({"allocation.kind": kind})
        assert other.allocation.risk_aversion is None
        assert other.views.target is None
        assert told.section("allocation", {"allocation.kind": kind}) == other.allocation
    assert told.replace({"allocation.kind": "mean_variance"}).allocation.risk_aversion == 2.5
    with pytest.raises(StrategyError, match="risk_aversion = 3.0 is for mean_variance and black_litterman and"):
        told.replace({"allocation.kind": "maximum_sharpe", "allocation.risk_aversion": 3.0})


def test_a_ranking_speaks_of_demands() -> None:
    gives = mandate({"allocation.when_infeasible": ["turnover", "turnovr"]})
    with pytest.raises(StrategyError, match="when_infeasible ranks 'turnovr', which begins no demand's key; want"):
        run(gives, walks())


def test_names_that_the_market_does_not_have_are_refused() -> None:
    with pytest.raises(StrategyError, match="constraints speak of US9, which market .* has no prices of"):
        run(mandate({"constraints.do_not_buy": ["US9"]}), walks())
    for changes in ({"constraints.do_not_buy": ["US1"]}, {"constraints.name_at_most": {"US1": 0.0}}):
        weights = decided(run(mandate(changes), walks()))
        assert max(one[4] for one in weights) == 0.0, SOURCE + DESTINATION
