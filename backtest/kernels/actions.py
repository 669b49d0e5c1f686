"""Corporate actions: what an ex date changes, and what is paid for it later."""

import numpy as np

from backtest.kernels.journal import note_move_nb, remark_nb
from backtest.kernels.state import (
    DELISTED,
    DELISTING,
    DIVIDEND,
    DIVIDEND_DUE,
    DIVIDEND_PAID,
    DROPPED_DELISTED,
    OK,
    OVERLAP,
    REINVESTED,
    SCRIP,
    SCRIP_ADDED,
    SPLIT,
    SPLIT_ADDED,
)
from data.jit import part


@part
def split_lane_nb(book, asset, lane, ratio):
    """Turn one share of a lane into `ratio` shares, orders and plan with it.

    Parameters
    ----------
    book : Book
    asset, lane : int
    ratio : float
    """
    book.shares[asset, lane] *= ratio
    book.order[asset, lane] *= ratio
    book.target[asset, lane] *= ratio
    book.plan_value[asset, lane] /= ratio


@part
def split_scrip_nb(actions, book, action, asset, lane, ratio):
    """Split the scrip of earlier actions that has yet to come.

    Parameters
    ----------
    actions : Actions
    book : Book
    action, asset, lane : int
    ratio : float
    """
    book.undelivered[asset, lane] *= ratio
    for n in range(action):
        if actions.asset[n] == asset and actions.kind[n] == SCRIP:
            book.owed[n, lane] *= ratio


@part
def go_ex_nb(world, rules, book, event, row, group, journal, record):
    """Let the actions of one venue's session take effect.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
    event, row, group : int
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    actions, shares, last_price, due, owed = world.actions, book.shares, book.last_price, book.due, book.owed
    status = OK
    for n in range(actions.group_first[group], actions.group_first[group + 1]):
        kind, a, amount = actions.kind[n], actions.asset[n], actions.amount[n]
        c = world.currency[a]
        rate = world.fx[event, c]
        is_foreign = c != rules.base and record.flow.shape[0] > 0
        if kind == DELISTING and np.isnan(amount):
            amount = last_price[a]
        for lane in range(shares.shape[1]):
            held, noted = shares[a, lane], OK
            if kind in (SPLIT, SCRIP):
                split_lane_nb(book, a, lane, amount if kind == SPLIT else 1.0 + amount)
            if kind == SPLIT:
                split_scrip_nb(actions, book, n, a, lane, amount)
                if held != 0.0:
                    added = shares[a, lane] - held
                    noted = note_move_nb(journal, SPLIT_ADDED, event, lane, a, added, 0.0, rate, 0.0)
            elif held == 0.0:
                pass
            elif kind == SCRIP:
                owed[n, lane] = max(held * amount, 0.0)
                book.undelivered[a, lane] += owed[n, lane]
                noted = note_move_nb(journal, SCRIP_ADDED, event, lane, a, held * amount, 0.0, rate, 0.0)
            else:
                gross = held * amount
                # A short owes the dividend whole.
                net = gross * actions.kept[n] if kind == DIVIDEND and held > 0.0 else gross
                if kind == DIVIDEND:
                    noted = note_move_nb(journal, DIVIDEND_DUE, event, lane, a, held, amount, rate, gross - net)
                else:
                    noted = note_move_nb(journal, DELISTED, event, lane, a, -held, amount, rate, 0.0)
                if is_foreign:
                    record.flow[row, c, lane] += net * rate
                record.paid[row, lane] += (gross - net) * rate
                due[c, lane] += net
                if kind == DIVIDEND and rules.reinvests:
                    book.reinvest[a, lane] += net
                else:
                    owed[n, lane] = net
                    if rules.funding == OVERLAP:
                        book.plan_cash[lane] += net * rate
            status = max(status, noted)
            if kind == DELISTING:
                if book.order[a, lane] != 0.0:
                    dropped = remark_nb(
                        journal, DROPPED_DELISTED, event, lane, a, book.decided_at[lane], book.order[a, lane]
                    )
                    status = max(status, dropped)
                owed[n, lane] += book.reinvest[a, lane]
                book.reinvest[a, lane] = 0.0
                shares[a, lane] = 0.0
                book.undelivered[a, lane] = 0.0
                book.order[a, lane] = 0.0
                book.target[a, lane] = 0.0
                book.forced[a, lane] = 0
        if kind == SPLIT:
            last_price[a] /= amount
        elif kind == SCRIP:
            last_price[a] /= 1.0 + amount
        elif kind == DIVIDEND:
            last_price[a] = max(last_price[a] - amount, 0.0)
        else:
            last_price[a] = amount
    return status


@part
def pay_due_nb(world, rules, book, event, row, journal):
    """Pay what falls due with the begin of a row: dividends into balances, scrip into deliverable shares.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
    event, row : int
    journal : Journal

    Returns
    -------
    status : int
    """
    actions, owed, due, cash, fx = world.actions, book.owed, book.due, book.cash, world.fx[event]
    status = OK
    for i in range(actions.pay_first[row], actions.pay_first[row + 1]):
        n = actions.pay_order[i]
        a = actions.asset[n]
        c = world.currency[a]
        for lane in range(owed.shape[1]):
            amount = owed[n, lane]
            if amount == 0.0:
                continue
            owed[n, lane] = 0.0
            if actions.kind[n] == SCRIP:
                book.undelivered[a, lane] = max(book.undelivered[a, lane] - amount, 0.0)
                continue
            due[c, lane] -= amount
            cash[c, lane] += amount
            if rules.funding != OVERLAP:
                book.plan_cash[lane] += amount * fx[c]
            noted = remark_nb(journal, DIVIDEND_PAID, event, lane, a, -1, amount)
            status = max(status, noted)
    return status


@part
def reinvest_nb(world, rules, book, event, row, venue, journal, record):
    """Buy shares with the dividends that wait, at the close just made, free of costs.

    Parameters
    ----------
    world : World
    rules : Rules
    book : Book
    event, row, venue : int
    journal : Journal
    record : Record

    Returns
    -------
    status : int
    """
    reinvest, status = book.reinvest, OK
    for a in range(reinvest.shape[0]):
        price = world.close[row, a]
        if world.venue[a] != venue or np.isnan(price):
            continue
        c = world.currency[a]
        rate = world.fx[event, c]
        for lane in range(reinvest.shape[1]):
            amount = reinvest[a, lane]
            if amount == 0.0:
                continue
            reinvest[a, lane] = 0.0
            book.due[c, lane] -= amount
            if book.shares[a, lane] == 0.0:
                book.cash[c, lane] += amount
                if rules.funding != OVERLAP:
                    book.plan_cash[lane] += amount * rate
                continue
            if c != rules.base and record.flow.shape[0] > 0:
                record.flow[row, c, lane] -= amount * rate
            book.shares[a, lane] += amount / price
            # An unfilled order keeps its target: sold out means the new shares too.
            if book.order[a, lane] == 0.0:
                book.target[a, lane] = book.shares[a, lane]
            else:
                book.order[a, lane] -= amount / price
            noted = note_move_nb(journal, REINVESTED, event, lane, a, amount / price, price, rate, 0.0)
            status = max(status, noted)
    return status
