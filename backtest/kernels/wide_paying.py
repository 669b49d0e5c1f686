"""Paying for the fills of many lanes, in vectors of lanes; for one lane see `listing` and `money`."""

from data.jit import leaf
from data.kernels.vectors import any_nb, load_nb, most_nb, store_nb, where_nb


@leaf
def pay_nb(moves, paid, worth, costs, cash, waits, comes, traded, spent, n):
    """Pay for one name's moves of one side.

    Parameters
    ----------
    moves : Mask
    paid, worth, costs : Vector
        Base currency.
    cash, waits, comes, traded, spent, n : Vector
        So far: balance, what of it has yet to settle, and to come; the tallies.

    Returns
    -------
    cash, waits, comes, traded, spent, n : Vector
    """
    left = cash - where_nb(moves, paid, 0.0)
    change = left - cash
    return (
        left, waits + change, comes + most_nb(change, 0.0), traded + where_nb(moves, worth, 0.0),
        spent + where_nb(moves, costs, 0.0), n + where_nb(moves, 1.0, 0.0),
    )  # fmt: skip


@leaf
def convert_nb(book, rate, spread, slot, own, there, moves, paid, costs):
    """Convert the payments for one foreign name's moves into base currency; see `money.convert_nb`.

    Parameters
    ----------
    book : Book
        Balances of the currency are written in place.
    rate, spread : float
        Base per unit; the fraction paid on conversions.
    slot, own : int
        Of the settlement ring; place of the first lane, of the currency, in arrays of shape (C, L).
    there, moves : Mask
    paid, costs : Vector
        Local currency.

    Returns
    -------
    paid, costs : Vector
        Base currency.
    """
    balance = load_nb(book.cash, own, there)
    held = where_nb(moves, balance, 0.0)
    if any_nb(held != 0.0):
        unsettled, incoming = book.unsettled[slot], book.incoming[slot]
        store_nb(book.cash, own, there, balance - held)
        store_nb(unsettled, own, there, load_nb(unsettled, own, there) - held)
        store_nb(incoming, own, there, load_nb(incoming, own, there) + most_nb(-held, 0.0))
    converted = (paid - held) * rate
    cost = spread * abs(converted)
    return converted + cost, costs * rate + cost
