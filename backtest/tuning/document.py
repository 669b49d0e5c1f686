"""What was swept, in words and numbers, for sweep.json."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.kernels.measures import MEASURES
from backtest.run import run, settings_of
from backtest.tuning.analysis.landscape import summary
from backtest.tuning.failures import ALWAYS, MOST_TOLD, failed
from backtest.tuning.grids.parameter_values import OWN, is_number
from backtest.tuning.result import block_edges
from backtest.tuning.space import Space
from data.errors import EastboundError
from data.fingerprint import market_hash
from data.market import MarketData
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

MOST_LISTED = 64  # values of a setting; of more the bounds are stated
MEASURE = "sharpe"  # that the sweep is summed up by


def sweep_document(
    strategy: Thesis | Strategy | Policy,
    market: MarketData,
    space: Space,
    dates: pd.DatetimeIndex,
    block_rows: NDArray[np.int64],
    read: Callable[[Sequence[str]], pd.DataFrame],
    why: Callable[[int], str],
) -> dict[str, Any]:
    """Describe a sweep.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
        The one that was varied.
    market : MarketData
    space : Space
    dates : DatetimeIndex of length n_dates
    block_rows : ndarray of shape (n_blocks + 1,), int64
        First date of each time block, and the one behind the last.
    read : callable
        Reads columns of the table, by their names.
    why : callable
        Says why a candidate failed.

    Returns
    -------
    dict
        Plain values, the same on another day: `strategy` (name and settings, those of its run whole), `market`,
        `varied` by setting, `conditions`, `draw`, `candidates`, `measures`, `dates`, `time_blocks`, `base_currency`,
        `notes` of the run of the thesis' own settings, and `summary`, as `analysis.landscape.summary` gives it; where
        candidates failed, `failed`: how many (`n`), and why the first few did (`reasons`, by candidate).
    """
    own, notes = _own(strategy, market)
    table = space.frame()  # worked out anew, which is faster than to read what repeats a few values
    table[MEASURE] = read([MEASURE])[MEASURE]
    without = failed(read([ALWAYS]))
    failures = {"n": len(without), "reasons": {one: why(one) for one in without[:MOST_TOLD].tolist()}}
    return {
        "strategy": _described(strategy),
        "market": {
            "name": market.name,
            "synthetic": market.synthetic,
            "sha256": market_hash(market),
            "first": str(market.start),
            "last": str(market.end),
        },
        "varied": {name: _values(given) for name, given in zip(space.names, space.values, strict=True)},
        "conditions": list(space.conditions),
        "draw": None if space.draw is None else asdict(space.draw),
        "grid_sha256": space.digest,
        "candidates": space.n,
        "measures": list(MEASURES),
        "dates": {"first": str(dates[0].date()), "last": str(dates[-1].date()), "n": len(dates)},
        "time_blocks": {
            "counts": np.diff(block_rows).tolist(),
            "edges": [str(one) for one in block_edges(dates, block_rows)],
        },
        "base_currency": settings_of(strategy).base_currency,
        "notes": notes,
        **({"failed": failures} if len(without) else {}),
        "summary": summary(table, MEASURE, own),
    }


def _described(strategy: Thesis | Strategy | Policy) -> dict[str, Any]:
    config = settings_of(strategy).model_dump(mode="json")
    if isinstance(strategy, Thesis):
        return strategy.model_dump(mode="json") | {"run": config}
    given: object = strategy
    return {"name": getattr(given, "__name__", type(given).__qualname__), "run": config}


def _values(given: Sequence[object]) -> dict[str, Any]:
    values = [None if value is OWN else value for value in given]
    if len(values) <= MOST_LISTED:
        return {"n": len(values), "values": values}
    numbers = [value for value in values if is_number(value)]
    return {"n": len(values)} | ({"least": min(numbers), "most": max(numbers)} if numbers else {})


def _own(strategy: Thesis | Strategy | Policy, market: MarketData) -> tuple[float | None, list[str]]:
    """Give the measure and the notes of a thesis' own settings; a strategy in Python may take its time, and is not run.

    A sweep may well start from settings that cannot be run.
    """
    if not isinstance(strategy, Thesis):
        return None, []
    try:
        result = run(strategy, market)
    except EastboundError as error:
        return None, [f"The thesis' own settings cannot be run: {error}"]
    return float(result.summary()[MEASURE]), list(result.notes)


def read_blocks(document: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
    """Read counts and edges of the time blocks back.

    Parameters
    ----------
    document : mapping
        As `sweep_document` gave it.

    Returns
    -------
    counts : ndarray of shape (n_blocks,), int64
    edges : ndarray of shape (n_blocks + 1,), datetime64[D]

    Raises
    ------
    BacktestError
        If it states none.
    """
    try:
        blocks = document["time_blocks"]
        return np.array(blocks["counts"], np.int64), np.array(blocks["edges"], "datetime64[D]")
    except (KeyError, TypeError, ValueError) as error:
        raise BacktestError("sweep.json states no time blocks: it is not what a sweep wrote.") from error
