"""Progress on a terminal: after a second, on stderr alone, gone at the end."""

import io
import os
import sys
import time

import pytest
from rich.console import Console

from backtest.cli.progress import progress

SHOWN = 0.05


def terminal() -> Console:
    return Console(force_terminal=True, file=io.StringIO(), width=80)


def test_what_takes_longer_is_shown_step_by_step_and_counted():
    console = terminal()
    with progress("reading", total=2, console=console, after_seconds=SHOWN) as steps:
        time.sleep(3 * SHOWN)
        steps.at("counting")
        for _ in range(3):  # an answer more than was said: "3 of 2" would be nonsense
            steps.count()
        time.sleep(0.3)
    text = console.file.getvalue()
    assert "reading" in text
    assert "counting 2 of 2" in text
    assert "3 of" not in text
    # Transient: the last thing written takes the line away, and the cursor is back.
    assert "\x1b[?25h" in text
    assert text.rstrip("\n").endswith("\x1b[2K")


def test_what_is_quick_shows_nothing():
    console = terminal()
    with progress("reading", console=console) as steps:
        steps.at("writing")
    assert console.file.getvalue() == ""


def test_a_pipe_gets_nothing_however_long_it_takes():
    console = Console(file=io.StringIO(), force_terminal=False)
    with progress("reading", console=console, after_seconds=0.0) as steps:
        time.sleep(SHOWN)
        steps.count()
    assert console.file.getvalue() == ""


def test_it_ends_with_an_error_too():
    console = terminal()

    def fail() -> None:
        with progress("reading", console=console, after_seconds=0.0):
            time.sleep(SHOWN)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fail()
    assert "\x1b[?25h" in console.file.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals here")
def test_a_command_shows_it_on_a_real_terminal():
    import pty
    import subprocess

    code = (
        "import time; from backtest.cli.progress import progress\n"
        "with progress('reading', after_seconds=0.05): time.sleep(0.4)\n"
        "print('done')"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=60, check=True
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.stdout == b"done\n"
    assert b"reading" in shown
