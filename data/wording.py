"""Phrases that messages share."""

import traceback
from collections.abc import Sequence
from pathlib import Path


def some_of(names: Sequence[str], most: int) -> str:
    """Name the first few of many.

    Parameters
    ----------
    names : sequence of str
    most : int
        How many are named.

    Returns
    -------
    str

    Examples
    --------
    >>> some_of(["AAPL", "MSFT", "NVDA"], most=2)
    'AAPL, MSFT and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def reason_of(error: Exception) -> str:
    r"""Give the first line of what a library says went wrong.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
        The kind of error where it says nothing.

    Examples
    --------
    >>> reason_of(ValueError("bad footer\nin file")), reason_of(KeyError())
    ('bad footer', 'KeyError')
    """
    return (str(error).splitlines() or [type(error).__name__])[0]


def in_one_line(text: str) -> str:
    r"""Take the line breaks out of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Runs of white space are one space each.

    Examples
    --------
    >>> in_one_line("no weight\n  of US01")
    'no weight of US01'
    """
    return " ".join(text.split())


def said_by(error: BaseException, file: str | None = None) -> str:
    r"""Give what an exception of somebody else's code says, in one line.

    Parameters
    ----------
    error : BaseException
    file : str, optional
        Path of that code.

    Returns
    -------
    str
        Its type and its text, without line breaks, and the last line of the file that was at work.

    Examples
    --------
    >>> said_by(ValueError("no weight\n  of US01"))
    'ValueError: no weight of US01'
    """
    said = f"{type(error).__name__}: {in_one_line(str(error))}".removesuffix(": ")
    lines = [
        one.lineno for one in traceback.extract_tb(error.__traceback__) if file is not None and one.filename == file
    ]
    return f"{said} (line {lines[-1]} of {Path(str(file)).name})" if lines else said
