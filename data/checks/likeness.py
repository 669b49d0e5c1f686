"""Checks of names against each other: dates shifted by a session, one history under two symbols."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.checks.finding import Finding
from data.checks.panel import Panel
from data.gaps import Matrix

FEWEST_NAMES = 3  # besides the name itself, that make its venue's day
FEWEST_SESSIONS = 250
SHIFTED, SAME_DAY = 0.35, 0.15  # correlation with the venue's day before or after at least, with its own day at most
FEWEST_CLOSES = 60  # that two names have in common by no chance


def check_shifted(panel: Panel) -> Iterator[Finding]:
    """Find names whose days go with their venue's day before or after, not with its own.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D324: over a year of sessions or more, a name's moves correlate by 0.35 or more with the mean move of its
        venue's other names one session earlier or later, and by 0.15 or less on the same session.
    """
    cases: dict[int, list[str]] = {}
    for code, columns in panel.venues.items():
        if len(columns) <= FEWEST_NAMES:
            continue
        moves = np.clip(panel.moves[np.ix_(np.flatnonzero(panel.held[code]), columns)], -0.2, 0.2)
        known = ~np.isnan(moves)
        filled = np.where(known, moves, 0.0)
        n_others = known.sum(axis=1, keepdims=True) - known
        others = np.divide(
            filled.sum(axis=1, keepdims=True) - filled,
            n_others,
            out=np.full(moves.shape, np.nan),
            where=n_others >= FEWEST_NAMES,
        )
        same = _correlation(moves, others)
        # A name that is dated a session early shows what its venue does on the next one.
        for shift, word in ((1, "early"), (-1, "late")):
            ahead = _correlation(moves[:-1], others[1:]) if shift > 0 else _correlation(moves[1:], others[:-1])
            with np.errstate(invalid="ignore"):
                shifted = np.flatnonzero((ahead >= SHIFTED) & (same <= SAME_DAY))
            for place in shifted.tolist():
                said = f"a session {word} (correlation {ahead[place]:.2f}, with its own day {same[place]:.2f})"
                cases[int(columns[place])] = [said]
    yield from panel.by_file(
        "D324",
        "names move as their venue does a session before or after, as if their dates were shifted",
        cases,
        "Dates are the venue's local trading dates.",
    )


def check_twins(panel: Panel) -> Iterator[Finding]:
    """Find names with the same closes throughout.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D325.
    """
    close = panel.market.close
    seen: dict[bytes, int] = {}
    cases: dict[int, list[str]] = {}
    for column in np.flatnonzero(panel.priced.sum(axis=0) >= FEWEST_CLOSES).tolist():
        if np.nanmin(close[:, column]) == np.nanmax(close[:, column]):
            continue
        first = seen.setdefault(np.ascontiguousarray(close[:, column]).tobytes(), column)
        if first != column:
            cases[column] = [f"as {panel.market.symbols[first]}"]
    yield from panel.by_file(
        "D325", "names have the closes of another", cases, "One of the two is not what its symbol says."
    )


def _correlation(a: Matrix, b: Matrix) -> NDArray[np.float64]:
    """Correlate columns where both are known; NaN below a year of sessions."""
    both = ~np.isnan(a) & ~np.isnan(b)
    n = both.sum(axis=0)
    x, y = np.where(both, a, 0.0), np.where(both, b, 0.0)
    count = np.maximum(n, 1)
    mean_x, mean_y = x.sum(axis=0) / count, y.sum(axis=0) / count
    cross = (x * y).sum(axis=0) / count - mean_x * mean_y
    size = np.sqrt(((x * x).sum(axis=0) / count - mean_x**2) * ((y * y).sum(axis=0) / count - mean_y**2))
    enough = (n >= FEWEST_SESSIONS) & (size > 0)
    found: NDArray[np.float64] = np.divide(cross, size, out=np.full(len(n), np.nan), where=enough)
    return found
