"""Checks of exchange rates: turned round, jumping, drawn with a ruler."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.checks.finding import Case, Finding
from data.fx import FxRates

# About what one dollar has cost since 2010: a peg between 7.75 and 7.85, and 6.0 to 7.4.
USUAL = {("USD", "HKD"): 7.8, ("USD", "CNY"): 6.8, ("USD", "CNH"): 6.8}
JUMP = 0.04  # the renminbi's largest day since 2010 was 2 %, on 2015-08-11
STRAIGHT = 8  # rates in a row on one line; a market does not draw them
STRAIGHT_TOLERANCE = 3e-6  # of the rate: what rounding to five decimals leaves
STILL = 10
QUIET_DAYS = 7


def check_quotes(fx: FxRates, file: str, end: np.datetime64) -> Iterator[Finding]:
    """Check every pair of exchange rates.

    Parameters
    ----------
    fx : FxRates
    file : str
    end : datetime64[D]
        Last date of the prices.

    Yields
    ------
    Finding
        D402: a pair ends more than a week before the prices. D404: a rate moves by more than 4 % in a step. D405: eight
        rates or more lie on a straight line, as if they had been interpolated, or ten or more repeat.
    """
    jumps, lines, over = list[Case](), list[Case](), list[Case]()
    for (base, quote), (stamps, rates) in sorted(fx.pairs.items()):
        pair, days = f"{base}/{quote}", stamps.astype("datetime64[ns]").astype("datetime64[D]")
        if len(days) and (end - days[-1]).astype(int) > QUIET_DAYS:
            over.append(Case(pair, f"on {days[-1]}"))
        moves = np.diff(np.log(rates))
        large = np.flatnonzero(np.abs(moves) > JUMP)
        if len(large):
            more = f" (and {len(large) - 1} more)" if len(large) > 1 else ""
            said = f"on {days[large[0] + 1]} ({rates[large[0]]:g}, then {rates[large[0] + 1]:g}){more}"
            jumps.append(Case(pair, said))
        lines += [Case(pair, said) for said in _straight(days, rates)]
    if over:
        do = "The last one known holds on and on."
        yield Finding("D402", f"{file}: exchange rates end before the prices do", cases=tuple(over), do=do)
    if jumps:
        yield Finding("D404", f"{file}: exchange rates jump", cases=tuple(jumps), do="Look them up elsewhere.")
    if lines:
        yield Finding(
            "D405",
            f"{file}: exchange rates lie on straight lines, as if they had been interpolated",
            cases=tuple(lines),
            do="What was interpolated knows its end before it comes: leave such rates out.",
        )


def looks_turned_round(base: str, quote: str, rates: NDArray[np.float64]) -> bool:
    """Say whether rates look like units of base for one of quote.

    Parameters
    ----------
    base, quote : str
    rates : ndarray of shape (n,)

    Returns
    -------
    bool
        True where the usual rate of the pair is known and the median of these is within a quarter of its inverse.
    """
    usual = USUAL.get((base, quote)) or (1 / USUAL[quote, base] if (quote, base) in USUAL else None)
    return usual is not None and len(rates) > 0 and bool(abs(float(np.median(rates)) * usual - 1) < 0.25)


def _straight(days: NDArray[np.datetime64], rates: NDArray[np.float64]) -> list[str]:
    """Name the stretches in which rates lie on lines that may bend from one stretch to the next."""
    if len(rates) < STRAIGHT:
        return []
    gap = np.maximum(np.diff(days).astype(np.int64), 1)
    slope = np.diff(rates) / gap
    same = np.abs(np.diff(slope)) < STRAIGHT_TOLERANCE * rates[1:-1]
    moving = np.abs(slope[1:]) > STRAIGHT_TOLERANCE * rates[1:-1]
    on_line = _stretches(same & moving, STRAIGHT - 2, bridge=3)
    at_rest = _stretches(same & ~moving, STILL - 2, bridge=0)
    texts = [f"from {days[i]} to {days[j + 2]} ({j + 3 - i} rates)" for i, j in on_line]
    return texts + [f"repeats from {days[i]} to {days[j + 2]} ({j + 3 - i} rates)" for i, j in at_rest]


def _stretches(mask: NDArray[np.bool_], least: int, bridge: int) -> list[tuple[int, int]]:
    """Give first and last place of runs of True of some length; runs with short breaks between are one."""
    at = np.flatnonzero(mask)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > 1 + bridge) + 1
    return [(int(run[0]), int(run[-1])) for run in np.split(at, cut) if len(run) >= least]
