"""Evidence in words and figures, for the terminal and the page alike."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from backtest.evidence.document import change_of
from backtest.report.charts.figure import short
from backtest.report.tables import MISSING, number
from backtest.report.writing import counted
from data.venues import VENUES
from strategies.evidence.evidence import Change, Evidence
from strategies.evidence.observation import FIRED, NO_DATA, NO_SCORE, NOT_FIRED, Observation
from strategies.evidence.sectors import SectorEvidence
from strategies.evidence.used import Used
from strategies.signals.filing import FilingSignal
from strategies.signals.strength import StrengthSignal
from strategies.signals.valuation import WORDS, ValuationSignal

# Told apart without colour.
SIGNS = {FIRED: "●", NOT_FIRED: "○", NO_SCORE: "◇", NO_DATA: "×"}
CHANGES = {
    "fired": "turned: fired",
    "released": "turned: released",
    "score came": "a score now",
    "score went": "no score now",
    "data came": "data came",
    "data went": "data went",
    "same": "as before",
    NO_DATA: "no data",
}
DIGITS = 3
LARGE = 10_000.0  # from here on in thousands, millions, billions


def figure(value: float) -> str:
    """Write a figure of any unit to three digits.

    Parameters
    ----------
    value : float

    Returns
    -------
    str
        A dash for NaN.

    Examples
    --------
    >>> figure(0.473), figure(-1234.5), figure(2.5e9), figure(0.00123), figure(float("nan"))
    ('0.473', '−1,234', '2.5B', '0.00123', '–')
    """
    if not math.isfinite(value) or value == 0.0:
        return number(value)
    if abs(value) >= LARGE:
        return short(value)
    return number(value, max(0, DIGITS - 1 - math.floor(math.log10(abs(value)))))


def value(one: Observation) -> str:
    """Write a value in its unit: returns and parts in percent, a valuation as how much cheaper it is.

    Parameters
    ----------
    one : Observation

    Returns
    -------
    str
        A dash for NaN.
    """
    signal = one.entry.indicator.signal
    if not math.isnan(one.beside_source):
        # As its percentile: high is cheap.
        is_yield = isinstance(signal, ValuationSignal) and signal.measure == "log_yield_ratio"
        return _percent(one.beside_source if is_yield else -one.beside_source).lstrip("+")
    measure = getattr(signal, "measure", "")
    if (signal.kind, measure) == ("fade", "breadth"):
        return _percent(one.value).lstrip("+")
    if signal.kind == "filing" or (signal.kind, measure) == ("strength", "streak"):
        return number(one.value, 0)
    is_return = signal.kind == "bull" or (signal.kind, measure) in (("strength", "return"), ("fade", "trend"))
    return _percent(one.value) if is_return else figure(one.value)


def value_label(one: Observation) -> str:
    """Name what `value` writes.

    Parameters
    ----------
    one : Observation

    Returns
    -------
    str
        Empty without a reading.
    """
    signal = one.entry.indicator.signal
    if isinstance(signal, ValuationSignal) and not math.isnan(one.beside_source):
        side = "above" if signal.measure == "log_yield_ratio" else "below"
        return f"{WORDS[signal.measure].multiple} of {signal.destination_entity} {side} that of {signal.source_entity}"
    return one.value_label


def told(one: Observation) -> str:
    """Say a value as one says it aloud, where its label is a formula or its unit is plain.

    Parameters
    ----------
    one : Observation

    Returns
    -------
    str
        Empty without a value, and where figures alone say it.
    """
    if math.isnan(one.value):
        return ""
    signal = one.entry.indicator.signal
    if isinstance(signal, ValuationSignal) and not math.isnan(one.beside_source):
        multiple, away = WORDS[signal.measure].multiple, one.beside_source
        side = "below" if away < 0 else "above"
        return (
            f"{multiple} of {signal.destination_entity} {number(abs(100 * away), 1)} % {side} {signal.source_entity}, "
            f"figures of {oldest(one.inputs)}"
        )
    if isinstance(signal, StrengthSignal) and signal.measure == "streak":
        return f"{counted(round(abs(one.value)), 'week')} {'down' if one.value < 0 else 'up'} in a row"
    if isinstance(signal, FilingSignal):
        return f"held by {counted(round(one.value), 'filer')}"
    return value(one) if value(one).endswith("%") and signal.is_ranked else ""


def _percent(given: float) -> str:
    return MISSING if math.isnan(given) else f"{'+' if given > 0 else ''}{number(100 * given, 1)} %"


def percentile(one: Observation) -> str:
    """Write a percentile, from 0 to 100.

    Parameters
    ----------
    one : Observation

    Returns
    -------
    str
        A dash where there is none.
    """
    return number(100 * one.percentile, 1)


def day(date: np.datetime64) -> str:
    """Write a date.

    Parameters
    ----------
    date : datetime64[D]

    Returns
    -------
    str
        A dash for NaT.
    """
    return MISSING if np.isnat(date) else str(date)


def since(one: Observation) -> str:
    """Say since when an indicator is in its state.

    Parameters
    ----------
    one : Observation

    Returns
    -------
    str
        Empty where it never had a score.
    """
    if np.isnat(one.since):
        return ""
    first = "" if one.has_turned else ", its first score"
    held = f"; held, as its score is above {one.exit:g}" if one.is_held else ""
    return f"since {one.since}{first}{held}"


def age(used: Used) -> str:
    """Say of when the latest figure of a series is.

    Parameters
    ----------
    used : Used

    Returns
    -------
    str
    """
    if used.age_days is None:
        return "none known"
    old = f", OLD: over {used.old_after_days}" if used.is_old else ""
    return f"{used.date} ({counted(used.age_days, 'day')}{old})"


def oldest(inputs: Sequence[Used]) -> str:
    """Say of when the oldest of some data is.

    Parameters
    ----------
    inputs : sequence of Used

    Returns
    -------
    str
        A dash where there are none.
    """
    if not inputs:
        return MISSING
    return age(max(inputs, key=lambda used: math.inf if used.age_days is None else used.age_days))


def known_by(found: Evidence) -> str:
    """Say up to when everything was read.

    Parameters
    ----------
    found : Evidence

    Returns
    -------
    str
    """
    venue, is_held = VENUES[found.venue].name, found.asked == found.session
    rolled = "" if is_held else f"{found.asked} has no session in {venue}: the last before it counts. "
    at = f"{pd.Timestamp(found.stamp):%Y-%m-%d %H:%M} UTC"
    close = f"the close of {venue}, {at}"
    return f"{rolled}Read at {close}; nothing known later is in it."


def change(one: Change) -> str:
    """Say what became of an indicator between two dates.

    Parameters
    ----------
    one : Change

    Returns
    -------
    str
    """
    return CHANGES[change_of(one)]


def sectors(found: SectorEvidence) -> str:
    """Say how many sectors went as the report said.

    Parameters
    ----------
    found : SectorEvidence

    Returns
    -------
    str
    """
    if found.reason:
        return f"no data: {found.reason}"
    if not found.n_told:
        return "none of those that the report named has a flow"
    return f"{found.n_as_told} of {found.n_told} sectors as the report said"


def zscore(given: float) -> str:
    """Write a z-score with its sign.

    Parameters
    ----------
    given : float

    Returns
    -------
    str
        A dash for NaN.
    """
    return f"{'+' if given > 0 else ''}{number(given, 1)}"
