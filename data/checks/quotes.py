"""Checks of exchange rates: turned round, jumping, drawn with a ruler."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.checks.finding import Case, Finding
from data.market import MarketData

# About what one dollar has cost since 2010: a peg between 7.75 and 7.85, and 6.0 to 7.4.
USUAL = {("USD", "HKD"): 7.8, ("USD", "CNY"): 6.8, ("USD", "CNH"): 6.8}
JUMP = 0.04  # the renminbi's largest day since 2010 was 2 %, on 2015-08-11
# The peg is a band of 7.75 to 7.85 since 2005-05-18 (Hong Kong Monetary Authority); a dollar has cost 6.04 to 7.35
# yuan since 2010.
SEEN = {("USD", "HKD"): (7.70, 7.90), ("USD", "CNY"): (5.8, 8.4), ("USD", "CNH"): (5.8, 8.4)}
EDGES, EDGE_WIDTH = {("USD", "HKD"): (7.75, 7.85)}, 5e-4  # where the monetary authority holds the rate still
MOST = 3  # gaps named one by one
STRAIGHT = 8  # rates in a row on one line; a market does not draw them
STRAIGHT_TOLERANCE = 3e-6  # of the rate: what rounding to five decimals leaves
STILL = 10
QUIET_DAYS = 7


def check_quotes(market: MarketData, file: str) -> Iterator[Finding]:
    """Check every pair of exchange rates.

    Parameters
    ----------
    market : MarketData
        In one currency nothing is looked at; else rates from the first price to the last.
    file : str

    Yields
    ------
    Finding
        D402: a pair ends more than a week before the prices, or has no rate for more than a week between. D404: a rate
        moves by more than 4 % in a step. D405: eight rates or more lie on a straight line, as if they had been
        interpolated, or ten or more repeat, but at the edges of a peg. D407: a rate is outside what has been seen.
    """
    if len({one.currency for one in market.instruments.values()}) < 2:
        return
    found: dict[str, list[Case]] = {}
    for (base, quote), (stamps, values) in sorted(market.fx.pairs.items()):
        known = stamps.astype("datetime64[ns]").astype("datetime64[D]")
        # From the last rate before the first price to the last price: no run reads others.
        read = slice(
            max(int(np.searchsorted(known, market.dates[0])) - 1, 0), np.searchsorted(known, market.dates[-1] + 1)
        )
        days, rates = known[read], values[read]
        if not len(rates):
            continue
        texts = {
            "D402": _gaps(days, market.dates[0], market.dates[-1]),
            "D404": _jumps(days, rates),
            "D405": _straight(days, rates, EDGES.get((base, quote), ())),
            "D407": _unseen(days, rates, SEEN.get((base, quote))),
        }
        for check, said in texts.items():
            found.setdefault(check, []).extend(Case(f"{base}/{quote}", text) for text in said)
    for check, (what, do) in SAID.items():
        if found.get(check):
            yield Finding(check, f"{file}: {what}", cases=tuple(found[check]), do=do)


SAID = {
    "D402": ("exchange rates lack for more than a week", "The last one known holds on and on."),
    "D404": ("exchange rates jump", "Look them up elsewhere."),
    "D405": (
        "exchange rates lie on straight lines, as if they had been interpolated",
        "What was interpolated knows its end before it comes: leave such rates out.",
    ),
    "D407": (
        "exchange rates are outside what has been seen",
        "Look them up elsewhere, and see that no pair is mixed up.",
    ),
}


def _gaps(days: NDArray[np.datetime64], first: np.datetime64, end: np.datetime64) -> list[str]:
    wide = np.flatnonzero((np.diff(days).astype(np.int64) > QUIET_DAYS) & (days[1:] > first))
    texts = [f"from {days[at]} to {days[at + 1]}" for at in wide[:MOST].tolist()]
    texts += [f"and {len(wide) - MOST} times more"] if len(wide) > MOST else []
    return texts + ([f"ends on {days[-1]}"] if (end - days[-1]).astype(int) > QUIET_DAYS else [])


def _jumps(days: NDArray[np.datetime64], rates: NDArray[np.float64]) -> list[str]:
    large = np.flatnonzero(np.abs(np.diff(np.log(rates))) > JUMP)
    if not len(large):
        return []
    more = f" (and {len(large) - 1} more)" if len(large) > 1 else ""
    return [f"on {days[large[0] + 1]} ({rates[large[0]]:g}, then {rates[large[0] + 1]:g}){more}"]


def _unseen(days: NDArray[np.datetime64], rates: NDArray[np.float64], seen: tuple[float, float] | None) -> list[str]:
    outside = np.zeros(0, dtype=np.intp) if seen is None else np.flatnonzero((rates < seen[0]) | (rates > seen[1]))
    more = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
    return [f"on {days[outside[0]]} ({rates[outside[0]]:g}){more}"] if len(outside) else []


def looks_turned_round(base: str, quote: str, rates: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which rates look like units of base for one of quote.

    Parameters
    ----------
    base, quote : str
    rates : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n,), bool
        True where the usual rate of the pair is known, and a rate is within a quarter of its inverse.
    """
    usual = USUAL.get((base, quote)) or (1 / USUAL[quote, base] if (quote, base) in USUAL else None)
    return np.zeros(len(rates), dtype=bool) if usual is None else np.abs(rates * usual - 1) < 0.25


def _straight(days: NDArray[np.datetime64], rates: NDArray[np.float64], edges: tuple[float, ...]) -> list[str]:
    """Name the stretches in which rates lie on lines that may bend from one stretch to the next."""
    if len(rates) < STRAIGHT:
        return []
    gap = np.maximum(np.diff(days).astype(np.int64), 1)
    slope = np.diff(rates) / gap
    same = np.abs(np.diff(slope)) < STRAIGHT_TOLERANCE * rates[1:-1]
    moving = np.abs(slope[1:]) > STRAIGHT_TOLERANCE * rates[1:-1]
    on_line = _stretches(same & moving, STRAIGHT - 2, bridge=3)
    is_edge = np.zeros(len(same), dtype=bool)
    for edge in edges:
        is_edge |= np.abs(rates[1:-1] / edge - 1) < EDGE_WIDTH
    at_rest = _stretches(same & ~moving & ~is_edge, STILL - 2, bridge=0)
    texts = [f"from {days[i]} to {days[j + 2]} ({j + 3 - i} rates)" for i, j in on_line]
    return texts + [f"repeats from {days[i]} to {days[j + 2]} ({j + 3 - i} rates)" for i, j in at_rest]


def _stretches(mask: NDArray[np.bool_], least: int, bridge: int) -> list[tuple[int, int]]:
    """Give first and last place of runs of True of some length; runs with short breaks between are one."""
    at = np.flatnonzero(mask)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > 1 + bridge) + 1
    return [(int(run[0]), int(run[-1])) for run in np.split(at, cut) if len(run) >= least]
