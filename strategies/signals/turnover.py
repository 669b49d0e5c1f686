"""Signed traded value of a basket's names: what stands for a flow where none is published.

Every name counts in days of its own usual traded value, so that adjusting a price history by a constant moves nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.adjustments import adjusted_close, traded_value
from data.kept import Kept
from strategies.membership import membership
from strategies.settings import CASH
from strategies.signals.lags import lagged
from strategies.signals.reading import Input
from strategies.signals.scene import Scene

# Sessions that a name's usual traded value is averaged over, and the fewest that will do.
USUAL_SESSIONS, MIN_USUAL_SESSIONS = 252, 20


class _Turnover(NamedTuple):
    """What the proxy needs of every name of a basket at the closes of a venue, whatever the lookback.

    Attributes
    ----------
    label : str
        Of the basket.
    symbols : tuple of str, length n_names
    usable : ndarray of shape (n, n_names), bool
        Counted there, with a usual traded value.
    signed : ndarray of shape (n, n_names)
        Running sum of traded value with the sign of the day's total return.
    usual : ndarray of shape (n, n_names)
        Traded value of a usual day.
    n_days : ndarray of shape (n, n_names), int64
        Days with a price and a volume so far.
    last_date : datetime64[D]
        Of the latest of them known at the last close; NaT without any.
    """

    label: str
    symbols: tuple[str, ...]
    usable: NDArray[np.bool_]
    signed: NDArray[np.float64]
    usual: NDArray[np.float64]
    n_days: NDArray[np.intp]
    last_date: np.datetime64


_TURNOVER = Kept[_Turnover](n_most=8)  # both sides of the thesis, and of a few variants of its baskets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProxyFlow:
    """The proxy of a flow at the closes of a venue.

    Attributes
    ----------
    label : str
        Of the basket.
    symbols : tuple of str, length n_names
    by_name : ndarray of shape (n, n_names)
        What each name adds, in days of its usual traded value over the number of names that count; 0 where it has none.
    counted : ndarray of shape (n, n_names), bool
        Which names count.
    flow : ndarray of shape (n,)
        Average over names, which `by_name` adds up to; NaN where none counts.
    last_date : datetime64[D]
        Of the latest figure known at the last close; NaT without any.
    """

    label: str
    symbols: tuple[str, ...]
    by_name: NDArray[np.float64]
    counted: NDArray[np.bool_]
    flow: NDArray[np.float64]
    last_date: np.datetime64

    @property
    def input(self) -> Input:
        """What a reading made of it was read from."""
        n = int(self.counted[-1].sum()) if len(self.counted) else 0
        return Input(name=f"closes and volumes of {n} names of {self.label}", date=self.last_date)


def proxy_flow(scene: Scene, universe: str | tuple[str, ...], funds: tuple[str, ...], lookback: int) -> ProxyFlow:
    """Sum signed traded value over the last sessions.

    Parameters
    ----------
    scene : Scene
    universe : str or tuple of str
        "cash" has no flow: 0.
    funds : tuple of str
        Taken instead of the members where the market has any of them.
    lookback : int
        Sessions of the decision venue.

    Returns
    -------
    ProxyFlow
        A name counts with a price and a volume on half the days of the lookback, and a usual traded value.
    """
    if universe == CASH:
        nothing, day = np.zeros(len(scene.stamps)), np.datetime64("NaT", "D")
        names = np.zeros((len(nothing), 0))
        return ProxyFlow(label=CASH, symbols=(), by_name=names, counted=names.astype(bool), flow=nothing, last_date=day)
    key = (scene.venue, universe, funds)
    found = _TURNOVER.get(scene.market, key, lambda: _turnover(scene, universe, funds))
    moved = found.signed - lagged(found.signed, lookback, before=0.0)
    enough = found.usable & (found.n_days - lagged(found.n_days, lookback, before=0) >= max(1, lookback // 2))
    enough[:lookback] = False
    days = np.divide(moved, found.usual, out=np.zeros_like(moved), where=enough)
    n_names, total = enough.sum(axis=1), days.sum(axis=1)
    return ProxyFlow(
        label=found.label,
        symbols=found.symbols,
        by_name=np.divide(days, n_names[:, None], out=np.zeros_like(days), where=n_names[:, None] > 0),
        counted=enough,
        flow=np.divide(total, n_names, out=np.full(len(total), np.nan), where=n_names > 0),
        last_date=found.last_date,
    )


def _turnover(scene: Scene, universe: str | tuple[str, ...], funds: tuple[str, ...]) -> _Turnover:
    market, stamps = scene.market, scene.stamps
    present = [fund for fund in funds if fund in market.symbols]
    if present:
        symbols = tuple(sorted(present))
        counted = np.ones((len(stamps), len(symbols)), dtype=bool)
        label = "+".join(symbols)
    else:
        members = membership(market, universe, stamps, scene.dates, seasoning=1, to_hold=False)
        symbols, counted = members.symbols, members.eligible
        label = universe if isinstance(universe, str) else "+".join(universe)
    close, value = adjusted_close(market), traded_value(market)
    signed, usual = np.zeros(counted.shape), np.zeros(counted.shape)
    n_days = np.zeros(counted.shape, dtype=np.intp)
    last_date = np.datetime64("NaT", "D")
    known_at = {one: market.known_closes(stamps, one) for one in market.venues(symbols)}
    for i, column in enumerate(market.columns(symbols)):
        rows = np.flatnonzero(~np.isnan(close[:, column]) & ~np.isnan(value[:, column]))
        if len(rows) < 2:
            continue
        traded = value[rows, column]
        sign = np.sign(np.diff(close[rows, column], prepend=close[rows[0], column]))
        last = np.searchsorted(rows, known_at[market.instruments[symbols[i]].venue])
        size = np.concatenate([[0.0], np.cumsum(traded)])
        begin = np.maximum(last - USUAL_SESSIONS, 0)
        n_usual = last - begin
        enough = n_usual >= MIN_USUAL_SESSIONS
        np.divide(size[last] - size[begin], n_usual, out=usual[:, i], where=enough)
        signed[:, i] = np.concatenate([[0.0], np.cumsum(sign * traded)])[last]
        n_days[:, i] = last
        if len(last) and last[-1] and not last_date >= market.dates[rows[last[-1] - 1]]:
            last_date = market.dates[rows[last[-1] - 1]]
    usable = counted & (usual > 0)
    for array in (usable, signed, usual, n_days):
        array.flags.writeable = False
    return _Turnover(label, symbols, usable, signed, usual, n_days, last_date)
