"""A small chart of a score among its thresholds: places on a grid, drawn as SVG by the page's template."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strategies.evidence.observation import Observation

WIDTH, HEIGHT, EDGE = 300.0, 84.0, 5.0  # of the grid, and what is left free above and below


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """Places of a line on a grid of `WIDTH` by `HEIGHT`, from its upper left corner.

    Attributes
    ----------
    path : str
        Of the score, in SVG's own words; a gap where there is no score.
    spells : tuple of (float, float)
        Left end and width of each time for which it had fired.
    enter, exit : float
        Heights of the thresholds.
    last : (float, float) or None
        Of the last score; None where the last session has none.
    marks : tuple of float
        Places of dates to be marked.
    """

    path: str
    spells: tuple[tuple[float, float], ...]
    enter: float
    exit: float
    last: tuple[float, float] | None
    marks: tuple[float, ...]


def sparkline(one: Observation, marked: tuple[np.datetime64, ...] = ()) -> Sparkline | None:
    """Lay out the scores of an observation.

    Parameters
    ----------
    one : Observation
    marked : tuple of datetime64[D]
        Sessions to be marked; those outside its history are not.

    Returns
    -------
    Sparkline or None
        None where the history has no score: there is nothing to draw.
    """
    is_known = ~np.isnan(one.scores)
    if not is_known.any():
        return None
    shown = np.concatenate([one.scores[is_known], [one.enter, one.exit]])
    low, span = shown.min(), max(float(np.ptp(shown)), 1e-12)
    across = np.linspace(0.0, WIDTH, len(one.scores)) if len(one.scores) > 1 else np.array([WIDTH])

    def height(score: float) -> float:
        return round(float(EDGE + (HEIGHT - 2 * EDGE) * (1.0 - (score - low) / span)), 1)

    words, is_drawing = list[str](), False
    for x, score in zip(across, one.scores, strict=True):
        if not np.isnan(score):
            # A score between two gaps is a line of no length, which round ends make a point.
            words.append(f"{'L' if is_drawing else 'M'}{x:.1f} {height(score)}{'' if is_drawing else 'h0'}")
        is_drawing = not np.isnan(score)
    return Sparkline(
        path="".join(words),
        spells=_spells(one.fired == 1.0, across),
        enter=height(one.enter),
        exit=height(one.exit),
        last=(round(float(across[-1]), 1), height(one.scores[-1])) if is_known[-1] else None,
        marks=tuple(round(float(across[i]), 1) for day in marked for i in np.flatnonzero(one.dates == day)),
    )


def _spells(is_on: NDArray[np.bool_], across: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    """Give the left end and the width of each run of sessions that are on, half a session wider on both sides."""
    half = float(across[1] - across[0]) / 2 if len(across) > 1 else WIDTH / 2
    edges = np.diff(np.concatenate([[0], is_on.astype(np.int8), [0]]))
    found = []
    for first, after in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        left, right = max(across[first] - half, 0.0), min(across[after - 1] + half, WIDTH)
        found.append((round(float(left), 1), round(float(right - left), 1)))
    return tuple(found)
