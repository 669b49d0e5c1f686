"""Sweep: candidates of the headline's grid in memory, on one thread: in sleeves, and in the wide form with lots."""

from benchmarks import cases
from benchmarks.layers.job import Job, Work, WrongAnswer, require
from benchmarks.markets import make_thesis
from benchmarks.sweep.grid import headline
from strategies.thesis import Thesis

N_CHECKED = 2
CANDIDATES = {"252x7": 200, "1500x40": 4000, "2520x60": 4000}  # at least so many
N_IN_LOTS = 500


def _swept(size: str, basis: str, n: int, thesis: Thesis) -> Work:
    from backtest.tuning.result import SweepResult
    from backtest.tuning.sweep import sweep
    from benchmarks.sweep.whole import check as check_against_singles

    market, grid = cases.market(size, basis), headline(n)

    def run() -> SweepResult:
        return sweep(thesis, cases.fresh(market), grid, threads=1, returns=False)

    def check(found: SweepResult) -> None:
        require(len(found.table) >= n, f"{len(found.table)} candidates, want {n}")
        try:
            check_against_singles(found, N_CHECKED)
        except SystemExit as error:
            raise WrongAnswer(str(error)) from error

    return Work(run, check)


def _headline(size: str) -> Work:
    return _swept(size, "total_return", CANDIDATES[size], make_thesis())


def _in_lots(size: str) -> Work:
    from benchmarks.sweep.whole import IN_LOTS

    return _swept(size, "raw", N_IN_LOTS, make_thesis().replace(dict(IN_LOTS)))


JOBS = (
    Job(
        layer="sweep", name="headline", says="part of the headline, preparation included; two asserted by single runs",
        sizes=tuple(CANDIDATES), prepare=_headline,
    ),
    Job(
        layer="sweep", name="in_lots", says="some hundred in board lots, with contract notes; two asserted to the byte",
        sizes=("252x7", "1500x40"), prepare=_in_lots,
    ),
)  # fmt: skip
