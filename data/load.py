"""One way in: a market by name or path."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from data.demo.market import demo_market
from data.errors import DataError
from data.market import MarketData
from data.sources.folder import load_folder
from data.tiny import tiny_market

EMBEDDED: Mapping[str, Callable[[], MarketData]] = {"demo": demo_market, "tiny": tiny_market}


def load(
    source: str | Path = "demo",
    universe: str | None = None,
    start: object | None = None,
    end: object | None = None,
) -> MarketData:
    """Load a market.

    Parameters
    ----------
    source : str or Path
        "demo" (synthetic, embedded), "tiny" (synthetic, three names, ten sessions) or a folder of files.
    universe : str, optional
        What may be held: universes and symbols joined by "+", such as "big-seven+hang-seng-tech".
        Everything else stays readable.
    start, end : date-like, optional
        First and last date of decisions and NAV; rows before `start` are kept as the past.

    Returns
    -------
    MarketData

    Raises
    ------
    DataError
        If the source, the universe or a date is wrong; the message says which.

    Examples
    --------
    >>> load("tiny").symbols
    ('HK01', 'US01', 'US02')
    """
    if not isinstance(source, (str, Path)):
        raise DataError(f"The source of a market is a name or a path, not {source!r}.")
    made = EMBEDDED[str(source)]() if str(source) in EMBEDDED else load_folder(Path(source))
    # Embedded markets are made once; each caller gets frames of its own.
    market = replace(made, tables={name: table.copy() for name, table in made.tables.items()})
    return market.restricted(universe, start, end)
