"""Writing down what happened to orders and holdings."""

from backtest.kernels.state import JOURNAL_FULL, OK
from data.jit import leaf, part


@leaf
def note_nb(
    entries,
    amounts,
    n_entries,
    kind,
    event,
    lane,
    asset,
    decided,
    shares,
    price,
    fx,
    fees,
    half_spread,
    impact,
    fx_cost,
):
    """Write one journal entry.

    Parameters
    ----------
    entries, amounts, n_entries : ndarray
        Of the journal; see `Journal`.
    kind, event, lane, asset, decided : int
    shares, price, fx, fees, half_spread, impact, fx_cost : float

    Returns
    -------
    status : int
        OK, or JOURNAL_FULL if there was no room; a journal of length 0 takes nothing and is never full.
    """
    n = n_entries[0]
    if entries.shape[1] == 0:
        return OK
    if n >= entries.shape[1]:
        return JOURNAL_FULL
    entries[0, n] = kind
    entries[1, n] = event
    entries[2, n] = lane
    entries[3, n] = asset
    entries[4, n] = decided
    amounts[0, n] = shares
    amounts[1, n] = price
    amounts[2, n] = fx
    amounts[3, n] = fees
    amounts[4, n] = half_spread
    amounts[5, n] = impact
    amounts[6, n] = fx_cost
    n_entries[0] = n + 1
    return OK


@part
def remark_nb(journal, kind, event, lane, asset, decided, shares):
    """Write a journal entry that says something of an order, and moves nothing.

    Parameters
    ----------
    journal : Journal
    kind, event, lane, asset, decided : int
    shares : float

    Returns
    -------
    status : int
        As of `note_nb`.
    """
    return note_nb(
        journal.entries, journal.amounts, journal.n_entries, kind, event, lane, asset, decided, shares,
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
    )  # fmt: skip


@part
def note_move_nb(journal, kind, event, lane, asset, shares, price, fx, withheld):
    """Write a journal entry of a corporate action.

    Parameters
    ----------
    journal : Journal
    kind, event, lane, asset : int
    shares, price, fx, withheld : float

    Returns
    -------
    status : int
        As of `note_nb`.
    """
    return note_nb(
        journal.entries, journal.amounts, journal.n_entries, kind, event, lane, asset, -1, shares, price, fx,
        0.0, 0.0, 0.0, withheld,
    )  # fmt: skip
