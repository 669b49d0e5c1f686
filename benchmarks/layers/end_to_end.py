"""End to end: a thesis run on a market, and everything written that a reader needs."""

import tempfile
from pathlib import Path

from backtest.run import RotationResult, run
from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.layers.ledger import check_bridge
from benchmarks.layers.report import make_active_thesis
from benchmarks.layers.start import FILES


def _run_and_write(size: str) -> Work:
    from backtest.output import write_run

    market, thesis, room = cases.market(size), make_active_thesis(), tempfile.TemporaryDirectory()

    def work() -> RotationResult:
        result = run(thesis, cases.fresh(market))
        write_run(result, Path(room.name) / "run")
        return result

    def check(result: RotationResult) -> None:
        check_bridge(result)
        missing = set(FILES) - {file.name for file in (Path(room.name) / "run").iterdir()}
        require(not missing, f"the run's folder has no {', '.join(sorted(missing))}")

    return Work(work, check)


JOBS = (
    Job(
        layer="end_to_end", name="run_and_write", says="from plan to report and files; bridge and files asserted",
        sizes=("252x7", "1500x40", "2520x60"), prepare=_run_and_write,
    ),
)  # fmt: skip
