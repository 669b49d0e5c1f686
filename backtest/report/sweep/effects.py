"""What each parameter does to the measure on its own, and all of them as parallel coordinates."""

import numpy as np

from backtest.report.exhibits import Exhibit, Section
from backtest.report.sweep.charts import effect, parallel
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.labels import label, measured, spoken
from backtest.report.tables import MISSING, Table, number, percent
from backtest.tuning.analysis.axes import MOST_VALUES
from backtest.tuning.analysis.landscape import Marginal, ranking
from backtest.tuning.analysis.measures import better

MOST_CHARTS = 12
N_BEST, N_OTHERS = 200, 800
LEAST, TENTH = 10, 10  # of a small sweep the best tenth are drawn, or the best ten
SEED = 0


def effects(frames: SweepFrames) -> Section:
    """Show the effect of each parameter.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
        Empty where nothing varies.
    """
    table = Exhibit(
        title="How much each parameter matters",
        caption=(
            f"Share of the variance of the {spoken(frames.by)} between candidates that lies between the values of the "
            "parameter (eta squared, the first-order sensitivity index). Together the shares reach 100 % at most in a "
            "full grid; what is missing is how parameters act on each other. Best and worst value by the median over "
            "all else."
        ),
        table=shares(frames),
    )
    span, fine = _span(frames), [name for name, one in frames.marginals.items() if one.axis.is_too_fine]
    drawn = [(name, one) for name, one in frames.marginals.items() if name not in fine]
    charts = tuple(
        Exhibit(
            key=f"effect-{i + 1}",
            title=name,
            says=_says(frames, one),
            figure=effect(one, frames.by, span),
            is_half=True,
        )
        for i, (name, one) in enumerate(drawn[:MOST_CHARTS])
    )
    said = (
        "All other parameters are left as they fall: a line is the median of every candidate with that value, the band "
        "the middle half of them, a diamond the best. All charts have one scale."
    )
    left_out = f"Not drawn, because it takes more than {MOST_VALUES} values that have no order: {', '.join(fine)}."
    made = (table, *charts) if frames.marginals else ()
    paragraphs = ((said,) if charts else ()) + ((left_out,) if fine else ())
    return Section(key="effects", title="Effect of each parameter", exhibits=made, paragraphs=paragraphs)


def shares(frames: SweepFrames) -> Table:
    """List how much each parameter explains.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Table
    """
    rows = []
    for name, one in frames.marginals.items():
        best, worst = _ends(one, better(frames.by))
        middle = one.by_value["median"].to_numpy()
        places = f"{one.axis.n} bins" if one.axis.is_binned else number(one.axis.n)
        ends = (MISSING,) * 4
        if best is not None and worst is not None and _differ(frames, one, best, worst):
            ends = (
                one.axis.labels[best],
                measured(frames.by, middle[best]),
                one.axis.labels[worst],
                measured(frames.by, middle[worst]),
            )
        rows.append((name, places, percent(one.explained), *ends))
    head = ("Parameter", "Values", "Explains", "Best value", "Median there", "Worst value", "Median there")
    return Table(head=head, rows=tuple(rows), align="lrrrrrr")


def _ends(one: Marginal, sense: int) -> tuple[int | None, int | None]:
    middle = sense * one.by_value["median"].to_numpy()
    if not np.isfinite(middle).any():
        return None, None
    return int(np.nanargmax(middle)), int(np.nanargmin(middle))


def _differ(frames: SweepFrames, one: Marginal, best: int, worst: int) -> bool:
    middle = one.by_value["median"].to_numpy()
    return measured(frames.by, middle[best]) != measured(frames.by, middle[worst])


def _says(frames: SweepFrames, one: Marginal) -> str:
    best, worst = _ends(one, better(frames.by))
    if best is None or worst is None or not np.isfinite(one.explained):
        return ""
    where = (
        f"the median is best at {one.axis.labels[best]}"
        if _differ(frames, one, best, worst)
        else "the median is the same throughout"
    )
    return f"Explains {percent(one.explained)} of the variance; {where}."


def _span(frames: SweepFrames) -> tuple[float, float]:
    """Give the ends of the one axis of all effects, with a little room."""
    drawn = [one.by_value[["low", "high", "best"]].to_numpy() for one in frames.marginals.values()]
    values = np.concatenate([one.ravel() for one in drawn]) if drawn else np.zeros(1)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def coordinates(frames: SweepFrames) -> Section:
    """Show candidates as lines across all parameters.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
        Empty where fewer than two parameters vary.
    """
    # The parameter that explains most stands beside the measure.
    names = [str(name) for name in frames.explained.index[::-1]]
    if len(names) < 2:
        return Section(key="coordinates", title="Parallel coordinates")
    top = ranking(frames.table, frames.by, min(N_BEST, max(LEAST, frames.n // TENTH)))
    top = top[np.isfinite(frames.values[top])]
    rest = np.setdiff1d(np.flatnonzero(np.isfinite(frames.values)), top, assume_unique=True)
    others = np.sort(np.random.default_rng(SEED).choice(rest, min(N_OTHERS, len(rest)), replace=False))
    groups = {"Others": others, f"Best {len(top)}": top}
    if frames.own_candidate is not None:
        groups["Own settings"] = np.array([frames.own_candidate])
    groups["Best"] = np.array([frames.best])
    drawn = {name: chosen for name, chosen in groups.items() if len(chosen)}
    span = frames.spread["q0"], frames.spread["q100"]
    exhibit = Exhibit(
        key="coordinates",
        title=f"The best {len(top)} among {number(frames.n)}",
        caption=(
            f"One line a candidate: the best {len(top)} and {number(len(others))} of the others picked at random (seed "
            f"{SEED}). Lines through the same value are set a little apart. Where the best share a value the lines "
            f"bundle; where they fan out the parameter does not matter to them. {label(frames.by)} on the right."
        ),
        says=_bundles(frames, top),
        look="broad",
        figure=parallel([frames.axes[name] for name in names], frames.values, span, frames.by, drawn),
    )
    return Section(key="coordinates", title="Parallel coordinates", exhibits=(exhibit,))


def _bundles(frames: SweepFrames, top: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> str:
    """Name the value that most of the best share."""
    said, most = "", 0.5
    for name, one in frames.marginals.items():
        counts = np.bincount(one.axis.codes[top], minlength=one.axis.n) / max(len(top), 1)
        usual = np.bincount(one.axis.codes, minlength=one.axis.n) / frames.n
        at = int(counts.argmax())
        if counts[at] > most and counts[at] > 1.5 * usual[at]:
            most = float(counts[at])
            among_all = percent(float(usual[at]), 0)
            said = f"{percent(most, 0)} of them have {name} at {one.axis.labels[at]}, {among_all} of all candidates do."
    return said
