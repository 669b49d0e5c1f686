"""What a sweep is of: whatever decides its results, so that only the same one goes on in a folder."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.errors import BacktestError
from backtest.output.documents import json_text
from backtest.output.provenance import versions
from backtest.tuning.storage.parts import ColumnType, Layout
from backtest.tuning.storage.strategy_identity import strategy_digest
from data.fingerprint import market_hash
from data.market import MarketData
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis

# Libraries whose version may change a figure, or a byte of the files.
LIBRARIES = ("exchange_calendars", "llvmlite", "numba", "numpy", "pandas", "pyarrow")
LONGEST_SHOWN = 40  # characters: longer values, such as hashes, are only named


def sweep_identity(strategy: Thesis | Strategy | Policy, market: MarketData, space_digest: str) -> dict[str, str]:
    """Say what decides the results of a sweep.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy
        The one that is varied: a thesis with all its settings, those of the run included.
    market : MarketData
    space_digest : str
        Of the candidates and their order.

    Returns
    -------
    dict of str to str
        Eastbound's version and a hash of its own files, versions of Python and of libraries, system and machine; hashes
        of thesis or strategy, market and space. Nothing of it changes with the day, the place or the number of threads.
    """
    if isinstance(strategy, Thesis):
        swept = {"thesis": settings_digest(strategy.model_dump(mode="python"))}
    else:
        swept = {"strategy": strategy_digest(strategy)}
    made_by = versions()
    libraries = {name: made_by["libraries"][name] for name in LIBRARIES}
    own = {"Eastbound": made_by["eastbound"], "Eastbound's files": made_by["source"], "Python": made_by["python"]}
    return {
        **own,
        **libraries,
        "platform": made_by["platform"],
        **swept,
        "market": market_hash(market),
        "first date": str(market.start),
        "last date": str(market.end),
        "names that may be held": _hashed("\0".join(market.holdable)),
        "grid": space_digest,
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
