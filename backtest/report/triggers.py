"""Triggers: the decisions at which the rotation asked for another share, and what came of each."""

import numpy as np
import pandas as pd

from backtest.report.frames import Frames
from strategies.settings import Rotation

COLUMNS = (
    "decided",
    "score",
    "why",
    "before",
    "after",
    "n_fills",
    "first_fill",
    "last_fill",
    "notional",
    "cost",
    "waited",
    "until",
    "return",
    "mix_return",
    "gained",
)


def triggers(frames: Frames) -> pd.DataFrame:
    """List each change of the share that the rotation asked for, and the trades it caused.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        By trigger: decided (UTC), score, why (the threshold it met), share before and after; n_fills, first_fill,
        last_fill (UTC), notional and cost (base currency) of the fills decided there; waited, orders of it that the log
        names; until, the next trigger's decision or the last mark; return and mix_return of rotation and constant mix
        from the first mark at or after the decision to that of the next trigger; gained, their difference times NAV at
        the start. NaN where no mark follows, and of what never traded.

    Notes
    -----
    The first decision is no trigger: it opens the position. Fills of a trigger hold that decision's rebalancing too.
    """
    result, plan = frames.result, frames.result.plan
    at = np.flatnonzero(np.diff(plan.share)) + 1
    stamps = plan.targets.decisions[at]
    mark = np.searchsorted(frames.mark_stamps, stamps.as_unit("ns").asi8, side="left")
    ends = np.append(mark[1:], len(result.dates) - 1)
    nav, mix = result.nav.to_numpy(), frames.runs["constant mix"].nav.to_numpy()
    traded = frames.trades["decided"].unique()
    # What never traded, because a stop was in force or everything waited until the next decision, gained nothing.
    has_marks = (mark < len(nav)) & (ends > mark) & stamps.isin(traded)
    first, last = np.minimum(mark, len(nav) - 1), np.minimum(ends, len(nav) - 1)
    ours = np.where(has_marks, nav[last] / nav[first] - 1.0, np.nan)
    theirs = np.where(has_marks, mix[last] / mix[first] - 1.0, np.nan)
    fills = frames.trades.groupby("decided").agg(
        n_fills=("symbol", "size"),
        first_fill=("filled", "min"),
        last_fill=("filled", "max"),
        notional=("notional_base", "sum"),
        cost=("cost_base", "sum"),
    )
    found = fills.reindex(stamps).reset_index(drop=True)
    log = result.log
    waited = log.groupby("decided")["symbol"].nunique().reindex(stamps).fillna(0).to_numpy()
    # A trigger on the last mark lasts until it, and has no return yet.
    until = np.append(stamps[1:], [pd.Timestamp(result.dates[-1], tz="UTC")] if len(at) else [])
    frame = pd.DataFrame(
        {
            "decided": stamps,
            "score": plan.score[at],
            "why": [_why(result.thesis.rotation, plan.score[k], plan.share[k] - plan.share[k - 1]) for k in at],
            "before": plan.share[at - 1],
            "after": plan.share[at],
            "waited": waited.astype(np.int64),
            "until": pd.DatetimeIndex(until, tz="UTC"),
            "return": ours,
            "mix_return": theirs,
            "gained": (ours - theirs) * nav[first] if len(nav) else ours,
        }
    )
    frame[found.columns] = found
    frame["n_fills"] = frame["n_fills"].fillna(0).astype(np.int64)
    frame[["notional", "cost"]] = frame[["notional", "cost"]].fillna(0.0)
    return frame[list(COLUMNS)]


def _why(rule: Rotation, score: float, change: float) -> str:
    """Name what moved the share."""
    if rule.rule == "linear":
        return "score"
    if change > 0:
        return f"score from {rule.enter:g}" if score >= rule.enter else "closing the gap"
    if score <= rule.exit:
        return f"score to {rule.exit:g}"
    return "closing the gap" if rule.profit_target is None else "profit taken"
