"""Heat maps of the pairs of parameters that matter most."""

from itertools import zip_longest

import numpy as np

from backtest.report.exhibits import Exhibit, Figure, Section
from backtest.report.sweep.charts import heat_map
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.labels import spoken
from backtest.report.tables import percent
from backtest.tuning.landscape import Heat, How, heat

SHOWN, CHOSEN = 4, 12
HOWS: dict[str, How] = {"median": "median", "best": "best"}


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
    pairs = telling(frames)
    found = {(x, y): heat(frames.table, x, y, frames.by) for x, y in pairs[:SHOWN]}
    together = frames.pairs.set_index(["x", "y"])
    exhibits = [
        Exhibit(
            key=f"map-{i + 1}",
            title=f"{x} and {y}",
            says=(
                f"Together they explain {percent(float(together.loc[(x, y), 'together']), 0)} of the variance, "
                f"{percent(float(together.loc[(x, y), 'beyond']), 0)} beyond what each does alone."
            ),
            figure=_drawn(frames, one, span_of(list(found.values()))),
            is_half=len(pairs) > 1,
        )
        for i, ((x, y), one) in enumerate(found.items())
    ]
    if len(pairs) > 1:
        exhibits.append(_any_pair(frames, pairs))
    said = (
        f"Each cell is the median {spoken(frames.by)} of all candidates that share the two values, whatever else they "
        "set. A broad field of one colour is a rule that forgives; a lone bright cell is luck until shown otherwise. "
        "The star is the cell of the best candidate, the circle that of the thesis' own settings."
    )
    return Section(
        key="maps", title="Heat maps", exhibits=tuple(exhibits), paragraphs=(said,) if exhibits else ()
    )


def telling(frames: SweepFrames) -> list[tuple[str, str]]:
    """Order pairs of parameters by what they tell.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of tuple of str
        The pair that explains most, the one that explains most beyond its two alone, then the second of each kind, and
        so on: the first kind alone would show one strong parameter over and over.
    """
    by_kind = [
        frames.pairs.sort_values(kind, ascending=False, kind="stable")[["x", "y"]].itertuples(index=False, name=None)
        for kind in ("together", "beyond")
    ]
    order: dict[tuple[str, str], None] = {}
    for ranked in zip_longest(*by_kind):
        order |= dict.fromkeys(one for one in ranked if one is not None)
    return list(order)


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


def _any_pair(frames: SweepFrames, pairs: list[tuple[str, str]]) -> Exhibit:
    choices: list[tuple[str, Figure]] = []
    for x, y in pairs[:CHOSEN]:
        for name, how in HOWS.items():
            found = heat(frames.table, x, y, frames.by, how)
            choices.append((f"{x} and {y}: {name}", _drawn(frames, found, span_of([found]), height=460)))
    some = "" if len(pairs) <= CHOSEN else f" of the {CHOSEN} that tell most"
    return Exhibit(
        key="map-any",
        title="Any pair",
        caption=(
            f"Any pair{some}, by the median or the best candidate of a cell. Here each map has its own scale of colours. "
            "A best rises with the number of candidates in the cell, whatever the rule is worth."
        ),
        figure=choices[0][1],
        choices=tuple(choices),
    )


def _drawn(frames: SweepFrames, found: Heat, span: tuple[float, float], height: int = 380) -> Figure:
    chosen = {"Own settings": frames.own_candidate, "Best": frames.best}
    marks = {
        name: (int(found.x.codes[at]), int(found.y.codes[at])) for name, at in chosen.items() if at is not None
    }
    figure = heat_map(found, frames.by, span, marks)
    figure["layout"]["height"] = height
    return figure
