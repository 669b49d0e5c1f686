"""What is done where no portfolio keeps all demands: refuse, hold, or give demands up in an order."""

import numpy as np
import pytest

from strategies.errors import StrategyError, UnsolvedError
from strategies.optimisers import (
    Bounds,
    DoNotTrade,
    GroupLimits,
    InfeasibleError,
    Inputs,
    MaximumSharpe,
    MeanVariance,
    MinimumCVaR,
    MinimumVariance,
    Net,
    TrackingError,
    Turnover,
    Volatility,
)
from tests.unit.test_conflicts import GIVEN, HEAVY

CAPS = [Bounds(at_most={"A": 0.4}), Turnover(at_most=0.2)]
SAID = (
    "3 demands cannot hold together: (1) the sum of weights exactly 100 %; (2) A at most 40 %; (3) turnover at most "
    "20 %. One has to give: (1) to 80 %; or (2) to 50 %; or (3) to 30 %."
)


def answer(when, constraints=CAPS, given=None, optimiser=MinimumVariance, **more):
    given = Inputs.of(GIVEN | (HEAVY if given is None else given))
    return optimiser(constraints=constraints, when_infeasible=when, **more).allocate(given)


def test_the_whole_message_of_a_refusal():
    with pytest.raises(InfeasibleError) as refused:
        answer("raise")
    assert str(refused.value) == SAID
    assert str(refused.value.conflict) == SAID


def test_the_message_of_a_demand_that_nothing_keeps():
    with pytest.raises(InfeasibleError) as refused:
        answer("raise", [GroupLimits(of="sector", at_least={"z": 0.1})], HEAVY | {"absent": ["z"]})
    assert str(refused.value) == (
        "No portfolio can keep 'sector z at least 10 %' by itself; the nearest limit that one can keep: 0 %."
    )


def test_the_whole_message_of_names_that_are_frozen():
    with pytest.raises(InfeasibleError) as refused:
        answer(
            "raise",
            [DoNotTrade(names=["A", "B"]), GroupLimits(of="sector", at_most={"x": 0.5})],
            {"current": [0.4, 0.2, 0.2, 0.2]},
        )
    assert str(refused.value) == (
        "2 demands cannot hold together: (1) A, B not traded; (2) sector x at most 50 %. One has to give: (1) to "
        "limits 5 % wider; or (2) to 60 %."
    )


def test_the_message_of_names_frozen_at_one_weight():
    with pytest.raises(InfeasibleError) as refused:
        answer("raise", [DoNotTrade(names=["A"]), Bounds(at_most=0.5)])
    assert str(refused.value) == (
        "2 demands cannot hold together: (1) A not traded (stays at 70 %); (2) each name at most 50 %. One has to "
        "give: (1) to 50 %; or (2) to 70 %."
    )


def test_hold_keeps_the_drifted_weights():
    held = answer("hold")
    np.testing.assert_array_equal(held.weights, HEAVY["current"])
    assert (held.status, held.solver, held.prices) == ("held", "", ())
    assert np.isnan(held.value)
    assert held.remarks == (f"Held: {SAID}",)
    assert str(held.conflict) == SAID


def test_hold_of_nothing_is_cash():
    held = answer("hold", [Bounds(at_most=0.2)], {})
    np.testing.assert_array_equal(held.weights, np.zeros(4))
    assert held.status == "held"


@pytest.mark.parametrize(
    ("ranking", "moved", "weights"),
    [
        (["turnover"], {"turnover at most": 0.1}, [0.4, 0.2, 0.2, 0.2]),
        (["A at most"], {"A at most": 0.1}, [0.5, 1 / 6, 1 / 6, 1 / 6]),
        (["net"], {"net exactly": -0.2}, [0.4, 0.4 / 3, 0.4 / 3, 0.4 / 3]),
        # What stands first gives first, and all that is needed.
        (["turnover", "A at most"], {"turnover at most": 0.1}, [0.4, 0.2, 0.2, 0.2]),
        (["A at most", "turnover"], {"A at most": 0.1}, [0.5, 1 / 6, 1 / 6, 1 / 6]),
        (["sector", "turnover", "A"], {"turnover at most": 0.1}, [0.4, 0.2, 0.2, 0.2]),
    ],
)
def test_what_stands_first_gives_first(ranking, moved, weights):
    given = answer(ranking)
    assert given.status == "relaxed"
    # A hair more than needed, so that the rest has an inside: some 1e-8.
    assert given.relaxed == {key: pytest.approx(move, abs=1e-7) for key, move in moved.items()}
    np.testing.assert_allclose(given.weights, weights, rtol=0, atol=1e-6)
    said = "; ".join(f"{key} moved by {100 * move:g} %" for key, move in moved.items())
    assert given.remarks == (f"Given up: {said}. {SAID}",)
    assert str(given.conflict) == SAID


def test_that_more_had_to_give_than_the_conflict_explains_is_said():
    constraints = [Bounds(at_most=0.2), GroupLimits(of="sector", at_most=0.3)]
    given = answer(["sector", "each name"], constraints)
    assert given.relaxed.keys() == {"each name at most", "sector x at most", "sector y at most"}
    assert given.remarks[0].endswith(
        "One has to give: (1) to 60 %; or (2) to 25 %, and more besides. More had to give, for other demands cannot "
        "hold together either."
    )


def test_where_the_ranking_does_not_help_the_conflict_of_what_is_kept_is_named():
    """It named turnover and net, which the ranking gives, and not the name over its cap that nobody may sell."""
    constraints = [Turnover(at_most=0.01), Net(exactly=1.0), DoNotTrade(names=["A"]), Bounds(at_most=0.3)]
    with pytest.raises(InfeasibleError, match="does not help") as refused:
        answer(["net", "turnover"], constraints)
    assert {one.key for one in refused.value.conflict.clashes} == {"not traded", "each name at most"}


def test_later_demands_give_only_what_the_earlier_ones_cannot():
    # A has to fall to 40 % though not more than 10 % of volume may be sold; sector x has to stay at 75 % or more.
    constraints = [
        Bounds(at_most={"A": 0.4}),
        GroupLimits(of="sector", at_least={"x": 0.75}),
        Bounds(at_most={"B": 0.2}),
        Turnover(at_most=0.2),
    ]
    given = answer(["turnover", "B at most"], constraints)
    # B has to be 35 % for the sector's floor, whatever turnover gives; then turnover is 30 %.
    assert given.relaxed == {
        "B at most": pytest.approx(0.15, abs=1e-7),
        "turnover at most": pytest.approx(0.1, abs=1e-7),
    }
    given = answer(["B at most", "turnover"], constraints)
    # The other way round turnover is spared as long as B can give; it cannot for the whole.
    assert given.relaxed["turnover at most"] == pytest.approx(0.1, abs=1e-7)
    assert given.relaxed["B at most"] == pytest.approx(0.15, abs=1e-7)


def test_demands_of_one_rank_give_as_little_as_they_can_together():
    given = answer(["sector"], [GroupLimits(of="sector", at_most={"x": 0.3, "y": 0.5})], {})
    assert sum(given.relaxed.values()) == pytest.approx(0.2, abs=1e-7)
    assert given.weights.sum() == pytest.approx(1.0, abs=1e-8)


def test_what_may_give_does_not_help():
    with pytest.raises(InfeasibleError) as refused:
        answer(["sector", "turnover"], [*CAPS, Bounds(at_most=0.2)])
    assert "each name at most" in {one.key for one in refused.value.conflict.clashes}
    assert str(refused.value).endswith(" What may be given up (sector, turnover) does not help.")
    # A ranking of which nothing is said was solved unrelaxed before, with an error that all demands could be kept.
    with pytest.raises(InfeasibleError, match=r"What may be given up \(sectors\) does not help"):
        answer(["sectors"])


def test_names_that_may_not_be_traded_are_kept_whatever_the_ranking_says():
    constraints = [DoNotTrade(names=["A"]), Bounds(at_most=0.5)]
    given = answer(["not traded", "each name at most"], constraints)
    assert given.relaxed == {"each name at most": pytest.approx(0.2, abs=1e-7)}
    with pytest.raises(InfeasibleError, match=r"\(not traded\) does not help"):
        answer(["not traded"], constraints)


def test_what_a_ratio_cannot_do_without_is_kept_whatever_the_ranking_says():
    with pytest.raises(InfeasibleError, match=r"\(excess return\) does not help"):
        answer(["excess return"], [], {"expected_returns": [-0.1] * 4}, MaximumSharpe)


def test_an_order_that_ends_in_hold_holds_where_nothing_helps():
    held = answer(["sector", "turnover", "hold"], [*CAPS, Bounds(at_most=0.2)])
    assert held.status == "held"
    np.testing.assert_array_equal(held.weights, HEAVY["current"])
    assert held.remarks[0].endswith(" What may be given up (sector, turnover) does not help.")
    assert "each name at most" in {one.key for one in held.conflict.clashes}
    losing = answer(["excess return", "hold"], [], HEAVY | {"expected_returns": [-0.1] * 4}, MaximumSharpe)
    assert losing.status == "held"
    gives = answer(["turnover", "hold"])  # which helps
    assert (gives.status, gives.relaxed) == ("relaxed", answer(["turnover"]).relaxed)
    assert answer(["hold"]).remarks == answer("hold").remarks
    with pytest.raises(StrategyError, match="when_infeasible ranks 'hold', which begins no demand's key"):
        answer(["hold", "turnover"])


@pytest.mark.parametrize(
    ("constraints", "key", "move"),
    [
        # 20 % of half: A's weight off the benchmark's 70 %, and what is bought instead, sqrt(0.7^2 + 3 (0.7/3)^2).
        (
            [Bounds(at_most={"A": 0.0}), TrackingError(at_most=0.05)],
            "tracking error",
            0.2 * 0.7 * np.sqrt(4 / 3) - 0.05,
        ),
        ([Volatility(at_most=0.05)], "volatility", 0.05),
    ],
)
def test_limits_on_risk_give_in_their_own_unit(constraints, key, move):
    given = answer([key], constraints, {"benchmark": [0.7, 0.1, 0.1, 0.1]})
    assert given.relaxed == {f"{key} at most": pytest.approx(move, abs=1e-7)}
    assert given.weights.sum() == pytest.approx(1.0, abs=1e-7)


def test_a_target_gives_to_the_best_there_is():
    given = answer(["expected return"], [], {}, MeanVariance, target_return=0.2)
    assert given.relaxed == {"expected return at least": pytest.approx(-0.1, abs=1e-7)}
    np.testing.assert_allclose(given.weights, [1.0, 0.0, 0.0, 0.0], rtol=0, atol=1e-5)


def test_two_demands_of_one_key_move_together():
    constraints = [
        GroupLimits(of="sector", at_most=0.4),
        GroupLimits(of="sector", at_most={"x": 0.3}),
        Bounds(at_least={"A": 0.5}),
    ]
    given = answer(["sector x at most", "sector y"], constraints, {})
    assert given.relaxed["sector x at most"] == pytest.approx(0.3, abs=1e-6)
    assert given.weights[0] + given.weights[1] >= 0.5 - 1e-7


def test_a_solver_that_fails_is_no_conflict(monkeypatch):
    from strategies.optimisers import optimiser
    from strategies.optimisers.solvers import Solution

    trouble = Solution("trouble", np.full(9, np.nan), np.zeros(9), np.nan, "made up", 0, "lost")
    monkeypatch.setattr(optimiser, "solve", lambda *_: trouble)
    with pytest.raises(StrategyError, match="No solver could solve the programme, though its demands can be kept"):
        answer("raise", [])
    held = answer("hold", [])
    assert held.status == "held"
    assert held.conflict is None
    assert "made up ends with 'lost'" in held.remarks[0]
    assert answer(["turnover", "hold"], []).remarks == held.remarks


def test_an_order_that_ends_in_hold_holds_whatever_fails_on_the_way(monkeypatch):
    from strategies.optimisers import optimiser
    from strategies.optimisers.solvers import Solution

    def lost(*_given):
        raise UnsolvedError("No solver could say why.")

    trouble = Solution("trouble", np.full(9, np.nan), np.zeros(9), np.nan, "made up", 0, "lost")
    solve, asked = optimiser.solve, []

    def solve_once(programme, numbers):
        asked.append(1)
        return solve(programme, numbers) if len(asked) == 1 else trouble

    with monkeypatch.context() as patched:
        patched.setattr(optimiser, "relaxed", lost)
        assert answer(["turnover", "hold"]).remarks == ("Held: No solver could say why.",)
        with pytest.raises(UnsolvedError, match="No solver could say why"):
            answer(["turnover"])
    monkeypatch.setattr(optimiser, "solve", solve_once)
    held = answer(["turnover", "hold"])
    assert held.status == "held"
    assert str(held.conflict) == SAID
    assert held.remarks == (
        f"Held: {SAID} No solver could solve what is left without them: turnover at most moved by 10 %.",
    )
    asked.clear()
    with pytest.raises(InfeasibleError, match="No solver could solve what is left without them: turnover"):
        answer(["turnover"])


@pytest.mark.parametrize("optimiser", [MinimumVariance, MinimumCVaR])
@pytest.mark.parametrize(("n", "cap"), [(3, 0.33333333), (3, 0.3333333), (14, 0.0714285), (14, 0.07142857)])
def test_what_all_names_miss_by_rounding_together_is_no_failure(optimiser, n, cap):
    """A cap typed with so many digits leaves the sum short by a millionth: each name may miss it by a ten-millionth."""
    rng = np.random.default_rng(n)
    parts = Inputs.of({"covariance": 0.04 * np.eye(n) + 0.01, "scenarios": rng.normal(0.0, 0.01, (60, n))})
    found = optimiser(constraints=[Bounds(at_most=cap)]).allocate(parts)
    assert found.status == "optimal"
    assert found.weights.sum() == pytest.approx(1.0, abs=1e-7)
    assert found.weights.max() <= cap + 3e-7


def test_the_turnover_that_is_left_is_said_with_what_the_user_wrote():
    with pytest.raises(InfeasibleError, match=r"turnover at most 5 % \(20 % less 15 % made before\)"):
        MinimumVariance(constraints=CAPS).weights(**(GIVEN | HEAVY | {"turnover_used": 0.15}))


def test_a_limit_that_is_advised_does_when_it_is_typed():
    with pytest.raises(InfeasibleError, match=r"\(2\) to 33\.3334 %\.$"):
        MinimumVariance(constraints=[Bounds(at_most=0.333333)]).weights(covariance=np.eye(3))
    assert MinimumVariance(constraints=[Bounds(at_most=0.333334)]).weights(covariance=np.eye(3)).sum() == pytest.approx(
        1
    )
