"""Signals: what a thesis reads at every close, on a market that nothing was worked out on."""

import numpy as np

from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.markets import make_thesis

VENUE = "XNYS"


def _flow(size: str) -> Work:
    from data.market import MarketData
    from strategies.signals.reading import Reading
    from strategies.signals.scene import Scene

    market, thesis = cases.market(size), make_thesis()

    def read_on(one: MarketData) -> Reading:
        return thesis.signal.read(Scene.of(thesis.baskets, one, VENUE))

    def read() -> Reading:
        return read_on(cases.fresh(market))

    def check(reading: Reading) -> None:
        middle = len(reading.stamps) * 3 // 4
        then = market.until(int(reading.stamps[middle]))
        past = read_on(then).score[: middle + 1]
        require(bool(np.isfinite(past[-1])), f"no score on day {middle} of {len(reading.stamps)}")
        require(np.array_equal(past, reading.score[: middle + 1], equal_nan=True), "scores know what came later")

    return Work(read, check)


JOBS = (
    Job(
        layer="signals", name="flow", says="flow of two baskets and its z-score; scores of a market cut short asserted",
        sizes=("252x7", "1500x40", "2520x60", "6300x500"), prepare=_flow,
    ),
)  # fmt: skip
