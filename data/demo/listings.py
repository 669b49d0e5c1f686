"""The demo's listings: who trades where, since when, and what happens to them. All of it is made up by hand."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from data.universes import TAGGED, Spell

FIRST, LAST = np.datetime64("2019-03-01"), np.datetime64("2025-02-14")
SECTORS = ("Information Technology", "Communication Services", "Consumer Discretionary", "Financials")
# venue: number of names, prefix, currency
VENUES = MappingProxyType({"XNYS": (12, "US", "USD"), "XHKG": (18, "HK", "HKD"), "XSHG": (10, "CN", "CNY")})
N_BIG = 7  # of New York's names, the first: `big-seven`
LATE = MappingProxyType({"HK16": "2020-06-18", "HK17": "2021-03-23", "HK18": "2021-08-12", "CN10": "2020-09-14"})
LISTED_LONG_AGO = "2010-01-04"

# symbol: first and last day without a row
SUSPENDED = MappingProxyType({"HK09": ("2022-01-10", "2022-02-25"), "CN06": ("2022-05-16", "2022-06-10")})
SPLIT = ("US05", "2022-06-06", 4.0, "2022-05-09")  # symbol, ex date, shares for one, announced

# A takeover for cash: announced after the close, held near the offer until the last day.
TAKEN_OVER, TAKEOVER_KNOWN, TAKEOVER_LAST = "HK12", np.datetime64("2023-05-12"), np.datetime64("2023-09-15")
TAKEOVER_PREMIUM = 0.25

# symbol: dividend a year over the price, payments a year, month of the first
DIVIDENDS = MappingProxyType(
    {
        "US01": (0.006, 4, 2),
        "US02": (0.008, 4, 3),
        "US09": (0.024, 4, 1),
        "US11": (0.018, 4, 2),
        "HK01": (0.006, 1, 5),
        "HK04": (0.030, 2, 6),
        "HK08": (0.045, 2, 6),
        "HK12": (0.020, 1, 6),
        "HK15": (0.012, 1, 6),
        "CN01": (0.022, 1, 6),
        "CN03": (0.035, 1, 7),
        "CN04": (0.050, 1, 7),
        "CN08": (0.015, 1, 6),
    }
)


def symbols_of(venue: str) -> tuple[str, ...]:
    """List the names of a venue.

    Parameters
    ----------
    venue : {"XNYS", "XHKG", "XSHG"}

    Returns
    -------
    tuple of str
    """
    n_names, prefix, _ = VENUES[venue]
    return tuple(f"{prefix}{i:02d}" for i in range(1, n_names + 1))


def sector_of(symbol: str) -> str:
    """Give a name its sector, in turn.

    Parameters
    ----------
    symbol : str

    Returns
    -------
    str
    """
    return SECTORS[(int(symbol[2:]) - 1) % len(SECTORS)]


def lot_of(symbol: str) -> int:
    """Give a made-up board lot: 1 in New York, 100 on the mainland, 100 to 1,000 in Hong Kong.

    Parameters
    ----------
    symbol : str

    Returns
    -------
    int
        Shares.
    """
    return {"US": 1, "CN": 100}.get(symbol[:2]) or (100, 200, 500, 1000)[int(symbol[2:]) % 4]


def tags_of(symbol: str) -> str:
    """Say what kind of company it is to a tax office: in Hong Kong half are mainland companies, half are not.

    Parameters
    ----------
    symbol : str

    Returns
    -------
    str
        "mainland", "other", or nothing outside Hong Kong.
    """
    if not symbol.startswith("HK"):
        return ""
    return "mainland" if int(symbol[2:]) % 2 == 0 else "other"


def memberships() -> Mapping[str, tuple[Spell, ...]]:
    """Give the demo's universes.

    Returns
    -------
    mapping of str to tuple of Spell
        Names enter when they list; the one taken over leaves on the day after the announcement.
    """

    def named(symbols: tuple[str, ...]) -> tuple[Spell, ...]:
        return tuple(
            Spell(
                symbol,
                np.datetime64(LATE[symbol]) if symbol in LATE else None,
                TAKEOVER_KNOWN + 1 if symbol == TAKEN_OVER else None,
            )
            for symbol in symbols
        )

    made = {
        "big-seven": named(symbols_of("XNYS")[:N_BIG]),
        "hang-seng-tech": named(symbols_of("XHKG")),
        "msci-china": named(symbols_of("XHKG") + symbols_of("XSHG")),
    }
    return MappingProxyType({**dict.fromkeys(TAGGED, ()), **made})
