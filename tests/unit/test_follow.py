"""Policies: they see the past and their portfolio, and nothing else."""

import sys

import numpy as np
import pandas as pd
import pytest

from backtest import BacktestError, RunConfig, follow, simulate
from backtest.follow import Following
from backtest.prove import prove_no_lookahead
from data.load import load
from strategies.errors import StrategyError
from strategies.strategy import find_strategy

HALF = 0.5


class Recorder:
    """Buys half of US01 once, and keeps what it was shown."""

    every = "day"

    def __init__(self):
        self.seen = []

    def decide(self, past, portfolio):
        self.seen.append((past, portfolio))
        return {"US01": HALF} if len(self.seen) == 1 else None


def test_a_policy_is_shown_the_portfolio_it_has():
    policy = Recorder()
    result = follow(policy, load("tiny"), RunConfig(costs="none", interest="none"))
    states = [portfolio for _, portfolio in policy.seen]
    assert states[0].nav == 1e6
    assert states[0].shares["US01"] == 0.0
    assert states[0].cash == {"HKD": 0.0, "USD": 1e6}
    # Decided at the close of the 21st at 100: 5,000 shares, bought at the next open, 100; the close of that day is 102.
    assert states[1].shares["US01"] == 5000.0
    assert states[1].weights["US01"] == pytest.approx(5000 * 102 / (5e5 + 5000 * 102), rel=1e-15)
    shown = pd.Series({portfolio.stamp.tz_localize(None).normalize(): portfolio.nav for portfolio in states})
    np.testing.assert_allclose(shown, result.nav.reindex(shown.index), rtol=1e-15)
    assert len(result.trades) == 1


def test_a_policy_is_handed_the_past_alone():
    policy = Recorder()
    follow(policy, load("demo", start="2024-11-01", end="2025-01-31"), RunConfig())
    for past, portfolio in policy.seen:
        day = np.datetime64(portfolio.stamp.tz_localize(None), "D")
        assert past.dates[-1] <= day
        # At New York's close Hong Kong's next session lies ahead.
        assert (
            past.calendars["XHKG"].closes[past.calendars["XHKG"].dates <= past.dates[-1]] <= portfolio.stamp.value
        ).all()


def test_orders_that_wait_are_shown():
    class Watcher(Recorder):
        def decide(self, past, portfolio):
            self.seen.append((past, portfolio))
            return {"HK01": HALF} if len(self.seen) == 1 else None

    policy = Watcher()
    # Hong Kong is shut from 29 to 31 January: the order of the 28th waits until 3 February.
    market = load("tiny", start="2025-01-28")
    follow(policy, market, RunConfig(costs="none"))
    waiting = {portfolio.stamp.day: dict(portfolio.waiting) for _, portfolio in policy.seen}
    assert [set(orders) for day, orders in waiting.items() if day in (29, 30, 31)] == [{"HK01"}] * 3
    assert waiting[3] == {}


def test_following_is_a_strategy_with_the_same_portfolios():
    policy = Recorder()
    market = load("tiny")
    config = RunConfig()
    targets = Following(policy, config).targets(market)
    direct = follow(Recorder(), market, config)
    assert simulate(market, targets, config).nav.equals(direct.nav)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"US01": 2.0}, "max_gross"),
        ({"US01": -0.5}, "shorts are not allowed"),
        ({"ZZZ": 0.5}, "'ZZZ'.*may not be held"),
        ({"US01": float("inf")}, "infinite weight of US01"),
        ({"US01": "much"}, "'much' of US01"),
        ([0.5], "returns list at 2025-01-2"),
        ("US01", "returns str"),
        (np.array(0.5), "returns ndarray"),
        ({"US01": np.array(0.5)}, r"weight array\(0.5\) of US01 at 2025-01-2"),
        ({"US01": pd.NA}, "weight <NA> of US01"),
        ({"US01": None}, "weight None of US01"),
        ({"US01": True}, "weight True of US01"),
        ({"US01": 1j}, "weight 1j of US01"),
        ({"US01": 10**400}, "infinite weight of US01"),
        ({1: 0.5}, "asks for 1 at 2025-01-2.*may not be held"),
        ({None: 0.5}, "asks for None"),
        (pd.Series({pd.NA: 0.5}), "asks for <NA>"),
        (pd.Series([0.2, 0.3], index=["US01", "US01"]), "asks for US01 twice at 2025-01-2"),
    ],
)
def test_answers_that_cannot_be_held_are_refused(answer, said):
    class Policy:
        def decide(self, past, portfolio):
            return answer

    with pytest.raises((StrategyError, BacktestError), match=said):
        follow(Policy(), load("tiny"))


@pytest.mark.parametrize("every", [None, "fortnight", 2.5, True, 0, ["week"], float("nan")])
def test_an_every_that_is_no_schedule_is_refused(every):
    policy = Recorder()
    policy.every = every
    with pytest.raises(StrategyError, match="every = "):
        follow(policy, load("tiny"))


@pytest.mark.parametrize(
    ("policy", "market", "config", "said"),
    [
        (None, load("tiny"), None, "NoneType has none"),
        (Recorder, load("tiny"), None, r"Recorder is a class; give a policy made of it: Recorder\(\)"),
        (Recorder(), None, None, "not on NoneType; see data.load"),
        (Recorder(), "tiny", None, "not on str"),
        (Recorder(), load("tiny"), {"costs": "none"}, r"not dict: write RunConfig\("),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(policy, market, config, said):
    with pytest.raises(BacktestError, match=said):
        follow(policy, market, config)


def test_each_decision_is_checked_once(monkeypatch):
    checked = []
    module = sys.modules[Following.__module__]
    check = module.check_weights
    monkeypatch.setattr(module, "check_weights", lambda *given: (checked.append(given[2].shape), check(*given)))
    Following(Recorder(), RunConfig()).targets(load("tiny"))
    assert checked == [(1, 3, 1)]


def test_a_policy_that_fails_is_named_with_its_stamp():
    class Policy:
        def decide(self, past, portfolio):
            return {}["x"]

    with pytest.raises(StrategyError, match=r"decide\(past, portfolio\) fails at 2025-01-2\d.*KeyError"):
        follow(Policy(), load("tiny"))


def test_a_file_with_decide_is_found_and_proved(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "every = 'week'\n"
        "def decide(past, portfolio):\n"
        "    close = past.close[:, past.columns(['US01'])[0]]\n"
        "    return {'US01': 0.6 if close[-1] > close[-21] else 0.1}\n",
        encoding="utf-8",
    )
    market = load("demo", start="2024-10-01", end="2025-01-31")
    proof = prove_no_lookahead(find_strategy(str(path)), market, n_decisions=3, n_random=2)
    assert proof.passed
    assert proof.n_checks > 5
