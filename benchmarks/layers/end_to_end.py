"""End to end: a thesis run on a market, and everything written that a reader needs."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from backtest.run import RotationResult, run
from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.layers.ledger import check_bridge
from benchmarks.layers.report import make_active_thesis
from benchmarks.layers.start import FILES


@dataclass(frozen=True, slots=True)
class Written:
    """A run, and the names of the files that it left."""

    result: RotationResult
    files: frozenset[str]


def _run_and_write(size: str) -> Work:
    from backtest.output import write_run

    market, thesis = cases.market(size), make_active_thesis()

    def work() -> Written:
        result = run(thesis, cases.fresh(market))
        with tempfile.TemporaryDirectory() as folder:
            written = write_run(result, Path(folder) / "run")
            return Written(result, frozenset(path.name for path in written if path.exists()))

    def check(answer: Written) -> None:
        check_bridge(answer.result)
        missing = set(FILES) - answer.files
        require(not missing, f"the run's folder has no {', '.join(sorted(missing))}")

    return Work(work, check)


JOBS = (
    Job(
        layer="end_to_end", name="run_and_write", says="from plan to report and files; bridge and files asserted",
        sizes=("252x7", "1500x40", "2520x60"), prepare=_run_and_write,
    ),
)  # fmt: skip
