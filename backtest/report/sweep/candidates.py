"""The best candidates, and what was varied, what was not, and what did not come out."""

import math

import numpy as np

from backtest.report.exhibits import Exhibit, Section
from backtest.report.sections.settings import listed_settings
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.general_form import general_form
from backtest.report.sweep.labels import label, measured, spoken, typeset
from backtest.report.sweep.origin import origin, outcomes
from backtest.report.tables import MISSING, Table, number
from backtest.report.writing import counted
from backtest.tuning.analysis.axes import written
from backtest.tuning.failures import in_words

MEASURES = ("sharpe", "annual_return", "volatility", "max_drawdown", "calmar", "turnover", "cost_annual")
SHORT_HEADS = {
    "turnover": "Turnover a year", "cost_annual": "Costs a year", "turnover_in_all": "Turnover", "cost_in_all": "Costs",
}  # fmt: skip
MOST_VALUES_NAMED = 8


def best_table(frames: SweepFrames) -> Section:
    """List the best candidates, and the thesis' own settings beneath them.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
    """
    names = list(dict.fromkeys((frames.by, *frames.listed(MEASURES))))
    rows = [
        (
            number(candidate),
            *(typeset(written(value)) for value in frames.settings(candidate).values()),
            *(measured(name, float(frames.table[name].iloc[candidate])) for name in names),
        )
        for candidate in frames.ranked.tolist()
    ]
    rows.append(
        (
            "Own settings",
            *(typeset(written(frames.own_settings.get(name, MISSING))) for name in frames.parameters),
            *(measured(name, frames.own.get(name, math.nan)) for name in names),
        )
    )
    heads = [SHORT_HEADS.get(name, label(name)) for name in names]
    table = Table(
        head=("Candidate", *(name.replace(".", ". ") for name in frames.parameters), *heads),
        rows=tuple(rows),
        align="l" + "r" * (len(frames.parameters) + len(names)),
        strong=(len(rows) - 1,),
    )
    is_rounded = any(one.is_binned for one in frames.axes.values())
    rounded = " Settings that were drawn are rounded here; the table of the sweep has them whole." if is_rounded else ""
    exhibit = Exhibit(
        title=f"The best {len(frames.ranked)} by {spoken(frames.by)}",
        caption=(
            "Equals stand by number; numbers count from 0 in the order of the grid. What is fixed is not shown."
            + rounded
        ),
        says=_alike(frames),
        table=table,
        look="tall" if len(rows) > 21 else "",
    )
    return Section(key="best", title="The best candidates", exhibits=(exhibit,))


def _alike(frames: SweepFrames) -> str:
    values = frames.values[frames.ranked]
    same = int((values == values[0]).sum())
    if same > 1:
        return f"{counted(same, 'candidate')} share the highest value: what differs between them never mattered."
    return ""


def notes(frames: SweepFrames) -> Section:
    """Say what was varied, what was fixed, and what did not come out.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
    """
    exhibits = (
        Exhibit(title="Varied", table=varied(frames), look="prose", is_half=True),
        Exhibit(
            title="Fixed",
            caption="What no candidate changes. Settings of the run that are not listed are the default.",
            table=fixed(frames),
            look="prose",
            is_half=True,
        ),
    )
    return Section(key="notes", title="What was varied, and notes", exhibits=exhibits, paragraphs=told(frames))


def varied(frames: SweepFrames) -> Table:
    """List the parameters of the grid.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Table
        Those with one value included.
    """
    rows = []
    for name in frames.found.space.names:
        if name in frames.marginals:
            along = frames.marginals[name].axis
            first, last = along.labels[0], along.labels[-1]
            if along.is_binned:
                text = f"{first.split(' to ')[0]} to {last.split(' to ')[-1]}"
            elif along.n <= MOST_VALUES_NAMED or not along.is_ordered:
                text = "; ".join(along.labels)
            else:
                text = f"{first} to {last}, {along.n} values"
        else:
            text = typeset(written(frames.table[name].iloc[0])) + " (one value)"
        rows.append((name, text, typeset(written(frames.own_settings.get(name, MISSING)))))
    return Table(head=("Parameter", "Values", "Own setting"), rows=tuple(rows), align="lll")


def fixed(frames: SweepFrames) -> Table:
    """List the settings that no candidate changes.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Table
    """
    thesis = frames.found.thesis.model_dump(exclude={"name", "title"})
    rows = tuple(row for row in listed_settings(thesis) if row[0] not in frames.found.space.names)
    return Table(head=("Setting", ""), rows=rows, align="ll")


def told(frames: SweepFrames) -> tuple[str, ...]:
    """Say what did not come out, and how the candidates were simulated.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    tuple of str
    """
    table, said = frames.table, [origin(frames.found.space)]
    if frames.n_outcomes < frames.n_run:
        said.append(outcomes(frames.n_run, frames.n_outcomes, frames.n))
    if frames.n_run < frames.n:
        said.append(in_words(table, frames.found.failures(1)))
    missing = frames.n - int(np.isfinite(frames.values).sum())
    if missing:
        verb = "has" if missing == 1 else "have"
        said.append(
            f"{counted(missing, 'candidate')} {verb} no {spoken(frames.by)}; every figure here leaves them out."
        )
    else:
        said.append(f"Every candidate has a {spoken(frames.by)}.")
    if "n_trades" in table:
        idle = int((table["n_trades"].to_numpy() == 0).sum())
        if idle:
            said.append(f"{counted(idle, 'candidate')} never traded: NAV stayed in cash.")
    return (*said, *general_form(frames))
