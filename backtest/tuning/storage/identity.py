"""What a sweep is of: whatever decides its results, so that only the same one goes on in a folder."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.errors import BacktestError
from backtest.output.documents import json_text
from backtest.output.provenance import SOLVERS, versions
from backtest.tuning.grids.parameter_values import text_of
from backtest.tuning.space import Space
from backtest.tuning.storage.parts import ColumnType, Layout
from backtest.tuning.storage.strategy_identity import strategy_digest, strategy_fields
from data.fingerprint import market_hash
from data.market import MarketData
from strategies.settings import SIMPLE
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

# Libraries whose version may change a figure, or a byte of the files.
LIBRARIES = ("exchange_calendars", "llvmlite", "numba", "numpy", "pandas", "pyarrow")
VARIED = "varied: "  # before the names of what the grid varies
MOST_LISTED = 8  # values of a setting; of more the ends are stated
LONGEST_SHOWN = 40  # characters: longer values, such as hashes, are only named


def sweep_identity(strategy: Thesis | Strategy | Policy, market: MarketData, space: Space) -> dict[str, str]:
    """Say what decides the results of a sweep.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
        The one that is varied: a thesis with all its settings, those of the run included.
    market : MarketData
    space : Space
        The candidates and their order.

    Returns
    -------
    dict of str to str
        Eastbound's version and a hash of its own files, versions of Python and of libraries, system and machine; each
        setting of a thesis, or a hash of the strategy and its fields; hashes of market and space, and what the grid
        varies in words, so that it can be said what differs. Nothing of it changes with the day, the place or the
        number of threads.
    """
    varied = dict(zip(space.names, space.values, strict=True))
    kinds = varied.get("allocation.kind", (strategy.allocation.kind,)) if isinstance(strategy, Thesis) else SIMPLE
    solves = not set(kinds) <= set(SIMPLE)
    made_by = versions(solves=solves)
    libraries = {name: made_by["libraries"][name] for name in (*LIBRARIES, *(SOLVERS if solves else ()))}
    own = {"Eastbound": made_by["eastbound"], "Eastbound's files": made_by["source"], "Python": made_by["python"]}
    return {
        **own,
        **libraries,
        "platform": made_by["platform"],
        **_settings(strategy),
        "market": market_hash(market),
        "first date": str(market.start),
        "last date": str(market.end),
        "names that may be held": _hashed("\0".join(market.holdable)),
        "grid": space.digest,
        **_varied(space),
    }


def _settings(strategy: Thesis | Strategy | Policy) -> dict[str, str]:
    """Give the settings of a thesis by their dotted names, or what is known of a strategy in Python."""
    if not isinstance(strategy, Thesis):
        return {"strategy": strategy_digest(strategy), **strategy_fields(strategy)}
    found = dict[str, Any]()
    for section, given in json.loads(json_text(strategy.model_dump(mode="python"))).items():
        settings = {f"{section}.{key}": value for key, value in given.items()} if isinstance(given, dict) else {}
        found |= settings or {section: given}
    return {f"thesis: {name}": value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}


def _varied(space: Space) -> dict[str, str]:
    found = {}
    for name, values in zip(space.names, space.values, strict=True):
        ends = f"{len(values):,} values, {text_of(values[0])} to {text_of(values[-1])}"
        found[f"{VARIED}{name}"] = ends if len(values) > MOST_LISTED else ", ".join(map(text_of, values))
    draw = space.draw
    return {
        **found,
        f"{VARIED}conditions": " and ".join(space.conditions) or "none",
        f"{VARIED}draw": "none" if draw is None else f"{draw.n:,} by {draw.method}, seed {draw.seed}",
    }


def settings_digest(settings: Mapping[str, Any]) -> str:
    """Fingerprint settings.

    Parameters
    ----------
    settings : mapping
        Nested, of plain values.

    Returns
    -------
    str
        SHA-256; the order of the keys does not matter.
    """
    plain = json.loads(json_text(settings))
    return _hashed(json.dumps(plain, sort_keys=True, separators=(",", ":")))


def described(identity: Mapping[str, str], layout: Layout, *, csv: bool) -> dict[str, str]:
    """Add to what decides the results what decides the form of the files.

    Parameters
    ----------
    identity : mapping of str to str
    layout : Layout
    csv : bool

    Returns
    -------
    dict of str to str
    """
    return {
        **identity,
        "candidates": str(layout.n_candidates),
        "candidates of a part": str(layout.part_size),
        "blocks of time": str(layout.n_blocks),
        "dates of returns": "not kept" if layout.n_dates is None else str(layout.n_dates),
        "columns": "; ".join(f"{name} {_type_text(kind)}" for name, kind in layout.columns.items()),
        "table.csv": "written" if csv else "not written",
    }


def refuse_other(folder: Path, found: Any, asked: Mapping[str, str], *, is_finished: bool) -> None:
    """Refuse to go on with another sweep than the one that a folder holds.

    Parameters
    ----------
    folder : Path
    found : object
        Identity that the folder states.
    asked : mapping of str to str
    is_finished : bool

    Raises
    ------
    BacktestError
        If the two differ; the message says in what.
    """
    found = found if isinstance(found, dict) else {}
    differ = [name for name in dict.fromkeys((*found, *asked)) if found.get(name) != asked.get(name)]
    if not differ:
        return
    if any(name.startswith(VARIED) for name in differ):  # which says more than that they differ
        differ = [name for name in differ if name not in {"grid", "columns"}]
    said = []
    for name in differ:
        before, after = found.get(name, "not stated"), asked.get(name, "not stated")
        is_shown = max(len(str(before)), len(str(after))) <= LONGEST_SHOWN
        said.append(f"{name} (was {before}, is {after})" if is_shown else name)
    raise BacktestError(
        f"{folder} holds {'a sweep' if is_finished else 'the parts of a sweep'} that differs in {', '.join(said)}. "
        "Choose another folder with --out, or remove that one."
    )


def _type_text(kind: ColumnType) -> str:
    if isinstance(kind, pd.CategoricalDtype):
        return f"one of {json.dumps([str(one) for one in kind.categories])}"
    return str(kind)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
