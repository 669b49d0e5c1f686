"""Leak 5: a policy that keeps, from an earlier run, the closes that came after each decision."""

from data.market import MarketData
from strategies.strategy import PortfolioState

seen: dict[int, float] = {}


def decide(past: MarketData, portfolio: PortfolioState) -> dict[str, float]:
    seen[portfolio.stamp.value] = past.close[-1, past.columns(["US01"])[0]]
    later = [close for stamp, close in seen.items() if stamp > portfolio.stamp.value]
    return {"US01": 0.9 if later and later[0] > seen[portfolio.stamp.value] else 0.1}
