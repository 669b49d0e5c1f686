"""Buys of two venues that are tried again on the same date share what the sells have paid by then.

Over Christmas 2023 the source cannot be sold on Monday (New York and Hong Kong are shut), and on Tuesday in New York
alone; the destination can be bought in Shanghai and in Shenzhen on both. What is decided on Friday is tried on Monday
without any cash, and on Tuesday with half of it: neither venue may take what the other needs.

A name that is suspended on that Tuesday concerns those alone who still have it to buy.
"""

import numpy as np
import pandas as pd
import pytest

from backtest.arrays.prepare import Prepared
from backtest.kernels.sleeve_tables import AGAIN, FILL, IRREGULAR, IRREGULAR_AGAIN, REGULAR, TRIED, Sleeves
from backtest.tuning import setups
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.sweep import sweep
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.thesis import Thesis
from tests.sweep_singles import compare
from tests.sweep_worlds import CURRENCY, ENTITIES, SweepWorld

FIRST, LAST = "2023-09-01", "2024-01-12"
SOURCE = {"US01": "XNYS", "US02": "XNYS", "2001.HK": "XHKG", "2002.HK": "XHKG"}
DESTINATION = {"600101.SS": "XSHG", "600102.SS": "XSHG", "300201.SZ": "XSHE", "300202.SZ": "XSHE"}
SUSPENDED, TRIED_AGAIN = "600101.SS", "2023-12-26"
GRID = {"rotation.speed": [0.5, 1.0], "rotation.max_share": [0.6, 1.0], "signal.lookback": [1, 3]}
SOME_NEVER_MOVE = {"rotation.enter": [3.0, 100.0]}


def _market(suspended: str | None = None) -> MarketData:
    """Prices without gaps, but for a suspension; a flow into the destination that jumps a week before Christmas."""
    rng, rows = np.random.default_rng(11), []
    for symbol, venue in {**SOURCE, **DESTINATION}.items():
        calendar = trading_calendar(venue, 2023, 2024)
        dates = calendar.dates[(calendar.dates >= np.datetime64(FIRST)) & (calendar.dates <= np.datetime64(LAST))]
        close = 50.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(dates))))
        if symbol == suspended:
            dates, close = dates[dates != np.datetime64(TRIED_AGAIN)], close[dates != np.datetime64(TRIED_AGAIN)]
        quotes = {"date": dates.astype("datetime64[ns]"), "open": close * 1.003, "close": close}
        rows.append(pd.DataFrame(quotes | {"symbol": symbol, "venue": venue, "currency": CURRENCY[venue]}))
    days = pd.bdate_range("2023-08-21", LAST)
    fx = [
        pd.DataFrame({"date": days, "base": "USD", "quote": quote, "rate": rate})
        for quote, rate in (("HKD", 7.8), ("CNY", 7.1))
    ]
    jump = np.where(days >= "2023-12-18", 50e6, 0.0)
    flows = [
        pd.DataFrame({"date": days, "entity": entity, "net_usd": 1e6 * rng.standard_normal(len(days)) + sign * jump})
        for entity, sign in zip(ENTITIES.values(), (-1.0, 1.0), strict=True)
    ]
    return from_frames(pd.concat(rows), fx=pd.concat(fx), flows=pd.concat(flows))


def _world(suspended: str | None = None) -> SweepWorld:
    thesis = Thesis.from_mapping(
        {
            "name": "christmas",
            "baskets": {"source": sorted(SOURCE), "destination": sorted(DESTINATION), "min_members": 1, "seasoning": 0},
            "signal": {"kind": "flow", "history": 60, "min_history": 20, **ENTITIES},
            "rotation": {"enter": 3.0, "exit": -3.0, "min_share": 0.0},
            "schedule": {"every": "week"},
            "run": {"interest": "none", "lots": "fractional", "costs": "venue-proportional"},
        },
        "world",
    )
    return SweepWorld(_market(suspended), thesis, GRID if suspended is None else GRID | SOME_NEVER_MOVE)


@pytest.fixture(scope="module")
def world() -> SweepWorld:
    return _world()


@pytest.mark.timeout(200)
def test_retried_buys_of_two_venues_are_those_of_single_runs(world: SweepWorld) -> None:
    tally = compare(world, "christmas")
    assert not tally.faults
    assert tally.sleeves > 0


@pytest.mark.timeout(200)
def test_a_venue_that_is_forgotten_when_another_is_tried_again_is_caught(
    world: SweepWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, n_forgotten = setups.lay_out_sleeves, 0

    def forgetting(prepared: Prepared, inner: np.ndarray) -> Sleeves:
        nonlocal n_forgotten
        sleeves = real(prepared, inner)
        fills = np.flatnonzero(sleeves.kind == FILL)
        is_forgotten = np.zeros_like(sleeves.stands, dtype=bool)
        is_forgotten[fills] = sleeves.stands[fills] == AGAIN
        is_forgotten[fills, sleeves.at[fills]] = False  # noqa: PD008 - the venues of fills
        n_forgotten += int(is_forgotten.sum())
        return sleeves._replace(stands=np.where(is_forgotten, TRIED, sleeves.stands))

    monkeypatch.setattr(setups, "lay_out_sleeves", forgetting)
    assert compare(world, "christmas").faults
    assert n_forgotten > 0


@pytest.mark.timeout(200)
def test_a_suspension_when_buys_are_tried_again_concerns_those_that_have_some_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, real, found = _world(SUSPENDED), setups.lay_out_sleeves, dict[int, int]()

    def watched(prepared: Prepared, inner: np.ndarray) -> Sleeves:
        sleeves = real(prepared, inner)
        found.update({kind: int((sleeves.irregular == kind).sum()) for kind in (REGULAR, IRREGULAR, IRREGULAR_AGAIN)})
        return sleeves

    monkeypatch.setattr(setups, "lay_out_sleeves", watched)
    tally = compare(world, "suspended")
    assert not tally.faults
    assert found[IRREGULAR] == 0
    assert found[IRREGULAR_AGAIN] == 1
    table = sweep(world.thesis, world.market, world.grid).table
    assert table[GENERAL].tolist() == (table["rotation.enter"] == 3.0).astype(int).tolist()  # one decision, and back


@pytest.mark.timeout(200)
def test_a_suspension_that_is_overlooked_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = setups.lay_out_sleeves

    def overlooking(prepared: Prepared, inner: np.ndarray) -> Sleeves:
        sleeves = real(prepared, inner)
        return sleeves._replace(irregular=np.where(sleeves.irregular == IRREGULAR_AGAIN, REGULAR, sleeves.irregular))

    monkeypatch.setattr(setups, "lay_out_sleeves", overlooking)
    assert compare(_world(SUSPENDED), "suspended").faults
