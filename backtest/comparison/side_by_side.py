"""Several runs over the dates that all of them have: growth, measures, settings that differ."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from backtest.errors import BacktestError
from backtest.metrics.drawdowns import drawdown
from backtest.metrics.inference import t_statistic
from backtest.metrics.ratios import reward_over_risk, sharpe_ratio
from backtest.metrics.regression import correlation
from backtest.metrics.relative import tracking_error
from backtest.metrics.returns import annual_return, elapsed_years
from backtest.metrics.risk import volatility
from backtest.metrics.weekly import WEEKS_PER_YEAR, weekly_growth
from backtest.output.saved import SavedRun, open_run

FEWEST_DATES = 2
SHA256 = re.compile(r"[0-9a-f]{64}")
# What a run left, and what stands elsewhere too, is not compared.
NOT_COMPARED = (
    "files.",
    "thesis.title.",
    "figures.",
    "ledger.",
    "format.",
    "market.asked.",
    "market.parts.",
    "market.holdable.",
    "strategy.",
    "thesis.run.",
)


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes
    ----------
    runs : mapping of str to SavedRun
        By label: the last part of the folder's path, or as much of it as tells them apart. The first is what the
        others are measured against.
    """

    runs: Mapping[str, SavedRun]

    @property
    def first(self) -> str:
        """Label of the run that the others are measured against."""
        return next(iter(self.runs))

    @cached_property
    def nav(self) -> pd.DataFrame:
        """NAV on the dates that all runs have, one column a run, base currency."""
        navs = {label: run.nav.iloc[:, 0] for label, run in self.runs.items()}
        return pd.DataFrame(navs).dropna()

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Dates that all runs have."""
        return pd.DatetimeIndex(self.nav.index)

    @property
    def growth(self) -> pd.DataFrame:
        """NAV over that of the first date that all runs have."""
        return self.nav / self.nav.iloc[0]

    @cached_property
    def years(self) -> float:
        """Elapsed time between the first and the last date that all runs have, years of 365.25 days."""
        return elapsed_years(self.dates)

    @cached_property
    def drawdowns(self) -> pd.DataFrame:
        """Fall of each run from its highest mark among those dates, zero or below."""
        return self.nav.apply(lambda one: pd.Series(drawdown(one.to_numpy()), index=one.index))

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Measures over the dates that all runs have, one row a run.

        total_return, annual_return, volatility, sharpe (over zero), max_drawdown, calmar, turnover (one-way, times
        NAV a year), cost_annual (of average NAV), final_nav.
        """
        return pd.DataFrame.from_dict({label: self._measured(label) for label in self.runs}, orient="index")

    def _measured(self, label: str) -> dict[str, float]:
        nav, run = self.nav[label], self.runs[label]
        values = nav.to_numpy()
        returns = values[1:] / values[:-1] - 1.0
        periods = len(returns) / self.years if self.years > 0 else float("nan")
        total = float(values[-1] / values[0] - 1.0)
        yearly = annual_return(total, self.years)
        deepest = float(drawdown(values).min())
        # What was paid to reach the first date is behind its NAV.
        since, until = nav.index[0], nav.index[-1]
        costs = run.costs.sum(axis=1)
        paid = float(costs[(costs.index > since) & (costs.index <= until)].sum())
        return {
            "total_return": total,
            "annual_return": yearly,
            "volatility": volatility(returns, periods),
            "sharpe": sharpe_ratio(returns, periods),
            "max_drawdown": deepest,
            "calmar": reward_over_risk(yearly, -deepest),
            "turnover": self._turnover(run, nav),
            "cost_annual": paid / float(values.mean()) / self.years if self.years > 0 else float("nan"),
            "final_nav": float(values[-1]),
        }

    def _turnover(self, run: SavedRun, nav: pd.Series) -> float:
        trades = run.trades
        days = trades["filled"].dt.tz_localize(None).dt.normalize()
        inside = (days > nav.index[0]) & (days <= nav.index[-1])
        traded = (trades["notional"].abs() * trades["fx"])[inside]
        place = np.minimum(np.searchsorted(nav.index, days[inside]), len(nav) - 1)
        part = float((traded.to_numpy() / nav.to_numpy()[place]).sum())
        return part / 2 / self.years if self.years > 0 else float("nan")

    @cached_property
    def against_first(self) -> pd.DataFrame:
        """Each other run beside the first, from weekly returns; one row a run.

        active_return (difference of annual returns), tracking_error (a year), t_statistic (of the mean weekly
        difference), correlation, weeks.
        """
        weekly = {label: weekly_growth(self.nav[label], self.nav.index.to_numpy()) - 1.0 for label in self.runs}
        base, rows = weekly[self.first], {}
        for label in list(self.runs)[1:]:
            yearly = self.measures["annual_return"]
            rows[label] = {
                "active_return": float(yearly[label] - yearly[self.first]),
                "tracking_error": tracking_error(weekly[label], base, WEEKS_PER_YEAR),
                "t_statistic": t_statistic(weekly[label] - base),
                "correlation": correlation(weekly[label], base),
                "weeks": float(len(base)),
            }
        return pd.DataFrame.from_dict(rows, orient="index")

    @cached_property
    def settings(self) -> pd.DataFrame:
        """Settings, data and versions that differ: one row a dotted key, one column a run, as text."""
        flat = {label: dict(_flat(run.manifest.model_dump(mode="json"))) for label, run in self.runs.items()}
        keys = dict.fromkeys(key for one in flat.values() for key in one)
        rows = {key: [one.get(key, "") for one in flat.values()] for key in keys}
        differing = {key: row for key, row in rows.items() if len(set(row)) > 1}
        return pd.DataFrame.from_dict(differing, orient="index", columns=list(self.runs))

    @cached_property
    def cautions(self) -> tuple[str, ...]:
        """What keeps the runs from being like for like, in sentences."""
        manifests = [run.manifest for run in self.runs.values()]
        said = []
        if len({one.market.sha256 for one in manifests}) > 1:
            names = sorted({one.market.name for one in manifests})
            said.append(
                f"They ran on different data ({', '.join(names)}): a difference between them may be one of data."
                if len(names) > 1
                else f"They ran on different data under one name ({names[0]}): dates, names or prices differ."
            )
        if len({one.market.synthetic is None for one in manifests}) > 1:
            said.append("Some ran on made-up prices and some on real ones: they cannot be compared as investments.")
        spans = {(str(run.nav.index[0].date()), str(run.nav.index[-1].date())) for run in self.runs.values()}
        if len(spans) > 1:
            first, last = self.nav.index[0].date(), self.nav.index[-1].date()
            said.append(
                f"They cover different dates: everything here is from {first} to {last}, which all of them have."
            )
        if len({tuple(one.market.holdable) for one in manifests}) > 1:
            held = [set(one.market.holdable) for one in manifests]
            n_all, n_any = len(set.intersection(*held)), len(set.union(*held))
            said.append(f"They may hold different names: {n_all} are in all of them, {n_any} in at least one.")
        if len({(one.eastbound, one.source) for one in manifests}) > 1:
            said.append("They were made by different versions of Eastbound.")
        if len({(one.run.get("costs") if isinstance(one.run.get("costs"), str) else "flat") for one in manifests}) > 1:
            said.append("They were charged costs in different ways.")
        return tuple(said)


def compare_runs(folders: Sequence[Path]) -> Comparison:
    """Open runs and set them side by side.

    Parameters
    ----------
    folders : sequence of Path
        Of runs, two or more; the others are measured against the first.

    Returns
    -------
    Comparison

    Raises
    ------
    BacktestError
        If one is no run or was changed since, is given twice, is in another base currency, or they share no two dates.
    """
    if len(folders) < 2:
        raise BacktestError("Give two or more folders of runs to compare.")
    resolved = [folder.resolve() for folder in folders]
    for i, folder in enumerate(resolved):
        if folder in resolved[:i]:
            raise BacktestError(f"{folders[i]} is given twice.")
    runs = dict(zip(_labels(resolved), (open_run(folder) for folder in folders), strict=True))
    currencies = {label: str(run.manifest.run["base_currency"]) for label, run in runs.items()}
    for (one, of_one), (other, of_other) in pairwise(currencies.items()):
        if of_one != of_other:
            raise BacktestError(
                f"{one} is in {of_one} and {other} in {of_other}: run one again in the other's currency."
            )
    found = Comparison(runs)
    if len(found.nav) < FEWEST_DATES:
        spans = "; ".join(
            f"{label} {run.nav.index[0].date()} to {run.nav.index[-1].date()}" for label, run in runs.items()
        )
        raise BacktestError(f"The runs have fewer than two dates in common: {spans}.")
    return found


def _labels(folders: Sequence[Path]) -> list[str]:
    """Name each folder by the end of its path, as long as it takes to tell them apart."""
    n = 1
    while len({folder.parts[-n:] for folder in folders}) < len(folders):
        n += 1
    return ["/".join(folder.parts[-n:]) for folder in folders]


def _flat(given: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in given.items():
        if f"{above}{key}.".startswith(NOT_COMPARED):
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str) and SHA256.fullmatch(value):
        return f"{value[:12]}…"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
