"""A folder broken at random: refused in one line, or read as a plain reader of CSV reads it; never anything between.

The plain reader shares no code with the product: `csv` and `float`. What is loaded from a mutated file is, cell by
cell, what stands in it; so no mutation moves, joins or drops anything unseen. A fingerprint differs where the prices
do.
"""

import csv
import io
import math
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from data.checks.catalogue import catalogue
from data.checks.folder import check_folder
from data.errors import DataError
from data.fingerprint import market_hash
from data.load import load
from data.market import PRICE_FIELDS, MarketData
from tests.folders import as_csv, good_tables, read_once, write_folder

N_CHUNKS, PER_CHUNK = 20, 100  # 2,000 mutations, the first 200 of them always: of each of twelve kinds some sixteen
ALWAYS = 2
FILES = ("prices", "prices", "fx", "valuations", "flows", "indices", "rates", "holdings_13f", "positioning")
FACTS = ("instruments", "actions", "borrow")
CELLS = (
    *("", " ", "NA", "nan", "null", "None", "NaT", "-1", "0", "0.0", "+5", "1e-9", "1e300", "-inf", "0x1A", "1_000"),
    *("1,5", "1;5", '"', '"x"', "12O", "١٢", "é", "\t", "=1+1", "9" * 30, "true", "XHKG", "HKD", "UA", "HA "),
    *("2023-13-01", "2023-11-31", "20231115", "2099-01-01", "1899-12-31", "15/11/2023", "2023-11-15T09:30Z"),
)
VALUES = {
    "valuations": "value",
    "flows": "net_usd",
    "indices": "close",
    "rates": "value",
    "positioning": "value",
    "holdings_13f": "value_usd",
}
MISSING = {"", "NA", "N/A", "NaN", "nan", "null"}


@cache
def good() -> dict[str, bytes]:
    """Files of a good folder of four months, of which two thousand are read in a few minutes."""
    tables = {
        name: table[table["date"].between("2023-10-02", "2024-01-31")].reset_index(drop=True)
        if "date" in table
        else table
        for name, table in good_tables().items()
    }
    tables["actions"] = tables["actions"].assign(ex_date="2023-12-07", pay_date="2023-12-29")
    written = {f"{name}.csv": as_csv(table) for name, table in tables.items()}
    return {**written, "market.toml": b'name = "made up"\nprice_basis = "raw"\n'}


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Change a byte, some bytes, a line or a cell."""
    lines = content.split(b"\n")
    at, line = int(rng.integers(len(content))), int(rng.integers(len(lines) - 1))
    kind = int(rng.integers(12))
    if kind == 0:
        return content[:at] + bytes([rng.integers(256)]) + content[at + 1 :]
    if kind == 1:
        return content[:at] + bytes([rng.integers(32, 127)]) + content[at + 1 :]
    if kind == 2:
        return content[:at] + content[at + 1 :]
    if kind == 3:
        return content[:at] + bytes([rng.choice([34, 44, 10, 13, 59, 9, 0, 255, 48])]) + content[at:]
    if kind == 4:
        return content[:at]
    if kind == 5:
        return b"\n".join([*lines[:line], lines[line], *lines[line:]])
    if kind == 6:
        return b"\n".join([*lines[:line], *lines[line + 1 :]])
    cells = lines[line].split(b",")
    place = int(rng.integers(len(cells)))
    if kind == 7:
        cells[place] = cells[place][::-1]
    elif kind == 8:
        cells[place] = lines[int(rng.integers(len(lines) - 1))].split(b",")[min(place, 2)]
    else:
        cells[place] = str(rng.choice(CELLS)).encode()
    lines[line] = b",".join(cells)
    return b"\n".join(lines)


def plain(content: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file, read by the standard library."""
    text = content.decode("utf-8-sig")
    return [row for row in csv.DictReader(io.StringIO(text, newline=None)) if any(row.values())]


def number(cell: str) -> float:
    return math.nan if cell in MISSING else float(cell)


def day(cell: str) -> str:
    digits = "".join(c for c in cell[:10] if c.isdigit())
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == 8 else cell


def assert_read_plainly(market: MarketData, files: dict[str, bytes]) -> None:
    """What was loaded is what stands in the files."""
    rows = plain(files["prices.csv"])
    place = {(str(d), s): (i, j) for i, d in enumerate(market.dates) for j, s in enumerate(market.symbols)}
    for field in PRICE_FIELDS:
        want = np.full(market.close.shape, np.nan)
        for row in rows:
            want[place[day(row["date"].strip()), row["symbol"].strip()]] = number(row.get(field) or "")
        np.testing.assert_array_equal(getattr(market, field), want, err_msg=field)
    quotes = sorted(
        (r["base"].strip(), r["quote"].strip(), float(r["rate"]))
        for r in plain(files["fx.csv"])
        if r["rate"] not in MISSING
    )
    assert quotes == sorted((*pair, float(rate)) for pair, (_, rates) in market.fx.pairs.items() for rate in rates)
    for table, column in VALUES.items():
        if f"{table}.csv" in files:
            want_values = sorted(
                number(row[column]) for row in plain(files[f"{table}.csv"]) if row[column] not in MISSING
            )
            assert sorted(market.table(table)[column].tolist()) == want_values, table


def chunks() -> list[object]:
    return [k if k < ALWAYS else pytest.param(k, marks=pytest.mark.slow) for k in range(N_CHUNKS)]


@pytest.fixture
def _good_files_read_once() -> Iterator[None]:
    with read_once(set(good().values())):
        yield


@pytest.mark.usefixtures("_good_files_read_once")
@pytest.mark.parametrize("chunk", chunks())
def test_a_mutation_is_refused_or_read_as_it_stands(tmp_path: Path, chunk: int) -> None:
    rng = np.random.default_rng(1000 + chunk)
    base = tmp_path / "good"
    base.mkdir()
    for name, content in good().items():
        (base / name).write_bytes(content)
    reference = load(base)
    fingerprint = market_hash(reference)
    n_refused = n_changed = 0
    for _ in range(PER_CHUNK):
        name = f"{rng.choice(FILES + FACTS)}.csv" if rng.random() < 0.97 else "market.toml"
        files = {**good(), name: mutated(good()[name], rng)}
        folder = tmp_path / "broken"
        shutil.copytree(base, folder, dirs_exist_ok=True)
        (folder / name).write_bytes(files[name])
        checked = check_folder(folder)
        assert all(one.check in catalogue() and one.level == catalogue()[one.check].level for one in checked.findings)
        assert all(len(str(one).splitlines()) == 1 for one in checked.findings)
        if checked.errors:
            n_refused += 1
            with pytest.raises(DataError) as refusal:
                load(folder)
            assert refusal.value.check in catalogue()
            assert "\n" not in str(refusal.value)
            continue
        market = checked.market
        assert market is not None
        assert_read_plainly(market, files)
        if market_hash(market) != fingerprint:
            n_changed += 1
        else:
            assert all(getattr(market, f).tobytes() == getattr(reference, f).tobytes() for f in PRICE_FIELDS)
    assert n_refused > PER_CHUNK // 10
    assert n_changed > PER_CHUNK // 10


def test_damaged_parquet_is_refused_in_one_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    tables = good_tables()
    prices = tables.pop("prices")
    folder = write_folder(tmp_path / "market", {name: tables[name] for name in ("fx", "instruments", "actions")})
    path = folder / "prices.parquet"
    prices.to_parquet(path)
    assert refusal_of(folder) is None
    content = path.read_bytes()
    n_refused = 0
    for k in range(100):
        at = int(rng.integers(len(content))) if k % 2 else int(rng.integers(len(content) - 4000, len(content)))
        path.write_bytes(content[:at] if k % 5 == 0 else content[:at] + bytes([rng.integers(256)]) + content[at + 1 :])
        said = refusal_of(folder)
        if said is not None:
            n_refused += 1
            assert said.check in catalogue()
            assert "\n" not in str(said)
    assert n_refused > 20


def refusal_of(folder: Path) -> DataError | None:
    try:
        load(folder)
    except DataError as error:
        return error
    return None
