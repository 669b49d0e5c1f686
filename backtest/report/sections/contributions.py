"""What each market, sector, currency and name brought."""

import numpy as np
import pandas as pd

from backtest.report.charts.money import bars_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, market_label, name_label, number, percent

PARTS = ("price", "currency", "dividends", "interest", "costs")
N_NAMES, N_BEST = 10, 3


def contributions_section(frames: Frames) -> Section:
    """Show what each group of holdings brought.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    found, names = frames.contributions, extreme_names(frames)
    by_market = found.by("market").rename(index=market_label)
    instruments = frames.result.market.instruments
    called = names.rename(index={name: name_label(name, instruments[name].name) for name in names.index})
    caption = f"P&L in {frames.base}, costs included; cash is what balances earned and what exchange rates did to them."
    exhibits = [
        Exhibit(
            title="By market",
            caption=caption,
            says=_largest(by_market["total"], "market"),
            table=contribution_table(frames, by_market),
        ),
        Exhibit(
            title="By sector",
            caption="GICS sectors, where the market's instruments say them.",
            says=_largest(found.by("sector")["total"], "sector"),
            table=contribution_table(frames, found.by("sector")),
        ),
        Exhibit(
            title="By currency",
            caption="By the currency a name trades in, its balance included.",
            says=_largest(found.by("currency")["total"], "currency"),
            table=contribution_table(frames, found.by("currency")),
        ),
    ]
    if len(names):
        exhibits.append(
            Exhibit(
                key="names-contributed",
                title=_title(len(names)),
                caption=f"P&L in {frames.base}, costs included: at most the top and the bottom {N_NAMES}.",
                says=_concentrated(frames),
                figure=bars_figure([str(name) for name in names.index], names["total"].tolist()),
                is_half=True,
            )
        )
        exhibits.append(
            Exhibit(
                title="The same names in figures",
                caption="In the order of the chart.",
                says=f"From {_named(names, 0)} to {_named(names, -1)}.",
                table=contribution_table(
                    frames, called, parts=("price", "currency", "dividends", "costs"), has_sum=False
                ),
                look="narrow",
                is_half=True,
            )
        )
    return Section(key="contributions", title="What each market, sector and name brought", exhibits=tuple(exhibits))


def contribution_table(
    frames: Frames, by_group: pd.DataFrame, parts: tuple[str, ...] = PARTS, *, has_sum: bool = True
) -> Table:
    """Set contributions out by group.

    Parameters
    ----------
    frames : Frames
    by_group : DataFrame
        One row a group, columns price, currency, dividends, interest, costs, total.
    parts : tuple of str
        Columns to show after the total; those that are nil throughout are left out.
    has_sum : bool
        Add the sum of all groups, which is the change of NAV; groups are then sorted, the largest first.

    Returns
    -------
    Table
    """
    order = np.argsort(-by_group["total"].to_numpy(), kind="stable") if has_sum else np.arange(len(by_group))
    opening = frames.result.opening_nav
    parts = tuple(part for part in parts if by_group[part].any())
    lines = [(str(by_group.index[i]), by_group.iloc[i]) for i in order]
    if has_sum:
        lines.append(("Change of NAV", by_group.sum()))
    rows = tuple(
        (
            label[:1].upper() + label[1:],
            number(float(line["total"])),
            percent(float(line["total"]) / opening),
            *(number(float(line[part])) for part in parts),
        )
        for label, line in lines
    )
    head = ("", "Total", "Of opening NAV", *(part.capitalize() for part in parts))
    strong = (len(rows) - 1,) if has_sum else ()
    return Table(head=head, rows=rows, align="l" + "r" * (len(head) - 1), strong=strong)


def extreme_names(frames: Frames) -> pd.DataFrame:
    """Choose the names that brought and cost the most.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Ten at each end at most, each name once, the largest first; names that brought nothing are left out.
    """
    found = frames.contributions.by("name").reindex(list(frames.result.prepared.names))
    found = found[found["total"] != 0]
    found = found.iloc[np.argsort(-found["total"].to_numpy(), kind="stable")]
    return found if len(found) <= 2 * N_NAMES else pd.concat([found.head(N_NAMES), found.tail(N_NAMES)])


def _named(found: pd.DataFrame, at: int) -> str:
    return f"{found.index[at]} with {number(float(found['total'].iloc[at]))}"


def _title(n: int) -> str:
    return f"The {n} names that brought and cost the most" if n == 2 * N_NAMES else "By name"


def _largest(totals: pd.Series, noun: str) -> str:
    held = totals[totals != 0]
    if len(held) < 2:
        return f"Everything came from one {noun}." if len(held) else ""
    best, worst = int(held.argmax()), int(held.argmin())
    most = "brought the most" if held.iloc[best] > 0 else "cost the least"
    least = "the least" if held.iloc[worst] > 0 else "cost the most"
    said = f"{held.index[best]} {most}, {number(held.iloc[best])}"
    said = said[:1].upper() + said[1:]
    return f"{said}; {held.index[worst]} {least}, {number(held.iloc[worst])}."


def _concentrated(frames: Frames) -> str:
    found = frames.contributions.by("name").reindex(list(frames.result.prepared.names))["total"]
    gains, change = found[found > 0].sort_values(ascending=False, kind="stable"), float(frames.bridge["change"].sum())
    if not len(gains) or change <= 0:
        return f"{int((found > 0).sum())} of {int((found != 0).sum())} names brought a gain."
    said = f"{len(gains)} of {int((found != 0).sum())} names brought a gain"
    if len(gains) <= N_BEST:
        return f"{said}."
    top = float(gains.head(N_BEST).sum())
    return f"{said}; the best {N_BEST} together {number(top)}, {percent(top / change, 0)} of the change of NAV."
