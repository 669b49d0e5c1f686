"""One engine in a process of its own: it lays jobs out, solves them and times itself, when it is asked to."""

import importlib.abc
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any

from benchmarks.allocation.engines import ENGINES, Cannot
from benchmarks.allocation.steps import N_STEPS, Mandate, make_steps


class Worker:
    """A process with one engine; it works only while it is asked.

    Parameters
    ----------
    engine : str
        Key.
    """

    def __init__(self, engine: str) -> None:
        context = get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(engine, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def lay(self, job: str, n: int) -> tuple[str, Any]:
        """Lay a job out and solve all its steps once.

        Parameters
        ----------
        job : str
        n : int
            Names.

        Returns
        -------
        state : {"solved", "cannot", "failed"}
        found : list of ndarray, or str
            Weights of each step; or what is the matter.
        """
        return self._ask("lay", job, n)

    def time(self, steps: Sequence[int]) -> list[float]:
        """Time steps of the job that is laid out, one after another.

        Parameters
        ----------
        steps : sequence of int

        Returns
        -------
        list of float
            Seconds of each; of an engine that solves all at once one, that of a step on average.
        """
        return self._ask("time", steps)

    def end(self) -> None:
        """End the process."""
        self._ours.send(None)
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()

    def _ask(self, *what: object) -> Any:
        self._ours.send(what)
        return self._ours.recv()


class _Absent(importlib.abc.MetaPathFinder):
    """Makes a library look as if it were not installed."""

    def __init__(self, library: str) -> None:
        self._library = library

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self._library:
            raise ModuleNotFoundError(f"No module named {name!r}: left out of this process", name=name)


def _serve(key: str, pipe: Any) -> None:
    engine, laid = ENGINES[key], list[Callable[[], Any]]()
    warnings.simplefilter("ignore")  # other engines warn of solvers and of pandas to come
    if not engine.has_piqp:
        sys.meta_path.insert(0, _Absent("piqp"))
    while (asked := pipe.recv()) is not None:
        what, *given = asked
        if what == "time":
            times = [_seconds(laid[0]) / N_STEPS] if engine.is_whole else [_seconds(laid[at]) for at in given[0]]
            pipe.send(times)
            continue
        job, n = given
        laid.clear()
        try:
            lay = engine.lay(job, Mandate(n))
            if engine.is_whole:
                laid.append(lay(make_steps(n)))
                pipe.send(("solved", list(laid[0]())))
            else:
                laid += [lay(step) for step in make_steps(n)]
                pipe.send(("solved", [solve() for solve in laid]))
        except Cannot as reason:
            pipe.send(("cannot", str(reason)))
        except Exception:  # noqa: BLE001 - any failure of an engine is a row of the table
            pipe.send(("failed", traceback.format_exc().strip().rpartition("\n")[2]))


def _seconds(solve: Callable[[], object]) -> float:
    begun = time.perf_counter()
    solve()
    return time.perf_counter() - begun
