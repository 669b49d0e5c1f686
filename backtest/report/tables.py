"""Tables of the report: rows of text, ready to be set."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from backtest.config import RunConfig
from backtest.result import BacktestResult
from backtest.run import RotationResult
from data.costs.schedules import COST_KINDS, HOLDING_KINDS

MISSING, MINUS, SPACE = "–", "−", "\N{NO-BREAK SPACE}"
N_TRADES = 20
KINDS = {
    "sfc_levy": "SFC levy",
    "afrc_levy": "AFRC levy",
    "section31_fee": "Section 31 fee",
    "taf_fee": "TAF fee",
    "half_spread": "Half-spread",
    "impact": "Market impact",
    "fx_spread": "FX spread",
}
BASIS = {
    "total_return": (
        "total return: dividends and splits are folded into the price. Share counts are therefore not real ones; board "
        "lots and minimum fees, where they are counted, are approximate."
    ),
    "split": (
        "split-adjusted: dividends are paid beside the price. Share counts before a split are not real ones; board "
        "lots and minimum fees, where they are counted, are approximate."
    ),
    "raw": "raw: as quoted. Splits, dividends and delistings of the market's actions are applied to what is held.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text.

    Attributes
    ----------
    head : tuple of str, length n_columns
    rows : tuple of tuple of str
        Each of length n_columns.
    align : str of length n_columns
        "l" for text, "r" for numbers.
    strong : tuple of int
        Rows to be emphasised.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str
    strong: tuple[int, ...] = ()


def number(value: float, digits: int = 0) -> str:
    """Write a number with thousands parted.

    Parameters
    ----------
    value : float
    digits : int
        After the point.

    Returns
    -------
    str
        A dash for NaN and infinities; zero never has a sign.

    Examples
    --------
    >>> number(1234567.8), number(-0.04, 1), number(float("nan"))
    ('1,234,568', '0.0', '–')
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.{digits}f}"
    is_zero = not text.strip("0.,")
    return text if value >= 0 or is_zero else MINUS + text


def shares(count: float) -> str:
    """Write a count of shares.

    Parameters
    ----------
    count : float

    Returns
    -------
    str
        With two digits only where it is no whole number.

    Examples
    --------
    >>> shares(1200.0), shares(0.5)
    ('1,200', '0.50')
    """
    return number(count, 0 if count == round(count) else 2)


def percent(value: float, digits: int = 1) -> str:
    """Write a fraction as a percentage.

    Parameters
    ----------
    value : float
        0.01 is one percent.
    digits : int

    Returns
    -------
    str
        A dash for NaN.

    Examples
    --------
    >>> percent(0.1234).replace(SPACE, " "), percent(float("nan"))
    ('12.3 %', '–')
    """
    written = number(100 * value, digits)
    return written if written == MISSING else f"{written}{SPACE}%"


def kind_label(kind: str) -> str:
    """Name a kind of cost for a reader.

    Parameters
    ----------
    kind : str
        One of `COST_KINDS`.

    Returns
    -------
    str
    """
    return KINDS.get(kind, kind.replace("_", " ").capitalize())


def measures(result: RotationResult) -> Table:
    """Set the rotation beside its references.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
        Rotation first, then the constant mix, the baskets held and half of each. Nothing is annualised over less than
        a year: turnover and cost are then those of the whole period.
    """
    base = result.config.base_currency
    order = ("constant mix", *[name for name in result.references if name != "constant mix"])
    source, destination = result.average_shares
    labels = {"constant mix": f"Constant mix {100 * source:.0f}/{100 * destination:.0f}"}
    runs: list[tuple[str, BacktestResult]] = [("Rotation", result)]
    runs += [(labels.get(name, name.capitalize()), result.references[name]) for name in order]
    span = " a year" if result.summary()["years"] >= 1 else ""
    head = (
        "",
        "Total return",
        "Return a year",
        "Volatility a year",
        "Sharpe",
        "Max drawdown",
        "Calmar",
        f"Turnover{span}, × NAV",
        f"Cost{span}, of NAV",
        f"Final NAV, {base}",
    )
    rows = tuple((label, *_measures(run)) for label, run in runs)
    return Table(head=head, rows=rows, align="l" + "r" * (len(head) - 1), strong=(0,))


def _measures(run: BacktestResult) -> tuple[str, ...]:
    found, nav = dict(run.summary()), run.nav
    if found["years"] < 1:
        found |= dict.fromkeys(("annual_return", "volatility", "sharpe", "calmar"), math.nan)
        found |= {name: found[name] * found["years"] for name in ("turnover", "cost_annual")}
    return (
        percent(found["total_return"]),
        percent(found["annual_return"]),
        percent(found["volatility"]),
        number(found["sharpe"], 2),
        percent(found["max_drawdown"]),
        number(found["calmar"], 2),
        number(found["turnover"], 1),
        percent(found["cost_annual"], 2),
        number(float(nav.iloc[-1]) if len(nav) else math.nan),
    )


def costs(result: RotationResult) -> tuple[Table, tuple[str, ...]]:
    """Sum the costs by kind.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    table : Table
        The largest first, then their total.
    zero : tuple of str
        Kinds that cost nothing in this run.
    """
    paid = result.costs.sum()
    nav, years = float(result.nav.mean()), result.summary()["years"]
    by_size = sorted((kind for kind in (*COST_KINDS, *HOLDING_KINDS) if paid[kind] != 0), key=lambda kind: -paid[kind])
    lines = [(kind_label(kind), float(paid[kind])) for kind in by_size]
    lines.append(("All costs", float(paid.sum())))
    span = 1.0 if years < 1 else years  # nothing is annualised over less than a year
    rows = tuple((label, number(value), percent(value / nav / span, 3)) for label, value in lines)
    part = "Of average NAV" if years < 1 else "A year, of average NAV"
    table = Table(
        head=("Kind", f"Paid, {result.config.base_currency}", part),
        rows=rows,
        align="lrr",
        strong=(len(rows) - 1,),
    )
    return table, tuple(kind_label(kind) for kind in COST_KINDS if paid[kind] == 0)


def bridge(result: RotationResult) -> Table:
    """Sum the P&L bridge over the run.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
        Price, currency, interest, each other column, costs; their sum, which is the change of NAV; and what is left.
    """
    total = result.bridge.sum()
    earned = [kind for kind in total.index if kind not in {*COST_KINDS, *HOLDING_KINDS, "change", "residual"}]
    lines = [(kind.capitalize(), float(total[kind])) for kind in earned]
    lines.append(("Costs, all kinds", float(total[[*COST_KINDS, *HOLDING_KINDS]].sum())))
    lines.append(("Change of NAV", float(total["change"])))
    rows = [(label, number(value), percent(value / result.opening_nav)) for label, value in lines]
    rows.append(("Unexplained", number(float(total["residual"]), 2), percent(total["residual"] / result.opening_nav)))
    return Table(
        head=("Source", result.config.base_currency, "Of opening NAV"),
        rows=tuple(rows),
        align="lrr",
        strong=(len(lines) - 1,),
    )


def last_trades(result: RotationResult) -> Table:
    """Give the last trades.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
        In order of fill; notional and costs in the trade's currency.
    """
    trades = result.trades.tail(N_TRADES)
    rows = tuple(
        (
            stamp(row["filled"]),
            row["symbol"],
            row["side"],
            shares(abs(row["shares"])),
            number(row["price"], 2),
            number(abs(row["notional"])),
            number(sum(row[kind] for kind in COST_KINDS), 2),
            row["currency"],
            stamp(row["decided"]),
        )
        for row in trades.to_dict("records")
    )
    head = ("Filled, UTC", "Symbol", "Side", "Shares", "Price", "Notional", "Costs", "Currency", "Decided, UTC")
    return Table(head=head, rows=rows, align="lllrrrrll")


def data_facts(result: RotationResult) -> Table:
    """List what the run was made from.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
    """
    market, dates = result.market, result.dates
    span = f"{dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}" if len(dates) else MISSING
    venues = [market.instruments[symbol].venue for symbol in market.holdable]
    by_venue = ", ".join(f"{venue} {venues.count(venue)}" for venue in sorted(set(venues)))
    rows = (
        ("Market", f"{market.name}{' (synthetic)' if market.synthetic and 'synthetic' not in market.name else ''}"),
        ("Dates", f"{span}, {len(dates):,} marks"),
        ("Decisions", f"{len(result.plan.targets.decisions):,}"),
        ("Names that may be held", f"{len(market.holdable)} ({by_venue})"),
        ("Price basis", BASIS.get(market.price_basis, market.price_basis)),
    )
    return Table(head=("Data", ""), rows=rows, align="ll")


def settings(result: RotationResult) -> tuple[Table, Table]:
    """List the settings of the thesis and of the run, defaults included.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    thesis, run : Table
        Settings of the run that are not the default are emphasised.
    """
    thesis = result.thesis.model_dump(exclude={"name", "title", "run"})
    run = result.config.model_dump()
    usual = dict(_flat(RunConfig().model_dump()))
    changed = tuple(i for i, (key, value) in enumerate(_flat(run)) if usual.get(key) != value)
    return (
        Table(head=("Thesis", ""), rows=_flat(thesis), align="ll"),
        Table(head=("Run", ""), rows=_flat(run), align="ll", strong=changed),
    )


def _flat(given: Mapping[str, Any], above: str = "") -> tuple[tuple[str, str], ...]:
    rows: list[tuple[str, str]] = []
    for key, value in given.items():
        if isinstance(value, Mapping):
            rows.extend(_flat(value, f"{above}{key}."))
        else:
            rows.append((above + key, _setting(value)))
    return tuple(rows)


def _setting(value: object) -> str:
    if value is None or value == ():
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.12g}"
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return str(value)


def stamp(at: pd.Timestamp) -> str:
    """Write a stamp to the minute.

    Parameters
    ----------
    at : Timestamp

    Returns
    -------
    str
    """
    return f"{at:%Y-%m-%d %H:%M}"
