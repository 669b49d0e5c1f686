"""What a user waits for before the first figure, and what that is made of: `--help`, a cached run, a first run ever.

Run with `make bench-start`. Each is a fresh process, timed from outside; its parts are timed inside another one, each
without those within it, so that they add up to the whole. A first run has an empty cache: kernels are compiled, and
what that takes is split by kernel, and into Python's part (typing, lowering) and LLVM's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.tables import markdown_table, put_between

MARKER = "start"
ASKED = {"help": 0.4, "cached run": 2.0, "first run": 40.0}  # seconds
REPEATS = {"help": 21, "cached run": 11, "first run": 3}
LIBRARIES = {
    "typer, rich, pydantic": ("typer", "rich.console", "rich.table", "rich.progress", "pydantic"),
    "numpy": ("numpy",),
    "pandas, pyarrow": ("pandas", "pyarrow"),
    "numba": ("numba",),
    "jinja2": ("jinja2",),
}
# A part, and the functions that do it; what is within another part is counted there alone.
PARTS = {
    "the market": ("data.load.load",),
    "signal, plan": ("strategies.thesis.Thesis.plan",),
    "ledger, laid out and run": ("backtest.engine.simulate",),
    "page": ("backtest.report.page.render_page",),
    "tables as CSV": ("backtest.output.csv_text.csv_text",),
    "onto the disk": ("backtest.output.run_folder.write_sealed",),
    "compiling": (),
    "reading compiled code": ("numba.core.caching.Cache.load_overload",),
}
USED_BY_A_RUN = ("backtest.run", "backtest.output.write", "backtest.tuning.trials", "backtest.report.page", "data.load")


class Clock:
    """Times parts without the parts within them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[list[float]] = []  # beginning, and seconds of parts within

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let a function count for a part."""

        def counting(*args: Any, **kwargs: Any) -> Any:
            self.begin()
            try:
                return function(*args, **kwargs)
            finally:
                self.end(part)

        return counting

    def begin(self) -> None:
        """Begin a part."""
        self._open.append([time.perf_counter(), 0.0])

    def end(self, part: str) -> None:
        """End the part begun last."""
        begun, within = self._open.pop()
        spent = time.perf_counter() - begun
        self.seconds[part] = self.seconds.get(part, 0.0) + spent - within
        if self._open:
            self._open[-1][1] += spent


class Compiling:
    """Listens to numba: seconds by kernel, and those that LLVM takes."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.kernels, self.llvm, self._names = clock, {}, 0.0, []  # type: ignore[var-annotated]
        self._began: dict[str, float] = {}

    def listen(self) -> None:
        """Begin to listen."""
        from numba.core import event

        listener = self

        class Listener(event.Listener):
            def on_start(self, one: Any) -> None:
                listener.start(one)

            def on_end(self, one: Any) -> None:
                listener.stop(one)

        for kind in ("numba:compile", "numba:llvm_lock"):
            event.register(kind, Listener())

    def start(self, one: Any) -> None:
        """Note a beginning."""
        if one.kind == "numba:llvm_lock":
            self._began["llvm"] = time.perf_counter()
            return
        self._names.append(one.data["dispatcher"].py_func.__name__)
        if len(self._names) == 1:
            self.clock.begin()
            self._began["kernel"] = time.perf_counter()

    def stop(self, one: Any) -> None:
        """Note an end."""
        if one.kind == "numba:llvm_lock":
            self.llvm += time.perf_counter() - self._began["llvm"] if self._names else 0.0
            return
        name = self._names.pop()
        if not self._names:
            self.clock.end("compiling")
            self.kernels[name] = self.kernels.get(name, 0.0) + time.perf_counter() - self._began["kernel"]


def inside(arguments: Sequence[str]) -> dict[str, Any]:
    """Run a command of Eastbound in this process and split its time.

    Parameters
    ----------
    arguments : sequence of str

    Returns
    -------
    dict
        `parts`, seconds by part; `kernels`, seconds of compiling by kernel that Python calls; `llvm`, of these in LLVM.
    """
    import gc
    from importlib import import_module
    from pkgutil import resolve_name
    from unittest.mock import patch

    gc.set_threshold(400_000, 50, 100)  # this and the next as `eastbound` does
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    clock = Clock()
    is_run = arguments[0] == "run"
    for name, modules in LIBRARIES.items() if is_run else [("typer, rich, pydantic", ("typer", "typer.rich_utils"))]:
        clock.begin()
        for module in modules:
            import_module(module)
        clock.end(name)
    clock.begin()
    from backtest.cli import main

    compiling = Compiling(clock)
    for module in USED_BY_A_RUN if is_run else ():
        import_module(module)
    clock.end("Eastbound's own modules")
    if is_run:
        compiling.listen()
        for part, targets in PARTS.items():
            for target in targets:
                _count(clock, part, target, patch, resolve_name)
    sys.argv = ["eastbound", *arguments]
    clock.begin()
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
    clock.end("the rest: references, trials, what is printed" if is_run else "the text itself")
    return {"parts": clock.seconds, "kernels": compiling.kernels, "llvm": compiling.llvm}


def _count(clock: Clock, part: str, target: str, patch: Any, resolve_name: Callable[[str], Any]) -> None:
    """Put a counting function in the place of one, wherever it was imported to."""
    function = resolve_name(target)
    counting, name = clock.timed(part, function), target.rpartition(".")[2]
    patch(target, counting).start()
    for module in list(sys.modules.values()):
        is_ours = getattr(module, "__name__", "").startswith(("backtest.", "data.", "strategies."))
        if is_ours and vars(module).get(name) is function:
            setattr(module, name, counting)


def command(kind: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Give the arguments and the environment of a kind of start.

    Parameters
    ----------
    kind : str
    folder : Path
        New.

    Returns
    -------
    arguments : list of str
    environment : dict of str to str
    """
    environment = dict(os.environ)
    if kind == "help":
        return ["--help"], environment
    if kind == "first run":
        environment["EASTBOUND_CACHE"] = str(folder / "cache")
    return ["run", "flow-momentum", "--out", str(folder / "run"), "--trials", str(folder / "trials")], environment


def whole(kind: str) -> float:
    """Time one process from outside, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        arguments, environment = command(kind, Path(folder))
        program = [sys.executable, "-c", "import sys; from backtest.cli import main; sys.exit(main())", *arguments]
        begun = time.perf_counter()
        subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun


def parts(kind: str) -> dict[str, Any]:
    """Split one process from inside; `outside` is the whole of it."""
    with tempfile.TemporaryDirectory() as folder:
        arguments, environment = command(kind, Path(folder))
        kept = Path(folder) / "parts.json"
        program = [sys.executable, "-m", "benchmarks.start", "--inside", str(kept), *arguments]
        begun = time.perf_counter()
        subprocess.run(program, env=environment, check=True, stdout=subprocess.DEVNULL)
        return {"outside": time.perf_counter() - begun, **json.loads(kept.read_text(encoding="utf-8"))}


def report(kinds: Sequence[str]) -> tuple[str, list[str]]:
    """Measure and set tables.

    Parameters
    ----------
    kinds : sequence of str

    Returns
    -------
    text : str
        Markdown.
    late : list of str
        Starts that take longer than is asked.
    """
    rows, lines, late = [], [], []
    for kind in kinds:
        if kind == "cached run":
            whole(kind)  # the first on a machine compiles
        taken = sorted(whole(kind) for _ in range(REPEATS[kind]))
        split = [parts(kind) for _ in range(min(3, REPEATS[kind]))]
        names = list(split[0]["parts"])
        middle = {name: statistics.median(one["parts"].get(name, 0.0) for one in split) for name in names}
        outside = statistics.median(one["outside"] for one in split)
        shown = {name: seconds for name, seconds in middle.items() if seconds >= 0.002}
        median = statistics.median(taken)
        shown["Python's own start and end, the measuring"] = outside - sum(shown.values())
        if median > ASKED[kind]:
            late.append(f"{kind} {median:.2f} s")
        rows.append(
            (kind, f"{ASKED[kind]:g} s", f"{median:.2f} s", f"{taken[0]:.2f} to {taken[-1]:.2f} s", str(len(taken)))
        )
        lines += [f"\n**{kind}**, the parts of a process of {outside:.2f} s:\n"]
        lines += [markdown_table(("part", "s"), [(name, f"{seconds:.3f}") for name, seconds in shown.items()], ("s",))]
        if split[0]["kernels"]:
            lines.append("\n" + _compiled(split[0]))
    head = markdown_table(("start", "asked", "median", "range", "n"), rows, ("asked", "median", "n"))
    return "\n".join([machine("pandas"), "", head, *lines]), late


def _compiled(one: Mapping[str, Any]) -> str:
    kernels = sorted(one["kernels"].items(), key=lambda pair: -pair[1])
    listed = ", ".join(f"`{name}` {seconds:.1f} s" for name, seconds in kernels)
    total = sum(seconds for _, seconds in kernels)
    return (
        f"Compiled, parts and all: {listed}. Of these {total:.1f} s LLVM takes {one['llvm']:.1f} s (optimising, "
        f"machine code), numba's typing and lowering in Python {total - one['llvm']:.1f} s."
    )


def main() -> None:
    """Measure, print, and write into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=tuple(ASKED), default=tuple(ASKED))
    parser.add_argument(
        "--markdown", type=Path, help=f"page with <!-- {MARKER} --> and <!-- /{MARKER} --> to write into"
    )
    asked = parser.parse_args()
    text, late = report(asked.only)
    print(text)
    if asked.markdown:
        put_between(asked.markdown, MARKER, text)
    if late:
        sys.exit(f"start: slower than asked: {', '.join(late)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        Path(sys.argv[2]).write_text(json.dumps(inside(sys.argv[3:])), encoding="utf-8")
    else:
        main()
