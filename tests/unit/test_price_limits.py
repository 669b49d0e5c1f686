"""Daily price limits of the mainland exchanges, by hand."""

import numpy as np
import pytest

from data.errors import DataError
from data.limits import (
    BUY_AT_CLOSE,
    BUY_AT_OPEN,
    SELL_AT_CLOSE,
    SELL_AT_OPEN,
    barred_sides,
    board_of,
    limit_schedules,
    price_limits,
)

NAN = np.nan


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


def column(*prices: float) -> np.ndarray:
    return np.array(prices, dtype=float)[:, np.newaxis]


def limits(venue, symbol, dates, reference, listed="NaT", **settings):
    down, up = price_limits(venue, (symbol,), days(*dates), column(*reference), days(listed), **settings)
    return list(zip(down.ravel().tolist(), up.ravel().tolist(), strict=True))


def none(pairs):
    return [bool(np.isnan(low) and np.isnan(high)) for low, high in pairs]


@pytest.mark.parametrize(
    ("venue", "symbol", "board"),
    [
        ("XSHG", "600519.SS", "main"),
        ("XSHG", "688981.SS", "star"),
        ("XSHG", "689009.SS", "star"),
        ("XSHE", "000001.SZ", "main"),
        ("XSHE", "002594.SZ", "main"),
        ("XSHE", "300750.SZ", "chinext"),
        ("XSHE", "301269.SZ", "chinext"),
        ("XSHG", "300750.SZ", "main"),  # codes are of one exchange
        ("XSHE", "688981.SS", "main"),
        ("XSHG", "A made-up name", "main"),
        ("XHKG", "0700.HK", ""),
        ("XNYS", "AAPL", ""),
    ],
)
def test_the_board_is_in_the_code(venue, symbol, board):
    assert board_of(venue, symbol) == board


@pytest.mark.parametrize(
    ("venue", "symbol", "date", "expected"),
    [
        ("XSHG", "600519.SS", "2024-02-05", (9.0, 11.0)),
        ("XSHE", "000001.SZ", "2010-01-05", (9.0, 11.0)),
        ("XSHG", "688981.SS", "2024-02-05", (8.0, 12.0)),
        ("XSHE", "300750.SZ", "2020-08-21", (9.0, 11.0)),  # Friday
        ("XSHE", "300750.SZ", "2020-08-24", (8.0, 12.0)),  # Monday
    ],
)
def test_limits_by_board_and_date(venue, symbol, date, expected):
    for raw in (True, False):
        assert limits(venue, symbol, [date], [10.0], raw=raw)[0] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(("venue", "symbol"), [("XHKG", "0700.HK"), ("XNYS", "BABA")])
def test_there_are_none_in_hong_kong_and_new_york(venue, symbol):
    assert none(limits(venue, symbol, ["2024-02-05"], [10.0]))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (10.05, (9.05, 11.06)),  # 9.045 and 11.055: both halves go up
        (10.04, (9.04, 11.04)),  # 9.036 and 11.044
        (10.06, (9.05, 11.07)),  # 9.054 and 11.066
        (2.05, (1.85, 2.26)),  # 1.845 and 2.255
        (1705.55, (1535.00, 1876.11)),  # 1534.995 and 1876.105
        (1.005, (0.91, 1.11)),  # 1.005 is below itself in binary, and still becomes 1.01
        (10.045, (9.05, 11.06)),  # an ex-dividend reference is itself rounded: 10.05
    ],
)
def test_raw_limits_are_rounded_half_up_to_the_tick(reference, expected):
    assert limits("XSHG", "600000.SS", ["2024-02-05"], [reference], raw=True) == [expected]


def test_every_raw_limit_is_the_decimal_one():
    from decimal import ROUND_HALF_UP, Decimal

    cents = np.arange(1, 40_000, 7)
    for symbol, rate in (("600000.SS", Decimal("0.1")), ("688001.SS", Decimal("0.2"))):
        down, up = price_limits(
            "XSHG",
            (symbol,),
            np.full(len(cents), np.datetime64("2024-02-05")),
            cents[:, np.newaxis] / 100,
            days("NaT"),
            raw=True,
        )
        for found, factor in ((down, 1 - rate), (up, 1 + rate)):
            exact = [float((Decimal(int(c)) / 100 * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)) for c in cents]
            assert found.ravel().tolist() == exact


def test_adjusted_limits_are_not_rounded():
    assert limits("XSHG", "600000.SS", ["2024-02-05"], [10.05])[0] == pytest.approx((9.045, 11.055), rel=1e-15)


# Sessions of August and September 2023: a name listed on Tuesday the 29th is free to Monday the 4th.
WEEK = ("2023-08-28", "2023-08-29", "2023-08-30", "2023-08-31", "2023-09-01", "2023-09-04", "2023-09-05", "2023-09-06")


@pytest.mark.parametrize(("venue", "symbol"), [("XSHG", "603000.SS"), ("XSHG", "688001.SS"), ("XSHE", "301500.SZ")])
def test_five_sessions_are_free_after_a_listing(venue, symbol):
    # Unlisted on the 28th (its reference of 10 is not looked at), free on five sessions, limited on two.
    found = limits(venue, symbol, WEEK, [10.0] * 8, listed="2023-08-29")
    assert none(found) == [True] + [True] * 5 + [False] * 2


def test_sessions_since_the_listing_are_counted_on_the_sessions_given():
    later = WEEK[5:]
    assert none(limits("XSHG", "688001.SS", later, [10.0] * 3, listed="2023-08-29", sessions=days(*WEEK))) == [
        True,
        False,
        False,
    ]
    # Without them nothing is known of the sessions before the first row, and all first sessions are taken to be over.
    assert none(limits("XSHG", "688001.SS", later, [10.0] * 3, listed="2023-08-29")) == [False] * 3


def test_a_row_between_sessions_does_not_count():
    # New York trades on the 4th of a fictitious Shanghai holiday: sessions of Shanghai leave it out.
    sessions = [day for day in WEEK if day != "2023-09-04"]
    found = limits("XSHG", "688001.SS", WEEK, [10.0] * 8, listed="2023-08-29", sessions=days(*sessions))
    assert none(found) == [True] * 7 + [False]


@pytest.mark.parametrize(
    ("venue", "symbol", "listed", "second", "first_session"),
    [
        # The main board before the registration reform: +44 % and -36 % of the issue price, then 10 %.
        ("XSHG", "603999.SS", "2023-04-07", "2023-04-10", (6.4, 14.4)),
        ("XSHE", "001999.SZ", "2015-03-02", "2015-03-03", (6.4, 14.4)),
        ("XSHE", "300499.SZ", "2015-03-02", "2015-03-03", (6.4, 14.4)),
        # Before 2014 the first session was free.
        ("XSHG", "601999.SS", "2012-03-01", "2012-03-02", None),
        ("XSHE", "300299.SZ", "2012-03-01", "2012-03-02", None),
    ],
)
def test_the_first_session_under_the_older_rules(venue, symbol, listed, second, first_session):
    found = limits(venue, symbol, [listed, second], [10.0, 10.0], listed=listed, raw=True)
    assert none(found[:1]) == [first_session is None]
    if first_session:
        assert found[0] == first_session
    assert found[1] == (9.0, 11.0)


def test_the_rule_of_the_listing_date_holds_through_the_reform():
    dates = ("2023-04-07", "2023-04-10", "2023-04-11")
    old = limits("XSHG", "603001.SS", dates, [NAN, 10.0, 10.0], listed="2023-04-07")
    new = limits("XSHG", "603002.SS", dates, [NAN, NAN, 10.0], listed="2023-04-10")
    assert none(old) == [True, False, False]
    assert none(new) == [True, True, True]


def test_names_are_independent_of_each_other():
    symbols = ("600000.SS", "688001.SS", "688002.SS")
    down, up = price_limits(
        "XSHG",
        symbols,
        days(*WEEK[1:3]),
        np.array([[10.0, 20.0, 30.0], [NAN, 20.0, 30.0]]),
        days("NaT", "NaT", WEEK[1]),
    )
    np.testing.assert_allclose(up, [[11.0, 24.0, NAN], [NAN, 24.0, NAN]], rtol=1e-15)
    np.testing.assert_allclose(down, [[9.0, 16.0, NAN], [NAN, 16.0, NAN]], rtol=1e-15)


def test_before_the_rule_there_was_no_limit():
    assert none(limits("XSHG", "600000.SS", ["1996-12-13", "1996-12-16"], [10.0, 10.0])) == [True, False]


RAW_CASES = [
    # open, close, expected with a reference of 10.05: limits 9.05 and 11.06
    (11.06, 11.06, BUY_AT_OPEN | BUY_AT_CLOSE),
    (11.05, 11.06, BUY_AT_CLOSE),
    (11.06, 10.50, BUY_AT_OPEN),
    (9.05, 9.05, SELL_AT_OPEN | SELL_AT_CLOSE),
    (9.06, 9.05, SELL_AT_CLOSE),
    (11.06, 9.05, BUY_AT_OPEN | SELL_AT_CLOSE),
    (9.05, 11.06, SELL_AT_OPEN | BUY_AT_CLOSE),
    (11.05, 9.06, 0),
    (NAN, 11.06, BUY_AT_CLOSE),
    (NAN, NAN, 0),
]


@pytest.mark.parametrize(("opening", "close", "expected"), RAW_CASES)
def test_raw_prices_are_at_the_limit_to_the_tick(opening, close, expected):
    reference = column(10.05)
    down, up = price_limits("XSHG", ("600000.SS",), days("2024-02-05"), reference, days("NaT"), raw=True)
    found = barred_sides(column(opening), column(close), reference, down, up, raw=True)
    assert found.dtype == np.int8
    assert found.tolist() == [[expected]]


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        (0.1000, BUY_AT_CLOSE),
        (0.1005, BUY_AT_CLOSE),
        (0.0986, BUY_AT_CLOSE),
        (0.0984, 0),
        (-0.0984, 0),
        (-0.0986, SELL_AT_CLOSE),
        (-0.1000, SELL_AT_CLOSE),
    ],
)
def test_adjusted_prices_are_at_the_limit_within_the_tolerance(returns, expected):
    reference = column(7.3219)
    down, up = price_limits("XSHG", ("600000.SS",), days("2024-02-05"), reference, days("NaT"))
    found = barred_sides(reference, reference * (1 + returns), reference, down, up)
    assert found.tolist() == [[expected]]


def test_a_dividend_leaves_the_flags_of_total_return_prices_alone():
    # As traded: 10.50 before, a dividend of 0.50, so a reference of 10.00, and a close of 11.00, the limit.
    raw_reference = column(10.00)
    down, up = price_limits("XSHG", ("600000.SS",), days("2024-02-05"), raw_reference, days("NaT"), raw=True)
    raw = barred_sides(column(10.2), column(11.0), raw_reference, down, up, raw=True)
    # Adjusted backwards, the close before is 10.50 x (1 - 0.50 / 10.50) = 10.00.
    reference = column(10.5 * (1 - 0.5 / 10.5))
    down, up = price_limits("XSHG", ("600000.SS",), days("2024-02-05"), reference, days("NaT"))
    adjusted = barred_sides(column(10.2), column(11.0), reference, down, up)
    assert raw.tolist() == adjusted.tolist() == [[BUY_AT_CLOSE]]
    # Counted from the close with the dividend in it, the limit would have been missed.
    wrong = column(10.5)
    down, up = price_limits("XSHG", ("600000.SS",), days("2024-02-05"), wrong, days("NaT"), raw=True)
    assert barred_sides(column(10.2), column(11.0), wrong, down, up, raw=True).tolist() == [[0]]


def test_nothing_is_barred_without_a_limit():
    prices = column(10.0, 100.0)
    reference = column(NAN, 10.0)
    down, up = price_limits("XHKG", ("0700.HK",), days("2024-02-05", "2024-02-06"), reference, days("NaT"))
    assert barred_sides(prices, prices, reference, down, up).tolist() == [[0], [0]]


def test_shapes_that_do_not_agree_are_refused():
    with pytest.raises(DataError, match=r"2 dates and 1 names need as many .* \(1, 1\) and \(1,\)"):
        price_limits("XSHG", ("600000.SS",), days("2024-02-05", "2024-02-06"), column(1.0), days("NaT"))
    with pytest.raises(DataError, match=r"'XSHZ'"):
        price_limits("XSHZ", (), days(), np.empty((0, 0)), days())


def test_the_table_is_a_copy_and_every_board_has_an_open_end():
    mine = limit_schedules()
    mine["up"] = 0.5
    assert limit_schedules()["up"].max() == 0.44
    ends = mine[mine["to"].isna()].groupby(["venue", "board"])["first_sessions"]
    assert ends.size().tolist() == [2, 2, 2, 2]  # one for every day, one for the first sessions
    assert (ends.max() == 5).all()
