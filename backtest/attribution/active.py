"""The rotation against its constant mix: the active return, period by period, linked over the run."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.attribution.brinson import METHODS, Method, brinson
from backtest.attribution.contributions import sector_of
from backtest.attribution.linking import METHODS as LINKINGS
from backtest.attribution.linking import link, link_geometric
from backtest.attribution.segments import Segments, segments
from backtest.errors import BacktestError
from backtest.run import RotationResult

EFFECTS = ("allocation", "selection", "interaction", "currency", "cost")
BENCHMARK = "constant mix"
Matrix = NDArray[np.float64]
By = Literal["basket", "market", "sector"]


@dataclass(frozen=True, kw_only=True)
class ActiveReturn:
    """Where a rotation's return over its constant mix came from.

    Attributes
    ----------
    method, linking, by : str
    portfolio, benchmark : float
        Compounded returns of the run.
    excess : float
        Portfolio less benchmark; under `linking="geometric"` (1 + portfolio) / (1 + benchmark) - 1.
    table : DataFrame
        One row a segment (cash last), columns allocation, selection, interaction, currency, cost: linked over the run.
    months : DataFrame
        The same effects over all segments, index the months. Linked arithmetically a month's row is its part of the
        whole run's excess, so rows add up; geometrically it is the month's own effects, and rows compound.
    residual : float
        What the effects leave of the excess: rounding.
    """

    method: str
    linking: str
    by: str
    portfolio: float
    benchmark: float
    excess: float
    table: pd.DataFrame
    months: pd.DataFrame
    residual: float

    @property
    def total(self) -> pd.Series:
        """Effects over all segments. They add up to the excess, or compound to it under `linking="geometric"`."""
        return self.table.sum(axis=0).rename("total")


def active(
    result: RotationResult,
    *,
    method: Method = "brinson-fachler",
    linking: Literal["carino", "menchero", "grap", "frongello", "geometric"] = "carino",
    by: By = "basket",
) -> ActiveReturn:
    """Attribute the return of a rotation over that of its constant mix.

    Parameters
    ----------
    result : RotationResult
    method : {"brinson-fachler", "brinson-hood-beebower"}
    linking : {"carino", "menchero", "grap", "frongello", "geometric"}
    by : {"basket", "market", "sector"}
        Segments: source and destination, or venues, or sectors; and cash.

    Returns
    -------
    ActiveReturn

    Raises
    ------
    BacktestError
        On another method, linking or segment; where NAV is at nothing, and weights and linking cannot go on.

    Notes
    -----
    A period is the step from one mark to the next, with weights at its begin: trading is daily, and months made of days
    leave nothing out. Segments earn local returns; with w, W weights, r, R local returns of what was held, and B the
    benchmark's local return:

    - allocation: (w - W)(R - B), or (w - W) R after Brinson, Hood and Beebower; and what net trading into or out of
      the segment brought from fill to mark, less the same of the benchmark. Against a constant mix this is timing.
    - selection: W (r - R); and what switching within the segment brought from fill to mark.
    - interaction: (w - W)(r - R). Where one side held nothing of a segment it is given the other's return.
    - cash: R is the credit interest of the base currency's reading; selection is what else the two earned in interest:
      on other currencies, debits, and what had yet to settle.
    - currency, cost: those of the segment's names; currency of cash is that of balances.

    Geometrically each effect of a day is a factor, in this order, from the benchmark's growth to the portfolio's, as in
    `brinson.geometric_brinson`; interaction, currency and cost are factors of their own.

    Examples
    --------
    >>> from backtest.run import run
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> found = active(run(thesis("flow-momentum"), load("demo")))
    >>> found.table.index.tolist(), abs(found.residual) < 1e-10
    (['source', 'destination', 'cash'], True)
    """
    if method not in METHODS:
        raise BacktestError(f"Unknown method {method!r} of attribution; want {' or '.join(METHODS)}.")
    if linking not in (*LINKINGS, "geometric"):
        raise BacktestError(f"Unknown linking {linking!r}; want {', '.join(LINKINGS)} or geometric.")
    benchmark = result.references[BENCHMARK]
    of_names = _labels(result, by, sorted({*result.prepared.names, *benchmark.prepared.names}))
    baskets = result.plan.targets.baskets if by == "basket" else ()
    labels = [*baskets, *sorted(set(of_names.values()) - set(baskets))]
    # Runs on one market have the same dates: rows are those of the venues of all names that may be held.
    own, mix = (
        segments(one, [labels.index(of_names[name]) for name in one.prepared.names], len(labels))
        for one in (result, benchmark)
    )
    cash_rate = result.prepared.world.credit[result.rows, result.prepared.rules.base]
    daily = _daily(own, mix, cash_rate, method)
    r, b = own.change / own.opening_nav, mix.change / mix.opening_nav
    portfolio, compounded = float(np.prod(1.0 + r) - 1.0), float(np.prod(1.0 + b) - 1.0)
    months, rows = result.dates.to_period("M"), [*labels, "cash"]
    if linking == "geometric":
        factors = _geometric(daily, b, result.dates)
        table = np.stack([link_geometric(one) for one in factors], axis=1)
        by_month = pd.DataFrame(1.0 + factors.sum(axis=2).T, columns=list(EFFECTS)).groupby(months).prod() - 1.0
        excess = (1.0 + portfolio) / (1.0 + compounded) - 1.0
        residual = excess - (float(np.prod(1.0 + table.sum(axis=0))) - 1.0)
    else:
        linked = link(np.moveaxis(daily, 0, 2), r, b, method=linking)
        table = linked.sum(axis=0)
        by_month = pd.DataFrame(linked.sum(axis=1), columns=list(EFFECTS)).groupby(months).sum()
        excess = portfolio - compounded
        residual = excess - float(table.sum())
    return ActiveReturn(
        method=method,
        linking=linking,
        by=by,
        portfolio=portfolio,
        benchmark=compounded,
        excess=excess,
        table=pd.DataFrame(table, index=pd.Index(rows, name="segment"), columns=list(EFFECTS)),
        months=by_month.rename_axis("month"),
        residual=residual,
    )


def _labels(result: RotationResult, by: str, names: list[str]) -> dict[str, str]:
    """Say of each name which segment it is in."""
    instruments = result.market.instruments
    if by == "basket":
        targets = result.plan.targets
        baskets = (*targets.baskets, "unowned")
        return {name: baskets[side] for name, side in zip(names, targets.owners(names).tolist(), strict=True)}
    if by == "market":
        return {name: instruments[name].venue for name in names}
    if by == "sector":
        return {name: sector_of(instruments[name]) for name in names}
    raise BacktestError(f"Active returns cannot be split by {by!r}; want basket, market or sector.")


def _daily(own: Segments, mix: Segments, cash_rate: NDArray[np.float64], method: Method) -> Matrix:
    """Arithmetic effects of each step, shape (n_effects, n_dates, n_segments + 1); cash is last."""
    nav, mix_nav = own.opening_nav[:, None], mix.opening_nav[:, None]
    ours, theirs = (np.column_stack([one.weights, 1.0 - one.weights.sum(axis=1)]) for one in (own, mix))
    r = np.nan_to_num(np.where(np.isnan(own.returns), mix.returns, own.returns))
    big_r = np.nan_to_num(np.where(np.isnan(mix.returns), own.returns, mix.returns))
    both = (np.column_stack([returns, cash_rate]) for returns in (r, big_r))
    found = brinson(ours, theirs, *both, method=method)
    # A holding worth nothing has no return, though its price may come back.
    revived = np.where(own.opening_value == 0.0, own.held / nav, 0.0)
    revived -= np.where(mix.opening_value == 0.0, mix.held / mix_nav, 0.0)
    traded = own.net_trade / nav - mix.net_trade / mix_nav
    switched = own.switch / nav - mix.switch / mix_nav
    other_interest = (own.interest / nav[:, 0] - ours[:, -1] * cash_rate) - (
        mix.interest / mix_nav[:, 0] - theirs[:, -1] * cash_rate
    )
    balances = own.balances / nav[:, 0] - mix.balances / mix_nav[:, 0]
    nothing = np.zeros(len(nav))
    return np.stack(
        [
            found.allocation + np.column_stack([traded, nothing]),
            found.selection + np.column_stack([switched + revived, other_interest]),
            found.interaction,
            np.column_stack([own.currency / nav - mix.currency / mix_nav, balances]),
            np.column_stack([own.cost / nav - mix.cost / mix_nav, nothing]),
        ]
    )


def _geometric(daily: Matrix, benchmark: NDArray[np.float64], dates: pd.DatetimeIndex) -> Matrix:
    """Turn each effect of a step into a factor less 1, on what the effects before it have left."""
    totals = daily.sum(axis=2)
    reached = 1.0 + benchmark + np.cumsum(totals, axis=0) - totals
    lost = (reached <= 0.0).any(axis=0)
    if lost.any():
        raise BacktestError(
            f"A notional fund between benchmark and portfolio is at nothing on {dates[int(np.argmax(lost))].date()}: "
            "geometric effects cannot compound from there. Use linking='grap'."
        )
    factors: Matrix = daily / reached[:, :, None]
    return factors
