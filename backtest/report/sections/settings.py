"""The settings of a run, and the commands and versions that repeat it."""

import shlex
from collections.abc import Mapping
from typing import Any

from backtest.config import RunConfig
from backtest.output.provenance import versions
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import MISSING, Table
from backtest.run import RotationResult
from data.fingerprint import market_hash
from strategies.catalogue import catalogue
from strategies.catalogue import thesis as catalogued


def settings_section(frames: Frames) -> Section:
    """List the settings, and say how to repeat the run.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    thesis, run = settings(frames.result)
    said = f"{len(run.strong)} of {len(run.rows)} settings are not the default."
    exhibits = (
        Exhibit(title="Thesis", caption="Defaults included.", table=thesis, look="prose", is_half=True),
        Exhibit(
            title="Run", caption="What is not the default stands out.", says=said, table=run, look="prose", is_half=True
        ),
    )
    result = frames.result
    content = {"commands": commands(result), "versions": made_with(result), "market": result.market.name}
    return Section(
        key="settings", title="Settings, and how to repeat it", exhibits=exhibits, content=content, has_template=True
    )


def settings(result: RotationResult) -> tuple[Table, Table]:
    """List the settings of the thesis and of the run, defaults included.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    thesis, run : Table
        Settings of the run that are not the default are emphasised.
    """
    thesis = result.thesis.model_dump(exclude={"name", "title", "run"})
    run = result.config.model_dump()
    usual = dict(listed_settings(RunConfig().model_dump()))
    changed = tuple(i for i, (key, value) in enumerate(listed_settings(run)) if usual.get(key) != value)
    return (
        Table(head=("Thesis", ""), rows=listed_settings(thesis), align="ll"),
        Table(head=("Run", ""), rows=listed_settings(run), align="ll", strong=changed),
    )


def commands(result: RotationResult) -> tuple[str, ...]:
    """Give the commands that repeat a run.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    tuple of str
        By its manifest; then, as far as the result knows, by its parts: a market of one's own stands as FOLDER.
    """
    market, thesis = result.market, result.thesis
    embedded = market.name.removesuffix(" (synthetic)") if market.synthetic else ""
    parts = ["eastbound", "run", thesis.name, "--market", embedded or "FOLDER"]
    if set(market.holdable) != set(market.symbols):
        parts += ["--universe", "+".join(market.holdable)]
    parts += ["--start", str(market.start), "--end", str(market.end)]
    for key, value in _changes(result):
        parts += ["--set", f"{key}={value}"]
    return ("eastbound repeat manifest.json", shlex.join(parts))


def _changes(result: RotationResult) -> list[tuple[str, str]]:
    """List what differs from the thesis of that name in the catalogue, as TOML."""
    thesis = result.thesis
    if thesis.name not in catalogue():
        return []
    known = dict(_leaves(catalogued(thesis.name).model_dump()))
    return [
        (key, _toml(value))
        for key, value in _leaves(thesis.model_dump())
        if value is not None and "." in key and known.get(key) != value
    ]


def _leaves(given: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in given.items():
        # What a setting holds as a table (flat costs) is one value.
        if isinstance(value, Mapping) and not above:
            found += _leaves(value, f"{key}.")
        else:
            found.append((above + key, value))
    return found


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def made_with(result: RotationResult) -> Table:
    """List the versions and the fingerprint of the data that a repetition needs.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    Table
    """
    now = versions()
    rows = (
        ("Eastbound", now["eastbound"]),
        ("Python", now["python"]),
        ("Libraries", ", ".join(f"{name} {number}" for name, number in now["libraries"].items())),
        ("SHA-256 of the data", market_hash(result.market)),
    )
    return Table(head=("Made with", ""), rows=rows, align="ll")


def listed_settings(given: Mapping[str, Any], above: str = "") -> tuple[tuple[str, str], ...]:
    """List settings as rows of text.

    Parameters
    ----------
    given : mapping
        Sections may be nested.
    above : str
        Set before each key.

    Returns
    -------
    tuple of (str, str)
        Dotted key and value, a dash for what is not set.
    """
    rows: list[tuple[str, str]] = []
    for key, value in given.items():
        if isinstance(value, Mapping):
            rows.extend(listed_settings(value, f"{above}{key}."))
        else:
            rows.append((above + key, _setting(value)))
    return tuple(rows)


def _setting(value: object) -> str:
    if value is None or value == ():
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.12g}"
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return str(value)
