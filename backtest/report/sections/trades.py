"""All trades, packed for the page to search and sort; the last of them as a table."""

import json
from typing import Any

import numpy as np
import pandas as pd

from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.packing import packed
from backtest.report.sections.events import statement
from backtest.report.tables import Table, day, number, percent, shares, stamp
from backtest.report.writing import counted

N_TRADES = 20


def trades_section(frames: Frames) -> Section:
    """Show the trades and the last statement.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    result, trades = frames.result, frames.trades
    n_trades = len(trades)
    if not n_trades:
        return Section(key="trades", title="Trades and statement", paragraphs=("There were no trades.",))
    exhibits = (
        Exhibit(
            title=f"Statement of {day(result.dates[-1])}",
            caption=(
                "In the currency of each row; receivable and payable are trades not yet settled. statement.csv holds "
                "every date."
            ),
            says=_at_the_end(frames),
            table=statement(result),
        ),
    )
    content = {
        "n_trades": n_trades,
        "last": last_trades(frames),
        "said": _traded(frames),
        "packed": packed(json.dumps(columns(frames), separators=(",", ":"), allow_nan=False)),
    }
    return Section(key="trades", title="Trades and statement", exhibits=exhibits, content=content, has_template=True)


def columns(frames: Frames) -> dict[str, Any]:
    """Give all trades as columns of small numbers.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    dict
        `symbols`, `venues`, `currencies`: what the columns of the same name, singular, count in; `filled` and
        `decided`, minutes since 1970, UTC; `shares` below zero where sold; `price`, `notional` and `cost` in the
        trade's currency, rounded as they are shown.
    """
    trades = frames.trades
    packed_columns: dict[str, Any] = {}
    for plural, name in (("symbols", "symbol"), ("venues", "venue"), ("currencies", "currency")):
        values, codes = np.unique(trades[name].to_numpy(dtype=str), return_inverse=True)
        packed_columns |= {plural: values.tolist(), name: codes.tolist()}
    for name in ("filled", "decided"):
        packed_columns[name] = _minutes(trades[name])
    for name, digits in (("shares", 2), ("price", 4), ("notional", 0), ("cost", 2)):
        amounts = trades[name].to_numpy(dtype=np.float64)
        rounded = np.round(np.abs(amounts) if name == "notional" else amounts, digits)
        packed_columns[name] = [int(value) if value == int(value) else value for value in rounded.tolist()]
    return packed_columns


def _minutes(stamps: pd.Series) -> list[int]:
    minutes: list[int] = (pd.DatetimeIndex(stamps).as_unit("s").asi8 // 60).tolist()
    return minutes


def last_trades(frames: Frames) -> Table:
    """Give the last trades.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Table
        In order of fill; notional and costs in the trade's currency.
    """
    rows = tuple(
        (
            stamp(row["filled"]),
            row["symbol"],
            row["venue"],
            row["side"],
            shares(abs(row["shares"])),
            number(row["price"], 2),
            number(abs(row["notional"])),
            number(row["cost"], 2),
            row["currency"],
            stamp(row["decided"]),
        )
        for row in frames.trades.tail(N_TRADES).to_dict("records")
    )
    head = (
        "Filled, UTC",
        "Symbol",
        "Venue",
        "Side",
        "Shares",
        "Price",
        "Notional",
        "Costs",
        "Currency",
        "Decided, UTC",
    )
    return Table(head=head, rows=rows, align="llllrrrrll")


def _traded(frames: Frames) -> str:
    trades = frames.trades
    traded, cost = float(trades["notional_base"].sum()), float(trades["cost_base"].sum())
    n_names = trades["symbol"].nunique()
    moved = f"{counted(len(trades), 'fill')} in {counted(n_names, 'name')} moved {number(traded)} {frames.base}"
    if cost == 0:
        return f"{moved}; nothing was charged for them."
    return f"{moved} and cost {number(cost)}, {percent(cost / traded, 3)} of it."


def _at_the_end(frames: Frames) -> str:
    last = frames.result.statement.xs(frames.result.dates[-1], level="date")["value"]
    foreign = float(last.drop(frames.base).sum()) / float(last.sum())
    return f"{percent(foreign, 0)} of NAV was in other currencies than {frames.base}."
