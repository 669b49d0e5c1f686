"""Fees of any trade equal the contract note in decimals, to the cent; expected fees are not rounded."""

import math
from decimal import Decimal

import numpy as np
import pytest

from data.costs import fee_tables
from data.costs.charges import DOLLAR_UP, NOTE_KINDS, Charge, charges_on, commission_charge, day_number
from data.costs.fee_tables import fee_table
from data.costs.kernels import fees as kernels
from data.costs.kernels.fees import (
    EXACT,
    MAX_UNITS,
    NO_FEE,
    NO_UNITS,
    RATE,
    ROUNDING,
    TO_DOLLAR_UP,
    VECTOR,
    charge_trades_nb,
    expect_rates_nb,
    fee_parts_nb,
    units_nb,
)
from data.costs.notes import contract_note
from data.costs.schedules import BUY, SELL
from data.errors import DataError
from data.jit import kernel

CLASSES = (
    ("HKD", "XHKG", False),
    ("HKD", "XHKG", True),
    ("CNY", "XSHG", False),
    ("CNY", "XSHE", False),
    ("USD", "XNYS", False),
    ("USD", "XNYS", True),
)
DATES = np.arange("2009-12-01", "2026-03-01", dtype="datetime64[D]")
COMMISSIONS = ((0.0, {}), (2.5, {"HKD": 18.0, "CNY": 5.0}), (0.12345, {"USD": 0.35}), (0.0, {"USD": 1.0, "HKD": 50.0}))
TRADES_EACH = 5000


@kernel
def charge_nb(table, period, side, considerations, shares, n, cents, room):
    return charge_trades_nb(table, period, side, considerations, shares, n, cents, room)


@kernel
def expect_nb(table, period, considerations, shares, raw, half_spread, impact, n, out):
    expect_rates_nb(table, period, considerations, shares, raw, half_spread, impact, n, out)


def random_trades(rng: np.random.Generator, n: int) -> list[tuple[Decimal, Decimal]]:
    """Shares and prices of every size: odd lots to 1e10, fractions, prices of two to four decimals."""
    sizes = 10.0 ** rng.uniform(0, 10, n)
    # A third are round: they meet half cents, whole dollars and the edges of minima and maxima.
    sizes = np.where(rng.random(n) < 0.33, np.ceil(sizes / 100) * 100, sizes)
    decimals = rng.choice([0, 0, 4], n)
    prices = 10.0 ** rng.uniform(-1, 3, n)
    steps = rng.choice([1, 2, 3, 4], n)
    return [
        (Decimal(f"{size:.{places}f}"), Decimal(f"{price:.{step}f}"))
        for size, places, price, step in zip(sizes, decimals.tolist(), prices, steps.tolist(), strict=True)
    ]


def cents_of(table: kernels.FeeTable, row: int, g: int, side: int, considerations: object, shares: object) -> list[int]:
    """Fees of trades of one row, class and side."""
    amounts = [np.atleast_1d(np.asarray(given, dtype=np.float64)) for given in (considerations, shares)]
    out, room = np.empty(len(amounts[0])), np.empty(len(amounts[0]))
    refused = charge_nb(table, table.period[row, g], side, *amounts, len(out), out, room)
    assert refused == (out.tolist().index(NO_FEE) if NO_FEE in out else -1)
    return [int(cents) for cents in out]


def rates_of(table: kernels.FeeTable, row: int, g: int, *amounts: float) -> float:
    """Expected cost of one trade, fraction: consideration (signed), shares, raw shares, half-spread, impact."""
    out = np.empty(1)
    expect_nb(table, table.period[row, g], *(np.array([one]) for one in amounts), 1, out)
    return float(out[0])


def units_of(amount: float) -> int:
    units = np.empty(1, dtype=np.int64)
    units_nb(np.array([amount]), units)
    return int(units[0])


def as_units(amount: Decimal) -> int:
    return int((amount * 10_000).to_integral_value())  # half to even


@pytest.mark.parametrize(("bps", "least"), COMMISSIONS)
def test_kernels_charge_what_the_contract_note_says(bps: float, least: dict[str, float]) -> None:
    rng = np.random.default_rng(20250207)
    table, _ = fee_table(CLASSES, DATES, bps, least)
    trades = random_trades(rng, TRADES_EACH)
    rows = rng.integers(0, len(DATES), TRADES_EACH)
    classes = rng.integers(0, len(CLASSES), TRADES_EACH)
    sides = rng.integers(0, 2, TRADES_EACH)
    considerations = np.array([as_units(shares * price) for shares, price in trades])
    counts = np.array([as_units(shares) for shares, _ in trades])
    out = np.empty((TRADES_EACH, len(NOTE_KINDS)), dtype=np.int64)
    assert fee_parts_nb(table, rows, classes, sides, considerations, counts, out) == -1
    for t, (shares, price) in enumerate(trades):
        currency, venue, is_etf = CLASSES[classes[t]]
        note = contract_note(
            *(venue, DATES[rows[t]], "sell" if sides[t] == SELL else "buy", shares, price),
            is_etf=is_etf,
            commission_bps=bps,
            commission_min=least.get(currency, 0.0),
        )
        found = {kind: cents for kind, cents in zip(NOTE_KINDS, out[t].tolist(), strict=True) if cents}
        assert found == {kind: int(due * 100) for kind, due in note.items() if due}, (
            venue,
            DATES[rows[t]],
            shares,
            price,
        )
        if max(considerations[t], counts[t]) <= 2**53:  # every whole number is a float
            total = cents_of(table, rows[t], classes[t], sides[t], considerations[t], counts[t])
            assert total == [int(note.total * 100)]


def test_expected_fees_are_the_note_without_rounding() -> None:
    rng = np.random.default_rng(20230828)
    for bps, least in COMMISSIONS:
        table, _ = fee_table(CLASSES, DATES, bps, least)
        for shares, price in random_trades(rng, 500):
            row, g, side = int(rng.integers(len(DATES))), int(rng.integers(len(CLASSES))), int(rng.integers(2))
            currency, venue, is_etf = CLASSES[g]
            charges = [both[side] for both in charges_on(venue, day_number(DATES[row]), is_etf=is_etf).values()]
            charges.append(commission_charge(bps, least.get(currency, 0.0)))
            expected = Decimal(0)
            for charge in charges:
                due = max(charge.rate * shares * price + charge.per_share * shares + charge.fixed, charge.minimum)
                expected += due if charge.maximum is None else min(due, charge.maximum)
            amount, count = float(shares * price), float(shares)
            found = rates_of(table, row, g, amount if side == BUY else -amount, count, count, 0.0, 0.0)
            assert found * amount == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


def test_expected_costs_of_nothing_and_of_the_unknown() -> None:
    table, _ = fee_table(CLASSES, DATES[-1:], 1.0, {"HKD": 18.0})
    assert rates_of(table, 0, 0, 0.0, 0.0, 0.0, 0.01, 0.0) == 0.0
    assert np.isnan(rates_of(table, 0, 0, np.nan, 1.0, 1.0, 0.0, 0.0))
    assert np.isnan(rates_of(table, 0, 4, -100.0, 1.0, np.nan, 0.0, 0.0))


def test_many_trades_are_charged_as_each_alone() -> None:
    rng = np.random.default_rng(11)
    table, _ = fee_table(CLASSES, DATES, 2.5, {"HKD": 18.0, "USD": 0.35})
    for g, row in ((0, 5000), (2, 1000), (4, 5500)):
        for side in (BUY, SELL):
            trades = random_trades(rng, 200)
            amounts = np.array([[as_units(shares * price), as_units(shares)] for shares, price in trades]).T
            alone = [cents_of(table, row, g, side, *trade)[0] for trade in amounts.T]
            assert cents_of(table, row, g, side, *amounts) == alone


def test_whole_shares_at_prices_on_the_tick_are_read_exactly() -> None:
    rng = np.random.default_rng(7)
    shares = np.ceil(10.0 ** rng.uniform(0, 9, 5000))
    mills = np.ceil(10.0 ** rng.uniform(1, 6, 5000))
    for n, m in zip(shares, mills, strict=True):
        price = float(m) / 1000.0
        if n * price < 1e11:
            assert units_of(-n * price) == int(n) * int(m) * 10


@pytest.mark.parametrize(
    ("amount", "units"),
    [(0.0, 0), (1.0, 10_000), (-2.5, 25_000), (0.03125, 312), (0.09375, 938), (9e14, MAX_UNITS)],
)
def test_amounts_are_taken_to_the_nearest_ten_thousandth(amount: float, units: int) -> None:
    assert units_of(amount) == units


@pytest.mark.parametrize("amount", [np.nan, np.inf, -np.inf, 9.01e14, 1e300])
def test_amounts_that_are_none_are_refused(amount: float) -> None:
    assert units_of(amount) == NO_UNITS
    table, _ = fee_table(CLASSES, DATES[-2:])
    assert cents_of(table, 0, 0, BUY, [1e4, abs(amount) * 1e4], [1e4, 1e4])[1] == NO_FEE
    assert cents_of(table, 0, 0, BUY, [1e4, 1e4], [1e4, abs(amount) * 1e4])[1] == NO_FEE
    one, zero = np.ones(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    out = np.empty((3, len(NOTE_KINDS)), dtype=np.int64)
    refused = fee_parts_nb(table, one, zero, zero, np.array([0, units_of(amount), 10_000]), one * 10_000, out)
    assert refused == 1
    assert (out[1] == NO_FEE).all()
    assert (out[[0, 2]] >= 0).all()


@pytest.mark.parametrize("bps", [0.0, 10_000.0])
def test_the_largest_trade_is_exact(bps: float) -> None:
    # The whole trade as commission and 9e14 of currency: the products that come nearest to the end of 64 bits.
    table, _ = fee_table(CLASSES, DATES, bps)
    for row in range(0, len(DATES), 97):
        for g, (_, venue, is_etf) in enumerate(CLASSES):
            for units in (MAX_UNITS, MAX_UNITS - 1024, 2**53, 1_000_000_000, 999_999_999, 1):  # whole in floats
                amount = Decimal(units) / 10_000
                note = contract_note(venue, DATES[row], "sell", amount, 1, is_etf=is_etf, commission_bps=bps)
                # Cents are kept as floats, whole up to 2**53.
                assert cents_of(table, row, g, SELL, units, units) == [int(float(int(note.total * 100)))]


def test_nothing_traded_costs_nothing_and_a_trace_the_minimum() -> None:
    table, _ = fee_table(CLASSES, DATES[-1:], 0.0, {"USD": 5.0})
    assert cents_of(table, 0, 4, BUY, [0, 0], [0, 1]) == [0, 500]


def test_the_layout_of_a_table() -> None:
    days = np.array(["2025-06-27", "2025-06-30", "2025-07-02"], dtype="datetime64[D]")
    table, assumed = fee_table([("HKD", "XHKG", False), ("USD", "XNYS", False)], days, 1.0, {"HKD": 18.0})
    assert assumed == ()
    assert table.period.tolist() == [[0, 2], [1, 2], [1, 2]]
    assert table.n_parts.tolist() == [
        [6, 6],
        [6, 6],
        [1, 2],
    ]  # New York: commission; sales pay the TAF too, Section 31 is 0
    assert table.parts.shape == (3, 2, len(NOTE_KINDS), 7)
    assert {array.dtype for array in (table.period, table.n_parts, table.parts)} == {np.dtype(np.int64)}
    assert all(array.flags.c_contiguous for array in table)
    none = kernels.NO_MAXIMUM
    stamp, settlement = NOTE_KINDS.index("stamp_duty"), NOTE_KINDS.index("settlement_fee")
    assert table.parts[0, BUY, 0].tolist() == [stamp, 1_000_000, 0, 0, 0, none, kernels.TO_DOLLAR_UP]
    assert table.parts[0, BUY, 4].tolist() == [settlement, 20_000, 0, 0, 200, 10_000, kernels.TO_CENT]
    assert table.parts[1, BUY, 4].tolist() == [settlement, 42_000, 0, 0, 0, none, kernels.TO_CENT]
    assert table.parts[1, BUY, 5].tolist() == [NOTE_KINDS.index("commission"), 100_000, 0, 0, 1800, none, 0]
    assert table.parts[2, SELL, 0].tolist() == [NOTE_KINDS.index("taf_fee"), 0, 166_000, 0, 0, 830, kernels.TO_CENT]
    rate = (1_000_000 + 27_000 + 1_500 + 56_500) / 1e11  # cents for a ten-thousandth
    assert table.plain[0, BUY, kernels.RATE] == pytest.approx(rate, rel=1e-15)
    assert table.plain[0, BUY, kernels.PER_SHARE :].tolist() == [0.0, 0.0]
    # Settlement and commission; then commission alone; New York the TAF on sales alone.
    assert table.limited.shape == (3, 2, 2, 6)
    assert table.limited[:, :, BUY, kernels.LOW].tolist() == [[200.0, 1800.0], [1800.0, 0.0], [0.0, 0.0]]
    assert table.limited[2, :, SELL, kernels.HIGH].tolist() == [830.0, 0.0]
    assert table.parts[2, BUY, 1:].tolist() == [[0] * 7] * (len(NOTE_KINDS) - 1)


def test_what_a_table_assumes_is_named_once() -> None:
    days = np.array(["2025-12-31", "2026-01-02"], dtype="datetime64[D]")
    _, assumed = fee_table([("USD", "XNYS", False), ("USD", "XNYS", True), ("CNY", "XHKG", False)], days)
    assert assumed == (
        "XNYS section31_fee is not known for 2025-12-31 to 2026-01-02; 0.00000% of notional is assumed.",
        "XNYS taf_fee is not known for 2026-01-02 to 2026-01-02; USD 0.000166 a share is assumed.",
        "Names in CNY at XHKG: fixed fees, minima and maxima in HKD are charged as so many CNY.",
    )


def test_a_table_of_nothing_has_no_rows() -> None:
    table, assumed = fee_table([], DATES[:0])
    assert table.period.shape == (0, 0)
    assert table.parts.shape == (0, 2, len(NOTE_KINDS), 7)
    assert assumed == ()


@pytest.mark.parametrize(("bps", "least", "said"), [(-1.0, {}, "-1.0 bps"), (1.0, {"HKD": 0.001}, "whole cents")])
def test_a_commission_that_is_none_is_refused(bps: float, least: dict[str, float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        fee_table(CLASSES, DATES[:1], bps, least)


def test_impact_grows_with_the_square_root_of_participation() -> None:
    # Nothing but impact: 0.8 x 2 % x sqrt(4 %) = 0.0032 of what is traded, where 250,000 shares trade a day.
    table, _ = fee_table([("HKD", "XHKG", True)], DATES[-1:])
    free = table._replace(plain=table.plain * 0.0, limited=table.limited[:, :0])
    one_share = 0.8 * 0.02 / np.sqrt(250_000.0)
    for shares, rate in ((10_000.0, 0.0032), (40_000.0, 0.0064)):
        assert rates_of(free, 0, 0, 1e6, shares, shares, 0.0, one_share) == pytest.approx(rate, rel=1e-12)


def test_an_expected_rate_is_fees_half_spread_and_impact_over_the_trade() -> None:
    # Hong Kong, 2025-02-07, HK$10,000 of an ETF in 1,000 shares: levies 0.27 + 0.015 + 0.565, settlement at least 2.
    table, _ = fee_table([("HKD", "XHKG", True)], np.array(["2025-02-07"], dtype="datetime64[D]"))
    rate = rates_of(table, 0, 0, -10_000.0, 1_000.0, 1_000.0, 0.001, 1e-5)
    assert rate == pytest.approx((0.27 + 0.015 + 0.565 + 2.0) / 10_000 + 0.001 + 1e-5 * np.sqrt(1_000), rel=1e-12)


def test_fees_of_half_a_cent_are_rounded_up() -> None:
    # 2.5 bps of 20,220.00 + 40 n end in half a cent: as fractions of a cent, floats would round some of these down.
    table, _ = fee_table([("HKD", "XHKG", True)], DATES[-1:], 2.5)
    out = np.empty((1, len(NOTE_KINDS)), dtype=np.int64)
    row = np.zeros(1, dtype=np.int64)
    for n in range(5000):
        units = np.array([(20_220 + 40 * n) * 10_000])
        fee_parts_nb(table, row, row, row, units, units, out)
        assert cents_of(table, 0, 0, BUY, units[0], units[0]) == [out.sum()]
        assert out[0, NOTE_KINDS.index("commission")] == (units[0] * 25 + 5_000_000) // 10_000_000


def on_edges(rate: int, to_dollar: bool, near: int) -> list[int]:
    """Units of the considerations next above a number whose fee is just half a cent, or a whole dollar."""
    step, edge = (10**13, 0) if to_dollar else (10**11, 5 * 10**10)  # in 1e-13
    common = math.gcd(rate, step)
    if edge % common:
        return []
    every = step // common
    first = edge // common * pow(rate // common, -1, every) % every
    return [first + every * (-(-(near - first) // every) + more) for more in range(3)]


@pytest.mark.parametrize("bps", [0.0, 2.5, 0.12345])
def test_fees_on_an_edge_beyond_whole_floats_are_those_of_the_note(bps: float) -> None:
    # Half cents and whole dollars of trades of 1e7 to 1e12, and a ten-thousandth beside them.
    table, _ = fee_table(CLASSES, DATES, bps)
    n_beyond = 0
    for row in (400, 4900, 5680, len(DATES) - 1):
        for (g, (_, venue, is_etf)), side in ((one, side) for one in enumerate(CLASSES) for side in (BUY, SELL)):
            period = table.period[row, g]
            for part in table.parts[period, side, : table.n_parts[period, side]].tolist():
                rate, to_dollar = part[RATE], part[ROUNDING] == TO_DOLLAR_UP
                near = [on_edges(rate, to_dollar, 10**power * 10_000) for power in range(7, 13)] if rate else []
                for edge in (one for some in near for one in some):
                    n_beyond += rate * edge > EXACT
                    for units in (edge - 1, edge, edge + 1):
                        if int(float(units)) == units:
                            note = contract_note(
                                *(venue, DATES[row], ("buy", "sell")[side], Decimal(units) / 10_000, 1),
                                is_etf=is_etf,
                                commission_bps=bps,
                            )
                            assert cents_of(table, row, g, side, units, units) == [int(note.total * 100)], (
                                venue,
                                units,
                            )
    assert n_beyond > 500


@pytest.mark.parametrize("side", [BUY, SELL])
def test_room_behind_the_trades_changes_no_fee(side: int) -> None:
    rng = np.random.default_rng(5)
    table, _ = fee_table(CLASSES, DATES, 2.5, {"HKD": 18.0, "USD": 0.35})
    for n in range(1, 2 * VECTOR + 2):
        amounts = [np.array([as_units(a * b) for a, b in random_trades(rng, n)], dtype=np.float64) for _ in range(2)]
        for g, row in ((0, 5000), (2, 1000), (4, 5500)):
            alone = cents_of(table, row, g, side, *amounts)
            for junk in (np.nan, np.inf, -1.0, 1e300, 12_345.0):
                wide = [np.append(given, np.full(VECTOR, junk)) for given in amounts]
                out, room = np.full(n + VECTOR, junk), np.full(n + VECTOR, junk)
                assert charge_nb(table, table.period[row, g], side, *wide, n, out, room) == -1
                assert out[:n].tolist() == alone
                assert all((one[:n] == given).all() for one, given in zip(wide, amounts, strict=True))


@pytest.mark.parametrize(
    "extra",
    [{"fixed": Decimal(1)}, {"minimum": Decimal(1)}, {"maximum": Decimal(9)}],
    ids=lambda extra: next(iter(extra)),
)
def test_whole_dollars_with_a_fixed_part_or_limits_are_refused(
    extra: dict[str, Decimal], monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = Charge(rate=Decimal("0.001"), rounding=DOLLAR_UP, **extra)
    monkeypatch.setattr(fee_tables, "charges_on", lambda *_, **__: {"stamp_duty": (duty, duty)})
    with pytest.raises(DataError, match="stamp_duty .* kernels cannot charge it"):
        fee_table([("HKD", "XHKG", False)], DATES[-1:])
