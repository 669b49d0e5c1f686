"""The ledger against published cases: one venue, decided and filled at the close."""

import pandas as pd
import pytest

from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from data.sources.frames import from_frames
from strategies.targets import TargetWeights

SESSIONS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08")


def run(closes: dict[str, list[float]], weights: dict[str, list[float]], **settings: object) -> BacktestResult:
    """Hold the weights of each session, filled at its own close; a weight list may be shorter than the prices."""
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close}
        for symbol, series in closes.items()
        for date, close in zip(SESSIONS, series, strict=False)
    ]
    n = len(next(iter(weights.values())))
    targets = TargetWeights.from_frame(pd.DataFrame(weights, index=SESSIONS[:n]))
    return simulate(from_frames(pd.DataFrame(rows)), targets, RunConfig(fill="same_close", **settings))


def test_half_in_a_rising_price():
    # vectorbt, test_target_percent: closes 1 to 5, half of 100, no cost.
    result = run({"A": [1, 2, 3, 4, 5]}, {"A": [0.5] * 5}, costs="none", initial_capital=100.0)
    assert result.trades["shares"].tolist() == pytest.approx([50, -12.5, -6.25, -3.90625, -2.734375], rel=1e-12)


def test_one_purse_for_three_assets():
    # vectorbt, test_auto_seq: sells pay for buys of the same close, so every target is reached.
    percent = [(0, 30, 70), (70, 0, 30), (30, 70, 0), (0, 30, 70), (70, 30, 0)]
    weights = {name: [row[i] / 100 for row in percent] for i, name in enumerate("ABC")}
    result = run({name: [1.0] * 5 for name in "ABC"}, weights, costs="none", initial_capital=100.0)
    for held, wanted in zip(result.shares.to_numpy(), percent, strict=True):
        assert held.tolist() == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert result.cash["USD"].tolist() == pytest.approx([0.0] * 5, abs=1e-12)


def test_costs_scale_the_target_until_they_are_covered():
    # PerformanceAnalytics' case of transaction costs: two assets gain 10 % and then 20 %; between the two, 50/50
    # becomes 60/40 at 1 % of what is traded. There the whole portfolio pays 1 % of the turnover of 0.2, net 0.1976.
    # Here NAV V becomes f V with f + 0.01 (0.6 f - 0.5 + 0.5 - 0.4 f) = 1, so f = 1 / 1.002.
    closes = [100.0, 110.0, 132.0]
    weights = {"A": [0.5, 0.6], "B": [0.5, 0.4]}
    result = run({"A": closes, "B": closes}, weights, costs=FlatCosts(bps=100))
    before, after, end = result.nav
    start = 1e6 / 1.01  # the first purchase of everything pays 1 % too
    assert before == pytest.approx(start, rel=1e-14)
    assert after == pytest.approx(start * 1.1 / 1.002, rel=1e-14)
    assert end / (start * 1.1) - 1 == pytest.approx(0.19760479, abs=1e-8)
    assert end / (start * 1.1) - 1 == pytest.approx(0.1976, abs=1e-4)
    traded = result.trades["notional"].abs().iloc[2:].sum()
    assert traded / after == pytest.approx(0.2, rel=1e-12)
    assert result.weights.iloc[1].tolist() == pytest.approx([0.6, 0.4], rel=1e-14)
    assert result.cash["USD"].abs().max() < 1e-9
