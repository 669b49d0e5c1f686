"""A rotation's change of NAV by what was decided: average mix, timing, selection, and what came with them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.attribution.segments import segments
from backtest.run import RotationResult

COLUMNS = ("average_mix", "timing", "selection", "interaction", "currency", "cost", "cash")


def effects(result: RotationResult) -> pd.DataFrame:
    """Split a rotation's change of NAV by what was decided, date by date.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    DataFrame
        By date, base currency: average_mix, timing, selection, interaction, currency, cost (zero or below), cash
        (interest), change (of NAV) and residual (rounding). Money adds up over dates: sum any period.

    Notes
    -----
    With N the NAV at the mark before, w the weight of a basket then, w' its share in the constant mix
    (`RotationResult.mix_shares`: the average over the run), r the local return of what the rotation held of it, and R
    that of the run that holds this basket alone (`references`; 0 where it held nothing):

    - average mix: sum of N w' R: what holding both baskets at their average would have brought; and what the first
      buying in brought from fill to mark;
    - timing: sum of N (w - w') R: what holding more of one than on average brought; and what net trading into or out
      of a basket brought from fill to mark;
    - selection: sum of N w' (r - R): other names, or other weights within a basket, than the reference held; and what
      switching within a basket brought from fill to mark;
    - interaction: sum of N (w - w') (r - R).

    Where the rotation held nothing of a basket, selection and interaction are nil and average mix and timing cancel.
    A name that no basket owns counts as selection. Of a basket held at a small weight by few of its names, selection
    and interaction can be large and of opposite sign: read their sum, N w (r - R). See `docs/attribution.md`.

    References
    ----------
    .. [1] Brinson, Hood and Beebower, "Determinants of Portfolio Performance", Financial Analysts Journal 42(4), 1986.

    Examples
    --------
    >>> from backtest.run import run
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> frame = effects(run(thesis("flow-momentum"), load("demo")))
    >>> bool((frame["residual"].abs() < 1e-4).all())
    True
    """
    targets, baskets = result.plan.targets, result.plan.targets.baskets
    n_baskets = len(baskets)
    own = segments(result, targets.owners(result.prepared.names), n_baskets + 1)
    nav = own.opening_nav[:, None]
    held, weights = own.held[:, :n_baskets], own.weights[:, :n_baskets]
    reference = np.stack([_reference_returns(result, basket, side) for side, basket in enumerate(baskets)], axis=1)
    average = _mix_held(result)
    # Buying in from nothing is no timing: the mix bought in too.
    buys_in = (own.weights[:, :n_baskets] == 0).all(axis=1)
    traded = own.net_trade[:, :n_baskets].sum(axis=1)
    returns = own.returns[:, :n_baskets]
    is_held = ~np.isnan(returns)
    chosen = np.where(is_held, returns - reference, 0.0)
    # A holding worth nothing has no return, though its price may come back.
    revived = np.where(is_held, 0.0, held).sum(axis=1) + own.held[:, n_baskets:].sum(axis=1)
    unowned_trades = own.net_trade[:, n_baskets:].sum(axis=1)
    frame = pd.DataFrame(
        {
            "average_mix": (nav * average * reference).sum(axis=1) + np.where(buys_in, traded, 0.0),
            "timing": (nav * (weights - average) * reference).sum(axis=1) + np.where(buys_in, 0.0, traded),
            "selection": (nav * average * chosen).sum(axis=1) + own.switch.sum(axis=1) + revived + unowned_trades,
            "interaction": (nav * (weights - average) * chosen).sum(axis=1),
            "currency": own.currency.sum(axis=1) + own.balances,
            "cost": own.cost.sum(axis=1),
            "cash": own.interest,
            "change": own.change,
        },
        index=result.dates,
    )
    frame["residual"] = own.change - frame[list(COLUMNS)].sum(axis=1)
    return frame


def _mix_held(result: RotationResult) -> NDArray[np.float64]:
    """Shares that the constant mix had asked for by the mark before each date, shape (n_dates, 2)."""
    marks = result.prepared.timeline.stamp[result.mark_events]
    decisions = result.plan.targets.decisions.as_unit("ns").asi8
    last = np.searchsorted(decisions, np.concatenate([marks[:1], marks[:-1]]), side="left") - 1
    return result.mix_shares[np.maximum(last, 0)]


def _reference_returns(result: RotationResult, basket: str, side: int) -> NDArray[np.float64]:
    """Local return of what the run held that holds one basket alone, by date; 0 where it held nothing."""
    reference, targets = result.references[f"hold {basket}"], result.plan.targets
    found = segments(reference, targets.owners(reference.prepared.names), len(targets.baskets) + 1)
    # Runs on one market have the same dates: rows are those of the venues of all names that may be held.
    returns: NDArray[np.float64] = np.nan_to_num(found.returns[:, side])
    return returns
