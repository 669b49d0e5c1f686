"""What the verdict says of each kind of run."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd

from backtest.assumptions import PREFUNDED
from backtest.config import RunConfig
from backtest.report.verdict import n_moves, verdict
from backtest.run import OWN_WEIGHTS, RotationResult, run
from data.costs.schedules import COST_KINDS
from data.load import load
from strategies.catalogue import thesis as catalogued


def stub(
    ours: float = 0.10,
    mix: float = 0.06,
    source: float = 0.09,
    destination: float = -0.02,
    t: float = 1.0,
    years: float = 5.0,
    n_trades: float = 100.0,
    moves: int = 12,
    synthetic: bool = False,
    idle: str = "",
    source_basket: str = "big-seven",
    is_tilted: bool = False,
    own: float = 0.07,
    prefunded: float | None = None,
    first_choice: pd.Timestamp | None = None,
    **config: object,
) -> RotationResult:
    """Pretend a run of given measures: the verdict reads nothing else."""

    def measured(annual: float) -> SimpleNamespace:
        # Over less than a year it is the total that is said; here it is half the annual figure.
        summary = {"annual_return": annual, "total_return": annual / 2, "years": years, "n_trades": n_trades}
        return SimpleNamespace(summary=lambda: summary | {"cost_annual": 0.0070})

    decisions = pd.date_range("2020-01-03", periods=200, freq="W-FRI", tz="UTC")
    inner = np.ones((200, 2, 3))
    inner[:, [side == idle for side in ("source", "destination")]] = 0.0
    share = np.zeros(200)
    share[1 : moves + 1] = np.arange(moves) % 2 == 0
    share[moves + 1 :] = share[moves]
    made = SimpleNamespace(
        **vars(measured(ours)),
        references={
            "constant mix": measured(mix),
            "hold source": measured(source),
            "hold destination": measured(destination),
            OWN_WEIGHTS: measured(own),
        },
        timing={"t_statistic": t, "weeks": 260.0, "excess": 0.04},
        average_shares=(0.7, 0.3),
        market=SimpleNamespace(synthetic=synthetic),
        thesis=SimpleNamespace(
            reads_signal=True, baskets=SimpleNamespace(source=source_basket, destination="hang-seng-tech")
        ),
        plan=SimpleNamespace(
            share=share,
            score=np.zeros(200),
            targets=SimpleNamespace(inner=inner, decisions=decisions),
            is_plain=not is_tilted,
        ),
        first_choice=first_choice or decisions[0],
        otherwise={} if prefunded is None else {PREFUNDED: measured(prefunded)},
        config=RunConfig(**config),
        costs=pd.DataFrame({kind: [1.0 if kind == "stamp_duty" else 0.0] for kind in COST_KINDS}),
    )
    return cast("RotationResult", made)


def test_better_but_not_beyond_luck() -> None:
    said = verdict(stub(t=1.0))
    assert said[0] == (
        "The rotation returned 10.0 % a year after costs, against 6.0 % for the constant mix at its own average share: "
        "4.0 points better."
    )
    assert said[1] == (
        "The weekly difference from that mix has a t-statistic of 1.00 over 260 weeks, below 2: "
        "it cannot be told from luck."
    )
    # t grows with the root of time: (2 / 1)^2 x 5 years.
    assert said[2] == "At this pace it would take about 20 years in all for the t-statistic to reach 2."
    assert said[3].startswith("On average 30 % of NAV was in the destination and 70 % in the source")
    assert said[3].endswith("changed the share it asked for at 12 of 200 decisions.")
    assert said[4] == (
        "Holding the source throughout returned 9.0 % a year (the rotation: 1.0 points better), "
        "holding the destination lost 2.0 % (12.0 points better)."
    )
    assert said[5] == "Costs took 0.70 % of average NAV a year; not charged: commission, half-spread, market impact."
    assert said[-1].startswith("This is one rule with one set of settings. History unknown: ")


def test_what_credit_brought_is_said_where_it_matters() -> None:
    said = verdict(stub(ours=0.479, source=0.441, prefunded=0.432))
    (credit,) = [one for one in said if "credit" in one]
    assert credit.endswith("the rotation would have returned 43.2 % a year (4.7 points worse).")
    assert not any("credit" in one for one in verdict(stub(ours=0.479, prefunded=0.4786)))
    assert not any("credit" in one for one in verdict(stub(ours=0.479, prefunded=0.40, funding="prefunded")))
    assert any("would have lost 2.0 %" in one for one in verdict(stub(ours=0.10, prefunded=-0.02)))


def test_the_mix_begins_when_there_is_a_choice() -> None:
    said = " ".join(verdict(stub(first_choice=pd.Timestamp("2020-07-31", tz="UTC"))))
    assert "Since 2020-07-31, when both baskets could first be held, on average 30 % of NAV" in said
    assert "holds those shares from then on, and before that what could be held, as the rotation did" in said
    assert "could first be held" not in " ".join(verdict(stub()))


def test_a_stop_and_what_it_left_are_said() -> None:
    """A run that a stop has put into cash is no skill: nothing may call its distance from a mix beyond luck."""
    thesis = catalogued("flow-momentum").replace({"run.stop_drawdown": 0.1, "run.lots": "fractional"})
    result = run(thesis, load("demo", start="2021-06-01", end="2023-12-29"))
    said = verdict(result)
    stops = result.log[result.log["what"] == "stop: everything is sold"]
    passed = result.log[result.log["what"].str.startswith("decision passed over")]["at"].nunique()
    assert said[0].startswith(f"A stop sold everything on {stops['at'].iloc[0]:%Y-%m-%d}, and {passed} decisions were")
    held = replace(result)
    held.__dict__["average_shares"] = (0.001, 0.0)
    said = verdict(held)
    assert said[1].endswith("no constant mix to compare it with, and nothing to judge.")
    assert not any("luck" in one for one in said)


def test_a_signal_without_a_score_was_never_tried() -> None:
    idle = stub(t=0.4, moves=0)
    idle.plan.score[:] = np.nan
    assert verdict(idle)[1] == "The signal never had a score, so the rule was never tried: the notes say why."


def test_a_t_statistic_of_nothing_has_no_sign() -> None:
    assert "t-statistic of 0.00 over 260 weeks, below 2" in verdict(stub(t=-0.001))[1]


def test_few_changes_of_share_are_few_bets() -> None:
    assert any("rests on 2 changes of share: the weeks between" in one for one in verdict(stub(t=2.5, moves=2)))
    assert any("rests on 1 change of share" in one for one in verdict(stub(t=0.5, moves=1)))
    assert any("rests on 9 changes" in one for one in verdict(stub(t=-2.5, moves=9)))
    assert not any("rests on" in one for one in verdict(stub(t=2.5, moves=10)))
    late = stub(t=2.5, moves=2)
    assert not any("came with the first score" in one for one in verdict(late))
    late.plan.score[:1] = np.nan
    assert any("The first of them came with the first score" in one for one in verdict(late))


def test_beyond_luck_is_said_with_its_condition() -> None:
    assert verdict(stub(t=2.5))[1].endswith("luck alone would rarely give that, had this been the only rule tried.")
    assert "cannot be told from luck" in verdict(stub(t=1.999))[1]
    assert "cannot be told" not in " ".join(verdict(stub(t=2.0)))


def test_worse_than_the_mix() -> None:
    said = verdict(stub(ours=-0.03, mix=-0.01, t=-0.8))
    assert said[0] == (
        "The rotation lost 3.0 % a year after costs, against a loss of 1.0 % for the constant mix at its own average "
        "share: 2.0 points worse."
    )
    assert said[1].endswith("t-statistic of -0.80 over 260 weeks, above -2: it cannot be told from luck.")
    assert not any("At this pace" in sentence for sentence in said)
    assert "a shortfall that luck alone would rarely give" in verdict(stub(ours=-0.03, mix=0.05, t=-2.4))[1]


def test_a_better_basket_held_is_named() -> None:
    said = " ".join(verdict(stub(ours=0.10, mix=0.06, source=0.15)))
    assert "(the rotation: 5.0 points worse)" in said
    assert "Holding the source and never rotating would have done better." in said
    assert "Holding the destination and never" in " ".join(verdict(stub(ours=0.10, source=0.12, destination=0.2)))


def test_a_pace_too_slow_is_no_figure() -> None:
    assert "more than 100 years" in verdict(stub(t=0.1))[2]


def test_points_are_those_of_the_printed_figures() -> None:
    # 14.06 less 8.04 is 6.02, but 14.1 and 8.0 are printed.
    assert verdict(stub(ours=0.1406, mix=0.0804))[0].endswith("6.1 points better.")
    assert verdict(stub(ours=0.0601, mix=0.0600))[0].endswith("no difference.")


def test_no_trades() -> None:
    said = verdict(stub(n_trades=0.0, synthetic=True))
    assert said[0].startswith("On made-up prices, the rotation made no trade at 200 decisions: NAV stayed in cash")
    assert len(said) == 2


def test_a_share_that_never_moved_says_nothing_of_timing() -> None:
    still = stub(moves=0, t=1.5)
    assert n_moves(still) == 0
    said = verdict(still)
    assert said[1] == "The rule never changed its share, so this run says nothing about timing."
    assert "luck" not in " ".join(said)


def test_a_tilt_that_never_moved_is_judged_by_its_weights() -> None:
    said = verdict(stub(moves=0, t=2.5, is_tilted=True))
    assert said[1] == "The share never changed: the difference is one of weights within the destination."
    assert said[2].endswith("luck alone would rarely give that, had this been the only rule tried.")
    assert not any("rests on" in sentence for sentence in said)


def test_a_tilt_that_moved_is_not_called_timing_alone() -> None:
    said = verdict(stub(moves=12, t=2.5, is_tilted=True))
    assert said[1].startswith("The difference is of timing and of weights within the baskets together")
    assert not any("of timing and of weights" in sentence for sentence in verdict(stub(moves=12, t=2.5)))


def test_nan_is_said_and_never_printed() -> None:
    nan = math.nan
    said = " ".join(verdict(stub(ours=nan, mix=nan, source=nan, destination=nan, t=nan)))
    assert "nan" not in said.lower()
    assert "cannot be compared" in said
    assert "no t-statistic" in said


def test_less_than_a_year_is_not_annualised() -> None:
    assert verdict(stub(years=0.5))[0].startswith("The rotation returned 5.0 % in 183 days after costs, against 3.0 %")


def test_costs_are_said_as_they_were_charged() -> None:
    free = verdict(stub(costs="none"))
    assert "before costs (none were charged)" in free[0]
    assert "No costs were charged: trading this would have returned less." in free
    assert "Costs took 0.70 % of average NAV a year, at a flat 10 bps of what is traded." in verdict(
        stub(costs={"bps": 10})
    )


def test_same_close_is_for_comparison_only() -> None:
    assert any("for comparison only" in sentence for sentence in verdict(stub(fill="same_close")))


def test_words_fit_any_console() -> None:
    for said in (verdict(stub()), verdict(stub(ours=-0.5, t=-3)), verdict(stub(n_trades=0))):
        assert all(sentence.isascii() and not re.search(r"\s{2}", sentence) for sentence in said)


def test_a_basket_that_could_never_be_held_is_said_first() -> None:
    first = verdict(stub(idle="source"))[0]
    assert first.startswith("Basket source never had enough members that could be held")
    assert "is no test of the thesis" in first
    for other in (stub(), stub(idle="source", source_basket="cash")):  # cash has no names
        assert not any("never had enough" in sentence for sentence in verdict(other))
