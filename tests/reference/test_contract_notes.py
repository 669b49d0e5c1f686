"""Contract notes worked by hand: every date on which a schedule changed, every limit, every rounding.

A note reads: venues, dates and side, to each of which it applies; shares x price = consideration, and what else is
asked for. Then a line for each kind that is not 0.00: the product, and behind the arrow what is charged: half-up to the
cent, Hong Kong stamp duty up to the next dollar, within the limits named. The products and the totals are
checked here with plain decimals, so that a reader has to trust nothing but the rates; those are in
`data/datasets/cost_schedules.csv`, with their sources.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd
import pytest

from data.costs.notes import contract_note
from data.costs.schedules import cost_schedules

NOTES = """
XHKG 2010-09-30 buy,sell: 1000 x 123.45 = 123450; assumed sfc_levy
  stamp_duty 0.001 x 123450 = 123.45 -> 124.00
  sfc_levy 0.00003 x 123450 = 3.7035 -> 3.70
  trading_fee 0.00005 x 123450 = 6.1725 -> 6.17
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 123450 = 2.469 -> 2.47
  total 136.84
XHKG 2010-10-01,2014-10-31 buy,sell: 1000 x 123.45 = 123450
  stamp_duty 0.001 x 123450 = 123.45 -> 124.00
  sfc_levy 0.00003 x 123450 = 3.7035 -> 3.70
  trading_fee 0.00005 x 123450 = 6.1725 -> 6.17
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 123450 = 2.469 -> 2.47
  total 136.84
XHKG 2014-11-01,2021-07-31 buy,sell: 1000 x 123.45 = 123450
  stamp_duty 0.001 x 123450 = 123.45 -> 124.00
  sfc_levy 0.000027 x 123450 = 3.33315 -> 3.33
  trading_fee 0.00005 x 123450 = 6.1725 -> 6.17
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 123450 = 2.469 -> 2.47
  total 136.47
XHKG 2021-08-01,2021-12-31 buy,sell: 1000 x 123.45 = 123450
  stamp_duty 0.0013 x 123450 = 160.485 -> 161.00
  sfc_levy 0.000027 x 123450 = 3.33315 -> 3.33
  trading_fee 0.00005 x 123450 = 6.1725 -> 6.17
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 123450 = 2.469 -> 2.47
  total 173.47
XHKG 2021-12-31 buy,sell: 400 x 62.5 = 25000
  stamp_duty 0.0013 x 25000 = 32.5 -> 33.00
  sfc_levy 0.000027 x 25000 = 0.675 -> 0.68
  trading_fee 0.00005 x 25000 = 1.25 -> 1.25
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 25000 = 0.5 -> 2.00 the minimum
  total 37.43
XHKG 2022-01-01,2022-12-31 buy,sell: 400 x 62.5 = 25000
  stamp_duty 0.0013 x 25000 = 32.5 -> 33.00
  sfc_levy 0.000027 x 25000 = 0.675 -> 0.68
  afrc_levy 0.0000015 x 25000 = 0.0375 -> 0.04
  trading_fee 0.00005 x 25000 = 1.25 -> 1.25
  trading_tariff -> 0.50
  settlement_fee 0.00002 x 25000 = 0.5 -> 2.00 the minimum
  total 37.47
XHKG 2023-01-01,2023-11-16 buy,sell: 400 x 62.5 = 25000
  stamp_duty 0.0013 x 25000 = 32.5 -> 33.00
  sfc_levy 0.000027 x 25000 = 0.675 -> 0.68
  afrc_levy 0.0000015 x 25000 = 0.0375 -> 0.04
  trading_fee 0.0000565 x 25000 = 1.4125 -> 1.41
  settlement_fee 0.00002 x 25000 = 0.5 -> 2.00 the minimum
  total 37.13
XHKG 2023-11-17,2025-06-29 buy,sell: 400 x 62.5 = 25000
  stamp_duty 0.001 x 25000 = 25 -> 25.00 a whole dollar stays
  sfc_levy 0.000027 x 25000 = 0.675 -> 0.68
  afrc_levy 0.0000015 x 25000 = 0.0375 -> 0.04
  trading_fee 0.0000565 x 25000 = 1.4125 -> 1.41
  settlement_fee 0.00002 x 25000 = 0.5 -> 2.00 the minimum
  total 29.13
XHKG 2025-06-30 buy,sell: 400 x 62.5 = 25000
  stamp_duty 0.001 x 25000 = 25 -> 25.00
  sfc_levy 0.000027 x 25000 = 0.675 -> 0.68
  afrc_levy 0.0000015 x 25000 = 0.0375 -> 0.04
  trading_fee 0.0000565 x 25000 = 1.4125 -> 1.41
  settlement_fee 0.000042 x 25000 = 1.05 -> 1.05
  total 28.18
XHKG 2025-02-07 buy,sell: 100 x 100 = 10000
  stamp_duty 0.001 x 10000 = 10 -> 10.00
  sfc_levy 0.000027 x 10000 = 0.27 -> 0.27
  afrc_levy 0.0000015 x 10000 = 0.015 -> 0.02
  trading_fee 0.0000565 x 10000 = 0.565 -> 0.57
  settlement_fee 0.00002 x 10000 = 0.2 -> 2.00 the minimum
  total 12.86
XHKG 2025-02-07,2025-06-29 buy,sell: 15000 x 400 = 6000000
  stamp_duty 0.001 x 6000000 = 6000 -> 6000.00
  sfc_levy 0.000027 x 6000000 = 162 -> 162.00
  afrc_levy 0.0000015 x 6000000 = 9 -> 9.00
  trading_fee 0.0000565 x 6000000 = 339 -> 339.00
  settlement_fee 0.00002 x 6000000 = 120 -> 100.00 the maximum
  total 6610.00
XHKG 2025-06-30 buy,sell: 15000 x 400 = 6000000
  stamp_duty 0.001 x 6000000 = 6000 -> 6000.00
  sfc_levy 0.000027 x 6000000 = 162 -> 162.00
  afrc_levy 0.0000015 x 6000000 = 9 -> 9.00
  trading_fee 0.0000565 x 6000000 = 339 -> 339.00
  settlement_fee 0.000042 x 6000000 = 252 -> 252.00
  total 6762.00
XHKG 2025-06-27 sell: 2500 x 40.1 = 100250
  stamp_duty 0.001 x 100250 = 100.25 -> 101.00
  sfc_levy 0.000027 x 100250 = 2.70675 -> 2.71
  afrc_levy 0.0000015 x 100250 = 0.150375 -> 0.15
  trading_fee 0.0000565 x 100250 = 5.664125 -> 5.66
  settlement_fee 0.00002 x 100250 = 2.005 -> 2.01 just above the minimum
  total 111.53
XHKG 2025-06-27 buy: 12500 x 400.02 = 5000250
  stamp_duty 0.001 x 5000250 = 5000.25 -> 5001.00
  sfc_levy 0.000027 x 5000250 = 135.00675 -> 135.01
  afrc_levy 0.0000015 x 5000250 = 7.500375 -> 7.50
  trading_fee 0.0000565 x 5000250 = 282.514125 -> 282.51
  settlement_fee 0.00002 x 5000250 = 100.005 -> 100.00 just above the maximum
  total 5526.02
XHKG 2025-02-07 buy: 100 x 10.0001 = 1000.01
  stamp_duty 0.001 x 1000.01 = 1.00001 -> 2.00 any part of a dollar is a dollar
  sfc_levy 0.000027 x 1000.01 = 0.02700027 -> 0.03
  trading_fee 0.0000565 x 1000.01 = 0.056500565 -> 0.06
  settlement_fee 0.00002 x 1000.01 = 0.0200002 -> 2.00 the minimum
  total 4.09
XHKG 2025-02-07 buy,sell: 200 x 75.05 = 15010; etf
  sfc_levy 0.000027 x 15010 = 0.40527 -> 0.41
  afrc_levy 0.0000015 x 15010 = 0.022515 -> 0.02
  trading_fee 0.0000565 x 15010 = 0.848065 -> 0.85
  settlement_fee 0.00002 x 15010 = 0.3002 -> 2.00 the minimum
  total 3.28
XHKG 2025-02-07 buy: 100 x 100 = 10000; commission 3 bps, at least 18
  stamp_duty 0.001 x 10000 = 10 -> 10.00
  sfc_levy 0.000027 x 10000 = 0.27 -> 0.27
  afrc_levy 0.0000015 x 10000 = 0.015 -> 0.02
  trading_fee 0.0000565 x 10000 = 0.565 -> 0.57
  settlement_fee 0.00002 x 10000 = 0.2 -> 2.00 the minimum
  commission 0.0003 x 10000 = 3 -> 18.00 the minimum
  total 30.86
XSHG,XSHE 2015-07-31 sell: 1000 x 123.45 = 123450; assumed handling_fee
  stamp_duty 0.001 x 123450 = 123.45 -> 123.45
  handling_fee 0.0000487 x 123450 = 6.012015 -> 6.01
  management_fee 0.00002 x 123450 = 2.469 -> 2.47
  transfer_fee 0.00004 x 123450 = 4.938 -> 4.94
  total 136.87
XSHG,XSHE 2015-08-01,2022-04-28 sell: 1000 x 123.45 = 123450
  stamp_duty 0.001 x 123450 = 123.45 -> 123.45
  handling_fee 0.0000487 x 123450 = 6.012015 -> 6.01
  management_fee 0.00002 x 123450 = 2.469 -> 2.47
  transfer_fee 0.00004 x 123450 = 4.938 -> 4.94
  total 136.87
XSHG,XSHE 2022-04-29,2023-08-27 sell: 1000 x 123.45 = 123450
  stamp_duty 0.001 x 123450 = 123.45 -> 123.45
  handling_fee 0.0000487 x 123450 = 6.012015 -> 6.01
  management_fee 0.00002 x 123450 = 2.469 -> 2.47
  transfer_fee 0.00003 x 123450 = 3.7035 -> 3.70
  total 135.63
XSHG,XSHE 2023-08-28 sell: 1000 x 123.45 = 123450
  stamp_duty 0.0005 x 123450 = 61.725 -> 61.73
  handling_fee 0.0000341 x 123450 = 4.209645 -> 4.21
  management_fee 0.00002 x 123450 = 2.469 -> 2.47
  transfer_fee 0.00003 x 123450 = 3.7035 -> 3.70
  total 72.11
XSHG,XSHE 2023-08-27 buy: 2000 x 50 = 100000
  handling_fee 0.0000487 x 100000 = 4.87 -> 4.87
  management_fee 0.00002 x 100000 = 2 -> 2.00
  transfer_fee 0.00003 x 100000 = 3 -> 3.00
  total 9.87
XSHG,XSHE 2023-08-28 buy: 2000 x 50 = 100000
  handling_fee 0.0000341 x 100000 = 3.41 -> 3.41
  management_fee 0.00002 x 100000 = 2 -> 2.00
  transfer_fee 0.00003 x 100000 = 3 -> 3.00
  total 8.41
XSHG 2023-08-28 buy: 100 x 7.5 = 750
  handling_fee 0.0000341 x 750 = 0.025575 -> 0.03
  management_fee 0.00002 x 750 = 0.015 -> 0.02
  transfer_fee 0.00003 x 750 = 0.0225 -> 0.02 two fees, one line: apart 0.0075 and 0.015 would make 0.03
  total 0.07
XNYS 2011-06-30 sell: 10000 x 123.45 = 1234500; assumed section31_fee, taf_fee
  section31_fee 0.0000174 x 1234500 = 21.4803 -> 21.48
  taf_fee 0.00009 x 10000 = 0.9 -> 0.90
  total 22.38
XNYS 2011-07-01,2012-02-29 sell: 10000 x 123.45 = 1234500; assumed section31_fee
  section31_fee 0.0000174 x 1234500 = 21.4803 -> 21.48
  taf_fee 0.00009 x 10000 = 0.9 -> 0.90
  total 22.38
XNYS 2012-03-01,2012-06-30 sell: 10000 x 123.45 = 1234500; assumed section31_fee
  section31_fee 0.0000174 x 1234500 = 21.4803 -> 21.48
  taf_fee 0.000095 x 10000 = 0.95 -> 0.95
  total 22.43
XNYS 2012-07-01,2013-05-24 sell: 10000 x 123.45 = 1234500; assumed section31_fee
  section31_fee 0.0000174 x 1234500 = 21.4803 -> 21.48
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 22.67
XNYS 2013-05-25,2014-03-17 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000174 x 1234500 = 21.4803 -> 21.48
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 22.67
XNYS 2014-03-18,2015-02-13,2020-02-18,2021-02-24 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000221 x 1234500 = 27.28245 -> 27.28
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 28.47
XNYS 2015-02-14,2016-02-15 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000184 x 1234500 = 22.7148 -> 22.71
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 23.90
XNYS 2016-02-16,2017-07-03 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000218 x 1234500 = 26.9121 -> 26.91
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 28.10
XNYS 2017-07-04,2018-05-21 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000231 x 1234500 = 28.51695 -> 28.52
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 29.71
XNYS 2018-05-22,2019-04-15 sell: 10000 x 123.45 = 1234500
  section31_fee 0.000013 x 1234500 = 16.0485 -> 16.05
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 17.24
XNYS 2019-04-16,2020-02-17 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000207 x 1234500 = 25.55415 -> 25.55
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 26.74
XNYS 2021-02-25,2021-12-31 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000051 x 1234500 = 6.29595 -> 6.30
  taf_fee 0.000119 x 10000 = 1.19 -> 1.19
  total 7.49
XNYS 2022-01-01,2022-05-13 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000051 x 1234500 = 6.29595 -> 6.30
  taf_fee 0.00013 x 10000 = 1.3 -> 1.30
  total 7.60
XNYS 2022-05-14,2022-12-31 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000229 x 1234500 = 28.27005 -> 28.27
  taf_fee 0.00013 x 10000 = 1.3 -> 1.30
  total 29.57
XNYS 2023-01-01,2023-02-26 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000229 x 1234500 = 28.27005 -> 28.27
  taf_fee 0.000145 x 10000 = 1.45 -> 1.45
  total 29.72
XNYS 2023-02-27,2023-12-31 sell: 10000 x 123.45 = 1234500
  section31_fee 0.000008 x 1234500 = 9.876 -> 9.88
  taf_fee 0.000145 x 10000 = 1.45 -> 1.45
  total 11.33
XNYS 2024-01-01,2024-05-21 sell: 10000 x 123.45 = 1234500
  section31_fee 0.000008 x 1234500 = 9.876 -> 9.88
  taf_fee 0.000166 x 10000 = 1.66 -> 1.66
  total 11.54
XNYS 2024-05-22,2025-05-13 sell: 10000 x 123.45 = 1234500
  section31_fee 0.0000278 x 1234500 = 34.3191 -> 34.32
  taf_fee 0.000166 x 10000 = 1.66 -> 1.66
  total 35.98
XNYS 2025-05-14,2025-09-30 sell: 10000 x 123.45 = 1234500
  taf_fee 0.000166 x 10000 = 1.66 -> 1.66
  total 1.66
XNYS 2025-10-01,2025-12-31 sell: 10000 x 123.45 = 1234500; assumed section31_fee
  taf_fee 0.000166 x 10000 = 1.66 -> 1.66
  total 1.66
XNYS 2026-01-01 sell: 10000 x 123.45 = 1234500; assumed section31_fee, taf_fee
  taf_fee 0.000166 x 10000 = 1.66 -> 1.66
  total 1.66
XNYS 2018-05-22,2024-05-22,2025-05-14 buy: 10000 x 123.45 = 1234500
  total 0.00
XNYS 2024-05-22 buy: 10000 x 123.45 = 1234500; commission 0 bps, at least 5
  commission -> 5.00 a flat commission
  total 5.00
XNYS 2025-05-14 sell: 49000 x 2 = 98000
  taf_fee 0.000166 x 49000 = 8.134 -> 8.13 below the maximum
  total 8.13
XNYS 2025-05-14 sell: 60000 x 2 = 120000
  taf_fee 0.000166 x 60000 = 9.96 -> 8.30 the maximum
  total 8.30
XNYS 2011-07-01,2012-02-29 sell: 60000 x 2 = 120000; assumed section31_fee
  section31_fee 0.0000174 x 120000 = 2.088 -> 2.09
  taf_fee 0.00009 x 60000 = 5.4 -> 4.50 the maximum
  total 6.59
XNYS 2012-03-01,2012-06-30 sell: 60000 x 2 = 120000; assumed section31_fee
  section31_fee 0.0000174 x 120000 = 2.088 -> 2.09
  taf_fee 0.000095 x 60000 = 5.7 -> 4.75 the maximum
  total 6.84
XNYS 2021-12-31 sell: 60000 x 2 = 120000
  section31_fee 0.0000051 x 120000 = 0.612 -> 0.61
  taf_fee 0.000119 x 60000 = 7.14 -> 5.95 the maximum
  total 6.56
XNYS 2022-01-01 sell: 60000 x 2 = 120000
  section31_fee 0.0000051 x 120000 = 0.612 -> 0.61
  taf_fee 0.00013 x 60000 = 7.8 -> 6.49 the maximum
  total 7.10
XNYS 2023-12-31 sell: 60000 x 2 = 120000
  section31_fee 0.000008 x 120000 = 0.96 -> 0.96
  taf_fee 0.000145 x 60000 = 8.7 -> 7.27 the maximum
  total 8.23
XNYS 2024-05-22 sell: 7500 x 3.3333 = 24999.75; commission 0.5 bps, at least 1
  section31_fee 0.0000278 x 24999.75 = 0.69499305 -> 0.69
  taf_fee 0.000166 x 7500 = 1.245 -> 1.25
  commission 0.00005 x 24999.75 = 1.2499875 -> 1.25
  total 3.19
XNYS 2024-05-22 sell: 0.3333 x 300.1 = 100.02333
  section31_fee 0.0000278 x 100.0233 = 0.00278064774 -> 0.00 of the consideration to the nearest 0.0001
  taf_fee 0.000166 x 0.3333 = 0.0000553278 -> 0.00
  total 0.00
"""


@dataclass(frozen=True)
class Note:
    """One worked note, for one venue, date and side."""

    venue: str
    date: str
    side: str
    shares: str
    price: str
    options: dict[str, object] = field(hash=False)
    assumed: tuple[str, ...]
    due: dict[str, Decimal] = field(hash=False)
    total: Decimal

    def __str__(self) -> str:
        return f"{self.venue}-{self.date}-{self.side}-{self.shares}x{self.price}"


HEAD = re.compile(r"(\S+) (\S+) (\S+): (\S+) x (\S+) = (\S+?)(?:; (.*))?")
LINE = re.compile(r"  (\w+) (?:(\S+) x (\S+) = (\S+) )?-> (\d+\.\d\d)(?: .*)?")


def read(block: list[str]) -> list[Note]:
    head = HEAD.fullmatch(block[0])
    assert head, block[0]
    venues, dates, sides, shares, price, consideration, more = head.groups()
    assert Decimal(shares) * Decimal(price) == Decimal(consideration), block[0]
    options: dict[str, object] = {}
    assumed: tuple[str, ...] = ()
    if more == "etf":
        options = {"is_etf": True}
    elif more and more.startswith("assumed "):
        assumed = tuple(more.removeprefix("assumed ").split(", "))
    elif more:
        asked = re.fullmatch(r"commission (\S+) bps, at least (\S+)", more)
        assert asked, more
        options = {"commission_bps": asked[1], "commission_min": asked[2]}
    due = {}
    for text in block[1:-1]:
        line = LINE.fullmatch(text)
        assert line, text
        kind, rate, amount, product, charged = line.groups()
        if rate:
            assert Decimal(rate) * Decimal(amount) == Decimal(product), text
        due[kind] = Decimal(charged)
    total = Decimal(block[-1].removeprefix("  total "))
    assert sum(due.values()) == total, block
    return [
        Note(venue, date, side, shares, price, options, assumed, due, total)
        for venue in venues.split(",")
        for date in dates.split(",")
        for side in sides.split(",")
    ]


def worked() -> list[Note]:
    lines = NOTES.strip("\n").split("\n")
    starts = [i for i, line in enumerate(lines) if not line.startswith(" ")]
    return [
        note for start, end in zip(starts, [*starts[1:], len(lines)], strict=True) for note in read(lines[start:end])
    ]


WORKED = worked()


@pytest.mark.parametrize("note", WORKED, ids=str)
def test_a_note_worked_by_hand(note: Note) -> None:
    found = contract_note(note.venue, note.date, note.side, note.shares, note.price, **note.options)  # type: ignore[arg-type]
    assert {kind: due for kind, due in found.items() if due} == {kind: due for kind, due in note.due.items() if due}
    assert found.total == sum(found.values()) == note.total
    assert tuple(text.split()[1] for text in found.assumptions) == note.assumed


def test_every_change_of_a_schedule_has_a_note_of_the_day_and_of_the_day_before() -> None:
    days = {(note.venue, note.date) for note in WORKED}
    missing = []
    for row in cost_schedules().to_dict("records"):
        for first in (row["from"], row["to"] + pd.Timedelta(days=1)):
            if not pd.isna(first):
                around = (first - pd.Timedelta(days=1), first)
                missing += [(row["venue"], day.date()) for day in around if (row["venue"], str(day.date())) not in days]
    assert not missing
    assert len(WORKED) >= 30


def test_binary_floats_would_get_some_of_these_wrong() -> None:
    # 0.565, 0.675 and 1.245 are halves of a cent, and below it as binary floats.
    assert round(10_000 * 0.0000565, 2) == 0.56
    assert str(contract_note("XHKG", "2025-02-07", "buy", 100.0, 100.0)["trading_fee"]) == "0.57"
    assert round(25_000 * 0.000027, 2) == 0.67
    assert str(contract_note("XHKG", "2025-02-07", "buy", 250.0, 100.0)["sfc_levy"]) == "0.68"
    assert round(7_500 * 0.000166, 2) == 1.24
    assert contract_note("XNYS", "2024-05-22", "sell", 7_500, 1)["taf_fee"] == Decimal("1.25")
