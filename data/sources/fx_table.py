"""The table of exchange rates: rows of date, base, quote, rate, made into series known from a stamp."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import local_stamps
from data.checks.finding import Finding
from data.checks.quotes import looks_turned_round
from data.dates import FAR_EAST
from data.errors import DataError
from data.fx import FxRates, Series
from data.sources.origin import Origin
from data.sources.tidy import codes, days, numbers, require_columns, stamps

FIXING = pd.Timedelta(hours=16)  # the WM/Refinitiv 4 pm London rate


def read_fx(table: pd.DataFrame, what: Origin) -> tuple[FxRates, list[Finding]]:
    """Read and check a table of exchange rates.

    Parameters
    ----------
    table : DataFrame
        Columns date, base, quote, rate: units of quote for one base; an empty rate is none. Optional known.
    what : Origin

    Returns
    -------
    rates : FxRates
        Each rate known from `known`; without it from 16:00 in London on its date.
    findings : list of Finding

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a rate that is not positive, two rates of a pair on a day, a pair given
        both ways round, rates that are those of the pair turned round, or a rate known before its date.
    """
    require_columns(table, ("date", "base", "quote", "rate"), what)
    for column in ("base", "quote"):
        _refuse_odd_codes(table[column], what)
    dates = days(table["date"], what)
    rate = numbers(table["rate"], what)
    base, base_names = codes(table["base"], what)
    quote, quote_names = codes(table["quote"], what)
    wrong = rate <= 0
    if wrong.any():
        row = int(np.argmax(wrong))
        pair = f"{base_names[base[row]]}/{quote_names[quote[row]]}"
        raise DataError(
            f"{what.row(row)}: the rate of {pair} on {dates[row]} is {rate[row]:g}; it must be positive.",
            check="D301",
            rows=np.flatnonzero(wrong),
        )
    known = stamps(table["known"], what) if "known" in table.columns else local_stamps(dates, FIXING, "Europe/London")
    early = known < dates.astype("datetime64[ns]").astype(np.int64) - FAR_EAST
    if early.any():
        row = int(np.argmax(early))
        said = f"{what.row(row)}: the rate of {dates[row]} has 'known' before its date has begun anywhere. Mend it."
        raise DataError(said, check="D501", rows=np.flatnonzero(early))
    findings = _known_early(known, dates, what) if "known" in table.columns else []
    is_empty = np.isnan(rate)
    pairs: dict[tuple[str, str], Series] = {}
    for b, q in sorted(set(zip(base.tolist(), quote.tolist(), strict=True))):
        pair_names = base_names[b], quote_names[q]
        chosen = np.flatnonzero((base == b) & (quote == q) & ~is_empty)
        turned = pair_names[::-1]
        if pair_names[0] == pair_names[1]:
            if (rate[chosen] != 1).any():
                said = f"{what}: {'/'.join(pair_names)} is not 1. Drop those rows."
                raise DataError(said, check="D406", rows=chosen)
        elif turned in pairs:
            said = f"{what}: both {'/'.join(pair_names)} and {'/'.join(turned)}. Keep one."
            raise DataError(said, check="D406", rows=chosen)
        elif (upside := chosen[looks_turned_round(*pair_names, rate[chosen])]).size:
            row = int(upside[0])
            said = f"{what.row(row)}: {'/'.join(pair_names)} on {dates[row]} is {rate[row]:g}, as {'/'.join(turned)} is"
            raise DataError(
                f"{said} ({len(upside)} such rows in all). Turn them, or write base={turned[0]}, quote={turned[1]}.",
                check="D403",
                rows=upside,
            )
        else:
            pairs[pair_names] = _series(dates, known, rate, chosen, "/".join(pair_names), what)
    if is_empty.any():
        findings.append(Finding("D208", f"{what}: {int(is_empty.sum())} rates are empty; the last one known holds."))
    return FxRates(pairs), findings


def _known_early(known: NDArray[np.int64], dates: NDArray[np.datetime64], what: Origin) -> list[Finding]:
    """Say which rates are known before the fixing of their date."""
    early = np.flatnonzero(known < local_stamps(dates, FIXING, "Europe/London"))
    if not len(early):
        return []
    row = int(early[0])
    said = f"{what.row(row)}: the rate of {dates[row]} is known before 16:00 in London on that date"
    return [Finding("D512", f"{said} ({len(early)} such rows in all).", do="See that it is not the day's own close.")]


def _refuse_odd_codes(column: pd.Series, what: Origin) -> None:
    code, names = codes(column, what)
    odd = [place for place, name in enumerate(names) if not (len(name) == 3 and name.isascii() and name.isupper())]
    if odd:
        rows = np.flatnonzero(np.isin(code, odd))
        said = f"{what.row(int(rows[0]))}: {names[odd[0]]!r} in {column.name!r} is no currency code such as USD."
        raise DataError(said, check="D321", rows=rows)


def _series(
    dates: NDArray[np.datetime64],
    known: NDArray[np.int64],
    rate: NDArray[np.float64],
    chosen: NDArray[np.intp],
    pair: str,
    what: Origin,
) -> Series:
    ordered = chosen[np.argsort(dates[chosen], kind="stable")]
    again = np.flatnonzero(dates[ordered][1:] == dates[ordered][:-1])
    if len(again):
        row = int(ordered[again[0] + 1])
        raise DataError(
            f"{what.row(row)}: a second rate of {pair} on {dates[row]}. Keep one.",
            check="D206",
            rows=ordered[again + 1],
        )
    # A rate published late does not displace one of a later date that was known before it.
    ordered = ordered[np.argsort(known[ordered], kind="stable")]
    ordered = ordered[dates[ordered] == np.maximum.accumulate(dates[ordered].astype(np.int64)).astype("datetime64[D]")]
    stamp, values = known[ordered], rate[ordered]
    stamp.flags.writeable = values.flags.writeable = False
    return stamp, values


def begins_late(rates: FxRates, currencies: list[str], first: np.datetime64, what: Origin) -> list[Finding]:
    """Say where exchange rates begin after the prices.

    Parameters
    ----------
    rates : FxRates
    currencies : list of str
        Those that prices are in.
    first : datetime64[D]
        First date with a price.
    what : Origin

    Returns
    -------
    list of Finding
    """
    findings = []
    for (base, quote), (stamp, _) in rates.pairs.items():
        if not ({base, quote} & set(currencies) and {base, quote} <= {*currencies, "USD"} and len(stamp)):
            continue
        begun = np.datetime64(int(stamp[0]), "ns").astype("datetime64[D]")
        if begun > first:
            said = f"{what}: {base}/{quote} begins on {begun}, after the first price ({first})."
            findings.append(Finding("D402", said))
    return findings
