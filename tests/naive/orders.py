"""Section 3: when an order is due."""

import datetime as dt

from tests.naive.state import Moment, Rank, State
from tests.naive.world import Session


def allowed(state: State, venue: str, date: dt.date, stamp: int) -> bool:
    """Whether `shut_market` lets the venue's orders fill on a date, as far as is known at the stamp."""
    if state.settings.shut_market == "basket":
        # Reading: forced orders of recalls are no orders here, nor in any other count of sections 2 to 4.
        venues = {venue} | {state.world.venue[s] for s in state.targets}
        return all(state.after_decision(v, date, stamp) for v in venues)
    if state.settings.shut_market == "cancel" and state.legs.get(venue) != date:
        return False
    return state.after_decision(venue, date, stamp) is not None


def set_legs(state: State, decided: int) -> None:
    """Under `cancel`: find each venue's leg, and drop the orders of venues that are shut on it."""
    venues = sorted({state.world.venue[s] for s in state.targets})
    later = {v: {d for d, s in state.held_on[v].items() if s.open > decided} for v in venues}
    dates = sorted(set().union(*later.values()))
    state.legs = {}
    for venue in venues:
        missed = bool(dates) and dates[0] in state.held_on[venue] and dates[0] not in later[venue]
        for leg in dates[1:2] if missed else dates[:1]:
            state.legs[venue] = leg
            closure = state.cancelled_on.get(venue, {}).get(leg)
            surprise = closure is not None and closure.announced > decided and closure.open > decided
            if leg not in later[venue] and not surprise:
                drop(state, decided, [s for s in state.targets if state.world.venue[s] == venue])


def drop_late(state: State, venue: str, session: Session) -> None:
    """Under `cancel`: drop orders whose leg's date passed without the session that was expected."""
    leg = state.legs.get(venue) if state.settings.shut_market == "cancel" else None
    if leg is not None and leg < session.date:
        drop(state, session.open, [s for s in state.targets if state.world.venue[s] == venue])


def drop(state: State, stamp: int, symbols: list[str]) -> None:
    """Drop the unfilled orders of these names."""
    for symbol in symbols:
        state.outcome.dropped.append((stamp, symbol, state.order(symbol)))
        del state.targets[symbol]


def due_at(state: State, rank: int, venue: str, session: Session) -> list[str]:
    """The names of a venue whose orders fall due at the open or close of a session that is allowed."""
    due = [s for s in sorted(state.targets) if state.world.venue[s] == venue]
    if state.settings.fill == "next_open":
        if rank == Rank.OPEN:
            return due
        opened = state.prices(venue, session.date, Rank.OPEN)
        return [s for s in due if s not in opened]
    # An order left over by `same_close` behaves like `next_close`.
    return due if rank == Rank.CLOSE else []


def elsewhere_today(state: State, now: Moment) -> list[str]:
    """Names with orders of other venues whose fill event today, as far as is known, is yet to come (section 4)."""
    names, date = [], state.row_date  # Reading: rows do not overlap in time, so this is the event's row.
    for symbol in sorted(state.targets):
        venue = state.world.venue[symbol]
        session = state.after_decision(venue, date, now[0])
        if venue == now[2] or session is None or not allowed(state, venue, date, now[0]):
            continue
        to_come = (session.close, Rank.CLOSE, venue) > now
        if state.settings.fill == "next_open":
            # Reading: once that venue has opened, orders whose open is unknown still await its close.
            opened = state.prices(venue, date, Rank.OPEN)
            to_come = (session.open, Rank.OPEN, venue) > now or (to_come and symbol not in opened)
        if to_come:
            names.append(symbol)
    return names
