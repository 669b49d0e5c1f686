"""from_frames: what is refused and in which words, what is survived, and that the order of rows is nothing."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.market import PRICE_FIELDS, MarketData
from data.sources.frames import from_frames
from data.sources.origin import Origin
from tests.markets import said

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")


def prices(**changes: object) -> pd.DataFrame:
    """Two names in New York over three days, rows 1 to 6."""
    frame = pd.DataFrame(
        {
            "date": [day for day in DAYS for _ in "AB"],
            "symbol": ["AAA", "BBB"] * 3,
            "venue": "XNYS",
            "currency": "USD",
            "open": [10.0, 20.0, 11.0, 21.0, 12.0, 22.0],
            "close": [10.5, 20.5, 11.5, 21.5, 12.5, 22.5],
            "volume": [100.0, 0.0, 100.0, 200.0, np.nan, 200.0],
        }
    )
    return frame.assign(**changes)


def with_cell(column: str, row: int, value: object) -> pd.DataFrame:
    """The same with one cell changed; rows count from 1."""
    frame = prices()
    frame[column] = frame[column].astype(object)
    frame.loc[row - 1, column] = value
    return frame


def hong_kong(days: tuple[str, ...] = DAYS) -> pd.DataFrame:
    return pd.DataFrame({"date": days, "symbol": "0700.HK", "venue": "XHKG", "currency": "HKD", "close": 300.0})


FX = pd.DataFrame({"date": ["2024-01-01"], "base": "USD", "quote": "HKD", "rate": 7.8})


def same(one: MarketData, other: MarketData) -> bool:
    """Equal to the byte."""
    return (
        one.symbols == other.symbols
        and one.dates.tobytes() == other.dates.tobytes()
        and all(getattr(one, f).tobytes() == getattr(other, f).tobytes() for f in PRICE_FIELDS)
        and one.instruments == other.instruments
        and one.findings == other.findings
        and list(one.tables) == list(other.tables)
        and all(one.tables[t].equals(other.tables[t]) for t in one.tables)
    )


REFUSED = [
    (
        prices().drop(columns="close"),
        "prices: no column 'close'. Needed: date, symbol, venue, currency, close; found: ",
    ),
    (prices().set_index("date"), "'date' is in the index: use reset_index()"),
    (
        pd.DataFrame({"AAA": [1.0], "BBB": [2.0]}, index=pd.DatetimeIndex(["2024-01-02"])),
        "One row per date and symbol is needed, not one column per symbol",
    ),
    (prices().iloc[:0], "prices: no rows"),
    (pd.concat([prices(), prices()[["close"]]], axis=1), "column 'close' stands twice"),
    (None, "prices must be a DataFrame, not NoneType"),
    (with_cell("date", 3, "soon"), "prices, row 3: 'soon' in 'date' is no date; write it as 2025-02-14"),
    (with_cell("date", 3, "2024-02-30"), "row 3: '2024-02-30' in 'date' is no date"),
    (with_cell("date", 3, "02/03/2024"), "row 3: '02/03/2024' in 'date' is no date"),
    (with_cell("date", 3, None), "row 3: 'date' is empty"),
    (with_cell("date", 3, 2024013), "row 3: 2024013 in 'date' is no date"),
    (prices(date=range(6)), "row 1: 0 in 'date' is no date"),
    (with_cell("date", 3, "1024-01-03"), "row 3: '1024-01-03' in 'date' is out of range"),
    (prices(date=pd.to_datetime(prices()["date"]).dt.tz_localize("UTC")), "'date' has a time zone"),
    (with_cell("date", 3, "2024-01-03T00:00Z"), "'2024-01-03T00:00Z' in 'date' has a time zone"),
    (
        with_cell("date", 3, dt.datetime(2024, 1, 3, tzinfo=dt.UTC)),
        "row 3: 2024-01-03 00:00:00+00:00 in 'date' has a time zone; give the venue's local date",
    ),
    (with_cell("date", 3, "2024-01-03 16:00"), "row 3: '2024-01-03 16:00' in 'date' is a time, not a date"),
    (
        prices(date=pd.to_datetime(prices()["date"]) + pd.Timedelta(hours=16)),
        "row 1: 2024-01-02 16:00:00 in 'date' is a time",
    ),
    (prices(date=pd.to_datetime(prices()["date"]).where(prices().index != 2)), "row 3: NaT in 'date' is no date"),
    (
        pd.concat([prices(), prices().iloc[[1]]]),
        "row 7: BBB has two rows on 2024-01-02; the other is prices, row 2. Keep one",
    ),
    (with_cell("close", 2, 0.0), "prices, row 2: close of BBB on 2024-01-02 is 0; it must be positive, or empty"),
    (with_cell("close", 2, -3.0), "row 2: close of BBB on 2024-01-02 is -3"),
    (with_cell("open", 5, -1.0), "row 5: open of AAA on 2024-01-04 is -1"),
    (with_cell("close", 2, np.inf), "row 2: inf in 'close' is no number"),
    (with_cell("close", 2, "1,000"), "row 2: '1,000' in 'close' is no number"),
    (with_cell("close", 2, True), "row 2: True in 'close' is no number"),
    (prices(close=pd.to_datetime(prices()["date"])), "in 'close' is no number"),
    (with_cell("volume", 4, -1.0), "row 4: volume of BBB on 2024-01-03 is -1; it must be zero or more"),
    (prices(close=np.nan), "prices: no row has a close"),
    (with_cell("venue", 4, "XNAS"), "row 4: unknown venue 'XNAS'. Known: XNYS (New York), XHKG (Hong Kong)"),
    (prices(currency="HKD"), "prices: AAA is in HKD, but XNYS trades in USD"),
    (with_cell("venue", 6, "XHKG"), "row 6: BBB has venue XHKG, elsewhere XNYS. Give each listing a symbol of its own"),
    (with_cell("currency", 5, "HKD"), "row 5: AAA has currency HKD, elsewhere USD"),
    (with_cell("symbol", 2, None), "row 2: 'symbol' is empty"),
    (with_cell("symbol", 2, "  "), "row 2: 'symbol' is empty"),
    (with_cell("date", 5, "2024-01-06"), "row 5: AAA has a price on 2024-01-06, when XNYS held no session. Drop"),
    (
        prices(date=prices()["date"].replace("2024-01-02", "2024-01-01")),
        "row 1: AAA has a price on 2024-01-01, when XNYS held no session (2 such rows in all)",
    ),
    (hong_kong(("2023-09-07", "2023-09-08")), "0700.HK has a price on 2023-09-08, when XHKG held no session"),
]


@pytest.mark.parametrize(("frame", "message"), REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_refused_prices(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as refusal:
        from_frames(frame)
    assert message in str(refusal.value)


def test_several_currencies_need_exchange_rates() -> None:
    both = pd.concat([prices(), hong_kong()])
    with pytest.raises(
        DataError, match=r"prices holds HKD and USD, but no fx is given. Add rows with date, base, quote"
    ):
        from_frames(both)
    with pytest.raises(DataError, match=r"prices holds HKD and USD, but fx has no rate between them"):
        from_frames(both, fx=FX.assign(quote="CNY"))
    assert from_frames(both, fx=FX).symbols == ("0700.HK", "AAA", "BBB")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": 0.0}, "fx, row 1: the rate of USD/HKD on 2024-01-01 is 0; it must be positive"),
        ({"rate": np.inf}, "fx, row 1: inf in 'rate' is no number"),
        ({"date": "2024-01-01 12:00"}, "fx, row 1: '2024-01-01 12:00' in 'date' is a time, not a date"),
    ],
)
def test_bad_exchange_rates_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(DataError) as refusal:
        from_frames(prices(), fx=FX.assign(**changes))
    assert message in str(refusal.value)


def test_an_unknown_price_basis_is_refused() -> None:
    with pytest.raises(DataError, match=r"'adjusted' is not one of raw, split, total_return"):
        from_frames(prices(), price_basis="adjusted")


def test_a_message_names_the_file_of_the_row() -> None:
    where = {"prices": Origin((("one.csv", 4), ("two.csv", 2)))}
    with pytest.raises(DataError, match=r"^two.csv, row 1: open of AAA"):
        from_frames(with_cell("open", 5, -1.0), where=where)
    with pytest.raises(DataError, match=r"^one.csv, row 4: volume of BBB"):
        from_frames(with_cell("volume", 4, -1.0), where=where)


@pytest.mark.parametrize(
    "instruments",
    [
        pd.DataFrame({"symbol": ["AAA", "AAA"]}),
        pd.DataFrame({"name": ["AAA"]}),
        pd.DataFrame({"symbol": ["AAA"], "lot": ["many"]}),
        pd.DataFrame({"symbol": ["AAA"], "listed": ["01/02/2003"]}),
    ],
)
def test_bad_instruments_are_refused(instruments: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"^instruments"):
        from_frames(prices(), instruments=instruments)


def test_instruments_are_read() -> None:
    given = pd.DataFrame(
        {
            "symbol": pd.Categorical([" BBB", "ZZZ", "AAA"]),
            "issuer": ["x", "y", None],
            "lot": [10, 1, np.nan],
            "listed": [dt.date(2020, 1, 2), None, pd.NaT],
        }
    )
    found = from_frames(prices(), instruments=given).instruments
    assert list(found) == ["AAA", "BBB"]
    assert (found["BBB"].issuer, found["BBB"].lot, found["BBB"].listed) == ("x", 10, np.datetime64("2020-01-02"))
    assert (found["AAA"].issuer, found["AAA"].lot, found["AAA"].listed) == ("AAA", 1, None)


def test_prices_before_a_stated_listing_are_refused_with_symbol_date_and_row() -> None:
    day = prices().loc[prices()["symbol"] == "AAA", "date"].iloc[1]
    given = pd.DataFrame({"symbol": ["AAA"], "listed": [str(day)[:10]]})
    with pytest.raises(
        DataError, match=rf"row \d+: AAA has a price on .*, before it lists on {str(day)[:10]} by the inst"
    ):
        from_frames(prices(), instruments=given)
    table = prices()
    table.loc[(table["symbol"] == "AAA") & (table["date"] < day), "close"] = np.nan
    assert from_frames(table, instruments=given).instruments["AAA"].listed == np.datetime64(str(day)[:10])


@pytest.mark.parametrize("empty", [None, np.nan, "", " "])
def test_prices_before_a_listing_that_only_our_facts_state_are_kept_with_a_warning(empty: object) -> None:
    # YUMC listed on 2016-11-01 and traded when issued from 2016-10-17 on.
    days = ["2016-10-31", "2016-11-01"]
    table = pd.DataFrame({"date": days, "symbol": "YUMC", "venue": "XNYS", "currency": "USD", "close": [26.0, 25.0]})
    market = from_frames(table, instruments=pd.DataFrame({"symbol": ["YUMC"], "listed": [empty]}))
    (warning,) = said(market, "D317")
    assert "YUMC on 2016-10-31, though it lists on 2016-11-01 (1 such rows). They are kept" in warning
    assert market.close[:, 0].tolist() == [26.0, 25.0]


def test_known_facts_are_used_where_the_venue_is_the_same() -> None:
    assert from_frames(prices(symbol=["BABA", "JD"] * 3)).instruments["BABA"].issuer == "9988.HK"
    moved = hong_kong().assign(symbol="BABA")
    assert from_frames(moved).instruments["BABA"].issuer == "BABA"


def test_a_close_that_is_empty_is_a_day_without_a_price() -> None:
    market = from_frames(with_cell("close", 3, np.nan))
    assert np.isnan(market.close[1, 0])
    assert market.open[1, 0] == 11.0
    assert said(market, "D208") == ["prices: 1 rows have no close; the name counts as unpriced that day."]


def test_columns_that_are_not_read_are_said() -> None:
    market = from_frames(prices(adj_close=1.0, splits=0.0, dividends=0.0, close_raw=1.0))
    assert said(market, "D108") == ["prices: not read: column adj_close."]


def test_open_high_low_and_volume_may_be_absent() -> None:
    market = from_frames(prices().drop(columns=["open", "volume"]))
    assert np.isnan(market.open).all()
    assert np.isnan(market.volume).all()
    assert len(said(market, "D311")) == 1
    assert not said(market, "D303")


def test_row_order_changes_no_byte() -> None:
    both = pd.concat([prices(), hong_kong()], ignore_index=True)
    tables = {
        "valuations": pd.DataFrame(
            {"date": [*DAYS, *DAYS], "entity": ["NDX"] * 3 + ["HSTECH"] * 3, "metric": "pe_ttm", "value": range(6)}
        ),
        "holdings_13f": pd.DataFrame(
            {
                "filer": ["F", "F", "E"],
                "period": "2023-12-31",
                "filed": "2024-01-03",
                "symbol": ["AAA", "AAA", None],
                "type": ["", "PUT", None],
                "value_usd": [3.0, 1.0, 2.0],
            }
        ),
        "rates": pd.DataFrame({"date": [*DAYS, *DAYS], "series": ["A"] * 3 + ["B"] * 3, "value": range(6)}),
    }
    fx = pd.concat([FX, FX.assign(date="2024-01-03")], ignore_index=True)
    rng = np.random.default_rng(1)
    first = from_frames(both, fx=fx, **tables)
    for _ in range(5):
        again = from_frames(
            both.sample(frac=1, random_state=rng),
            fx=fx.sample(frac=1, random_state=rng),
            **{name: table.sample(frac=1, random_state=rng) for name, table in tables.items()},
        )
        assert same(first, again)
        assert [r.percent.tobytes() for r in again.rates.series.values()] == [
            r.percent.tobytes() for r in first.rates.series.values()
        ]


DATES = [
    prices()["date"].astype(object),
    prices()["date"].str.replace("-", "/"),
    prices()["date"].str.replace("-", ""),
    prices()["date"] + " 00:00:00",
    prices()["date"].astype("category"),
    pd.to_datetime(prices()["date"]),
    pd.to_datetime(prices()["date"]).dt.date,
    pd.to_datetime(prices()["date"]).astype("category"),
    pd.to_datetime(prices()["date"]).astype(object),
    *(pd.to_datetime(prices()["date"]).astype(f"datetime64[{unit}]") for unit in ("s", "ms", "us", "ns")),
    pd.Series([*DAYS[:1] * 2, dt.date(2024, 1, 3), pd.Timestamp(DAYS[1]), np.datetime64(DAYS[2]), "2024/1/4"]),
]


@pytest.mark.parametrize("dates", DATES, ids=[f"{d.dtype}-{i}" for i, d in enumerate(DATES)])
def test_dates_may_be_strings_dates_or_naive_timestamps(dates: pd.Series) -> None:
    assert same(from_frames(prices()), from_frames(prices(date=dates)))


@pytest.mark.parametrize("kind", [object, "category", "string", "str"])
def test_text_may_be_of_any_kind(kind: object) -> None:
    frame = prices().astype(dict.fromkeys(("symbol", "venue", "currency"), kind))
    assert same(from_frames(prices()), from_frames(frame))


def test_unused_categories_are_not_names() -> None:
    frame = prices()
    for column, unused in (("symbol", "ZZZ"), ("venue", "XXXX"), ("currency", "HKD")):
        frame[column] = frame[column].astype(pd.CategoricalDtype([unused, *frame[column].unique()[::-1]]))
    assert same(from_frames(prices()), from_frames(frame))


@pytest.mark.parametrize("kind", ["float32", "Float64", object, "str", "Int64", "int32"])
def test_numbers_may_be_of_any_kind(kind: object) -> None:
    whole = prices(close=prices()["open"])
    assert same(from_frames(whole), from_frames(whole.assign(close=whole["close"].astype(kind))))


def test_the_frame_given_stays_as_it_is() -> None:
    frame, before = prices(), prices()
    from_frames(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_spaces_around_text_are_dropped() -> None:
    assert same(from_frames(prices()), from_frames(with_cell("symbol", 1, " AAA ")))


def test_the_market_is_frozen_and_its_arrays_read_only() -> None:
    market = from_frames(pd.concat([prices(), hong_kong()]), fx=FX)
    stamp = pd.Timestamp("2024-01-03 21:00", tz="UTC")
    for one in (market, market.restricted("AAA", start="2024-01-03"), market.until(stamp)):
        with pytest.raises(AttributeError):
            one.name = "x"
        for array in (*(getattr(one, field) for field in PRICE_FIELDS), one.dates, *one.fx.pairs["USD", "HKD"]):
            assert not array.flags.writeable
            with pytest.raises(ValueError, match=r"read-only"):
                array[...] = array[...]


def test_markets_compare_by_identity() -> None:
    market = from_frames(prices())
    assert market == market  # noqa: PLR0124
    assert market != from_frames(prices())
    assert len({market, market}) == 1


def test_bounds() -> None:
    market = from_frames(prices())
    bounded = market.restricted(start="2024-01-03", end=dt.date(2025, 1, 1))
    assert (str(bounded.start), str(bounded.end)) == ("2024-01-03", "2024-01-04")
    assert len(bounded.dates) == 3  # the past stays readable
    # Of a moment its date, as it shows it.
    for end in (
        dt.datetime(2024, 1, 3, 15, 0, tzinfo=dt.UTC),
        np.datetime64("2024-01-03T15"),
        pd.Timestamp("2024-01-03 23:00-05:00"),
    ):
        assert str(market.restricted(end=end).end) == "2024-01-03"
    for start, end, message in (
        ("2024-01-04", "2024-01-02", "start 2024-01-04 is after end 2024-01-02"),
        ("2025-01-01", None, "has prices from 2024-01-02 to 2024-01-04: none from 2025-01-01 to its end"),
        ("soon", None, "start 'soon' is no date; write it as 2025-02-14"),
        (None, 2025, "end 2025 is no date"),
        (None, pd.NaT, "end NaT is no date"),
        ("02/03/2024", None, "start '02/03/2024' is no date"),
        ("2024-01-02 12:00", None, "start '2024-01-02 12:00' is a time, not a date"),
    ):
        with pytest.raises(DataError, match=message):
            market.restricted(start=start, end=end)


def test_questions_about_unknown_names_are_refused_by_name() -> None:
    market = from_frames(prices())
    for ask in (market.columns, market.venues):
        with pytest.raises(DataError, match=r"ZZZ has no prices in market 'frames'"):
            ask(["AAA", "ZZZ"])
    with pytest.raises(DataError, match=r"no name at 'XHKG'. Venues: XNYS"):
        market.known_closes(np.array([0]), "XHKG")
    with pytest.raises(DataError, match=r"No table 'flow'. Tables: valuations, flows"):
        market.table("flow")
    assert market.columns(["BBB", "AAA"]).tolist() == [1, 0]
    assert market.venues() == ("XNYS",)
