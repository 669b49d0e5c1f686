"""Policies: they see the past and their portfolio, and nothing else."""

import os
import sys

import numpy as np
import pandas as pd
import pytest

from backtest import BacktestError, RunConfig, follow, simulate
from backtest.follow import Following
from backtest.prove import prove_no_lookahead
from data.load import load
from data.sources.frames import from_frames
from strategies.errors import StrategyError
from strategies.strategy import find_strategy
from tests.markets import fills, sessions

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


# One name lists after the first decision, one goes before the last; what the second becomes is told in two ways.
FIRST, LISTS, LAST_DAY, ENDS, LAST = "2025-01-21", "2025-01-28", "2025-01-29", "2025-01-30", "2025-02-07"
BY_INSTRUMENTS = {"instruments": [{"symbol": "OLD", "delisted": LAST_DAY, "terminal_price": 9.0}]}
BY_ACTION = {"actions": [{"symbol": "OLD", "kind": "delisting", "ex_date": ENDS, "pay_date": LAST, "amount": 9.0}]}


def market_of_spells(**tables):
    """Three names at 10, of which one lists late and one ends early."""
    days = sessions("XNYS", FIRST, LAST)
    spells = {"AAA": days, "NEW": [d for d in days if d >= LISTS], "OLD": [d for d in days if d < ENDS]}
    rows = [
        {"date": day, "symbol": symbol, "venue": "XNYS", "currency": "USD", "open": 10.0, "close": 10.0}
        for symbol, held in spells.items()
        for day in held
    ]
    given = {name: pd.DataFrame(table) for name, table in tables.items()}
    return from_frames(pd.DataFrame(rows), price_basis="raw", **given)


class AsksOn:
    """Asks for half in each name at the closes of its span, and lets go of it at the next."""

    every = "day"

    def __init__(self, spans):
        self.spans = spans

    def decide(self, past, portfolio):
        day = f"{portfolio.stamp:%Y-%m-%d}"
        return {name: HALF for name, (first, last) in self.spans.items() if first <= day <= last}


@pytest.mark.parametrize("ending", [BY_INSTRUMENTS, BY_ACTION])
def test_names_that_come_and_go_are_held_while_they_can_be(ending):
    spans = {"OLD": (FIRST, "2025-01-27"), "NEW": (LISTS, LAST)}
    result = follow(AsksOn(spans), market_of_spells(**ending), RunConfig(costs="none", interest="none"))
    # Decided at a close, filled at the next open.
    assert fills(result, "OLD") == [("01-22", 5e4), ("01-29", -5e4)]
    assert fills(result, "NEW") == [("01-29", 5e4)]
    assert (result.nav == 1e6).all()


@pytest.mark.parametrize("ending", [BY_INSTRUMENTS, BY_ACTION])
def test_a_name_that_ends_while_held_pays_what_it_became(ending):
    spans = {"OLD": (FIRST, "2025-01-28")}  # the sale comes a session too late
    result = follow(AsksOn(spans), market_of_spells(**ending), RunConfig(costs="none", interest="none"))
    assert fills(result, "OLD") == [("01-22", 5e4)]
    assert result.nav.iloc[-1] == 1e6 - 5e4


@pytest.mark.parametrize("day", sessions("XNYS", FIRST, LAST)[:-1])
@pytest.mark.parametrize(
    ("ending", "since"), [(BY_INSTRUMENTS, LAST_DAY), (BY_ACTION, ENDS)], ids=["instruments", "action"]
)
@pytest.mark.parametrize("name", ["NEW", "OLD"])
def test_each_answer_is_checked_at_its_own_decision(name, ending, since, day):
    policy, market = AsksOn({name: (day, day)}), market_of_spells(**ending)
    why = None
    if name == "NEW" and day < LISTS:
        why = f"^NEW has no price known at {day}T21:00 UTC; its first is on {LISTS}"
    elif name == "OLD" and day >= since:
        why = f"^OLD is wanted at {day}T21:00 UTC, but it delisted on {since}"
    if why is None:
        asked = follow(policy, market, RunConfig(costs="none")).targets
        weights = asked.weights[:, asked.assets.index(name)]
        assert (weights == np.where(asked.decisions.strftime("%Y-%m-%d") == day, HALF, 0.0)).all()
    else:
        with pytest.raises(StrategyError, match=why):
            follow(policy, market, RunConfig(costs="none"))


@pytest.mark.parametrize(("day", "passes"), [("2025-01-22", False), ("2025-01-23", True), ("2025-02-05", True)])
def test_a_short_needs_a_borrow_fee_from_its_own_decision_on(day, passes):
    class Sells(AsksOn):
        def decide(self, past, portfolio):
            return {name: -weight for name, weight in super().decide(past, portfolio).items()}

    market = market_of_spells(borrow=[{"date": "2025-01-22", "symbol": "AAA", "fee_pct": 1.0}])
    policy, config = Sells({"AAA": (day, LAST)}), RunConfig(costs="none", shorts=True)
    if passes:
        assert follow(policy, market, config).trades["shares"].iloc[0] < 0
    else:
        with pytest.raises(BacktestError, match="AAA is sold short, and the market states no borrow fee of it for"):
            follow(policy, market, config)


def test_a_policy_that_fails_is_named_with_its_stamp():
    class Policy:
        def decide(self, past, portfolio):
            return {}["x"]

    with pytest.raises(StrategyError, match=r"decide\(past, portfolio\) fails at 2025-01-2\d.*KeyError"):
        follow(Policy(), load("tiny"))


def test_a_file_is_read_as_it_stands_though_it_was_edited_within_the_same_second(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "mine.py"
    for share in (0.5, 0.6):
        path.write_text(f"def decide(past, portfolio):\n    return {share}\n", encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert find_strategy(str(path)).decide(None, None) == share
    assert [one.name for one in tmp_path.iterdir()] == ["mine.py"]


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


def test_a_policy_that_ends_the_process_is_named(tmp_path):
    class Policy:
        def decide(self, past, portfolio):
            sys.exit(0)

    with pytest.raises(StrategyError, match=r"decide\(past, portfolio\) fails at 20.*: SystemExit: 0"):
        follow(Policy(), load("tiny"))
    path = tmp_path / "mine.py"
    path.write_text("import sys\nsys.exit(0)\n", encoding="utf-8")
    with pytest.raises(StrategyError, match=r"mine.py fails on import: SystemExit: 0 \(line 2 of mine.py\)"):
        find_strategy(str(path))


def test_a_weight_of_nan_holds_and_is_told():
    class Policy:
        every = "day"

        def decide(self, past, portfolio):
            return {"US01": float("nan") if portfolio.shares["US01"] else 0.5, "US02": 0.1}

    (note,) = [one for one in follow(Policy(), load("tiny")).notes if "NaN" in one]
    assert "a weight is NaN, which leaves the name as it is held: first of US01 on 2025-01-2" in note


def test_the_line_at_fault_is_named(tmp_path, monkeypatch):
    path = tmp_path / "mine.py"
    path.write_text("def half(x):\n    return 1 / x\n\ndef decide(past, portfolio):\n    return {'US01': half(0)}\n")
    with pytest.raises(StrategyError, match=r"ZeroDivisionError: division by zero \(line 2 of mine.py\)$"):
        follow(find_strategy(str(path)), load("tiny"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StrategyError, match=r"\(line 2 of mine.py\)$"):
        follow(find_strategy("mine.py"), load("tiny"))
