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
def sum_names_nb(scratch, terms, total_out):
    """Add up over names, lane by lane, in four strands: each of every fourth name, and then the strands.

    Four sums at once take a quarter of the time of one; their order is the same at every width.

    Parameters
    ----------
    scratch : Scratch
        `strands` (4, L) is room to work in.
    terms : ndarray of shape (A, L)
    total_out : ndarray of shape (L,)
        Written in place.
    """
    n_names, n_lanes, strands = terms.shape[0], len(scratch.lanes), scratch.strands
    n_whole = n_names - n_names % 4
    if n_lanes == 1:  # the same sums, kept in registers
        first, second, third, fourth = 0.0, 0.0, 0.0, 0.0
        for a in range(0, n_whole, 4):
            first += terms[a, 0]
            second += terms[a + 1, 0]
            third += terms[a + 2, 0]
            fourth += terms[a + 3, 0]
        for a in range(n_whole, n_names):
            first += terms[a, 0]
        total_out[0] = (first + second) + (third + fourth)
        return
    for strand in range(4):
        for lane in range(n_lanes):
            strands[strand, lane] = 0.0
    for a in range(n_names):
        strand = a % 4 if a < n_whole else 0
        for lane in range(n_lanes):
            strands[strand, lane] += terms[a, lane]
    for lane in range(n_lanes):
        total_out[lane] = (strands[0, lane] + strands[1, lane]) + (strands[2, lane] + strands[3, lane])


@kernel
def value_lanes_nb(scratch, cash, due, shares, fx, nav_out):
    """Add up NAV in base currency: money, dividends due, holdings.

    Parameters
    ----------
    scratch : Scratch
        Reads `value`, the base value of one share; writes the first of `terms`, what is held of each name.
    cash, due : ndarray of shape (C, L)
    shares : ndarray of shape (A, L)
    fx : ndarray of shape (C,)
    nav_out : ndarray of shape (L,)
        Written in place.
    """
    n_lanes, value, holdings = len(scratch.lanes), scratch.value, scratch.terms[0]
    for a in range(value.shape[0]):
        for lane in range(n_lanes):
            holdings[a, lane] = shares[a, lane] * value[a]
    sum_names_nb(scratch, holdings, nav_out)
    for c in range(cash.shape[0]):
        for lane in range(n_lanes):
            nav_out[lane] += (cash[c, lane] + due[c, lane]) * fx[c]
