"""How much of the best is the day on which it happens to decide."""

import numpy as np

from backtest.report.exhibits import Exhibit, Section
from backtest.report.sweep.charts import bars
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.headline import timing
from backtest.report.sweep.labels import label, measured
from backtest.report.tables import Table

MEASURES = (
    "total_return", "annual_return", "volatility", "sharpe", "max_drawdown", "calmar", "turnover", "cost_annual",
)  # fmt: skip


def offsets(frames: SweepFrames) -> Section:
    """Show the best on every offset of its schedule.

    Parameters
    ----------
    frames : SweepFrames

    Returns
    -------
    Section
        Empty where there is one offset only.
    """
    table, said = frames.offsets, timing(frames)
    if not said:
        return Section(key="timing", title="Timing luck")
    names = [name for name in frames.listed(MEASURES) if name in table]
    columns = {name: table[name].to_numpy(dtype=np.float64) for name in names}
    labels = [str(one) for one in table["offset"].tolist()]
    rows = [(at, *(measured(name, columns[name][i]) for name in names)) for i, at in enumerate(labels)]
    rows += [
        ("Mean", *(measured(name, float(np.nanmean(columns[name]))) for name in names)),
        ("Standard deviation", *(measured(name, float(np.nanstd(columns[name], ddof=1))) for name in names)),
    ]
    own = frames.own_offset
    every = frames.of_schedule("every")
    meaning = (
        f"sessions before the last of the {every}"
        if isinstance(every, str)
        else f"sessions after the first, with one decision in {every}"
    )
    exhibits = (
        Exhibit(
            key="timing",
            title="The best on every offset",
            caption=f"Offset: {meaning}. The bar in orange is the best's own.",
            figure=bars(labels, columns[frames.returned], frames.returned, own, "Offset"),
        ),
        Exhibit(
            title="Measures by offset",
            caption=(
                "The standard deviation of returns between offsets is the rebalance timing luck of Hoffstein, Sibears "
                "and Faber (Journal of Index Investing, 2019): beforehand no offset can be expected to do better than "
                "another, and holding all of them in equal parts does away with most of it."
            ),
            table=Table(
                head=("Offset", *(label(name) for name in names)),
                rows=tuple(rows),
                align="l" + "r" * len(names),
                strong=() if own is None else (own,),
            ),
        ),
    )
    return Section(key="timing", title="Timing luck", exhibits=exhibits, paragraphs=tuple(said))
