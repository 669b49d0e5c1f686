"""The parts of a sweep in lanes at work: their tasks in a pool of threads, and their writing."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Self

from backtest.tuning.in_lanes import Candidates, InLanes, Task
from backtest.tuning.storage.store import Store

PARTS_UNDER_WAY = 2  # so that no thread waits for the last task of a part, or for its writing


def run_parts(
    task: InLanes,
    store: Store,
    n_threads: int,
    watch: Callable[[int, int], None] | None = None,
    *,
    n_under_way: int = PARTS_UNDER_WAY,
) -> int:
    """Run the parts of a sweep that are not there yet.

    Parameters
    ----------
    task : InLanes
    store : Store
    n_threads : int
        No result depends on it.
    watch : callable, optional
        Told how many candidates are done, and of how many, whenever a thread is done with some.
    n_under_way : int
        Parts that are held at once, run or written.

    Returns
    -------
    int
        Candidates run.

    Raises
    ------
    BacktestError
        As `InLanes.run` does; if a part cannot be written.
    KeyboardInterrupt
        As it comes. As after any error the tasks at work end first, and parts that are whole are written.
    """
    layout = store.layout
    todo = deque(number for number in range(layout.n_parts) if number not in store.done)
    n_todo = sum(last - first for first, last in map(layout.bounds, todo))
    done = layout.n_candidates - n_todo
    with _UnderWay(task, store, n_threads) as parts:
        while todo or parts.n_held:
            if watch is not None:
                watch(done, layout.n_candidates)
            if todo and parts.n_held < n_under_way:
                parts.begin(todo.popleft())
            else:
                done += parts.wait()
    if watch is not None:
        watch(done, layout.n_candidates)
    return n_todo


class _UnderWay:
    """Parts at work: their tasks in a pool of threads, their writing in a thread of its own."""

    def __init__(self, task: InLanes, store: Store, n_threads: int) -> None:
        self.n_held = 0
        self._left = dict[int, int]()  # candidates of each part that are not run yet
        self._futures = dict[int, tuple[Candidates, list[Future[None]]]]()  # of each part that is not written yet
        self._task, self._store, self._n_threads = task, store, n_threads
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="sweep")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sweep-writer")
        self._ended: SimpleQueue[tuple[Future[None], Candidates, int]] = SimpleQueue()

    def begin(self, number: int) -> None:
        """Hand a part to the threads."""
        part = self._task.part(self._store, number)
        self.n_held += 1
        self._left[number] = part.last - part.first
        futures = list[Future[None]]()
        for piece in self._task.work(part, self._n_threads):
            if isinstance(piece, Task):
                futures.append(self._pool.submit(self._task.run, part, piece))
                self._tell(futures[-1], part, len(piece.members))
            else:  # what fails there fails again where it is needed, and is told
                self._pool.submit(piece)
        self._futures[number] = part, futures

    def wait(self) -> int:
        """Wait until a task is done, or a part written, and say how many candidates were run by it."""
        future, part, n = self._ended.get()
        future.result()
        if not n:
            self.n_held -= 1
            return n
        self._left[part.number] -= n
        if not self._left[part.number]:
            self._write(part)
        return n

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        """Let tasks at work end, and write what is whole."""
        self._pool.shutdown(cancel_futures=True)
        for part, futures in list(self._futures.values()):  # an interrupt may have come before a task was counted
            if not any(one.cancelled() or one.exception() for one in futures):
                self._write(part)
        self._writer.shutdown()

    def _write(self, part: Candidates) -> None:
        del self._left[part.number], self._futures[part.number]
        self._tell(self._writer.submit(self._put_down, part), part, 0)

    def _put_down(self, part: Candidates) -> None:
        self._store.write(part.number, self._task.results(part))

    def _tell(self, future: Future[None], part: Candidates, n: int) -> None:
        future.add_done_callback(lambda ended: self._ended.put((ended, part, n)))
