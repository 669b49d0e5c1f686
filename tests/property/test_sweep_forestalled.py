"""A name that was suspended pays for nothing until it trades, even where the next decision comes before it can.

Decided in Hong Kong at every close: what is decided on Monday 4 July 2022, when New York is shut, fills in Hong Kong on
Tuesday morning, and is replaced at the close there, before New York opens. Its sells in New York are due on that date
and pay for the buys in Hong Kong, but for those of a name that was not traded on Friday, in New York's last session.
"""

import numpy as np
import pandas as pd
import pytest

from backtest.arrays.prepare import Prepared
from backtest.kernels.sleeve_tables import IRREGULAR, REGULAR, Sleeves
from backtest.tuning import setups
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.thesis import Thesis
from tests.sweep_singles import compare
from tests.sweep_worlds import CURRENCY, ENTITIES, SweepWorld

FIRST, LAST = "2022-04-01", "2022-07-29"
SOURCE, DESTINATION = {"US01": "XNYS", "US02": "XNYS"}, {"2001.HK": "XHKG", "2002.HK": "XHKG"}
SUSPENDED, FRIDAY, MONDAY = "US01", "2022-07-01", "2022-07-04"
GRID = {
    "rotation.speed": [0.5, 1.0],
    "rotation.enter": [-1.0, -0.3, 0.0, 0.3],
    "rotation.exit": [-1.5, -1.2],
    "signal.lookback": [1, 2, 3, 5],
}


def _market() -> MarketData:
    """Prices without gaps, but for a suspension; flows at random."""
    rng, rows = np.random.default_rng(11), []
    for symbol, venue in {**SOURCE, **DESTINATION}.items():
        calendar = trading_calendar(venue, 2022, 2022)
        dates = calendar.dates[(calendar.dates >= np.datetime64(FIRST)) & (calendar.dates <= np.datetime64(LAST))]
        close = 50.0 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(dates))))
        quotes = {"date": dates.astype("datetime64[ns]"), "open": close * 1.003, "close": close}
        frame = pd.DataFrame(quotes | {"symbol": symbol, "venue": venue, "currency": CURRENCY[venue]})
        rows.append(frame[(dates != np.datetime64(FRIDAY)) | (symbol != SUSPENDED)])
    days = pd.bdate_range("2022-01-03", LAST)
    flow = 1e6 * rng.standard_normal(len(days))
    return from_frames(
        pd.concat(rows),
        fx=pd.DataFrame({"date": days, "base": "USD", "quote": "HKD", "rate": 7.8}),
        flows=pd.concat(
            pd.DataFrame({"date": days, "entity": entity, "net_usd": sign * flow})
            for entity, sign in zip(ENTITIES.values(), (-1.0, 1.0), strict=True)
        ),
    )


@pytest.fixture(scope="module")
def world() -> SweepWorld:
    thesis = Thesis.from_mapping(
        {
            "name": "forestalled",
            "baskets": {"source": sorted(SOURCE), "destination": sorted(DESTINATION), "min_members": 1, "seasoning": 0},
            "signal": {"kind": "flow", "history": 60, "min_history": 20, **ENTITIES},
            "rotation": {"min_share": 0.0},
            "schedule": {"every": "day", "venue": "XHKG"},
            "run": {"interest": "none", "lots": "fractional", "costs": "venue-proportional"},
        },
        "world",
    )
    return SweepWorld(_market(), thesis, GRID)


@pytest.mark.timeout(200)
def test_what_a_suspended_name_would_pay_does_not_count(world: SweepWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real, decided = setups.lay_out_sleeves, set[str]()

    def watched(prepared: Prepared, inner: np.ndarray) -> Sleeves:
        sleeves = real(prepared, inner)
        stamps = prepared.decisions[sleeves.irregular == IRREGULAR].astype("datetime64[ns]")
        decided.update(stamps.astype("datetime64[D]").astype(str).tolist())
        return sleeves

    monkeypatch.setattr(setups, "lay_out_sleeves", watched)
    assert compare(world, "forestalled").faults == []
    assert decided == {MONDAY}


@pytest.mark.timeout(200)
def test_that_it_is_overlooked_is_caught(world: SweepWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real = setups.lay_out_sleeves

    def overlooking(prepared: Prepared, inner: np.ndarray) -> Sleeves:
        sleeves = real(prepared, inner)
        return sleeves._replace(irregular=np.where(sleeves.irregular == IRREGULAR, REGULAR, sleeves.irregular))

    monkeypatch.setattr(setups, "lay_out_sleeves", overlooking)
    assert compare(world, "forestalled").faults
