"""Moving money: payments and conversions at a fill, what has yet to settle, interest, carry."""

from backtest.kernels.valuing import row_of_nb
from data.jit import leaf, part


@part
def convert_held_nb(cash, flow, fx, spread, base, row, lane, currency, payment):
    """Move cash for one fill under `fx="hold"`.

    Parameters
    ----------
    cash : ndarray of shape (C, L)
        Written in place.
    flow : ndarray of shape (R, C, L) or (0, C, L)
        Takes what enters a foreign balance, in base currency.
    fx : ndarray of shape (C,)
    spread : float
        Fraction.
    base, row, lane, currency : int
    payment : float
        Local currency, costs included; negative for proceeds.

    Returns
    -------
    fx_cost : float
        Spread paid on conversions, base currency.
    """
    kept = flow.shape[0] > 0
    cash[currency, lane] -= payment
    if kept and currency != base:
        flow[row, currency, lane] -= payment * fx[currency]
    cost = 0.0
    if currency != base and cash[currency, lane] < 0.0:
        short = -cash[currency, lane] * fx[currency]
        cash[currency, lane] = 0.0
        cash[base, lane] -= short * (1.0 + spread)
        cost += short * spread
        if kept:
            flow[row, currency, lane] += short
    for c in range(cash.shape[0]):
        short = -cash[base, lane]
        balance = cash[c, lane]
        if short <= 0.0:
            break
        if c == base or balance <= 0.0:
            continue
        value = balance * fx[c]
        if value * (1.0 - spread) > short:
            value = short / (1.0 - spread)
            cash[c, lane] = balance - value / fx[c]
            cash[base, lane] = 0.0
        else:
            cash[c, lane] = 0.0
            cash[base, lane] += value * (1.0 - spread)
        cost += value * spread
        if kept:
            flow[row, c, lane] -= value
    return cost


@leaf
def await_nb(unsettled, incoming, slot, currency, lane, change):
    """Note that a change of a balance has yet to settle.

    Parameters
    ----------
    unsettled, incoming : ndarray of shape (M, C, L)
    slot : int
        Where in the settlement ring the money waits.
    currency, lane : int
    change : float
        Local currency.
    """
    unsettled[slot, currency, lane] += change
    if change > 0.0:
        incoming[slot, currency, lane] += change


@part
def pay_held_nb(cash, unsettled, incoming, flow, fx, spread, base, slot, row, lane, currency, payment, before):
    """Pay for one fill under `fx="hold"`, and note what of it has yet to settle.

    Parameters
    ----------
    cash : ndarray of shape (C, L)
    unsettled, incoming : ndarray of shape (M, C, L)
    flow : ndarray of shape (R, C, L) or (0, C, L)
    fx : ndarray of shape (C,)
        Base per unit, known at the fill.
    spread : float
    base : int
    slot : int
        Where in the settlement ring the money waits.
    row, lane, currency : int
    payment : float
        Local currency, costs included; negative for proceeds.
    before : ndarray of shape (C,)
        Room to work in.

    Returns
    -------
    fx_cost : float
        Spread paid on conversions, base currency.
    """
    for c in range(cash.shape[0]):
        before[c] = cash[c, lane]
    cost = convert_held_nb(cash, flow, fx, spread, base, row, lane, currency, payment)
    for c in range(cash.shape[0]):
        await_nb(unsettled, incoming, slot, c, lane, cash[c, lane] - before[c])
    return cost


@leaf
def convert_nb(cash, unsettled, incoming, flow, fx, spread, slot, row, lane, currency, payment):
    """Convert the payment for one fill in foreign currency into base currency under `fx="at_fill"`.

    What the balance holds (dividends, interest, carry) goes towards the payment, or is sold with the proceeds.

    Parameters
    ----------
    cash : ndarray of shape (C, L)
        The balance of the currency becomes 0.
    unsettled, incoming : ndarray of shape (M, C, L)
    flow : ndarray of shape (R, C, L) or (0, C, L)
    fx : ndarray of shape (C,)
    spread : float
    slot, row, lane, currency : int
    payment : float
        Local currency.

    Returns
    -------
    converted, fx_cost : float
        Base currency; the cost is not in the first.
    """
    balance = cash[currency, lane]
    converted = (payment - balance) * fx[currency]
    if flow.shape[0] > 0:
        flow[row, currency, lane] -= balance * fx[currency]
    cash[currency, lane] = 0.0
    await_nb(unsettled, incoming, slot, currency, lane, -balance)
    return converted, spread * abs(converted)


@leaf
def accrue_nb(lanes, credit, debit, cash, unsettled, begun, fx, base, row, interest_out, flow):
    """Pay a row's interest on each settled balance.

    Parameters
    ----------
    lanes : tuple of one, or ndarray of shape (L,)
    credit, debit : ndarray of shape (R, C)
        Interest of the row per unit of balance.
    cash : ndarray of shape (C, L)
        Written in place, in lanes that have filled once.
    unsettled : ndarray of shape (M, C, L)
    begun : ndarray of shape (L,)
    fx : ndarray of shape (C,)
    base, row : int
    interest_out, flow : ndarray of shape (R, C, L) or (0, C, L)
    """
    kept = interest_out.shape[0] > 0
    for c in range(cash.shape[0]):
        earned, paid = credit[row, c], debit[row, c]
        for lane in range(len(lanes)):
            interest = 0.0
            if begun[lane] and (earned != 0.0 or paid != 0.0):
                balance = cash[c, lane]
                for slot in range(unsettled.shape[0]):
                    balance -= unsettled[slot, c, lane]
                interest = balance * (earned if balance >= 0.0 else paid)
            cash[c, lane] += interest
            if kept:
                interest_out[row, c, lane] = interest
                if c != base:
                    flow[row, c, lane] += interest * fx[c]


@part
def carry_nb(world, book, fx, base, row, record):
    """Charge a row's borrow fees on shorts, and the tax on a stated yield on longs.

    Parameters
    ----------
    world : World
    book : Book
        `cash` is written in place, in lanes that have filled once.
    fx : ndarray of shape (C,)
    base, row : int
    record : Record
        `paid`, `borrow`, `withheld` and `flow` are written in place.
    """
    paid_out, borrow_out, withheld_out, flow = record.paid, record.borrow, record.withheld, record.flow
    shares, cash, last_price, begun = book.shares, book.cash, book.last_price, book.begun
    longs = world.carry_long[row_of_nb(world.carry_long, row)]
    shorts = world.carry_short[row_of_nb(world.carry_short, row)]
    kept = borrow_out.shape[0] > 0
    for a in range(shares.shape[0]):
        c = world.currency[a]
        for lane in range(shares.shape[1]):
            held = shares[a, lane]
            if held == 0.0 or not begun[lane]:
                continue
            cost = abs(held) * last_price[a] * (longs[a] if held > 0.0 else shorts[a])
            cash[c, lane] -= cost
            paid_out[row, lane] += cost * fx[c]
            if kept:
                if held > 0.0:
                    withheld_out[row, c, lane] += cost
                else:
                    borrow_out[row, c, lane] += cost
                if c != base:
                    flow[row, c, lane] -= cost * fx[c]


@leaf
def settle_nb(lanes, unsettled, incoming, plan_incoming, slot):
    """Let everything that waits in a slot settle.

    Parameters
    ----------
    lanes : tuple of one, or ndarray of shape (L,)
    unsettled, incoming : ndarray of shape (M, C, L)
        Written in place.
    plan_incoming : ndarray of shape (M, L)
        Written in place.
    slot : int
    """
    for lane in range(len(lanes)):
        plan_incoming[slot, lane] = 0.0
        for c in range(unsettled.shape[1]):
            unsettled[slot, c, lane] = 0.0
            incoming[slot, c, lane] = 0.0


@leaf
def open_items_nb(lanes, unsettled, incoming, row, receivable_out, payable_out):
    """Write what has yet to be received and paid.

    Parameters
    ----------
    lanes : tuple of one, or ndarray of shape (L,)
    unsettled, incoming : ndarray of shape (M, C, L)
    row : int
    receivable_out, payable_out : ndarray of shape (R, C, L)
        Written in place, both zero or above.
    """
    for c in range(unsettled.shape[1]):
        for lane in range(len(lanes)):
            received, net = 0.0, 0.0
            for slot in range(unsettled.shape[0]):
                received += incoming[slot, c, lane]
                net += unsettled[slot, c, lane]
            receivable_out[row, c, lane] = received
            payable_out[row, c, lane] = max(received - net, 0.0)
