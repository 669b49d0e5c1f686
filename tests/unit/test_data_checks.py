"""One broken folder for each check of the catalogue: a mutation of a good one, and what is said of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.checks.catalogue import catalogue
from data.checks.folder import check_folder
from data.errors import DataError
from data.load import load
from tests.breaking import (
    DAY,
    PRICES,
    absurd_split,
    added,
    cell,
    copied,
    dropped,
    first_cell,
    fraction_from_day,
    frozen,
    moved_to_second,
    other_dividend,
    own_universe,
    renamed,
    repeated,
    rewritten,
    ruled,
    scaled,
    shifted,
    silent,
    still,
    straight,
    survivors,
    thousands,
    turned_round,
    twins,
    write,
)
from tests.folders import Tables, good_files, good_tables, read_once, write_folder

RAW = 'name = "made up"\nprice_basis = "raw"\n'
TOTAL = 'name = "made up"\nprice_basis = "total_return"\n'


@dataclass(frozen=True)
class Broken:
    """A way to break a folder: of its tables, or of its files once they are written."""

    check: str
    said: tuple[str, ...]
    tables: Callable[[Tables], object] = lambda tables: None
    files: Callable[[Path], object] = lambda path: None
    settings: str = RAW
    besides: tuple[str, ...] = ()  # checks that fail with it, by their nature


BROKEN = [
    Broken(
        "D101",
        ("holds both fx.csv and fx.parquet",),
        files=lambda path: pd.DataFrame({"a": [1]}).to_parquet(path / "fx.parquet"),
    ),
    Broken("D102", ("rates.csv is empty",), files=write("rates.csv", b"")),
    Broken("D102", ("rates.csv: no rows",), files=write("rates.csv", b"date,series,value\n")),
    Broken(
        "D103",
        ("rates.csv is no UTF-8 text", "UTF-16"),
        files=write("rates.csv", "date,series,value\n".encode("utf-16")),
    ),
    Broken(
        "D103", ("rates.csv, line 2", "0xe9"), files=write("rates.csv", b"date,series,value\n2024-01-02,caf\xe9,5\n")
    ),
    Broken(
        "D104",
        ("rates.csv is separated by semicolons",),
        files=rewritten("rates.csv", lambda text: text.replace(",", ";")),
    ),
    Broken(
        "D105",
        ("rates.csv, line 3 has 2 cells, but its header has 3",),
        files=rewritten(
            "rates.csv", lambda text: text.replace(",5.33", "", 2).replace(",US_FED_FUNDS\n", ",US_FED_FUNDS,5\n", 1)
        ),
    ),
    Broken(
        "D105",
        ("rates.csv, line 2", "quote"),
        files=rewritten("rates.csv", lambda text: text.replace("US_FED", '"US_FED', 1)),
    ),
    Broken(
        "D105",
        ("borrow.parquet cannot be read",),
        tables=lambda tables: tables.pop("borrow"),
        files=write("borrow.parquet", b"PAR1 no"),
    ),
    Broken("D106", ("rates.csv: no column 'value'", "percent"), tables=renamed("rates", "value", "percent")),
    Broken(
        "D106",
        ("rates.csv: column 'series' stands twice",),
        files=rewritten("rates.csv", lambda text: text.replace("value", "series", 1)),
    ),
    Broken("D107", ("market.toml: unknown key 'basis'",), settings=RAW + 'basis = "raw"\n', besides=("D314", "D606")),
    Broken(
        "D108", ("prices.csv: not read: column Close",), tables=lambda tables: tables["prices"].insert(3, "Close", 1.0)
    ),
    Broken("D109", ("files that are not read: flow.csv",), files=write("flow.csv", b"date,entity,net_usd\n")),
    Broken("D201", ("prices.csv, row 1", "15/11/2023", "no date"), tables=first_cell("prices", "date", "15/11/2023")),
    Broken(
        "D202",
        ("prices.csv, row 1", "2023-03-01T09:30", "time"),
        tables=first_cell("prices", "date", "2023-03-01T09:30"),
    ),
    Broken("D202", ("flows.csv, row 1", "says no time zone"), tables=first_cell("flows", "known", "2023-03-09T21:00")),
    Broken(
        "D203",
        ("prices.csv, row", "'12,50' in 'close' is no number"),
        tables=cell("prices", "close", "12,50", symbol="HA", date=DAY),
    ),
    Broken(
        "D204", ("prices.csv, row", "'symbol' is empty"), tables=cell("prices", "symbol", "", symbol="HA", date=DAY)
    ),
    Broken(
        "D205", ("rates.csv, row", "2123-11-15", "still to come"), tables=cell("rates", "date", "2123-11-15", date=DAY)
    ),
    Broken(
        "D206", ("prices.csv, row", "UA has two rows on 2023-03-01"), tables=repeated("prices", 0), besides=("D207",)
    ),
    Broken("D206", ("fx.csv, row", "a second rate of USD/HKD on 2023-02-27"), tables=repeated("fx", 0), besides=()),
    Broken("D207", ("prices.csv, row", "UA goes from 2024-06-27 to 2023-03-02"), tables=moved_to_second("prices", 333)),
    Broken(
        "D208",
        ("prices.csv: 1 rows have no close",),
        tables=cell("prices", "close", np.nan, symbol="HA", date=DAY),
        besides=("D309",),
    ),
    Broken(
        "D301",
        ("prices.csv, row", "close of HA on 2023-11-15 is -3"),
        tables=cell("prices", "close", -3.0, symbol="HA", date=DAY),
    ),
    Broken(
        "D302",
        ("prices.csv, row", "close of HA on 2023-11-15 is 1e+12"),
        tables=cell("prices", "close", 1e12, symbol="HA", date=DAY),
    ),
    Broken(
        "D303",
        ("prices.csv", "HA high below low on 2023-11-15"),
        tables=cell("prices", "high", 5.0, symbol="HA", date=DAY),
    ),
    Broken("D304", ("prices.csv", "UB on 2023-11-15", "0.25"), tables=scaled("prices", PRICES, 0.25, DAY, symbol="UB")),
    Broken("D304", ("prices.csv", "CB on 2023-11-15"), tables=scaled("prices", PRICES, 0.7, DAY, symbol="CB")),
    Broken("D305", ("prices.csv", "HA on 2023-11-15"), tables=scaled("prices", PRICES, 10.0, DAY, DAY, symbol="HA")),
    Broken("D306", ("prices.csv", "HA from ", "(8 sessions)"), tables=still),
    Broken("D307", ("prices.csv", "XHKG on 2023-11-15"), tables=cell("prices", "volume", 0, venue="XHKG", date=DAY)),
    Broken(
        "D308",
        ("prices.csv, row", "HA has a price on 2023-09-08, when XHKG held no session"),
        tables=cell("prices", "date", "2023-09-08", symbol="HA", date="2023-09-07"),
        besides=("D309",),
    ),
    Broken("D309", ("prices.csv", "HA on 2023-11-15"), tables=dropped("prices", DAY, DAY, symbol="HA")),
    Broken("D310", ("prices.csv", "XHKG on 2023-11-15"), tables=dropped("prices", DAY, DAY, venue="XHKG")),
    Broken(
        "D311",
        ("prices.csv", "HA on 1 of ", "the last 2023-11-15"),
        tables=cell("prices", "open", np.nan, symbol="HA", date=DAY),
    ),
    Broken("D312", ("prices.csv", "HB from 2023-11-15"), tables=dropped("prices", "2000", "2023-11-14", symbol="HB")),
    Broken("D313", ("prices.csv", "HB on 2023-11-14"), tables=dropped("prices", DAY, symbol="HB")),
    Broken(
        "D314",
        ("prices.csv", "HC in ", "price_basis is 'raw'"),
        tables=scaled("prices", PRICES, 0.9137, "2000", symbol="HC"),
    ),
    Broken(
        "D314", ("prices.csv: prices are adjusted (price_basis 'total_return')",), settings=TOTAL, besides=("D606",)
    ),
    Broken(
        "D315",
        ("UA split of 4 on 2023-11-15",),
        tables=added("actions", symbol="UA", kind="split", ex_date=DAY, amount=4.0, pay_date=None),
    ),
    Broken(
        "D316",
        ("prices.csv, row", "UA has a price on 2023-03-01, before it lists on 2023-11-15"),
        tables=cell("instruments", "listed", DAY, symbol="UA"),
    ),
    Broken(
        "D317",
        ("HA on 2023-11-16, after its last day 2023-11-15",),
        tables=lambda tables: tables["instruments"].insert(3, "delisted", ["", DAY, ""]),
    ),
    Broken("D318", ("prices.csv", "CA about 2023-1"), tables=scaled("prices", ["volume"], 0.01, DAY, symbol="CA")),
    Broken(
        "D319",
        ("prices.csv", "UB on 2023-11-15", "near the rate of HKD"),
        tables=scaled("prices", PRICES, 7.82, DAY, symbol="UB"),
    ),
    Broken("D320", ("prices.csv, row", "unknown venue 'XLON'"), tables=cell("prices", "venue", "XLON", symbol="HA")),
    Broken(
        "D321",
        ("prices.csv: HA is in CNY, but XHKG trades in HKD",),
        tables=cell("prices", "currency", "CNY", symbol="HA"),
    ),
    Broken(
        "D322",
        ("prices.csv, row", "HA has venue XSHG, elsewhere XHKG"),
        tables=cell("prices", "venue", "XSHG", symbol="HA", date=DAY),
    ),
    Broken("D323", ("prices.csv", "XNYS 30 names to 2023-12-29"), tables=survivors, besides=("D611",)),
    Broken("D324", ("prices.csv", "S0 a session late (correlation 0."), tables=shifted),
    Broken("D325", ("prices.csv", "UC as UB"), tables=twins),
    Broken("D326", ("prices.csv", "UB on 2023-11-15", "1.5"), tables=scaled("prices", PRICES, 1.5, DAY, symbol="UB")),
    Broken("D327", ("prices.csv", "XHKG on 2023-11-15"), tables=copied("XHKG")),
    Broken("D327", ("prices.csv", "UA from 2023-11-15 to 2023-11-17 (3 rows)"), tables=copied("UA", 3)),
    Broken("D328", ("prices.csv", "UA to ", "(14 closes"), tables=ruled),
    Broken("D329", ("prices.csv", "UA from 2023-11-15 to "), tables=silent),
    Broken(
        "D401",
        ("prices.csv holds CNY and HKD, but fx.csv has no rate between them",),
        tables=dropped("fx", "2000", quote="CNY"),
    ),
    Broken("D402", ("fx.csv", "USD/HKD ends on 2024-05"), tables=dropped("fx", "2024-05-16", quote="HKD")),
    Broken("D403", ("fx.csv, row 1: USD/HKD on 2023-02-27 is 0.127", "base=HKD, quote=USD"), tables=turned_round),
    Broken("D404", ("fx.csv", "USD/CNY on 2023-11-15"), tables=scaled("fx", ["rate"], 1.1, DAY, quote="CNY")),
    Broken("D405", ("fx.csv", "USD/HKD from 2023-05"), tables=straight),
    Broken(
        "D406",
        ("fx.csv: both USD/HKD and HKD/USD",),
        tables=added("fx", date="2023-03-01", base="HKD", quote="USD", rate=0.128),
    ),
    Broken("D407", ("fx.csv", "USD/HKD on 2023-11-15"), tables=scaled("fx", ["rate"], 1.02, DAY, DAY, quote="HKD")),
    Broken(
        "D501",
        ("flows.csv, row", "CHINA of 2023-11-17 has 'known' before"),
        tables=cell("flows", "known", "2023-11-09T21:00Z", entity="CHINA", date="2023-11-17"),
    ),
    Broken(
        "D501",
        ("holdings_13f.csv, row 1", "was filed before the end of its period"),
        tables=cell("holdings_13f", "filed", "2023-12-01"),
    ),
    Broken("D502", ("rates.csv", "US_FED_FUNDS", "0.0533"), tables=cell("rates", "value", 0.0533)),
    Broken("D502", ("rates.csv", "US_FED_FUNDS from 2023-11-15 (5.33, then 0.0533)"), tables=fraction_from_day),
    Broken(
        "D503",
        ("valuations.csv", "HSTECH pe_ttm once on 2023-11-15"),
        tables=scaled("valuations", ["value"], 1.5, DAY, metric="pe_ttm"),
    ),
    Broken(
        "D504",
        ("indices.csv", "HSTECH on 2023-11-15"),
        tables=scaled("indices", ["close"], 10.0, DAY, DAY),
        besides=("D503",),
    ),
    Broken(
        "D505",
        ("flows.csv", "CHINA from 2023-11-17", "6.9 times"),
        tables=scaled("flows", ["net_usd"], 7.2, DAY, entity="CHINA"),
    ),
    Broken("D506", ("flows.csv", "US on 2023-11-10"), tables=dropped("flows", DAY, entity="US")),
    Broken(
        "D507",
        ("valuations.csv", "HSTECH pe_ttm from 2023-11-14 to 2024-03-01"),
        tables=dropped("valuations", DAY, "2024-02-29", metric="pe_ttm"),
        besides=("D503",),
    ),
    Broken(
        "D508",
        ("flows.csv, row 137: NORTHBOUND of 2024-08-19", "published"),
        tables=added("flows", date="2024-08-19", entity="NORTHBOUND", net_usd=1e8, known="2024-08-20T10:00Z"),
    ),
    Broken("D509", ("flows.csv: no column 'known'",), tables=lambda tables: tables["flows"].pop("known")),
    Broken(
        "D510",
        ("indices.csv: HSTECH before its launch on 2020-07-27 (1 rows)",),
        tables=added("indices", date="2019-07-26", index="HSTECH", close=3500.0),
        besides=("D507",),
    ),
    Broken(
        "D511", ("valuations.csv", "HSTECH pe_ttm from 2023-11-15 to 2023-12-12 (20"), tables=frozen, besides=("D503",)
    ),
    Broken(
        "D512",
        ("flows.csv, row", "CHINA of 2023-11-17 is known before any close of that date"),
        tables=cell("flows", "known", "2023-11-17T00:00Z", entity="CHINA", date="2023-11-17"),
    ),
    Broken(
        "D513",
        ("valuations.csv", "HSTECH pe_ttm on 2023-11-15 (-4)"),
        tables=cell("valuations", "value", -4.0, metric="pe_ttm", date=DAY),
    ),
    Broken("D514", ("holdings_13f.csv", "F (0.0010 of the close, 3 positions)"), tables=thousands),
    Broken("D601", ("instruments.csv: lot 'many' of HA",), tables=cell("instruments", "lot", "many", symbol="HA")),
    Broken(
        "D602",
        ("actions.csv, row 1: unknown kind 'bonus' of UA",),
        tables=cell("actions", "kind", "bonus", symbol="UA"),
    ),
    Broken(
        "D603",
        ("actions.csv, row 1: the dividend of UA on 2024-02-08 has an amount that is -1",),
        tables=cell("actions", "amount", -1.0, symbol="UA"),
    ),
    Broken("D603", ("actions.csv, row 1: the split of UA on 2024-02-08 makes 1e-12 shares",), tables=absurd_split),
    Broken(
        "D603",
        ("borrow.csv, row 1: fee_pct of UA on 2024-01-02 is -1",),
        tables=cell("borrow", "fee_pct", -1.0, symbol="UA"),
    ),
    Broken(
        "D604",
        ("actions.csv, row 1: UA pays on 2024-01-01, before the ex date 2024-02-08",),
        tables=cell("actions", "pay_date", "2024-01-01", symbol="UA"),
    ),
    Broken(
        "D605",
        ("actions.csv, row 1: the dividend of UA on 2024-02-08 is 0.4, but 0.5",),
        tables=other_dividend,
        besides=("D607",),
    ),
    Broken("D606", ("Left out: 2 dividends",), settings=TOTAL, besides=("D314",)),
    Broken("D607", ("1 dividends have no pay date",), tables=cell("actions", "pay_date", "", symbol="UA")),
    Broken("D608", ("borrow.csv: 1 names without prices",), tables=cell("borrow", "symbol", "ZZ", symbol="HA")),
    Broken(
        "D609",
        ("prices.csv", "AAPL.US (is it AAPL?)"),
        tables=cell("prices", "symbol", "AAPL.US", symbol="UB"),
        besides=("D207",),
    ),
    Broken("D610", ("memberships.csv: big-seven take",), tables=own_universe),
    Broken("D611", ("prices.csv: prices as traded over 6 years",), tables=survivors, besides=("D323",)),
]


@pytest.fixture(scope="module")
def _good_files_read_once() -> Iterator[None]:
    with read_once(good_files()):
        yield


def made(tmp_path: Path, broken: Broken) -> Path:
    tables = good_tables()
    broken.tables(tables)
    folder = write_folder(tmp_path / "market", tables, broken.settings)
    broken.files(folder)
    return folder


def test_the_good_folder_has_no_fault(tmp_path: Path) -> None:
    checked = check_folder(write_folder(tmp_path / "market", good_tables()))
    assert checked.findings == ()
    assert checked.market is not None
    assert len(checked.market.tables) == 6


@pytest.mark.usefixtures("_good_files_read_once")
@pytest.mark.parametrize("broken", BROKEN, ids=[f"{one.check}-{one.said[-1][:40]}" for one in BROKEN])
def test_each_broken_folder_is_told_by_its_number(tmp_path: Path, broken: Broken) -> None:
    folder = made(tmp_path, broken)
    checked = check_folder(folder)
    level = catalogue()[broken.check].level
    mine = [one for one in checked.findings if one.check == broken.check]
    others = {one.check for one in checked.findings} - {broken.check}
    assert len(mine) == 1, [str(one) for one in checked.findings]
    assert others <= set(broken.besides)
    message = str(mine[0])
    assert mine[0].level == level
    assert all(part in message for part in broken.said), message
    assert "\n" not in message
    if level == "error":
        with pytest.raises(DataError) as refusal:
            load(folder)
        assert refusal.value.check == broken.check
        assert str(refusal.value) in message
    else:
        assert message in load(folder).warnings


def test_every_check_of_the_catalogue_has_a_broken_folder() -> None:
    assert set(catalogue()) == {one.check for one in BROKEN}
