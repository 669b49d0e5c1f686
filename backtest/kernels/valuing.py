"""What names and lanes are worth in base currency."""

from data.jit import leaf


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


@leaf
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


@leaf
def sum_names_nb(scratch, terms, total_out):
    """Add up over names, lane by lane, in alphabetical order: names of which there is nothing change no byte.

    Parameters
    ----------
    scratch : Scratch
    terms : ndarray of shape (A, L)
    total_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes = len(scratch.lanes)
    if n_lanes == 1:  # the same sum, kept in a register
        total = 0.0
        for a in range(terms.shape[0]):
            total += terms[a, 0]
        total_out[0] = total
        return
    for lane in range(n_lanes):
        total_out[lane] = 0.0
    for a in range(terms.shape[0]):
        for lane in range(n_lanes):
            total_out[lane] += terms[a, lane]


@leaf
def value_lanes_nb(scratch, cash, due, shares, fx, nav_out):
    """Add up NAV in base currency: money, dividends due, holdings.

    Parameters
    ----------
    scratch : Scratch
        Reads `value`, the base value of one share.
    cash, due : ndarray of shape (C, L)
    shares : ndarray of shape (A, L)
    fx : ndarray of shape (C,)
    nav_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes, value = len(scratch.lanes), scratch.value
    for lane in range(n_lanes):
        nav_out[lane] = 0.0
    nav = 0.0  # of a single lane: kept in a register
    for a in range(value.shape[0]):
        for lane in range(n_lanes):
            if n_lanes == 1:
                nav += shares[a, lane] * value[a]
            else:
                nav_out[lane] += shares[a, lane] * value[a]
    for lane in range(n_lanes):
        nav_out[lane] += nav
    for c in range(cash.shape[0]):
        for lane in range(n_lanes):
            nav_out[lane] += (cash[c, lane] + due[c, lane]) * fx[c]
