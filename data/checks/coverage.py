"""Checks of what is there: sessions without a price, unknown opens and volumes, names that begin late or end early."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.actions import TERMINAL
from data.checks.finding import Case, Finding
from data.checks.panel import Mask, Panel

LATE_SESSIONS = 5  # a name that begins within a week of its venue's first price begins with it
EARLY_SESSIONS = 5
QUIET_DAYS = 14  # a golden week of the mainland is 11 days
SURVIVORS, SURVIVORS_SESSIONS = 30, 1250  # names, and five years of sessions
SILENT = 0.95  # of the names: one of them may have an odd lot
FEWEST_NAMES = 3  # whose volumes say something of a venue's day


def check_sessions(panel: Panel) -> Iterator[Finding]:
    """Find sessions without a price, of a name and of a whole venue.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D309: a name has no close on sessions between its first and its last. D310: no name of the venue has.
    """
    rows = np.arange(len(panel.market.dates))[:, None]
    cases: dict[int, list[str]] = {}
    for code, columns in panel.venues.items():
        priced = panel.priced[:, columns]
        any_price = priced.any(axis=1)
        held = panel.held[code]
        span = np.flatnonzero(any_price)
        dark = held & ~any_price
        if len(span):
            dark[: span[0]] = dark[span[-1] :] = False
        if dark.any():
            days = [panel.day(row) for row in np.flatnonzero(dark).tolist()]
            files = ", ".join(sorted({panel.files[column] for column in columns}))
            yield Finding(
                "D310",
                f"{files}: no name has a price on sessions that were held",
                cases=tuple(Case(code, f"on {day}") for day in days),
                do="Nothing trades there on those days.",
            )
        lacking = (held & ~dark)[:, None] & ~priced & (rows > panel.first[columns]) & (rows < panel.last[columns])
        for place in np.flatnonzero(lacking.any(axis=0)).tolist():
            gaps = np.flatnonzero(lacking[:, place])
            cases[int(columns[place])] = [_gap_text(panel, gaps, held)]
    yield from panel.by_file(
        "D309",
        "names have no close on sessions that were held",
        cases,
        "Suspended, or lost by the source: the last close counts until the next.",
    )


def _gap_text(panel: Panel, gaps: NDArray[np.intp], held: Mask) -> str:
    """Say how many sessions lack, and which stretch of them is the longest."""
    session = np.cumsum(held)[gaps]
    starts = np.flatnonzero(np.diff(session, prepend=session[0] - 2) > 1)
    ends = np.append(starts[1:], len(gaps)) - 1
    longest = int(np.argmax(session[ends] - session[starts]))
    first, last = panel.day(gaps[starts[longest]]), panel.day(gaps[ends[longest]])
    if len(gaps) == 1:
        return f"on {first}"
    said = f"{len(gaps)} sessions"
    stretch = f"on {first}" if first == last else f"from {first} to {last}"
    return f"{said}, {stretch}" if len(starts) == 1 else f"{said}, at the longest {stretch}"


def check_spans(panel: Panel) -> Iterator[Finding]:
    """Find names that begin after their venue's prices do, or end before.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D312: begins late: listed then, or without its history before. D313: ends early and no delisting is stated.
    """
    market = panel.market
    late: dict[int, list[str]] = {}
    early: dict[int, list[str]] = {}
    ended = panel.ended
    for code, columns in panel.venues.items():
        sessions = np.cumsum(panel.held[code])
        present = columns[panel.last[columns] >= 0]
        if not len(present):
            continue
        begins, ends = sessions[panel.first[present].min()], sessions[panel.last[present].max()]
        for column in present.tolist():
            one = market.instruments[market.symbols[column]]
            first, last = panel.first[column], panel.last[column]
            if sessions[first] - begins > LATE_SESSIONS:
                is_new = one.listed is None or abs((market.dates[first] - one.listed).astype(int)) <= 7
                listed = "" if is_new else f" (lists on {one.listed}: its history before is not there)"
                late[column] = [f"from {panel.day(first)}{listed}"]
            if ends - sessions[last] > EARLY_SESSIONS and market.symbols[column] not in ended:
                early[column] = [f"on {panel.day(last)}"]
    ends_of = {code: int(panel.last[columns].max()) for code, columns in panel.venues.items()}
    for code, row in ends_of.items():
        files = ", ".join(sorted({panel.files[column] for column in panel.venues[code]}))
        if row >= 0 and (market.dates[max(ends_of.values())] - market.dates[row]).astype(int) > QUIET_DAYS:
            yield Finding(
                "D313",
                f"{files}: a venue ends before the others do",
                cases=(Case(code, f"on {panel.day(row)}"),),
                do="From then on nothing trades there.",
            )
    yield from panel.by_file(
        "D312", "names begin later than their venue's prices", late, "Before that they cannot be held or read."
    )
    yield from panel.by_file(
        "D313",
        "names end before their venue's prices do",
        early,
        "State 'delisted' in instruments, or the last price counts on and on.",
    )


def check_opens(panel: Panel) -> Iterator[Finding]:
    """Find closes without an open.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D311.
    """
    lacking = panel.priced & np.isnan(panel.market.open)
    n_lacking, n_priced = lacking.sum(axis=0), panel.priced.sum(axis=0)
    cases: dict[int, list[str]] = {}
    for column in np.flatnonzero(n_lacking).tolist():
        last = panel.day(np.flatnonzero(lacking[:, column])[-1])
        some = f"on {n_lacking[column]:,} of {n_priced[column]:,} sessions, the last {last}"
        cases[column] = ["on any session" if n_lacking[column] == n_priced[column] else some]
    yield from panel.by_file("D311", "opens are not known", cases, "A fill at the open is one at the close there.")


def check_volumes(panel: Panel) -> Iterator[Finding]:
    """Find sessions on which no name of a venue has volume.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D307: nineteen names of twenty: half days, as some sources have them. Volume 0 is no suspension there.
    """
    volume = panel.market.volume
    for code, columns in panel.venues.items():
        known = panel.priced[:, columns] & ~np.isnan(volume[:, columns])
        without = known & (volume[:, columns] == 0)
        n_known = known.sum(axis=1)
        silent = panel.held[code] & (n_known >= FEWEST_NAMES) & (without.sum(axis=1) >= SILENT * n_known)
        days = [panel.day(row) for row in np.flatnonzero(silent).tolist()]
        if days:
            files = ", ".join(sorted({panel.files[column] for column in columns}))
            yield Finding(
                "D307",
                f"{files}: names have no volume on sessions that were held, as if they were half days",
                cases=tuple(Case(code, f"on {day}") for day in days),
                do="Prices of such days count; a bound on participation has nothing to go by.",
            )


def check_survivors(panel: Panel) -> Iterator[Finding]:
    """See whether any name of a long panel has ended.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D323: none of thirty names or more of a venue ended in five years or more. Some do: such a list was drawn up at
        its end.
    """
    market = panel.market
    ended = panel.ended
    cases = []
    for code, columns in panel.venues.items():
        sessions = np.cumsum(panel.held[code])
        present = columns[panel.last[columns] >= 0]
        if len(present) < SURVIVORS or sessions[-1] < SURVIVORS_SESSIONS:
            continue
        last = panel.last[present]
        all_live = bool((sessions[last.max()] - sessions[last] <= EARLY_SESSIONS).all())
        if all_live and not ended.intersection(market.symbols[column] for column in present.tolist()):
            cases.append(Case(code, f"{len(present)} names to {panel.day(int(last.max()))}"))
    if cases:
        yield Finding(
            "D323",
            f"{', '.join(sorted(set(panel.files)))}: no name ever ended",
            cases=tuple(cases),
            do="Lists of today's names carry the survivors' bias: what failed is not in them.",
        )


def check_ended(panel: Panel) -> Iterator[Finding]:
    """Find prices after the end of a listing.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D317: the holding has ended then, and they are not used.
    """
    market = panel.market
    cases: dict[int, list[str]] = {}
    for symbol, kind, day in zip(market.actions.symbol, market.actions.kind, market.actions.ex_date, strict=True):
        if kind == TERMINAL:
            column = int(market.columns([symbol])[0])
            late = np.flatnonzero(panel.priced[:, column] & (market.dates >= day))
            if len(late):
                cases[column] = [f"on {panel.day(int(late[0]))}, after its last day {day - 1} ({len(late)} closes)"]
    yield from panel.by_file(
        "D317", "prices after a delisting", cases, "They are not used. Mend the day, or drop them."
    )
