"""The measures of a run as a document: summary.json, whose schema is summary.schema.json beside this file."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from backtest.result import BacktestResult
from backtest.run import RotationResult

FORMAT = 1  # of summary.json: counted up whenever a key changes its meaning or goes


def summary_document(result: BacktestResult) -> dict[str, Any]:
    """Give the measures of a run and its references.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    dict
        As summary.schema.json describes it, but that NaN is NaN still, not null. `rotation` and each of `references`
        map measures to numbers. Of a run that is no thesis, `strategy` does, and there are no references.
    """
    if isinstance(result, RotationResult):
        source, destination = result.average_shares
        thesis = {"thesis": result.thesis.name}
        measures = {
            "rotation": dict(result.summary()),
            "references": {name: dict(one.summary()) for name, one in result.references.items()},
            "against": {name: dict(one) for name, one in result.against.items()},
            "average_shares": {"source": source, "destination": destination},
            "timing_against_constant_mix": dict(result.timing),
        }
    else:
        thesis, measures = {}, {"strategy": dict(result.summary())}
    return {
        "format": FORMAT,
        **thesis,
        "market": result.market.name,
        "synthetic": result.market.synthetic,
        "first_date": str(result.dates[0].date()),
        "last_date": str(result.dates[-1].date()),
        "base_currency": result.config.base_currency,
        **measures,
        "costs_by_kind": {kind: float(paid) for kind, paid in result.costs.sum().items() if paid},
        "notes": list(result.notes),
        "left_out": list(result.market.left_out),
        "warnings": list(result.market.warnings),
    }


def json_text(document: Mapping[str, Any]) -> str:
    r"""Write a document as JSON.

    Parameters
    ----------
    document : mapping

    Returns
    -------
    str
        Indented, keys in their order; NaN and infinities are null, which is all that JSON knows.

    Examples
    --------
    >>> json_text({"sharpe": float("nan")})
    '{\n  "sharpe": null\n}\n'
    """
    return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn mappings, tuples and numbers into what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
