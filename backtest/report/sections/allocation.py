"""What the mandate did: which demands bound, at what price, what each cost, and which gave."""

from collections.abc import Mapping

import pandas as pd

from backtest.demands import Demands
from backtest.report.charts.allocation import binding_figure, prices_figure, thinned_prices
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table, number, percent
from backtest.report.writing import counted, listed
from data.errors import EastboundError

N_LINES, N_CONFLICTS = 6, 12
USUAL = ("net exactly", "each name at least")  # of every mandate that says nothing else


def allocation(frames: Frames, demands: Demands) -> Section:
    """Show what the demands of a mandate did.

    Parameters
    ----------
    frames : Frames
    demands : Demands

    Returns
    -------
    Section
    """
    shown = [key for key in demands.prices.columns if demands.binding[key].any() or key not in USUAL]
    prices = demands.prices[shown] * _size(demands)
    unit = f"{_unit(demands).capitalize()} of {demands.measure.name} per point of the limit"
    chosen = thinned_prices(prices.drop(columns=list(USUAL), errors="ignore"), N_LINES)
    exhibits = [
        Exhibit(
            title="The demands",
            caption=_caption(demands),
            says=_said(demands),
            table=_demands_table(demands, shown),
        ),
        Exhibit(
            key="binding",
            title="Which demands bound",
            caption="A bar for each decision at which a demand bound, a cross where it had to give.",
            figure=binding_figure(demands.binding[shown], demands.given_up),
        ),
        Exhibit(
            key="shadow-prices",
            title="Shadow prices",
            caption=f"{unit}; the {counted(len(chosen.columns), 'demand')} with the largest on average.",
            figure=prices_figure(chosen, _unit(demands))
            if demands.measure.has_prices and len(chosen.columns)
            else None,
        ),
        Exhibit(
            title="The run without each demand",
            caption=(
                "The whole backtest again, one demand left out at a time: what came of it, by hindsight. Return, "
                "turnover and cost a year."
            ),
            says=" ".join(
                f"Without {name} there is none: {error}"
                for name, error in frames.result.without.items()
                if isinstance(error, EastboundError)
            ),
            table=_without_table(frames),
        ),
    ]
    if len(demands.given_up):
        exhibits.append(
            Exhibit(
                title="What gave, and why",
                caption=(
                    "Demands that could not hold together, and what was given up for it, the most frequent first. In "
                    "words: a smallest set, at the decision at which most gave."
                ),
                table=_conflicts_table(demands),
                look="prose",
            )
        )
    return Section(
        key="mandate", title="The mandate", exhibits=tuple(one for one in exhibits if one.table or one.figure)
    )


def _caption(demands: Demands) -> str:
    price = (
        "Shadow price: what one percentage point more of the limit would add, on average over the decisions at which "
        "it bound."
        if demands.measure.has_prices
        else "Shadow prices are not known of this measure."
    )
    return (
        f"Optimised: {demands.measure.name}, in {_unit(demands)}. {price} Cost: how much better that would be without "
        "the demand, all others kept, on average over all decisions; solved anew where it bound. What the optimiser "
        "expected then, not what came of it, and before what trading costs."
    )


def _size(demands: Demands) -> float:
    """Turn a price per unit of a limit into the table's: basis points or thousandths per percentage point."""
    return 1e4 / 100.0 if demands.measure.is_fraction else 1e3 / 100.0


def _unit(demands: Demands) -> str:
    return "basis points" if demands.measure.is_fraction else "thousandths"


def _said(demands: Demands) -> str:
    statuses = demands.statuses
    n, kinds = len(statuses), statuses.value_counts()
    bound = demands.binding.drop(columns=[key for key in USUAL if key in demands.binding], errors="ignore").sum()
    bound = bound[bound > 0].sort_values(ascending=False)
    often = listed([f"{key} ({percent(value / n, 0)})" for key, value in bound.head(3).items()]) if len(bound) else ""
    parts = [
        f"Of {counted(n, 'decision')} {number(int(kinds.get('optimal', 0)))} kept all demands",
        *([f"{number(int(kinds['relaxed']))} gave some up"] if "relaxed" in kinds else []),
        *([f"{number(int(kinds['held']))} left the portfolio alone"] if "held" in kinds else []),
        *([f"{number(int(kinds['cash']))} had nobody to hold"] if "cash" in kinds else []),
    ]
    said = f"{listed(parts)}."
    solved = listed([f"{name} {number(count)}" for name, count in demands.solvers.items()])
    return f"{said}{f' Most often bound: {often}.' if often else ''}{f' Solved by {solved}.' if solved else ''}"


def _demands_table(demands: Demands, shown: list[str]) -> Table:
    n, size = len(demands.statuses), _size(demands)
    rows = []
    for key in shown:
        bound = demands.binding[key]
        has_price = demands.measure.has_prices and bound.any()
        price = demands.prices.loc[bound, key].mean() * size if has_price else float("nan")
        cost = demands.mean_costs[key] * size * 100.0
        gave = demands.given_up[demands.given_up["demand"] == key]
        rows.append(
            (
                key,
                number(int(bound.sum())),
                percent(bound.sum() / n, 0),
                number(price, 2),
                number(cost, 1),
                number(len(gave)) if len(gave) else MISSING,
                _moved(float(gave["moved"].abs().max()), str(gave["unit"].iloc[0])) if len(gave) else MISSING,
            )
        )
    return Table(
        head=("Demand", "Bound at", "of decisions", "Shadow price", "Cost", "Gave at", "at most by"),
        rows=tuple(rows),
        align="lrrrrrr",
    )


def _without_table(frames: Frames) -> Table | None:
    result = frames.result
    if not result.without:
        return None
    ours = frames.summaries["rotation"]
    keys = ("annual_return", "volatility", "sharpe", "max_drawdown", "turnover", "cost_annual")
    rows = [("as it is", *_figures(ours, keys), MISSING)]
    for name, other in result.without.items():
        label = f"without {name}"
        if isinstance(other, EastboundError):
            rows.append((label, *(MISSING,) * len(keys), "no run"))
            continue
        summary = other.summary()
        gap = ours["annual_return"] - summary["annual_return"]
        rows.append((label, *_figures(summary, keys), f"{number(100.0 * gap, 1)} points"))
    return Table(
        head=("Run", "Return", "Volatility", "Sharpe", "Drawdown", "Turnover", "Cost", "The demand earned"),
        rows=tuple(rows),
        align="lrrrrrrr",
        strong=(0,),
    )


def _moved(amount: float, unit: str) -> str:
    return percent(amount, 2) if unit == "percent" else number(amount, 2)


def _figures(summary: Mapping[str, float], keys: tuple[str, ...]) -> tuple[str, ...]:
    written = []
    for key in keys:
        value = float(summary[key])
        written.append(number(value, 2) if key in ("sharpe", "turnover") else percent(value))
    return tuple(written)


def _conflicts_table(demands: Demands) -> Table:
    by_decision = dict[pd.Timestamp, list[tuple[str, float, str, str]]]()
    for stamp, key, moved, unit, why in demands.given_up.itertuples(index=False):
        by_decision.setdefault(stamp, []).append((key, abs(moved), unit, why))
    alike = dict[str, list[tuple[float, str, pd.Timestamp, str]]]()
    for stamp, gave in by_decision.items():
        largest, unit = max((moved, unit) for _, moved, unit, _ in gave)
        alike.setdefault(listed([key for key, *_ in gave]), []).append((largest, unit, stamp, gave[0][3]))
    rows = []
    for what, times in sorted(alike.items(), key=lambda one: -len(one[1])):
        largest, unit, stamp, why = max(times)
        rows.append((what, number(len(times)), _moved(largest, unit), f"{stamp:%Y-%m-%d}: {why}"))
    head = ("What gave", "Decisions", "at most by", "The widest, in words")
    return Table(head=head, rows=tuple(rows[:N_CONFLICTS]), align="lrrl")
