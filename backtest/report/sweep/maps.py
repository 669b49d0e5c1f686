"""Heat maps of the pairs of parameters that matter most."""

import math
from dataclasses import dataclass

import numpy as np

from backtest.report.exhibits import Exhibit, Figure, Section
from backtest.report.sweep.charts import heat_map
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.labels import spoken
from backtest.report.tables import percent
from backtest.tuning.analysis.landscape import Heat, How, heat

SHOWN, CHOSEN = 4, 12
HOWS: tuple[How, ...] = ("median", "best")
TELLS = 0.01  # of the variance, that the second parameter of a pair adds to the first


def maps(frames: SweepFrames) -> Section:
    """Show the measure over pairs of parameters.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
        Empty where fewer than two parameters vary.
    """
    pairs = ordered_pairs(frames)
    if not pairs:
        return Section(key="maps", title="Heat maps")
    said = (
        f"Each cell is the median {spoken(frames.by)} of all candidates that share the two values, whatever else they "
        "set. A broad field of one colour is a rule that forgives; a lone bright cell is luck until shown otherwise. "
        "The orange frame is the cell of the best candidate, the light blue one that of the thesis' own settings, "
        "where the sweep has one."
    )
    telling = [pair for pair in pairs if pair.adds >= TELLS][:SHOWN]
    # One alone would be drawn twice: the choice below begins with it.
    found = [_map(frames, pair) for pair in telling] if len(telling) > 1 else []
    exhibits = [
        Exhibit(
            key=f"map-{i + 1}",
            title=f"{pair.x} and {pair.y}",
            says=_says(pair),
            figure=_drawn(frames, one, span_of(found), is_half=True),
            is_half=True,
        )
        for i, (pair, one) in enumerate(zip(telling, found, strict=False))
    ]
    return Section(key="maps", title="Heat maps", exhibits=(*exhibits, _any_pair(frames, pairs)), paragraphs=(said,))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parameters, and the shares of variance they explain; see `analysis.sensitivity.interactions`."""

    x: str
    y: str
    together: float
    adds: float
    beyond: float


def ordered_pairs(frames: SweepFrames) -> list[Pair]:
    """Order pairs of parameters by what they tell.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of Pair
        By what the second parameter adds to the first: by what both explain, one strong parameter would be shown over
        and over beside others that do nothing.
    """
    pairs = [Pair(*row) for row in frames.pairs[["x", "y", "together", "adds", "beyond"]].itertuples(index=False)]
    return sorted((pair for pair in pairs if math.isfinite(pair.adds)), key=lambda pair: -pair.adds)


def _says(pair: Pair) -> str:
    together, beyond = percent(pair.together, 0), percent(max(pair.beyond, 0.0), 0)
    return f"Together they explain {together} of the variance, {beyond} beyond what each does alone."


def span_of(found: list[Heat]) -> tuple[float, float]:
    """Give the ends of one scale of colours for several maps.

    Parameters
    ----------
    found : list of Heat

    Returns
    -------
    tuple of float
        Lowest and highest cell; (0, 1) where no cell has a value.
    """
    cells = np.concatenate([one.values.ravel() for one in found])
    cells = cells[np.isfinite(cells)]
    return (float(cells.min()), float(cells.max())) if len(cells) else (0.0, 1.0)


def _any_pair(frames: SweepFrames, pairs: list[Pair]) -> Exhibit:
    choices: list[tuple[str, Figure]] = []
    for pair in pairs[:CHOSEN]:
        for how in HOWS:
            found = _map(frames, pair, how)
            choices.append((f"{pair.x} and {pair.y}: {how}", _drawn(frames, found, span_of([found]))))
    which = "Any pair" if len(pairs) <= CHOSEN else f"Any of the {CHOSEN} pairs that tell most"
    return Exhibit(
        key="map-any",
        title=which if len(pairs) > 1 else f"{pairs[0].x} and {pairs[0].y}",
        says=_says(pairs[0]) if len(pairs) == 1 else "",
        caption=(
            f"{which}, by the median or the best candidate of a cell, each map with its own scale of colours. A "
            "best rises with the number of candidates in the cell, whatever the rule is worth."
        ),
        figure=choices[0][1],
        choices=tuple(choices),
    )


def _map(frames: SweepFrames, pair: Pair, how: How = "median") -> Heat:
    x, y = (frames.axes_of_pairs[name] for name in (pair.x, pair.y))
    return heat(frames.table, x, y, frames.by, how, ordered=frames.ordered)


def _drawn(frames: SweepFrames, found: Heat, span: tuple[float, float], *, is_half: bool = False) -> Figure:
    x, y = frames.own_place(found.x), frames.own_place(found.y)
    marks = {} if x is None or y is None else {"Own settings": (x, y)}
    marks["Best"] = (int(found.x.codes[frames.best]), int(found.y.codes[frames.best]))
    return heat_map(found, frames.by, span, marks, is_half=is_half)
