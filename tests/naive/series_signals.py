"""Signals read from long tables, in plain Python, from their definitions: lists, dates and loops.

Rows are (date, value, known): a date, a number, a stamp in UTC nanoseconds. None stands for "no score".
"""

import datetime as dt
from collections.abc import Sequence

Row = tuple[dt.date, float, int]


def day_of(stamp: int) -> dt.date:
    """The UTC date of a stamp."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=stamp // (86_400 * 10**9))


def as_known(rows: Sequence[Row], stamp: int) -> dict[dt.date, float]:
    """The figure of each date in the revision known last."""
    return {date: value for date, value, known in sorted(rows, key=lambda row: row[2]) if known <= stamp}


def latest(figures: dict[dt.date, float], by: dt.date, max_age_days: int) -> float | None:
    """The figure of the last date up to a day, if it is not too old then."""
    dates = [date for date in figures if date <= by]
    if not dates or (by - max(dates)).days > max_age_days:
        return None
    return figures[max(dates)]


def percentile_of_last(values: Sequence[float]) -> float:
    """Mid-rank of the last value among all."""
    below = sum(1 for value in values if value < values[-1])
    return (below + 0.5 * sum(1 for value in values if value == values[-1])) / len(values)


def positioning(
    allocation: Sequence[Row],
    benchmark: Sequence[Row] | float,
    stamp: int,
    *,
    history_days: int,
    min_figures: int,
    rising: int,
    crowded: float,
    max_age_days: int,
) -> tuple[float | None, float | None]:
    """Value and score of positioning at a stamp."""
    ours = as_known(allocation, stamp)
    active: dict[dt.date, float] = {}
    for date, value in ours.items():
        less = benchmark if isinstance(benchmark, float) else latest(as_known(benchmark, stamp), date, max_age_days)
        if less is not None:
            active[date] = value - less
    if not active or (day_of(stamp) - max(active)).days > max_age_days:
        return None, None
    dates = sorted(active)
    value = active[dates[-1]]
    window = [active[date] for date in dates if (dates[-1] - date).days < history_days]
    if len(window) < min_figures:
        return value, None
    percentile = percentile_of_last(window)
    if percentile >= crowded:
        return value, 0.0
    if value > active[dates[-1 - rising]]:
        return value, 1.0 - percentile
    return value, None


Filing = tuple[str, dt.date, str, str, float, int]  # filer, period, symbol, type, value, known


def held(filings: Sequence[Filing], filer: str, stamp: int, max_age_days: int) -> dict[str, float]:
    """Shares that a filer is known to hold at the end of its latest quarter: of each name what it listed last."""
    own = [one for one in filings if one[0] == filer and one[5] <= stamp]
    if not own:
        return {}
    period = max(one[1] for one in own)
    if (day_of(stamp) - period).days > max_age_days:
        return {}
    found: dict[str, float] = {}
    for symbol in {one[2] for one in own if one[1] == period and one[3] == ""}:
        rows = [one for one in own if one[1] == period and one[2] == symbol and one[3] == ""]
        last = max(one[5] for one in rows)
        found[symbol] = sum(one[4] for one in rows if one[5] == last)
    return found


def filed_weights(
    filings: Sequence[Filing],
    filers: Sequence[str],
    stamp: int,
    names: Sequence[str],
    issuer: dict[str, str],
    by: str,
    max_age_days: int,
) -> dict[str, float]:
    """Weights of names that may be held, as the filers filed them; empty where nobody holds any."""
    total: dict[str, float] = dict.fromkeys(names, 0.0)
    for filer in filers:
        book = held(filings, filer, stamp, max_age_days)
        own = {n: sum(v for s, v in book.items() if issuer.get(s, s) == issuer.get(n, n)) for n in names}
        whole = 1.0 if by == "value" else sum(own.values())
        for name in names:
            total[name] += own[name] / whole if whole else 0.0
    whole = sum(total.values())
    return {name: value / whole for name, value in total.items()} if whole else {}


def liquidity(
    sides: Sequence[Sequence[Sequence[Row]]], stamp: int, *, lookback_days: int, step: float, max_age_days: int
) -> float | None:
    """Score of liquidity: per side the series to try, first what is named first; steps in hundredths of a point."""
    total = 0
    for side in sides:
        change = None
        for rows in side:
            now, then = (
                latest(as_known(rows, moment), day_of(moment), max_age_days)
                for moment in (stamp, stamp - lookback_days * 86_400 * 10**9)
            )
            if change is None and now is not None and then is not None:
                change = round(100 * now) - round(100 * then)
        if change is None:
            return None
        total += (change <= -round(100 * step)) - (change >= round(100 * step))
    return total / 2


def high(values: Sequence[float | None], sessions: int, least: int) -> list[float | None]:
    """1 less the part of the last readings that are above the present one."""
    found: list[float | None] = []
    for i, value in enumerate(values):
        window = [one for one in values[max(0, i - sessions + 1) : i + 1] if one is not None]
        if value is None or len(window) < least:
            found.append(None)
        else:
            found.append(1.0 - sum(1 for one in window if one > value) / len(window))
    return found


def zscore(values: Sequence[float | None], history: int, least: int) -> list[float | None]:
    """Each value against its own trailing window, itself included."""
    found: list[float | None] = []
    for i, value in enumerate(values):
        window = [one for one in values[max(0, i - history + 1) : i + 1] if one is not None]
        if value is None or len(window) < max(least, 2):
            found.append(None)
            continue
        mean = sum(window) / len(window)
        variance = sum((one - mean) ** 2 for one in window) / (len(window) - 1)
        found.append((value - mean) / variance**0.5 if variance > 0 else None)
    return found


def sector_flow(by_name: dict[str, float], sectors: dict[str, str]) -> dict[str, float]:
    """Sum over the names of each sector that count."""
    found: dict[str, float] = {}
    for name, value in by_name.items():
        found[sectors[name]] = found.get(sectors[name], 0.0) + value
    return found


def tilted(weights: dict[str, float], sectors: dict[str, str], factor: dict[str, float]) -> dict[str, float]:
    """Weights times the factor of their sector, made to add up to what they did; a sector without one has 1."""
    raw = {name: weight * factor.get(sectors[name], 1.0) for name, weight in weights.items()}
    total, before = sum(raw.values()), sum(weights.values())
    return {name: value / total * before if total else 0.0 for name, value in raw.items()}
