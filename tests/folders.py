"""A market folder without a fault, and ways to break it."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from data.calendars import trading_calendar
from data.sources import table_file

FIRST, LAST = np.datetime64("2023-03-01"), np.datetime64("2024-06-28")
NAMES = {
    "XNYS": ("USD", ("UA", "UB", "UC"), 0.01, (80.0, 150.0, 220.0)),
    "XHKG": ("HKD", ("HA", "HB", "HC"), 0.05, (30.0, 40.0, 45.0)),
    "XSHG": ("CNY", ("CA", "CB", "CC"), 0.01, (15.0, 25.0, 60.0)),
}
Tables = dict[str, pd.DataFrame]
Change = Callable[[Tables], object]


def sessions(venue: str, first: np.datetime64 = FIRST, last: np.datetime64 = LAST) -> np.ndarray:
    dates = trading_calendar(venue, int(str(first)[:4]), int(str(last)[:4])).dates
    return dates[(dates >= first) & (dates <= last)]


def good_tables() -> Tables:
    """Every table a folder may hold; prices as traded, on their ticks. To be changed at will."""
    return {name: table.copy() for name, table in _drawn().items()}


@cache
def _drawn() -> Tables:
    rng = np.random.default_rng(5)
    pieces = []
    for venue, (currency, symbols, tick, levels) in NAMES.items():
        days = sessions(venue)
        for symbol, level in zip(symbols, levels, strict=True):
            steps = np.clip(0.01 * rng.standard_normal(len(days)), -0.03, 0.03)
            # Drawn towards its level: it stays within its band of ticks.
            path = np.empty(len(days))
            at = 0.0
            for i, step in enumerate(steps):
                at = 0.97 * at + step
                path[i] = at
            close = np.round(level * np.exp(path) / tick) * tick
            opened = np.round(close * np.exp(0.004 * rng.standard_normal(len(days))) / tick) * tick
            pieces.append(
                pd.DataFrame(
                    {
                        "date": days.astype(str),
                        "symbol": symbol,
                        "venue": venue,
                        "currency": currency,
                        "open": opened.round(2),
                        "high": (np.maximum(opened, close) + tick).round(2),
                        "low": (np.minimum(opened, close) - tick).round(2),
                        "close": close.round(2),
                        "volume": np.round(rng.lognormal(13, 0.2, len(days)), -2),
                    }
                )
            )
    prices = pd.concat(pieces, ignore_index=True)
    weekdays = np.arange(FIRST - 3, LAST + 1)
    weekdays = weekdays[np.is_busday(weekdays)].astype(str)
    n = len(weekdays)
    fx = pd.concat(
        [
            pd.DataFrame({"date": weekdays, "base": "USD", "quote": quote, "rate": np.round(level * (1 + step), 4)})
            for quote, level, step in (
                ("HKD", 7.82, 0.0005 * rng.standard_normal(n)),
                ("CNY", 7.1, 0.002 * rng.standard_normal(n)),
            )
        ],
        ignore_index=True,
    )
    index = 4000 * np.exp(np.cumsum(0.012 * rng.standard_normal(n)))
    valuations = pd.DataFrame(
        {"date": weekdays, "entity": "HSTECH", "metric": "pe_ttm", "value": (index / 170).round(3)}
    )
    yields = valuations.assign(metric="div_yield_pct", value=np.round(0.5 + 0.02 * rng.standard_normal(n), 3))
    fridays = np.arange(FIRST + 2, LAST - 7, 7)
    flows = pd.concat(
        [
            pd.DataFrame(
                {
                    "date": fridays.astype(str),
                    "entity": entity,
                    "net_usd": (2e8 * (1.5 + np.abs(rng.standard_normal(len(fridays))))).round(-3),
                    "known": [f"{day}T21:00Z" for day in fridays + 6],
                }
            )
            for entity in ("CHINA", "US")
        ],
        ignore_index=True,
    )
    return {
        "prices": prices,
        "fx": fx,
        "valuations": pd.concat([valuations, yields], ignore_index=True),
        "flows": flows,
        "indices": pd.DataFrame({"date": weekdays, "index": "HSTECH", "close": index.round(2)}),
        "rates": pd.DataFrame({"date": weekdays, "series": "US_FED_FUNDS", "value": 5.33}),
        "holdings_13f": pd.DataFrame(
            {
                "filer": ["F", "F"],
                "period": "2023-12-31",
                "filed": "2024-02-14",
                "symbol": ["UA", "UB"],
                "value_usd": 1e7,
            }
        ),
        "positioning": pd.DataFrame(
            {
                "date": fridays.astype(str),
                "entity": "CHINA",
                "value": np.round(7 + 0.3 * rng.standard_normal(len(fridays)), 2),
                "known": [f"{day}T12:00Z" for day in fridays + 3],
            }
        ),
        "instruments": pd.DataFrame({"symbol": ["UA", "HA", "CA"], "lot": [1, 100, 100], "listed": "2020-01-02"}),
        "actions": pd.DataFrame(
            {
                "symbol": ["UA", "HA"],
                "kind": "dividend",
                "ex_date": ["2024-02-08", "2024-03-07"],
                "amount": [0.4, 0.6],
                "pay_date": ["2024-03-01", "2024-04-05"],
            }
        ),
        "borrow": pd.DataFrame({"date": ["2024-01-02"] * 2, "symbol": ["UA", "HA"], "fee_pct": [0.3, 1.2]}),
    }


def as_csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


@cache
def _good_file(name: str) -> bytes:
    return as_csv(_drawn()[name])


def write_folder(path: Path, tables: Tables, settings: str = 'name = "made up"\nprice_basis = "raw"\n') -> Path:
    """Write tables as CSV files, and market.toml."""
    path.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        is_good = name in _drawn() and table.equals(_drawn()[name])
        (path / f"{name}.csv").write_bytes(_good_file(name) if is_good else as_csv(table))
    (path / "market.toml").write_text(settings, encoding="utf-8")
    return path


def good_files() -> set[bytes]:
    return {_good_file(name) for name in _drawn()}


@contextmanager
def read_once(contents: Collection[bytes]) -> Iterator[None]:
    """Parse CSV files of these contents once; what was broken beside them is parsed every time."""
    parsed: dict[bytes, pd.DataFrame] = {}
    real = table_file.read_csv_file

    def reading(path: Path) -> pd.DataFrame:
        content = path.read_bytes()
        if content not in contents:
            return real(path)
        if content not in parsed:
            parsed[content] = real(path)
        return parsed[content].copy()

    with patch.object(table_file, "read_csv_file", reading):
        yield


def rows_of(table: pd.DataFrame, **wanted: object) -> np.ndarray:
    """Positions of the rows with these cells."""
    keep = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        keep &= (table[column] == value).to_numpy()
    return np.flatnonzero(keep)
