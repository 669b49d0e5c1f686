"""Sizes as people write them: 500MB, 2GB."""

import re

from backtest.errors import BacktestError

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def bytes_of(text: str, name: str = "memory_limit") -> int:
    """Read a size.

    Parameters
    ----------
    text : str
        A number and its unit: B, KB, MB, GB or TB, powers of a thousand; without one bytes.
    name : str
        What it is the size of, for the message.

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    BacktestError
        If it is no size.

    Examples
    --------
    >>> bytes_of("1.5 GB"), bytes_of("500mb"), bytes_of("64")
    (1500000000, 500000000, 64)
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", text.upper())
    unit = UNITS.get(found[2]) if found else None
    if found is None or unit is None:
        raise BacktestError(f"{name} {text!r} is no size; write 500MB or 2GB.")
    return int(float(found[1]) * unit)
