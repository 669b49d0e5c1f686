"""The table of exchange rates: rows of date, base, quote, rate, made into series known from a stamp."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendars import local_stamps
from data.errors import DataError
from data.fx import FxRates, Series
from data.sources.tidy import Origin, codes, days, numbers, require_columns

FIXING = pd.Timedelta(hours=16)  # the WM/Refinitiv 4 pm London rate
STALE_DAYS = 7


def read_fx(table: pd.DataFrame, what: Origin) -> tuple[FxRates, list[str]]:
    """Read and check a table of exchange rates.

    Parameters
    ----------
    table : DataFrame
        Columns date, base, quote, rate: units of quote for one base; an empty rate is none.
    what : Origin

    Returns
    -------
    rates : FxRates
        Each rate known from 16:00 in London on its date.
    warnings : list of str

    Raises
    ------
    DataError
        On a missing column, an unreadable cell, a rate that is not positive, two rates of a pair on a day, or a pair
        given both ways round.
    """
    require_columns(table, ("date", "base", "quote", "rate"), what)
    dates = days(table["date"], what)
    rate = numbers(table["rate"], what)
    base, base_names = codes(table["base"], what)
    quote, quote_names = codes(table["quote"], what)
    wrong = rate <= 0
    if wrong.any():
        row = int(np.argmax(wrong))
        pair = f"{base_names[base[row]]}/{quote_names[quote[row]]}"
        raise DataError(f"{what.row(row)}: the rate of {pair} on {dates[row]} is {rate[row]:g}; it must be positive.")
    is_empty = np.isnan(rate)
    pairs: dict[tuple[str, str], Series] = {}
    for b, q in sorted(set(zip(base.tolist(), quote.tolist(), strict=True))):
        pair_names = base_names[b], quote_names[q]
        chosen = np.flatnonzero((base == b) & (quote == q) & ~is_empty)
        if pair_names[0] == pair_names[1]:
            if (rate[chosen] != 1).any():
                raise DataError(f"{what}: {pair_names[0]}/{pair_names[1]} is not 1. Drop those rows.")
        elif pair_names[::-1] in pairs:
            raise DataError(f"{what}: both {'/'.join(pair_names)} and {'/'.join(pair_names[::-1])}. Keep one.")
        else:
            pairs[pair_names] = _series(dates, rate, chosen, "/".join(pair_names), what)
    warnings = [f"{what}: {int(is_empty.sum())} rates are empty; the last one known holds."] if is_empty.any() else []
    return FxRates(pairs), warnings


def _series(
    dates: NDArray[np.datetime64], rate: NDArray[np.float64], chosen: NDArray[np.intp], pair: str, what: Origin
) -> Series:
    ordered = chosen[np.argsort(dates[chosen], kind="stable")]
    again = np.flatnonzero(dates[ordered][1:] == dates[ordered][:-1])
    if len(again):
        row = int(ordered[again[0] + 1])
        raise DataError(f"{what.row(row)}: a second rate of {pair} on {dates[row]}. Keep one.")
    stamps, values = local_stamps(dates[ordered], FIXING, "Europe/London"), rate[ordered]
    stamps.flags.writeable = values.flags.writeable = False
    return stamps, values


def coverage_warnings(
    rates: FxRates, currencies: list[str], first: np.datetime64, last: np.datetime64, what: Origin
) -> list[str]:
    """Say where exchange rates begin after the prices, or end before them.

    Parameters
    ----------
    rates : FxRates
    currencies : list of str
        Those that prices are in.
    first, last : datetime64[D]
        First and last date with a price.
    what : Origin

    Returns
    -------
    list of str
    """
    warnings = []
    for (base, quote), (stamps, _) in rates.pairs.items():
        if not ({base, quote} & set(currencies) and {base, quote} <= {*currencies, "USD"} and len(stamps)):
            continue
        begun, ended = (np.datetime64(int(stamps[i]), "ns").astype("datetime64[D]") for i in (0, -1))
        if begun > first:
            warnings.append(f"{what}: {base}/{quote} begins on {begun}, after the first price ({first}).")
        if (last - ended).astype(int) > STALE_DAYS:
            warnings.append(f"{what}: {base}/{quote} ends on {ended}; that rate holds until the last price ({last}).")
    return warnings
