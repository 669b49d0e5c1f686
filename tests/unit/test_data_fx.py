"""Exchange rates: known from 16:00 in London, crossed through the dollar, read with care."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.sources.fx_table import begins_late, read_fx
from data.sources.origin import Origin


def table(rows: list[tuple[object, str, str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["date", "base", "quote", "rate"])


def read(rows: list[tuple[object, str, str, object]]):
    frame = table(rows)
    return read_fx(frame, Origin.of("fx.csv", frame))


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


TWO_DAYS = [
    ("2025-01-22", "USD", "HKD", 7.8),
    ("2025-07-22", "USD", "HKD", 7.85),
    ("2025-01-22", "USD", "CNY", 7.28),
]


@pytest.mark.parametrize(
    ("stamp", "usd_per_hkd"),
    [
        ("2025-01-22 15:59:59", np.nan),  # winter: London is UTC
        ("2025-01-22 16:00:00", 1 / 7.8),
        ("2025-07-22 14:59:59", 1 / 7.8),  # summer: 16:00 in London is 15:00 UTC
        ("2025-07-22 15:00:00", 1 / 7.85),
    ],
)
def test_a_rate_is_known_from_four_in_london(stamp: str, usd_per_hkd: float) -> None:
    rates, _ = read(TWO_DAYS)
    found = rates.rates_at(np.array([utc(stamp)]), "USD", ["HKD"])
    np.testing.assert_array_equal(found, [[usd_per_hkd]])


def test_a_cross_goes_through_the_dollar() -> None:
    rows = [*TWO_DAYS, ("2025-01-22", "EUR", "CNY", 99.0), ("2025-01-22", "EUR", "HKD", 1.0)]
    rates, _ = read(rows)
    at = np.array([utc("2025-02-01")])
    assert rates.links("CNY", "HKD")
    assert rates.rates_at(at, "HKD", ["HKD", "USD", "CNY"])[0].tolist() == pytest.approx(
        [1.0, 7.8, 7.8 / 7.28], rel=1e-15
    )


def test_a_quoted_pair_goes_before_a_cross() -> None:
    rates, _ = read([*TWO_DAYS, ("2025-01-22", "CNY", "HKD", 1.07)])
    assert rates.rates_at(np.array([utc("2025-02-01")]), "HKD", ["CNY"])[0, 0] == 1.07


def test_until_keeps_what_is_known() -> None:
    rates, _ = read(TWO_DAYS)
    past = rates.until(utc("2025-07-22 14:59:59"))
    later = np.array([utc("2025-08-01")])
    assert past.rates_at(later, "HKD", ["USD"])[0, 0] == 7.8
    assert rates.rates_at(later, "HKD", ["USD"])[0, 0] == 7.85
    assert np.isnan(rates.until(utc("2025-01-01")).rates_at(later, "HKD", ["USD"])[0, 0])
    stamps, values = past.pairs["USD", "HKD"]
    assert not stamps.flags.writeable
    assert not values.flags.writeable


def test_no_link_is_an_error_that_says_which_row_to_add() -> None:
    rates, _ = read(TWO_DAYS)
    assert not rates.links("USD", "EUR")
    with pytest.raises(DataError, match=r"links EUR to USD. Add rows with base=USD, quote=EUR"):
        rates.rates_at(np.array([0]), "USD", ["EUR"])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("2025-01-22", "USD", "HKD", 0.0)], r"fx.csv, row 1: the rate of USD/HKD on 2025-01-22 is 0"),
        ([("2025-01-22", "USD", "HKD", -7.8)], "is -7.8; it must be positive"),
        ([("2025-01-22", "USD", "HKD", np.inf)], "inf in 'rate' is no number"),
        ([("2025-01-22", "USD", "HKD", "7,8")], "'7,8' in 'rate' is no number"),
        ([("22/01/2025", "USD", "HKD", 7.8)], "'22/01/2025' in 'date' is no date; write it as 2025-02-14"),
        ([("2025-01-22", None, "HKD", 7.8)], "row 1: 'base' is empty"),
        ([TWO_DAYS[0], TWO_DAYS[0]], "row 2: a second rate of USD/HKD on 2025-01-22"),
        ([TWO_DAYS[0], ("2025-01-23", "HKD", "USD", 0.128)], "both USD/HKD and HKD/USD"),
        ([("2025-01-22", "USD", "USD", 1.1)], "USD/USD is not 1"),
    ],
)
def test_a_bad_rate_is_refused(rows: list, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(rows)


def test_an_empty_rate_is_none_and_said() -> None:
    rates, findings = read([("2025-01-22", "USD", "HKD", 7.8), ("2025-01-23", "USD", "HKD", np.nan)])
    assert len(rates.pairs["USD", "HKD"][0]) == 1
    assert [str(one) for one in findings] == ["fx.csv: 1 rates are empty; the last one known holds."]


def test_the_order_of_rows_does_not_matter() -> None:
    one, other = read(TWO_DAYS)[0], read(TWO_DAYS[::-1])[0]
    assert list(one.pairs) == list(other.pairs)
    for pair, series in one.pairs.items():
        assert [a.tobytes() for a in series] == [a.tobytes() for a in other.pairs[pair]]


def test_rates_that_do_not_cover_the_prices_are_said() -> None:
    rates, _ = read(TWO_DAYS)
    late = begins_late(rates, ["CNY", "USD"], np.datetime64("2025-01-02"), Origin((("fx.csv", 3),)))
    assert [one.check for one in late] == ["D402"]
    assert str(late[0]) == "fx.csv: USD/CNY begins on 2025-01-22, after the first price (2025-01-02)."
