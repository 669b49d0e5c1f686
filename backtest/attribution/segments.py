"""A run cut into segments: what each weighed, earned and traded, date by date."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.attribution.contributions import costs_by_name
from backtest.kernels import state
from backtest.result import BacktestResult

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What names did, segment by segment; base currency, local P&L at the FX of the end.

    Attributes
    ----------
    opening_nav, change : ndarray of shape (n_dates,)
        NAV at the mark before, and what it changed by.
    opening_value : ndarray of shape (n_dates, n_segments)
        Holdings at the mark before.
    held : ndarray of shape (n_dates, n_segments)
        What prices and dividends brought on them.
    net_trade, switch : ndarray of shape (n_dates, n_segments)
        What trades brought from their fill to the mark, in two: `net_trade` is the net traded notional times
        the segment's fill-to-mark return (mean over its fills by absolute notional), `switch` what each fill's own
        return differs from that mean.
    currency, cost : ndarray of shape (n_dates, n_segments)
        Of names; costs zero or below.
    balances, interest : ndarray of shape (n_dates,)
        FX on foreign balances, and interest, over all currencies.
    """

    opening_nav: NDArray[np.float64]
    change: NDArray[np.float64]
    opening_value: Matrix
    held: Matrix
    net_trade: Matrix
    switch: Matrix
    currency: Matrix
    cost: Matrix
    balances: NDArray[np.float64]
    interest: NDArray[np.float64]

    @property
    def weights(self) -> Matrix:
        """Fractions of NAV at the mark before, shape (n_dates, n_segments)."""
        return self.opening_value / self.opening_nav[:, None]

    @property
    def returns(self) -> Matrix:
        """Local returns of what was held at the mark before, shape (n_dates, n_segments); NaN where it was worth 0."""
        nothing = np.full_like(self.held, np.nan)
        return np.divide(self.held, self.opening_value, out=nothing, where=self.opening_value != 0.0)


def segments(result: BacktestResult, owner: ArrayLike, n_segments: int) -> Segments:
    """Cut a run into segments.

    Parameters
    ----------
    result : BacktestResult
    owner : array_like of shape (n_names,), int
        The segment of each name of the run.
    n_segments : int

    Returns
    -------
    Segments
    """
    owned = np.asarray(owner, dtype=np.int64)
    parts = result.profit_and_loss
    member = (owned[:, None] == np.arange(n_segments)).astype(np.float64)
    net_trade, switch = _trades(result, owned, n_segments)
    nav = result.nav_by_row[result.rows]
    return Segments(
        opening_nav=np.concatenate([[result.opening_nav], nav[:-1]]),
        change=np.diff(nav, prepend=result.opening_nav),
        opening_value=parts.opening_value @ member,
        held=(parts.held + parts.dividends) @ member,
        net_trade=net_trade,
        switch=switch,
        currency=parts.currency @ member,
        cost=costs_by_name(result) @ member,
        balances=parts.balances.sum(axis=1),
        interest=parts.interest.sum(axis=1),
    )


def _trades(result: BacktestResult, owner: NDArray[np.int64], n_segments: int) -> tuple[Matrix, Matrix]:
    """Split what fills brought until the mark into that of net trading and that of switching within a segment."""
    index, amounts = result.entries(state.FILLED)
    step, inside = result.steps(index)
    step, name, moved, at = step[inside], index[inside, 3], amounts[inside, 0], amounts[inside, 1]
    shape = len(result.dates), n_segments
    place = step * n_segments + owner[name]
    rate = result.mark_rates[step, result.prepared.world.currency[name]]
    notional = moved * at * rate
    brought = moved * (result.mark_prices[step, name] - at) * rate

    def total(of_fills: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(place, weights=of_fills, minlength=shape[0] * shape[1]).astype(np.float64)

    # Of one fill alone |notional| x return is its P&L with the sign of the side taken off.
    gross = total(np.abs(notional))
    mean = np.divide(total(np.sign(moved) * brought), gross, out=np.zeros_like(gross), where=gross > 0.0)
    return total(notional * mean[place]).reshape(shape), total(brought - notional * mean[place]).reshape(shape)
