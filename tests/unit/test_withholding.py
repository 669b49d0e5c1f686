"""Tax withheld from dividends: the table, row by row."""

import numpy as np
import pandas as pd
import pytest

from data.errors import DataError
from data.withholding import INVESTORS, withholding_assumptions, withholding_rates, withholding_schedules


def days(*dates: str) -> np.ndarray:
    return np.array(dates, dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("venue", "listing", "us", "offshore"),
    [
        ("XNYS", "", 0.0, 0.3),
        ("XNYS", "adr", 0.0, 0.0),
        ("XHKG", "", 0.1, 0.1),
        ("XHKG", "mainland", 0.1, 0.1),
        ("XHKG", "other", 0.0, 0.0),
        ("XSHG", "", 0.1, 0.1),
        ("XSHE", "", 0.1, 0.1),
    ],
)
def test_rates_by_venue_and_investor(venue, listing, us, offshore):
    dates = days("2015-06-01", "2024-06-13")
    assert withholding_rates(venue, dates, "us", listing=listing).tolist() == [us, us]
    assert withholding_rates(venue, dates, "offshore", listing=listing).tolist() == [offshore, offshore]
    assert withholding_rates(venue, dates, listing=listing).tolist() == [offshore, offshore]  # the default investor


def test_what_is_not_known_of_a_listing_is_said():
    dates = days("2024-06-13")
    (new_york,) = withholding_assumptions("XNYS", dates)
    assert new_york == "Withholding, XNYS: Every listing in New York is taken for a US company."
    (hong_kong,) = withholding_assumptions("XHKG", dates)
    assert "10 %" in hong_kong
    (depositary,) = withholding_assumptions("XNYS", dates, listing="adr")
    assert "Cayman" in depositary


def test_facts_need_no_assumption():
    dates = days("2024-06-13")
    assert withholding_assumptions("XNYS", dates, "us") == ()
    for listing in ("mainland", "other"):
        assert withholding_assumptions("XHKG", dates, listing=listing) == ()
    for venue in ("XSHG", "XSHE"):
        assert withholding_assumptions(venue, dates) == ()


def test_assumptions_are_those_of_the_dates_asked_for():
    assert withholding_assumptions("XSHG", days("2014-11-17")) == ()
    assert withholding_assumptions("XSHE", days("2016-12-05")) == ()
    for venue, last in (("XSHG", "2014-11-16"), ("XSHE", "2016-12-04")):
        (sentence,) = withholding_assumptions(venue, days("2024-06-13", last))
        assert "QFII" in sentence


def test_before_the_first_rate_the_first_is_taken_and_said():
    dates = days("2024-06-13", "2007-12-31")
    assert withholding_rates("XHKG", dates, listing="mainland").tolist() == [0.1, 0.1]
    assert withholding_assumptions("XHKG", dates, listing="mainland") == (
        "Withholding, XHKG: No rate is known before 2008-01-01; the first one, 10%, is taken.",
    )


def test_no_dates():
    assert withholding_rates("XNYS", days()).shape == (0,)
    assert withholding_assumptions("XNYS", days()) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("XNAS", days("2024-06-13")), r"'XNAS'.*XNYS"),
        (("XNYS", days("2024-06-13"), "uk"), r"kind of investor 'uk'. Known: us, offshore"),
        (("XNYS", days("2024-06-13", "NaT")), r"XNYS has no ex date"),
    ],
)
def test_what_is_unknown_is_refused(arguments, message):
    for function in (withholding_rates, withholding_assumptions):
        with pytest.raises(DataError, match=message):
            function(*arguments)


def test_an_unknown_kind_of_listing_is_refused():
    with pytest.raises(DataError, match=r"listing 'red' at XHKG. Known: 'mainland', 'other'"):
        withholding_rates("XHKG", days("2024-06-13"), listing="red")
    with pytest.raises(DataError, match=r"listing 'adr' at XSHG. Known: none; leave it out"):
        withholding_rates("XSHG", days("2024-06-13"), listing="adr")


def test_the_table_is_a_copy_without_gaps():
    table = withholding_schedules()
    assert set(table["investor"]) == set(INVESTORS)
    assert table["rate"].between(0, 0.3).all()
    for _, rows in table.groupby(["venue", "listing", "investor"]):
        assert (rows["from"].iloc[1:].to_numpy() - rows["to"].iloc[:-1].to_numpy() == np.timedelta64(1, "D")).all()
        assert pd.isna(rows["to"].iloc[-1])
    table["rate"] = 1.0
    assert withholding_rates("XNYS", days("2024-06-13"), "us").tolist() == [0.0]
