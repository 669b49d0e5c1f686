"""How the measures are spread over all candidates."""

import math

from backtest.report.exhibits import Exhibit, Section
from backtest.report.sweep.charts import histogram
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import spread_best
from backtest.report.sweep.labels import label, measured, spoken
from backtest.report.sweep.ranks import short_rank
from backtest.report.tables import Table, number, percent
from backtest.report.writing import counted
from backtest.tuning.analysis.landscape import spread
from backtest.tuning.analysis.measures import better

LISTED = ("annual_return", "volatility", "sharpe", "max_drawdown", "calmar", "turnover", "cost_annual")


def distribution(frames: SweepFrames) -> Section:
    """Show all candidates at once.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
    """
    by, all_of = frames.by, frames.spread
    marks = {"Median": all_of["q50"], "Own settings": all_of["own"], "Best": spread_best(frames)}
    above = int((frames.values > 0).sum())
    says = f"{counted(above, 'candidate')} of {number(all_of['measured'])} ({percent(above / all_of['measured'], 0)}) "
    says += f"{'has' if above == 1 else 'have'} a {spoken(by)} above zero."
    missing = frames.n - int(all_of["measured"])
    left_out = f" {counted(missing, 'candidate')} without one left out." if missing else ""
    exhibits = (
        Exhibit(
            key="distribution",
            title=f"{label(by)} of all candidates",
            says=says,
            caption=f"Counted in 60 bins of equal width.{left_out}",
            figure=histogram(frames.values, by, marks),
        ),
        Exhibit(
            title="Measures over all candidates",
            caption=(
                f"Each line sorts the candidates anew; the last column is one candidate, the best by {spoken(by)}. "
                "Rank: of the thesis' own settings, with = the first of equals; of volatility, turnover and costs less "
                "is better."
                f"{_tied(frames)}"
            ),
            table=quantiles(frames),
        ),
    )
    return Section(key="distribution", title="All candidates", exhibits=exhibits)


def _tied(frames: SweepFrames) -> str:
    """Say why quantiles coincide, where candidates share outcomes."""
    if frames.n_outcomes == frames.n_run:
        return ""
    return (
        f" Quantiles may coincide: {counted(frames.n_run, 'candidate')} have "
        f"{counted(frames.n_outcomes, 'different outcome')}, and those with the same one stand side by side."
    )


def quantiles(frames: SweepFrames) -> Table:
    """List quantiles of the main measures.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Table
    """
    names = dict.fromkeys((frames.by, *frames.listed(LISTED)))
    rows = []
    for name in names:
        found = spread(frames.table, name, frames.own.get(name, math.nan))
        cuts = [found[f"q{cut}"] for cut in (0, 5, 25, 50, 75, 95, 100)]
        best = float(frames.table[name].iloc[frames.best])
        sense = "" if better(name) > 0 else " (less is better)"
        rows.append(
            (
                label(name) + sense,
                *(measured(name, cut) for cut in cuts),
                measured(name, found["own"]),
                short_rank(found, is_candidate=frames.own_candidate is not None),
                measured(name, best),
            )
        )
    head = (
        "Measure",
        "Lowest",
        "5 %",
        "25 %",
        "Median",
        "75 %",
        "95 %",
        "Highest",
        "Own settings",
        "Rank of own",
        "Best",
    )
    return Table(head=head, rows=tuple(rows), align="l" + "r" * (len(head) - 1))
