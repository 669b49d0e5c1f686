"""How fast each thesis of the catalogue is swept, and in which form of the ledger: `python -m benchmarks.sweep.theses`.

Each is varied over the same settings of its rotation, on the demo market as it is (board lots, dividends, a split) and
on the same prices as total returns with fractional shares, where sleeves are exact. `--markdown FILE` writes the table.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

from backtest.arrays.sleeves import has_sleeves
from backtest.tuning.preparation import Preparation
from backtest.tuning.space import space_of
from backtest.tuning.sweep import sweep
from backtest.tuning.variants import Variants
from benchmarks.machine import machine
from benchmarks.tables import markdown_table, put_between
from data.actions import NO_ACTIONS
from data.load import load
from data.market import MarketData
from strategies.catalogue import catalogue, thesis
from strategies.thesis import Thesis

MARKER = "sweeps of theses"
REPEATS = 3
HEADINGS = ("thesis", "candidates", "as it is: a second", "as total returns: a second", "form", "why not in sleeves")


def grid_of(one: Thesis) -> Mapping[str, object]:
    """Give what of a thesis is varied: 4,096 settings of its rotation; of a mandate, which solves programmes, four.

    Parameters
    ----------
    one : Thesis

    Returns
    -------
    mapping of str to object
    """
    if one.is_whole:
        return {"constraints.name_at_most": [0.1, 0.12, 0.15, 0.2]}
    top = one.rotation.max_share
    return {
        "rotation.speed": "0.2:1:64",
        "rotation.max_share": f"{0.5 * top}:{top}:64" if one.rotation.min_share < 0.5 * top else [top],
        "rotation.min_share": [one.rotation.min_share],
    }


def why_not(one: Thesis, market: MarketData) -> str:
    """Say what keeps a thesis out of sleeves on a market without lots and actions.

    Parameters
    ----------
    one : Thesis
    market : MarketData

    Returns
    -------
    str
        Empty where nothing does.
    """
    if one.is_whole:
        return "an optimiser weighs the whole portfolio from what is held: one candidate at a time, in processes"
    setup = Preparation(Variants(one, market, space_of({"rotation.speed": [1.0]})), 1).first()
    if has_sleeves(setup.prepared):
        return ""
    rules = setup.prepared.rules
    reasons = (
        (rules.has_shorts, "shorts"),
        (rules.max_gross > 1.0, "leverage"),
        (rules.maintenance_margin > 0.0, "margin calls"),
    )
    return "general form: " + ", ".join(why for holds, why in reasons if holds)


def rate(one: Thesis, market: MarketData) -> tuple[int, float, int]:
    """Sweep a thesis a few times.

    Parameters
    ----------
    one : Thesis
    market : MarketData

    Returns
    -------
    n : int
        Candidates.
    seconds : float
        The median, preparation included.
    general : int
        Decisions that took the general form, of all candidates together.
    """
    seconds, found = [], None
    for _ in range(1 if one.is_whole else REPEATS + 1):  # the first compiles, or reads what was compiled
        begun = perf_counter()
        found = sweep(one, replace(market), grid_of(one))
        seconds.append(perf_counter() - begun)
    assert found is not None
    kept = seconds[1:] or seconds
    return found.space.n, median(kept), int(found.table["general_decisions"].sum())


def rows() -> list[tuple[str, ...]]:
    """Sweep the catalogue.

    Returns
    -------
    list of tuple of str
        One a thesis, under `HEADINGS`.
    """
    demo = load("demo")
    plain = replace(demo, actions=NO_ACTIONS, price_basis="total_return")
    found = []
    for name in catalogue():
        one = thesis(name)
        why, (n, as_it_is, _) = why_not(one, plain), rate(one, demo)
        if one.is_whole:
            found.append((name, f"{n:,}", f"{n / as_it_is:,.2g}", "", "one by one", why))
            continue
        _, as_returns, general = rate(one, plain)
        form = "general" if why else "sleeves" if not general else "sleeves, at some decisions general"
        found.append((name, f"{n:,}", f"{n / as_it_is:,.0f}", f"{n / as_returns:,.0f}", form, why))
    return found


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markdown", type=Path, help="put the table between its markers in this file")
    chosen = parser.parse_args()
    table = markdown_table(HEADINGS, rows(), right=HEADINGS[1:4])
    said = f"{table}\n\nMedians of {REPEATS} sweeps, preparation included; of mandates one. {machine()}\n"
    if chosen.markdown is None:
        sys.stdout.write(said)
    else:
        put_between(chosen.markdown, MARKER, said)


if __name__ == "__main__":
    main()
