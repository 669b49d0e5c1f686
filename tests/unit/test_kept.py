"""What is kept: worked out once, by whichever thread comes first, and let go of in order."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.kept import Kept, Once
from data.load import load


def test_threads_that_ask_at_once_share_one_piece_of_work():
    once, made, all_ask = Once[int](n_most=4), [], threading.Barrier(4)

    def ask() -> int:
        all_ask.wait()
        return once.get("a", lambda: made.append(1) or len(made))

    with ThreadPoolExecutor(4) as pool:
        found = [one.result() for one in [pool.submit(ask) for _ in range(4)]]
    assert found == [1, 1, 1, 1]
    assert made == [1]


def test_other_keys_do_not_wait():
    once, begun, let_go = Once[str](n_most=4), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert let_go.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(once.get, "slow", slow)
        assert begun.wait(10)
        assert once.get("fast", lambda: "fast") == "fast"
        let_go.set()
        assert waiting.result() == "slow"


def test_the_one_asked_for_longest_ago_goes_first():
    once, made = Once[str](n_most=2), []

    def ask(key: str) -> str:
        return once.get(key, lambda: made.append(key) or key)

    for key in "abacab":
        assert ask(key) == key
    assert made == ["a", "b", "c", "b"]


def test_what_fails_is_told_and_tried_again():
    once = Once[str](n_most=2)
    with pytest.raises(ZeroDivisionError):
        once.get("a", lambda: str(1 / 0))
    assert once.get("a", lambda: "well") == "well"


def test_markets_share_nothing():
    kept, one, other = Kept[str](n_most=1), load("tiny"), load("demo")
    assert kept.get(one, "a", lambda: "one") == "one"
    assert kept.get(other, "a", lambda: "other") == "other"
    assert kept.get(one, "a", lambda: "never") == "one"
