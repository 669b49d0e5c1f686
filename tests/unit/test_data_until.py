"""until: what is left at a stamp is what was known at it, to the byte, whatever came later."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.calendars import Calendar
from data.errors import DataError
from data.fx import FxRates
from data.load import load
from data.market import PRICE_FIELDS, MarketData
from data.rates import InterestRates, Readings
from data.series.tables import LONG_TABLES
from data.sources.frames import from_frames
from data.universes import SOME_DAY, Spell


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def known_bytes(market: MarketData) -> str:
    """A digest of everything a strategy can read."""
    parts: list[bytes] = [market.dates.tobytes(), repr(market.symbols).encode()]
    parts += [
        f"{field}{getattr(market, field).shape}".encode() + getattr(market, field).tobytes() for field in PRICE_FIELDS
    ]
    for pair, (stamps, rates) in sorted(market.fx.pairs.items()):
        parts += [repr(pair).encode(), stamps.tobytes(), rates.tobytes()]
    for series, one in sorted(market.rates.series.items()):
        parts += [series.encode(), one.known.tobytes(), one.days.tobytes(), one.percent.tobytes()]
    for venue, calendar in sorted(market.calendars.items()):
        parts += [
            venue.encode(),
            *(getattr(calendar, name).tobytes() for name in calendar.__slots__ if name != "venue"),
        ]
    for name, table in sorted(market.tables.items()):
        parts += [name.encode(), table.to_csv(float_format="%r").encode()]
    parts += [repr(sorted(market.memberships.items())).encode(), repr(sorted(market.instruments.items())).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def with_noise_after(market: MarketData, t: int, rng: np.random.Generator) -> MarketData:
    """Replace every number known after t; a reading of the clock of its own, session by session."""
    fields = {name: getattr(market, name).copy() for name in PRICE_FIELDS}
    for venue in market.venues(market.symbols):
        calendar: Calendar = market.calendars[venue]
        held = {day: i for i, day in enumerate(calendar.dates.tolist())}
        columns = [c for c, s in enumerate(market.symbols) if market.instruments[s].venue == venue]
        for row, day in enumerate(market.dates.tolist()):
            if day in held:
                for name, array in fields.items():
                    if (calendar.opens if name == "open" else calendar.closes)[held[day]] > t:
                        array[row, columns] = np.where(rng.random(len(columns)) < 0.5, np.nan, rng.lognormal())
    pairs = {p: (s, np.where(s > t, rng.lognormal(size=len(s)), r)) for p, (s, r) in market.fx.pairs.items()}
    series = {
        name: Readings(one.known, one.days, np.where(one.known > t, rng.normal(size=len(one.known)), one.percent))
        for name, one in market.rates.series.items()
    }
    tables = {}
    for name, table in market.tables.items():
        column = LONG_TABLES[name].value
        noise = rng.normal(size=len(table))
        tables[name] = table.assign(**{column: table[column].where(table["known"] <= t, noise)})
    return replace(market, **fields, fx=FxRates(pairs), rates=InterestRates(series), tables=tables)


def some_stamps(market: MarketData, rng: np.random.Generator, n: int) -> list[int]:
    hong_kong, new_york = market.calendars["XHKG"], market.calendars["XNYS"]
    inside = new_york.closes[(new_york.dates >= market.start) & (new_york.dates <= market.end)]
    between = rng.choice(inside, n) - 6 * 3600 * 10**9  # between the closes of Hong Kong and New York
    opens = rng.choice(hong_kong.opens[(hong_kong.dates >= market.start) & (hong_kong.dates <= market.end)], n)
    odd = rng.integers(inside[0], inside[-1], n)
    edges = [utc("2018-01-01"), int(inside[0]), int(inside[-1]), utc("2030-01-01")]
    return [int(t) for t in (*rng.choice(inside, n), *between, *opens, *(opens - 1), *odd, *edges)]


@pytest.mark.parametrize("name", ["tiny", "demo"])
def test_noise_after_a_stamp_changes_no_byte_up_to_it(name: str) -> None:
    market = load(name)
    if name == "demo":  # the last two years: the noise is made cell by cell
        keep = market.dates >= np.datetime64("2023-08-01")
        market = replace(
            market.with_prices({f: getattr(market, f)[keep] for f in PRICE_FIELDS}, dates=market.dates[keep]),
            start=np.datetime64("2023-08-01"),
        )
    rng = np.random.default_rng(20250214)
    for t in some_stamps(market, rng, 3):
        assert known_bytes(market.until(t)) == known_bytes(with_noise_after(market, t, rng).until(t))


def test_what_was_known_at_two_stamps_in_turn_is_what_was_known_at_the_first() -> None:
    market = load("tiny")
    rng = np.random.default_rng(2)
    for t in some_stamps(market, rng, 3):
        assert known_bytes(market.until(t)) == known_bytes(market.until(t + 36 * 3600 * 10**9).until(t))


def test_nothing_known_later_is_left() -> None:
    market = load("demo")
    t = utc("2023-05-10 13:00")
    past = market.until(t)
    assert str(past.dates[-1]) == "2023-05-10"
    for name in market.tables:
        table = past.table(name)
        assert 0 < len(table) < len(market.table(name))
        assert table["known"].max() <= t
        assert market.table(name)["known"].iloc[len(table)] > t
    assert all(stamps[-1] <= t for stamps, _ in past.fx.pairs.values())
    assert all(one.known[-1] <= t for one in past.rates.series.values())


def test_every_table_is_cut_at_its_own_stamp() -> None:
    prices = pd.DataFrame(
        {"date": ["2024-07-02", "2024-07-03"], "symbol": "US", "venue": "XNYS", "currency": "USD", "close": [1.0, 2.0]}
    )
    market = from_frames(
        prices,
        valuations=pd.DataFrame({"date": ["2024-07-02"], "entity": "NDX", "metric": "pe_ttm", "value": 30.0}),
        flows=pd.DataFrame({"date": ["2024-07-02"], "entity": "US", "net_usd": 1.0, "known": "2024-07-05 21:00"}),
        indices=pd.DataFrame({"date": ["2024-07-02"], "index": "NDX", "close": 20000.0}),
        rates=pd.DataFrame({"date": ["2024-07-02"], "series": "US_FED_FUNDS", "value": 5.33}),
        holdings_13f=pd.DataFrame(
            {"filer": "F", "period": "2024-03-31", "filed": ["2024-07-02"], "symbol": "US", "value_usd": 1.0}
        ),
        positioning=pd.DataFrame({"date": ["2024-07-02"], "entity": "CTA", "value": 0.5, "known": "2024-07-08"}),
    )
    known_from = {
        "valuations": "2024-07-03 00:00",
        "flows": "2024-07-05 21:00",
        "indices": "2024-07-02 20:00",
        "rates": "2024-07-03 00:00",
        "holdings_13f": "2024-07-03 04:00",
        "positioning": "2024-07-08 00:00",
    }
    for name, stamp in known_from.items():
        assert len(market.until(utc(stamp) - 1).table(name)) == 0, name
        assert len(market.until(utc(stamp)).table(name)) == 1, name
    assert len(market.until(utc("2024-07-02 23:59")).rates.series["US_FED_FUNDS"].known) == 0


@pytest.mark.parametrize(
    ("stamp", "last_date", "hk_open", "hk_close", "us_open", "us_close"),
    [
        # Hong Kong: 01:30 to 08:00 UTC; New York: 14:30 to 21:00 UTC.
        ("2025-01-24 01:29", "2025-01-23", 78, 78, 100, 102),
        ("2025-01-24 01:30", "2025-01-24", 78, None, None, None),
        ("2025-01-24 07:59", "2025-01-24", 78, None, None, None),
        ("2025-01-24 08:00", "2025-01-24", 78, 80, None, None),
        ("2025-01-24 14:30", "2025-01-24", 78, 80, 102, None),
        ("2025-01-24 21:00", "2025-01-24", 78, 80, 102, 101),
    ],
)
def test_an_open_is_known_at_the_open_and_a_close_at_the_close(
    stamp: str, last_date: str, hk_open: int, hk_close: int, us_open: int, us_close: int
) -> None:
    past = load("tiny").until(pd.Timestamp(stamp, tz="UTC"))
    assert str(past.dates[-1]) == last_date
    hong_kong, new_york = past.columns(["HK01", "US01"])
    found = [past.open[-1, hong_kong], past.close[-1, hong_kong], past.open[-1, new_york], past.close[-1, new_york]]
    wanted = [np.nan if x is None else float(x) for x in (hk_open, hk_close, us_open, us_close)]
    np.testing.assert_array_equal(found, wanted)
    for name in ("high", "low", "volume"):
        assert np.isnan(getattr(past, name)[-1, hong_kong]) == np.isnan(found[1])


def test_a_date_of_which_nothing_is_known_is_not_there() -> None:
    prices = pd.DataFrame(
        {"date": ["2024-07-02", "2024-07-03"], "symbol": "US", "venue": "XNYS", "currency": "USD", "close": [1.0, 2.0]}
    )
    # No opens: while the session runs, whether a price will come is not known.
    assert from_frames(prices).until(utc("2024-07-03 15:00")).dates.astype(str).tolist() == ["2024-07-02"]


def test_half_days_and_late_opens_keep_their_own_hours() -> None:
    days = ["2020-08-18", "2020-08-19"]
    prices = pd.DataFrame(
        {"date": days, "symbol": "HK", "venue": "XHKG", "currency": "HKD", "open": [1.0, 2.0], "close": [3.0, 4.0]}
    )
    market = from_frames(prices)
    assert len(market.until(utc("2020-08-19 05:29")).dates) == 1
    assert len(market.until(utc("2020-08-19 05:30")).dates) == 2


def test_announcements_to_come_are_not_known() -> None:
    market = load("demo")
    typhoon = np.datetime64("2023-09-08")
    before, after = (market.until(utc("2023-09-07 23:00") + shift) for shift in (-1, 0))
    assert typhoon in before.calendars["XHKG"].dates
    assert typhoon not in after.calendars["XHKG"].dates


def test_changes_of_universes_and_delistings_to_come_are_not_known() -> None:
    prices = pd.DataFrame(
        {"date": ["2024-07-02", "2024-07-03"], "symbol": "HK", "venue": "XHKG", "currency": "HKD", "close": [1.0, 2.0]}
    )
    day = np.datetime64
    market = from_frames(
        prices,
        instruments=pd.DataFrame({"symbol": ["HK"], "listed": ["2020-01-02"], "delisted": ["2024-07-03"]}),
        memberships={"u": (Spell("HK", day("2024-07-03")), Spell("XX", day("2020-01-02"), day("2024-07-03")))},
    )
    # 2024-07-03 begins in Hong Kong at 16:00 UTC of the day before.
    early, late = market.until(utc("2024-07-02 15:59")), market.until(utc("2024-07-02 16:00"))
    assert early.memberships["u"] == (Spell("HK", SOME_DAY), Spell("XX", day("2020-01-02")))
    assert late.memberships == market.memberships
    assert early.instruments["HK"].delisted is None
    assert late.instruments["HK"].delisted == day("2024-07-03")


def test_before_the_first_price_nothing_is_known() -> None:
    past = load("tiny").until(utc("2025-01-01"))
    assert past.close.shape == (0, 3)
    assert len(past.dates) == 0
    assert len(past.fx.pairs["USD", "HKD"][0]) == 0


@pytest.mark.parametrize("stamp", ["2025-01-24", pd.Timestamp("2025-01-24 21:00"), pd.NaT, "soon", None, [1]])
def test_a_stamp_without_a_time_zone_is_refused(stamp: object) -> None:
    with pytest.raises(DataError, match=r"no time zone|is no stamp"):
        load("tiny").until(stamp)


def test_a_stamp_may_be_in_any_time_zone() -> None:
    market = load("tiny")
    close = pd.Timestamp("2025-01-24 16:00", tz="America/New_York")
    assert known_bytes(market.until(close)) == known_bytes(market.until(close.value))
    assert known_bytes(market.until(close.as_unit("s"))) == known_bytes(market.until(np.int64(close.value)))


def test_closes_known_at_stamps_are_counted_by_venue() -> None:
    market = load("tiny")
    stamps = np.array([utc(t) for t in ("2025-01-21", "2025-01-22 07:59", "2025-01-22 08:00", "2025-01-31 12:00")])
    # Hong Kong is shut from the 29th: what is known on the 31st are the closes up to the 28th, the fifth date.
    assert market.known_closes(stamps, "XHKG").tolist() == [0, 0, 1, 5]
    assert market.known_closes(stamps, "XNYS").tolist() == [0, 0, 0, 7]


def test_the_past_is_read_only_too() -> None:
    past = load("tiny").until(utc("2025-01-24 14:30"))
    for array in (*(getattr(past, field) for field in PRICE_FIELDS), past.dates):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array[...]
