"""Prices of a basket's names at the closes of a venue, and the index that they make."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.asynchronous import returns_at
from data.kept import Kept
from strategies.membership import membership
from strategies.settings import CASH
from strategies.signals.reading import Input
from strategies.signals.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BasketPrices:
    """A basket at the closes of a venue, from the closes known by then; read-only.

    Attributes
    ----------
    label : str
    symbols : tuple of str, length n_names
        Whoever belongs to it at some close.
    eligible : ndarray of shape (n, n_names), bool
        Member, priced, and its issuer's line.
    returns : ndarray of shape (n, n_names)
        Simple total returns since the close before, in local currency; NaN where one end is not known, and in the first
        row.
    index : ndarray of shape (n,)
        Of equal weights, rebalanced at every close; 1 at the first close with a member, NaN before.
    last_date : datetime64[D]
        Of the latest close known at the last of the closes; NaT without any.
    """

    label: str
    symbols: tuple[str, ...]
    eligible: NDArray[np.bool_]
    returns: NDArray[np.float64]
    index: NDArray[np.float64]
    last_date: np.datetime64

    @property
    def input(self) -> Input:
        """What a reading made of it was read from."""
        n = int(self.eligible[-1].sum()) if len(self.eligible) else 0
        return Input(name=f"closes of {n} names of {self.label}", date=self.last_date)


_BASKETS = Kept[BasketPrices](n_most=8)  # 3 MB each for 60 names over 15 years: both sides of a few variants


def basket_prices(scene: Scene, universe: str | tuple[str, ...]) -> BasketPrices:
    """Read the prices of a basket.

    Parameters
    ----------
    scene : Scene
    universe : str or tuple of str
        One of its baskets, or any other. Names that may be read but not held count too. "cash" has no names, and its
        index stays at 1.

    Returns
    -------
    BasketPrices

    Raises
    ------
    DataError
        If the universe is unknown.
    """
    return _BASKETS.get(scene.market, (scene.venue, universe), lambda: _read(scene, universe))


def relative_index(scene: Scene) -> NDArray[np.float64]:
    """Give the index of the destination over that of the source.

    Parameters
    ----------
    scene : Scene

    Returns
    -------
    ndarray of shape (n,)
        NaN before both have a member.
    """
    ours, theirs = (basket_prices(scene, one).index for one in (scene.destination, scene.source))
    return ours / theirs


def _read(scene: Scene, universe: str | tuple[str, ...]) -> BasketPrices:
    market, stamps = scene.market, scene.stamps
    label = universe if isinstance(universe, str) else "+".join(universe)
    if universe == CASH:
        nothing = np.empty((len(stamps), 0))
        index = np.ones(len(stamps))
        day = scene.dates[-1] if len(stamps) else np.datetime64("NaT", "D")
        return BasketPrices(
            label=label, symbols=(), eligible=nothing.astype(bool), returns=nothing, index=index, last_date=day
        )
    members = membership(market, universe, stamps, scene.dates, seasoning=1, to_hold=False)
    returns = np.full(members.eligible.shape, np.nan)
    if len(stamps) > 1 and members.symbols:
        returns[1:] = returns_at(market, members.symbols, stamps)
    counted = np.zeros(members.eligible.shape, dtype=bool)
    counted[1:] = members.eligible[:-1] & ~np.isnan(returns[1:])
    n_names = counted.sum(axis=1)
    total = np.where(counted, returns, 0.0).sum(axis=1)
    growth = 1.0 + np.divide(total, n_names, out=np.zeros(len(stamps)), where=n_names > 0)
    begun = np.maximum.accumulate(members.eligible.any(axis=1)) if len(stamps) else np.zeros(0, dtype=bool)
    index = np.where(begun, np.cumprod(growth), np.nan)
    for array in (members.eligible, returns, index):
        array.flags.writeable = False
    return BasketPrices(
        label=label,
        symbols=members.symbols,
        eligible=members.eligible,
        returns=returns,
        index=index,
        last_date=_last_date(scene, members.symbols),
    )


def _last_date(scene: Scene, symbols: tuple[str, ...]) -> np.datetime64:
    """Give the date of the latest close known at the last stamp."""
    last = np.datetime64("NaT", "D")
    if not len(scene.stamps):
        return last
    for venue in scene.market.venues(symbols):
        columns = scene.market.columns([s for s in symbols if scene.market.instruments[s].venue == venue])
        known = int(scene.market.known_closes(scene.stamps[-1:], venue)[0])
        priced = np.flatnonzero(~np.isnan(scene.market.close[:known, columns]).all(axis=1))
        if len(priced) and not last >= scene.market.dates[priced[-1]]:
            last = scene.market.dates[priced[-1]]
    return last
