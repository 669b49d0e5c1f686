"""Ways to break a market folder, of its tables or of its files once they are written."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from tests.folders import Tables, rows_of, sessions

DAY = "2023-11-15"
PRICES = ("open", "high", "low", "close")


def cell(table: str, column: str, value: object, **where: object) -> Callable[[Tables], None]:
    """Set a column in the rows chosen."""

    def change(tables: Tables) -> None:
        frame = tables[table]
        chosen = rows_of(frame, **where)
        assert len(chosen)
        if not isinstance(value, (int, float)):
            frame[column] = frame[column].astype(object)
        frame.loc[chosen, column] = value

    return change


def scaled(
    table: str, columns: Iterable[str], factor: float, first: str, last: str = "9999", **where: object
) -> Callable[[Tables], None]:
    """Multiply columns between two dates."""

    def change(tables: Tables) -> None:
        frame = tables[table]
        chosen = np.zeros(len(frame), dtype=bool)
        chosen[rows_of(frame, **where)] = True
        chosen &= ((frame["date"] >= first) & (frame["date"] <= last)).to_numpy()
        assert chosen.any()
        for column in columns:
            frame.loc[chosen, column] = (frame.loc[chosen, column] * factor).round(2)

    return change


def dropped(table: str, first: str, last: str = "9999", **where: object) -> Callable[[Tables], None]:
    """Drop rows between two dates."""

    def change(tables: Tables) -> None:
        frame = tables[table]
        chosen = np.zeros(len(frame), dtype=bool)
        chosen[rows_of(frame, **where)] = True
        chosen &= ((frame["date"] >= first) & (frame["date"] <= last)).to_numpy()
        assert chosen.any()
        tables[table] = frame[~chosen].reset_index(drop=True)

    return change


def first_cell(table: str, column: str, value: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table][column] = [value, *tables[table][column][1:]]

    return change


def renamed(table: str, column: str, other: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = tables[table].rename(columns={column: other})

    return change


def moved_to_second(table: str, row: int) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        frame = tables[table]
        order = [0, row, *(i for i in range(1, len(frame)) if i != row)]
        tables[table] = frame.iloc[order].reset_index(drop=True)

    return change


def turned_round(tables: Tables) -> None:
    frame = tables["fx"]
    rows = rows_of(frame, quote="HKD")
    frame.loc[rows, "rate"] = 1 / frame.loc[rows, "rate"]


def fraction_from_day(tables: Tables) -> None:
    frame = tables["rates"]
    frame.loc[frame["date"] >= DAY, "value"] = 0.0533


def absurd_split(tables: Tables) -> None:
    frame = tables["actions"]
    frame["kind"], frame["amount"] = ["split", "dividend"], [1e-12, 0.6]


def other_dividend(tables: Tables) -> None:
    frame = tables["prices"]
    frame["dividends"] = np.where((frame["symbol"] == "UA") & (frame["date"] == "2024-02-08"), 0.5, 0.0)


def repeated(table: str, row: int) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = pd.concat([tables[table], tables[table].iloc[[row]]], ignore_index=True)

    return change


def added(table: str, **cells: object) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = pd.concat([tables[table], pd.DataFrame([cells])], ignore_index=True)

    return change


def still(tables: Tables) -> None:
    """HA stands still for eight sessions without volume, as a suspension filled forward."""
    frame = tables["prices"]
    rows = rows_of(frame, symbol="HA")[100:108]
    frame.loc[rows, ["open", "high", "low", "close"]] = frame.loc[rows[0] - 1, "close"]
    frame.loc[rows, "volume"] = 0


def straight(tables: Tables) -> None:
    frame = tables["fx"]
    rows = rows_of(frame, quote="HKD")[50:70]
    days = frame.loc[rows, "date"].to_numpy().astype("datetime64[D]").astype(float)
    frame.loc[rows, "rate"] = np.round(7.80 + 0.0004 * (days - days[0]), 5)


def survivors(tables: Tables) -> None:
    """Thirty names over six years, none of which ends."""
    days = sessions("XNYS", np.datetime64("2018-01-02"), np.datetime64("2023-12-29"))
    rng = np.random.default_rng(1)
    close = np.round(
        50 * np.exp(0.05 * np.sin(np.arange(len(days)) / 90)[:, None] + rng.normal(0, 0.004, (len(days), 30))), 2
    )
    names = [f"S{i:02d}" for i in range(30)]
    for table in [*tables]:
        if table != "prices":
            del tables[table]
    tables["prices"] = pd.DataFrame(
        {
            "date": np.repeat(days.astype(str), 30),
            "symbol": np.tile(names, len(days)),
            "venue": "XNYS",
            "currency": "USD",
            "open": close.ravel(),
            "close": close.ravel(),
        }
    )


def shifted(tables: Tables) -> None:
    """Eight names with a common move, one of which is dated a session late."""
    days = sessions("XNYS")
    rng = np.random.default_rng(2)
    moves = 0.012 * rng.standard_normal((len(days), 1)) + 0.008 * rng.standard_normal((len(days), 8))
    moves[1:, 0] = moves[:-1, 0]
    moves[0, 0] = 0.0
    close = (100 * np.exp(np.cumsum(moves, axis=0))).round(2)
    for table in [*tables]:
        if table != "prices":
            del tables[table]
    tables["prices"] = pd.DataFrame(
        {
            "date": np.repeat(days.astype(str), 8),
            "symbol": np.tile([f"S{i}" for i in range(8)], len(days)),
            "venue": "XNYS",
            "currency": "USD",
            "open": close.ravel(),
            "close": close.ravel(),
        }
    )


def twins(tables: Tables) -> None:
    frame = tables["prices"]
    columns = ["open", "high", "low", "close"]
    frame.loc[rows_of(frame, symbol="UC"), columns] = frame.loc[rows_of(frame, symbol="UB"), columns].to_numpy()


def copied(what: str, n: int = 1) -> Callable[[Tables], None]:
    """Copy rows of the session before, of a venue or of a name, on some sessions from DAY on."""

    def change(tables: Tables) -> None:
        frame = tables["prices"]
        fields = [*PRICES, "volume"]
        for symbol in frame.loc[(frame["venue"] == what) | (frame["symbol"] == what), "symbol"].unique():
            rows = rows_of(frame, symbol=symbol)
            at = int(np.flatnonzero(frame["date"].to_numpy()[rows] == DAY)[0])
            for k in range(n):
                frame.loc[rows[at + k], fields] = frame.loc[rows[at - 1], fields].to_numpy()

    return change


def ruled(tables: Tables) -> None:
    """UA climbs by the same tenth of a percent for fourteen closes."""
    frame = tables["prices"]
    rows = rows_of(frame, symbol="UA")[100:114]
    close = frame.loc[rows[0], "close"] * 1.001 ** np.arange(14)
    for field in PRICES:
        frame.loc[rows, field] = close.round(4)


def silent(tables: Tables) -> None:
    frame = tables["prices"]
    rows = rows_of(frame, symbol="UA")
    at = int(np.flatnonzero(frame["date"].to_numpy()[rows] == DAY)[0])
    frame.loc[rows[at : at + 25], "volume"] = 0


def frozen(tables: Tables) -> None:
    """A P/E stands still for four weeks."""
    frame = tables["valuations"]
    rows = rows_of(frame, metric="pe_ttm")
    at = int(np.flatnonzero(frame["date"].to_numpy()[rows] == DAY)[0])
    frame.loc[rows[at : at + 20], "value"] = frame.loc[rows[at], "value"]


def thousands(tables: Tables) -> None:
    prices = tables["prices"].set_index(["symbol", "date"])["close"]
    closes = np.array([prices[symbol, "2023-12-29"] for symbol in ("UA", "UB", "UC")])
    tables["holdings_13f"] = pd.DataFrame(
        {
            "filer": "F",
            "period": "2023-12-31",
            "filed": "2024-02-14",
            "symbol": ["UA", "UB", "UC"],
            "value_usd": 1e6 * closes / 1000,
            "shares": 1e6,
        }
    )


def own_universe(tables: Tables) -> None:
    tables["memberships"] = pd.DataFrame({"universe": ["big-seven"], "symbol": ["UA"], "added": ["2023-03-01"]})


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda path: (path / name).write_bytes(content)


def rewritten(name: str, change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda path: (path / name).write_text(change((path / name).read_text()), encoding="utf-8")
