"""The worst and the best days, explained."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table, day, percent, points
from backtest.report.writing import counted
from data.checks.finding import relevant

N_DAYS, N_NAMES = 10, 3


def extreme_days(frames: Frames) -> Section:
    """Explain the worst and the best days.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    returns = frames.result.returns.to_numpy()
    order = np.argsort(returns, kind="stable")
    worst = order[returns[order] < 0][:N_DAYS]
    best = order[::-1][returns[order[::-1]] > 0][:N_DAYS]
    by_name = name_returns(frames)
    exhibits = (
        Exhibit(
            title=_title(len(worst), "worst"),
            caption=(
                "Return of NAV from mark to mark. Held: source and destination at the mark before. Names: those that "
                "cost the most, in points of return, price, currency and dividends together. Currency: what exchange "
                "rates did, in points. Doubts: warnings about the data that name the date."
            ),
            says=_joint(frames, worst, falls=True),
            table=days_table(frames, worst, by_name),
        ),
        Exhibit(
            title=_title(len(best), "best"),
            caption="As above; names are those that gained the most.",
            says=_joint(frames, best, falls=False),
            table=days_table(frames, best, by_name),
        ),
    )
    return Section(key="days", title="Worst and best days", exhibits=tuple(one for one in exhibits if one.table.rows))  # type: ignore[union-attr]


def name_returns(frames: Frames) -> NDArray[np.float64]:
    """Say what each name did to NAV, date by date.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    ndarray of shape (n_dates, n_names)
        P&L of price, currency and dividends over the NAV before.
    """
    found, n_names = frames.contributions, len(frames.result.prepared.names)
    gained = (found.price + found.currency + found.dividends)[:, :n_names]
    return gained / _nav_before(frames)[:, None]


def _nav_before(frames: Frames) -> NDArray[np.float64]:
    return np.concatenate([[frames.result.opening_nav], frames.result.nav.to_numpy()[:-1]])


def days_table(frames: Frames, steps: NDArray[np.intp], by_name: NDArray[np.float64]) -> Table:
    """List some dates with what explains them.

    Parameters
    ----------
    frames : Frames
    steps : ndarray of int
        Positions among the dates.
    by_name : ndarray of shape (n_dates, n_names)
        As `name_returns` gives it.

    Returns
    -------
    Table
    """
    result = frames.result
    returns = {name: run.returns.to_numpy() for name, run in frames.runs.items()}
    compared = [name for name in ("constant mix", "hold source", "hold destination") if name in returns]
    shares = result.basket_shares
    currency = frames.bridge["currency"].to_numpy() / _nav_before(frames)
    rows = []
    for step in steps.tolist():
        held = shares.iloc[step - 1] if step else None
        rows.append(
            (
                day(result.dates[step]),
                percent(returns["rotation"][step], 2),
                *(percent(returns[name][step], 2) for name in compared),
                MISSING if held is None else f"{percent(held['source'], 0)} / {percent(held['destination'], 0)}",
                _names(result.prepared.names, by_name[step], falls=bool(returns["rotation"][step] < 0)),
                points(currency[step], 2),
                ", ".join(doubts(frames, result.dates[step])) or MISSING,
            )
        )
    head = (
        "Date",
        "Rotation",
        *(name.capitalize() for name in compared),
        "Held",
        "Names, points",
        "Currency, points",
        "Doubts",
    )
    return Table(head=head, rows=tuple(rows), align="lr" + "r" * len(compared) + "rlrl")


def _title(n: int, which: str) -> str:
    return f"The {which} day" if n == 1 else f"The {n} {which} days"


def _names(names: tuple[str, ...], gained: NDArray[np.float64], *, falls: bool) -> str:
    order = np.argsort(gained if falls else -gained, kind="stable")[:N_NAMES]
    kept = [i for i in order if (gained[i] < 0 if falls else gained[i] > 0)]
    return ", ".join(f"{names[i]} {points(float(gained[i]), 2)}" for i in kept) or MISSING


def doubts(frames: Frames, date: pd.Timestamp) -> list[str]:
    """Name the checks of the data that found something on a date.

    Parameters
    ----------
    frames : Frames
    date : Timestamp

    Returns
    -------
    list of str
        Number of the check and the name it is about, or how many: "D305 0700.HK", "D305 3 names".
    """
    market, written = frames.result.market, f"{date:%Y-%m-%d}"
    found = []
    for one in relevant(market.findings, market.symbols, market.holdable):
        subjects = list(dict.fromkeys(case.subject for case in one.cases if written in case.text))
        if subjects:
            found.append(f"{one.check} {subjects[0] if len(subjects) == 1 else counted(len(subjects), 'name')}")
        elif not one.cases and written in one.what:
            found.append(one.check)
    return found


def _joint(frames: Frames, steps: NDArray[np.intp], *, falls: bool) -> str:
    if not len(steps):
        return ""
    source = frames.runs["hold source"].returns.to_numpy()[steps]
    n = int((source < 0).sum() if falls else (source > 0).sum())
    total = float(np.prod(1.0 + frames.result.returns.to_numpy()[steps]) - 1.0)
    moved, did = ("fell", "cost") if falls else ("rose", "made")
    if len(steps) == 1:
        return f"The source {moved} too." if n else f"The source {'rose' if falls else 'fell'} or stood still."
    return f"On {n} of the {len(steps)} the source {moved} too; together these days {did} {percent(abs(total))}."
