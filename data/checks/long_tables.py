"""Checks of long series: ends, gaps, jumps of a P/E that its price does not make, figures in another unit."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.checks.finding import Case, Finding
from data.series.basis import ratio_steps
from data.series.tables import LONG_TABLES

SPIKE, SPIKE_BACK = np.log(1.5), 0.25
LEVEL = np.log(1.6)  # beyond any day of an index, and any basis of a P/E but a new one
STILL = 15  # daily figures
SCALE_LEAST, SCALE_SURE = np.log10(5.0), 8.0  # a change of unit is fivefold or more, and eight standard errors
SCALE_FEWEST = 12  # figures on each side
JUMPING = ("VIX",)  # that may double in a day


def series_of(name: str, table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Go through the series of a long table, in order of date; of revised figures the last.

    Parameters
    ----------
    name : str
        Of the table.
    table : DataFrame

    Yields
    ------
    label, rows
    """
    key = LONG_TABLES[name].key_in(table.columns)
    ordered = table.sort_values([*key, "date", "known"], kind="stable")
    last = ordered.drop_duplicates([*key, "date"], keep="last")
    for group, rows in last.groupby(list(key), sort=True):
        yield " ".join(str(part) for part in group), rows


def check_series(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str], end: np.datetime64) -> Iterator[Finding]:
    """Check every long series.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As in `MarketData.tables`.
    files : mapping of str to str
        File of each table.
    end : datetime64[D]
        Last date of the prices.

    Yields
    ------
    Finding
        D503 to D507, D511 and D513.
    """
    for name, kind in LONG_TABLES.items():
        table = tables.get(name)
        if table is None or not len(table) or kind.quiet_days is None:
            continue
        found: dict[str, list[Case]] = {}
        for label, rows in series_of(name, table):
            values = rows[kind.value].to_numpy()
            days = rows["date"].to_numpy().astype("datetime64[D]")
            texts = {
                "D504": _spike(values, days) if _keeps_level(name, label) else "",
                "D505": _scale(values, days) if name in ("flows", "positioning") else "",
                "D506": _ended(days, end, kind.quiet_days),
                "D507": _gap(days, kind.quiet_days),
                "D511": _still(values, days) if name in ("indices", "valuations") else "",
                "D513": _loss(values, days) if name == "valuations" and " pe" in label else "",
            }
            for check, text in texts.items():
                if text:
                    found.setdefault(check, []).append(Case(label, text))
        for check, cases in sorted(found.items()):
            what, do = SAID[check]
            yield Finding(check, f"{files.get(name, name)}: {what}", cases=tuple(cases), do=do)
    yield from _basis_jumps(tables, files)


def _keeps_level(name: str, label: str) -> bool:
    """Say whether a series stays near where it was: indices and multiples do, yields near zero do not."""
    return label not in JUMPING and (name == "indices" or (name == "valuations" and not label.endswith("_pct")))


SAID = {
    "D504": ("figures leave their level, for one date or for good", "Look them up elsewhere."),
    "D505": ("figures go on in another size, as if in another currency or unit", "Give one unit throughout."),
    "D506": ("series end before the prices do", "From then on a rule that reads them has nothing new."),
    "D507": ("series have gaps", "In a gap a rule reads nothing, or what is old."),
    "D511": ("figures stand still", "A series filled forward is no reading: leave such figures empty."),
    "D513": (
        "P/E are zero or negative",
        "There were no earnings: a low P/E is not what it says. Use the earnings yield.",
    ),
}


def _basis_jumps(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> Iterator[Finding]:
    """Find moves of a P/E that the move of its index does not explain."""
    table = tables.get("valuations")
    if table is None:
        return
    indices = tables.get("indices")
    closes = {} if indices is None else dict(series_of("indices", indices))
    cases = []
    for label, rows in series_of("valuations", table):
        entity, _, metric = label.partition(" ")
        ratio = rows[(rows["value"] > 0)]
        if not metric.startswith("pe") or len(ratio) < 2:
            continue
        price = None
        if entity in closes:
            known = closes[entity].set_index("date")["close"].reindex(ratio["date"]).to_numpy(dtype=np.float64)
            ratio, price = ratio[np.isfinite(known)], known[np.isfinite(known)]  # a step over a gap is a step
        value = ratio["value"].to_numpy()
        steps = ratio_steps(value, price)
        rest = np.abs(steps.ratio - steps.price)
        at = np.flatnonzero(steps.is_jump)
        if len(at):
            largest = int(at[np.argmax(rest[at])])
            day = ratio["date"].iloc[largest + 1].date()
            n_times = "once" if len(at) == 1 else f"{len(at)} times, the most"
            cases.append(Case(label, f"{n_times} on {day} ({value[largest]:g}, then {value[largest + 1]:g})"))
    if cases:
        yield Finding(
            "D503",
            f"{files.get('valuations', 'valuations')}: P/E jumps without its price, as if its basis had changed",
            cases=tuple(cases),
            do="Such a jump is no cheapening: a rule must not trade it.",
        )


def _spike(values: NDArray[np.float64], days: NDArray[np.datetime64]) -> str:
    if (values <= 0).any():
        return ""
    moves = np.diff(np.log(values))
    size = np.abs(moves[:-1])
    there = np.flatnonzero((size > SPIKE) & (np.abs(moves[:-1] + moves[1:]) < SPIKE_BACK * size))
    if len(there):
        at = int(there[0]) + 1
        return f"on {days[at]} ({values[at - 1]:g}, {values[at]:g}, {values[at + 1]:g})"
    large = np.flatnonzero(np.abs(moves) > LEVEL)
    return f"from {days[large[0] + 1]} ({values[large[0]]:g}, then {values[large[0] + 1]:g})" if len(large) else ""


def _still(values: NDArray[np.float64], days: NDArray[np.datetime64]) -> str:
    """Name the longest stretch in which a daily series repeats."""
    if len(values) < STILL or np.median(np.diff(days).astype(np.int64)) > 1:
        return ""
    changes = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
    lengths = np.diff(np.append(changes, len(values)))
    at = int(np.argmax(lengths))
    first, n = changes[at], int(lengths[at])
    return f"from {days[first]} to {days[first + n - 1]} ({n} figures of {values[first]:g})" if n >= STILL else ""


def _loss(values: NDArray[np.float64], days: NDArray[np.datetime64]) -> str:
    at = np.flatnonzero(values <= 0)
    return f"on {days[at[0]]} ({values[at[0]]:g}){f' and {len(at) - 1} more' if len(at) > 1 else ''}" if len(at) else ""


def _scale(values: NDArray[np.float64], days: NDArray[np.datetime64]) -> str:
    """Find the day from which the size of figures is another: the cut with the surest difference of mean log size."""
    keep = np.abs(values) > 0
    size, days = np.log10(np.abs(values[keep])), days[keep]
    n = len(size)
    if n < 2 * SCALE_FEWEST:
        return ""
    cut = np.arange(SCALE_FEWEST, n - SCALE_FEWEST + 1)
    total, squares = np.cumsum(size), np.cumsum(size**2)
    before, after = total[cut - 1] / cut, (total[-1] - total[cut - 1]) / (n - cut)
    inside = (squares[-1] - cut * before**2 - (n - cut) * after**2) / (n - 2)
    error = np.sqrt(np.maximum(inside, 1e-12) * (1 / cut + 1 / (n - cut)))
    sure = np.abs(after - before) / error
    best = int(np.argmax(sure))
    step = float(after[best] - before[best])
    near = slice(cut[best] - SCALE_FEWEST, cut[best]), slice(cut[best], cut[best] + SCALE_FEWEST)
    at_once = abs(float(size[near[1]].mean() - size[near[0]].mean()))  # growth takes longer than a change of unit
    if sure[best] < SCALE_SURE or min(abs(step), at_once) < SCALE_LEAST:
        return ""
    return f"from {days[cut[best]]} ({10**step:.2g} times the size before)"


def _ended(days: NDArray[np.datetime64], end: np.datetime64, quiet: int) -> str:
    return f"on {days[-1]}" if (end - days[-1]).astype(int) > quiet else ""


def _gap(days: NDArray[np.datetime64], quiet: int) -> str:
    if len(days) < 3:
        return ""
    gaps = np.diff(days).astype(np.int64)
    most = max(quiet, 4 * int(np.median(gaps)))
    wide = np.flatnonzero(gaps > most)
    if not len(wide):
        return ""
    at = int(wide[np.argmax(gaps[wide])])
    more = f" (and {len(wide) - 1} more)" if len(wide) > 1 else ""
    return f"from {days[at]} to {days[at + 1]}{more}"
