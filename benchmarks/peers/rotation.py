"""Weekly random weights over made-up Hong Kong names: what every portfolio engine is given, and our own runs of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.lanes import run_lanes
from benchmarks.peers.jobs import Entry, Ready, relative_gap
from data.calendars import trading_calendar
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.schedule import decision_stamps, rebalance_dates
from strategies.targets import TargetWeights

N_DATES, N_NAMES = 2520, 60
LAST = np.datetime64("2024-12-31")
FIRST_YEAR = 2010
CAPITAL = 1e8
INVESTED = 0.95  # what is left pays the costs: no engine has to cut a buy
FEE = 0.001
RESIDUAL = 1e-10
IN_FULL = RunConfig(
    base_currency="HKD", initial_capital=CAPITAL, costs="venue", commission_bps=2.5, commission_min={"HKD": 18.0},
    half_spread_bps="tick", impact=1.0, lots="exchange", interest="none",
)  # fmt: skip
DOES_MORE = (
    "does more: fills at the next open in board lots, contract notes with minima and rounding, half a tick, "
    "square-root impact, settlement"
)
N_LANES = 64


@dataclass(frozen=True)
class Rotation:
    """Prices and weights, in the forms that engines want.

    Attributes
    ----------
    market : MarketData
    targets : TargetWeights
    close : DataFrame of shape (n_dates, n_names)
        Prices that orders are filled at.
    weights : DataFrame of shape (n_decisions, n_names)
        Target fractions of NAV, by date of `close`.
    fee : float
        Of what is traded, a side.
    """

    market: MarketData
    targets: TargetWeights
    close: pd.DataFrame
    weights: pd.DataFrame
    fee: float

    @property
    def sized(self) -> pd.DataFrame:
        """The weights on all dates; NaN: no order."""
        return self.weights.reindex(self.close.index)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of `close` with a decision."""
        return np.asarray(self.close.index.get_indexer(self.weights.index), dtype=np.int64)

    @property
    def config(self) -> RunConfig:
        """Our settings of the job that all can do."""
        return RunConfig(
            base_currency="HKD", initial_capital=CAPITAL, fill="same_close", lots="fractional", interest="none",
            costs=FlatCosts(bps=self.fee * 1e4) if self.fee else "none",
        )  # fmt: skip


def make_market(n_dates: int, n_names: int) -> MarketData:
    """Make names in Hong Kong, prices as traded, board lots, volume.

    Parameters
    ----------
    n_dates : int
        Sessions up to the end of 2024.
    n_names : int

    Returns
    -------
    MarketData
    """
    rng = np.random.default_rng(7)
    sessions = trading_calendar("XHKG", FIRST_YEAR, 2024).dates
    dates = sessions[sessions <= LAST][-n_dates:]
    shape = (len(dates), n_names)
    close = rng.uniform(10, 300, n_names) * np.exp(np.cumsum(0.015 * rng.standard_normal(shape), axis=0))
    opened = close * np.exp(0.004 * rng.standard_normal(shape))
    symbols = np.array([f"N{i:02d}" for i in range(n_names)])
    frame = pd.DataFrame(
        {
            "date": np.repeat(dates.astype("datetime64[ns]"), n_names),
            "symbol": np.tile(symbols, len(dates)),
            "venue": "XHKG",
            "currency": "HKD",
            "open": opened.round(2).ravel(),
            "close": close.round(2).ravel(),
            "volume": rng.lognormal(15, 0.5, shape).round(-2).ravel(),
        }
    )
    lots = pd.DataFrame({"symbol": symbols, "lot": rng.choice([100, 200, 500], n_names)})
    return from_frames(frame, instruments=lots, price_basis="raw", name="benchmark (synthetic)", synthetic=True)


def make_rotation(n_dates: int = N_DATES, n_names: int = N_NAMES, fee: float = 0.0) -> Rotation:
    """Draw weights for each week: of many names a Dirichlet draw times 0.95, of one a uniform draw up to 0.95.

    Parameters
    ----------
    n_dates, n_names : int
    fee : float

    Returns
    -------
    Rotation
    """
    market = make_market(n_dates, n_names)
    calendar = market.calendars["XHKG"]
    stamps = np.asarray(decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end)))
    rng = np.random.default_rng(7)
    if n_names == 1:
        drawn = rng.uniform(0.0, 1.0, (len(stamps), 1))
    else:
        drawn = rng.dirichlet(np.ones(n_names), size=len(stamps))
    names = list(market.holdable)
    targets = TargetWeights.from_frame(
        pd.DataFrame(INVESTED * drawn, index=pd.DatetimeIndex(stamps, tz="UTC"), columns=names)
    )
    inside = (market.dates >= market.start) & (market.dates <= market.end)
    close = pd.DataFrame(
        market.close[np.ix_(inside, market.columns(names))],
        index=pd.DatetimeIndex(market.dates[inside].astype("datetime64[ns]")), columns=names,
    )  # fmt: skip
    dates = pd.DatetimeIndex(calendar.dates[np.searchsorted(calendar.closes, stamps)].astype("datetime64[ns]"))
    weights = pd.DataFrame(targets.weights, index=dates, columns=names)
    return Rotation(market=market, targets=targets, close=close, weights=weights, fee=fee)


def run_ours(rotation: Rotation, config: RunConfig | None = None) -> Ready:
    """Run as a user does: settings checked, arrays laid out, the ledger, NAV.

    Parameters
    ----------
    rotation : Rotation
    config : RunConfig, optional
        By default that of the job that all can do.

    Returns
    -------
    Ready
    """
    how = config or rotation.config
    return Ready(run=lambda: simulate(rotation.market, rotation.targets, how).nav, answer=lambda nav: nav.to_numpy())


def in_other_ways(make: Callable[[], Rotation]) -> tuple[Entry, ...]:
    """Give our own run in parts and in full.

    Parameters
    ----------
    make : callable
        Gives the rotation.

    Returns
    -------
    tuple of Entry
    """
    ways: tuple[tuple[str, Callable[..., Ready], int, str], ...] = (
        ("and its record", _record, 1, "every fill, share and balance written down by a second pass"),
        ("the ledger alone", partial(_lanes, n_lanes=1), 1, "arrays laid out before"),
        (f"a lane of {N_LANES}", partial(_lanes, n_lanes=N_LANES), N_LANES, "the ledger alone, a run of a block"),
        ("first run on a market", _first, 1, "nothing kept from a run before"),
    )
    rows = [
        Entry(
            name=f"eastbound, {name}", engine="numba", make=partial(_made, make, way, in_full=False), per=per, why=why
        )
        for name, way, per, why in ways
    ]
    rows.append(
        Entry(
            name="eastbound in full",
            engine="numba",
            make=lambda: _full(make()),
            tolerance=RESIDUAL,
            why=f"{DOES_MORE}; its own NAV: the gap is the residual of its NAV bridge",
        )
    )
    rows += [
        Entry(
            name=f"eastbound in full, {name}",
            engine="numba",
            make=partial(_made, make, way, in_full=True),
            per=per,
            why=f"does more; {why}",
            tolerance=RESIDUAL,
        )
        for name, way, per, why in ways
    ]
    return tuple(rows)


def _made(make: Callable[[], Rotation], way: Callable[..., Ready], *, in_full: bool) -> Ready:
    rotation = make()
    config = IN_FULL if in_full else rotation.config
    ready = way(rotation, config)
    if not in_full:
        return ready
    whole, answer = simulate(rotation.market, rotation.targets, config).nav.to_numpy(), ready.answer
    assert answer is not None  # each way gives its NAV, held here against that of the whole run
    return Ready(
        run=ready.run,
        seconds=ready.seconds,
        gap=lambda given: relative_gap(np.asarray(answer(given)), whole),
    )


def _full(rotation: Rotation) -> Ready:
    whole = simulate(rotation.market, rotation.targets, IN_FULL)
    residual = float((whole.bridge["residual"] / whole.nav).abs().max())
    return Ready(
        run=run_ours(rotation, IN_FULL).run, gap=lambda _: residual, remark=lambda _: f"{len(whole.trades):,} fills"
    )


def _record(rotation: Rotation, config: RunConfig) -> Ready:
    def run() -> Any:
        result = simulate(rotation.market, rotation.targets, config)
        return result.nav, result.fills

    return Ready(run=run, answer=lambda both: both[0].to_numpy())


def _lanes(rotation: Rotation, config: RunConfig, n_lanes: int) -> Ready:
    prepared = prepare(rotation.market, rotation.targets.assets, rotation.targets.decisions.asi8, config)
    weights = np.repeat(rotation.targets.weights[:, :, None], n_lanes, axis=2)
    book = new_book(prepared, n_lanes, CAPITAL)
    return Ready(
        run=lambda: run_lanes(prepared, weights, book, whole=False)[2].nav, answer=lambda nav: nav[:, n_lanes - 1]
    )


def _first(rotation: Rotation, config: RunConfig) -> Ready:
    shape = rotation.close.shape

    def run() -> tuple[float, pd.Series]:
        market = make_market(*shape)
        begun = time.perf_counter()
        nav = simulate(market, rotation.targets, config).nav
        return time.perf_counter() - begun, nav

    return Ready(run=run, answer=lambda both: both[1].to_numpy(), seconds=lambda both: both[0])
