"""What a command is doing, on a terminal, once it has taken more than a second."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

AFTER_SECONDS = 1.0


class Steps:
    """The steps of a command, as it takes them.

    Parameters
    ----------
    progress : Progress
        Shows them.
    total : int, optional
        How many things are counted.
    """

    def __init__(self, progress: "Progress", total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=total, counted="")
        self._total = total
        self._n_done = 0
        self._since: tuple[float, int] | None = None

    def at(self, what: str) -> None:
        """Say what is being done from here on.

        Parameters
        ----------
        what : str
        """
        self._progress.update(self._task, description=what)

    def say(self, what: str) -> None:
        """Print a line that stays, above what is shown.

        Parameters
        ----------
        what : str
        """
        self._progress.console.print(what, markup=False, highlight=False, soft_wrap=True)

    def count(self) -> None:
        """Count one more thing done."""
        self._n_done += 1
        done = self._n_done if self._total is None else min(self._n_done, self._total)
        counted = f"{done}" if self._total is None else f"{done} of {self._total}"
        self._progress.update(self._task, completed=done, counted=counted)

    def reached(self, done: int, total: int) -> None:
        """Say how many things are done, how fast they go since this was first said, and how long the rest will take.

        Parameters
        ----------
        done, total : int
        """
        now = time.monotonic()
        if self._since is None:
            self._since = now, done
        (begun, before), counted = self._since, f"{done:,} of {total:,}"
        if done > before:
            rate = (done - before) / max(now - begun, 1e-9)
            minutes, seconds = divmod(round((total - done) / rate), 60)
            counted += f", {written_rate(rate)} a second, {minutes}:{seconds:02d} left"
        self._progress.update(self._task, completed=done, counted=counted)


def written_rate(rate: float) -> str:
    """Write a rate so that a slow one is not none.

    Parameters
    ----------
    rate : float

    Returns
    -------
    str

    Examples
    --------
    >>> written_rate(18_553.4), written_rate(0.304)
    ('18,553', '0.3')
    """
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


@contextmanager
def progress(
    first: str, *, total: int | None = None, console: "Console | None" = None, after_seconds: float = AFTER_SECONDS
) -> Iterator[Steps]:
    """Show what is being done: on stderr, only where that is a terminal, and gone at the end.

    Parameters
    ----------
    first : str
        What is done first.
    total : int, optional
        How many things will be counted.
    console : Console, optional
        Shows it, instead of stderr.
    after_seconds : float
        What is done sooner shows nothing.

    Yields
    ------
    Steps
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    shown = console or Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description} {task.fields[counted]}", markup=False)
    bar = Progress(
        *(*columns, TimeElapsedColumn()),
        console=shown,
        transient=True,
        disable=not shown.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    steps = Steps(bar, total)
    steps.at(first)
    over, lock = threading.Event(), threading.Lock()

    def start() -> None:
        with lock:
            if not over.is_set():
                bar.start()

    timer = threading.Timer(after_seconds, start)
    timer.daemon = True
    if shown.is_terminal:
        timer.start()
    try:
        yield steps
    finally:
        timer.cancel()
        with lock:
            over.set()
            bar.stop()
