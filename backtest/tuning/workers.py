"""Processes that work through stretches of candidates, for strategies that are Python code.

Each holds the task from its start: inherited where processes fork (Linux), else sent once. They are told stretches
over a pipe, so that one that dies is known at once, and with it the candidate it died of.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from pickle import PicklingError
from types import MappingProxyType
from typing import Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from data.errors import EastboundError

STRETCH_SECONDS = 0.05  # worth telling a worker
ENDING_SECONDS = 10  # a process whose pipe is shut has

Result = TypeVar("Result")


class WorkerEndedError(Exception):
    """A worker ended without a word.

    Parameters
    ----------
    candidate : int
        What it was at.
    how : str
        Its exit code or signal.
    """

    def __init__(self, candidate: int, how: str) -> None:
        super().__init__(f"a worker ended with {how} at candidate {candidate}")
        self.candidate = candidate
        self.how = how


class Workers(Generic[Result]):
    """Processes that do one task, candidate by candidate.

    A context manager: leaving it ends them.

    Parameters
    ----------
    task : callable
        Takes the number of a candidate.
    n : int
        Processes, one or more.
    method : {"fork", "spawn"}, optional
        How they start: by default "fork" on Linux, else "spawn".

    Raises
    ------
    BacktestError
        If there are to be none, none can be started, or the task cannot be sent to processes that do not fork.
    """

    def __init__(self, task: Callable[[int], Result], n: int, method: str | None = None) -> None:
        if n < 1:
            raise BacktestError(f"workers = {n}: want one process or more.")
        context: Any = multiprocessing.get_context(method or ("fork" if sys.platform == "linux" else "spawn"))
        self._at = context.RawArray("q", n)
        self._seconds = STRETCH_SECONDS  # a candidate takes; not known yet
        self._pipes: list[Connection[Any, Any]] = []
        self._processes = list[Any]()
        try:
            for k in range(n):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(task, theirs, self._at, k), daemon=True)
                self._pipes.append(ours)
                process.start()
                self._processes.append(process)
                theirs.close()  # the worker's end is the worker's alone: when it dies, the pipe says so
        except (TypeError, AttributeError, PicklingError) as error:
            self.close()
            raise BacktestError(
                f"The strategy cannot be sent to other processes: {error}. Define it in a file of its own."
            ) from error
        except OSError as error:
            self.close()
            raise BacktestError(f"No more processes can be started: {error.strerror}. Use fewer workers.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        for pipe in self._pipes:
            pipe.close()
        self._pipes, self._processes = [], []

    def run(self, first: int, last: int) -> Iterator[Result]:
        """Work through candidates.

        Parameters
        ----------
        first, last : int
            Candidates first to last - 1.

        Yields
        ------
        object
            What the task gives, in the order of the candidates.

        Raises
        ------
        BacktestError
            That of the first candidate that fails. The processes are ended then, as when the iterator is left early;
            or if they have ended already.
        WorkerEndedError
            If a process dies.
        RuntimeError
            If the task fails with anything else.
        """
        if not self._pipes:
            raise BacktestError("The processes of this sweep have ended. Start it again.")
        stretches = dict[int, tuple[int, int]]()  # by worker, what it is at
        found = dict[int, list[Result]]()  # by first candidate, what came back and is not due yet
        failures = dict[int, Exception]()
        told, due = first, first
        try:
            while due < last:
                if not failures:
                    for k in range(len(self._pipes)):
                        if k not in stretches and told < last:
                            stretches[k] = (told, min(told + self._stretch(last - told), last))
                            self._tell(k, stretches[k])
                            told = stretches[k][1]
                for pipe in wait([self._pipes[k] for k in stretches]):
                    k = next(k for k in stretches if self._pipes[k] is pipe)
                    begun, end = stretches[k]
                    results, failure, seconds = self._hear(k)
                    del stretches[k]
                    found[begun] = results
                    if failure is not None:
                        failures[begun + len(results)] = failure
                    else:
                        self._seconds = seconds / (end - begun)
                while due in found:
                    results = found.pop(due)
                    due += len(results)
                    yield from results
                if due in failures:
                    raise failures[due]
        finally:
            if stretches or failures:
                self.close()

    def _stretch(self, left: int) -> int:
        """Choose how many candidates to tell at once: worth it, and none of the workers idle at the end."""
        worth = int(STRETCH_SECONDS / max(self._seconds, 1e-6))
        return max(1, min(worth, left // (2 * len(self._pipes))))

    def _tell(self, k: int, stretch: tuple[int, int]) -> None:
        self._at[k] = stretch[0]
        with suppress(OSError):  # it died; listening says so
            self._pipes[k].send(stretch)

    def _hear(self, k: int) -> tuple[list[Result], Exception | None, float]:
        try:
            results, failure, seconds = self._pipes[k].recv()
        except (EOFError, OSError):
            process = self._processes[k]
            process.join(ENDING_SECONDS)
            code = process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return [], WorkerEndedError(self._at[k], how), 0.0
        return results, failure, seconds


def _serve(task: Callable[[int], Any], pipe: "Connection[Any, Any]", at: Any, k: int) -> None:
    """Do what is told until nobody tells any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who tells
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            first, last = pipe.recv()
        except (EOFError, OSError):
            return
        begun, results = time.perf_counter(), list[Any]()
        failure: Exception | None = None
        for candidate in range(first, last):
            at[k] = candidate
            try:
                results.append(task(candidate))
            except EastboundError as error:
                failure = BacktestError(str(error))
                break
            except Exception as error:  # noqa: BLE001  whatever it is, it is told where it is read
                failure = RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
                break
        pipe.send((results, failure, time.perf_counter() - begun))


def _end_with_parent() -> None:
    """End at once when the parent does, killed or not: an orphan would hold its files and locks."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


# Processes that do not fork are sent a market: its mappings are views, and its arrays read-only, there too.


def _view(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _reduce_view(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _view, (dict(view),)


def _reduce_array(array: NDArray[Any]) -> Any:
    return array.__reduce__() if array.flags.writeable else (_read_only, (array.copy(),))


ForkingPickler.register(MappingProxyType, _reduce_view)
ForkingPickler.register(np.ndarray, _reduce_array)
