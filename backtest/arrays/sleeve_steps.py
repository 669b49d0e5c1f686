"""What happens in a setup of sleeves, step by step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.kernels import state
from backtest.kernels.sleeve_tables import AGAIN, BEGIN_ROW, DUE, FILL, MARK_ROW, QUIET_ROW, SIZE, TRIED, WAITS

NONE = -1
# The event at which each kind of fill happens.
FILLS_AT = {state.NEXT_OPEN: state.OPEN, state.NEXT_CLOSE: state.CLOSE, state.SAME_CLOSE: state.DECIDE}


@dataclass
class Steps:
    """Steps as they are written down, and what their tables are of.

    Attributes
    ----------
    rows : list of tuple
        Kind, row, decision, place, venue, slot, is first; see `backtest.kernels.sleeve_tables.Sleeves`.
    stands : list of list of int
        How venues stand, a list a step.
    fills : list of tuple
        Of each table of a fill decision, row, venue, event, event of the close, 1 for the first of its decision.
    parts : list of tuple
        Of each table of partial holdings decision and row.
    """

    rows: list[tuple[int, ...]]
    stands: list[list[int]]
    fills: list[tuple[int, ...]]
    parts: list[tuple[int, int]]


class _Writer:
    """Writes down what happens in a setup, event by event."""

    def __init__(
        self,
        prepared: Prepared,
        tried_at: NDArray[np.int64],
        splits: NDArray[np.int64],
        venues: NDArray[np.int64],
    ) -> None:
        self.steps = Steps([], [], [], [])
        self._prepared, self._tried_at, self._venues = prepared, tried_at, venues.tolist()
        self._splits = splits.tolist()
        timeline, world, base = prepared.timeline, prepared.world, prepared.rules.base
        self._earns = bool(world.credit[:, base].any() or world.debit[:, base].any())
        self._busy = [False] * prepared.n_slots  # slots of the ring that hold money
        self._nothing = [WAITS] * len(prepared.venues)
        self._k = NONE
        self._begun = NONE  # where the steps of a row begin that may be quiet
        self._settles = NONE  # the slot that settles on it
        self._close_of = np.full(prepared.rows.opens.shape, NONE)
        closes = np.flatnonzero(timeline.kind == state.CLOSE)
        self._close_of[timeline.row[closes], timeline.venue[closes]] = closes

    def begin(self, row: int) -> None:
        """Write that a row begins: interest, and what settles."""
        slot = row % self._prepared.n_slots
        self._begun, self._settles = len(self.steps.rows), slot if self._busy[slot] and self._earns else NONE
        if self._earns:
            self._write((BEGIN_ROW, row, self._k, NONE, NONE, self._settles, 0))
        self._busy[slot] = False

    def decide(self, row: int) -> None:
        """Write that the next decision is made."""
        self._k += 1
        self._begun = NONE
        self._write((SIZE, row, self._k, NONE, NONE, NONE, 0))

    def meet(self, e: int, row: int, v: int) -> None:
        """Write that a venue holds a session, where orders may fill at it."""
        k, first = self._k, NONE
        if k >= 0 and v in self._venues:
            first = int(self._tried_at[k, v])
        if first == e or (NONE < first < e and self._splits[k]):
            self.fill(e, row, v)

    def fill(self, e: int, row: int, v: int) -> None:
        """Write that orders of a venue fill."""
        prepared, k = self._prepared, self._k
        slot = int(prepared.world.settle_slot[row, v])
        is_first = e == self._tried_at[k, v]
        if is_first:
            self._busy[slot], self._begun = True, NONE
        stands = _stands(prepared, self._tried_at[k], e, k) if self._splits[k] else self._nothing
        self._write((FILL, row, k, len(self.steps.fills), v, slot, int(is_first)), stands)
        close = e if prepared.rules.fill == state.SAME_CLOSE else int(self._close_of[row, v])
        self.steps.fills.append((k, row, v, e, close, int(is_first)))

    def mark(self, e: int, row: int) -> None:
        """Write that a row is marked; before one on which no new order falls due, that it may be quiet."""
        k, steps, place, stands = self._k, self.steps, NONE, self._nothing
        mixed = [v for v in self._venues if NONE < self._tried_at[k, v] < e] if k >= 0 and self._splits[k] else []
        if mixed:
            place, stands = len(steps.parts), [int(v in mixed) for v in range(len(self._nothing))]
            steps.parts.append((k, row))
        self._write((MARK_ROW, row, k, place, NONE, NONE, 0), stands)
        if self._begun != NONE:
            at, n = self._begun, len(steps.rows) - self._begun
            steps.rows.insert(at, (QUIET_ROW, row, k, NONE, n, self._settles, 0))
            steps.stands.insert(at, self._nothing)
            self._begun = NONE

    def _write(self, row: tuple[int, ...], stands: list[int] | None = None) -> None:
        self.steps.rows.append(row)
        self.steps.stands.append(self._nothing if stands is None else stands)


def write_steps(
    prepared: Prepared, tried_at: NDArray[np.int64], splits: NDArray[np.int64], venues: NDArray[np.int64]
) -> Steps:
    """Write down what happens: rows that begin, decisions, fills, marks."""
    timeline, at_fill, writer = (
        prepared.timeline,
        FILLS_AT[prepared.rules.fill],
        _Writer(prepared, tried_at, splits, venues),
    )
    events = zip(timeline.kind.tolist(), timeline.row.tolist(), timeline.venue.tolist(), strict=True)
    for e, (kind, row, v) in enumerate(events):
        if kind == state.BEGIN:
            writer.begin(row)
        elif kind == state.DECIDE:
            writer.decide(row)
            for one in venues.tolist() if at_fill == state.DECIDE else ():
                writer.fill(e, row, one)
        elif kind == state.MARK:
            writer.mark(e, row)
        elif kind == at_fill:
            writer.meet(e, row, v)
    return writer.steps


def _stands(prepared: Prepared, tried_at: NDArray[np.int64], e: int, k: int) -> list[int]:
    """Say how every venue stands at a fill."""
    timeline, stamp = prepared.timeline, prepared.decisions[k]
    found = []
    for v in range(len(prepared.venues)):
        is_due = timeline.due[e, v] == state.DUE_ALL and timeline.start[e, v] > stamp
        if NONE < tried_at[v] < e:
            found.append(AGAIN if is_due else TRIED)
        else:
            found.append(DUE if is_due else WAITS)
    return found
