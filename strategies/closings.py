"""How a discount closed while the destination was held: by prices, by earnings, or by a change of basis."""

import numpy as np
import pandas as pd

from strategies.plan import Plan


def closings(plan: Plan) -> pd.DataFrame:
    """Split the closing of a signal's value over each spell in the destination.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    DataFrame
        One row a spell above the floor, in order: entered, left (UTC decisions; NaT: not left yet), value_entered,
        value_left (at the last decision where it was not left), closing (the first less the second: above zero where
        the value fell), and one column a part of the reading, which add up to it. A signal without parts has none.
        NaN where there was no reading at one of the ends.

    Examples
    --------
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> found = closings(thesis("valuation-discount").plan(load("demo")))
    >>> found.columns.tolist()[4:]
    ['closing', 'price', 'earnings', 'basis']
    >>> bool(np.allclose(found["closing"], found[["price", "earnings", "basis"]].sum(axis=1)))
    True
    """
    decisions, reading = plan.targets.decisions, plan.reading
    above = plan.share > plan.share.min()
    starts = np.flatnonzero(above & ~np.append(False, above[:-1]))
    ends = np.flatnonzero(~above & np.append(False, above[:-1]))
    last = np.append(ends, len(above) - 1)[: len(starts)]
    stamps = decisions.as_unit("ns").asi8
    value = reading.at(stamps, reading.value)
    left = decisions[ends].insert(len(ends), pd.NaT)[: len(starts)]
    frame = pd.DataFrame(
        {
            "entered": decisions[starts],
            "left": left,
            "value_entered": value[starts],
            "value_left": value[last],
            "closing": value[starts] - value[last],
        }
    )
    for name, part in reading.parts.items():
        at = reading.at(stamps, part)
        frame[name] = at[starts] - at[last]
    return frame
