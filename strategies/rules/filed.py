"""Weights within a basket as others filed them: the 13F follower (claim 11 of the market story)."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData
from strategies.filings import MAX_AGE_DAYS, filers_of, refuse_unknown_filers
from strategies.membership import Membership


def filed_weights(
    market: MarketData,
    members: Membership,
    stamps: NDArray[np.int64],
    min_members: int,
    *,
    filers: tuple[str, ...] = (),
    by: Literal["filer", "value"] = "filer",
    max_age_days: int = MAX_AGE_DAYS,
) -> NDArray[np.float64]:
    """Weigh the eligible members of a basket as they were filed.

    Parameters
    ----------
    market : MarketData
    members : Membership
    stamps : ndarray of shape (n_stamps,), int64
    min_members : int
        With fewer names that are held by a filer the basket is held in cash.
    filers : tuple of str
        As the filings name them; (): all of the file.
    by : {"filer", "value"}
        "filer": every filer that holds any of the members counts as one, with its own weights within the basket;
        "value": every dollar counts as one, so that large filers decide.
    max_age_days : int
        A filing is followed until so many days after the end of its quarter.

    Returns
    -------
    ndarray of shape (n_stamps, n_names)
        Rows add up to 1, or are 0 where the basket is in cash: before anything is known, and once it is too old.

    Raises
    ------
    StrategyError
        If the market has no filings, or none of a filer.

    Notes
    -----
    Values are those at the end of the quarter; what prices did since is not in them. Puts and calls do not count. What
    a filer holds besides the members does not matter.
    """
    refuse_unknown_filers(market, filers, "allocation.filers" if filers else "allocation.kind = 'filed'")
    raw = np.zeros(members.eligible.shape)
    for one in filers_of(market, members.symbols, stamps, filers, max_age_days):
        held = np.where(members.eligible, one.values, 0.0)
        raw += held if by == "value" else _normalised(held)
    raw[(raw > 0).sum(axis=1) < max(min_members, 1)] = 0.0
    return _normalised(raw)


def _normalised(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    total = raw.sum(axis=1, keepdims=True)
    weights: NDArray[np.float64] = np.divide(raw, total, out=np.zeros_like(raw), where=total > 0)
    return weights
