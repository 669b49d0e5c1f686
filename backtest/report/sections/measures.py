"""The rotation beside its references: returns, risk, and each difference measured."""

import math
from collections.abc import Mapping

from backtest.metrics.returns import A_YEAR
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import Table, number, percent, points, signed
from backtest.report.verdict import LUCK, points_apart
from backtest.report.writing import counted
from backtest.result import BacktestResult

ANNUAL = ("annual_return", "volatility", "sharpe", "calmar")


def measures_section(frames: Frames) -> Section:
    """Set the rotation beside its references.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    exhibits = (
        Exhibit(title="Return, risk and cost", caption=_measured(frames), says=_ranked(frames), table=measures(frames)),
        Exhibit(
            title="Against each reference",
            caption=(
                "Rotation less reference. Alpha and beta come from weekly returns over cash, because the venues close "
                "at different times; the Dimson beta is from daily returns with leads and lags. Capture is the part of "
                "the reference's gains (up) and losses (down) that the rotation took. Tracking error is the volatility "
                "of the difference, the information ratio the difference over it. All but the Dimson beta and the "
                "difference are from weekly returns."
            ),
            says=_against_says(frames),
            table=against(frames),
        ),
        *_otherwise(frames),
        Exhibit(
            title="Measures of risk",
            caption=(
                "Of returns from mark to mark. Value at risk (VaR): the loss that one day in twenty exceeds, as seen "
                "and (modified) as skew and fat tails imply; CVaR: the average loss on those days. Omega: gains over "
                "losses. A dash for modified CVaR: moments too large for it to say more than modified VaR. Tail ratio: "
                "the 95th percentile over the 5th. Skew below zero: the bad days are the larger "
                "ones. Kurtosis above zero: extreme days are more frequent than under a normal law. Hit rate: days "
                "above zero."
            ),
            says=_risk_says(frames),
            table=risk(frames),
        ),
    )
    return Section(key="references", title="Rotation and references", exhibits=exhibits)


def measures(frames: Frames) -> Table:
    """Set return, risk, turnover and cost of all runs out.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Table
        Rotation first, then the constant mix, the baskets held and half of each. Nothing is annualised over less than
        a year: turnover and cost are then those of the whole period.
    """
    span = "" if frames.is_short else " a year"
    head = (
        "",
        "Total return",
        "Return a year",
        "Volatility a year",
        "Sharpe",
        "Standard error",
        "Max drawdown",
        "Calmar",
        f"Turnover{span}, × NAV",
        f"Cost{span}, of NAV",
        f"Final NAV, {frames.base}",
    )
    rows = tuple((frames.labels[name], *_measures(run, frames.summaries[name])) for name, run in frames.runs.items())
    return Table(head=head, rows=rows, align="l" + "r" * (len(head) - 1), strong=(0,))


def _measures(run: BacktestResult, measured: Mapping[str, float]) -> tuple[str, ...]:
    found, nav = dict(measured), run.nav
    if found["years"] < A_YEAR:
        found |= dict.fromkeys((*ANNUAL, "sharpe_se"), math.nan)
        found |= {name: found[name] * found["years"] for name in ("turnover", "cost_annual")}
    return (
        percent(found["total_return"]),
        percent(found["annual_return"]),
        percent(found["volatility"]),
        number(found["sharpe"], 2),
        number(found["sharpe_se"], 2),
        percent(found["max_drawdown"]),
        number(found["calmar"], 2),
        number(found["turnover"], 1),
        percent(found["cost_annual"], 2),
        number(float(nav.iloc[-1]) if len(nav) else math.nan),
    )


def _measured(frames: Frames) -> str:
    timing = frames.result.timing
    excess = "" if frames.is_short else f"{percent(timing['excess'])} a year (mean of simple weekly returns), "
    return (
        f"{'Nothing is annualised over less than a year. ' if frames.is_short else ''}"
        f"Weekly difference from the constant mix: {excess}t-statistic {number(timing['t_statistic'], 2)} (plain; that "
        f"of alpha, below, allows for autocorrelation), {counted(timing['weeks'], 'week')}. Sharpe is in excess of "
        "zero here. Turnover is one-way, of the NAV of each day; costs are of average NAV. Calmar: return a year over "
        "the largest drawdown. All references are rebalanced at the rotation's decisions and pay the same costs; what "
        "cannot be held yet stays in cash."
    )


def _ranked(frames: Frames) -> str:
    # By the figures as printed: two runs that hold the same differ by rounding.
    totals = {name: round(one["total_return"], 3) for name, one in frames.summaries.items()}
    falls = {name: round(one["max_drawdown"], 3) for name, one in frames.summaries.items()}
    ours, fall, others = totals.pop("rotation"), falls.pop("rotation"), len(totals)
    if math.isnan(ours) or any(math.isnan(value) for value in totals.values()):
        return ""
    if all(value == ours for value in totals.values()):
        return "The rotation and all references returned the same."
    best = max(totals, key=lambda name: totals[name])
    beaten = sum(ours > value for value in totals.values())
    said = (
        f"The rotation returned more than {_of(beaten, others)} references"
        if beaten
        else "Every reference returned more"
    )
    if totals[best] > ours:
        said += f"; {frames.labels[best][:1].lower()}{frames.labels[best][1:]} returned the most"
    smaller = sum(fall > value for value in falls.values())
    return f"{said}. Its largest drawdown is smaller than that of {_of(smaller, others)}."


def _of(n: int, n_all: int) -> str:
    return f"all {n_all}" if n == n_all else f"{n or 'none'} of the {n_all}"


def against(frames: Frames) -> Table:
    """Measure the rotation against each reference.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Table
        In the order of `measures`. What is a year's is a dash over less than a year.
    """
    head = (
        "Against",
        "Difference a year, points",
        "Tracking error",
        "Information ratio",
        "Alpha a year, points",
        "t of alpha",
        "Beta, weekly",
        "Dimson beta",
        "Correlation",
        "Up capture",
        "Down capture",
    )
    rows = []
    for name in list(frames.runs)[1:]:
        found = dict(frames.result.against[name])
        found["active_return"] = points_apart(
            frames.summaries["rotation"]["annual_return"], frames.summaries[name]["annual_return"]
        )
        if frames.is_short:
            found |= dict.fromkeys(("active_return", "tracking_error", "information_ratio", "alpha"), math.nan)
        rows.append(
            (
                frames.labels[name],
                # Of the returns as printed above, so that a reader who subtracts them gets the same.
                signed(found["active_return"], 1),
                percent(found["tracking_error"]),
                number(found["information_ratio"], 2),
                points(found["alpha"]),
                number(found["alpha_t"], 2),
                number(found["beta"], 2),
                number(found["dimson_beta"], 2),
                number(found["correlation"], 2),
                percent(found["up_capture"], 0),
                percent(found["down_capture"], 0),
            )
        )
    return Table(head=head, rows=tuple(rows), align="l" + "r" * (len(head) - 1))


def _against_says(frames: Frames) -> str:
    found = frames.result.against["hold source"]
    if frames.is_short or any(math.isnan(found[name]) for name in ("beta", "alpha", "alpha_t")):
        return ""
    sure = "beyond" if abs(found["alpha_t"]) >= LUCK else "within"
    return (
        f"Against holding the source the rotation carried a beta of {number(found['beta'], 2)}; what that does not "
        f"explain is {points(found['alpha'])} points a year, {sure} what luck usually gives (t = "
        f"{number(found['alpha_t'], 2)})."
    )


def risk(frames: Frames) -> Table:
    """Set measures of risk of all runs out.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Table
    """
    head = (
        "",
        "Sharpe over cash",
        "Sortino",
        "Omega",
        "VaR 95 %",
        "CVaR 95 %",
        "Modified VaR",
        "Modified CVaR",
        "Tail ratio",
        "Skew",
        "Kurtosis",
        "Hit rate",
        "Time in market",
        "Longest drawdown, days",
    )
    rows = tuple((frames.labels[name], *_risk(found)) for name, found in frames.summaries.items())
    return Table(head=head, rows=rows, align="l" + "r" * (len(head) - 1), strong=(0,))


def _risk(found: Mapping[str, float]) -> tuple[str, ...]:
    broken = found["modified_cvar_95"] >= found["modified_var_95"]
    return (
        number(math.nan if found["years"] < A_YEAR else found["sharpe_over_cash"], 2),
        number(math.nan if found["years"] < A_YEAR else found["sortino"], 2),
        number(found["omega"], 2),
        percent(found["var_95"], 2),
        percent(found["cvar_95"], 2),
        percent(found["modified_var_95"], 2),
        # Where the expansion breaks down, the function gives the VaR itself.
        percent(math.nan if broken else found["modified_cvar_95"], 2),
        number(found["tail_ratio"], 2),
        number(found["skew"], 2),
        number(found["kurtosis"], 1),
        percent(found["hit_rate"], 0),
        percent(found["time_in_market"], 0),
        number(found["longest_drawdown_days"]),
    )


def _otherwise(frames: Frames) -> tuple[Exhibit, ...]:
    """Set the same orders traded under other assumptions beside the run."""
    runs = frames.result.otherwise
    if not runs:
        return ()
    ours, measured = frames.summaries["rotation"], {name: run.summary() for name, run in runs.items()}
    measure = "total_return" if frames.is_short else "annual_return"
    rows = [("As it was run", ours, frames.result), *((name, measured[name], run) for name, run in runs.items())]
    # Chosen from the measures above by what an assumption can move.
    chosen = (0, 1, 3, 5, 7, 8, 9)
    table = measures(frames)
    lines = [
        (label, signed(points_apart(found[measure], ours[measure]), 1), *(_measures(run, found)[i] for i in chosen))
        for label, found, run in rows
    ]
    worst = min(measured, key=lambda name: measured[name][measure])
    away = points_apart(measured[worst][measure], ours[measure])
    exhibit = Exhibit(
        title="The same orders, traded otherwise",
        caption=(
            "The rotation's own decisions under one other assumption each: what the result owes to those it was run "
            "under. The settings are funding, fill and half_spread_bps, or costs where they are flat."
        ),
        says=f"The dearest: {worst[:1].lower()}{worst[1:]}, {signed(away, 1)} points."
        if away < 0
        else "None of them would have cost anything.",
        table=Table(
            head=("", "Points", *(table.head[i + 1] for i in chosen)),
            rows=tuple(lines),
            align="l" + "r" * (len(chosen) + 1),
            strong=(0,),
        ),
        look="wraps",
    )
    return (exhibit,)


def _risk_says(frames: Frames) -> str:
    ours, mix = frames.summaries["rotation"], frames.summaries["constant mix"]
    if not (ours["cvar_95"] < 0 and mix["cvar_95"] < 0):
        return ""
    return (
        f"On the worst one day in twenty the rotation lost {percent(abs(ours['cvar_95']), 2)} on average, the "
        f"constant mix {percent(abs(mix['cvar_95']), 2)}."
    )
