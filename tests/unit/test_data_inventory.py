"""What is there, counted: universes, fact tables, the series of a market."""

import csv
from importlib import resources

import numpy as np
import pandas as pd

from data.inventory import Content, contents, fact_tables, universe_summaries
from data.sources.frames import from_frames
from data.universes import Spell

DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def test_a_universe_counts_names_once_and_spells_each() -> None:
    back = Spell("A", day("2022-06-13"), day("2023-06-12")), Spell("A", day("2024-03-04")), Spell("UNKNOWN")
    dated, today = universe_summaries({"dated": back, "today": (Spell("A"), Spell("B"))})
    assert (dated.name, dated.n_names, dated.n_spells) == ("dated", 1, 2)
    assert (str(dated.first), str(dated.last)) == ("2022-06-13", "2024-03-04")
    assert (today.n_names, today.n_spells) == (2, None)
    assert np.isnat(today.first)


def test_every_fact_table_is_counted() -> None:
    found = {one.file: one for one in fact_tables()}
    for path in (resources.files("data") / "datasets").iterdir():
        if path.name.endswith(".csv"):
            with path.open(encoding="utf-8", newline="") as file:
                assert found[path.name].n_rows == len(list(csv.DictReader(file))), path.name
    assert (str(found["tick_sizes.csv"].first), str(found["tick_sizes.csv"].last)) == ("2025-08-03", "2025-08-04")


def test_the_series_of_a_market() -> None:
    prices = pd.DataFrame(
        {
            "date": [*DAYS, *DAYS[:2]],
            "symbol": ["US"] * 3 + ["HK"] * 2,
            "venue": ["XNYS"] * 3 + ["XHKG"] * 2,
            "currency": ["USD"] * 3 + ["HKD"] * 2,
            "open": [1.0, np.nan, np.nan, 1.0, 2.0],
            "close": [1.0, 2.0, 3.0, 1.0, 2.0],
            "volume": [1.0, 2.0, 3.0, 1.0, 2.0],
            "dividends": [0, 0.1, 0, 0, 0],
        }
    )
    market = from_frames(
        prices,
        fx=pd.DataFrame({"date": DAYS[:2], "base": "USD", "quote": "HKD", "rate": 7.8}),
        valuations=pd.DataFrame({"date": DAYS, "entity": "NDX", "metric": ["pe_ttm", "pe_ttm", "pb"], "value": 30.0}),
        borrow=pd.DataFrame({"date": DAYS[:1], "symbol": "US", "fee_pct": 1.0}),
        price_basis="split",
    )

    def row(table: str, series: str, n: int, first: str, last: str, known: str) -> Content:
        return Content(table, series, n, day(first), day(last), np.datetime64(known, "s"))

    assert contents(market) == [
        row("prices", "XHKG 1 names: open", 2, DAYS[0], DAYS[1], "2024-01-03T01:30"),
        row("prices", "XHKG 1 names: close, volume", 2, DAYS[0], DAYS[1], "2024-01-03T08:00"),
        row("prices", "XNYS 1 names: open", 1, DAYS[0], DAYS[0], "2024-01-02T14:30"),
        row("prices", "XNYS 1 names: close, volume", 3, DAYS[0], DAYS[2], "2024-01-04T21:00"),
        row("fx", "USD/HKD", 2, DAYS[0], DAYS[1], "2024-01-03T16:00"),
        row("valuations", "NDX pb", 1, DAYS[2], DAYS[2], "2024-01-05T00:00"),
        row("valuations", "NDX pe_ttm", 2, DAYS[0], DAYS[1], "2024-01-04T00:00"),
        row("actions", "dividend", 1, DAYS[1], DAYS[1], "2024-01-03T00:00"),
        row("borrow", "1 names", 1, DAYS[0], DAYS[0], "2024-01-03T00:00"),
    ]
