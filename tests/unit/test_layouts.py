"""What is kept of a market: equal for every run that shares it, read-only, gone with the market."""

import gc
import sys
import weakref
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

from backtest.arrays.layout import NOT_LAID_OUT, lay_out, layout_key
from backtest.arrays.prepare import Prepared, prepare
from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from data.actions import TERMINAL
from strategies.targets import TargetWeights
from tests.markets import make_market, run
from tests.worlds import full_case, full_config

# Everything on, so that each setting has something to say.
RICH = {
    "costs": "venue",
    "commission_bps": 2.5,
    "commission_min": {"HKD": 18.0},
    "half_spread_bps": "tick",
    "impact": 0.5,
    "max_participation": 0.05,
    "stop_drawdown": 0.1,
    "stop_days": 5,
}
SHORTS = {"shorts": True, "borrow_fee": 2.5}
# Another value of every setting, and what has to be set with it, in both.
OTHERS = {
    "base_currency": ("HKD", {}),
    "initial_capital": (2e6, {}),
    "fill": ("next_close", {}),
    "sizing": ("fill", {}),
    "shut_market": ("basket", {}),
    "funding": ("settled", {}),
    "fx": ("hold", {}),
    "costs": ("venue-proportional", {"impact": 0.0, "commission_min": {}}),
    "lots": ("fractional", {}),
    "approximate_lots": (True, {}),
    "fx_spread_bps": (20.0, SHORTS),
    "commission_bps": (5.0, {}),
    "commission_min": ({"HKD": 18.0, "USD": 1.0}, {}),
    "half_spread_bps": (5.0, {}),
    "impact": (1.0, {}),
    "max_participation": (None, {}),
    "dividends": ("reinvest", {}),
    "investor": ("us", {}),
    "dividend_yield": (3.0, {}),
    "shorts": (True, {}),
    "borrow_fee": (1.0, {"shorts": True}),
    "max_gross": (1.5, SHORTS),
    "maintenance_margin": (0.3, SHORTS),
    "rebalance_band": (0.05, SHORTS),
    "no_trade_band": (0.05, {}),
    "stop_drawdown": (0.2, {}),
    "stop_days": (None, {}),
    "interest": ("none", {}),
    "rate_spread": (1.0, {}),
    "rate_max_age_days": (5, {}),
    "rate_fallback": (1.0, {}),
}
# Settings that show in the layout of the market below.
SEEN = (
    *("borrow_fee", "commission_bps", "commission_min", "costs", "half_spread_bps", "impact", "interest", "investor"),
    *("lots", "max_participation", "rate_max_age_days", "rate_spread", "shorts"),
)


def two_configs(name):
    """Settings that differ in one."""
    other, needed = OTHERS[name]
    return RunConfig(**(RICH | needed)), RunConfig(**(RICH | needed | {name: other}))


def flat(value, name=""):
    """Every array and number of a tree of named tuples and dataclasses, by name, as bytes."""
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, tuple):
        parts = value._asdict() if hasattr(value, "_asdict") else dict(enumerate(value))
    elif isinstance(value, (np.ndarray, pd.Index)):
        array = np.asarray(value)
        return {name: (array.dtype.str, array.shape, array.tobytes())}
    else:
        return {name: repr(value)}
    return {key: told for part, one in parts.items() for key, told in flat(one, f"{name}.{part}").items()}


@pytest.fixture(scope="module")
def rich_market():
    """Raw prices of four venues with actions, a delisting, lots, volumes and borrowing."""
    market = full_case(54)[0].market
    assert market.price_basis == "raw"
    assert TERMINAL in market.actions.kind
    assert len(market.borrow.readings) == 5  # for others borrow_fee is asked
    return market


def test_every_setting_is_tried():
    assert set(OTHERS) == set(RunConfig.model_fields)
    assert set(OTHERS) >= NOT_LAID_OUT
    for name in OTHERS:
        one, other = two_configs(name)
        assert [key for key, value in one if value != getattr(other, key)] == [name]


@pytest.mark.parametrize("name", sorted(NOT_LAID_OUT))
def test_a_setting_that_is_not_laid_out_moves_no_byte_of_a_layout(name, rich_market):
    one, other = two_configs(name)
    found = [flat(lay_out(rich_market, rich_market.holdable, config)) for config in (one, other)]
    assert len(found[0]) > 50
    assert [part for part in found[0] if found[0][part] != found[1][part]] == []
    assert found[0].keys() == found[1].keys()
    assert layout_key(one) == layout_key(other)


@pytest.mark.parametrize("name", SEEN)
def test_the_market_is_rich_enough_to_see_a_setting(name, rich_market):
    one, other = (flat(lay_out(rich_market, rich_market.holdable, config)) for config in two_configs(name))
    assert one != other


@pytest.mark.parametrize("name", sorted(set(OTHERS) - NOT_LAID_OUT))
def test_any_other_setting_makes_another_layout(name):
    one, other = two_configs(name)
    assert layout_key(one) != layout_key(other)
    assert hash(layout_key(one)) == hash(layout_key(two_configs(name)[0]))
    assert layout_key(one) == layout_key(two_configs(name)[0])


def test_flat_costs_and_minima_are_told_apart_by_value():
    assert layout_key(RunConfig(costs=FlatCosts(10))) == layout_key(RunConfig(costs=FlatCosts(10)))
    assert layout_key(RunConfig(costs=FlatCosts(10))) != layout_key(RunConfig(costs=FlatCosts(20)))
    minima = [{"HKD": 18.0, "USD": 1.0}, {"USD": 1.0, "HKD": 18.0}, {"HKD": 1.0, "USD": 18.0}]
    keys = [layout_key(RunConfig(costs="venue", commission_min=one)) for one in minima]
    assert keys[0] == keys[1] != keys[2]


def told_by(result):
    """Everything a run says, as bytes and text."""
    frames = (result.nav, result.trades, result.log, result.actions, result.statement, result.costs)
    return (*(frame.to_csv() for frame in frames), flat(result.closing), result.nav_by_row.tobytes(), result.notes)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [11, 17, 20])
def test_what_is_kept_of_a_market_changes_no_byte(seed, monkeypatch):
    case = full_case(seed)[0]
    rng = np.random.default_rng(seed)
    # Prices are raw, and venues do not close together.
    allowed = ({"dividend_yield": 0.0, "fill": one} for one in ("next_open", "next_close") * 3)
    drawn = [full_config(rng).model_copy(update=update) for update in allowed]
    weights = case.targets.weights
    fewer = TargetWeights(
        decisions=case.targets.decisions[::2], assets=case.targets.assets, weights=np.nan_to_num(weights[::2])
    )
    runs = [(config, targets) for config in drawn for targets in (case.targets, fewer)]
    # Beside each, one of the same layout.
    runs += [
        (config.model_copy(update={"initial_capital": 1e6, "fx_spread_bps": 7.0}), case.targets) for config in drawn
    ]
    fresh = [told_by(simulate(case.market.with_prices({}), targets, config)) for config, targets in runs]
    worked_out, module = [], sys.modules[prepare.__module__]
    work_out = module.lay_out
    monkeypatch.setattr(module, "lay_out", lambda *given: (worked_out.append(given), work_out(*given))[1])
    market = case.market.with_prices({})
    n_runs = 0
    for _ in range(2):
        for at in rng.permutation(len(runs)).tolist():
            # Twice at once: the second finds all of it kept.
            for _ in range(2):
                config, targets = runs[at]
                assert told_by(simulate(market, targets, config)) == fresh[at], (at, config)
                n_runs += 1
    assert len({layout_key(config) for config in drawn}) <= len(worked_out) <= n_runs / 2


@pytest.mark.parametrize("seed", [11, 17, 20, 29])
def test_what_is_prepared_cannot_be_written_to(seed):
    case, config = full_case(seed)
    stamps = np.array([stamp for stamp, _ in case.decisions])
    prepared = prepare(case.market, case.market.holdable, stamps, config)
    arrays = list(arrays_of(prepared))
    assert len(arrays) > 40
    for name, array in arrays:
        if name == "decisions":  # the caller's own
            continue
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array
    assert not prepared.index.to_numpy().flags.writeable


def arrays_of(value, name=""):
    """Every array in a tree of named tuples and dataclasses."""
    if isinstance(value, np.ndarray):
        yield name, value
    elif is_dataclass(value):
        for field in fields(value):
            yield from arrays_of(getattr(value, field.name), field.name)
    elif isinstance(value, tuple):
        for one, part in zip(getattr(value, "_fields", [name] * len(value)), value, strict=True):
            yield from arrays_of(part, one)


def test_what_is_kept_goes_with_its_market():
    market = make_market({"AAA": 10.0, "HAA": 20.0}, "2025-02-03", "2025-02-14", volumes={"AAA": 1e6, "HAA": 1e6})
    result = run(market, {"2025-02-04": {"AAA": 0.5, "HAA": 0.5}}, costs="venue", impact=0.5)
    prepared: Prepared = result.prepared
    names = ("close", "impact", "fx")  # of the layout, of volumes, of the schedule
    parts = [weakref.ref(getattr(prepared.world, name)) for name in names] + [weakref.ref(prepared.timeline.stamp)]
    gone = weakref.ref(market)
    del result, prepared
    gc.collect()
    assert gone() is market
    assert [one() is None for one in parts] == [False] * 4  # kept for the next run
    del market
    gc.collect()
    assert gone() is None
    assert [one() is None for one in parts] == [True] * 4
