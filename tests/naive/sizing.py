"""Section 2: what a decision orders, and the plan it fixes."""

import itertools
import math

from tests.naive.state import Plan, State

# From this expected cost rate on an order is not worth its costs; no larger one is expected.
TOO_DEAR = 0.5


def scale_factor(budget: float, held: float, names: list[tuple[float, float, float, float]]) -> float:
    """The factor f; `names` lists (w V, present value x, b, s) of the names being sized."""

    def excess(f: float) -> float:
        """What the targets, the held names and the expected costs need beyond the budget, at factor f."""
        total = held - budget
        for full, x, b, s in names:
            y = f * full
            total += y + (b * (y - x) if y > x else s * (x - y))
        return total

    if excess(1.0) <= 0.0:
        return 1.0
    # The excess is linear between the factors at which some name turns from a sale to a purchase or back, and
    # convex: it ends above zero, so the largest factor at which it is zero lies where it last comes up.
    turns = sorted({x / full for full, x, _, _ in names if full != 0.0 and 0.0 < x / full < 1.0})
    for low, high in reversed(list(itertools.pairwise([0.0, *turns, 1.0]))):
        below, above = excess(low), excess(high)
        if below <= 0.0 < above:
            return low + (high - low) * (-below) / (above - below)
    return 0.0


def budget_of(state: State, nav: float, held: float, weights: list[float]) -> float:
    """The budget B: NAV, and what the weights ask to borrow beyond it, up to `max_gross`."""
    return max(nav, min(sum(w * nav for w in weights) + held, state.settings.max_gross * nav))


def expected_costs(state: State, symbol: str, move: float, value: float, price: float) -> tuple[float, float]:
    """b and s of a name, given the move (base currency, signed) that is expected of it."""
    world, date = state.world, state.row_date
    if value == 0.0:
        return 0.0, 0.0  # never priced: it can have no target and no shares
    h, i = world.half_spread(symbol, date), world.impact(symbol, date)
    if world.costs_are_linear:
        r_buy = world.expected_rate(symbol, "buy", date, abs(move) / value, price) + h
        r_sell = world.expected_rate(symbol, "sell", date, abs(move) / value, price) + h
    elif move == 0.0:
        r_buy = r_sell = 0.0
    else:
        shares = abs(move) / value
        side = "buy" if move > 0.0 else "sell"
        r = world.expected_rate(symbol, side, date, shares, price) + h + i * math.sqrt(shares)
        r_buy = r_sell = min(r, TOO_DEAR)
    q = state.fx_spread(world.currency[symbol])
    return r_buy + q * (1.0 + r_buy), r_sell + q * (1.0 - r_sell)


def factor_and_costs(
    state: State, names: list[str], value: dict[str, float], nav: float, prices: dict[str, float]
) -> tuple[float, float, dict[str, tuple[float, float]]]:
    """The budget B, the factor f, and (b, s) of the names being sized."""
    held = sum(state.shares[s] * value[s] for s in state.symbols if s not in names)
    budget = budget_of(state, nav, held, [state.weights[s] for s in names])
    f, costs = 1.0, {}
    for _ in range(1 if state.world.costs_are_linear else 2):
        costs = {}
        for s in names:
            move = f * state.weights[s] * nav - state.shares[s] * value[s]
            costs[s] = expected_costs(state, s, move, value[s], prices.get(s, state.last[s]))
        f = scale_factor(budget, held, [(state.weights[s] * nav, state.shares[s] * value[s], *costs[s]) for s in names])
    return budget, f, costs


def target_shares(state: State, symbol: str, full: float, stamp: int) -> float:
    """The target of a name from f w V / v shares: what can be borrowed, then whole lots."""
    weight, available = state.weights[symbol], state.available(symbol)
    if weight == 0.0:
        return 0.0
    target = full
    if weight < 0.0 and target < -available:
        target = -available
        state.log(stamp, symbol, "borrow")
    if state.world.lot(symbol, state.row_date) == 0.0:
        return target
    held = state.shares[symbol]
    # Reading: "a target that is not 0" means a weight that is not 0; with f = 0, or nothing to borrow, the odd part
    # stays too.
    return state.whole_lots(symbol, target) + (held - state.whole_lots(symbol, held))


def size(state: State, names: list[str], stamp: int, prices: dict[str, float]) -> None:
    """Replace all unfilled orders by those of `names`, sized now, and fix the plan; the rest is held."""
    cash, value, nav = state.valuation(stamp, prices)
    budget, f, costs = factor_and_costs(state, names, value, nav, prices)
    state.targets = {}
    for symbol in names:
        w, v = state.weights[symbol], value[symbol]
        if w != 0.0 and v == 0.0:
            # Reading: a weight on a name without price or FX is the caller's mistake.
            raise ValueError(f"{symbol} has a weight but no price or no FX rate")
        target = target_shares(state, symbol, f * w * nav / v if w != 0.0 else 0.0, stamp)
        order = target - state.shares[symbol]
        b, s = costs[symbol]
        is_too_dear = not state.world.costs_are_linear and w != 0.0 and (b if order > 0.0 else s) >= TOO_DEAR
        if order != 0.0 and abs(order) * v >= 1e-12 * nav and not is_too_dear:
            state.targets[symbol] = target
    due = sum(state.due(c) * state.fx(c, stamp) for c in state.cash) if state.settings.funding == "overlap" else 0.0
    state.plan = Plan(
        value=value,
        buy_cost={s: b for s, (b, _) in costs.items()},
        sell_cost={s: c for s, (_, c) in costs.items()},
        cash=cash + due + budget - nav,
        receivables=[
            (amount * state.fx(currency, stamp), date) for currency, amount, date in state.unsettled if amount > 0.0
        ],
        target_gross=sum(abs(state.targets.get(s, state.shares[s])) * value[s] for s in state.symbols),
        tol=1e-11 * nav,
    )


def gaps(state: State, stamp: int, numbers: dict[str, float]) -> dict[str, float]:
    """How far each weight is from the present one."""
    _, value, nav = state.valuation(stamp, {})
    return {s: abs(w - state.shares[s] * value[s] / nav) for s, w in numbers.items()}


def is_close_enough(state: State, stamp: int, numbers: dict[str, float]) -> bool:
    """Whether `rebalance_band` treats the decision like one without numbers."""
    return all(gap < state.settings.rebalance_band for gap in gaps(state, stamp, numbers).values())


def outside_band(state: State, stamp: int, numbers: dict[str, float]) -> dict[str, float]:
    """The weights that `no_trade_band` leaves; the others are held: they keep no order."""
    gap = gaps(state, stamp, numbers)
    return {s: w for s, w in numbers.items() if w == 0.0 or gap[s] >= state.settings.no_trade_band}
