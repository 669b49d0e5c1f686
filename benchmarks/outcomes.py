"""What every thesis of the catalogue earns on pinned data: a change of results shows as plainly as one of speed.

Run with `make bench-outcomes`. Each thesis runs on the embedded demo market as it stands in the catalogue, with every
cost and in board lots, with sales settled before they pay for purchases; one that follows flows reads them from volume
too. What came of it is held against `outcomes.json`, which is what was accepted last; `--accept "why"` accepts what
comes now. `--market FOLDER` prints the same table of another market beside nothing.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backtest.run import run
from benchmarks.tables import markdown_table, put_between
from data.errors import EastboundError
from data.fingerprint import market_hash
from data.load import load
from data.market import MarketData
from strategies.catalogue import catalogue, thesis
from strategies.thesis import Thesis
from tests.golden.summaries import RTOL, differences, rtol_of

ACCEPTED = Path(__file__).with_suffix(".json")
MARKET, MARKER = "demo", "outcomes"
SETTINGS: Mapping[str, Mapping[str, object]] = {
    "as catalogued": {},
    "every cost, lots": {
        "run.costs": "venue", "run.lots": "exchange", "run.commission_bps": 2.5, "run.half_spread_bps": "tick",
        "run.impact": 1.0,
    },
    "settled funding": {"run.funding": "settled"},
}  # fmt: skip
PROXY = {"signal.input": "volume"}  # a thesis that follows flows can read them from volume: another signal
# What the table shows of the measures: key, heading, format.
SHOWN = (
    ("annual_return", "return", "{:.2%}"), ("volatility", "vol", "{:.2%}"), ("sharpe", "Sharpe", "{:.3f}"),
    ("max_drawdown", "drawdown", "{:.2%}"), ("turnover", "turnover", "{:.3f}"), ("cost_annual", "cost", "{:.3%}"),
    ("nav_end", "NAV at the end", "{:,.2f}"), ("n_trades", "trades", "{:,.0f}"),
)  # fmt: skip

Outcomes = dict[str, dict[str, float | int | None]]


def settings_of(one: Thesis) -> Mapping[str, Mapping[str, object]]:
    """Give the groups of settings that a thesis is run with.

    Parameters
    ----------
    one : Thesis

    Returns
    -------
    mapping of str to mapping
    """
    if one.is_whole:  # each run is a few hundred programmes
        return {title: SETTINGS[title] for title in ("as catalogued", "every cost, lots")}
    # Shorts need a prime broker, who does not wait for sales to settle.
    own = {
        title: one_group
        for title, one_group in SETTINGS.items()
        if title != "settled funding" or not one.run.get("shorts")
    }
    return {**own, "volume for flows": PROXY} if one.signal.kind == "flow" else own


def outcomes(market: MarketData) -> Outcomes:
    """Run every thesis with every group of settings.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    dict of str to dict of str to float, int or None
        By "thesis, settings": all measures of `summary()` (None where one is not a number), the NAV at the end, that
        of each reference.
    """
    found: Outcomes = {}
    for name in catalogue():
        for title, changes in settings_of(thesis(name)).items():
            result = run(thesis(name).replace(dict(changes)), market)
            measures: dict[str, float | int | None] = {
                key: None if value != value else value  # noqa: PLR0124 - NaN, whatever its type
                for key, value in result.summary().items()
            }
            measures |= {f"nav_end of {key}": float(one.nav.iloc[-1]) for key, one in result.references.items()}
            measures["nav_end"] = float(result.nav.iloc[-1])
            found[f"{name}, {title}"] = measures
    return found


def document(market: MarketData) -> dict[str, Any]:
    """Give the outcomes with what they rest on, as it is kept.

    Parameters
    ----------
    market : MarketData

    Returns
    -------
    dict
        `market`, `data` (the fingerprint) and `outcomes`.
    """
    return {"market": market.name, "data": market_hash(market), "outcomes": outcomes(market)}


def changes(accepted: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say where outcomes differ by more than rounding on another processor.

    Parameters
    ----------
    accepted, now : mapping
        As `document` gives them.

    Returns
    -------
    list of str
        One line a difference; of numbers beyond 1e-9 relative (1e-6 where a solver finds the weights), of counts any.
    """
    before, after = accepted["outcomes"], now["outcomes"]
    found = list(differences(accepted["data"], now["data"], key="data"))
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            found += differences(before[name], after[name], key=name, rtol=rtol_of(name))
        else:
            found.append(f"{name}: {'gone' if name in before else 'new'}")
    return found


def as_table(found: Outcomes) -> str:
    """Write outcomes as a Markdown table.

    Parameters
    ----------
    found : Outcomes

    Returns
    -------
    str
    """
    rows = [
        [name, *("none" if measures[key] is None else written.format(measures[key]) for key, _, written in SHOWN)]
        for name, measures in found.items()
    ]
    titles = [title for _, title, _ in SHOWN]
    return markdown_table(["thesis, settings", *titles], rows, titles)


def main() -> None:
    """Print the table, and what changed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", metavar="WHY", help="accept what comes now, with a reason of a sentence")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what comes now, and compare it with nothing")
    parser.add_argument("--market", metavar="FOLDER", help="another market, compared with nothing")
    parser.add_argument(
        "--markdown", type=Path, metavar="PAGE", help=f"page with a place <!-- {MARKER} --> to write into"
    )
    asked = parser.parse_args()
    if asked.market and asked.accept is not None:
        parser.error("another market is compared with nothing: --market and --accept exclude each other")
    if asked.accept is not None and len(asked.accept.split()) < 3:
        sys.exit("outcomes: say why, in a sentence.")
    try:
        now = document(load(asked.market or MARKET))
    except EastboundError as error:
        sys.exit(f"outcomes: {error}")
    if asked.json:
        asked.json.write_text(json.dumps(now), encoding="utf-8")
        return
    print(as_table(now["outcomes"]))
    if asked.market:
        return
    if asked.accept is None and not ACCEPTED.exists():
        sys.exit("outcomes: nothing is accepted yet; accept these with --accept WHY.")
    kept = json.loads(ACCEPTED.read_text(encoding="utf-8")) if ACCEPTED.exists() else {"reasons": []}
    if asked.accept is not None:
        reasons = [*kept["reasons"], f"{datetime.now(UTC).date()}: {' '.join(asked.accept.split())}"]
        ACCEPTED.write_text(json.dumps(now | {"reasons": reasons}, indent=1) + "\n", encoding="utf-8")
        return
    found = changes(kept, now)
    print(f"\n{len(found)} differences to what was accepted ({kept['reasons'][-1]}), beyond {RTOL:.0e}")
    print("\n".join(found[:20]))
    if found:
        sys.exit("outcomes: the results have changed. Find out why; if they should, accept them with --accept WHY.")
    if asked.markdown:
        put_between(asked.markdown, MARKER, f"{now['market']}, {now['data'][:16]}\n\n{as_table(now['outcomes'])}")


if __name__ == "__main__":
    main()
