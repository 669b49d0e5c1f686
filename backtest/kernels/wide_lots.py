"""Target shares of many lanes in whole lots, in dense loops; for one lane see `sizing.cut_targets_nb`."""

import numpy as np

from backtest.kernels.state import LOT_TOLERANCE
from data.jit import dense, leaf

# Counts of up to MOST_LOTS lots found by products are those of division but where they are as near as NEAR_LOT to the
# next: half of LOT_TOLERANCE, so that whole lots leave no doubt.
MOST_LOTS, NEAR_LOT = 2.0**19, LOT_TOLERANCE / 2.0


@dense
def cut_to_lots_nb(lot, price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for, in whole lots.

    Parameters
    ----------
    lot, price : float
        Shares; base value of one.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.

    Returns
    -------
    n_doubts : int
        In how many lanes the count of lots could be another one than division gives.

    Notes
    -----
    A product with an inverse takes a third of the time of a division, and is off by less than NEAR_LOT up to MOST_LOTS.
    """
    per_lot, per_lot_worth, n_doubts = 1.0 / lot, 1.0 / (price * lot), 0
    for lane in range(asked.shape[0]):
        weight, held = asked[lane], shares[lane]
        n_held = held * per_lot + LOT_TOLERANCE
        n_wanted = weight * (factor[lane] * nav[lane]) * per_lot_worth + LOT_TOLERANCE
        off = min(abs(n_held - np.rint(n_held)), abs(n_wanted - np.rint(n_wanted)))
        is_sure = (off > NEAR_LOT) & (n_held > 0.0) & (n_wanted > 0.0) & (max(n_held, n_wanted) < MOST_LOTS)
        whole = np.floor(n_wanted) * lot + (held - np.floor(n_held) * lot)
        is_held, is_sold = np.isnan(weight), weight == 0.0
        n_doubts += (not is_sure) & (not is_held) & (not is_sold)
        wanted_out[lane] = held if is_held else (0.0 if is_sold else whole)
    return n_doubts


@dense
def divide_into_lots_nb(lot, price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for, in whole lots, by division; see `sizing.cut_targets_nb`.

    Parameters
    ----------
    lot, price : float
        Shares; base value of one.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(asked.shape[0]):
        weight, held = asked[lane], shares[lane]
        wanted = max(weight * (factor[lane] * nav[lane]) / price, -0.0)
        odd = held - np.trunc(held / lot + (LOT_TOLERANCE if held >= 0.0 else -LOT_TOLERANCE)) * lot
        whole = np.trunc(wanted / lot + (LOT_TOLERANCE if wanted >= 0.0 else -LOT_TOLERANCE)) * lot + odd
        wanted_out[lane] = held if np.isnan(weight) else (0.0 if weight == 0.0 else whole)


@dense
def divide_nb(price, asked, factor, nav, shares, wanted_out):
    """Write the shares one name's targets ask for.

    Parameters
    ----------
    price : float
        Base value of a share.
    asked, factor, nav, shares : ndarray of shape (L,)
        NaN asked: held.
    wanted_out : ndarray of shape (L,)
        Written in place.
    """
    for lane in range(asked.shape[0]):
        weight = asked[lane]
        wanted = max(weight * (factor[lane] * nav[lane]) / price, -0.0)
        wanted_out[lane] = shares[lane] if np.isnan(weight) else (0.0 if weight == 0.0 else wanted)


@leaf
def cut_wide_nb(lots, value, asked, factor, nav, shares, wanted_out):
    """Write the shares each name's target asks for, and whole lots leave of them.

    Parameters
    ----------
    lots, value : ndarray of shape (A,)
    asked : ndarray of shape (A, L)
        NaN: held.
    factor, nav : ndarray of shape (L,)
    shares : ndarray of shape (A, L)
    wanted_out : ndarray of shape (A, L)
        Written in place.
    """
    for a in range(lots.shape[0]):
        lot, price = lots[a], value[a]
        if not lot > 0.0:
            divide_nb(price, asked[a], factor, nav, shares[a], wanted_out[a])
        elif cut_to_lots_nb(lot, price, asked[a], factor, nav, shares[a], wanted_out[a]) > 0:
            divide_into_lots_nb(lot, price, asked[a], factor, nav, shares[a], wanted_out[a])
