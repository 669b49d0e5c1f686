"""Ledger: one run in its general form, one with every note and lot counted, and blocks of lanes side by side."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest import BacktestResult, FlatCosts, RunConfig, simulate
from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.markets import make_thesis
from data.market import MarketData
from strategies.schedule import decision_stamps, rebalance_dates
from strategies.targets import TargetWeights

if TYPE_CHECKING:
    from backtest.tuning.setups import Setup

RESIDUAL = 1e-10  # of NAV: what the bridge may leave unexplained
SLEEVES_APART = 1e-10  # of NAV: sleeves add up in another order than the general form
LANES = 64
CAPITAL = 1e8
GENERAL = RunConfig(initial_capital=CAPITAL, costs=FlatCosts(bps=10), lots="fractional")
IN_LOTS = RunConfig(
    initial_capital=CAPITAL, costs="venue", commission_bps=2.5, commission_min={"USD": 1.0, "HKD": 18.0},
    half_spread_bps="tick", impact=1.0, lots="exchange",
)  # fmt: skip
ROTATION = {"rotation.enter": [0.25, 0.5, 0.75, 1.0], "rotation.exit": [-1.0, -0.5, 0.0, 0.2],
            "rotation.max_share": [0.25, 0.5, 0.75, 1.0]}  # fmt: skip


@cache
def weekly_targets(size: str, basis: str) -> TargetWeights:
    """Give random weights for all names of a case, decided weekly, 5 % in cash.

    Parameters
    ----------
    size, basis : str

    Returns
    -------
    TargetWeights
        Seeded.
    """
    market = cases.market(size, basis)
    calendar = market.calendars["XNYS"]
    stamps = decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end))
    weights = 0.95 * np.random.default_rng(7).dirichlet(np.ones(len(market.holdable)), size=len(stamps))
    index = pd.DatetimeIndex(stamps, tz="UTC")
    return TargetWeights.from_frame(pd.DataFrame(weights, index=index, columns=list(market.holdable)))


def check_bridge(result: BacktestResult) -> None:
    """Assert that price, currency, dividends, interest and costs explain all of NAV.

    Parameters
    ----------
    result : BacktestResult
    """
    residual = float((result.bridge["residual"] / result.nav).abs().max())
    require(residual < RESIDUAL, f"the bridge leaves {residual:.1e} of NAV unexplained, {RESIDUAL:.0e} is allowed")
    require(len(result.trades) > len(result.prepared.names), "hardly anything was traded")


def _single(size: str, basis: str, config: RunConfig) -> Work:
    market, targets = cases.market(size, basis), weekly_targets(size, basis)

    def run() -> BacktestResult:
        result = simulate(market, targets, config)
        _ = result.nav
        return result

    return Work(run, check_bridge)


def _general(size: str) -> Work:
    return _single(size, "total_return", GENERAL)


def _lots(size: str) -> Work:
    return _single(size, "raw", IN_LOTS)


def _first(size: str) -> Work:
    """Lay the market out anew each time: what is kept for a market is not there yet."""
    market, targets = cases.market(size), weekly_targets(size, "total_return")

    def run() -> BacktestResult:
        return simulate(cases.fresh(market), targets, GENERAL)

    return Work(run, check_bridge)


def _recorded(size: str) -> Work:
    """Ask for the fills too: the run is then done again, and everything written down."""
    market, targets = cases.market(size), weekly_targets(size, "total_return")

    def run() -> BacktestResult:
        result = simulate(market, targets, GENERAL)
        _ = result.fills
        return result

    return Work(run, check_bridge)


def _lanes(size: str) -> Work:
    from backtest.arrays.prepare import prepare
    from backtest.books import new_book
    from backtest.lanes import run_lanes

    market, targets = cases.market(size), weekly_targets(size, "total_return")
    prepared = prepare(market, targets.assets, targets.decisions.asi8, GENERAL)
    # Each lane asks for the same names in another fraction of NAV.
    weights = np.ascontiguousarray(targets.weights[:, :, None] * np.linspace(0.5, 1.0, LANES))
    books = new_book(prepared, LANES, CAPITAL)

    def run() -> Any:
        return run_lanes(prepared, weights, books, whole=False)[2].nav

    def check(nav: NDArray[np.float64]) -> None:
        require(nav.shape[1] == LANES, f"{nav.shape[1]} lanes were run, not {LANES}")
        for lane in (0, LANES // 3, LANES - 1):
            alone = np.ascontiguousarray(weights[:, :, lane : lane + 1])
            single = run_lanes(prepared, alone, new_book(prepared, 1, CAPITAL), whole=False)[2].nav[:, 0]
            require(single.tobytes() == np.ascontiguousarray(nav[:, lane]).tobytes(), f"lane {lane} is not its own run")

    return Work(run, check)


@dataclass(frozen=True)
class Sleeved:
    """What sleeves need: a setup, and rules side by side."""

    setup: "Setup"
    shares: NDArray[np.float64]
    rotating: Any


def _laid_out(market: MarketData) -> Sleeved:
    from backtest.tuning.setups import read_at, set_up
    from backtest.tuning.space import space_of
    from backtest.tuning.variants import Variants
    from strategies.planning import read_signal
    from strategies.rules.rotating import rotation_shares, rotations

    thesis = make_thesis()
    variants = Variants(thesis, market, space_of(ROTATION))
    (settings,), n = variants.setups, variants.space.n
    setup = set_up(market, settings, thesis.name, n_blocks=16)
    readings = [read_signal(one.signal, one.scene(market), with_prices=False) for one in variants.signals]
    read = read_at(setup.decisions, readings)
    rules, which = np.ascontiguousarray(variants.rules[:, variants.rule_of(0, n)]), variants.signal_of(0, n)

    def side_by_side() -> Any:
        return rotations(read.score, read.relative_price, rules, which, n_together=n)

    return Sleeved(setup, rotation_shares(side_by_side()), side_by_side())


def _sleeves(size: str) -> Work:
    from backtest.books import new_book
    from backtest.lanes import run_baskets
    from backtest.sleeves import SleeveRoom

    laid = _laid_out(cases.market(size))
    setup, n = laid.setup, laid.shares.shape[2]
    room = SleeveRoom(setup.prepared, setup.sleeves, setup.weighed.inner, setup.how, n, keeps_nav=True)

    def run() -> Any:
        room.run(laid.rotating)
        return room.results.nav

    def check(nav: NDArray[np.float64]) -> None:
        books = new_book(setup.prepared, n, setup.how.opening)
        general = run_baskets(setup.prepared, setup.weighed.inner, laid.shares, books)[2].nav
        apart = float(np.abs(nav / general - 1).max())
        require(apart < SLEEVES_APART, f"sleeves are {apart:.1e} of NAV from the general form")

    return Work(run, check)


SIZES = ("252x7", "1500x40", "2520x60", "6300x500")
JOBS = (
    Job(
        layer="ledger", name="general", says="simulate, weekly, 10 bps, on a market laid out before; bridge asserted",
        sizes=SIZES, prepare=_general,
    ),
    Job(
        layer="ledger", name="first_run", says="the same on a market that no run has seen; bridge asserted",
        sizes=("1500x40", "2520x60"), prepare=_first,
    ),
    Job(
        layer="ledger", name="recorded", says="general, and its fills: every entry written down; bridge asserted",
        sizes=("1500x40", "2520x60"), prepare=_recorded,
    ),
    Job(
        layer="ledger", name="lots", says="board lots, contract notes, minima, half a tick, impact; bridge asserted",
        sizes=SIZES[:3], prepare=_lots,
    ),
    Job(
        layer="ledger", name="lanes_64", says="64 lanes side by side; lanes asserted to be the bytes of single runs",
        sizes=SIZES[:3], prepare=_lanes,
    ),
    Job(
        layer="ledger", name="sleeves_64", says="64 rotations in sleeves, measured; NAV asserted by the general form",
        sizes=SIZES, prepare=_sleeves,
    ),
)  # fmt: skip
