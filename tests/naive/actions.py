"""Section 8: corporate actions."""

import datetime as dt
import math
from dataclasses import replace

from tests.naive.state import Claim, State
from tests.naive.world import Action, World

ORDER = ("dividend", "split", "scrip", "delisting")


def ex_sessions(world: World) -> dict[tuple[str, dt.date], list[Action]]:
    """The actions that take effect at each session: the first of the venue on or after the ex date."""
    found: dict[tuple[str, dt.date], list[Action]] = {}
    for action in world.actions:
        venue = world.venue[action.symbol]
        dates = [s.date for s in world.sessions.get(venue, []) if s.date >= action.ex]
        if dates:
            found.setdefault((venue, min(dates)), []).append(after_split(world, action))
    for actions in found.values():
        # Reading: "one day" is one ex date; two ex dates that take effect at one session do so one after the other.
        actions.sort(key=lambda action: (action.symbol, action.ex, ORDER.index(action.kind)))
    return found


def after_split(world: World, action: Action) -> Action:
    """Count the amount of a scrip or a delisting per share held after a split of the same day."""
    if action.kind not in {"scrip", "delisting"}:
        return action
    splits = [a.amount for a in world.actions if (a.symbol, a.ex, a.kind) == (action.symbol, action.ex, "split")]
    return replace(action, amount=action.amount / math.prod(splits))


def take_effect(state: State, action: Action, stamp: int) -> None:
    """Apply an action to the shares then held, just before the open."""
    symbol, row = action.symbol, state.row_date
    held, last = state.shares[symbol], state.last[symbol]
    state.log(stamp, symbol, action.kind)
    state.gone_ex.add((symbol, action.ex))
    if action.kind == "split":
        multiply(state, symbol, action.amount)
        state.shares[symbol] = held * action.amount
    elif action.kind == "dividend":
        withheld = action.withheld if held > 0.0 else 0.0
        claim = Claim(symbol, held * action.amount * (1.0 - withheld), action.pay, row)
        if held != 0.0 and state.settings.dividends == "reinvest":
            state.reinvested.append(claim)
        elif held != 0.0:
            state.owe(claim, stamp)
        state.last[symbol] = max(last - action.amount, 0.0)
    elif action.kind == "scrip":
        multiply(state, symbol, 1.0 + action.amount, delivered=False)
        state.shares[symbol] = held * (1.0 + action.amount)
        if held > 0.0:
            state.shares_due.append(Claim(symbol, held * action.amount, action.pay, row))
    else:
        price = last if math.isnan(action.amount) else action.amount
        state.shares_due = [claim for claim in state.shares_due if claim.symbol != symbol]
        state.targets.pop(symbol, None)
        state.forced.pop(symbol, None)
        waiting = [claim for claim in state.reinvested if claim.symbol == symbol]
        state.money_due += [replace(claim, pay=action.pay, ex_row=row) for claim in waiting]
        state.reinvested = [claim for claim in state.reinvested if claim.symbol != symbol]
        if held != 0.0:
            state.owe(Claim(symbol, held * price, action.pay, row), stamp)
        state.shares[symbol], state.last[symbol] = 0.0, price


def multiply(state: State, symbol: str, ratio: float, *, delivered: bool = True) -> None:
    """Count a name's order, target and undelivered shares in new shares, its last price and v in new prices."""
    if symbol in state.targets:
        state.targets[symbol] *= ratio
    if symbol in state.forced:
        # Reading: a recall's order is an order; it keeps its target too while dividends are reinvested.
        recalled, target = state.forced[symbol]
        state.forced[symbol] = (recalled, target * ratio)
    if symbol in state.plan.value:
        state.plan.value[symbol] /= ratio
    state.last[symbol] /= ratio
    if delivered:
        state.shares_due = [
            replace(claim, amount=claim.amount * ratio) if claim.symbol == symbol else claim
            for claim in state.shares_due
        ]


def reinvest(state: State, closes: dict[str, float], stamp: int) -> None:
    """Let dividends buy shares at the name's next close, before the close's fills."""
    for claim in [claim for claim in state.reinvested if claim.symbol in closes]:
        state.reinvested.remove(claim)
        if state.shares[claim.symbol] == 0.0:
            state.pay_out(claim, stamp)
            continue
        state.shares[claim.symbol] += claim.amount / closes[claim.symbol]
        state.log(stamp, claim.symbol, "reinvested")
