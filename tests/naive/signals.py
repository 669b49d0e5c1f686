"""Signals of prices in plain Python, from their definitions: lists and loops, all worked out anew at each stamp."""

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Any

NAN = math.nan


def bull_or_bear(closes: Sequence[float], rise: float, fall: float, initial: str) -> tuple[float, float]:
    """State (1 bull, 0 bear) and move from the extreme of the track before, after closes in order of their dates."""
    state, track, moved = initial, [closes[0]], 0.0
    for close in closes[1:]:
        moved = close / (max(track) if state == "bull" else min(track)) - 1.0
        if state == "bear" and close >= (1.0 + rise) * min(track):
            state, track = "bull", [close]
        elif state == "bull" and close <= (1.0 - fall) * max(track):
            state, track = "bear", [close]
        else:
            track.append(close)
    return float(state == "bull"), moved


def bull_at(
    rows: Sequence[tuple[int, dt.date, float]], stamp: int, rise: float, fall: float, initial: str, max_age_days: int
) -> tuple[float, float]:
    """State and distance from the rows (known, date, close) known at a stamp; a later row of a date revises it."""
    path = {date: close for known, date, close in sorted(rows, key=lambda row: row[:2]) if known <= stamp}
    today = dt.datetime.fromtimestamp(stamp // 10**9, dt.UTC).date()
    if not path or (today - max(path)).days > max_age_days:
        return NAN, NAN
    return bull_or_bear([path[date] for date in sorted(path)], rise, fall, initial)


def basket_index(eligible: Any, returns: Any) -> list[float]:
    """Index of equal weights, rebalanced at every stamp among those eligible at the one before."""
    index, level = [], NAN
    for i in range(len(eligible)):
        if math.isnan(level):
            level = 1.0 if any(eligible[i]) else NAN
        elif i:
            own = [r for was, r in zip(eligible[i - 1], returns[i], strict=True) if was and not math.isnan(r)]
            level *= 1.0 + (sum(own) / len(own) if own else 0.0)
        index.append(level)
    return index


def streak_at(
    closes: dict[dt.date, float], sessions: Sequence[tuple[dt.date, int]], ends: dt.date, stamp: int
) -> float:
    """Weeks up (above 0) or down in a row by sessions (date, close) as believed at a stamp; `ends`: the last of all."""
    weeks: dict[tuple[int, int], list[tuple[dt.date, int]]] = {}
    for date, close in sessions:
        if date.isocalendar()[:2] != ends.isocalendar()[:2]:
            weeks.setdefault(date.isocalendar()[:2], []).append((date, close))
    levels = []
    for week in sorted(weeks):
        if all(close <= stamp for _, close in weeks[week]):
            own = [closes[date] for date, _ in weeks[week] if date in closes]
            levels.append(own[-1] if own else NAN)
    run, found = 0, NAN
    for before, level in itertools.pairwise(levels):
        if math.isnan(before) or math.isnan(level):
            run, found = 0, NAN
            continue
        if level == before:
            run = 0
        elif level > before:
            run = run + 1 if run > 0 else 1
        else:
            run = run - 1 if run < 0 else -1
        found = float(run)
    return found


def return_at(
    closes: dict[dt.date, float], sessions: Sequence[tuple[dt.date, int]], lookback: int, stamp: int
) -> float:
    """Return up to the last session over, since the last close at or before the session `lookback` earlier."""
    over = [date for date, close in sessions if close <= stamp]
    if len(over) <= lookback or over[-1] not in closes:
        return NAN
    past = [date for date in sorted(closes) if date <= over[-1 - lookback]]
    return closes[over[-1]] / closes[past[-1]] - 1.0 if past else NAN


def t_statistic(levels: Sequence[float]) -> float:
    """Mean change over its standard error."""
    if any(math.isnan(x) for x in levels):
        return NAN
    changes = [b - a for a, b in itertools.pairwise(levels)]
    deviation = statistics.stdev(changes)
    return statistics.fmean(changes) / (deviation / math.sqrt(len(changes))) if deviation > 0 else NAN


def zscore(window: Sequence[float], least: int) -> float:
    """The last value of a window, in its standard deviations from its mean."""
    known = [x for x in window if not math.isnan(x)]
    if len(known) < least or math.isnan(window[-1]) or len(set(known)) < 2:
        return NAN
    return (window[-1] - statistics.fmean(known)) / statistics.stdev(known)


def half_life(window: Sequence[float], least: int) -> float:
    """Half-life of a distance from the mean: log(1/2) / log of the slope of each value on the one before."""
    pairs = [(a, b) for a, b in itertools.pairwise(window) if not (math.isnan(a) or math.isnan(b))]
    if len(pairs) < max(least - 1, 2) or len({a for a, _ in pairs}) < 2:
        return NAN
    slope = statistics.linear_regression([a for a, _ in pairs], [b for _, b in pairs]).slope
    if slope >= 1:
        return math.inf
    return 0.0 if slope <= 0 else math.log(0.5) / math.log(slope)


def levels_of(returns: Sequence[float]) -> list[float]:
    """Total-return level of a name: 1 where its first known return begins; NaN before."""
    levels = [NAN] * len(returns)
    for i, r in enumerate(returns):
        if not math.isnan(r):
            levels[i - 1] = 1.0 if math.isnan(levels[i - 1]) else levels[i - 1]
            levels[i] = levels[i - 1] * (1.0 + r)
    return levels


def breadth(levels: Sequence[Sequence[float]], eligible: Sequence[bool], lookback: int) -> float:
    """Part of the eligible names, one sequence of levels each, whose last level is below its average."""
    n = broken = 0
    for own, counts in zip(levels, eligible, strict=True):
        window = own[-lookback:]
        if counts and len(window) == lookback and not any(math.isnan(x) for x in window):
            n += 1
            broken += window[-1] < statistics.fmean(window) and len(set(window)) > 1
    return broken / n if n else NAN
