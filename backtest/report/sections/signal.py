"""The signal, the decisions it triggered, and the trades they caused."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from backtest.report.charts.signal import (
    parts_figure,
    reading_within,
    score_figure,
    share_figure,
    since_first,
    value_figure,
)
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table, day, number, percent, points, signed
from backtest.report.triggers import triggers
from backtest.report.verdict import n_moves
from backtest.report.writing import counted, listed
from strategies.closings import closings

N_TRIGGERS, N_TALL = 60, 25


def signal(frames: Frames) -> Section:
    """Show the signal and what came of it.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    reading, found = frames.result.plan.reading, triggers(frames)
    exhibits = (
        Exhibit(
            key="score",
            title="Signal score at decisions",
            caption=f"{_capital(reading.origin)}; {reading.score_label}. Triangles are changes of the share asked for.",
            says=_scored(frames),
            figure=score_figure(frames.result),
        ),
        Exhibit(
            key="value",
            title="Signal value",
            caption=f"{_capital(reading.value_label)}, at every close of the decision venue.",
            says=_valued(frames),
            figure=value_figure(frames.result),
            is_half=True,
        ),
        Exhibit(
            key="share",
            title="Share of the destination",
            caption="Asked for at each decision, and held at each mark: orders fill later, and prices move shares.",
            says=_shared(frames),
            figure=share_figure(frames.result),
            is_half=True,
        ),
        *_parts(frames),
        *_closings(frames),
        Exhibit(
            title="What each trigger did",
            caption=(
                "One row for each decision that changed the share of the destination. Fills are those of that "
                "decision, its rebalancing included; orders cut or waiting are counted by name. The last columns are "
                "returns from the decision to the next trigger, and their difference times NAV." + _shown(found)
            ),
            says=_paid(found, frames.base),
            table=trigger_table(found, frames.base) if len(found) else None,
            look="tall" if len(found) > N_TALL else "",
        ),
    )
    return Section(key="signal", title="Signal, triggers and the trades they caused", exhibits=exhibits)


def trigger_table(found: pd.DataFrame, base: str) -> Table:
    """List triggers.

    Parameters
    ----------
    found : DataFrame
        As `backtest.report.triggers.triggers` gives it.
    base : str
        Base currency.

    Returns
    -------
    Table
        Of more than 60 triggers those with the largest change of share, in order of date.
    """
    chosen = np.sort(np.argsort(-(found["after"] - found["before"]).abs().to_numpy(), kind="stable")[:N_TRIGGERS])
    rows = tuple(_row(row) for row in found.iloc[chosen].to_dict("records"))
    head = (
        "Decided",
        "Score",
        "Why",
        "Share of destination",
        "Fills",
        "First fill",
        "Last fill",
        f"Traded, {base}",
        f"Cost, {base}",
        "Cut or waiting",
        "Rotation",
        "Constant mix",
        "Points",
        f"Gained, {base}",
    )
    return Table(head=head, rows=rows, align="lrlrrllrrrrrrr")


def _row(one: Mapping[Hashable, Any]) -> tuple[str, ...]:
    return (
        day(one["decided"]),
        number(one["score"], 2),
        one["why"],
        f"{percent(one['before'], 0)} → {percent(one['after'], 0)}",
        number(one["n_fills"]),
        day(one["first_fill"]),
        day(one["last_fill"]),
        number(one["notional"]) if one["n_fills"] else MISSING,
        number(one["cost"]) if one["n_fills"] else MISSING,
        number(one["waited"]) if one["waited"] else MISSING,
        percent(one["return"]),
        percent(one["mix_return"]),
        points(one["return"] - one["mix_return"]),
        signed(one["gained"]),
    )


def _capital(text: str) -> str:
    # A name as it is written in data, such as pe_ttm, stays so.
    return text if "_" in text.partition(" ")[0] else text[:1].upper() + text[1:]


def _shown(found: pd.DataFrame) -> str:
    return f" The {N_TRIGGERS} largest of {len(found)} changes are shown." if len(found) > N_TRIGGERS else ""


def _scored(frames: Frames) -> str:
    score, moves = frames.result.plan.score, n_moves(frames.result)
    read = np.isfinite(score)
    if not read.any():
        return "There was no score at any decision."
    return (
        f"A score was known at {number(read.sum())} of {number(len(score))} decisions; it was "
        f"{number(score[read][-1], 2)} at the last, and the share asked for changed {counted(moves, 'time')}."
    )


def _valued(frames: Frames) -> str:
    _, value = reading_within(frames.result, frames.result.plan.reading.value)
    read = np.flatnonzero(np.isfinite(value))
    if not len(read):
        return "There was no reading."
    positive = float((value[read] > 0).mean())
    return f"Above zero at {percent(positive, 0)} of the closes with a reading."


def _parts(frames: Frames) -> tuple[Exhibit, ...]:
    reading = frames.result.plan.reading
    if not reading.parts:
        return ()
    moved = {name: since_first(reading_within(frames.result, path)[1]) for name, path in reading.parts.items()}
    last = {name: path[np.isfinite(path)][-1] for name, path in moved.items() if np.isfinite(path).any()}
    digits = 2 if max(map(abs, last.values()), default=1.0) >= 0.1 else 4
    said = listed([f"{name} {signed(value, digits)}" for name, value in last.items()])
    says = f"Since the first reading: {said}."
    exhibit = Exhibit(
        key="parts",
        title="What moved the value",
        caption="Its parts, added up since the first reading of the run; their changes add up to those of the value.",
        says=says if last else "",
        figure=parts_figure(frames.result),
    )
    return (exhibit,)


def _closings(frames: Frames) -> tuple[Exhibit, ...]:
    """Split what the value did over each spell in the destination, for a signal that has parts."""
    reading, found = frames.result.plan.reading, closings(frames.result.plan)
    if not reading.parts or not len(found):
        return ()
    parts, whole = list(reading.parts), found.dropna(subset=["closing"])
    digits = 2 if float(found[["value_entered", "value_left"]].abs().max().max()) >= 0.1 else 4
    rows = tuple(
        (
            day(row["entered"]),
            "not yet" if pd.isna(row["left"]) else day(row["left"]),
            number(row["value_entered"], digits),
            number(row["value_left"], digits),
            *(signed(row[name], digits) for name in ("closing", *parts)),
        )
        for row in found.to_dict("records")
    )
    head = ("Entered", "Left", "Value then", "Value after", "Closing", *(f"by {name}" for name in parts))
    exhibit = Exhibit(
        title="What closed it while the destination was held",
        caption=(
            "Closing is what the value fell by, in its own unit: above zero, the discount narrowed. Only what prices "
            "closed was earned; earnings that changed, and jumps of the basis, were not."
        ),
        says=_closed(whole, parts, digits),
        table=Table(head=head, rows=rows, align="ll" + "r" * (len(head) - 2)),
    )
    return (exhibit,)


def _closed(whole: pd.DataFrame, parts: list[str], digits: int) -> str:
    if not len(whole):
        return ""
    closing, total = float(whole["closing"].sum()), whole[parts].sum()
    moved = "closed" if closing >= 0 else "widened"
    said = listed([f"{name} {signed(float(total[name]), digits)}" for name in parts])
    return f"Over {counted(len(whole), 'spell')} it {moved} by {number(abs(closing), digits)}; of its closing, {said}."


def _shared(frames: Frames) -> str:
    result = frames.result
    if not len(result.dates):
        return ""
    asked, held = float(result.plan.share[-1]), float(result.basket_shares["destination"].iloc[-1])
    return f"At the end {percent(asked, 0)} was asked for and {percent(held)} held."


def _paid(found: pd.DataFrame, base: str) -> str:
    known = found[found["gained"].notna()]
    if not len(known):
        return "No trigger can be judged." if len(found) else "The share never changed, so there was no trigger."
    if len(known) == 1:
        gained = float(known["gained"].iloc[0])
        brought = f"{'brought' if gained >= 0 else 'cost'} {number(abs(gained))} {base}"
        return f"The one trigger, of {day(known['decided'].iloc[0])}, {brought} against the constant mix."
    best, worst = known.iloc[int(known["gained"].argmax())], known.iloc[int(known["gained"].argmin())]
    if not known["gained"].any():
        return "No trigger changed NAV against the constant mix."
    won, untraded = int((known["gained"] > 0).sum()), int((found["n_fills"] == 0).sum())
    left = f" {counted(untraded, 'trigger')} never traded." if untraded else ""
    if not won:
        return (
            f"None of {number(len(known))} triggers paid against the constant mix. The least dear, of "
            f"{day(best['decided'])}, cost {number(-best['gained'])} {base}; the dearest, of {day(worst['decided'])}, "
            f"{number(-worst['gained'])}.{left}"
        )
    return (
        f"{won} of {number(len(known))} triggers paid against the constant mix. The best, of "
        f"{day(best['decided'])}, made {signed(best['gained'])} {base}; the worst, of {day(worst['decided'])}, "
        f"{signed(worst['gained'])}."
    )
