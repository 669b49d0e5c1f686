"""Trading venues: where a name trades, in which currency, by which clock."""

from dataclasses import dataclass
from datetime import time
from types import MappingProxyType

from data.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue and its regular hours.

    Attributes
    ----------
    code : str
        ISO 10383 market identifier, as in price files.
    name : str
        For people.
    currency : str
        ISO 4217 code that its listings trade in.
    timezone : str
        IANA name of the local clock.
    open, close : time
        Regular hours, local; half days and corrections come from the calendar.
    calendar : str
        Name of the calendar of sessions in `exchange_calendars`.
    """

    code: str
    name: str
    currency: str
    timezone: str
    open: time
    close: time
    calendar: str


VENUES = MappingProxyType(
    {
        venue.code: venue
        for venue in (
            Venue(
                code="XNYS",
                name="New York",
                currency="USD",
                timezone="America/New_York",
                open=time(9, 30),
                close=time(16),
                calendar="XNYS",
            ),
            Venue(
                code="XHKG",
                name="Hong Kong",
                currency="HKD",
                timezone="Asia/Hong_Kong",
                open=time(9, 30),
                close=time(16),
                calendar="XHKG",
            ),
            Venue(
                code="XSHG",
                name="Shanghai",
                currency="CNY",
                timezone="Asia/Shanghai",
                open=time(9, 30),
                close=time(15),
                calendar="XSHG",
            ),
            # exchange_calendars has no Shenzhen; both mainland exchanges keep the same sessions.
            Venue(
                code="XSHE",
                name="Shenzhen",
                currency="CNY",
                timezone="Asia/Shanghai",
                open=time(9, 30),
                close=time(15),
                calendar="XSHG",
            ),
        )
    }
)


def venue(code: str) -> Venue:
    """Look up a venue by its code.

    Parameters
    ----------
    code : str
        Market identifier, such as "XHKG".

    Returns
    -------
    Venue

    Raises
    ------
    DataError
        If the venue is unknown.

    Examples
    --------
    >>> venue("XHKG").currency
    'HKD'
    """
    if code not in VENUES:
        raise DataError(f"Unknown venue {code!r}. Known: {', '.join(VENUES)}.")
    return VENUES[code]
