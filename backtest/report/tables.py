"""Tables of the report: rows of text ready to be set, and how numbers and dates are written."""

import math
from dataclasses import dataclass

import pandas as pd
from pandas.api.typing import NaTType

from data.venues import VENUES

LONGEST_NAME = 24
MISSING, MINUS, SPACE = "–", "−", "\N{NO-BREAK SPACE}"
KINDS = {
    "sfc_levy": "SFC levy",
    "afrc_levy": "AFRC levy",
    "section31_fee": "Section 31 fee",
    "taf_fee": "TAF fee",
    "half_spread": "Half-spread",
    "impact": "Market impact",
    "fx_spread": "FX spread",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text.

    Attributes
    ----------
    head : tuple of str, length n_columns
    rows : tuple of tuple of str
        Each of length n_columns.
    align : str of length n_columns
        "l" for text, "r" for numbers.
    strong : tuple of int
        Rows to be emphasised.
    shades : tuple of tuple of int
        One a cell, from -4 (large loss) to 4 (large gain), where cells are coloured by size.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str
    strong: tuple[int, ...] = ()
    shades: tuple[tuple[int, ...], ...] = ()


def number(value: float, digits: int = 0) -> str:
    """Write a number with thousands parted.

    Parameters
    ----------
    value : float
    digits : int
        After the point.

    Returns
    -------
    str
        A dash for NaN and infinities; zero never has a sign.

    Examples
    --------
    >>> number(1234567.8), number(-0.04, 1), number(float("nan"))
    ('1,234,568', '0.0', '–')
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{digits}f}"
    is_zero = not text.strip("0.,")
    return text if value >= 0 or is_zero else MINUS + text


def shares(count: float) -> str:
    """Write a count of shares.

    Parameters
    ----------
    count : float

    Returns
    -------
    str
        With two digits only where it is no whole number.

    Examples
    --------
    >>> shares(1200.0), shares(0.5)
    ('1,200', '0.50')
    """
    return number(count, 0 if count == round(count) else 2)


def percent(value: float, digits: int = 1) -> str:
    """Write a fraction as a percentage.

    Parameters
    ----------
    value : float
        0.01 is one percent.
    digits : int

    Returns
    -------
    str
        A dash for NaN.

    Examples
    --------
    >>> percent(0.1234).replace(SPACE, " "), percent(float("nan"))
    ('12.3 %', '–')
    """
    written = number(100 * value, digits)
    return written if written == MISSING else f"{written}{SPACE}%"


def points(value: float, digits: int = 1) -> str:
    """Write a difference of fractions in percentage points, with its sign.

    Parameters
    ----------
    value : float
        0.01 is one point.
    digits : int

    Returns
    -------
    str
        A dash for NaN.

    Examples
    --------
    >>> points(0.0123), points(-0.02), points(0.0)
    ('+1.2', '−2.0', '0.0')
    """
    return signed(100 * value, digits)


def signed(value: float, digits: int = 0) -> str:
    """Write a number with its sign.

    Parameters
    ----------
    value : float
    digits : int

    Returns
    -------
    str
        A dash for NaN; zero has no sign.
    """
    written = number(value, digits)
    return f"+{written}" if value > 0 and written.strip("0.,") else written


def kind_label(kind: str) -> str:
    """Name a kind of cost for a reader.

    Parameters
    ----------
    kind : str
        One of `COST_KINDS`.

    Returns
    -------
    str
    """
    return KINDS.get(kind, kind.replace("_", " ").capitalize())


def market_label(code: str) -> str:
    """Name a market for a reader.

    Parameters
    ----------
    code : str
        Of a venue; anything else, such as "cash", is itself.

    Returns
    -------
    str

    Examples
    --------
    >>> market_label("XHKG"), market_label("cash")
    ('Hong Kong', 'cash')
    """
    return VENUES[code].name if code in VENUES else code


def name_label(symbol: str, name: str) -> str:
    """Name a listing for a reader.

    Parameters
    ----------
    symbol, name : str
        Of the instrument; a name that holds the symbol, or none, adds nothing.

    Returns
    -------
    str

    Examples
    --------
    >>> name_label("0700.HK", "Tencent Holdings"), name_label("US01", "Synthetic US01")
    ('0700.HK Tencent Holdings', 'US01')
    """
    if not name or symbol in name:
        return symbol
    return f"{symbol} {name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + '…'}"


def day(at: pd.Timestamp | NaTType) -> str:
    """Write a date.

    Parameters
    ----------
    at : Timestamp

    Returns
    -------
    str
        A dash for NaT.
    """
    return MISSING if isinstance(at, NaTType) else f"{at:%Y-%m-%d}"


def stamp(at: pd.Timestamp) -> str:
    """Write a stamp to the minute.

    Parameters
    ----------
    at : Timestamp

    Returns
    -------
    str
    """
    return f"{at:%Y-%m-%d %H:%M}"
