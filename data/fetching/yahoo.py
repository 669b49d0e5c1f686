"""Daily bars, dividends and exchange rates from Yahoo, by yfinance, into a market folder."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import DataError
from data.fetching.bars import bars_of, rates_of
from data.fetching.client import Download, YahooClient, yfinance_download
from data.fetching.market_folder import (
    DIVIDENDS,
    FX,
    PRICES,
    joined,
    read_standing,
    refuse_other_basis,
    refuse_rivals,
    write_folder,
)
from data.fetching.parts import Parts
from data.sources.listings import SUFFIX_VENUES, listings_of
from data.stamps import as_day
from data.storage.locks import locked

KINDS = ("prices", "fx", "dividends")
FX_TICKERS = {"HKD": "HKD=X", "CNY": "CNY=X"}
FX_LEAD_DAYS = 10  # so that a rate is known before the first price, whatever the holidays
BASIS = "split"
PRICE_COLUMNS = ("date", "symbol", "venue", "currency", "open", "high", "low", "close", "volume", "close_raw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetch did.

    Attributes
    ----------
    folder : Path
    files : tuple of Path
        Those written.
    first, last : datetime64[D]
        The range asked for; `last` is cut to the last day that is over.
    symbols : tuple of str
        Names that have rows in the range.
    missing : tuple of str
        Names that Yahoo has nothing for, each with the reason.
    n_rows : int
        Of the tables written.
    n_resumed : int
        Answers that an earlier fetch, cut short, had kept.
    notes : tuple of str
        What was left out or changed.
    """

    folder: Path
    files: tuple[Path, ...]
    first: np.datetime64
    last: np.datetime64
    symbols: tuple[str, ...]
    missing: tuple[str, ...]
    n_rows: int
    n_resumed: int
    notes: tuple[str, ...]


def yahoo_ticker(symbol: str) -> str:
    """Write a symbol as Yahoo does.

    Parameters
    ----------
    symbol : str

    Returns
    -------
    str

    Examples
    --------
    >>> [yahoo_ticker(symbol) for symbol in ("0700.HK", "600519.SS", "AAPL", "BRK.B")]
    ['0700.HK', '600519.SS', 'AAPL', 'BRK-B']
    """
    return symbol if symbol.rpartition(".")[2] in SUFFIX_VENUES else symbol.replace(".", "-")


def fetch_yahoo(
    symbols: Sequence[str],
    start: object,
    end: object | None,
    folder: str | Path,
    *,
    kinds: Iterable[str] = KINDS,
    replace: bool = False,
    download: Download | None = None,
    pause_seconds: float = 1.0,
    n_tries: int = 3,
    today: object | None = None,
    sleep: Callable[[float], None] = time.sleep,
    on_answer: Callable[[str], None] | None = None,
) -> Fetched:
    """Fetch daily bars of names, and the exchange rates they need, into a market folder.

    Parameters
    ----------
    symbols : sequence of str
        Ours: 0700.HK, 600519.SS, 300750.SZ, AAPL, BRK.B.
    start, end : date-like
        First and last date; `end` None for the last day that is over.
    folder : str or Path
        Gets `prices.parquet` (price_basis "split", with close_raw and volume as traded, and dividends), `fx.csv` where
        a name trades in another currency than USD, and `market.toml`. What an earlier fetch left there is joined.
    kinds : iterable of {"prices", "fx", "dividends"}
        Dividends stand beside prices; without prices, in `actions.csv`, adjusted for splits.
    replace : bool
        True to write the answer alone instead of joining it to what stands.
    download : callable, optional
        Called as `yfinance.download`; by default that, made silent.
    pause_seconds : float
        Between two requests: they go out one after the other.
    n_tries : int
        How often a request is made while Yahoo does not answer at all.
    today : date-like, optional
        By default today's date in UTC.
    sleep : callable
        Waits a number of seconds.
    on_answer : callable, optional
        Called with each name when its answer is there.

    Returns
    -------
    Fetched

    Raises
    ------
    DataError
        If yfinance is not installed or Yahoo does not answer, a date, symbol or kind is wrong, the folder holds other
        files, another process fetches into it, or Yahoo restated what stands.

    Notes
    -----
    Each answer is kept under `.parts` in the folder until all are there: a fetch that is cut short loses none and
    leaves the folder's tables as they were. Yahoo's closes are adjusted for the splits up to the day of asking, so
    every request reaches to that day, whatever `end` is: a later split must be known to undo it. An empty answer may
    mean an unknown name, or no connection (yfinance raises nothing): `PROBE` tells which.
    """
    folder, chosen, names = Path(folder).expanduser(), _kinds(kinds), sorted(set(symbols))
    if not names:
        raise DataError("No symbols to fetch. Name some, such as AAPL,0700.HK, or a universe.")
    now = np.datetime64(pd.Timestamp.now("UTC").date(), "D") if today is None else as_day(today, "today")
    first, last = _range(start, end, now)
    listings = listings_of(names, what="symbols")
    pairs = [("USD", money) for money in sorted({money for _, money in listings.values()}) if money in FX_TICKERS]
    if chosen == {"fx"} and not pairs:
        raise DataError("These names trade in USD alone: there are no exchange rates to fetch.")
    client = YahooClient(
        download=download or yfinance_download(), today=now, pause_seconds=pause_seconds, n_tries=n_tries, sleep=sleep
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".fetch.lock", "fetching into"):
            fetch = _Fetch(
                folder=folder,
                listings=listings,
                pairs=pairs if "fx" in chosen else [],
                kinds=chosen,
                first=first,
                last=last,
                client=client,
                on_answer=on_answer,
            )
            return fetch.run(replace)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error}. Choose another folder.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetch:
    """One fetch, its folder locked."""

    folder: Path
    listings: Mapping[str, tuple[str, str]]
    pairs: Sequence[tuple[str, str]]
    kinds: frozenset[str]
    first: np.datetime64
    last: np.datetime64
    client: YahooClient
    on_answer: Callable[[str], None] | None
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)

    def run(self, replace: bool) -> Fetched:
        """Ask, join and write."""
        targets = [FX] if self.pairs else []
        if self.kinds & {"prices", "dividends"}:
            targets.append(PRICES if "prices" in self.kinds else DIVIDENDS)
        for target in targets:  # before the first request: what cannot be written need not be asked
            refuse_rivals(self.folder, target)
        if PRICES in targets:
            refuse_other_basis(self.folder, BASIS)
        old = {target: None if replace else read_standing(self.folder, target) for target in targets}
        new = {FX: self._rates()} if FX in targets else {}
        bars = {} if targets == [FX] else self._bars()
        if PRICES in targets:
            new[PRICES] = self._prices(bars)
        elif DIVIDENDS in targets:
            new[DIVIDENDS] = _dividends(bars)
        tables = {}
        for target, table in new.items():
            begins = self.first - FX_LEAD_DAYS if target is FX else self.first
            tables[target], notes = joined(old[target], table, target, begins, self.last)
            self.notes.extend(notes)
        files = write_folder(self.folder, tables, BASIS if PRICES in targets else None)
        self._parts.clear()
        return Fetched(
            folder=self.folder,
            files=files,
            first=self.first,
            last=self.last,
            symbols=tuple(bars),
            missing=tuple(self.missing),
            n_rows=sum(len(table) for table in tables.values()),
            n_resumed=len(self.resumed),
            notes=tuple(self.notes),
        )

    @property
    def _parts(self) -> Parts:
        return Parts(self.folder / ".parts")

    def _rates(self) -> pd.DataFrame:
        first, found = self.first - FX_LEAD_DAYS, []
        for base, quote in self.pairs:
            ticker = FX_TICKERS[quote]
            read = partial(rates_of, ticker=ticker, base=base, quote=quote, first=first, last=self.last)
            table = self._part(ticker, first, ["rates"], read)
            if table is None or table.empty:
                raise DataError(
                    f"Yahoo has no {base}/{quote} ({ticker}) from {first} to {self.last}. Fetch with --only prices "
                    "--only dividends, and bring an fx file of your own."
                )
            found.append(table)
        return pd.concat(found, ignore_index=True)

    def _bars(self) -> dict[str, pd.DataFrame]:
        """Ask for the bars of each name; those that have none are `missing`."""
        found = {}
        for name, (venue, _) in self.listings.items():
            ticker = yahoo_ticker(name)
            read = partial(bars_of, ticker=ticker, venue=venue, first=self.first, last=self.last)
            table = self._part(ticker, self.first, ["bars", venue], read)
            if table is None:
                self.missing.append(f"{name}: Yahoo has nothing for {ticker}")
            elif table.empty:
                self.missing.append(f"{name}: no row from {self.first} to {self.last}")
            else:
                found[name] = table
                self.notes.extend(f"{name}: {note}" for note in table.attrs.get("notes", ()))
        if not found:
            raise DataError(
                f"Nothing to write: {'; '.join(self.missing[:5])}{' ...' if len(self.missing) > 5 else ''}."
            )
        return found

    def _part(
        self, ticker: str, first: np.datetime64, what: list[str], make: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> pd.DataFrame | None:
        asked = [*what, ticker, str(first), str(self.last)]
        table = self._parts.find(asked)
        if table is not None:
            self.resumed.append(ticker)
        else:
            answer = self.client.ask(ticker, first)
            table = None if answer is None else make(answer)
            if table is not None:
                self._parts.keep(asked, table)
        if self.on_answer is not None:
            self.on_answer(ticker)
        return table

    def _prices(self, bars: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        columns = [*PRICE_COLUMNS, *(["dividends"] if "dividends" in self.kinds else [])]
        tables = []
        for name, table in bars.items():
            venue, currency = self.listings[name]
            tables.append(table.assign(symbol=name, venue=venue, currency=currency)[columns])
        return pd.concat(tables, ignore_index=True)


def _dividends(bars: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    paid = [table[table["dividends"] > 0].assign(symbol=name, kind="dividend") for name, table in bars.items()]
    rows = pd.concat(paid, ignore_index=True)
    if rows.empty:
        raise DataError("None of these names went ex dividend in that range: nothing to write.")
    return pd.DataFrame(
        {
            "symbol": rows["symbol"],
            "kind": rows["kind"],
            "ex_date": rows["date"].dt.strftime("%Y-%m-%d"),
            "amount": rows["dividends"],
        }
    )


def _kinds(kinds: Iterable[str]) -> frozenset[str]:
    chosen = frozenset(kinds)
    unknown = sorted(chosen - set(KINDS))
    if unknown or not chosen:
        raise DataError(f"{unknown[0] if unknown else 'Nothing'!r} cannot be fetched. Known: {', '.join(KINDS)}.")
    return chosen


def _range(start: object, end: object | None, today: np.datetime64) -> tuple[np.datetime64, np.datetime64]:
    """Read the range; a day counts once it is over in UTC, when every venue of it has closed."""
    first = as_day(start, "start")
    last = today - 1 if end is None else min(as_day(end, "end"), today - 1)
    if first > last:
        raise DataError(f"start {first} is after {last}, the last day to fetch. Start earlier, or end later.")
    return first, last
