"""What a day does to sleeves: interest, settlement, marks."""

from data.jit import dense, leaf


@dense
def pay_interest_nb(cash, waiting, begun, credit, debit):
    """Pay a row's interest on settled cash; all arrays of shape (L,).

    Parameters
    ----------
    cash : ndarray
        Written in place.
    waiting, begun : ndarray
    credit, debit : float
        Interest of the row per unit of balance.
    """
    for lane in range(cash.shape[0]):
        settled = cash[lane] - waiting[lane]
        cash[lane] += begun[lane] * (settled * (credit if settled >= 0.0 else debit))


@dense
def settle_slot_nb(waiting, slot):
    """Let what waits in a slot settle; arrays of shape (L,), written in place.

    Parameters
    ----------
    waiting, slot : ndarray
    """
    for lane in range(waiting.shape[0]):
        waiting[lane] -= slot[lane]
        slot[lane] = 0.0


@dense
def pass_day_nb(
    nav, money, cash, waiting, begun, slot, settles, first, second, credit, debit, worth_first, worth_second
):  # fmt: skip
    """Pay interest, settle and mark lanes in two sleeves, where nothing trades; as each by itself.

    Parameters
    ----------
    nav, money, cash, waiting : ndarray
        Written in place.
    begun : ndarray
    slot : ndarray
        Written in place where it settles.
    settles : bool
    first, second : ndarray
    credit, debit, worth_first, worth_second : float
    """
    for lane in range(nav.shape[0]):
        settled = cash[lane] - waiting[lane]
        balance = cash[lane] + begun[lane] * (settled * (credit if settled >= 0.0 else debit))
        cash[lane] = balance
        money[lane] = balance
        nav[lane] = balance + first[lane] * worth_first + second[lane] * worth_second
        if settles:
            waiting[lane] -= slot[lane]
            slot[lane] = 0.0


@dense
def mark_pair_nb(nav, money, cash, first, second, worth_first, worth_second):
    """Mark lanes at what two sleeves are worth; arrays of shape (L,).

    Parameters
    ----------
    nav, money : ndarray
        Written in place.
    cash, first, second : ndarray
    worth_first, worth_second : float
        Of a unit.
    """
    for lane in range(nav.shape[0]):
        money[lane] = cash[lane]
        nav[lane] = cash[lane] + first[lane] * worth_first + second[lane] * worth_second


@dense
def mark_one_nb(nav, held, worth):
    """Add what a sleeve is worth to NAV; arrays of shape (L,).

    Parameters
    ----------
    nav : ndarray
        Written in place.
    held : ndarray
    worth : float
        Of a unit.
    """
    for lane in range(nav.shape[0]):
        nav[lane] += held[lane] * worth


@dense
def mark_part_nb(nav, held, wanted, rank, rest, table, total, worth):
    """Add what a sleeve is worth to NAV while its buys have filled in part; arrays of shape (L,).

    Parameters
    ----------
    nav : ndarray
        Written in place.
    held, wanted, rank, rest : ndarray
    table : ndarray of shape (n_names + 1, 2)
        What the names bought of a unit of the wanted and of the held are worth.
    total, worth : float
        What all names of a unit of the wanted are worth, and a unit of what is held where nothing waits.
    """
    for lane in range(nav.shape[0]):
        j, left = rank[lane], rest[lane]
        bought = wanted[lane] * table[j, 0]
        mixed = wanted[lane] * total - bought + left * (held[lane] * table[j, 1]) + (1.0 - left) * bought
        nav[lane] += mixed if left != 0.0 else held[lane] * worth


@leaf
def is_partial_nb(book):
    """Say whether buys of any lane have filled in part.

    Parameters
    ----------
    book : SleeveBook

    Returns
    -------
    is_partial : bool
    """
    n = 0
    for v in range(book.waits.shape[0]):
        n += book.waits[v]
    return n > 0


@leaf
def mark_lanes_nb(sleeves, step, book, nav, money):
    """Mark every lane.

    Parameters
    ----------
    sleeves : Sleeves
    step : int
    book : SleeveBook
    nav, money : ndarray of shape (L,)
        Written in place.
    """
    row, m, n_sleeves = sleeves.row[step], sleeves.place[step], sleeves.basket.shape[0]
    worth, held, first = sleeves.worth[row], book.held, sleeves.first
    if n_sleeves >= 2 and not is_partial_nb(book):
        mark_pair_nb(nav, money, book.cash, held[0], held[1], worth[0], worth[1])
        for s in range(2, n_sleeves):
            mark_one_nb(nav, held[s], worth[s])
        return
    for lane in range(nav.shape[0]):
        money[lane], nav[lane] = book.cash[lane], book.cash[lane]
    for s in range(n_sleeves):
        venue = sleeves.venue[s]
        if m < 0 or sleeves.stands[step, venue] == 0 or book.waits[venue] == 0:
            mark_one_nb(nav, held[s], worth[s])
        else:
            mark_part_nb(
                nav, held[s], book.wanted[s], book.rank[s], book.rest[venue],
                sleeves.part[m, first[s] + s : first[s + 1] + s + 1], sleeves.part_total[m, s], worth[s],
            )  # fmt: skip


@leaf
def pass_row_nb(sleeves, step, credit, debit, book, nav, money):
    """Begin, settle and mark a row on which nothing trades.

    Parameters
    ----------
    sleeves : Sleeves
    step : int
    credit, debit : float
    book : SleeveBook
    nav, money : ndarray of shape (L,)
        Written in place.
    """
    row = sleeves.row[step]
    settles, slot = sleeves.slot[step] >= 0, book.ring[max(sleeves.slot[step], 0)]
    if sleeves.basket.shape[0] < 2:
        pay_interest_nb(book.cash, book.waiting, book.begun, credit, debit)
        if settles:
            settle_slot_nb(book.waiting, slot)
        mark_lanes_nb(sleeves, step, book, nav, money)
        return
    worth, held = sleeves.worth[row], book.held
    pass_day_nb(
        nav, money, book.cash, book.waiting, book.begun, slot, settles, held[0], held[1], credit, debit, worth[0],
        worth[1],
    )  # fmt: skip
    for s in range(2, sleeves.basket.shape[0]):
        mark_one_nb(nav, held[s], worth[s])
