"""Rotations on random worlds in which everything is switched on."""

import numpy as np
import pandas as pd

from backtest.config import RunConfig
from backtest.engine import simulate
from backtest.run import RotationResult
from strategies.targets import BasketTargets
from strategies.thesis import BASKETS, Plan, Thesis
from tests.generators import Case


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
    plan = Plan(targets=targets, reading=None, score=np.full(len(inner), np.nan), share=share, notes=())
    return RotationResult(thesis=thesis, plan=plan, **parts)
