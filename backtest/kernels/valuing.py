"""What names and lanes are worth in base currency."""

from data.jit import kernel, leaf


@leaf
def row_of_nb(table, row):
    """Give the row of a (1 | R, A) array that holds for a date.

    Parameters
    ----------
    table : ndarray of shape (1 or R, A)
    row : int

    Returns
    -------
    row : int
    """
    return row if table.shape[0] > 1 else 0


@kernel
def value_names_nb(last_price, fx, currency, value_out):
    """Value one share of each name in base currency at its last price.

    Parameters
    ----------
    last_price : ndarray of shape (A,)
    fx : ndarray of shape (C,)
        Rates known.
    currency : ndarray of shape (A,)
    value_out : ndarray of shape (A,)
        Written in place; 0 for a name never priced.
    """
    for a in range(value_out.shape[0]):
        value_out[a] = last_price[a] * fx[currency[a]]


@kernel
def value_lanes_nb(lanes, cash, due, shares, fx, value, nav_out):
    """Add up NAV in base currency: money, dividends due, holdings.

    Parameters
    ----------
    lanes : tuple of one, or ndarray of shape (L,)
    cash, due : ndarray of shape (C, L)
    shares : ndarray of shape (A, L)
    fx : ndarray of shape (C,)
    value : ndarray of shape (A,)
        Base value of one share.
    nav_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes = len(lanes)
    if n_lanes == 1:  # the same sum, kept in a register
        nav = 0.0
        for c in range(cash.shape[0]):
            nav += (cash[c, 0] + due[c, 0]) * fx[c]
        for a in range(value.shape[0]):
            nav += shares[a, 0] * value[a]
        nav_out[0] = nav
        return
    for lane in range(n_lanes):
        nav_out[lane] = 0.0
    for c in range(cash.shape[0]):
        rate = fx[c]
        for lane in range(n_lanes):
            nav_out[lane] += (cash[c, lane] + due[c, lane]) * rate
    for a in range(value.shape[0]):
        price = value[a]
        for lane in range(n_lanes):
            nav_out[lane] += shares[a, lane] * price
