"""Every thesis of the catalogue, run end to end with its costs and set beside its references: none is left out.

Run with `python -m benchmarks.theses`; `--market FOLDER --universe U --start D --end D` takes another market than the
demo. Venue costs, minimum fees included, are charged where prices are known as they were traded; on adjusted prices
each thesis pays what it states, and the caption says so. A thesis that the market cannot run keeps its row, with the
reason. `--markdown docs/theses.md` writes the table between the markers of the market, <!-- theses-demo -->, and
`--claims docs/claims` its rows into the page of each claim.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from backtest.report.verdict import TAKEN_FOR_GRANTED, n_moves, points_apart
from backtest.run import RotationResult, run
from benchmarks.tables import markdown_table, put_between
from data.errors import EastboundError
from data.load import load
from data.market import MarketData
from strategies.catalogue import catalogue, thesis

# Claims of the market story that a thesis tests; () for the mandates, which follow none.
CLAIMS: Mapping[str, tuple[int, ...]] = {
    "analyst-target": (9,),
    "consensus": (1, 4, 6, 12),
    "dual-liquidity": (13,),
    "eastern-nasdaq": (7,),
    "eastern-nasdaq-reversion": (7,),
    "filings-follower": (11,),
    "flow-momentum": (1,),
    "four-week-streak": (5,),
    "long-short": (15,),
    "mandate-mean-variance": (),
    "mandate-minimum-cvar": (),
    "positioning": (2,),
    "sector-flows": (3,),
    "soft-technology": (10,),
    "source-fade": (12,),
    "technical-bull": (4,),
    "valuation-discount": (6,),
}
REFERENCES = ("hold source", "hold destination", "50/50", "constant mix")
NUMBERS = (
    "return", "Sharpe", "drawdown", "turnover", "cost", "over mix", "t", "changes", "share", *REFERENCES,
)  # fmt: skip
HEADER = ("thesis", "claim", *NUMBERS, "remark")
# What a claim's page shows of it.
SHORT = (
    "thesis",
    "return",
    "Sharpe",
    "drawdown",
    "cost",
    "over mix",
    "t",
    "share",
    *REFERENCES[:2],
    REFERENCES[-1],
    "remark",
)
READS = (
    "Return is net and a year, Sharpe ratio that of returns over zero ± its standard error, turnover one-way and times "
    "NAV a year, cost percent of average NAV a year; over mix is the return less that of the constant mix at the "
    "thesis's own average share, t the t-statistic of the mean of their weekly differences, which does not compound "
    "and may be of the other sign, changes how often the share that was asked for moved, share the average part of NAV "
    "in the destination once there was a choice. References pay the same costs; cash earns nothing before the first "
    "fill, so that a source of cash, held throughout, shows 0.0 %."
)
A_WHILE = pd.Timedelta(days=31)
LEVEL = 0.05  # two-sided, of all t-statistics of the table together


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a thesis.

    Attributes
    ----------
    name : str
    found : RotationResult or str
        Its run, or why there is none.
    """

    name: str
    found: RotationResult | str


def outcomes(market: MarketData) -> list[Outcome]:
    """Run every thesis of the catalogue.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    list of Outcome
    """
    changes = {"run.costs": "venue"} if has_traded_prices(market) else {}
    found = list[Outcome]()
    for name in catalogue():
        try:
            found.append(Outcome(name=name, found=run(thesis(name).replace(changes), market)))
        except EastboundError as error:
            found.append(Outcome(name=name, found=str(error)))
    return found


def has_traded_prices(market: MarketData) -> bool:
    """Say whether prices are known as they were traded: minimum fees and lots are then what they were.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    bool
    """
    return market.price_basis == "raw" or market.close_raw is not None


def row(one: Outcome) -> tuple[str, ...]:
    """Lay out the row of a thesis.

    Parameters
    ----------
    one : Outcome

    Returns
    -------
    tuple of str
        As many cells as the header has. What is not defined is "-".
    """
    claim = ", ".join(map(str, CLAIMS[one.name])) or "-"
    if isinstance(one.found, str):
        return one.name, claim, *["-"] * len(NUMBERS), f"does not run: {one.found}"
    result, ours = one.found, one.found.summary()
    mix = result.references["constant mix"].summary()
    held = [_percent(result.references[name].summary()["annual_return"]) for name in REFERENCES]
    return (
        one.name,
        claim,
        _percent(ours["annual_return"]),
        f"{_number(ours['sharpe'])} ± {_number(ours['sharpe_se'])}",
        _percent(ours["max_drawdown"]),
        _number(ours["turnover"], 1),
        _percent(ours["cost_annual"], 2),
        _percent(points_apart(ours["annual_return"], mix["annual_return"]) / 100),
        _number(result.timing["t_statistic"]),
        str(n_moves(result)),
        _percent(result.average_shares[1], 0),
        *held,
        _remark(result),
    )


def _remark(result: RotationResult) -> str:
    """Say when the signal that moves the share first had a score, if not from the first decision on."""
    rule = result.thesis.rotation
    if not result.thesis.reads_signal or rule.min_share == rule.max_share:
        return ""
    scored = np.flatnonzero(~np.isnan(result.plan.score))
    if not len(scored):
        return "the signal never had a score"
    at = result.plan.targets.decisions[scored[0]]
    return f"first score at the decision of {at:%Y-%m-%d}" if scored[0] else ""


def caption(market: MarketData, found: Sequence[Outcome]) -> str:
    """Say what the table shows, and how far to trust it.

    Parameters
    ----------
    market : MarketData
    found : sequence of Outcome

    Returns
    -------
    str
        A paragraph in Markdown.
    """
    ran = [one.found for one in found if isinstance(one.found, RotationResult)]
    costs = (
        '`run.costs = "venue"`: dated fees, taxes and minima'
        if has_traded_prices(market)
        else "those that each thesis states, proportional or by venue, for prices are adjusted "
        f"({market.price_basis}) and minimum fees of the past are not known"
    )
    charged = {kind for one in ran for kind, paid in one.costs.sum().items() if paid}
    missing = [label for kind, label in TAKEN_FOR_GRANTED.items() if kind not in charged]
    errors = [one.summary()["sharpe_se"] for one in ran]
    t = NormalDist().inv_cdf(1.0 - LEVEL / (2 * max(len(ran), 1)))
    sentences = [
        f"Market {market.name!r}{' (made up)' if market.synthetic else ''}, {market.start} to {market.last_day}.",
        f"Costs: {costs}{'; not charged: ' + ', '.join(missing) if missing else ''}.",
        *_late(market, ran),
        READS,
        f"{len(found)} theses, {len(ran)} ran; standard errors of their Sharpe ratios from {_number(min(errors))} to "
        f"{_number(max(errors))}. So many having been tried, a t-statistic is told from luck at 5 % only from "
        f"{_number(t, 1)} on in size (Bonferroni)."
        if ran
        else f"{len(found)} theses, none ran.",
    ]
    return " ".join(sentences)


def _late(market: MarketData, ran: Sequence[RotationResult]) -> list[str]:
    """Say from when on both baskets could be held, where that is not from the first weeks on."""
    first = min((one.first_choice for one in ran if one.first_choice is not None), default=None)
    if first is None or first.tz_convert(None) - pd.Timestamp(market.start) < A_WHILE:
        return []
    told = f"Both baskets could be held only from {first:%Y-%m-%d} on: what cannot be held stays in cash until then"
    return [f"{told}, in the references, too."]


def _percent(value: float, digits: int = 1) -> str:
    return "-" if math.isnan(value) else f"{_number(100 * value, digits)} %"


def _number(value: float, digits: int = 2) -> str:
    return "-" if math.isnan(value) else f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no minus before zero


def write_claims(folder: Path, marker: str, market: MarketData, rows: Sequence[Sequence[str]]) -> None:
    """Write into the page of each claim the rows of its theses.

    Parameters
    ----------
    folder : Path
        Its pages begin with the number of their claim: 06-china-discount.md.
    marker : str
    market : MarketData
    rows : sequence of sequence of str
        As `row` gives them.

    Raises
    ------
    SystemExit
        If a page lacks the markers.
    """
    of_name = [dict(zip(HEADER, cells, strict=True)) for cells in rows]
    for page in sorted(folder.glob("[0-9]*.md")):
        number = int(page.name.partition("-")[0])
        mine = [[one[key] for key in SHORT] for one in of_name if number in CLAIMS[one["thesis"]]]
        made_up = " (made up)" if market.synthetic else ""
        said = f"Market {market.name!r}{made_up}, {market.start} to {market.last_day}, as on [theses](../theses.md):"
        put_between(page, marker, f"{said}\n\n{markdown_table(SHORT, mine, right=SHORT[1:-1])}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every thesis, print the table, write it.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--market", default="demo", help="demo, tiny, or a folder of files")
    parser.add_argument("--universe", help="what may be held; by default all of the market")
    parser.add_argument("--start", help="first date of decisions")
    parser.add_argument("--end", help="last date")
    parser.add_argument("--markdown", type=Path, help="page with the markers of the market to write into")
    parser.add_argument("--claims", type=Path, metavar="FOLDER", help="pages of claims with the same markers")
    asked = parser.parse_args(arguments)

    market = load(asked.market, asked.universe, asked.start, asked.end)
    found = outcomes(market)
    rows, marker = [row(one) for one in found], f"theses-{Path(asked.market).name}"
    text = f"{caption(market, found)}\n\n{markdown_table(HEADER, rows, right=NUMBERS)}"
    print(text)
    if asked.markdown:
        put_between(asked.markdown, marker, text)
    if asked.claims:
        write_claims(asked.claims, marker, market, rows)


if __name__ == "__main__":
    main()
