"""Section 1: the events of a run, in their order."""

import datetime as dt
import itertools
import math

from tests.naive.actions import ex_sessions, reinvest, take_effect
from tests.naive.fills import fill_due, fill_session
from tests.naive.orders import set_legs
from tests.naive.overlays import forced_weights, is_stopped
from tests.naive.rows import begin_row
from tests.naive.sizing import is_close_enough, outside_band, size
from tests.naive.state import Rank, State
from tests.naive.world import Outcome, Session, Settings, World


def make_rows(world: World) -> list[Session]:
    """The rows in order of date, each as one session from the first opening to the last close."""
    by_date: dict[dt.date, list[Session]] = {}
    for session in itertools.chain(*world.sessions.values()):
        by_date.setdefault(session.date, []).append(session)
    spans = {d: (min(s.open for s in day), max(s.close for s in day)) for d, day in by_date.items()}
    return [Session(d, *spans[d]) for d in sorted(spans)]


def decision(state: State, stamp: int, weights: dict[str, float]) -> None:
    """A decision of the strategy: passed over by a stop, or left by the bands, or sized."""
    # Reading: a name the decision does not mention is held, like one with a NaN weight.
    numbers = {symbol: weights[symbol] for symbol in sorted(weights) if not math.isnan(weights[symbol])}
    if not numbers:
        return
    if is_stopped(state):
        state.log(stamp, "", "passed over")
        return
    _, _, nav = state.valuation(stamp, {})
    if nav <= 0.0:
        # Reading: where nothing is left there is nothing to weigh; the decision is passed over.
        state.log(stamp, "", "no NAV")
        return
    if is_close_enough(state, stamp, numbers):
        return
    decide(state, stamp, outside_band(state, stamp, numbers), at_once=state.settings.fill == "same_close")


def decide(state: State, stamp: int, weights: dict[str, float], *, at_once: bool) -> None:
    """Size the orders of a decision, which replace every unfilled one; `at_once` they fill at the closes just made."""
    state.decided, state.weights, state.forced = stamp, weights, {}
    size(state, sorted(weights), stamp, {})
    if at_once:
        prices: dict[str, float] = {}
        for venue, sessions in state.world.sessions.items():
            for session in sessions:
                if session.close == stamp:
                    prices |= state.prices(venue, session.date, Rank.CLOSE)
        # Orders of names without a close are not due.
        due = [s for s in sorted(state.targets) if s in prices]
        if due:
            fill_due(state, due, prices, (stamp, Rank.DECISION, ""))
    if state.settings.shut_market == "cancel":
        set_legs(state, stamp)


def session_event(state: State, stamp: int, rank: int, venue: str, session: Session) -> None:
    """The open or close of a venue."""
    prices = state.prices(venue, session.date, rank)
    if rank == Rank.CLOSE:
        state.last.update(prices)
        opened = state.prices(venue, session.date, Rank.OPEN)
        for symbol in state.names_of(venue):
            state.last_bar[symbol] = (symbol in opened, symbol in prices)
        reinvest(state, prices, stamp)
    fill_session(state, (stamp, rank, venue), session, prices)


def mark(state: State, stamp: int, row: Session) -> None:
    """The mark of a row, then stops and margin calls."""
    nav = state.mark(stamp, row)
    weights = forced_weights(state, stamp, nav)
    if weights:
        decide(state, stamp, weights, at_once=False)


def simulate(world: World, decisions: list[tuple[int, dict[str, float]]], settings: Settings) -> Outcome:
    """Run the decisions through the ledger, event by event."""
    rows = make_rows(world)
    if not rows:
        return Outcome()
    ex = ex_sessions(world)
    events = [(stamp, Rank.DECISION, "", i) for i, (stamp, _) in enumerate(decisions)]
    events += [(row.open, Rank.BEGIN, "", i) for i, row in enumerate(rows)]
    events += [(row.close, Rank.MARK, "", i) for i, row in enumerate(rows)]
    for venue, sessions in world.sessions.items():
        events += [(s.open, Rank.EX, venue, i) for i, s in enumerate(sessions)]
        events += [(s.open, Rank.OPEN, venue, i) for i, s in enumerate(sessions)]
        events += [(s.close, Rank.CLOSE, venue, i) for i, s in enumerate(sessions)]
    state = State(world, settings, rows[0].date)
    for stamp, rank, venue, i in sorted(events):
        if rank == Rank.BEGIN:
            begin_row(state, rows[i], rows[i - 1] if i > 0 else None)
        elif rank == Rank.EX:
            for action in ex.get((venue, world.sessions[venue][i].date), []):
                take_effect(state, action, stamp)
        elif rank == Rank.DECISION:
            decision(state, stamp, decisions[i][1])
        elif rank == Rank.MARK:
            mark(state, stamp, rows[i])
        else:
            session_event(state, stamp, rank, venue, world.sessions[venue][i])
    return state.outcome
