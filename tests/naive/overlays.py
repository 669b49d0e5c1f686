"""Section 9: stops and margin calls."""

import datetime as dt

from tests.naive.state import State


def is_stopped(state: State) -> bool:
    """Whether a decision made now falls on a day on which decisions are passed over."""
    if state.stop_day is None:
        return False
    days = state.settings.stop_days
    # Reading: the day of a decision is the row's date, the same clock as the stop day's.
    return days is None or state.row_date < state.stop_day + dt.timedelta(days=days)


def forced_weights(state: State, stamp: int, nav: float) -> dict[str, float]:
    """The weights that a stop or a margin call decides at a mark; none where neither does."""
    settings = state.settings
    if nav <= 0.0 or not state.has_begun():  # Reading: a run has begun with its first fill.
        return {}
    if state.stop_day is not None and not is_stopped(state):
        state.log(stamp, "", "stop ends")
        state.stop_day, state.peak = None, nav
    state.peak = max(state.peak, nav)
    if settings.stop_drawdown > 0.0 and state.stop_day is None and nav < (1.0 - settings.stop_drawdown) * state.peak:
        state.stop_day = state.row_date
        state.log(stamp, "", "stop")
        return dict.fromkeys(state.symbols, 0.0)
    if state.stop_day is not None:
        # Reading: a recall is an order.
        idle = [s for s in state.symbols if state.shares[s] != 0.0 and s not in state.targets and s not in state.forced]
        return dict.fromkeys(state.symbols, 0.0) if idle else {}
    _, value, _ = state.valuation(stamp, {})
    worth = {s: state.shares[s] * value[s] for s in state.symbols}
    gross = sum(abs(one) for one in worth.values())
    if nav < settings.maintenance_margin * gross:
        state.log(stamp, "", "margin call")
        # Reading: names not held get no weight, so their unfilled orders go and nothing new is bought.
        return {s: one / gross * settings.max_gross for s, one in worth.items() if state.shares[s] != 0.0}
    return {}
