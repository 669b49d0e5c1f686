"""The pinned cases of the benchmarks: made-up markets by size, the same bytes on every machine and at every commit.

A record compares with an earlier one only if both measured the same data. So the digest of each market stands here and
is asserted whenever the market is made or read. Another processor's mathematics may not change a byte either: prices
are rounded.
"""

import contextlib
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.markets import BASKETS, LAST, Tables, make_tables
from data.load import load
from data.market import MarketData
from data.storage.caches import cache_folder
from data.universes import Spell

SIZES = ("252x7", "1500x40", "2520x60", "6300x500")  # dates of NAV x names of both baskets
DIGESTS = {
    ("252x7", "total_return"): "5ac2f440699edcaa80f72602db543094dfc207563ed2fcf2ea4834244044e193",
    ("252x7", "raw"): "779a247ed72ee7da0766d4282e006fc0dd6f6bbaf240e1ea2345d05822ef798d",
    ("1500x40", "total_return"): "ceca5bb40d6ec25468fa3bbb5fef6a4ae54a68568166b8c7c7784033004f9d0e",
    ("1500x40", "raw"): "e91b6b71e3bb5f863b78e8314cc53a64db88deb4795c5f5cf83d57877f686c57",
    ("2520x60", "total_return"): "3e41077ddcf22de5088522121077d510d9028dd64cead3afb20120c532c6adcb",
    ("2520x60", "raw"): "63c2d26dbf64e93d95d7fa998cca17c13b3761468e8e5f91bb56500ecf5cd6c4",
    ("6300x500", "total_return"): "aa8f317004b9e3cb09e0d1f52d2b22c78e2524bedc39a45e8de3d1864fda1ab6",
}
LARGE = frozenset({"6300x500"})  # takes 15 s to make: read from its folder once that is there
KINDS = ("parquet", "csv")
LAYOUT = "benchmark-cases-1"  # of the folders; another layout takes another name
UNFINISHED, ABANDONED_AFTER = ".unfinished", 3600.0  # ending of a folder being written; seconds none takes


class CaseChanged(Exception):
    """A case is not the one that earlier records measured."""


@cache
def market(size: str, basis: str = "total_return") -> MarketData:
    """Give the market of a case.

    Parameters
    ----------
    size : str
        One of `SIZES`.
    basis : {"total_return", "raw"}

    Returns
    -------
    MarketData
        The same object each time: `fresh` gives one that nothing was worked out on yet.

    Raises
    ------
    CaseChanged
        If it is not the pinned one.
    """
    if size in LARGE:
        return read_case(case_folder(size, basis), size, basis)
    return checked(_tables(size, basis).market(), size, basis)


def fresh(one: MarketData) -> MarketData:
    """Give a market that no run has seen: what is kept for a market is worked out anew.

    Parameters
    ----------
    one : MarketData

    Returns
    -------
    MarketData
        The same arrays in another object.
    """
    return replace(one)


def checked(one: MarketData, size: str, basis: str) -> MarketData:
    """Assert that a market is the pinned one.

    Parameters
    ----------
    one : MarketData
    size, basis : str

    Returns
    -------
    MarketData
        The market given.

    Raises
    ------
    CaseChanged
        If it is not.
    """
    found, pinned = digest(one), DIGESTS[size, basis]
    if found != pinned:
        raise CaseChanged(
            f"case {size} ({basis}) has digest {found[:16]}, pinned is {pinned[:16]}: its data changed, and earlier "
            "records do not compare. Undo what changed in benchmarks/markets.py or in reading; if it is meant, pin "
            f"{found} in benchmarks/cases.py and say so in the changelog."
        )
    return one


def digest(one: MarketData) -> str:
    """Fingerprint the arrays of a market.

    Parameters
    ----------
    one : MarketData

    Returns
    -------
    str
        SHA-256 of names, lots, dates, prices, volume, exchange and interest rates. Not `data.fingerprint.market_hash`:
        that may grow from commit to commit, and the case stays the same.
    """
    found = hashlib.sha256("\0".join((one.price_basis, str(one.start), str(one.end), *one.symbols)).encode())
    lots = [str(one.instruments[symbol].lot) for symbol in one.symbols]
    found.update("\0".join(lots).encode() + one.dates.tobytes())
    for prices in (one.open, one.close, one.volume):
        found.update(np.ascontiguousarray(prices).tobytes())
    for pair, (known, rate) in sorted(one.fx.pairs.items()):
        found.update("/".join(pair).encode() + known.tobytes() + rate.tobytes())
    rates = one.table("rates")
    for column in ("known", "value"):
        if column in rates:
            found.update(rates[column].to_numpy().tobytes())
    return found.hexdigest()


def case_folder(size: str, basis: str = "total_return", kind: str = "parquet") -> Path:
    """Give a market folder that holds a case, written once on a machine.

    Parameters
    ----------
    size, basis : str
    kind : {"parquet", "csv"}
        Of the prices.

    Returns
    -------
    Path
        Below Eastbound's cache folder, named by the digest. It is whole or not there: it is written beside its place
        and renamed, so that a killed process leaves nothing that is read.
    """
    place = cache_folder(LAYOUT) / f"{size}-{basis}-{kind}-{DIGESTS[size, basis][:16]}"
    if not place.is_dir():
        tables = _tables(size, basis)
        checked(tables.market(), size, basis)
        with _folder_in_place_of(place) as unfinished:
            _write(unfinished, tables, kind)
    return place


def read_case(folder: Path, size: str, basis: str = "total_return") -> MarketData:
    """Load a case from its folder.

    Parameters
    ----------
    folder : Path
        As `case_folder` gives it.
    size, basis : str

    Returns
    -------
    MarketData

    Raises
    ------
    CaseChanged
        If it is not the pinned one.
    """
    return checked(in_bounds(load(folder), size), size, basis)


def in_bounds(one: MarketData, size: str) -> MarketData:
    """Give a loaded case its baskets and its first date of NAV, which files of prices do not say.

    Parameters
    ----------
    one : MarketData
    size : str

    Returns
    -------
    MarketData
    """
    n_dates, _ = dimensions(size)
    memberships = {
        side: tuple(Spell(symbol) for symbol in one.symbols if symbol.startswith(side.upper())) for side in BASKETS
    }
    return replace(one, memberships=memberships).restricted(None, one.dates[-n_dates], LAST)


def dimensions(size: str) -> tuple[int, int]:
    """Read a size.

    Parameters
    ----------
    size : str

    Returns
    -------
    n_dates, n_names : int

    Examples
    --------
    >>> dimensions("1500x40")
    (1500, 40)
    """
    n_dates, n_names = size.split("x")
    return int(n_dates), int(n_names)


def _tables(size: str, basis: str) -> Tables:
    n_dates, n_names = dimensions(size)
    return make_tables(n_dates, n_names, basis=basis)


def _write(folder: Path, tables: Tables, kind: str) -> None:
    prices = tables.prices
    if kind == "csv":
        prices.to_csv(folder / "prices.csv", index=False)
    else:
        texts = dict.fromkeys(("symbol", "venue", "currency"), "category")
        prices.astype(texts).to_parquet(folder / "prices.parquet", index=False, compression="zstd")
    for name in ("fx", "rates", "instruments"):
        table: pd.DataFrame | None = getattr(tables, name)
        if table is not None:
            table.to_csv(folder / f"{name}.csv", index=False)
    settings = f'name = "{tables.name}"\nprice_basis = "{tables.basis}"\nsynthetic = true\n'
    (folder / "market.toml").write_text(settings, encoding="utf-8")


@contextlib.contextmanager
def _folder_in_place_of(place: Path) -> Iterator[Path]:
    """Give a folder to write, and rename it onto its place at the end; another process may have been quicker."""
    for old in place.parent.glob(f".*{UNFINISHED}"):
        if time.time() - old.stat().st_mtime > ABANDONED_AFTER:
            shutil.rmtree(old, ignore_errors=True)
    unfinished = place.with_name(f".{place.name}.{uuid.uuid4().hex}{UNFINISHED}")
    unfinished.mkdir()
    try:
        yield unfinished
        for file in unfinished.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        try:
            unfinished.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
