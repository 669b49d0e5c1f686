"""The rotation as scripts do it: pandas row by row, numpy day by day, numpy a stretch between decisions at a time."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers.jobs import Ready
from benchmarks.peers.rotation import CAPITAL, Rotation


def pandas_by_row(close: pd.DataFrame, weights: pd.DataFrame, fee: float) -> pd.Series:
    """Walk down the rows as an event-driven script does.

    Parameters
    ----------
    close, weights : DataFrame
    fee : float

    Returns
    -------
    Series
        NAV by date.
    """
    shares, cash, nav = pd.Series(0.0, index=close.columns), CAPITAL, {}
    for date, prices in close.iterrows():
        value = cash + (shares * prices).sum()
        if date in weights.index:
            wanted = weights.loc[date] * value / prices
            trades = (wanted - shares) * prices
            cash -= trades.sum() + fee * trades.abs().sum()
            shares = wanted
            value = cash + (shares * prices).sum()
        nav[date] = value
    return pd.Series(nav)


def numpy_by_day(
    close: NDArray[np.float64], weights: NDArray[np.float64], rows: NDArray[np.int64], fee: float
) -> NDArray[np.float64]:
    """Walk through the days, all names of a day at once.

    Parameters
    ----------
    close : ndarray of shape (n_dates, n_names)
    weights : ndarray of shape (n_decisions, n_names)
    rows : ndarray of shape (n_decisions,), int64
        Of the decisions.
    fee : float

    Returns
    -------
    ndarray of shape (n_dates,)
        NAV.
    """
    shares, cash, nav = np.zeros(close.shape[1]), CAPITAL, np.empty(len(close))
    decision_of = dict(zip(rows.tolist(), range(len(rows)), strict=True))
    for day, prices in enumerate(close):
        nav[day] = cash + shares @ prices
        decision = decision_of.get(day)
        if decision is not None:
            wanted = weights[decision] * nav[day] / prices
            trades = (wanted - shares) * prices
            cash -= trades.sum() + fee * np.abs(trades).sum()
            shares = wanted
            nav[day] = cash + shares @ prices
    return nav


def numpy_by_stretch(
    close: NDArray[np.float64], weights: NDArray[np.float64], rows: NDArray[np.int64], fee: float
) -> NDArray[np.float64]:
    """Value all days between two decisions by one product.

    Parameters
    ----------
    close, weights, rows, fee
        As of `numpy_by_day`.

    Returns
    -------
    ndarray of shape (n_dates,)
        NAV.
    """
    shares, cash, nav = np.zeros(close.shape[1]), CAPITAL, np.empty(len(close))
    nav[: rows[0]] = cash
    for decision, (row, end) in enumerate(zip(rows, [*rows[1:], len(close)], strict=True)):
        prices = close[row]
        value = cash + shares @ prices
        wanted = weights[decision] * value / prices
        trades = (wanted - shares) * prices
        cash -= trades.sum() + fee * np.abs(trades).sum()
        shares = wanted
        nav[row:end] = cash + close[row:end] @ shares
    return nav


def run_pandas(rotation: Rotation) -> Ready:
    """Give the script in pandas.

    Parameters
    ----------
    rotation : Rotation

    Returns
    -------
    Ready
    """
    return Ready(run=lambda: pandas_by_row(rotation.close, rotation.weights, rotation.fee), answer=lambda nav: nav)


def run_numpy(rotation: Rotation, *, by_stretch: bool) -> Ready:
    """Give a script in numpy.

    Parameters
    ----------
    rotation : Rotation
    by_stretch : bool
        Between decisions at once, not day by day.

    Returns
    -------
    Ready
    """
    close, weights = np.ascontiguousarray(rotation.close), np.ascontiguousarray(rotation.weights)
    rows, walk = rotation.rows, numpy_by_stretch if by_stretch else numpy_by_day
    return Ready(run=lambda: walk(close, weights, rows, rotation.fee), answer=lambda nav: nav)
