"""Section 4: how much of an order fills."""

from tests.naive.orders import elsewhere_today
from tests.naive.state import Moment, Rank, State


def fillable(state: State, symbol: str) -> float:
    """The shares (not signed) of an order that an event of this row can fill, funding apart."""
    order, bound = abs(state.order(symbol)), state.world.room(symbol, state.row_date)
    undelivered = state.undelivered(symbol)
    if state.order(symbol) < 0.0 and undelivered > 0.0:
        bound = min(bound, max(state.shares[symbol] - undelivered, 0.0))
    return order if order <= bound * (1.0 + 1e-9) else state.whole_lots(symbol, bound)


def is_halted(state: State, symbol: str, rank: int, venue: str) -> bool:
    """Whether a name without a price at an event counts as halted."""
    opened, closed = state.last_bar.get(symbol, (False, True))
    at_own_open = rank == Rank.OPEN and state.world.venue[symbol] == venue
    return not closed or (at_own_open and opened)


def due_today(state: State, due: list[str], ready: list[str], prices: dict[str, float], now: Moment) -> list[str]:
    """The names whose orders count as due today, once the event's sells have filled.

    `due` are the names due at the event, `ready` those of them that have a price and are not barred.
    """
    _, rank, venue = now
    buys = [s for s in ready if s in state.targets and state.order(s) > 0.0]
    waiting = [s for s in due if s not in prices] if rank == Rank.OPEN else []
    to_come = [*waiting, *elsewhere_today(state, now)]
    stuck = {s for s in to_come if state.order(s) < 0.0 and s not in prices and is_halted(state, s, rank, venue)}
    return sorted([*buys, *(s for s in to_come if s not in stuck)])


def funded(state: State, today: list[str]) -> float:
    """The fraction k of the buys that may fill now, given all orders due today."""
    plan = state.plan
    buys = {s: fillable(state, s) for s in today if state.order(s) > 0.0}
    sells = {s: fillable(state, s) for s in today if state.order(s) < 0.0}
    if not buys:
        return 1.0
    power = plan.cash
    if state.settings.funding == "overlap":
        power += sum(n * plan.value[s] * (1.0 - plan.sell_cost[s]) for s, n in sells.items())
    elif state.settings.funding == "settled":
        power -= sum(amount for amount, date in plan.receivables if date is None or date > state.row_date)
    need = sum(n * plan.value[s] * (1.0 + plan.buy_cost[s]) for s, n in buys.items())
    bought = sum(n * plan.value[s] for s, n in buys.items())
    after_sells = {s: state.shares[s] - sells.get(s, 0.0) for s in state.symbols}
    gross = sum(abs(after_sells[s]) * plan.value[s] for s in state.symbols)
    with_buys = sum(abs(after_sells[s] + buys.get(s, 0.0)) * plan.value[s] for s in state.symbols)
    limit = max(plan.target_gross, gross)
    k = 1.0
    if need > power + plan.tol:
        k = max(power, 0.0) / need
    if with_buys > limit + plan.tol:
        k = min(k, (limit - gross) / (with_buys - gross))
    return k if k * bought > plan.tol else 0.0
