"""Checks of price levels: jumps, spikes, prices outside their day's range, prices that stand still."""

from collections.abc import Iterator

import numpy as np

from data.actions import SCRIP, SPLIT
from data.checks.finding import Finding
from data.checks.panel import Mask, Panel
from data.limits import limited_venues, price_limits

SPLITS = np.array([2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100, 1000], dtype=np.float64)
SPLIT_TOLERANCE = 0.04  # what a name may move besides on the day of a split
STAYS = np.log(1.45)  # by so much a name of size moves once in some years
LIMIT_SLACK = 0.015  # of the price: dividends and the rounding of adjusted prices
FX_TOLERANCE = 0.04
SPIKE, SPIKE_BACK = np.log(1.5), 0.25  # a spike moves by half and gives back three quarters of it at once
RANGE_TOLERANCE = {"raw": 1e-6, "split": 0.005, "total_return": 0.005}  # adjusted prices are rounded each on its own
STILL_SESSIONS = 5
FEW_CENTS, PENNY = 0.035, 1.0  # three ticks of a cent; below a unit of currency a day without a range is no wonder
CHANCE = 1e-4  # of a stretch as long, by the name's own habit of repeating a close
MOST_CASES = 3


def check_jumps(panel: Panel) -> Iterator[Finding]:
    """Find jumps that stay: like a split nobody adjusted for, like another currency, or merely large.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D304: the close over the one before is near a whole number or one over it; on the mainland it is below what the
        board's price limit allows. Splits and scrip dividends that the market knows of explain theirs. D319: it is near
        an exchange rate instead. D326: any other move of 45 % or more, the largest of each name first.
    """
    unexplained = ~_explained(panel)
    below = _below_limits(panel)
    there, back = _spikes(panel)
    unexplained &= ~_few_ticks(panel)
    kinds: dict[str, dict[int, list[str]]] = {"D304": {}, "D319": {}, "D326": {}}
    candidates = ((np.abs(panel.moves) > STAYS) | below) & unexplained & ~there & ~back
    cells = np.argwhere(candidates)
    for row, column in cells[np.argsort(-np.abs(panel.moves[tuple(cells.T)]), kind="stable")].tolist():
        size = float(np.exp(abs(panel.moves[row, column])))
        said = _jump_text(panel, row, column)
        currency = _near_rate(panel, row, column, size)
        if currency:
            kinds["D319"].setdefault(column, []).append(f"{said}, near the rate of {currency}")
        else:
            check = "D304" if below[row, column] or _near_split(size) else "D326"
            kinds[check].setdefault(column, []).append(said)
    for check, (what, do) in JUMPS.items():
        yield from panel.by_file(check, what, kinds[check], do, most=MOST_CASES)


JUMPS = {
    "D304": (
        "closes jump as if a split had not been adjusted for",
        "Add the split to actions, or adjust the prices before it.",
    ),
    "D319": (
        "closes jump as if they went on in another currency",
        "Give each listing in its venue's currency throughout.",
    ),
    "D326": (
        "closes move by 45 % or more in a session, and stay",
        "Such moves are real now and then: look up those of names that matter.",
    ),
}


def check_spikes(panel: Panel) -> Iterator[Finding]:
    """Find closes that leave their level for one session.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D305: a move of half or more, three quarters of it gone at the next close.
    """
    there, _ = _spikes(panel)
    cases: dict[int, list[str]] = {}
    for row, column in np.argwhere(there & ~_few_ticks(panel)).tolist():
        cases.setdefault(column, []).append(_jump_text(panel, row, column))
    yield from panel.by_file(
        "D305", "closes leave their level for one session", cases, "Look them up elsewhere.", most=MOST_CASES
    )


def check_ranges(panel: Panel) -> Iterator[Finding]:
    """Find opens and closes outside their session's range.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D303.
    """
    market = panel.market
    slack = RANGE_TOLERANCE[market.price_basis]
    top, bottom = market.high * (1 + slack), market.low * (1 - slack)
    upside_down = market.high < market.low * (1 - slack)
    outside = {
        "high below low": upside_down,
        "close": ((market.close > top) | (market.close < bottom)) & ~upside_down,
        "open": ((market.open > top) | (market.open < bottom)) & ~upside_down,
    }
    cases: dict[int, list[str]] = {}
    for what, wrong in outside.items():
        for column in np.flatnonzero(wrong.any(axis=0)).tolist():
            rows = np.flatnonzero(wrong[:, column])
            more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            cases.setdefault(column, []).append(f"{what} on {panel.day(rows[0])}{more}")
    yield from panel.by_file(
        "D303", "prices lie outside their session's range of low to high", cases, "Orders fill at opens and closes."
    )


def check_still(panel: Panel) -> Iterator[Finding]:
    """Find stretches in which a close repeats while the venue trades: filled forward, not traded.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D306: the close repeats that of the session before for five sessions or more without volume, or without a range;
        or, where volume is not known, longer than the habit of the name's other closes makes likely.
    """
    market = panel.market
    repeats = panel.moves == 0
    count = np.cumsum(repeats, axis=0)
    broken = panel.priced & ~repeats
    length = count - np.maximum.accumulate(np.where(broken, count, 0), axis=0)
    cases: dict[int, list[str]] = {}
    for column in np.flatnonzero(length.max(axis=0, initial=0) >= STILL_SESSIONS).tolist():
        rows = np.flatnonzero(panel.priced[:, column])
        run = length[rows, column]
        for end in np.flatnonzero((run >= STILL_SESSIONS) & (np.append(run[1:], 0) == 0)):
            stretch = rows[end - run[end] + 1 : end + 1]
            volume = market.volume[stretch, column]
            is_unknown = bool(np.isnan(volume).all())
            # The name's habit is that of its other closes: one that stands still throughout has no other.
            n_others = len(rows) - len(stretch)
            habit = (repeats[rows, column].sum() - len(stretch)) / n_others if n_others > STILL_SESSIONS else 0.0
            if is_unknown and len(rows) * habit ** len(stretch) > CHANCE:
                continue
            bars = [getattr(market, field)[stretch, column] for field in ("open", "high", "low")]
            at = market.close[stretch[0], column]
            is_flat = at > PENNY and all((bar == at).all() for bar in bars)
            if is_unknown or is_flat or not (volume > 0).any():
                said = f"from {panel.day(stretch[0])} to {panel.day(stretch[-1])} ({len(stretch)} sessions)"
                cases.setdefault(column, []).append(said)
    yield from panel.by_file(
        "D306",
        "closes stand still while the venue trades",
        cases,
        "A suspension filled forward is no trading: leave such closes empty.",
        most=MOST_CASES,
    )


def _explained(panel: Panel) -> Mask:
    """Mark the closes of ex dates of splits and scrip dividends."""
    market = panel.market
    known = np.zeros(market.close.shape, dtype=bool)
    actions = market.actions
    for symbol, kind, day in zip(actions.symbol, actions.kind, actions.ex_date, strict=True):
        if kind in (SPLIT, SCRIP):
            column = int(market.columns([symbol])[0])
            later = np.flatnonzero(panel.priced[:, column] & (market.dates >= day))
            known[later[:1], column] = True
    return known


def _spikes(panel: Panel) -> tuple[Mask, Mask]:
    """Mark closes that leave their level for one session, and those that return to it."""
    there, back = np.zeros(panel.moves.shape, dtype=bool), np.zeros(panel.moves.shape, dtype=bool)
    for row, column in np.argwhere(np.abs(panel.moves) > SPIKE).tolist():
        later = np.flatnonzero(panel.priced[row + 1 :, column])
        if len(later) and not there[row, column] and not back[row, column]:
            move, following = panel.moves[row, column], panel.moves[row + 1 + later[0], column]
            if abs(move + following) < SPIKE_BACK * abs(move):
                there[row, column] = back[row + 1 + later[0], column] = True
    return there, back


def _jump_text(panel: Panel, row: int, column: int) -> str:
    factor = float(np.exp(panel.moves[row, column]))
    return f"on {panel.day(row)} ({panel.market.close[row, column]:g}, {factor:.3g} times the close before)"


def _few_ticks(panel: Panel) -> Mask:
    """Mark moves of a few cents of prices of some cents: there every step is a large one."""
    found: Mask = np.abs(panel.market.close - panel.before) < FEW_CENTS
    return found


def _near_split(size: float) -> bool:
    return bool((np.abs(size / SPLITS - 1) < SPLIT_TOLERANCE).any())


def _below_limits(panel: Panel) -> Mask:
    """Mark closes below what the price limit of their board allows; NaN limits, as in first sessions, allow all."""
    market = panel.market
    found = np.zeros(market.close.shape, dtype=bool)
    for code in limited_venues() & set(panel.venues):
        columns = panel.venues[code]
        names = tuple(market.symbols[column] for column in columns)
        first = market.dates[np.minimum(panel.first[columns], len(market.dates) - 1)]
        stated = np.array([market.instruments[name].listed for name in names], dtype="datetime64[D]")
        listed = np.where(np.isnat(stated), first, stated)
        down, _ = price_limits(code, names, market.dates, panel.before[:, columns], listed)
        found[:, columns] = market.close[:, columns] < down * (1 - LIMIT_SLACK)
    return found


def _near_rate(panel: Panel, row: int, column: int, size: float) -> str:
    """Name the currency whose rate against the name's own is the size of a jump, or nothing."""
    market = panel.market
    own = market.instruments[market.symbols[column]].currency
    stamp = np.array([market.dates[row].astype("datetime64[ns]").astype(np.int64)])
    for other in ("USD", "HKD", "CNY"):
        if other != own and market.fx.links(own, other):
            rate = float(market.fx.rates_at(stamp, own, [other])[0, 0])
            if rate > 0 and max(rate, 1 / rate) > 1.5 and abs(size / max(rate, 1 / rate) - 1) < FX_TOLERANCE:
                return f"{other} in {own}"
    return ""
