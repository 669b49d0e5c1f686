"""Checks of units: adjusted for traded prices, lots for shares, fractions for percent, one currency for another."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.actions import CASH, SPLIT
from data.checks.finding import Case, Finding
from data.checks.panel import Panel
from data.costs.ticks import tick_sizes
from data.gaps import carried_forward

FEWEST_POSITIONS, THOUSANDTH = 3, (2e-4, 5e-3)
SAMPLED_ROWS = 250
FEWEST_CLOSES = 100  # that say whether a name's closes lie on ticks
ON_TICK = 0.02  # of a tick: sources that keep single floats are that far off
MOST_OFF_TICK = 0.05
LONG_DAYS = 730  # in two years some name of any list pays
BLOCK = 20  # sessions
LOTS = (100.0, 1000.0)
SAME = 0.5  # in powers of ten: what one month differs from the next
LOT_TOLERANCE = 0.25  # in powers of ten: what volume changes besides
MOST_PERCENT = 60.0  # a year: neither interest nor a yield was as high where these markets are
LEVEL = 5  # figures on both sides of a jump that show that each side keeps its level
DIVIDEND_SEEN, DIVIDEND_DROP = 0.1, 1 / 3  # so large that the fall on its ex date shows
DIVIDEND_MOST = 0.5  # of the price: beyond it the amount is more likely in another unit


def check_basis(panel: Panel) -> Iterator[Finding]:
    """See whether closes are those that were traded.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D314: the market says that its prices are adjusted and has no `close_raw`; or it says that they are not, and
        more than one close in twenty of a name lies between two ticks.
    """
    market = panel.market
    off: dict[int, list[str]] = {}
    for code, columns in panel.venues.items():
        rows = np.flatnonzero(panel.held[code] & panel.priced[:, columns].any(axis=1))
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(SAMPLED_ROWS, len(rows))).astype(np.intp))]
        close = market.close[np.ix_(rows, columns)]
        ticks = tick_sizes(code, market.dates[rows], close) if len(rows) else close
        steps = close / ticks
        known = ~np.isnan(steps)
        between = known & (np.abs(steps - np.round(steps)) > ON_TICK)
        n_known, n_between = known.sum(axis=0), between.sum(axis=0)
        for place in np.flatnonzero((n_known >= FEWEST_CLOSES) & (n_between > MOST_OFF_TICK * n_known)).tolist():
            off[int(columns[place])] = [f"in {n_between[place]} of {n_known[place]} closes looked at"]
    if market.price_basis == "raw":
        yield from panel.by_file(
            "D314",
            "closes lie between ticks, though price_basis is 'raw'",
            off,
            "Adjusted prices are not those that were traded: set price_basis, or give closes as traded.",
        )
    elif market.close_raw is None and not market.synthetic:
        files = ", ".join(sorted(set(panel.files)))
        seen = f"; {len(off)} of {len(market.symbols)} names have closes between ticks" if off else ""
        yield Finding(
            "D314",
            f"{files}: prices are adjusted (price_basis {market.price_basis!r}); levels are not what was traded{seen}.",
            do="Returns are right; lots, minimum fees and ADR premia are approximations, unless close_raw is given.",
        )


def check_actions(panel: Panel) -> Iterator[Finding]:
    """See whether prices moved as the corporate actions say.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D315: at a split's ex date the close is nearer to the one before than to what the split makes of it, as in
        prices that are adjusted already; or a dividend is more than half of the price, or a tenth of it and the close
        falls by less than a third of it.
    """
    market = panel.market
    span = (market.dates[-1] - market.dates[0]).astype(int)
    if market.price_basis == "raw" and not len(market.actions) and span > LONG_DAYS:
        yield Finding(
            "D611",
            f"{', '.join(sorted(set(panel.files)))}: prices as traded over {span / 365.25:.0f} years, and no dividend "
            "or split.",
            do="Dividends that are not given are lost to the holder.",
        )
    cases: list[Case] = []
    for symbol, kind, day, amount in zip(
        market.actions.symbol, market.actions.kind, market.actions.ex_date, market.actions.amount, strict=True
    ):
        column = int(market.columns([symbol])[0])
        rows = np.flatnonzero(panel.priced[:, column] & (market.dates >= day))
        if not len(rows) or rows[0] == panel.first[column]:
            continue
        move = panel.moves[rows[0], column]
        before = market.close[rows[0], column] / np.exp(move)
        went = f"but the close went from {before:g} to {market.close[rows[0], column]:g}"
        if kind == SPLIT and abs(np.log(amount)) > 0.2 and abs(move) < abs(move + np.log(amount)):
            cases.append(Case(symbol, f"split of {amount:g} on {day}, {went}"))
        elif kind == CASH and amount > DIVIDEND_MOST * before:
            cases.append(Case(symbol, f"dividend of {amount:g} on {day} at a price of {before:g}"))
        elif kind == CASH and amount > DIVIDEND_SEEN * before and move > -DIVIDEND_DROP * amount / before:
            cases.append(Case(symbol, f"dividend of {amount:g} on {day}, {went}"))
    if cases:
        yield Finding(
            "D315",
            "Corporate actions and prices contradict each other",
            cases=tuple(cases),
            do="Prices that are adjusted already take no split; amounts are a share, in the currency of the listing.",
        )


def check_lots(panel: Panel) -> Iterator[Finding]:
    """Find volumes that go on in lots instead of shares, or the other way round.

    Parameters
    ----------
    panel : Panel

    Yields
    ------
    Finding
        D318: between one month of sessions and the next, a name's volume changes a hundredfold or a thousandfold, and
        stays there.
    """
    volume = panel.market.volume
    n_blocks = len(volume) // BLOCK
    if n_blocks < 5:
        return
    traded = volume > 0
    logs = np.log10(np.where(traded, volume, 1.0))[: n_blocks * BLOCK].reshape(n_blocks, BLOCK, -1).sum(axis=1)
    n_traded = traded[: n_blocks * BLOCK].reshape(n_blocks, BLOCK, -1).sum(axis=1)
    usual = np.where(n_traded >= BLOCK // 4, logs / np.maximum(n_traded, 1), np.nan)
    # The unit changes within a block or at its edge: compare two blocks before it with two after.
    before, after = usual[:-4] + usual[1:-3], usual[3:-1] + usual[4:]
    step = (after - before) / 2
    size = np.abs(step)
    is_level = (np.abs(usual[1:-3] - usual[:-4]) < SAME) & (np.abs(usual[4:] - usual[3:-1]) < SAME)
    near = is_level & (np.abs(size[..., None] - np.log10(LOTS)) < LOT_TOLERANCE).any(axis=-1)
    cases: dict[int, list[str]] = {}
    for column in np.flatnonzero(near.any(axis=0)).tolist():
        block = int(np.nanargmax(np.where(near[:, column], size[:, column], -1.0)))
        about = panel.day((block + 2) * BLOCK)
        cases[column] = [f"about {about} ({10 ** float(step[block, column]):.3g} times the volume before)"]
    yield from panel.by_file(
        "D318", "volume changes as if it went on in lots, or in shares", cases, "Volume is in shares throughout."
    )


def check_percent(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> Iterator[Finding]:
    """Find series of percent that are written as fractions, in whole or from some day on.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Long tables by name.
    files : mapping of str to str

    Yields
    ------
    Finding
        D502: every figure of a year or more is below 0.2 (of `rates`, and of metrics whose name ends in `_pct`), or one
        is a hundred times the one before and the level stays.
    """
    for name, key in (("rates", "series"), ("valuations", "entity")):
        table = tables.get(name)
        if table is None or not len(table):
            continue
        chosen = table if name == "rates" else table[table["metric"].str.endswith("_pct")]
        by = [key] if name == "rates" else [key, "metric"]
        cases = []
        for group, rows in chosen.groupby(by, sort=True):
            ordered = rows.sort_values(["date", "known"], kind="stable")
            values, dates = ordered["value"].to_numpy(), ordered["date"].to_numpy().astype("datetime64[D]")
            said = _fraction_text(values, dates)
            if said:
                cases.append(Case(" ".join(str(part) for part in group), said))
        if cases:
            yield Finding(
                "D502",
                f"{files.get(name, name)}: percent may be written as fractions",
                cases=tuple(cases),
                do="5 % is 5, not 0.05.",
            )


def _fraction_text(values: NDArray[np.float64], dates: NDArray[np.datetime64]) -> str:
    size = np.abs(values)
    if len(values) > 1 and (dates[-1] - dates[0]).astype(int) >= 360 and 0 < size.max() < 0.2 and _has_decimals(size):
        return f"(the largest figure of {len(values)} is {size.max():g})"
    if size.max(initial=0.0) > MOST_PERCENT:
        return f"or in hundredths of a percent, on {dates[int(size.argmax())]} ({values[int(size.argmax())]:g})"
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.abs(np.diff(np.log10(size)))
    for at in (np.flatnonzero(np.abs(step - 2) < 0.1) + 1).tolist():
        before, after = size[max(at - LEVEL, 0) : at], size[at : at + LEVEL]
        if min(len(before), len(after)) == LEVEL and before.max() < 2 * before.min() and after.max() < 2 * after.min():
            return f"from {dates[at]} ({values[at - 1]:g}, then {values[at]:g})"
    return ""


def check_filings(panel: Panel, file: str) -> Iterator[Finding]:
    """Find 13F filings whose values are in thousands.

    Parameters
    ----------
    panel : Panel
    file : str

    Yields
    ------
    Finding
        D514: value over shares is about a thousandth of the close at the end of the period, for half or more of a
        filer's positions in names with prices. (Filings were in thousands of dollars before 2023.)
    """
    table = panel.market.tables.get("holdings_13f")
    if table is None or "shares" not in table.columns:
        return
    market = panel.market
    place = {symbol: column for column, symbol in enumerate(market.symbols)}
    shares = pd.to_numeric(table["shares"], errors="coerce").to_numpy(dtype=np.float64)
    column = table["symbol"].map(place).to_numpy(dtype=np.float64)
    row = np.searchsorted(market.dates, table["period"].to_numpy().astype("datetime64[D]"), side="right") - 1
    known = ~np.isnan(column) & (shares > 0) & (row >= 0)
    ratio = np.full(len(table), np.nan)
    close = carried_forward(market.close)[row[known], column[known].astype(np.intp)]
    ratio[known] = table["value_usd"].to_numpy()[known] / shares[known] / close
    cases = []
    for filer, rows in pd.Series(ratio).dropna().groupby(table["filer"]):
        if len(rows) >= FEWEST_POSITIONS and THOUSANDTH[0] < float(rows.median()) < THOUSANDTH[1]:
            cases.append(Case(str(filer), f"({rows.median():.4f} of the close, {len(rows)} positions)"))
    if cases:
        yield Finding(
            "D514",
            f"{file}: filings count in thousands of dollars",
            cases=tuple(cases),
            do="value_usd is in dollars: multiply those of filings before 2023.",
        )


def _has_decimals(size: NDArray[np.float64]) -> bool:
    """Say whether most figures have more than two decimals: percent near zero is published with two."""
    return bool((np.abs(size * 100 - np.round(size * 100)) > 1e-6).mean() > 0.5)
