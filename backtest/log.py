"""What happened to orders and holdings, in words: tables made of the journal."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.arrays.prepare import Prepared
from backtest.kernels import state

WHAT = {
    state.CUT: "cut by funding; the rest waits",
    state.CAPPED: "cut by volume, delivery or lots; the rest waits",
    state.BARRED: "at its price limit; waits",
    state.UNPRICED: "no price in the session; waits",
    state.DROPPED_SHUT: "dropped: venue shut on the leg's date",
    state.DROPPED_CUT: "dropped: cut by funding",
    state.DROPPED_CAPPED: "dropped: cut by volume, delivery or lots",
    state.DROPPED_UNPRICED: "dropped: no price, or at its limit, in the session",
    state.DROPPED_DELISTED: "dropped: delisted",
    state.REPLACED: "replaced by a later decision while it waited",
    state.SHORT_LIMITED: "target cut to what can be borrowed",
    state.RECALLED: "borrow recalled: bought in at the next price",
    state.STOPPED: "stop: everything is sold",
    state.PASSED_OVER: "decision passed over: a stop is in force",
    state.MARGIN_CALL: "margin call: gross is brought back to what may be held",
}
HAPPENED = {
    state.SPLIT_ADDED: "split",
    state.SCRIP_ADDED: "scrip",
    state.DELISTED: "delisted",
    state.REINVESTED: "dividend reinvested",
    state.DIVIDEND_DUE: "dividend due",
    state.DIVIDEND_PAID: "paid",
}


def log_table(prepared: Prepared, index: NDArray[np.int64], value: NDArray[np.float64]) -> pd.DataFrame:
    """Tell of orders that did not fill as asked, of stops, calls and recalls.

    Parameters
    ----------
    prepared : Prepared
    index : ndarray of shape (n, 5)
        Journal entries of the kinds of `WHAT`; see `kernels.state.Journal`.
    value : ndarray of shape (n, 7)

    Returns
    -------
    DataFrame
        Columns decided, at (UTC), symbol (empty for the whole book), shares, what.
    """
    stamps = prepared.timeline.stamp[index[:, 1]]
    names = np.array([*prepared.names, ""], dtype=object)
    return pd.DataFrame(
        {
            "decided": pd.DatetimeIndex(np.where(index[:, 4] < 0, stamps, index[:, 4]), tz="UTC"),
            "at": pd.DatetimeIndex(stamps, tz="UTC"),
            "symbol": names[index[:, 3]],
            "shares": np.where(index[:, 3] < 0, 0.0, value[:, 0]),
            "what": np.array([WHAT[int(kind)] for kind in index[:, 0]], dtype=object),
        }
    )


def actions_table(prepared: Prepared, index: NDArray[np.int64], value: NDArray[np.float64]) -> pd.DataFrame:
    """Tell of corporate actions that met a holding.

    Parameters
    ----------
    prepared : Prepared
    index : ndarray of shape (n, 5)
        Journal entries of the kinds of `HAPPENED`.
    value : ndarray of shape (n, 7)

    Returns
    -------
    DataFrame
        As `BacktestResult.actions`.
    """
    kind = index[:, 0]
    is_paid, is_due = kind == state.DIVIDEND_PAID, kind == state.DIVIDEND_DUE
    shares = np.where(is_paid, 0.0, value[:, 0])
    money = np.where(is_paid, value[:, 0], np.where(is_due, 1.0, -1.0) * value[:, 0] * value[:, 1])
    withheld = np.where(is_due, value[:, 6], 0.0)
    currencies = np.array(prepared.currencies, dtype=object)[prepared.world.currency]
    return pd.DataFrame(
        {
            "at": pd.DatetimeIndex(prepared.timeline.stamp[index[:, 1]], tz="UTC"),
            "symbol": np.array(prepared.names, dtype=object)[index[:, 3]],
            "what": np.array([HAPPENED[int(one)] for one in kind], dtype=object),
            "shares": shares,
            "amount": value[:, 1],
            "money": money - withheld,
            "withheld": withheld,
            "currency": currencies[index[:, 3]],
        }
    )
