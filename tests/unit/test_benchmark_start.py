"""What a start is made of: parts add up, and what is within a part counts there alone."""

import pytest

from benchmarks import start
from benchmarks.start import ASKED, Clock, command


@pytest.fixture
def ticking(monkeypatch):
    """A clock that is set by hand."""
    now = {"s": 0.0}
    monkeypatch.setattr(start.time, "perf_counter", lambda: now["s"])
    return now


def test_parts_within_parts_count_once(ticking):
    clock = Clock()

    def inner():
        ticking["s"] += 2.0

    def outer():
        ticking["s"] += 1.0
        clock.timed("inner", inner)()
        clock.timed("inner", inner)()
        ticking["s"] += 0.5

    clock.timed("outer", outer)()
    assert clock.seconds == {"inner": 4.0, "outer": 1.5}
    assert sum(clock.seconds.values()) == ticking["s"]


def test_a_part_that_fails_counts(ticking):
    def fails():
        ticking["s"] += 1.0
        raise ZeroDivisionError

    clock = Clock()
    with pytest.raises(ZeroDivisionError):
        clock.timed("part", fails)()
    assert clock.seconds == {"part": 1.0}


@pytest.mark.parametrize("kind", ASKED)
def test_a_first_run_alone_has_a_cache_of_its_own(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("EASTBOUND_CACHE", "the user's")
    arguments, environment = command(kind, tmp_path)
    assert (environment["EASTBOUND_CACHE"] == str(tmp_path / "cache")) == (kind == "first run")
    assert arguments[0] == ("--help" if kind == "help" else "run")
    assert kind == "help" or arguments[-2:] == ["--trials", str(tmp_path / "trials")]
