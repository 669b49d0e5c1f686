"""The demo's dividends: when, how much, and as rows of a table of actions."""

import numpy as np
from numpy.typing import NDArray

from data.demo import listings

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
ActionRow = tuple[str, str, str, float, str | None, str]
ACTION_COLUMNS = ("symbol", "kind", "ex_date", "amount", "pay_date", "announced")
# The ex date is the first session from this day of the month on, and a day later for each name after the first.
FIRST_DAY = 9
# venue: weekdays from announcement to ex date, and from there to payment
LAGS = {"XNYS": (15, 20), "XHKG": (40, 22), "XSHG": (6, 0)}


def dividend_shares(venue: str, dates: Dates) -> Array:
    """Give each payment as a share of the last price, on its ex date.

    Parameters
    ----------
    venue : str
    dates : ndarray of shape (n,), datetime64[D]

    Returns
    -------
    ndarray of shape (n, n_names)
        0 where nothing goes ex. The name taken over pays nothing once the offer is known.
    """
    symbols = listings.symbols_of(venue)
    share: Array = np.zeros((len(dates), len(symbols)))
    months = np.unique(dates.astype("datetime64[M]"))
    for column, symbol in enumerate(symbols):
        if symbol not in listings.DIVIDENDS:
            continue
        of_year, n_payments, first = listings.DIVIDENDS[symbol]
        paying = {(first - 1 + 12 // n_payments * k) % 12 for k in range(n_payments)}
        for month in months[np.isin(months.astype(np.int64) % 12, list(paying))]:
            row = int(np.searchsorted(dates, month.astype("datetime64[D]") + FIRST_DAY + column))
            is_off = symbol == listings.TAKEN_OVER and row < len(dates) and dates[row] > listings.TAKEOVER_KNOWN
            if 0 < row < len(dates) and not is_off:
                share[row, column] = of_year / n_payments
    return share


def dividend_rows(venue: str, dates: Dates, symbols: tuple[str, ...], cash: Array) -> list[ActionRow]:
    """Write dividends as rows of a table of actions.

    Parameters
    ----------
    venue : str
    dates : ndarray of shape (n,), datetime64[D]
    symbols : tuple of str, length n_names
    cash : ndarray of shape (n, n_names)
        Gross, for a share; 0 where nothing goes ex.

    Returns
    -------
    list of tuple
        In the order of `ACTION_COLUMNS`.
    """
    to_ex, to_payment = LAGS[venue]
    return [
        (
            symbols[column],
            "dividend",
            str(dates[row]),
            float(cash[row, column]),
            str(np.busday_offset(dates[row], to_payment, roll="forward")),
            str(np.busday_offset(dates[row], -to_ex, roll="backward")),
        )
        for row, column in zip(*(found.tolist() for found in np.nonzero(cash)), strict=True)
    ]
