"""The books of a run: its opening state, and room for what the ledger writes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.kernels.state import N_NOTED, Book, Journal, Record, Scratch
from backtest.memory import aligned, arrays_of
from data.costs.kernels.fees import VECTOR

# Arrays of Record by row, currency and lane.
MONEY = ("cash", "due", "receivable", "payable", "interest", "borrow", "withheld", "flow")


def new_book(prepared: Prepared, n_lanes: int, capital: float) -> Book:
    """Open the books: the capital in base currency, nothing else.

    Parameters
    ----------
    prepared : Prepared
    n_lanes : int
    capital : float
        Base currency.

    Returns
    -------
    Book
    """
    n_assets, n_venues = len(prepared.names), len(prepared.venues)
    cash = np.zeros((len(prepared.currencies), n_lanes))
    cash[prepared.rules.base] = capital

    def amounts() -> NDArray[np.float64]:
        return np.zeros((n_assets, n_lanes))

    def stamps() -> NDArray[np.int64]:
        return np.full(n_lanes, -1)

    n_currencies, n_actions = len(prepared.currencies), len(prepared.world.actions.kind)
    return Book(
        shares=amounts(),
        order=amounts(),
        target=amounts(),
        asked=amounts(),
        plan_value=amounts(),
        plan_cost=amounts(),
        undelivered=amounts(),
        reinvest=amounts(),
        forced=np.zeros((n_assets, n_lanes), dtype=np.int64),
        cash=cash,
        due=np.zeros((n_currencies, n_lanes)),
        unsettled=np.zeros((prepared.n_slots, n_currencies, n_lanes)),
        incoming=np.zeros((prepared.n_slots, n_currencies, n_lanes)),
        owed=np.zeros((n_actions, n_lanes)),
        last_price=prepared.first_prices.copy(),
        last_session=np.full(n_venues, -1),
        plan_incoming=np.zeros((prepared.n_slots, n_lanes)),
        plan_cash=np.zeros(n_lanes),
        plan_nav=np.zeros(n_lanes),
        target_gross=np.zeros(n_lanes),
        peak=np.full(n_lanes, capital),
        decided_at=stamps(),
        begun=np.zeros(n_lanes, dtype=np.int64),
        stopped_until=stamps(),
        leg_day=np.full((n_venues, n_lanes), -1),
        pending=np.zeros(n_venues, dtype=np.int64),
    )


# Arrays of Book that a day with fills goes through.
BUSY = ("shares", "order", "target", "plan_value", "plan_cost")


def copy_book(book: Book) -> Book:
    """Copy every array of a book.

    Parameters
    ----------
    book : Book

    Returns
    -------
    Book
    """
    copies = {name: array.copy() for name, array in book._asdict().items()}
    for name in BUSY if book.shares.shape[1] > 1 else ():
        busy = aligned(copies[name].shape)
        busy[:] = copies[name]
        copies[name] = busy
    return Book(**copies)


def new_scratch(prepared: Prepared, n_lanes: int) -> Scratch:
    """Make room to work in.

    Parameters
    ----------
    prepared : Prepared
    n_lanes : int

    Returns
    -------
    Scratch
    """
    n_assets, n_venues = len(prepared.names), len(prepared.venues)
    listed = ("name", "lane", "moved", "notional", "fee", "half_spread", "impact", "fx_cost")
    neighbours = ("consideration", "quantity", "raw", "spread_rate", "impact_of_one", "rate", "clearance")
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys((*listed, *neighbours), (n_assets * n_lanes + VECTOR,))
    shapes |= dict.fromkeys(("asked", "now", "later"), (n_assets, n_lanes))
    shapes |= {
        **dict.fromkeys(("value", "most", "buying", "selling", "spread", "goes"), (n_assets,)),
        "before": (len(prepared.currencies),),
        "venue_due": (n_venues, n_lanes),
        "notes": (n_assets, 2 + prepared.world.fees.limited.shape[1], N_NOTED),
    }
    shapes |= dict.fromkeys(("rates", "terms"), (2, n_assets, n_lanes))
    by_lane = ("nav", "held", "total", "slope", "knot", "factor", "sought", "budget", "power", "need", "bought")
    shapes |= dict.fromkeys((*by_lane, "gross", "gross_bought", "scale", "active"), (n_lanes,))
    kinds: dict[str, type] = dict.fromkeys(("venue_due", "active", "goes"), np.int64)
    kinds |= dict.fromkeys(("name", "lane"), np.uint64)
    make = np.zeros if n_lanes == 1 else aligned
    rooms: dict[str, Any] = {name: make(shape, kinds.get(name, np.float64)) for name, shape in shapes.items()}
    return Scratch(**rooms | {"lanes": (0,) if n_lanes == 1 else np.arange(n_lanes)})


def new_pages(
    prepared: Prepared, n_lanes: int, n_entries: int, first: int, last: int, *, whole: bool, is_clear: bool = True
) -> tuple[Record, Journal]:
    """Make room for what the ledger writes.

    Parameters
    ----------
    prepared : Prepared
    n_lanes : int
    n_entries : int
        Room of the journal.
    first, last : int
        Range of events to be run.
    whole : bool
        Keep the journal, shares, cash, interest and flows too, not NAV and the tallies alone.
    is_clear : bool
        False: whoever runs clears NAV and tallies of the rows that it reads, and memory is not touched before.

    Returns
    -------
    record : Record
        NAV is NaN and everything else 0 on rows that the run does not mark, if it is clear.
    journal : Journal
    """
    n_rows, n_assets, n_currencies = len(prepared.rows.dates), len(prepared.names), len(prepared.currencies)
    n_kept, n_entries, noted = n_rows if whole else 0, n_entries if whole else 0, np.zeros(1, dtype=np.int64)
    shapes: dict[str, tuple[tuple[int, ...], type]] = {
        "price": ((n_kept, n_assets), np.float64),
        "shares": ((n_kept, n_assets, n_lanes), np.float64),
        **dict.fromkeys(MONEY, ((n_kept, n_currencies, n_lanes), np.float64)),
        "entries": ((5, n_entries), np.int64),
        "amounts": ((7, n_entries), np.float64),
    }
    room: dict[str, Any] = (
        arrays_of(shapes) if whole else {name: np.empty(shape, dtype=kind) for name, (shape, kind) in shapes.items()}
    )
    journal = Journal(entries=room.pop("entries"), amounts=room.pop("amounts"), n_entries=noted)
    nav, money, traded, paid = (np.zeros if is_clear else np.empty)((4, n_rows, n_lanes))
    n_fills = np.zeros(n_lanes, dtype=np.int64)
    if is_clear:
        nav[:] = np.nan
    record = Record(nav=nav, money=money, traded=traded, paid=paid, n_fills=n_fills, **room)
    if not whole:
        return record, journal
    for name in MONEY:
        getattr(record, name)[:] = 0.0
    first_mark, end_mark = np.searchsorted(prepared.marks, (first, last))
    for array in (record.price, record.shares):
        array[:first_mark] = 0.0
        array[end_mark:] = 0.0
    return record, journal
