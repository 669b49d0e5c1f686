"""Rotations to attribute, a tiny one and random ones with everything on; and a plain reading of what they held."""

import numpy as np
import pandas as pd

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from backtest.run import RotationResult, run
from data.load import load
from strategies.plan import Plan
from strategies.settings import BASKETS
from strategies.targets import BasketTargets
from strategies.thesis import Thesis
from tests.generators import Case

Fills = dict[tuple[int, int], list[tuple[float, float]]]  # by date and name: shares, price


def half() -> RotationResult:
    """Half in two New York names, half in one of Hong Kong; it trades once: the thesis of docs/attribution.md."""
    given = {
        "name": "half",
        "baskets": {"source": ["US01", "US02"], "destination": "HK01", "min_members": 1, "seasoning": 0},
        "rotation": {"min_share": 0.5, "max_share": 0.5},
        "schedule": {"every": "day"},
        "run": {"costs": {"bps": 10}, "rebalance_band": 0.02},
    }
    return run(Thesis.from_mapping(given, "half"), load("tiny"))


def held_and_traded(result: BacktestResult) -> tuple[np.ndarray, np.ndarray, Fills]:
    """Plain loop: by date and name, value at the mark before, local P&L of what was held then, and its fills.

    What was held is worth what is held now, less what was filled since, at the mark's prices: splits and scrip
    need no rule of their own. Only for worlds without delistings and reinvested dividends.
    """
    prices, rates = result.mark_prices, result.mark_rates[:, result.prepared.world.currency]
    shares, names = result.shares.to_numpy(), list(result.prepared.names)
    rows = result.prepared.timeline.row
    step = {row: at for at, row in enumerate(result.rows.tolist())}
    fills: Fills = {}
    for event, trade in zip(result.fills[0][:, 1].tolist(), result.trades.to_dict("records"), strict=True):
        fills.setdefault((step[rows[event]], names.index(trade["symbol"])), []).append(
            (trade["shares"], trade["price"])
        )
    dividends = np.zeros(shares.shape)
    due = result.actions[result.actions["what"] == "dividend due"]
    stamps = result.prepared.timeline.stamp.tolist()
    for at, symbol, n, amount in zip(
        due["at"].astype("int64"), due["symbol"], due["shares"], due["amount"], strict=True
    ):
        event, a = stamps.index(at), names.index(symbol)
        fx = result.prepared.world.fx[event, result.prepared.world.currency[a]]
        dividends[step[rows[event]], a] += n * amount * fx
    opening, held = np.zeros(shares.shape), np.zeros(shares.shape)
    for t in range(1, len(shares)):
        for a in range(len(names)):
            filled = sum(q for q, _ in fills.get((t, a), []))
            kept = (shares[t, a] - filled) * prices[t, a]
            opening[t, a] = shares[t - 1, a] * prices[t - 1, a] * rates[t - 1, a]
            held[t, a] = (kept - shares[t - 1, a] * prices[t - 1, a]) * rates[t, a] + dividends[t, a]
    return opening, held, fills


def random_rotation(case: Case, config: RunConfig, seed: int) -> RotationResult:
    """Rotate between two random baskets of a random world; names the world's own decisions leave out stay out."""
    rng = np.random.default_rng([seed, 2])
    symbols = case.targets.assets
    kept = ~np.isnan(case.targets.weights).all(axis=1)
    asked = np.nan_to_num(np.abs(case.targets.weights[kept]), nan=0.1)
    side = rng.permutation(len(symbols)) % 2
    inner = np.stack([asked * (side == b) for b in range(len(BASKETS))], axis=1)
    whole = inner.sum(axis=2, keepdims=True)
    inner = np.divide(inner, whole, out=np.zeros_like(inner), where=whole > 0.0)
    share = rng.choice([0.0, 0.2, 0.5, 0.9, 1.0], size=len(inner))
    invested = rng.choice([1.0, 0.95, 0.5, 0.0], p=[0.7, 0.15, 0.1, 0.05], size=len(inner)) * (1.0 - 1e-9)
    targets = BasketTargets(
        decisions=pd.DatetimeIndex(np.array([stamp for stamp, _ in case.decisions])[kept], tz="UTC"),
        baskets=BASKETS,
        assets=symbols,
        inner=inner,
        shares=np.stack([invested * (1.0 - share), invested * share], axis=1)[:, :, None],
    )
    result = simulate(case.market, targets.expand(), config)
    parts = {name: getattr(result, name) for name in result.__dataclass_fields__}
    thesis = Thesis.from_mapping({"name": "random", "baskets": {"source": "AAA", "destination": "CCC"}}, "random")
    plan = Plan(
        targets=targets, reading=None, score=np.full(len(inner), np.nan), share=share, references=targets, notes=()
    )
    return RotationResult(thesis=thesis, plan=plan, **parts)
