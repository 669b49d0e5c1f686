"""A market of random walks in two venues, and mandates on it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from data.market import MarketData
from strategies.thesis import Thesis
from tests.markets import make_market, sessions

SOURCE, DESTINATION = ("US1", "US2", "US3", "US4"), ("HK1", "HK2", "HK3", "HK4")
FIRST, LAST = "2023-01-03", "2024-06-28"


@cache
def walks(*, one_venue: bool = False, seed: int = 3) -> MarketData:
    """Eight names that go together a little; all in New York if asked for."""
    rng = np.random.default_rng(seed)
    names = (*SOURCE, *(name.replace("HK", "UX") for name in DESTINATION)) if one_venue else (*SOURCE, *DESTINATION)
    closes = {}
    for i, name in enumerate(names):
        n = len(sessions("XHKG" if name.startswith("H") else "XNYS", FIRST, LAST))
        moves = 0.0004 * (i % 3) + 0.006 * rng.standard_normal(n) + 0.01 * (1 + i % 4) / 2 * rng.standard_normal(n)
        closes[name] = (100.0 * np.exp(np.cumsum(moves))).tolist()
    return make_market(closes, FIRST, LAST, volumes=dict.fromkeys(names, 1e6), basis="total_return")


def mandate(changes: Mapping[str, Any] | None = None, *, one_venue: bool = False) -> Thesis:
    """Minimum variance of all eight names, from half a year of weeks; with changes."""
    destination = [name.replace("HK", "UX") for name in DESTINATION] if one_venue else list(DESTINATION)
    given: dict[str, Any] = {
        "name": "mandate",
        "baskets": {"source": list(SOURCE), "destination": destination, "min_members": 1},
        "rotation": {"rule": "free"},
        "estimates": {"lookback": 26, "covariance": "sample", "returns": "historical"},
        "allocation": {"kind": "minimum_variance", "scope": "portfolio"},
        "schedule": {"every": "week"},
        "run": {"costs": "none", "interest": "none", "lots": "fractional"},
    }
    return Thesis.from_mapping(given, "mandate").replace(changes or {})
