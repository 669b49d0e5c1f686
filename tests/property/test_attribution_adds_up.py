"""Law: attribution leaves nothing over, on 500 random runs with everything switched on.

Raw and adjusted prices, dividends, splits, scrip, delistings, shorts, leverage, recalls, lots, minima, impact, limits,
settlement, every way of funding and of converting, stops, margin calls, interest and borrow fees.
"""

import numba
import numpy as np
import pytest

from backtest.attribution.active import active
from backtest.attribution.contributions import KEYS, contributions
from backtest.attribution.effects import COLUMNS, effects
from backtest.engine import simulate
from tests.theses import random_rotation
from tests.worlds import full_case

BOUND = 1e-10  # of NAV
CHUNK = 5 if numba.config.DISABLE_JIT else 25
# `make test` takes the first 100 of these runs, `make full` all 500.
QUICK = range(0, 4 * CHUNK, CHUNK)
REST = range(4 * CHUNK, 20 * CHUNK, CHUNK)
CHUNKS = [*QUICK, *(pytest.param(first, marks=pytest.mark.slow) for first in REST)]


@pytest.mark.parametrize("first", CHUNKS)
def test_attribution_leaves_nothing_over(first):
    seen = np.zeros(len(COLUMNS), dtype=int)
    for seed in range(first, first + CHUNK):
        case, config = full_case(seed)
        _check_contributions(simulate(case.market, case.targets, config), seed)
        rotation = random_rotation(case, config, seed)
        seen += (_check_effects(rotation, seed) != 0.0).any(axis=0)
        _check_active(rotation, seed)
    # The runs are of use: each effect is at work in many of them.
    assert (seen > CHUNK / 4).all(), dict(zip(COLUMNS, seen, strict=True))


def _check_contributions(result, seed):
    """Contributions add up by every key, kind and period."""
    found, scale = contributions(result), result.nav.abs().max()
    assert (found.by_date["residual"].abs() <= BOUND * scale).all(), seed
    change = result.nav.iloc[-1] - result.opening_nav
    assert abs(found.residual) <= BOUND * scale
    half = result.dates[len(result.dates) // 2]
    first, second, both = found.between(end=half), found.between(start=half), found.between(half, half)
    for key in KEYS:
        table, costs = found.by(key), found.costs_by_kind(key)
        assert abs(table["total"].sum() - change) <= BOUND * scale, (seed, key)
        np.testing.assert_allclose(costs.sum(axis=1), table["costs"], rtol=0, atol=BOUND * scale)
        cut = first.by(key) + second.by(key) - both.by(key)
        np.testing.assert_allclose(cut, table, rtol=0, atol=BOUND * scale)
    kinds = -result.costs.sum()
    np.testing.assert_allclose(found.costs_by_kind().sum()[kinds.index], kinds, rtol=0, atol=BOUND * scale)
    whole = result.bridge[["price", "currency", "dividends", "interest"]]
    np.testing.assert_allclose(found.by_date[list(whole.columns)], whole, rtol=0, atol=BOUND * scale)


def _check_effects(result, seed):
    """Effects of a rotation add up; gives them by date."""
    frame, scale = effects(result), result.nav.abs().max()
    assert np.isfinite(frame.to_numpy()).all(), seed
    assert (frame["residual"].abs() <= BOUND * scale).all(), seed
    parts = frame[list(COLUMNS)].to_numpy()
    assert abs(parts.sum() - (result.nav.iloc[-1] - result.opening_nav)) <= BOUND * scale, seed
    return parts


def _check_active(result, seed):
    """The active return adds up, or compounds, whatever the linking."""
    ours, theirs = (one.nav.iloc[-1] / one.opening_nav for one in (result, result.references["constant mix"]))
    by = ("basket", "market", "sector")[seed % 3]
    method = ("brinson-fachler", "brinson-hood-beebower")[seed % 2]
    linking = ("carino", "menchero", "grap", "frongello")[seed // 2 % 4]
    found = active(result, method=method, linking=linking, by=by)
    assert found.table.to_numpy().sum() == pytest.approx(ours - theirs, abs=BOUND), (seed, linking)
    assert found.months.to_numpy().sum() == pytest.approx(ours - theirs, abs=BOUND), (seed, linking)
    found = active(result, method=method, linking="geometric", by=by)
    assert np.prod(1.0 + found.total) == pytest.approx(ours / theirs, abs=BOUND), seed
    assert np.prod(1.0 + found.months.to_numpy()) == pytest.approx(ours / theirs, abs=BOUND), seed
    assert abs(found.residual) < BOUND
