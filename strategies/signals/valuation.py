"""Valuation discount: the destination cheaper than the source, beside its own past (claim 6 of the market story).

What is measured is log(P/E of the source / P/E of the destination), or the gap of their earnings yields, which stands
where earnings are losses; or the same logarithm of P/B, or of what a dividend of 1 costs (1 / yield). A P/E that moves
without its price has changed its basis, or its earnings all at once: neither is a cheapening, and neither is traded.
For a percentile the readings before such a jump are shifted by it; a level gives no score until the jump has aged.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from data.series.tables import LONG_TABLES
from strategies.signals.signal import Signal

PARTS = ("price", "earnings", "basis")
METRICS = {"pe_ttm": "trailing P/E (pe_ttm)", "pb": "P/B (pb)", "div_yield_pct": "dividend yield (div_yield_pct)"}
MANY_UNPRICED = 0.05  # of the figures: holidays of one of two publishers are fewer
Measure = Literal["log_pe_ratio", "earnings_yield_gap", "log_pb_ratio", "log_yield_ratio"]


class _Words(NamedTuple):
    """How a measure speaks: of its multiple, of what the price is divided by, and where that is not above zero."""

    multiple: str
    rest: str
    lacking: str
    metric: str


OF_EARNINGS = _Words("P/E", "earnings", "made a loss", "pe_ttm")
WORDS = {
    "log_pe_ratio": OF_EARNINGS,
    "earnings_yield_gap": OF_EARNINGS,
    "log_pb_ratio": _Words("P/B", "book value", "had a book value below zero", "pb"),
    "log_yield_ratio": _Words("dividend yield", "dividends", "paid no dividend", "div_yield_pct"),
}


class ValuationSignal(Signal):
    """Valuation discount, as a section of a thesis.

    Attributes
    ----------
    kind : "valuation"
    measure : {"log_pe_ratio", "earnings_yield_gap", "log_pb_ratio", "log_yield_ratio"}
        log(P/E of the source / P/E of the destination); 1 / P/E of the destination less that of the source; log(P/B of
        the source / P/B of the destination), with metric = "pb"; log(dividend yield of the destination / that of the
        source), with metric = "div_yield_pct". High is cheap.
    scale : {"percentile", "level"}
        The score: rank among its own trailing readings, from 0 (dearest) to 1 (cheapest), or the measure itself.
    history, min_history : int
        Sessions of the decision venue that the rank looks back over, and readings it needs.
    source_entity, destination_entity : str
        Names in the valuations file, and of their indices in the indices file.
    metric : str
        Which P/E of the file, or which of what else the measure reads.
    max_age_days : int
        An older figure is no reading.
    wait_sessions : int
        Sessions for which a level has no score after a jump of the basis became known.
    """

    kind: Literal["valuation"] = "valuation"
    measure: Measure = "log_pe_ratio"
    scale: Literal["percentile", "level"] = "percentile"
    history: Annotated[int, Field(ge=20)] = 756
    min_history: Annotated[int, Field(ge=20)] = 700
    source_entity: str = "NDX"
    destination_entity: str = "HSTECH"
    metric: str = "pe_ttm"
    max_age_days: Annotated[int, Field(ge=1)] = LONG_TABLES["valuations"].stale_after_days
    wait_sessions: Annotated[int, Field(ge=0)] = 5

    @model_validator(mode="after")
    def _window(self) -> "ValuationSignal":
        if self.min_history > self.history:
            raise ValueError(f"min_history {self.min_history} is above history {self.history}")
        if self.source_entity == self.destination_entity:
            raise ValueError(f"source_entity and destination_entity are both {self.source_entity!r}")
        of_metric = "pb" if self.metric.startswith("pb") else "div" if self.metric.startswith("div") else "pe"
        if not self._words.metric.startswith(of_metric):
            raise ValueError(f"measure {self.measure!r} reads metric {self._words.metric!r}, not {self.metric!r}")
        return self

    @property
    @property
    def _words(self) -> _Words:
        return WORDS[self.measure]

    @property
    def _is_log(self) -> bool:
        return self.measure != "earnings_yield_gap"
