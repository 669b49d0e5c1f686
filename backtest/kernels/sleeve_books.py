"""Lanes between sleeves and the general form: what a unit is in shares, and shares in units."""

from backtest.kernels.sleeve_tables import held_nb
from data.jit import dense, part

# Holdings are multiples of a sleeve where they differ from one by no more than this part of NAV: a sum's last digits.
EXACT = 1e-15


@dense
def hold_unit_nb(in_general, held, of_one, shares):
    """Write the shares of a name that a sleeve holds; arrays of shape (L,).

    Parameters
    ----------
    in_general : ndarray
        1: the lane's shares stay as they are.
    held : ndarray
    of_one : float
        Shares in a unit.
    shares : ndarray
        Written in place.
    """
    for lane in range(held.shape[0]):
        shares[lane] = held[lane] * of_one if in_general[lane] == 0.0 else shares[lane]


@dense
def hold_part_nb(in_general, rest, rank, held, wanted, i, x, y, value, shares):
    """Write the shares of a name of which buys may have filled in part; arrays of shape (L,).

    Parameters
    ----------
    in_general : ndarray
        1: the lane's shares stay as they are.
    rest, rank, held, wanted : ndarray
    i : int
        Rank of the name.
    x, y, value : float
        What of a unit held and of one wanted is in the name at the decision that filled, and a share's value then.
    shares : ndarray
        Written in place where something is left to fill.
    """
    for lane in range(held.shape[0]):
        left, c, g = rest[lane], held[lane], wanted[lane]
        bought = left * (c * x) + (1.0 - left) * (g * y)
        worth = bought if i < rank[lane] else g * y
        is_mixed = (in_general[lane] == 0.0) & (left != 0.0)
        shares[lane] = worth / value if is_mixed else shares[lane]


@part
def hold_sleeve_nb(sleeves, k, s, is_sized, book, ledger):
    """Write the shares of one sleeve at a decision.

    Parameters
    ----------
    sleeves : Sleeves
    k, s : int
    is_sized : bool
        The decision has been sized: what filled in part before is forgotten, and there was nothing of it.
    book : SleeveBook
    ledger : Book
        `shares` of lanes that are in sleeves are written in place.
    """
    v, last = sleeves.venue[s], k - 1
    h = sleeves.held[k, v]
    for i in range(sleeves.first[s], sleeves.first[s + 1]):
        a, of_one = sleeves.name[i], 0.0
        if h >= 0 and sleeves.inner[h, i] != 0.0:
            of_one = sleeves.inner[h, i] / sleeves.value[h, a]
        hold_unit_nb(book.in_general, book.held[s], of_one, ledger.shares[a])
    if is_sized or last < 0 or sleeves.splits[last] == 0 or sleeves.tried[last, v] == 0:
        return
    for i in range(sleeves.first[s], sleeves.first[s + 1]):
        place = sleeves.rank[last, i]
        a = sleeves.name[place]
        y, x = sleeves.inner[last, place], held_nb(sleeves, last, sleeves.held[last, v], place)
        if y == 0.0 and x == 0.0:  # perhaps without a price
            continue
        hold_part_nb(
            book.in_general, book.rest[v], book.rank[s], book.held[s], book.wanted[s], i - sleeves.first[s], x, y,
            sleeves.value[last, a], ledger.shares[a],
        )  # fmt: skip


@dense
def clear_nb(in_general, first, second, third, fourth, fifth):
    """Clear numbers of lanes that are in sleeves; arrays of shape (L,).

    Parameters
    ----------
    in_general : ndarray
        1: the lane's numbers stay.
    first, second, third, fourth, fifth : ndarray
        Written in place.
    """
    for lane in range(in_general.shape[0]):
        stays = in_general[lane] != 0.0
        first[lane] = first[lane] if stays else 0.0
        second[lane] = second[lane] if stays else 0.0
        third[lane] = third[lane] if stays else 0.0
        fourth[lane] = fourth[lane] if stays else 0.0
        fifth[lane] = fifth[lane] if stays else 0.0


@dense
def owe_nb(in_general, ring, unsettled, incoming, plan_incoming):
    """Write what has yet to settle of lanes that are in sleeves; arrays of shape (L,).

    Parameters
    ----------
    in_general, ring : ndarray
    unsettled, incoming, plan_incoming : ndarray
        Written in place.
    """
    for lane in range(ring.shape[0]):
        stays, waits = in_general[lane] != 0.0, ring[lane]
        unsettled[lane] = unsettled[lane] if stays else waits
        incoming[lane] = incoming[lane] if stays else max(waits, 0.0)
        plan_incoming[lane] = plan_incoming[lane] if stays else 0.0


@part
def open_ledger_nb(sleeves, k, base, is_sized, book, ledger):
    """Write what lanes in sleeves hold at a decision into the books of the general form.

    Parameters
    ----------
    sleeves : Sleeves
    k, base : int
        Decision, base currency.
    is_sized : bool
        See `hold_sleeve_nb`.
    book : SleeveBook
    ledger : Book
        Lanes that are in the general form already stay as they are.
    """
    stays = book.in_general
    for a in range(ledger.last_price.shape[0]):
        ledger.last_price[a] = sleeves.last_price[k, a]
        clear_nb(
            stays, ledger.shares[a], ledger.order[a], ledger.target[a], ledger.plan_value[a], ledger.plan_cost[a]
        )  # fmt: skip
    for v in range(ledger.last_session.shape[0]):
        ledger.last_session[v], ledger.pending[v] = sleeves.last_session[k, v], 0
    for lane in range(stays.shape[0]):
        if stays[lane] == 0.0:
            ledger.cash[base, lane], ledger.begun[lane] = book.cash[lane], int(book.begun[lane])
            ledger.decided_at[lane], ledger.stopped_until[lane] = -1, -1
    for slot in range(ledger.unsettled.shape[0]):
        owe_nb(
            stays, book.ring[slot], ledger.unsettled[slot, base], ledger.incoming[slot, base],
            ledger.plan_incoming[slot],
        )  # fmt: skip
    for s in range(sleeves.basket.shape[0]):
        hold_sleeve_nb(sleeves, k, s, is_sized, book, ledger)


@dense
def add_units_nb(shares, value, units):
    """Add what a name is worth to the units of a sleeve; arrays of shape (L,).

    Parameters
    ----------
    shares : ndarray
    value : float
        Of a share.
    units : ndarray
        Written in place.
    """
    for lane in range(shares.shape[0]):
        units[lane] += shares[lane] * value


@dense
def check_name_nb(shares, value, of_one, order, nav, units, is_whole):
    """Say whether a name holds its part of a sleeve's units, and no order of it waits; arrays of shape (L,).

    Parameters
    ----------
    shares : ndarray
    value, of_one : float
        Of a share; part of a unit that is in the name.
    order, nav, units : ndarray
    is_whole : ndarray
        Becomes 0 where not.
    """
    for lane in range(shares.shape[0]):
        off = abs(shares[lane] * value - units[lane] * of_one)
        is_whole[lane] = is_whole[lane] if (off <= EXACT * nav[lane]) & (order[lane] == 0.0) else 0.0


@part
def close_ledger_nb(sleeves, k, base, book, room, ledger):
    """Give lanes that hold multiples of sleeves again back to them.

    Parameters
    ----------
    sleeves : Sleeves
    k, base : int
        The decision that has been run, base currency.
    book : SleeveBook
        State and `in_general` of such lanes are written in place: every order has filled, and none was rounding, which
        leaves a name at what was held.
    room : SleeveScratch
    ledger : Book

    Returns
    -------
    n_lanes : int
        That stay in the general form.
    """
    n, n_lanes, whole = 0, book.cash.shape[0], room.part
    for lane in range(n_lanes):
        whole[lane] = 1.0
    for s in range(sleeves.basket.shape[0]):
        units, is_tried = book.wanted[s], sleeves.tried[k, sleeves.venue[s]] != 0
        for lane in range(n_lanes):
            units[lane] = units[lane] if book.in_general[lane] == 0.0 else 0.0
            whole[lane] = whole[lane] if is_tried else 0.0
            room.units[lane] = 0.0
        for i in range(sleeves.first[s], sleeves.first[s + 1]):
            a = sleeves.name[i]
            add_units_nb(ledger.shares[a], sleeves.value[k, a], room.units)
        part = sleeves.worth_wanted[k, s]  # of a unit that is in the sleeve: a basket may have several
        for lane in range(n_lanes):
            room.units[lane] = room.units[lane] / part if part > 0.0 else 0.0
        for i in range(sleeves.first[s], sleeves.first[s + 1]):
            a = sleeves.name[i]
            check_name_nb(
                ledger.shares[a], sleeves.value[k, a], sleeves.inner[k, i], ledger.order[a], ledger.plan_nav,
                room.units, whole,
            )  # fmt: skip
        for lane in range(n_lanes):
            units[lane] = units[lane] if book.in_general[lane] == 0.0 else room.units[lane]
    for lane in range(n_lanes):
        if book.in_general[lane] == 0.0:
            continue
        if whole[lane] == 0.0:
            n += 1
            continue
        book.in_general[lane] = 0.0
        book.cash[lane], book.waiting[lane] = ledger.cash[base, lane], 0.0
        book.begun[lane] = float(ledger.begun[lane])
        for slot in range(book.ring.shape[0]):
            book.ring[slot, lane] = ledger.unsettled[slot, base, lane]
            book.waiting[lane] += book.ring[slot, lane]
        for v in range(book.rest.shape[0]):
            book.rest[v, lane] = 0.0
        for s in range(sleeves.basket.shape[0]):
            book.held[s, lane] = book.wanted[s, lane]
    return n
