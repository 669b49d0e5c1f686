"""Sweep: some thousand candidates of the headline's grid in memory, on one thread."""

from benchmarks import cases
from benchmarks.grid import headline
from benchmarks.layers.job import Job, Work, WrongAnswer, require
from benchmarks.markets import make_thesis

N_CHECKED = 2
CANDIDATES = {"252x7": 200, "1500x40": 4000, "2520x60": 4000}  # at least so many


def _headline(size: str) -> Work:
    from backtest.tuning.result import SweepResult
    from backtest.tuning.sweep import sweep
    from benchmarks.sweep import check as check_against_singles

    market, thesis, grid = cases.market(size), make_thesis(), headline(CANDIDATES[size])

    def run() -> SweepResult:
        return sweep(thesis, cases.fresh(market), grid, threads=1, returns=False)

    def check(found: SweepResult) -> None:
        require(len(found.table) >= CANDIDATES[size], f"{len(found.table)} candidates, want {CANDIDATES[size]}")
        try:
            check_against_singles(found, N_CHECKED)
        except SystemExit as error:
            raise WrongAnswer(str(error)) from error

    return Work(run, check)


JOBS = (
    Job(
        layer="sweep", name="headline", says="part of the headline, preparation included; two asserted by single runs",
        sizes=tuple(CANDIDATES), prepare=_headline,
    ),
)  # fmt: skip
