"""Funding sleeves where legs fall due on different dates: the plan of a decision, and what it leaves of buys."""

from backtest.kernels.sleeve_tables import AGAIN, DUE, FILL, NOT_NEGATIVE, SIZE, WAITS, WIDTH
from backtest.kernels.state import FUNDING_TOLERANCE
from data.jit import dense, leaf


@dense
def plan_sleeve_nb(
    sums,
    buying,
    selling,
    worth_wanted,
    worth_held,
    rank,
    wanted,
    held,
    buys,
    buys_due,
    sells,
    sells_due,
    present,
    gross,
):
    """Add what a sleeve buys and sells to the plan of its venue; arrays of shape (L,).

    Parameters
    ----------
    sums : ndarray of shape ((n_names + 1) * 4,)
        Of `Sleeves`.
    buying, selling : float
        Expected costs, of the notional.
    worth_wanted, worth_held : float
        Of a unit.
    rank, wanted, held : ndarray
    buys, buys_due, sells, sells_due, present, gross : ndarray
        Written in place: at the plan's prices, of the venue, and what the whole target is worth.
    """
    for lane in range(rank.shape[0]):
        at, g, c = WIDTH * (rank[lane] & NOT_NEGATIVE), wanted[lane], held[lane]
        bought = g * sums[at] - c * sums[at + 1]
        sold = c * worth_held - g * worth_wanted + bought
        present[lane] += c * worth_held
        buys[lane] += bought
        buys_due[lane] += bought * (1.0 + buying)
        sells[lane] += sold
        sells_due[lane] += sold * (1.0 - selling)
        gross[lane] += g * worth_wanted


@leaf
def plan_split_nb(sleeves, k, book, room):
    """Write the plan of a decision whose legs fall due on different dates.

    Parameters
    ----------
    sleeves : Sleeves
    k : int
    book : SleeveBook
    room : SleeveScratch
        Reads `nav` of the decision.
    """
    first, n_lanes = sleeves.first, book.cash.shape[0]
    for lane in range(n_lanes):
        book.plan_cash[lane], book.plan_nav[lane], book.target_gross[lane] = book.cash[lane], room.nav[lane], 0.0
    for v in range(book.rest.shape[0]):
        for lane in range(n_lanes):
            book.buys[v, lane], book.buys_due[v, lane], book.present[v, lane] = 0.0, 0.0, 0.0
            book.sells[v, lane], book.sells_due[v, lane], book.rest[v, lane] = 0.0, 0.0, 1.0
    for s in range(first.shape[0] - 1):
        v = sleeves.venue[s]
        plan_sleeve_nb(
            sleeves.sums[k, WIDTH * (first[s] + s) : WIDTH * (first[s + 1] + s + 1)], sleeves.rates[k, s, 0],
            sleeves.rates[k, s, 1],
            sleeves.worth_wanted[k, s], sleeves.worth_held[k, s], book.rank[s], book.wanted[s], book.held[s],
            book.buys[v], book.buys_due[v], book.sells[v], book.sells_due[v], book.present[v], book.target_gross,
        )  # fmt: skip


@dense
def count_venue_nb(stands, rest, buys, buys_due, sells, sells_due, present, power, need, buying, gross):
    """Add how a venue stands to what funding is held against; arrays of shape (L,).

    Parameters
    ----------
    stands : int
        WAITS, DUE, TRIED or AGAIN.
    rest, buys, buys_due, sells, sells_due, present : ndarray
        Of the venue.
    power, need, buying, gross : ndarray
        Written in place; see `backtest.kernels.funding.scale_buys_nb`.
    """
    has_sold, proceeds = 1.0 if stands != WAITS else 0.0, 1.0 if stands == DUE else 0.0
    due = 1.0 if stands in (DUE, AGAIN) else 0.0
    for lane in range(rest.shape[0]):
        left = rest[lane]
        power[lane] += proceeds * sells_due[lane]
        need[lane] += due * (left * buys_due[lane])
        buying[lane] += due * (left * buys[lane])
        gross[lane] += present[lane] + has_sold * ((1.0 - left) * buys[lane] - sells[lane])


@dense
def cut_buys_nb(plan_cash, plan_nav, target_gross, rest, buys, buys_due, power, need, buying, gross, part):
    """Find the part of a venue's buys that buying power and gross allow; arrays of shape (L,).

    Parameters
    ----------
    plan_cash : ndarray
        Written in place: less what the part pays.
    plan_nav, target_gross, rest, buys, buys_due, power, need, buying, gross : ndarray
    part : ndarray
        Written in place, in [0, 1]; 1 where there is nothing to buy.
    """
    for lane in range(part.shape[0]):
        room = FUNDING_TOLERANCE * plan_nav[lane]
        is_short = need[lane] > max(power[lane] + room, 0.0)
        allowed = max(power[lane] / need[lane], 0.0) if is_short else 1.0
        limit = max(target_gross[lane], gross[lane])
        is_over = gross[lane] + buying[lane] > limit + room
        allowed = min(allowed, (limit - gross[lane]) / buying[lane]) if is_over else allowed
        allowed = allowed if allowed * buying[lane] > room else 0.0
        allowed = allowed if rest[lane] * buys[lane] > 0.0 else 1.0
        part[lane] = allowed
        plan_cash[lane] -= allowed * (rest[lane] * buys_due[lane])


@leaf
def fund_venue_nb(sleeves, step, venue, book, room):
    """Find the part of the buys of a fill that funding allows, once its sells have filled.

    Parameters
    ----------
    sleeves : Sleeves
    step, venue : int
    book : SleeveBook
        `plan_cash` is written in place.
    room : SleeveScratch
        So is `part`.
    """
    n_lanes, is_first = book.cash.shape[0], sleeves.is_first[step] != 0
    for lane in range(n_lanes):
        if is_first:
            book.plan_cash[lane] += book.sells_due[venue, lane]
        room.power[lane] = book.plan_cash[lane]
        room.need[lane], room.buying[lane], room.gross[lane] = 0.0, 0.0, 0.0
    for v in range(book.rest.shape[0]):
        count_venue_nb(
            AGAIN if v == venue else sleeves.stands[step, v], book.rest[v], book.buys[v], book.buys_due[v],
            book.sells[v], book.sells_due[v], book.present[v], room.power, room.need, room.buying, room.gross,
        )  # fmt: skip
    cut_buys_nb(
        book.plan_cash, book.plan_nav, book.target_gross, book.rest[venue], book.buys[venue], book.buys_due[venue],
        room.power, room.need, room.buying, room.gross, room.part,
    )  # fmt: skip


@leaf
def leave_rest_nb(venue, book, room):
    """Leave of a venue's buys what a fill did not take.

    Parameters
    ----------
    venue : int
    book : SleeveBook
        `rest` and `waits` are written in place.
    room : SleeveScratch
        Reads `part`.
    """
    n_waiting = 0
    for lane in range(book.cash.shape[0]):
        book.rest[venue, lane] *= 1.0 - room.part[lane]
        n_waiting += int(book.rest[venue, lane] != 0.0)
    book.waits[venue] = n_waiting


@leaf
def foresee_nb(sleeves, step, flag, book, room):
    """Find the lanes of which buys are left when a name may not fill as the rest of its venue.

    What funding allows is held against the plan alone, so all fills of a decision can be gone through as it is made.

    Parameters
    ----------
    sleeves : Sleeves
    step, flag : int
        Of a decision that is planned; what such lanes get.
    book : SleeveBook
        The plan is in the end as it was.
    room : SleeveScratch
        `flags` are added to; what a fill works in is written over.

    Returns
    -------
    n_left : int
        Not 0 where there is such a lane.
    """
    n_left, at, n_lanes = 0, step + 1, book.cash.shape[0]
    while at < sleeves.kind.shape[0] and sleeves.kind[at] != SIZE:
        venue = sleeves.at[at]
        if sleeves.kind[at] == FILL and (sleeves.is_first[at] != 0 or book.waits[venue] != 0):
            if sleeves.odd[sleeves.place[at]] != 0:
                for lane in range(n_lanes):
                    is_left = book.rest[venue, lane] != 0.0
                    room.flags[lane] |= flag if is_left else 0
                    n_left += int(is_left)
            fund_venue_nb(sleeves, at, venue, book, room)
            leave_rest_nb(venue, book, room)
        at += 1
    for v in range(book.rest.shape[0]):
        book.waits[v] = 0
        for lane in range(n_lanes):
            book.rest[v, lane] = 1.0
    for lane in range(n_lanes):
        book.plan_cash[lane] = book.cash[lane]
    return n_left
