"""Two vendors' data of one market side by side: where they differ, and by what."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.market import PRICE_FIELDS, MarketData
from data.wording import some_of

# Common dates on either side over whose median a level is measured: one bad print does not move it.
LEVEL_DAYS = 5
SHOWN_NAMES = 6  # in a line
SHOWN_GAP = 5e-5  # differences of returns from here on do not round to 0.00 %
NAME_COLUMNS = [
    *("symbol", "n_common", "first_a", "first_b", "last_a", "last_b", "n_only_a", "n_only_b"),
    *("largest", "largest_on", "median", "correlation", "n_level_changes"),
]
ONE_SIDED = ["symbol", "date", "only_in"]
LEVEL_CHANGES = ["symbol", "date", "before", "after", "factor"]
DIFFERENCES = ["symbol", "date", "field", "a", "b", "relative"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What two vendors say of one market.

    Attributes
    ----------
    a, b : str
        Names of the markets.
    only_a, only_b : tuple of str
        Names with prices in one only.
    names : DataFrame
        One row per name in both: symbol; n_common, dates with a close in both; first and last date with a close in
        each; n_only_a, n_only_b, dates within the span of both with a close in one only; largest (with largest_on) and
        median absolute difference of simple returns between common dates; correlation of these returns (NaN with fewer
        than three, or without spread); n_level_changes.
    one_sided : DataFrame
        Those dates: symbol, date, only_in ("a" or "b").
    level_changes : DataFrame
        Dates from which the ratio of the closes a / b is another: symbol, date, before, after (medians of the ratio
        over five common dates), factor (after / before). A split or dividend for which one adjusts and the other does
        not. A bad print is none: it shows in `names` as the largest difference of returns, and in `differences`.
    fx : DataFrame
        One row per pair of currencies in both: pair, n_common, largest and median absolute relative difference,
        largest_on.
    only_fx_a, only_fx_b : tuple of str
        Pairs in one only.
    differences : DataFrame
        Cells beyond the tolerance: symbol (or pair), date, field, a, b, relative (a / b - 1).
    n_cells : int
        Cells with a number in both.
    """

    a: str
    b: str
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    names: pd.DataFrame
    one_sided: pd.DataFrame
    level_changes: pd.DataFrame
    fx: pd.DataFrame
    only_fx_a: tuple[str, ...]
    only_fx_b: tuple[str, ...]
    differences: pd.DataFrame
    n_cells: int

    def __str__(self) -> str:
        names = self.names
        lines = [f"a: {self.a}; b: {self.b}", f"names in both: {len(names)}{_only(self.only_a, self.only_b)}"]
        n_early = int((names["first_a"] != names["first_b"]).sum())
        lines.append(
            f"dates: {int(names['n_common'].sum())} closes in both, {int(names['n_only_a'].sum())} in a only, "
            f"{int(names['n_only_b'].sum())} in b only within the span of both; first dates differ for {n_early} names"
        )
        compared = names[names["largest"].notna()].sort_values(["largest", "symbol"], ascending=[False, True])
        if len(compared):
            lines.append(
                f"returns: median difference {compared['median'].median():.1e}, lowest correlation "
                f"{compared['correlation'].min():.4f}"
            )
            worst = compared[compared["largest"] > SHOWN_GAP].head(SHOWN_NAMES)
            if len(worst):
                told = zip(worst["symbol"], worst["largest"], worst["largest_on"].astype(str), strict=True)
                lines[-1] += f"; largest differences: {', '.join(f'{s} {gap:.2%} on {on[:10]}' for s, gap, on in told)}"
        lines.append(f"changes of level: {len(self.level_changes)}")
        lines += [
            f"  {one.symbol} from {one.date:%Y-%m-%d}: a / b times {one.factor:.6g}"
            for one in self.level_changes.head(SHOWN_NAMES).itertuples()
        ]
        lines += [
            f"FX {one.pair}: {one.n_common} dates in both; at most {one.largest:.1e} apart, median {one.median:.1e}"
            for one in self.fx.itertuples()
        ]
        if self.only_fx_a or self.only_fx_b:
            lines.append(f"FX: {_only(self.only_fx_a, self.only_fx_b).removeprefix('; ')}")
        lines.append(f"cells beyond the tolerance: {len(self.differences)} of {self.n_cells}")
        return "\n".join(lines)


def compare(
    a: MarketData,
    b: MarketData,
    *,
    tolerance: float = 1e-4,
    volume_tolerance: float = 0.05,
    level_tolerance: float = 1e-3,
) -> Comparison:
    """Compare two vendors' data.

    Parameters
    ----------
    a, b : MarketData
    tolerance : float
        Relative difference of prices and exchange rates that is let pass: one in ten thousand by default.
    volume_tolerance : float
        The same for volume, which vendors count in different ways.
    level_tolerance : float
        Relative change of a / b that counts as a change of level. Prices of a name below 10 that are rounded to cents
        need more.

    Returns
    -------
    Comparison
        NaN in one or both is no difference: dates with a close in one only are listed apart. Exchange rates are
        compared by UTC date, the last one of each.

    Raises
    ------
    DataError
        If one is no market, or a tolerance is negative or NaN.

    Examples
    --------
    >>> from data.counterfactual import rescaled
    >>> from data.load import load
    >>> market = load("tiny")
    >>> compare(market, rescaled(market, "US01", 1.01)).differences.groupby("field").size().to_dict()
    {'close': 10, 'high': 10, 'low': 10, 'open': 10}
    """
    for one in (a, b):
        if not isinstance(one, MarketData):
            raise DataError(f"compare takes two MarketData, not {type(one).__name__}; see data.load.")
    tolerances = {"tolerance": tolerance, "volume_tolerance": volume_tolerance, "level_tolerance": level_tolerance}
    for name, given in tolerances.items():
        if not given >= 0:  # nor NaN: nothing is beyond it
            raise DataError(f"{name} is {given:g}; it must be zero or more.")
    common = tuple(symbol for symbol in a.symbols if symbol in set(b.symbols))
    rows, one_sided, changes = [], list[pd.DataFrame](), list[pd.DataFrame]()
    for symbol in common:
        row, apart, levels = _compare_name(symbol, _closes(a, symbol), _closes(b, symbol), level_tolerance)
        rows.append(row)
        one_sided.append(apart)
        changes.append(levels)
    cells, n_cells = _cells(a, b, common, tolerance, volume_tolerance)
    fx, fx_cells, n_rates = _compare_fx(a, b, tolerance)
    pairs_a, pairs_b = ({frozenset(pair): "/".join(pair) for pair in one.fx.pairs} for one in (a, b))
    return Comparison(
        a=a.name,
        b=b.name,
        only_a=tuple(symbol for symbol in a.symbols if symbol not in set(b.symbols)),
        only_b=tuple(symbol for symbol in b.symbols if symbol not in set(a.symbols)),
        names=pd.DataFrame(rows, columns=NAME_COLUMNS),
        one_sided=_joined(one_sided, ONE_SIDED),
        level_changes=_joined(changes, LEVEL_CHANGES),
        fx=fx,
        only_fx_a=tuple(name for pair, name in sorted(pairs_a.items(), key=lambda p: p[1]) if pair not in pairs_b),
        only_fx_b=tuple(name for pair, name in sorted(pairs_b.items(), key=lambda p: p[1]) if pair not in pairs_a),
        differences=_joined([*cells, fx_cells], DIFFERENCES),
        n_cells=n_cells + n_rates,
    )


def _closes(market: MarketData, symbol: str) -> "pd.Series[float]":
    closes = market.close[:, market.columns([symbol])[0]]
    there = ~np.isnan(closes)
    return pd.Series(closes[there], index=pd.DatetimeIndex(market.dates[there], name="date"))


def _compare_name(
    symbol: str, a: "pd.Series[float]", b: "pd.Series[float]", level_tolerance: float
) -> tuple[dict[str, object], pd.DataFrame, pd.DataFrame]:
    row: dict[str, object] = dict.fromkeys(NAME_COLUMNS, np.nan)
    row |= {"symbol": symbol, "n_common": 0, "n_only_a": 0, "n_only_b": 0, "largest_on": pd.NaT, "n_level_changes": 0}
    for side, own in (("a", a), ("b", b)):
        row |= {f"first_{side}": own.index.min(), f"last_{side}": own.index.max()}
    nothing = pd.DataFrame(columns=ONE_SIDED), pd.DataFrame(columns=LEVEL_CHANGES)
    if not len(a) or not len(b):
        return row, *nothing
    begin, end = max(a.index[0], b.index[0]), min(a.index[-1], b.index[-1])
    spans = [own.index[(own.index >= begin) & (own.index <= end)] for own in (a, b)]
    apart = [spans[0].difference(spans[1]), spans[1].difference(spans[0])]
    row |= {"n_only_a": len(apart[0]), "n_only_b": len(apart[1])}
    sides = pd.DataFrame(
        {"symbol": symbol, "date": apart[0].append(apart[1]), "only_in": ["a"] * len(apart[0]) + ["b"] * len(apart[1])}
    ).sort_values("date", ignore_index=True)
    dates = a.index.intersection(b.index)
    row["n_common"] = len(dates)
    if len(dates) < 2:
        return row, sides, nothing[1]
    first, second = a[dates].to_numpy(), b[dates].to_numpy()
    returns = [closes[1:] / closes[:-1] - 1.0 for closes in (first, second)]
    gap = np.abs(returns[0] - returns[1])
    row |= {"largest": gap.max(), "largest_on": dates[1 + int(gap.argmax())], "median": float(np.median(gap))}
    if len(gap) > 2 and min(one.std() for one in returns) > 0:
        row["correlation"] = float(np.corrcoef(returns[0], returns[1])[0, 1])
    levels = _level_changes(first / second, level_tolerance)
    row["n_level_changes"] = len(levels)
    return row, sides, levels.assign(symbol=symbol, date=dates[levels.index])[LEVEL_CHANGES]


def _level_changes(ratio: NDArray[np.float64], tolerance: float) -> pd.DataFrame:
    """Find where a ratio changes and stays changed; the index counts rows."""
    steps = np.log(ratio[1:] / ratio[:-1])
    rows = {}
    for i in (1 + np.flatnonzero(np.abs(steps) > np.log1p(tolerance))).tolist():
        before = float(np.median(ratio[max(0, i - LEVEL_DAYS) : i]))
        after = float(np.median(ratio[i : i + LEVEL_DAYS]))
        change = np.log(after / before)
        # The step makes the change, at least half of it: not a bad print, nor the rounding beside a change.
        if abs(change) > np.log1p(tolerance) and abs(steps[i - 1] - change) <= abs(change) / 2:
            rows[i] = (before, after, after / before)
    return pd.DataFrame.from_dict(rows, orient="index", columns=LEVEL_CHANGES[2:]).astype(np.float64)


def _cells(
    a: MarketData, b: MarketData, common: tuple[str, ...], tolerance: float, volume_tolerance: float
) -> tuple[list[pd.DataFrame], int]:
    dates, rows_a, rows_b = np.intersect1d(a.dates, b.dates, return_indices=True)
    columns_a, columns_b = a.columns(common), b.columns(common)
    fields = [*PRICE_FIELDS, *(["close_raw"] if a.close_raw is not None and b.close_raw is not None else [])]
    found, n_cells = [], 0
    for field in fields:
        first = a.price_fields()[field][np.ix_(rows_a, columns_a)]
        second = b.price_fields()[field][np.ix_(rows_b, columns_b)]
        n_cells += int((~np.isnan(first) & ~np.isnan(second)).sum())
        relative = _relative(first, second)
        column, row = np.nonzero(np.abs(relative.T) > (volume_tolerance if field == "volume" else tolerance))
        found.append(
            pd.DataFrame(
                {
                    "symbol": np.array(common, dtype=object)[column],
                    "date": dates[row].astype("datetime64[s]"),
                    "field": field,
                    "a": first[row, column],
                    "b": second[row, column],
                    "relative": relative[row, column],
                }
            )
        )
    return found, n_cells


def _relative(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a / b - 1: 0 where both are 0, infinite where b alone is, NaN where one is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative: NDArray[np.float64] = np.where(a == b, 0.0, a / b - 1.0)
    return relative


def _compare_fx(a: MarketData, b: MarketData, tolerance: float) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    rows, found, n_rates = [], list[pd.DataFrame](), 0
    for base, quote in sorted(a.fx.pairs):
        if (base, quote) not in b.fx.pairs and (quote, base) not in b.fx.pairs:
            continue
        first, second = (_rates(one, base, quote) for one in (a, b))
        dates = first.index.intersection(second.index)
        values = [np.asarray(one[dates], dtype=np.float64) for one in (first, second)]
        relative = _relative(values[0], values[1])
        n_rates += len(dates)
        gap, pair = np.abs(relative), f"{base}/{quote}"
        beyond = gap > tolerance
        rows.append(
            {
                "pair": pair,
                "n_common": len(dates),
                "largest": gap.max() if len(gap) else np.nan,
                "largest_on": dates[int(gap.argmax())] if len(gap) else pd.NaT,
                "median": float(np.median(gap)) if len(gap) else np.nan,
            }
        )
        found.append(
            pd.DataFrame(
                {
                    "symbol": pair,
                    "date": dates[beyond],
                    "field": "rate",
                    "a": values[0][beyond],
                    "b": values[1][beyond],
                    "relative": relative[beyond],
                }
            )
        )
    columns = ["pair", "n_common", "largest", "largest_on", "median"]
    return pd.DataFrame(rows, columns=columns), _joined(found, DIFFERENCES), n_rates


def _rates(market: MarketData, base: str, quote: str) -> "pd.Series[float]":
    """Give the last rate of each UTC date: units of `quote` for one `base`, whichever way round it is quoted."""
    is_direct = (base, quote) in market.fx.pairs
    known, rates = market.fx.pairs[(base, quote) if is_direct else (quote, base)]
    days = pd.DatetimeIndex(known.astype("datetime64[ns]").astype("datetime64[D]"))
    series = pd.Series(rates if is_direct else 1.0 / rates, index=days)
    return series[~series.index.duplicated(keep="last")]


def _joined(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)


def _only(a: tuple[str, ...], b: tuple[str, ...]) -> str:
    """Name what stands in one only."""
    said = ""
    for side, names in (("a", a), ("b", b)):
        if names:
            said += f"; only in {side}: {some_of(names, SHOWN_NAMES)}"
    return said
