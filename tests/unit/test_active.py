"""The active return against a plain loop of Brinson by hand, and what cannot be asked."""

import numpy as np
import pytest

from backtest.attribution.active import active
from backtest.attribution.brinson import brinson
from backtest.errors import BacktestError
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis
from tests.theses import half, held_and_traded


@pytest.fixture(scope="module")
def result():
    return half()


@pytest.fixture(scope="module")
def rotation():
    return run(thesis("flow-momentum"), load("demo"))


@pytest.mark.parametrize("method", ["brinson-fachler", "brinson-hood-beebower"])
def test_grap_by_a_plain_loop(result, method):
    """Oracle: day by day from the public frames; all fills are on the first day of both, when nothing was held."""
    mix = result.references["constant mix"]
    sides = []
    for one in (result, mix):
        opening, held, _ = held_and_traded(one)
        sides.append((opening[:, [1, 2]].sum(axis=1), opening[:, 0], held[:, [1, 2]].sum(axis=1), held[:, 0], one))
    total, ahead = np.zeros((3, 5)), 1.0
    grown = [one[4].nav.to_numpy() / one[4].opening_nav for one in sides]
    for t in range(len(result.dates)):
        weights, returns, rest = [], [], []
        for source, destination, brought, abroad, one in sides:
            before = one.nav.iloc[t - 1] if t else one.opening_nav
            value = np.array([source[t], destination[t]])
            weights.append([*(value / before), 1.0 - value.sum() / before])
            returns.append([*np.divide([brought[t], abroad[t]], value, out=np.zeros(2), where=value > 0), 0.0])
            day = one.bridge.iloc[t]
            rest.append(
                {
                    "price": (day["price"] - brought[t] - abroad[t]) / before,
                    "currency": day["currency"] / before,
                    "cost": day["other_cost"] / before,
                }
            )
        found = brinson(*weights, *returns, method=method)
        effects = np.zeros((3, 5))
        effects[:, 0], effects[:, 1], effects[:, 2] = found.allocation[0], found.selection[0], found.interaction[0]
        effects[0, 0] += rest[0]["price"] - rest[1]["price"]  # fills of New York's names, from the open to the close
        effects[1, 3] = rest[0]["currency"] - rest[1]["currency"]
        after = grown[1][-1] / grown[1][t]
        total[:, :4] += effects[:, :4] * ahead * after
        total[2, 4] += (rest[0]["cost"] - rest[1]["cost"]) * ahead * after
        ahead = grown[0][t]
    found = active(result, method=method, linking="grap")
    ours = found.table.to_numpy()
    np.testing.assert_allclose(ours[:, :4], total[:, :4], rtol=0, atol=1e-14)
    assert ours[:, 4].sum() == pytest.approx(total[2, 4], abs=1e-14)
    assert found.excess == pytest.approx(grown[0][-1] - grown[1][-1], abs=1e-15)


def test_a_table_of_segments_and_one_of_months(rotation):
    found = active(rotation)
    assert found.table.index.tolist() == ["source", "destination", "cash"]
    assert found.table.columns.tolist() == ["allocation", "selection", "interaction", "currency", "cost"]
    assert str(found.months.index[0]) == "2019-03"
    np.testing.assert_allclose(found.months.sum(), found.total, rtol=0, atol=1e-12)
    assert active(rotation, by="market").table.index.tolist() == ["XHKG", "XNYS", "cash"]
    sectors = active(rotation, by="sector").table
    assert sectors.index[-1] == "cash"
    # What FX and fees took does not depend on how names are put together.
    for column in ("currency", "cost"):
        assert sectors[column].sum() == pytest.approx(found.table[column].sum(), abs=1e-12)


def test_geometric_effects_of_the_months_compound(rotation):
    found = active(rotation, linking="geometric")
    growth = (1.0 + found.portfolio) / (1.0 + found.benchmark)
    assert found.excess == pytest.approx(growth - 1.0, abs=1e-12)
    assert np.prod(1.0 + found.months.to_numpy()) == pytest.approx(growth, rel=1e-12)
    assert np.prod(1.0 + found.total) == pytest.approx(growth, rel=1e-12)


def test_a_basket_never_held_has_its_row():
    whole = run(thesis("flow-momentum").replace({"rotation.max_share": 0.0}), load("demo"))
    found = active(whole)
    assert found.table.index.tolist() == ["source", "destination", "cash"]
    assert not found.table.loc["destination"].any()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"method": "brinson"}, "Unknown method 'brinson' of attribution; want brinson-hood-beebower or"),
        ({"linking": "naive"}, "Unknown linking 'naive'; want carino, menchero, grap, frongello or geometric"),
        ({"by": "country"}, "cannot be split by 'country'; want basket, market or sector"),
    ],
)
def test_what_cannot_be_asked_is_said(result, asked, said):
    with pytest.raises(BacktestError, match=said):
        active(result, **asked)
