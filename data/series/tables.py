"""The long tables of a market: their columns, what names a series in each, and when its last figure is old."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class LongTable:
    """One long table: a row per figure.

    Attributes
    ----------
    date : str
        Column of the date that a figure is about.
    key : tuple of str
        Columns that name a series; the first is whose figure it is.
    optional_key : tuple of str
        Columns that name it too, where a table has them.
    value : str
        Column of the figure.
    others : tuple of str
        What else must be there.
    stale_after_days : int
        Days after its date at which a figure no longer stands for the present: the longest regular wait for the next.
    quiet_days : int or None
        Days without a figure that are a gap or an end, to be told of: longer, so that one late figure is none. None:
        not looked for.
    """

    date: str = "date"
    key: tuple[str, ...]
    optional_key: tuple[str, ...] = ()
    value: str
    others: tuple[str, ...] = ()
    stale_after_days: int
    quiet_days: int | None

    @property
    def entity(self) -> str:
        """Column that says whose figure it is."""
        return self.key[0]

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return (self.date, *self.key, self.value, *self.others)

    def key_in(self, columns: Collection[str]) -> tuple[str, ...]:
        """Give the columns that name a series in a table.

        Parameters
        ----------
        columns : collection of str
            Those that the table has.

        Returns
        -------
        tuple of str
        """
        return (*self.key, *(column for column in self.optional_key if column in columns))


LONG_TABLES: Mapping[str, LongTable] = MappingProxyType(
    {
        # Daily: a long weekend and a lost day. A golden week of the mainland is longer (11 days at most since 2010): by
        # its end a mainland reading is old.
        "valuations": LongTable(key=("entity", "metric"), value="value", stale_after_days=7, quiet_days=14),
        # Weekly, published up to a week after the week they count.
        "flows": LongTable(key=("entity",), value="net_usd", stale_after_days=14, quiet_days=28),
        # Daily, as valuations.
        "indices": LongTable(key=("index",), value="close", stale_after_days=7, quiet_days=14),
        # Daily or monthly means, published within two weeks of the month.
        "rates": LongTable(key=("series",), value="value", stale_after_days=45, quiet_days=45),
        # A quarter (92 days), the 45 days filers have, and a weekend with a holiday.
        "holdings_13f": LongTable(
            date="period",
            key=("filer", "symbol"),
            optional_key=("type",),
            value="value_usd",
            others=("filed",),
            stale_after_days=140,
            quiet_days=None,  # a filer lists what it holds: what it leaves out is sold, not missing
        ),
        # Monthly, published within two weeks of the month.
        "positioning": LongTable(
            key=("entity",),
            optional_key=("metric",),
            value="value",
            others=("known",),
            stale_after_days=45,
            quiet_days=60,
        ),
    }
)

# First day of an index whose earlier levels are in circulation: they were calculated backwards, with the winners in it.
# HSTECH: announced on 2020-07-20, as the table of its members says.
LAUNCHED: Mapping[str, np.datetime64] = {"HSTECH": np.datetime64("2020-07-27", "D")}
