"""Laws of the landscape: every function against its plain reading, on random tables."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from backtest.tuning.analysis.axes import steps_of
from backtest.tuning.analysis.groups import Variance
from backtest.tuning.analysis.landscape import heat, marginal, ranking
from backtest.tuning.analysis.neighbourhood import neighbourhood
from backtest.tuning.analysis.sensitivity import explained, interactions
from tests.sweeps import grid_table

SEEDS = range(8)


def random_table(seed: int) -> pd.DataFrame:
    """A full grid of three numbers and a text, a tenth of its candidates taken out, measures with gaps and ties."""
    noise = np.random.default_rng(seed)
    grid = {
        "a.x": sorted(noise.choice(100, 5, replace=False).tolist()),
        "a.y": sorted(noise.normal(size=4).tolist()),
        "a.z": [1, 2, 3],
        "a.kind": ["p", "q", "r"],
    }
    table = grid_table(grid)
    table = table[noise.random(len(table)) > 0.1].reset_index(drop=True)
    sharpe = noise.normal(size=len(table)).round(1) + table["a.x"].to_numpy() / 50
    sharpe[noise.random(len(table)) < 0.1] = math.nan
    return table.assign(sharpe=sharpe)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_map_is_a_pivot_table(seed: int) -> None:
    table = random_table(seed)
    found = heat(table, "a.x", "a.kind", "sharpe")
    plain = table.pivot_table("sharpe", "a.kind", "a.x", aggfunc=["median", "count"], observed=False)
    # rtol: the middle of two is interpolated, not averaged
    np.testing.assert_allclose(found.values, plain["median"].to_numpy(), rtol=1e-12)
    np.testing.assert_array_equal(found.counts, plain["count"].to_numpy())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_marginal_effect_is_a_group(seed: int) -> None:
    table = random_table(seed)
    found = marginal(table, "a.y", "sharpe").by_value
    groups = table.groupby("a.y")["sharpe"]
    for name, cut in (("low", 0.25), ("median", 0.5), ("high", 0.75), ("best", 1.0)):
        np.testing.assert_allclose(found[name].to_numpy(), groups.quantile(cut).to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(found["mean"].to_numpy(), groups.mean().to_numpy(), rtol=1e-12)
    assert found["count"].tolist() == groups.count().tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_variance_between_and_within_groups_is_all_of_it(seed: int) -> None:
    table = random_table(seed).dropna(subset=["sharpe"])
    groups = table.groupby("a.x")["sharpe"]
    within = float((table["sharpe"] - groups.transform("mean")).pow(2).sum())
    total = float((table["sharpe"] - table["sharpe"].mean()).pow(2).sum())
    assert explained(table, "sharpe")["a.x"] == pytest.approx(1 - within / total, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_explains_no_less_than_either_alone(seed: int) -> None:
    table = random_table(seed)
    alone = explained(table, "sharpe")
    for x, y, together, adds, beyond in interactions(table, "sharpe").itertuples(index=False, name=None):
        assert alone[x] >= alone[y]
        assert alone[x] - 1e-12 <= together <= 1 + 1e-12
        assert adds == pytest.approx(together - alone[x], abs=1e-15)
        assert beyond == pytest.approx(together - alone[x] - alone[y], abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_pairs_are_those_of_their_cells_in_any_order(seed: int) -> None:
    noise, n = np.random.default_rng(seed), 400
    values, sizes = noise.normal(size=n), [4, 3, 5]
    codes = [noise.integers(0, size, n).astype(np.uint16) for size in sizes]
    order = np.lexsort(codes[::-1])  # as in a grid, with repeats; and as drawn
    for at in (order, np.arange(n)):
        variance, given = Variance(values[at]), [one[at] for one in codes]
        alone, together = variance.between_pairs(given, sizes)
        assert alone == pytest.approx([variance.between(*one) for one in zip(given, sizes, strict=True)], rel=1e-12)
        cells = [a.astype(np.int64) * m + b for (a, _), (b, m) in combinations(zip(given, sizes, strict=True), 2)]
        counts = [k * m for k, m in combinations(sizes, 2)]
        pairs = [variance.between(*one) for one in zip(cells, counts, strict=True)]
        assert together == pytest.approx(pairs, rel=1e-12)


def test_a_shift_or_a_scale_changes_no_share() -> None:
    noise = np.random.default_rng(9)
    values, codes = noise.normal(size=500), noise.integers(0, 6, 500)
    share = Variance(values).between(codes, 6)
    # rel: a mean of 1e6 costs six digits of sixteen, and the squares twice as many
    assert Variance(1e6 + values).between(codes, 6) == pytest.approx(share, rel=1e-8)
    assert Variance(-1e-4 * values).between(codes, 6) == pytest.approx(share, rel=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ranking_is_a_stable_sort(seed: int) -> None:
    table = random_table(seed)
    plain = table["sharpe"].sort_values(ascending=False, kind="stable", na_position="last").index.tolist()
    for k in (1, 7, len(table)):
        assert ranking(table, "sharpe", k).tolist() == plain[:k]


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbours_are_those_a_loop_finds(seed: int) -> None:
    table = random_table(seed)
    names = ["a.x", "a.y", "a.z", "a.kind"]
    places = {name: steps_of(table, name)[0] for name in names}
    for candidate in range(0, len(table), 17):
        found = neighbourhood(table, candidate, "sharpe")
        beside, around = [], []
        for other in range(len(table)):
            apart = [abs(int(places[name][other] - places[name][candidate])) for name in names]
            if other != candidate and max(apart[:3]) <= 1:
                if apart[3] == 0:
                    around.append(other)
                if sum(one > 0 for one in apart) == 1:
                    beside.append(other)
        assert found.around.tolist() == around
        assert found.beside.tolist() == beside


def test_the_order_of_candidates_changes_no_map() -> None:
    table = random_table(1)
    mixed = table.sample(frac=1.0, random_state=3).reset_index(drop=True)
    np.testing.assert_array_equal(
        heat(table, "a.x", "a.y", "sharpe").values, heat(mixed, "a.x", "a.y", "sharpe").values
    )
