"""What a sweep says first: its headline in words, and the figures beside it."""

import math

import numpy as np

from backtest.report.exhibits import Section
from backtest.report.sections.headline import Card
from backtest.report.sweep.cautions import annualised, cautions
from backtest.report.sweep.edges import at_the_edge
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.labels import measured, spoken
from backtest.report.sweep.origin import outcomes
from backtest.report.sweep.ranks import ranked_as
from backtest.report.tables import MISSING, number, percent
from backtest.report.writing import counted, listed

# Bounds of ours for words, no test: what a step keeps of the best's height over the median candidate.
PLATEAU, SPIKE = 2 / 3, 1 / 3
MATTERS, IDLE = 0.05, 0.01  # shares of variance
ENOUGH = 20  # candidates, to speak of one in twenty


def headline(frames: SweepFrames) -> Section:
    """Say what the sweep says.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
    """
    content = {"sentences": sentences(frames), "cards": cards(frames), "n_findings": 0}
    return Section(key="verdict", title="Verdict", content=content, has_template=True)


def sentences(frames: SweepFrames) -> list[str]:
    """Put a sweep into words.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of str
        The best and the middle of how many; where the thesis' own settings lie; which parameter matters; plateau or
        spike; timing luck; and that the best of many is flattered.
    """
    market = frames.found.market
    made_up = "On made-up prices, " if market.synthetic else ""
    tried, n_outcomes = counted(frames.n, "candidate"), frames.n_outcomes
    if not len(frames.ranked):
        return [
            f"{made_up}{tried} of {frames.found.thesis.name}: none has a {spoken(frames.by)}, so nothing is ranked."
        ]
    spread = frames.spread
    of_all = (
        f"; nine in ten lie between {measured(frames.by, spread['q5'])} and {measured(frames.by, spread['q95'])}"
        if spread["measured"] >= ENOUGH
        else ""
    )
    first = (
        f"{made_up}{tried} of {frames.found.thesis.name} on {market.name}: the best has a {spoken(frames.by)} of "
        f"{measured(frames.by, spread_best(frames))}, the median {measured(frames.by, spread['q50'])}{of_all}."
    )
    if frames.n < 2:
        return [first, *_short(frames), *timing(frames)]
    different = f" ({counted(n_outcomes, 'different outcome')})" if n_outcomes < frames.n_run else ""
    flattered = (
        f"The best of {number(frames.n_run)}{different} is flattered: it was picked for its luck as well as for its "
        "rule. No test of luck is made here yet; until one is, the median and the neighbourhood say more than the "
        "best does."
    )
    return [
        first,
        *_failed(frames),
        *([outcomes(frames.n_run, n_outcomes, frames.n)] if n_outcomes < frames.n_run else []),
        *cautions(frames.parameters),
        *_own(frames),
        *_short(frames),
        *_matters(frames),
        standing(frames),
        *at_the_edge(frames),
        *timing(frames),
        *([flattered] if n_outcomes > 1 else []),
    ]


def _failed(frames: SweepFrames) -> list[str]:
    """Say how many candidates have no result."""
    n = frames.n - frames.n_run
    if not n:
        return []
    have = "has" if n == 1 else "have"
    said = (
        f"{number(n)} of {counted(frames.n, 'candidate')} {have} no result, for an optimiser found no portfolio at "
        "some decision (see the notes); every figure here leaves them out."
    )
    return [said]


def spread_best(frames: SweepFrames) -> float:
    """Give the measure of the best candidate; NaN where none has it."""
    return float(frames.values[frames.best]) if len(frames.ranked) else math.nan


def _own(frames: SweepFrames) -> list[str]:
    value, is_candidate = frames.spread["own"], frames.own_candidate is not None
    if not math.isfinite(value):
        return [f"The thesis' own settings have no {spoken(frames.by)}."]
    where = "" if is_candidate else " They are not among the candidates and were run beside them."
    said = f"The thesis' own settings have {measured(frames.by, value)}"
    return [f"{said}: {ranked_as(frames.spread, is_candidate=is_candidate)}.{where}"]


def _short(frames: SweepFrames) -> list[str]:
    if not frames.is_short:
        return []
    return [annualised(frames.by, frames.years)]


def _matters(frames: SweepFrames) -> list[str]:
    shares = frames.explained.dropna()
    if not len(shares):
        return []
    what = f"of the variance of the {spoken(frames.by)} between candidates"
    large = [f"{name} {percent(share, 0)}" for name, share in shares[shares >= MATTERS].head(3).items()]
    if not large:
        return [f"No parameter alone explains more than {percent(MATTERS, 0)} {what}."]
    said = f"Alone, {large[0].replace(' ', ' explains ', 1)} {what}"
    said += f", {listed(large[1:])}" if len(large) > 1 else ""
    idle = [str(name) for name in shares.index[shares < IDLE]]
    if idle and len(shares) > 1:
        said += f"; {listed(idle)} next to nothing"
    overlap = shares.sum() > 1.0 + MATTERS and frames.n_run < frames.n
    return [f"{said}." + (" They overlap, for combinations without a result are missing." if overlap else "")]


def standing(frames: SweepFrames) -> str:
    """Say whether the best stands on a plateau or is a spike.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    str
    """
    around = frames.around
    if not len(around.around) or not math.isfinite(around.median):
        return "The best has no neighbour to compare it with."
    if around.is_coarse:
        return (
            f"Plateau or spike cannot be told: {number(len(around.around))} of the {number(frames.n - 1)} other "
            "candidates count as neighbours of the best, so the grid is too coarse."
        )
    n = number(len(around.around))
    is_one = len(around.around) == 1
    place = "nearest to it" if around.is_near else "within one step of it"
    who = f"the candidate {place} has" if is_one else f"the {n} candidates {place} have"
    has = (
        f"{who} a median {spoken(frames.by)} of {measured(frames.by, around.median)} against its "
        f"{measured(frames.by, around.value)}"
    )
    worst = f"the worst of them has {measured(frames.by, around.worst)}"
    if not math.isfinite(around.kept):
        return f"Around the best: {has}; {worst}."
    height = (
        f"which keeps {percent(around.kept, 0)} of its height over the median candidate"
        if around.kept > 0
        else "which is no better than the median candidate"
    )
    return f"The best {shape(around.kept)}: {has}, {height}; {worst}."


def shape(kept: float) -> str:
    """Put into a word what a step keeps.

    Parameters
    ----------
    kept : float
        Of the height of the best over the median candidate.

    Returns
    -------
    str

    Examples
    --------
    >>> shape(0.9), shape(0.5), shape(-0.1)
    ('stands on a plateau', 'stands on a slope', 'is a spike')
    """
    if kept >= PLATEAU:
        return "stands on a plateau"
    return "is a spike" if kept <= SPIKE else "stands on a slope"


def timing(frames: SweepFrames) -> list[str]:
    """Say how far the offsets of the best lie apart.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    list of str
        One sentence; none where there is one offset only.
    """
    offsets = frames.offsets
    if len(offsets) < 2:
        return []
    returned, span = offsets[frames.returned].to_numpy(dtype=np.float64), "in all" if frames.is_short else "a year"
    n = int(np.isfinite(returned).sum())
    if n < 2:
        return []
    mine = frames.own_offset
    rank = ""
    if mine is not None:
        place = int(np.count_nonzero(returned > returned[mine])) + 1
        rank = f" Its own is the {ordinal(place, n)} of them."
    lowest, highest = percent(float(np.nanmin(returned))), percent(float(np.nanmax(returned)))
    deviation = number(100 * float(np.nanstd(returned, ddof=1)), 1)
    said = (
        f"Deciding on another day, and nothing else changed, the best returns {lowest} to {highest} {span} over its "
        f"{counted(n, 'offset')}, {deviation} points of standard deviation: timing luck.{rank}"
    )
    none = len(offsets) - n
    return [said + (f" On {counted(none, 'other offset')} it has no result." if none else "")]


def ordinal(place: int, n: int) -> str:
    """Write a place among few, counted from the best.

    Parameters
    ----------
    place, n : int

    Returns
    -------
    str

    Examples
    --------
    >>> ordinal(1, 5), ordinal(2, 5), ordinal(4, 5), ordinal(5, 5), ordinal(22, 23), ordinal(12, 23)
    ('best', 'second best', '4th best', 'worst', '22nd best', '12th best')
    """
    if place in {1, n}:
        return "best" if place == 1 else "worst"
    ending = "th" if place % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{ {2: 'second', 3: 'third'}.get(place, f'{place}{ending}') } best"


def cards(frames: SweepFrames) -> tuple[Card, ...]:
    """Give the headline figures.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    tuple of Card
    """
    if not len(frames.ranked):
        return ()
    spread, by, around = frames.spread, frames.by, frames.around
    kept = percent(around.kept, 0) if math.isfinite(around.kept) and not around.is_coarse else MISSING
    top = frames.explained.dropna()
    made = [
        Card(
            label="Candidates",
            value=number(frames.n),
            note=f"{counted(len(frames.parameters), 'parameter')} varied"
            + (f"; {number(frames.n - frames.n_run)} without a result" if frames.n_run < frames.n else "")
            + (f"; {counted(frames.n_outcomes, 'different outcome')}" if frames.n_outcomes < frames.n_run else ""),
        ),
        Card(
            label=f"Best {spoken(by)}",
            value=measured(by, spread_best(frames)),
            note=f"candidate {number(frames.best)}"
            + ("; flattered, being the best of all" if frames.n_outcomes > 1 else ""),
        ),
        Card(
            label=f"Median {spoken(by)}",
            value=measured(by, spread["q50"]),
            note=f"half of all lie from {measured(by, spread['q25'])} to {measured(by, spread['q75'])}",
        ),
        Card(
            label="The thesis' own settings",
            value=measured(by, spread["own"]),
            note=ranked_as(spread, is_candidate=frames.own_candidate is not None),
        ),
        Card(
            label="Kept by the nearest to the best" if around.is_near else "Kept one step from the best",
            value=kept,
            note="of its height over the median candidate",
        ),
    ]
    if len(top):
        made.append(
            Card(
                label="Explained by one parameter",
                value=percent(float(top.iloc[0]), 0),
                note=f"of the variance: {top.index[0]}",
            )
        )
    return tuple(made)
