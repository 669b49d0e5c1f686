"""Which candidates took the general form of the ledger, and what asked for it."""

from collections.abc import Sequence

import numpy as np

from backtest.config import RunConfig
from backtest.report.sweep.frames import SweepFrames
from backtest.report.tables import number, percent
from backtest.report.writing import counted, listed
from backtest.run import settings_of
from backtest.tuning.analysis.measures import GENERAL
from backtest.tuning.grids.parameter_values import text_of
from data.market import MarketData
from strategies.planning import decide_when
from strategies.rules.weighing import weigh_baskets
from strategies.thesis import Thesis

# Settings of a run for which the value of baskets is exact; see `backtest.arrays.sleeves.has_sleeves`.
PLAIN = ("sizing", "shut_market", "funding", "fx")
ZERO = ("rebalance_band", "no_trade_band", "stop_drawdown", "maintenance_margin", "dividend_yield")


def asked_by(config: RunConfig, market: MarketData, assets: Sequence[str]) -> list[str]:
    """List what asks for the general form throughout a run: settings, and corporate actions.

    Parameters
    ----------
    config : RunConfig
    market : MarketData
    assets : sequence of str
        Names that the run may trade.

    Returns
    -------
    list of str
        Settings as they would be written; empty where baskets are exact.
    """
    fields = type(config).model_fields
    found = [name for name in PLAIN if getattr(config, name) != fields[name].default]
    found += [name for name in ZERO if getattr(config, name)]
    found += ["costs"] * (config.costs == "venue") + ["half_spread_bps"] * (config.half_spread_bps == "tick")
    found += ["max_participation"] * (config.max_participation is not None) + ["shorts"] * config.shorts
    found += ["max_gross"] * (config.max_gross > 1) + ["lots"] * config.counts_lots(market)
    written = [f"run.{name} = {text_of(getattr(config, name))}" for name in found]
    written = [f"{one} (board lots)" if one.startswith("run.lots") else one for one in written]
    given = market.actions
    within = (given.ex_date >= np.datetime64(market.start)) & (given.ex_date <= np.datetime64(market.end))
    if set(np.array(given.symbol, dtype=object)[within]) & set(assets):
        written.append("the corporate actions of raw prices")
    return written


def general_form(frames: SweepFrames) -> list[str]:
    """Say how many candidates took the general form of the ledger, of how many, and why.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of str
        One paragraph; none where the table does not say.
    """
    if GENERAL not in frames.table:
        return []
    general = frames.table[GENERAL].to_numpy()
    some = int((general > 0).sum())
    if not some:
        return ["No candidate needed the general form of the ledger: all went by baskets, which is exact here."]
    n = frames.n_run
    said = (
        f"{number(some)} of {counted(n, 'candidate')} ({percent(some / n, 0)}) took the general form of "
        f"the ledger, name by name, at some decision: at {number(general.sum())}{_of_how_many(frames, some)} in all."
    )
    market, most = frames.found.market, int(np.argmax(general))
    thesis = frames.found.variant(most)
    reasons = asked_by(settings_of(thesis), market, _assets(thesis, market))
    why = (
        f"{listed(reasons)} {'asks' if len(reasons) == 1 else 'ask'} for it{_of_whom(frames, most)}."
        if reasons
        else "No setting asks for it; what happened did: a name without a price, suspended or at its price limit, or "
        "buys cut for want of money."
    )
    rest = "All else went by baskets, which is exact there and faster."
    return [" ".join((said, why, *([rest] if some < n or not reasons else [])))]


def _assets(thesis: Thesis, market: MarketData) -> tuple[str, ...]:
    decisions = decide_when(thesis.schedule, market, thesis.name)
    return weigh_baskets(thesis.baskets, thesis.weighing, market, decisions, thesis.name).assets


def _of_how_many(frames: SweepFrames, n: int) -> str:
    """Count the decisions of candidates that decide on the same days."""
    if any(name.startswith("schedule.") for name in frames.parameters):
        return " decisions"
    thesis = frames.found.variant(frames.best if len(frames.ranked) else 0)
    n_decisions = len(decide_when(thesis.schedule, frames.found.market, thesis.name).dates)
    return f" of their {counted(n * n_decisions, 'decision')}"


def _of_whom(frames: SweepFrames, candidate: int) -> str:
    """Name a candidate where others may have other settings of the run."""
    return f" (of candidate {number(candidate)})" if any(one.startswith("run.") for one in frames.parameters) else ""
