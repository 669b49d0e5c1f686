"""A run made again from its manifest, and held against what it left."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.output.differences import changed_keys, first_difference
from backtest.output.documents import json_text
from backtest.output.manifest_format import Asked, FilePart, Manifest
from backtest.output.provenance import manifest, strategy_part, versions
from backtest.output.run_folder import SEAL, write_sealed
from backtest.output.saved import read_sealed
from backtest.output.write import contents
from backtest.result import BacktestResult
from backtest.run import run, run_strategy
from backtest.tuning.history import UNKNOWN, History
from data.fingerprint import market_hash, part_hashes
from data.load import load
from data.market import MarketData
from data.wording import some_of
from strategies.errors import StrategyError
from strategies.strategy import Policy, Strategy, find_strategy
from strategies.thesis import Thesis

MOST_NAMED = 3  # changed settings of a thesis


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """What came of repeating a run.

    Attributes
    ----------
    inputs : tuple of str
        Inputs that are not those of the run, one sentence each.
    files : mapping of str to str
        Files whose bytes are not those of the run, each with where it first differs.
    n_same : int
        Files with the same bytes.
    """

    inputs: tuple[str, ...]
    files: Mapping[str, str]
    n_same: int


def repeat(
    place: Path,
    market: str | None = None,
    *,
    out: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
    stage: Callable[[str], None] = lambda _: None,
) -> Repetition:
    """Run again what a manifest describes, and compare every file.

    Parameters
    ----------
    place : Path
        Folder of a run, or its manifest.json.
    market : str, optional
        Where the data are now, if not where they were; needed for a run that was made from Python.
    out : Path, optional
        Folder to write the files of the repetition to.
    say : callable
        Told of each input that differs, before anything is run.
    stage : callable
        Told what is being done.

    Returns
    -------
    Repetition

    Raises
    ------
    BacktestError, StrategyError, DataError
        If the manifest cannot be read, or the run cannot be made again.
    """
    folder = place if place.is_dir() else place.parent
    if place.name != SEAL and not place.is_dir():
        raise BacktestError(f"{place} is neither the folder of a run nor its {SEAL}.")
    if out is not None and out.resolve() == folder.resolve():
        raise BacktestError(f"--out {out} is the folder of the run that is repeated. Choose another.")
    made, wrong = read_sealed(folder)
    if place != folder:  # a manifest that came alone is held against hashes only
        wrong = {name: what for name, what in wrong.items() if (folder / name).exists()}
    asked = _asked(made, market)
    settings = RunConfig(**made.run)
    thesis = None if made.thesis is None else Thesis.from_mapping(made.thesis, str(folder / SEAL))
    inputs = [f"File {what}." for what in wrong.values()]
    inputs += [f"Version of {what}." for what in _changed_versions(made)]
    stage("reading the market")
    loaded = load(asked.market if market is None else market, asked.universe, asked.start, asked.end)
    loaded = replace(loaded, name=made.market.name)  # a folder without a name of its own is called as its place is
    inputs += _changed_data(made, loaded)
    strategy = _strategy(made)
    inputs += _changed_strategy(made, strategy)
    for one in inputs:
        say(one)
    stage("running again")
    result = _run(thesis or strategy, loaded, settings)
    stage("writing the report")
    tried = UNKNOWN if made.tried is None else History(is_known=True, **made.tried.model_dump())
    files = contents(result, ledger=made.ledger, figures=tuple(made.figures), tried=tried)
    seal = _sealed(made, result, files, tried)
    if out is not None:
        write_sealed(out, files, seal)
    return _compared(folder, made, files, seal, tuple(inputs))


def _run(strategy: Strategy | Policy | None, loaded: MarketData, settings: RunConfig) -> BacktestResult:
    if strategy is None:
        raise BacktestError("The run was made in Python from weights: its manifest cannot make them again.")
    return run(strategy, loaded) if isinstance(strategy, Thesis) else run_strategy(strategy, loaded, settings)


def _asked(made: Manifest, market: str | None) -> Asked:
    """Say which data to load; of a run from Python its names and dates, from where the user says."""
    if made.market.asked is not None:
        return made.market.asked
    if market is None:
        raise BacktestError(
            f"The run was made in Python, and its manifest cannot say where market {made.market.name!r} came from. "
            "Say so with --market."
        )
    first, last = made.market.start, made.market.end
    return Asked(market=market, universe="+".join(made.market.holdable), start=first, end=last)


def _strategy(made: Manifest) -> Strategy | Policy | None:
    """Find the strategy where it was; None where it is a thesis that is gone, which stands whole in the manifest."""
    if made.strategy is None:
        return None
    try:
        found = find_strategy(made.strategy.asked)
        return found.replace(made.strategy.changes) if isinstance(found, Thesis) else found
    except StrategyError:
        if made.thesis is None:
            raise
        return None


def _sealed(made: Manifest, result: BacktestResult, files: Mapping[str, bytes], tried: History) -> bytes:
    """Write the manifest of the repetition, asked for as the run was."""
    asked, strategy = made.market.asked, made.strategy
    document = manifest(result, written=files, ledger=made.ledger, figures=tuple(made.figures), tried=tried)
    document["market"]["asked"] = None if asked is None else asked.model_dump()
    if strategy is not None and made.thesis is None:
        document["strategy"] = strategy_part(strategy.asked, strategy.changes)
    elif strategy is not None:
        document["strategy"] = strategy.model_dump()
    return json_text(document).encode()


def _changed_versions(made: Manifest) -> list[str]:
    now = versions(tuple(made.figures))
    own = {"Eastbound": "eastbound", "Python": "python", "the platform": "platform"}
    before = {name: getattr(made, key) for name, key in own.items()} | dict(made.libraries)
    after = {name: now[key] for name, key in own.items()} | now["libraries"]
    names = dict.fromkeys((*before, *after))
    pairs = [(name, before.get(name, "none"), after.get(name, "none")) for name in names]
    changed = [f"{name} was {one}, and is {other}" for name, one, other in pairs if one != other]
    if made.eastbound == now["eastbound"] and made.source != now["source"]:
        changed.append(f"Eastbound is {made.eastbound} still, but its own files are not those that ran")
    return changed


def _changed_data(made: Manifest, loaded: MarketData) -> list[str]:
    changed = []
    if market_hash(loaded) != made.market.sha256:
        now, before = part_hashes(loaded), made.market.parts
        parts = [name for name in dict.fromkeys((*before, *now)) if before.get(name) != now.get(name)]
        changed.append(f"Data of market {made.market.name!r} are not those of the run: {', '.join(parts)}.")
    bounds = (made.market.start, made.market.end), (str(loaded.start), str(loaded.end))
    if bounds[0] != bounds[1]:
        changed.append(f"Data ran from {' to '.join(bounds[0])}, and run from {' to '.join(bounds[1])}.")
    if list(loaded.holdable) != made.market.holdable:
        changed.append("Data: the names that may be held are not those of the run.")
    return changed


def _changed_strategy(made: Manifest, strategy: Strategy | Policy | None) -> list[str]:
    """Say how a strategy differs from the one that ran; what is run again is the thesis that the manifest holds."""
    if made.strategy is None or strategy is None:
        return []
    path, sha256 = made.strategy.asked, strategy_part(made.strategy.asked, {})["sha256"]
    if made.thesis is None:
        return [] if sha256 == made.strategy.sha256 else [f"Strategy file {path} was edited after the run."]
    if not isinstance(strategy, Thesis):
        return [f"Strategy {path} was a thesis, and is none any more."]
    now = json.loads(json_text(strategy.model_dump(mode="python")))
    changed = list(changed_keys(dict(made.thesis), now))
    if not changed:
        return []
    return [f"Thesis {path} was changed after the run, and is run as it was: {some_of(changed, MOST_NAMED)}."]


def _compared(
    folder: Path, made: Manifest, files: Mapping[str, bytes], seal: bytes, inputs: tuple[str, ...]
) -> Repetition:
    differ = dict[str, str]()
    for name in dict.fromkeys((*made.files, *files)):
        if name not in files:
            differ[name] = "is not written any more"
        elif name not in made.files:
            differ[name] = "was not written then"
        elif hashlib.sha256(files[name]).hexdigest() != made.files[name].sha256:
            differ[name] = _where(folder / name, made.files[name], files[name])
    n_same = sum(name not in differ for name in made.files)
    if not differ and not inputs:  # the manifest tells of all the others: it is compared where they are the same
        before = (folder / SEAL).read_bytes()
        if before != seal:
            differ[SEAL] = first_difference(SEAL, before, seal)
        n_same += SEAL not in differ
    return Repetition(inputs=inputs, files=differ, n_same=n_same)


def _where(path: Path, stated: FilePart, after: bytes) -> str:
    try:
        before = path.read_bytes()
    except OSError:
        return f"{stated.bytes:,} bytes became {len(after):,}; the file itself is not there to compare"
    if hashlib.sha256(before).hexdigest() != stated.sha256:
        return "differs from the run's, whose file was edited since"
    return first_difference(path.name, before, after)
