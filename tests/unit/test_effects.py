"""Effects of a rotation against a plain loop over its definitions, and numbers to redo by hand."""

import numpy as np
import pytest

from backtest.attribution.effects import COLUMNS, effects
from data.costs.schedules import COST_KINDS
from tests.rotations import eventful
from tests.theses import half, held_and_traded, random_rotation
from tests.worlds import full_case


def plain_effects(result):
    """Oracle: the definitions of docs/attribution.md, date by date and basket by basket."""
    baskets = result.plan.targets.baskets
    owner = dict(zip(result.prepared.names, result.plan.targets.owners(result.prepared.names).tolist(), strict=True))
    opening, held, fills = held_and_traded(result)
    references = []
    for side, basket in enumerate(baskets):
        other = result.references[f"hold {basket}"]
        assert other.dates.equals(result.dates)
        theirs, brought, _ = held_and_traded(other)
        mine = result.plan.targets.owners(other.prepared.names) == side
        with np.errstate(invalid="ignore"):
            references.append(np.nan_to_num(brought[:, mine].sum(axis=1) / theirs[:, mine].sum(axis=1)))
    nav, found = result.nav.tolist(), []
    marked = result.prepared.timeline.stamp[result.mark_events].tolist()
    for t in range(len(nav)):
        before = nav[t - 1] if t else result.opening_nav
        mix = timing = selection = interaction = 0.0
        decided = [k for k, at in enumerate(result.plan.targets.decisions) if t and at.value < marked[t - 1]]
        shares = result.mix_shares[decided[-1] if decided else 0]
        has_none = not opening[t].any()
        for side in range(len(baskets)):
            mine = [a for a, name in enumerate(result.prepared.names) if owner[name] == side]
            value, average = sum(opening[t, a] for a in mine), shares[side]
            big_r = references[side][t]
            r = sum(held[t, a] for a in mine) / value if value else big_r
            w = value / before
            mix += before * average * big_r
            timing += before * (w - average) * big_r
            selection += before * average * (r - big_r)
            interaction += before * (w - average) * (r - big_r)
            trades = []
            for a in mine:
                rate = result.mark_rates[t, result.prepared.world.currency[a]]
                trades += [(q * p * rate, result.mark_prices[t, a] / p - 1.0) for q, p in fills.get((t, a), [])]
            if trades:
                mean = sum(abs(n) * x for n, x in trades) / sum(abs(n) for n, _ in trades)
                net = sum(n for n, _ in trades) * mean
                mix, timing = (mix + net, timing) if has_none else (mix, timing + net)
                selection += sum(n * (x - mean) for n, x in trades)
        found.append([mix, timing, selection, interaction])
    return np.array(found)


@pytest.mark.parametrize(
    "result",
    [half, eventful, lambda: eventful(costs="venue", fill="next_close", fx="hold")],
    ids=["tiny", "eventful", "eventful, at closes"],
)
def test_effects_equal_a_plain_loop(result):
    found = result()
    frame, expected = effects(found), plain_effects(found)
    np.testing.assert_allclose(frame[list(COLUMNS[:4])], expected, rtol=0, atol=1e-10 * found.nav.max())
    assert (np.abs(expected).max(axis=0)[:2] > 1.0).all()


@pytest.mark.parametrize("seed", [3, 7])
def test_selection_and_interaction_equal_a_plain_loop(seed):
    """Random worlds without delistings, in which baskets of several names hold others than the references do."""
    case, config = full_case(seed)
    found = random_rotation(case, config, seed)
    expected = plain_effects(found)
    np.testing.assert_allclose(effects(found)[list(COLUMNS[:4])], expected, rtol=0, atol=1e-10 * found.nav.max())
    assert (np.abs(expected).max(axis=0) > 1.0).all()


def test_cost_cash_and_currency_are_those_of_the_bridge():
    found = eventful(costs="venue", fx="hold")
    frame, bridge = effects(found), found.bridge
    np.testing.assert_allclose(frame["currency"], bridge["currency"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(frame["cash"], bridge["interest"], rtol=0, atol=1e-6)
    kinds = [*COST_KINDS, "borrow_fee", "withholding"]
    np.testing.assert_allclose(frame["cost"], bridge[kinds].sum(axis=1), rtol=0, atol=1e-6)


def test_by_hand():
    frame = effects(half())
    # 23 January: 2,497.5025 US01 bought at 100 stand at 102. Costs are 0.001 of 999,000.999.
    day = frame.loc["2025-01-23"]
    assert day["average_mix"] == pytest.approx(2_497.502498 * 2.0, rel=1e-9)  # buying in is no timing
    assert day["timing"] == 0.0
    assert day["cost"] == pytest.approx(-999.000999, rel=1e-9)
    # 28 January: N 996,823.69; the source earns 3.0928 % (98 -> 100, 48 -> 50), the destination 82 / 80 - 1.
    source = (2_497.502498 * 2.0 + 4_995.004995 * 2.0) / (2_497.502498 * 98.0 + 4_995.004995 * 48.0)
    destination = 82.0 / 80.0 - 1.0
    average = half().average_shares
    day, nav = frame.loc["2025-01-28"], half().nav["2025-01-27"]
    expected = nav * (average[0] * source + average[1] * destination)
    assert day["average_mix"] == pytest.approx(expected, rel=1e-9)
    assert day["timing"] == pytest.approx(day["change"] - expected, rel=1e-6)
    assert day[["selection", "interaction", "currency", "cost", "cash"]].abs().max() < 1e-6
