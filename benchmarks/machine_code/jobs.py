"""The kernels that are looked into, each with a job of the size that it is used at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest.arrays.prepare import prepare
from backtest.books import new_book
from backtest.config import RunConfig
from backtest.lanes import run_baskets, run_lanes
from backtest.sleeves import SleeveRoom
from backtest.tuning.setups import read_at, set_up
from backtest.tuning.space import space_of
from backtest.tuning.variants import Variants
from benchmarks.markets import make_market, make_thesis
from benchmarks.sweep.grid import headline
from benchmarks.sweep.whole import IN_LOTS
from strategies.planning import read_signal
from strategies.rules.rotating import rotation_shares, rotations
from strategies.schedule import decision_stamps, rebalance_dates

N_DATES, N_NAMES, N_LANES = 500, 40, 64
AT = 0.37  # where in the grid a block lies: its signals and thresholds are of no edge


@dataclass(frozen=True)
class KernelJob:
    """A kernel and one call of it.

    Attributes
    ----------
    title : str
    kernel : str
        Where it is defined, as `package.module:name`.
    called_as : str
        The name that its caller looks it up by, as `package.module.name`.
    run : callable
        Prepare the call, make it, and give what runs it again.
    n_lanes : int
    """

    title: str
    kernel: str
    called_as: str
    run: Callable[[], Callable[[], object]]
    n_lanes: int


def run_ledger(n_lanes: int, **settings: Any) -> Callable[[], object]:
    """Run the general form of the ledger on weekly random weights of every name, in lots with all costs.

    Parameters
    ----------
    n_lanes : int
        Each with weights of its own.
    **settings : object
        Of `RunConfig`, beside those.

    Returns
    -------
    callable
        Runs it again.
    """
    market = make_market(N_DATES, N_NAMES)
    config = RunConfig(
        costs="venue", commission_bps=2.5, commission_min={"USD": 1.0, "HKD": 18.0}, lots="exchange", impact=1.0,
        initial_capital=1e8, approximate_lots=True, **settings,
    )  # fmt: skip
    calendar = market.calendars["XNYS"]
    stamps = decision_stamps(calendar, rebalance_dates(calendar, "week", 0, market.start, market.end))
    prepared = prepare(market, market.holdable, np.asarray(stamps), config)
    drawn = np.random.default_rng(7).dirichlet(np.ones(N_NAMES), size=(len(stamps), n_lanes))
    weights = np.ascontiguousarray(0.95 * drawn.transpose(0, 2, 1))
    opening = new_book(prepared, n_lanes, config.initial_capital)
    return _run(lambda: run_lanes(prepared, weights, opening, whole=False))


def run_sweep(every: str, *, in_lots: bool) -> Callable[[], object]:
    """Run a block of the headline's candidates: in sleeves, or in board lots in the wide form of the ledger.

    Parameters
    ----------
    every : str
        Schedule of the decisions.
    in_lots : bool

    Returns
    -------
    callable
        Runs it again.
    """
    market, thesis, grid = make_market(N_DATES, N_NAMES), make_thesis(), headline(schedules=[every])
    grid["allocation"] = [{"kind": "equal"}]
    variants = Variants(thesis.replace(IN_LOTS) if in_lots else thesis, market, space_of(grid))
    setup = set_up(market, variants.setups[0], thesis.name, n_blocks=16)
    readings = [read_signal(one.signal, one.scene(market), with_prices=False) for one in variants.signals]
    read, first = read_at(setup.decisions, readings), int(AT * variants.space.n)
    rules = np.ascontiguousarray(variants.rules[:, variants.rule_of(first, first + N_LANES)])
    signals = variants.signal_of(first, first + N_LANES)

    def rotating() -> Any:
        return rotations(read.score, read.relative_price, rules, signals)

    if in_lots:
        shares, opening = rotation_shares(rotating()), new_book(setup.prepared, N_LANES, setup.how.opening)
        return _run(lambda: run_baskets(setup.prepared, setup.weighed.inner, shares, opening))
    if setup.sleeves is None:
        raise SystemExit("the headline is not run in sleeves: its settings have changed")
    room = SleeveRoom(setup.prepared, setup.sleeves, setup.weighed.inner, setup.how, N_LANES, keeps_nav=False)
    return _run(lambda: room.run(rotating()))


def _run(call: Callable[[], object]) -> Callable[[], object]:
    call()
    return call


LEDGER = ("backtest.kernels.ledger:run_ledger_nb", "backtest.lanes.run_ledger_nb")
WIDE = ("backtest.kernels.wide:run_wide_nb", "backtest.kernels.wide.run_wide_nb")
SLEEVES = ("backtest.kernels.sleeves:run_sleeves_nb", "backtest.sleeves.run_sleeves_nb")

JOBS = {
    "ledger": KernelJob("the ledger, one lane, weekly", *LEDGER, lambda: run_ledger(1), 1),
    # A stop that is never reached: the wide form does not know it.
    "lanes": KernelJob(
        f"the ledger, {N_LANES} lanes, weekly", *LEDGER, lambda: run_ledger(N_LANES, stop_drawdown=0.9), N_LANES
    ),
    "lots": KernelJob(
        f"the wide form, {N_LANES} lanes in lots, weekly", *WIDE, lambda: run_sweep("week", in_lots=True), N_LANES
    ),
    "sleeves": KernelJob(
        f"sleeves, {N_LANES} lanes, weekly", *SLEEVES, lambda: run_sweep("week", in_lots=False), N_LANES
    ),
    "sleeves-month": KernelJob(
        f"sleeves, {N_LANES} lanes, monthly", *SLEEVES, lambda: run_sweep("month", in_lots=False), N_LANES
    ),
}  # fmt: skip
