"""Checks of data that were made of other data: rows and days copied, closes drawn with a ruler, volume that lacks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.checks.finding import Case, Finding
from data.checks.panel import Mask, Panel
from data.gaps import carried_forward

FEWEST_NAMES = 3
COPIED = 0.9  # of a venue's names
STRAIGHT_SESSIONS = 8
STRAIGHT_TOLERANCE, LEAST_SLOPE = 1e-4, 5e-4  # of the price a session; money-market funds climb by less
WITHOUT_VOLUME = 20


def check_copies(panel: Panel) -> Iterator[Finding]:
    """Find rows that repeat the one before in every field, and sessions on which a whole venue does.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D327: close and volume, with volume above zero, and whatever else is known, are those of the session before: of
        nine names in ten of a venue on one session, or of one name three times running.
    """
    market = panel.market
    same = (panel.moves == 0) & (market.volume > 0)
    rows, columns_of = np.nonzero(same)
    prior = _prior_rows(panel, rows, columns_of)
    for field in ("open", "high", "low", "volume"):
        values = getattr(market, field)
        now, then = values[rows, columns_of], values[prior, columns_of]
        same[rows, columns_of] &= (now == then) | (np.isnan(now) & np.isnan(then))
    cases: dict[int, list[str]] = {}
    for code, columns in panel.venues.items():
        n_traded = (panel.priced[:, columns] & (market.volume[:, columns] > 0)).sum(axis=1)
        whole = (n_traded >= FEWEST_NAMES) & (same[:, columns].sum(axis=1) >= COPIED * n_traded)
        if whole.any():
            files = ", ".join(sorted({panel.files[column] for column in columns}))
            yield Finding(
                "D327",
                f"{files}: a venue's rows are those of the session before",
                cases=tuple(Case(code, f"on {panel.day(row)}") for row in np.flatnonzero(whole).tolist()),
                do="A day copied is no trading: leave it out.",
            )
        same[np.ix_(np.flatnonzero(whole), columns)] = False
    for column, first, last, n in _runs(panel, same, 3):
        cases.setdefault(column, []).append(f"from {panel.day(first)} to {panel.day(last)} ({n} rows)")
    yield from panel.by_file(
        "D327",
        "rows repeat the one before in every field",
        cases,
        "Rows copied are no trading: leave them out.",
        most=3,
    )


def _prior_rows(panel: Panel, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give the row of the close before each of some closes."""
    prior = np.empty(len(rows), dtype=np.intp)
    for column in np.unique(columns).tolist():
        priced, mine = np.flatnonzero(panel.priced[:, column]), columns == column
        prior[mine] = priced[np.searchsorted(priced, rows[mine]) - 1]
    return prior


def check_straight(panel: Panel) -> Iterator[Finding]:
    """Find closes on a straight line.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D328: eight closes or more, each as far from the next as the last from it, to a ten-thousandth of the price.
    """
    steps = np.exp(panel.moves) - 1.0
    before = np.vstack([np.full((1, steps.shape[1]), np.nan), carried_forward(steps)[:-1]])
    straight = (np.abs(steps - before) < STRAIGHT_TOLERANCE) & (np.abs(steps) > LEAST_SLOPE)
    cases: dict[int, list[str]] = {}
    for column, first, last, n in _runs(panel, straight, STRAIGHT_SESSIONS - 2):
        cases.setdefault(column, []).append(f"to {panel.day(last)} ({n + 2} closes, from about {panel.day(first)})")
    yield from panel.by_file(
        "D328",
        "closes lie on a straight line, as if they had been interpolated",
        cases,
        "What was interpolated knows its end before it comes: leave it out.",
        most=3,
    )


def check_volume_gaps(panel: Panel) -> Iterator[Finding]:
    """Find stretches without volume in which the price moves.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D329: volume is zero on twenty sessions running, and the close moves on each second of them or more.
    """
    silent = panel.priced & (panel.market.volume == 0)
    cases: dict[int, list[str]] = {}
    for column, first, last, n in _runs(panel, silent, WITHOUT_VOLUME):
        moves = panel.moves[first : last + 1, column]
        if (moves[~np.isnan(moves)] != 0).sum() * 2 >= n:
            cases.setdefault(column, []).append(f"from {panel.day(first)} to {panel.day(last)} ({n} sessions)")
    yield from panel.by_file(
        "D329", "volume is zero while the close moves", cases, "Volume that is not known is empty, not zero.", most=3
    )


def _runs(panel: Panel, mask: Mask, least: int) -> Iterator[tuple[int, int, int, int]]:
    """Go through runs of True over a name's own closes: column, first and last row, length."""
    for column in np.flatnonzero(mask.sum(axis=0) >= least).tolist():
        rows = np.flatnonzero(panel.priced[:, column])
        at = np.flatnonzero(mask[rows, column])
        for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
            if len(run) >= least:
                yield column, int(rows[run[0]]), int(rows[run[-1]]), len(run)
