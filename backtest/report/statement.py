"""The ledger of a run as plain text: what happened, in order of time, line by line."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backtest.arrays.decisions import resolve_decisions
from backtest.kernels import state
from backtest.log import WHAT
from backtest.result import BacktestResult
from data.costs.schedules import COST_KINDS
from data.rates import DAY_COUNT
from data.settlement import settlement_dates
from data.stamps import as_day
from data.venues import venue

WIDTH = 100
STAMP = len("2025-01-28 Tue  21:00  ")
LABEL = 10
# In this order at one stamp; a fill or a drop at its own decision stands behind it.
NOTICE, SHUT, INTEREST, CARRY, SETTLED, ACTION, FILL, DECISION, AT_ONCE, MARK, OVERLAY = range(11)
OVERLAYS = {WHAT[state.STOPPED], WHAT[state.MARGIN_CALL], WHAT[state.PASSED_OVER]}
KEEP = "\N{NO-BREAK SPACE}"  # holds a figure and its unit on one line
LEAST = 0.005  # an amount below half a cent is none
HALF_DAY = pd.Timedelta(hours=1)  # a session that ends at least this long before the usual close


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One thing that happened.

    Attributes
    ----------
    at : Timestamp
        UTC.
    rank : int
        Order among lines of one stamp.
    label, text : str
    """

    at: pd.Timestamp
    rank: int
    label: str
    text: str


def ledger_text(result: BacktestResult, start: object | None = None, end: object | None = None) -> str:
    """Write a run as a ledger that a person can follow.

    Parameters
    ----------
    result : BacktestResult
    start, end : date-like, optional
        First and last date to be written, both included; by default all.

    Returns
    -------
    str
        At most 100 columns wide, times in UTC, amounts in the currency named. Interest, settlement and holding costs
        of the calendar days since the date before stand at a date's first opening. At each mark NAV is settled cash
        plus receivable less payable plus dividends due plus holdings.

    Raises
    ------
    DataError
        If `start` or `end` is no date.

    Examples
    --------
    >>> from backtest.engine import simulate
    >>> from data.load import load
    >>> from strategies.targets import TargetWeights
    >>> frame = pd.DataFrame({"US01": [0.5]}, index=["2025-01-22"])
    >>> result = simulate(load("tiny"), TargetWeights.from_frame(frame))
    >>> print(ledger_text(result, end="2025-01-23"))
    Ledger of tiny (synthetic), in USD; times are UTC. SYNTHETIC: made-up prices.
    2025-01-22 Wed  21:00  decision  US01 50 %, cash 50 %
                    21:00  mark      NAV 1,000,000.00: settled 1,000,000.00
    2025-01-23 Thu  14:30  buy       US01 5,000 at 100.00 USD; pays 500,000.00 USD on 2025-01-24
                    21:00  mark      NAV 1,010,000.00: settled 1,000,000.00, payable 500,000.00,
                                     holdings 510,000.00 (US01 50.5 %)
    """
    lines = sorted(
        (
            *_venues(result),
            *_decisions(result),
            *_fills(result),
            *_log(result),
            *_actions(result),
            *_accruals(result),
            *_marks(result),
        ),
        key=lambda line: (line.at, line.rank),
    )
    first = None if start is None else as_day(start, "start")
    last = None if end is None else as_day(end, "end")
    made_up = " SYNTHETIC: made-up prices." if result.market.synthetic else ""
    written = [f"Ledger of {result.market.name}, in {result.config.base_currency}; times are UTC.{made_up}"]
    before = None
    for line in lines:
        day = np.datetime64(line.at.date(), "D")
        if (first is not None and day < first) or (last is not None and day > last):
            continue
        date = f"{line.at:%Y-%m-%d %a}" if day != before else ""
        before = day
        head = f"{date:14}  {line.at:%H:%M}  {line.label:{LABEL}}"
        written.append(
            textwrap.fill(
                head + line.text,
                WIDTH,
                subsequent_indent=" " * (STAMP + LABEL),
                break_long_words=False,
                break_on_hyphens=False,
                drop_whitespace=True,
            ).replace(KEEP, " ")
        )
    return "\n".join(written)


def _count(shares: float) -> str:
    text = f"{abs(shares):,.4f}".rstrip("0").rstrip(".")
    return text or "0"


def _price(price: float) -> str:
    text = f"{price:,.4f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"


def _percent(fraction: float, digits: int = 1) -> str:
    return f"{100 * fraction:.{digits}f}{KEEP}%"


def _amount(amount: float, *, signed: bool = False) -> str:
    return f"{0.0 if abs(amount) < LEAST else amount:{'+' if signed else ''},.2f}"


def _money(amount: float, currency: str, *, signed: bool = False) -> str:
    return f"{_amount(amount, signed=signed)}{KEEP}{currency}"


def _rate(fx: float, currency: str, base: str) -> str:
    """Quote a rate the way it is quoted: so many for 1."""
    one, other, rate = (currency, base, fx) if fx >= 1 else (base, currency, 1 / fx)
    return f"{rate:.4f} {other} for 1 {one}".replace(" ", KEEP)


def _day_stamps(result: BacktestResult) -> pd.DatetimeIndex:
    """Give the first opening of each date marked."""
    return pd.DatetimeIndex(result.prepared.rows.begins[result.rows], tz="UTC")


# ---------------------------------------------------------------------------------------------- orders


def _stamped_targets(result: BacktestResult) -> tuple[pd.DatetimeIndex, np.ndarray]:
    stamps, rows, _ = resolve_decisions(result.market, result.targets)
    return pd.DatetimeIndex(stamps, tz="UTC"), result.targets.weights[rows]


def _span(result: BacktestResult) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the first and the last stamp of this call."""
    stamps = result.prepared.timeline.stamp[result.first_event : result.last_event]
    first, last = (stamps[0], stamps[-1]) if len(stamps) else (0, -1)
    return pd.Timestamp(first, tz="UTC"), pd.Timestamp(last, tz="UTC")


def _decisions(result: BacktestResult) -> Iterator[Line]:
    first, last = _span(result)
    for at, weights in zip(*_stamped_targets(result), strict=True):
        if not first <= at <= last:
            continue
        if np.isnan(weights).all():
            yield Line(at, DECISION, "decision", "leave everything alone")
            continue
        asked = {name: weight for name, weight in zip(result.targets.assets, weights, strict=True) if weight != 0}
        parts = [
            f"{name} {'hold' if np.isnan(weight) else _weight(weight)}".replace(" ", KEEP)
            for name, weight in asked.items()
        ]
        rest = 1.0 - float(np.nansum(weights))
        if not np.isnan(weights).any() and abs(rest) > 1e-9:
            parts.append(f"cash{KEEP}{_weight(rest)}")
        yield Line(at, DECISION, "decision", ", ".join(parts))


def _weight(weight: float) -> str:
    return f"{100 * weight:.2f}".rstrip("0").rstrip(".") + f"{KEEP}%"


def _settling(result: BacktestResult, trades: pd.DataFrame) -> pd.Series:
    """Give the settlement date of each fill, NaT beyond the calendar's end."""
    found = pd.Series(pd.NaT, index=trades.index, dtype="datetime64[ns]")
    for code, mine in trades.groupby("venue"):
        local = mine["filled"].dt.tz_convert(venue(str(code)).timezone).dt.tz_localize(None).dt.normalize()
        dates = settlement_dates(result.market.calendars[str(code)], str(code), local.to_numpy())
        found[mine.index] = dates.astype("datetime64[ns]")
    return found


def _fills(result: BacktestResult) -> Iterator[Line]:
    trades, base = result.trades, result.config.base_currency
    # Under `hold` the spread is paid on what is converted, not on the trade.
    at_fill = result.config.fx == "at_fill"
    kinds = [kind for kind in COST_KINDS if at_fill or kind != "fx_spread"]
    trades["cost"], trades["settles"] = trades[kinds].sum(axis=1), _settling(result, trades)
    for row in trades.to_dict("records"):
        currency, paid = row["currency"], row["notional"] + row["cost"]
        parts = [f"{row['symbol']} {_count(row['shares'])} at {_price(row['price'])}{KEEP}{currency}"]
        if row["cost"]:
            parts.append(f"costs {_money(row['cost'], currency)}")
        if currency != base:
            parts.append(_rate(row["fx"], currency, base))
        money = _money(abs(paid) * row["fx"], base) if at_fill else _money(abs(paid), currency)
        day = "a date after the calendar's end" if pd.isna(row["settles"]) else f"{row['settles']:%Y-%m-%d}"
        parts.append(f"{'pays' if paid > 0 else 'brings'} {money}{KEEP}on{KEEP}{day}")
        rank = AT_ONCE if row["filled"] == row["decided"] else FILL
        yield Line(row["filled"], rank, row["side"], "; ".join(parts))


def _log(result: BacktestResult) -> Iterator[Line]:
    for _, rows in result.log.groupby(["at", "what"], sort=False):
        at, what = rows["at"].iloc[0], rows["what"].iloc[0]
        named = rows[rows["symbol"] != ""]
        orders = ", ".join(
            f"{name} {'buy' if shares > 0 else 'sell'} {_count(shares)}".replace(" ", KEEP)
            for name, shares in zip(named["symbol"], named["shares"], strict=True)
        )
        rank = OVERLAY if what in OVERLAYS else AT_ONCE if (rows["decided"] == at).all() else FILL
        yield Line(at, rank, "note", f"{orders}: {what}" if orders else what)


def _waiting(result: BacktestResult, at: pd.Timestamp) -> list[str]:
    """Name the names of which an order waits at a stamp, as far as what became of it tells."""
    decided = result.prepared.decisions
    n = int(np.searchsorted(decided, at.value, side="left"))
    if not n:
        return []
    last = pd.Timestamp(int(decided[n - 1]), tz="UTC")
    found = set[str]()
    trades, log = result.trades, result.log
    found |= set(trades.loc[(trades["decided"] == last) & (trades["filled"] >= at), "symbol"])
    found |= set(log.loc[(log["decided"] == last) & (log["at"] >= at), "symbol"])
    is_last = n == len(decided) or decided[n] > result.state.stamp
    if is_last:
        left = result.state.book.order[:, 0] != 0
        found |= {name for name, waits in zip(result.prepared.names, left, strict=True) if waits}
    return sorted(found - {""})


def _venues(result: BacktestResult) -> Iterator[Line]:
    """Say when a venue of the run was shut or shut early, when that was news, and whose orders waited."""
    first, last = _span(result)
    dates = result.dates.to_numpy().astype("datetime64[D]")
    of_name = {name: result.market.instruments[name].venue for name in result.prepared.names}
    shut_on: dict[int, list[str]] = {}
    for code in result.prepared.venues:
        calendar, place = result.market.calendars[code], venue(code)
        for day, stamp in zip(calendar.cancelled_dates, calendar.announced, strict=True):
            at = pd.Timestamp(int(stamp), tz="UTC")
            if first <= at <= last:
                yield Line(at, NOTICE, "notice", f"{place.name} will not open on {day}")
        for day, stamp in zip(calendar.moved_dates, calendar.moved_announced, strict=True):
            at, held = pd.Timestamp(int(stamp), tz="UTC"), calendar.index_of(np.array([day]))[0]
            if first <= at <= last and held >= 0:
                opens, closes = (pd.Timestamp(int(one[held]), tz="UTC") for one in (calendar.opens, calendar.closes))
                yield Line(at, NOTICE, "notice", f"{place.name} trades from {opens:%H:%M} to {closes:%H:%M} on {day}")
        for position, index in enumerate(calendar.index_of(dates)):
            if index < 0:
                shut_on.setdefault(position, []).append(code)
                continue
            closes = pd.Timestamp(int(calendar.closes[index]), tz="UTC")
            usual = pd.Timestamp.combine(dates[position].item(), place.close).tz_localize(place.timezone)
            if usual - closes >= HALF_DAY and dates[position] not in calendar.moved_dates:
                yield Line(_day_stamps(result)[position], SHUT, "half day", f"{place.name} closes at {closes:%H:%M}")
    for position, codes in shut_on.items():
        at = _day_stamps(result)[position]
        waiting = _waiting(result, at)
        theirs = [name for name in waiting if of_name[name] in codes]
        text = " and ".join(venue(code).name for code in codes)
        if theirs:
            text += f": {', '.join(theirs)} {'waits' if len(theirs) == 1 else 'wait'}"
            others = [name for name in waiting if name not in theirs]
            if others and result.config.shut_market == "basket":
                text += f", and {', '.join(others)} with {'it' if len(theirs) == 1 else 'them'} (basket)"
        yield Line(at, SHUT, "shut", text)


# ---------------------------------------------------------------------------------------------- money


def _actions(result: BacktestResult) -> Iterator[Line]:
    for row in result.actions.to_dict("records"):
        if row["what"] in {"dividend due", "paid"}:
            text = f"{row['symbol']} {row['what']}: {_money(row['money'], row['currency'], signed=True)}"
            if row["withheld"]:
                text += f" after {_money(row['withheld'], row['currency'])} withheld"
        else:
            text = f"{row['symbol']} {row['what']}: {'+' if row['shares'] > 0 else '-'}{_count(row['shares'])} shares"
            if row["money"]:
                text += f", {_money(row['money'], row['currency'], signed=True)}"
        yield Line(row["at"], ACTION, "action", text)


def _by_currency(result: BacktestResult, column: str) -> np.ndarray:
    """Give a column of the statement, shape (n_dates, n_currencies)."""
    return result.statement[column].to_numpy().reshape(len(result.dates), -1)


def _accruals(result: BacktestResult) -> Iterator[Line]:
    """Write interest, holding costs and what has settled, at the first opening of each date."""
    opening, record, rows = result.opening, result.record, result.rows
    settled = _by_currency(result, "settled")
    opened = opening.cash[:, 0] - opening.unsettled[:, :, 0].sum(axis=0)
    before = np.vstack([opened[None, :], settled[:-1]])
    interest, borrow, withheld = (one[rows, :, 0] for one in (record.interest, record.borrow, record.withheld))
    paid, deals = _paid(result), _deals(result)
    # What is left of the change of settled cash has come from settlement.
    arrived = settled - before - interest + borrow + withheld - paid
    dates = result.prepared.rows.dates
    days = np.diff(dates, prepend=dates[:1]).astype(np.int64)[rows]
    for position, at in enumerate(_day_stamps(result)):
        for c, currency in enumerate(result.prepared.currencies):
            earned, balance = interest[position, c], before[position, c]
            if abs(earned) >= LEAST:
                n = days[position]
                rate = earned / balance / n * DAY_COUNT.get(currency, 365)
                text = f"{_money(earned, currency, signed=True)}: {n} {'day' if n == 1 else 'days'} at "
                yield Line(at, INTEREST, "interest", f"{text}{_percent(rate, 2)} on {_money(balance, currency)}")
            for label, cost in (("borrow", borrow[position, c]), ("tax", withheld[position, c])):
                if abs(cost) >= LEAST:
                    yield Line(at, CARRY, label, _money(-cost, currency, signed=True))
        moved = [
            _money(amount, currency, signed=True)
            for currency, amount in zip(result.prepared.currencies, arrived[position], strict=True)
            if abs(amount) >= LEAST
        ]
        if moved:
            yield Line(at, SETTLED, "settles", f"{', '.join(moved)}{deals.get(position, '')}")


def _paid(result: BacktestResult) -> np.ndarray:
    """Give dividends and other money paid into each balance, shape (n_dates, n_currencies)."""
    money = np.zeros((len(result.dates), len(result.prepared.currencies)))
    for row in result.actions.to_dict("records"):
        position = int(result.dates.searchsorted(row["at"].tz_localize(None).normalize()))
        if row["what"] == "paid" and position < len(money):
            money[position, result.prepared.currencies.index(row["currency"])] += row["money"]
    return money


def _deals(result: BacktestResult) -> dict[int, str]:
    """Name the fills whose money settles on each date, by position."""
    trades = result.trades
    settles = _settling(result, trades)
    named: dict[int, list[str]] = {}
    for symbol, side, day in zip(trades["symbol"], trades["side"], settles, strict=True):
        if not pd.isna(day):
            named.setdefault(int(result.dates.searchsorted(day)), []).append(f"{symbol}{KEEP}{side}")
    return {position: f" ({', '.join(deals)})" for position, deals in named.items()}


def _marks(result: BacktestResult) -> Iterator[Line]:
    stamps = pd.DatetimeIndex(result.prepared.timeline.stamp[result.mark_events], tz="UTC")
    nav, weights = result.nav.to_numpy(), result.weights
    named = {name: _by_currency(result, name) for name in ("settled", "receivable", "payable", "dividends_due")}
    held = _by_currency(result, "long") + _by_currency(result, "short")
    fx = _by_currency(result, "fx")
    base = result.prepared.currencies.index(result.config.base_currency)
    for position, at in enumerate(stamps):
        shown = {
            name: [c for c, amount in enumerate(values[position]) if abs(amount) >= LEAST]
            for name, values in named.items()
        }
        shown["settled"] = shown["settled"] or [base]
        # The currency is said once any amount is foreign.
        is_plain = all(c == base for places in shown.values() for c in places)
        parts = []
        for name, places in shown.items():
            amounts = [(named[name][position, c], result.prepared.currencies[c]) for c in places]
            texts = [_amount(amount) if is_plain else _money(amount, currency) for amount, currency in amounts]
            if texts:
                parts.append(f"{name.replace('_', ' ')}{KEEP}{' and '.join(texts)}")
        row = weights.iloc[position]
        names = ", ".join(f"{name}{KEEP}{_percent(weight)}" for name, weight in row.items() if abs(weight) >= 5e-4)
        if names:
            parts.append(f"holdings{KEEP}{float(held[position] @ fx[position]):,.2f} ({names})")
        yield Line(at, MARK, "mark", f"NAV{KEEP}{nav[position]:,.2f}: {', '.join(parts)}")
