"""What happened to orders and holdings, and what was held in the end."""

import pandas as pd

from backtest.kernels import state
from backtest.log import HAPPENED, WHAT
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table, number, shares, stamp
from backtest.report.writing import counted
from backtest.result import BacktestResult

N_ROWS = 10
# Lines of the log in which the ledger decides by itself; all others are of orders.
CALLS = tuple(
    WHAT[kind] for kind in (state.STOPPED, state.PASSED_OVER, state.MARGIN_CALL, state.RECALLED, state.SHORT_LIMITED)
)


def events(frames: Frames) -> tuple[Section, ...]:
    """Say what happened to orders and holdings.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    tuple of Section
        Stops, calls and recalls, and corporate actions, where there were any; orders always.
    """
    return (*_calls_section(frames.result), _orders_section(frames), *_actions_section(frames.result))


def _calls_section(result: BacktestResult) -> tuple[Section, ...]:
    counts, last = calls(result)
    if not counts.rows:
        return ()
    exhibits = (
        Exhibit(title="How often", table=counts, look="narrow"),
        Exhibit(title=f"The last {len(last.rows)}", caption="log.csv holds all of them.", table=last),
    )
    return (Section(key="calls", title="Stops, margin calls and recalls", exhibits=exhibits),)


def _orders_section(frames: Frames) -> Section:
    result = frames.result
    n_logged, n_trades = len(_orders(result)), len(frames.trades)
    said = "" if n_logged else "Every order filled as asked. "
    if result.config.fill == "next_open":
        n_closed = result.n_fills_at_close
        said += (
            f"{n_closed:,} of {n_trades:,} fills were made at the close, because the open was unknown."
            if n_closed
            else "No fill had to be made at the close for want of an open."
        )
    exhibits: tuple[Exhibit, ...] = ()
    if n_logged:
        counts, first = log_counts(result), log_rows(result)
        exhibits = (
            Exhibit(
                title="Why",
                caption=f"{counted(n_logged, 'line')} of the log, beside {counted(n_trades, 'fill')}.",
                says=f"Most often: {counts.rows[0][0].lower()} ({counts.rows[0][1]}).",
                table=counts,
                look="narrow",
            ),
            Exhibit(
                title=f"First {len(first.rows)} of {n_logged:,}", caption="log.csv holds all of them.", table=first
            ),
        )
    paragraphs = (said.strip(),) if said else ()
    return Section(key="orders", title="Orders cut, dropped or waiting", paragraphs=paragraphs, exhibits=exhibits)


def _actions_section(result: BacktestResult) -> tuple[Section, ...]:
    n_actions = len(result.actions)
    if not n_actions:
        return ()
    sums, last = actions(result)
    n_names = result.actions["symbol"].nunique()
    caption = (
        "Those that met a holding; actions.csv holds all of them. What is due is counted in NAV from the ex date, and "
        "paid later."
    )
    exhibits = (
        Exhibit(
            title="By kind and currency",
            caption=caption,
            says=f"{counted(n_actions, 'action')} met holdings of {counted(n_names, 'name')}.",
            table=sums,
            look="narrow",
        ),
        Exhibit(title=f"The last {len(last.rows)} of {n_actions:,}", table=last),
    )
    return (Section(key="actions", title="Corporate actions", exhibits=exhibits),)


def log_counts(result: BacktestResult) -> Table:
    """Count the orders that did not fill as asked.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    Table
        One row a reason, the most frequent first.
    """
    counts = _orders(result)["what"].value_counts()
    rows = tuple((str(what).capitalize(), number(n)) for what, n in counts.items())
    return Table(head=("What happened", "Times"), rows=rows, align="lr")


def log_rows(result: BacktestResult) -> Table:
    """Give the first orders that did not fill as asked.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    Table
    """
    rows = tuple(
        (stamp(row["at"]), row["symbol"], shares(row["shares"]), row["what"], stamp(row["decided"]))
        for row in _orders(result).head(N_ROWS).to_dict("records")
    )
    return Table(head=("At, UTC", "Symbol", "Shares", "What", "Decided, UTC"), rows=rows, align="llrll")


def _orders(result: BacktestResult) -> pd.DataFrame:
    log = result.log
    return log[~log["what"].isin(CALLS)]


def calls(result: BacktestResult) -> tuple[Table, Table]:
    """Say when the ledger decided by itself: stops, margin calls, recalls, shorts cut to what could be borrowed.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    counts : Table
        One row a kind, in the order of `CALLS`; a recall counts on every day until the short is bought in.
    last : Table
        The last of them.
    """
    log = result.log
    log = log[log["what"].isin(CALLS)]
    kinds = [(what, log[log["what"] == what]) for what in CALLS if (log["what"] == what).any()]
    counts = tuple(
        (what.capitalize(), number(len(mine)), f"{mine['at'].iloc[0]:%Y-%m-%d}", f"{mine['at'].iloc[-1]:%Y-%m-%d}")
        for what, mine in kinds
    )
    last = tuple(
        (stamp(row["at"]), row["what"], row["symbol"] or MISSING, shares(row["shares"]) if row["symbol"] else MISSING)
        for row in log.tail(N_ROWS).to_dict("records")
    )
    return (
        Table(head=("What happened", "Times", "First", "Last"), rows=counts, align="lrll"),
        Table(head=("At, UTC", "What", "Symbol", "Shares"), rows=last, align="lllr"),
    )


def actions(result: BacktestResult) -> tuple[Table, Table]:
    """Sum the corporate actions that met a holding.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    sums : Table
        One row a kind and currency; money net of tax withheld, in that currency.
    last : Table
        The last of them.
    """
    found = result.actions
    adds = found["what"].isin([HAPPENED[kind] for kind in (state.SPLIT_ADDED, state.SCRIP_ADDED, state.REINVESTED)])
    sums = tuple(
        (
            str(what).capitalize(),
            number(len(mine)),
            number(mine["symbol"].nunique()),
            _money(mine["money"].sum()),
            _money(mine["withheld"].sum()),
            str(currency),
        )
        for what in HAPPENED.values()
        for currency, mine in found[found["what"] == what].groupby("currency")
    )
    last = tuple(
        (
            stamp(row["at"]),
            row["symbol"],
            row["what"],
            shares(row["shares"]) if added else MISSING,
            _money(row["money"]),
            _money(row["withheld"]),
            row["currency"],
        )
        for row, added in zip(found.tail(N_ROWS).to_dict("records"), adds.tail(N_ROWS), strict=True)
    )
    head = ("At, UTC", "Symbol", "What", "Shares added", "Net money", "Withheld", "Currency")
    return (
        Table(head=("What", "Times", "Names", "Net money", "Withheld", "Currency"), rows=sums, align="lrrrrl"),
        Table(head=head, rows=last, align="lllrrrl"),
    )


def _money(amount: float) -> str:
    return number(amount, 2) if amount else MISSING


def statement(result: BacktestResult) -> Table:
    """State what was held and owed at the last mark, by currency.

    Parameters
    ----------
    result : BacktestResult

    Returns
    -------
    Table
        Amounts in the currency of their row, the value in base currency; the values add up to NAV.
    """
    base = result.config.base_currency
    last = result.statement.xs(result.dates[-1], level="date")
    amounts = ("settled", "receivable", "payable", "dividends_due", "long", "short")
    rows = [
        (str(currency), number(row["value"]), *(number(row[name]) for name in amounts), number(row["fx"], 4))
        for currency, row in last.iterrows()
    ]
    rows.append(("NAV", number(float(last["value"].sum())), *[""] * (len(amounts) + 1)))
    head = (
        f"Value, {base}",
        "Settled cash",
        "Receivable",
        "Payable",
        "Dividends due",
        "Long",
        "Short",
        f"{base} for one",
    )
    return Table(head=("Currency", *head), rows=tuple(rows), align="l" + "r" * len(head), strong=(len(rows) - 1,))
