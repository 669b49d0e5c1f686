"""Target shares of many lanes in whole lots, in vectors of lanes; for one lane see `sizing.cut_targets_nb`."""

from backtest.kernels.state import LOT_TOLERANCE
from data.jit import leaf
from data.kernels.vectors import any_nb, floor_nb, most_nb, rint_nb, trunc_nb, where_nb

# Counts of up to MOST_LOTS lots found by products are those of division but where they are as near as NEAR_LOT to the
# next: half of LOT_TOLERANCE, so that whole lots leave no doubt.
MOST_LOTS, NEAR_LOT = 2.0**19, LOT_TOLERANCE / 2.0


@leaf
def count_lots_nb(lot, price, money, held):
    """Give the shares that money buys, in whole lots, by products.

    Parameters
    ----------
    lot, price : float
        Shares; base value of one.
    money, held : Vector
        Base currency; shares.

    Returns
    -------
    wanted : Vector
    is_sure : Mask
        The count of lots is that of division, and no odd part is held.

    Notes
    -----
    A product with an inverse takes a tenth of the time of a division, and is off by less than NEAR_LOT up to MOST_LOTS.
    """
    n_lots = money * (1.0 / (price * lot)) + LOT_TOLERANCE
    is_sure = (abs(n_lots - rint_nb(n_lots)) > NEAR_LOT) & (n_lots > 0.0) & (n_lots < MOST_LOTS)
    return floor_nb(n_lots) * lot, is_sure & (rint_nb(held * (1.0 / lot)) * lot == held)


@leaf
def divide_into_lots_nb(lot, price, money, held):
    """Give the shares that money buys, in whole lots, by division; see `sizing.cut_targets_nb`.

    Parameters
    ----------
    lot, price : float
        Shares, 0 for no lots; base value of one.
    money, held : Vector
        Base currency; shares.

    Returns
    -------
    wanted : Vector
        An odd part that is held stays.
    """
    wanted = most_nb(money / price, -0.0)
    if not lot > 0.0:
        return wanted
    odd = held - trunc_nb(held / lot + where_nb(held >= 0.0, LOT_TOLERANCE, -LOT_TOLERANCE)) * lot
    return trunc_nb(wanted / lot + where_nb(wanted >= 0.0, LOT_TOLERANCE, -LOT_TOLERANCE)) * lot + odd


@leaf
def wanted_shares_nb(lot, price, weight, money, held, there):
    """Give the shares that one name's targets ask for, and whole lots leave of them.

    Parameters
    ----------
    lot, price : float
        Shares, 0 for no lots; base value of one.
    weight, money, held : Vector
        NaN: held; base currency; shares.
    there : Mask

    Returns
    -------
    wanted : Vector
    """
    asks, wanted, is_sure = (weight == weight) & (weight != 0.0), held, False  # noqa: PLR0124 - false for NaN
    if lot > 0.0:
        wanted, sure = count_lots_nb(lot, price, money, held)
        is_sure = not any_nb(there & asks & ~sure)
    if not is_sure:
        wanted = divide_into_lots_nb(lot, price, money, held)
    return where_nb(asks, wanted, where_nb(weight == 0.0, 0.0, held))
