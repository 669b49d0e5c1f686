"""Fees charged quickly are the fees charged exactly, at every edge of their rounding."""

import numba
import numpy as np
import pytest

from backtest.kernels.wide_charging import HUNDREDTH, REST_OF_HUNDREDTH
from backtest.kernels.wide_lots import MOST_LOTS, count_lots_nb, divide_into_lots_nb
from data.costs.fee_tables import fee_table
from data.costs.kernels.fees import charge_trades_nb
from data.costs.kernels.wide_fees import charge_quickly_nb, count_exactly_nb
from data.jit import kernel
from data.kernels.vectors import N_TOGETHER, load_nb, store_nb, there_nb, where_nb

# Uncompiled kernels take a thousand times as long.
EVERY = 400 if numba.config.DISABLE_JIT else 1
CLASSES = [
    ("HKD", "XHKG", False),
    ("HKD", "XHKG", True),
    ("USD", "XNYS", False),
    ("CNY", "XSHG", False),
    ("CNY", "XSHE", False),
]
DAYS = np.array(["2019-03-04", "2021-09-01", "2023-11-17", "2025-02-07", "2025-08-01"], dtype="datetime64[D]")
COMMISSIONS = ((0.0, {}), (2.5, {"HKD": 18.0, "USD": 0.99, "CNY": 5.0}), (3.12345, {}))


@kernel
def charge_nb(table, period, price, unit, moved, cents):
    for at in range(0, len(moved), N_TOGETHER):
        there = there_nb(len(moved) - at)
        part = load_nb(moved, at, there)
        units, shares = abs(part * price) * 10_000.0, abs(part) * unit * 10_000.0
        store_nb(cents, at, there, charge_quickly_nb(table, period, units, shares, part > 0.0, part < 0.0))


@kernel
def count_nb(lot, price, money, held, quick, divided, sure):
    for at in range(0, len(money), N_TOGETHER):
        there = there_nb(len(money) - at)
        paid, owned = load_nb(money, at, there), load_nb(held, at, there)
        counted, is_sure = count_lots_nb(lot, price, paid, owned)
        store_nb(quick, at, there, counted)
        store_nb(divided, at, there, divide_into_lots_nb(lot, price, paid, owned))
        store_nb(sure, at, there, where_nb(is_sure, 1.0, 0.0))


@kernel
def charge_exactly_nb(table, period, side, considerations, shares, n, cents, room):
    return charge_trades_nb(table, period, side, considerations, shares, n, cents, room)


@kernel
def charge_in_integers_nb(table, period, price, unit, moved, cents):
    return count_exactly_nb(table, period, price, unit, moved, cents)


def exact(table, period, side, price, unit, moved):
    """Cents of each trade as the narrow ledger charges them."""
    considerations = np.rint(np.abs(moved * price) * 10_000.0)
    shares = np.rint(np.abs(moved) * unit * 10_000.0)
    cents = np.zeros(len(moved))
    refused = charge_exactly_nb(table, period, side, considerations, shares, len(moved), cents, np.zeros(len(moved)))
    assert refused == -1
    return cents


def trades(rng, price, most):
    """Sizes where rounding turns (whole currency, whole lots), and anything between, smallest to largest."""
    whole = np.arange(1, 4000) * 100.0
    odd = np.exp(rng.uniform(np.log(1e-3), np.log(most / price), 4000))
    money = np.concatenate([np.arange(1, 2000) * 10.0, np.arange(1, 2000) * 1000.0]) / price
    return np.concatenate([whole, odd, money])[::EVERY]


@pytest.mark.parametrize("commission", COMMISSIONS)
@pytest.mark.parametrize("column", range(len(CLASSES)))
def test_quick_fees_are_exact_fees(column, commission):
    table, _ = fee_table(CLASSES, DAYS, *commission)
    rng = np.random.default_rng(column)
    for row in range(len(DAYS)):
        period = int(table.period[row, column])
        most, most_shares = table.most[period]
        for price, unit in ((1.0, 1.0), (12.34, 1.0), (387.2, 2.5), (0.05, 0.1)):
            moved = trades(rng, price, most / 10_000.0)
            sure = (moved * price * 10_000.0 > 1.0) & (moved * price * 10_000.0 < most)
            moved = moved[sure & (moved * unit * 10_000.0 < most_shares)]
            assert len(moved) > 4000 // EVERY
            sides = np.where(rng.random(len(moved)) < 0.5, 1.0, -1.0)
            cents = np.full(len(moved), np.nan)
            charge_nb(table, period, price, unit, sides * moved, cents)
            counted = np.zeros(len(moved))
            assert charge_in_integers_nb(table, period, price, unit, sides * moved, counted) == -1
            for side, sign in ((0, 1.0), (1, -1.0)):
                expected = exact(table, period, side, price, unit, moved)[sides == sign]
                np.testing.assert_array_equal(cents[sides == sign], expected)
                np.testing.assert_array_equal(counted[sides == sign], expected)


def test_quick_fees_hold_for_trades_of_millions():
    # The largest fee that is sure is no small one: everyday trades are never counted in integers.
    table, _ = fee_table(CLASSES, DAYS, 2.5, {"HKD": 18.0})
    for row in range(len(DAYS)):
        for column in range(len(CLASSES)):
            assert table.most[table.period[row, column], 0] / 10_000.0 > 1e8


def test_a_hundredth_in_two_parts_is_what_division_gives():
    rng = np.random.default_rng(1)
    cents = np.concatenate([np.arange(2**21), rng.integers(2**38, size=2**20), 2**38 - 1 - np.arange(2**16)])
    parts = cents * HUNDREDTH + cents * REST_OF_HUNDREDTH
    np.testing.assert_array_equal(parts, cents / 100.0)


@pytest.mark.parametrize("lot", [1.0, 3.0, 100.0, 500.0, 1700.0])
def test_lots_counted_by_products_are_lots_counted_by_division(lot):
    rng, n = np.random.default_rng(int(lot)), 4096 // min(EVERY, 16)
    price = float(rng.uniform(0.1, 500.0))
    money = rng.uniform(0.0, 1e4 * lot * price, n) + 0.01
    money[::5] = rng.integers(1, 1000, len(money[::5])) * lot * price  # whole lots, the case that must leave no doubt
    held = rng.integers(0, 5000, n) * lot
    held[::7] += rng.uniform(0.1, 0.9, len(held[::7])) * lot  # what a split left
    quick, divided, sure = np.zeros((3, n))
    count_nb(lot, price, money, held, quick, divided, sure)
    np.testing.assert_array_equal(sure == 0.0, np.arange(n) % 7 == 0)
    np.testing.assert_array_equal(quick[sure == 1.0], divided[sure == 1.0])


def test_counts_that_products_could_get_wrong_are_doubted():
    # Just below a whole lot more, too many lots, none, an odd part held, and a plain one.
    money = np.array([3e6 - 1e-6, MOST_LOTS * 1e3, -1e6, 1e6, 1e6])
    held, sure = np.array([300.0, 300.0, 300.0, 250.0, 300.0]), np.zeros(5)
    count_nb(100.0, 10.0, money, held, np.zeros(5), np.zeros(5), sure)
    assert sure.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]
