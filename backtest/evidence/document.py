"""Evidence as JSON: a stable shape, told in docs/evidence.md."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategies.evidence.evidence import Change, Evidence, changes
from strategies.evidence.observation import FIRED, NO_DATA, NO_SCORE, PERCENTILE_SESSIONS, Observation
from strategies.evidence.sectors import SectorEvidence
from strategies.evidence.used import Used

FORMAT, COMPARISON_FORMAT = "eastbound-evidence-1", "eastbound-evidence-comparison-1"


def evidence_document(found: Evidence) -> dict[str, Any]:
    """Turn evidence into what JSON knows.

    Parameters
    ----------
    found : Evidence

    Returns
    -------
    dict
        None for NaN and NaT. Numbers are not rounded: the same evidence gives the same text.
    """
    return {
        "format": FORMAT,
        "market": found.market,
        "synthetic": found.synthetic,
        "board": found.board.title,
        "venue": found.venue,
        "asked": str(found.asked),
        "session": str(found.session),
        "known_by": f"{pd.Timestamp(found.stamp):%Y-%m-%dT%H:%M:%SZ}",
        "percentile_sessions": PERCENTILE_SESSIONS,
        "indicators": [_observation(one) for one in found.observations],
        "sectors": None if found.sectors is None else _sectors(found.sectors),
        "claims_without_indicator": [
            {"claim": one.number, "title": one.title, "why": one.why_none} for one in found.without_indicator
        ],
    }


def comparison_document(before: Evidence, after: Evidence) -> dict[str, Any]:
    """Turn the evidence of two dates into what JSON knows.

    Parameters
    ----------
    before, after : Evidence

    Returns
    -------
    dict
        Both whole, and `changes`, in the order of `strategies.evidence.evidence.changes`.
    """
    return {
        "format": COMPARISON_FORMAT,
        "before": evidence_document(before),
        "after": evidence_document(after),
        "changes": [{"name": one.after.entry.name, "change": change_of(one)} for one in changes(before, after)],
    }


def change_of(one: Change) -> str:
    """Name what became of an indicator between two dates.

    Parameters
    ----------
    one : Change

    Returns
    -------
    {"fired", "released", "score came", "score went", "data came", "data went", "same", "no data"}
    """
    if one.has_no_data:
        return NO_DATA
    if not one.has_turned:
        return "same"
    if one.before.state == NO_DATA:
        return "data came"
    if one.after.state == NO_DATA:
        return "data went"
    if one.after.state == NO_SCORE:
        return "score went"
    if one.after.state == FIRED:
        return FIRED
    return "score came" if one.before.state == NO_SCORE else "released"


def _observation(one: Observation) -> dict[str, Any]:
    entry = one.entry
    return {
        "name": entry.name,
        "claim": entry.claim,
        "title": entry.title,
        "kind": entry.kind,
        "source": _basket(entry.source),
        "destination": _basket(entry.destination),
        "state": one.state,
        "reason": one.reason or None,
        "since": _day(one.since),
        "has_turned": one.has_turned,
        "value": _plain(one.value),
        "value_label": one.value_label,
        "beside_source": _plain(one.beside_source),
        "percentile": _plain(one.percentile),
        "n_readings": one.n_readings,
        "score": _plain(one.score),
        "score_label": one.score_label,
        "enter": one.enter,
        "exit": one.exit,
        "origin": one.origin,
        "inputs": _inputs(one.inputs),
        "notes": list(one.notes),
        "history": {
            "dates": np.datetime_as_string(one.dates).tolist(),
            "values": _list(one.values),
            "scores": _list(one.scores),
            "fired": [None if math.isnan(fired) else bool(fired) for fired in one.fired.tolist()],
        },
    }


def _inputs(given: Sequence[Used]) -> list[dict[str, Any]]:
    return [
        {
            "name": used.name,
            "date": _day(used.date),
            "age_days": used.age_days,
            "old_after_days": used.old_after_days,
            "is_old": used.is_old,
        }
        for used in given
    ]


def _sectors(found: SectorEvidence) -> dict[str, Any]:
    view = found.view
    return {
        "claim": view.claim,
        "title": view.title,
        "destination": _basket(view.destination),
        "lookback": view.lookback,
        "origin": found.origin,
        "reason": found.reason or None,
        "inputs": _inputs(found.inputs),
        "n_told": found.n_told,
        "n_as_told": found.n_as_told,
        "lines": [
            {"sector": one.sector, "told": one.told or None, "flow": _plain(one.flow), "zscore": _plain(one.zscore)}
            for one in found.lines
        ],
    }


def _basket(given: str | tuple[str, ...]) -> str:
    return given if isinstance(given, str) else "+".join(given)


def _day(date: np.datetime64) -> str | None:
    return None if np.isnat(date) else str(date)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _list(values: NDArray[np.float64]) -> list[float | None]:
    return [_plain(value) for value in values.tolist()]
