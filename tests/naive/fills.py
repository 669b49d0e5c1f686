"""Sections 4 to 6: the fills of an event, what each one costs, and when its cash settles."""

import math

from tests.naive.funding import due_today, fillable, funded
from tests.naive.orders import allowed, drop, drop_late, due_at
from tests.naive.sizing import TOO_DEAR, size
from tests.naive.state import Moment, Rank, State
from tests.naive.world import Fill, Session


def fill_session(state: State, now: Moment, session: Session, prices: dict[str, float]) -> None:
    """What fills at the open or close of a venue."""
    stamp, rank, venue = now
    fill_forced(state, now, prices)
    if state.settings.fill == "next_open" or rank == Rank.CLOSE:
        drop_late(state, venue, session)
    due = due_at(state, rank, venue, session)
    if not due or not allowed(state, venue, session.date, stamp):
        return
    fill_due(state, due, prices, now)
    if state.settings.shut_market == "cancel" and rank == Rank.CLOSE:
        drop(state, stamp, [s for s in due if s in state.targets])


def fill_forced(state: State, now: Moment, prices: dict[str, float]) -> None:
    """Fill the recalls of a venue's names (section 7), whole, before all else."""
    stamp, rank, venue = now
    if rank == Rank.OPEN and state.settings.fill != "next_open":
        return
    for symbol in sorted(s for s in state.forced if state.world.venue[s] == venue and s in prices):
        # Reading: they fill before the event sizes anew, under `sizing="fill"`.
        recalled, target = state.forced.pop(symbol)
        pay(state, symbol, target - state.shares[symbol], prices[symbol], stamp, recalled)
        state.shares[symbol] = target


def fill_due(state: State, due: list[str], prices: dict[str, float], now: Moment) -> None:
    """Fill the orders that fall due at an event as far as they can."""
    stamp, rank, _ = now
    if state.settings.sizing == "fill" and rank != Rank.DECISION:
        size(state, sorted(state.targets), stamp, prices)
        due = [s for s in due if s in state.targets]
    ready = [s for s in due if s in prices and not is_barred(state, s, rank)]
    for symbol in [s for s in ready if state.order(s) < 0.0]:
        trade(state, symbol, -fillable(state, symbol), prices[symbol], stamp)
    k = funded(state, due_today(state, due, ready, prices, now))
    for symbol in [s for s in ready if s in state.targets and state.order(s) > 0.0]:
        n = fillable(state, symbol)
        q = n if k == 1.0 else state.whole_lots(symbol, k * n)
        if k == 1.0 or state.world.costs_are_linear or not is_dust(state, symbol, q, prices[symbol]):
            trade(state, symbol, q, prices[symbol], stamp)
    if state.settings.shut_market == "cancel":
        # Reading: what was cut or barred is dropped at this very event, not at the end of the session.
        drop(state, stamp, [s for s in due if s in state.targets and s in prices])


def is_barred(state: State, symbol: str, rank: int) -> bool:
    """Whether a price limit keeps the order from filling at this event (section 3)."""
    buys, sells = state.world.barred(symbol, state.row_date, rank == Rank.OPEN)
    return buys if state.order(symbol) > 0.0 else sells


def is_dust(state: State, symbol: str, q: float, price: float) -> bool:
    """Whether a cut buy costs half of its value or more (section 4)."""
    return sum(costs(state, symbol, q, price)) >= TOO_DEAR * q * price


def trade(state: State, symbol: str, q: float, price: float, stamp: int) -> None:
    """Fill q shares (signed) of an order."""
    if q == 0.0:
        return
    assert state.decided is not None
    rest = state.order(symbol) - q
    lot = state.world.lot(symbol, state.row_date)
    is_whole = rest == 0.0 or (lot > 0.0 and abs(rest) <= 1e-9 * lot)
    plan = state.plan
    cost = plan.buy_cost[symbol] if q > 0.0 else plan.sell_cost[symbol]
    moved = -q * plan.value[symbol] - abs(q) * plan.value[symbol] * cost
    plan.cash += moved
    if q < 0.0:
        plan.receivables.append((moved, state.world.settle(state.world.venue[symbol], state.row_date)))
    pay(state, symbol, q, price, stamp, state.decided)
    state.shares[symbol] = state.targets.pop(symbol) if is_whole else state.shares[symbol] + q


def costs(state: State, symbol: str, q: float, price: float) -> tuple[float, float, float]:
    """Fees, half-spread and impact of a fill of q shares (signed; section 5)."""
    world, date, amount = state.world, state.row_date, abs(q) * price
    if q == 0.0:
        return 0.0, 0.0, 0.0
    fees = world.fees(symbol, "buy" if q > 0.0 else "sell", date, abs(q), price)
    return fees, amount * world.half_spread(symbol, date), amount * world.impact(symbol, date) * math.sqrt(abs(q))


def pay(state: State, symbol: str, q: float, price: float, stamp: int, decided: int) -> None:
    """Pay for a fill of q shares (signed) and record it (sections 5 and 6); the caller moves the shares."""
    world, date = state.world, state.row_date
    currency = world.currency[symbol]
    x = state.fx(currency, stamp)
    fees, half_spread, impact = costs(state, symbol, q, price)
    payment = q * price + fees + half_spread + impact
    before = dict(state.cash)
    if state.settings.fx == "hold":
        state.cash[currency] -= payment
        fx_cost = convert(state, currency, stamp) / x
    elif currency == world.base:
        state.cash[currency] -= payment
        fx_cost = 0.0
    else:
        m = payment - state.cash[currency]
        state.cash[currency] = 0.0
        fx_cost = world.fx_spread * abs(m)
        state.cash[world.base] -= m * x + fx_cost * x
    settles = world.settle(world.venue[symbol], date)
    for code, balance in state.cash.items():
        if balance != before[code]:
            state.unsettled.append((code, balance - before[code], settles))
    state.outcome.fills.append(Fill(decided, stamp, symbol, q, price, x, fees, half_spread, impact, fx_cost))


def convert(state: State, currency: str, stamp: int) -> float:
    """The conversions of `hold` after a fill in a currency; returns their FX spread in base currency."""
    base, spread, cost = state.world.base, state.world.fx_spread, 0.0
    if currency != base and state.cash[currency] < 0.0:
        bought = -state.cash[currency] * state.fx(currency, stamp)
        state.cash[currency] = 0.0
        state.cash[base] -= bought * (1.0 + spread)
        cost += bought * spread
    for other in sorted(c for c in state.cash if c != base and state.cash[c] > 0.0):
        if state.cash[base] < 0.0:
            x = state.fx(other, stamp)
            sold = min(state.cash[other], -state.cash[base] / (x * (1.0 - spread)))
            state.cash[other] -= sold
            state.cash[base] += sold * x * (1.0 - spread)
            cost += sold * x * spread
    return cost
