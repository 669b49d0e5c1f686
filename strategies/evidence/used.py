"""Data that evidence was read from, and how old they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.series.tables import LONG_TABLES
from strategies.signals.reading import Input

CLOSES_OLD_AFTER_DAYS = LONG_TABLES["indices"].stale_after_days  # of prices, which are as daily as an index


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Data that an indicator was read from.

    Attributes
    ----------
    name : str
        In words, such as "valuations HSTECH pe_ttm".
    date : datetime64[D]
        Date of the latest figure known; NaT where none was.
    age_days : int or None
        From that date to the session; None where there is no figure.
    old_after_days : int
        From which age on a figure is old.
    """

    name: str
    date: np.datetime64
    age_days: int | None
    old_after_days: int

    @property
    def is_old(self) -> bool:
        """Whether the latest figure is older than it should be."""
        return self.age_days is not None and self.age_days > self.old_after_days


def used(inputs: Sequence[Input], session: np.datetime64, max_age_days: int | None = None) -> tuple[Used, ...]:
    """Say how old data are at a session.

    Parameters
    ----------
    inputs : sequence of Input
    session : datetime64[D]
    max_age_days : int, optional
        From which age on whoever reads them takes figures of a table for too old; by default the table's own.

    Returns
    -------
    tuple of Used
    """
    found = list[Used]()
    for one in inputs:
        limit = CLOSES_OLD_AFTER_DAYS
        if one.table:
            limit = LONG_TABLES[one.table].stale_after_days if max_age_days is None else max_age_days
        age = None if np.isnat(one.date) else int((session - one.date).astype(np.int64))
        found.append(Used(name=one.name, date=one.date, age_days=age, old_after_days=limit))
    return tuple(found)
