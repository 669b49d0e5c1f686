"""Grids as people write them: TOML files, and words of a command line."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backtest.errors import BacktestError

RESERVED = ("conditions", "draw")


def flattened(grid: Mapping[str, Any]) -> dict[str, Any]:
    """Write parameters that stand below their section by their dotted names.

    Parameters
    ----------
    grid : mapping of str to object

    Returns
    -------
    dict of str to object
        In the order of the grid; `conditions` and `draw` as they stand.

    Raises
    ------
    BacktestError
        If a name is no text, or comes twice.
    """
    flat = dict[str, Any]()
    for name, given in grid.items():
        if not isinstance(name, str):
            raise BacktestError(f"The grid varies {name!r}; a parameter is named by text, such as 'signal.lookback'.")
        is_section = "." not in name and name not in RESERVED and isinstance(given, Mapping)
        for key, values in [(f"{name}.{key}", each) for key, each in given.items()] if is_section else [(name, given)]:
            if key in flat:
                raise BacktestError(f"The grid gives {key} twice. Leave one out.")
            flat[key] = values
    return flat


def read_grid(path: str | Path) -> dict[str, Any]:
    """Read a grid file.

    Parameters
    ----------
    path : str or Path
        TOML, as `backtest.tuning.space.space_of` takes it: `signal.lookback = [20, 40]`, or below `[signal]`.

    Returns
    -------
    dict of str to object
        Not checked yet.

    Raises
    ------
    BacktestError
        If the file is missing or no TOML.
    """
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BacktestError(f"Grid file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BacktestError(f"Grid file {file.name} is no TOML: {error}") from error


def parse_grid(words: Sequence[str]) -> dict[str, Any]:
    """Read a grid from the words of a command line.

    Parameters
    ----------
    words : sequence of str
        Each the path of a grid file, or `key=value`, where the value is `a:b:n`, `log:a:b:n`, or as in a grid file;
        text needs no quotes. `conditions=...` takes a condition as it stands, and may be repeated.

    Returns
    -------
    dict of str to object
        In the order of the words. Not checked yet.

    Raises
    ------
    BacktestError
        If a word is neither, a file cannot be read, or a parameter comes twice.

    Examples
    --------
    >>> parse_grid(["signal.lookback=20:60:3", "allocation.kind=equal", "conditions=signal.lookback > 30"])
    {'signal.lookback': '20:60:3', 'allocation.kind': 'equal', 'conditions': ['signal.lookback > 30']}
    """
    grid, conditions = dict[str, Any](), list[Any]()
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals and not (word.strip() and Path(word).exists()):
            raise BacktestError(f"{word!r} is neither key=value nor a grid file that is there.")
        if not equals:
            given = flattened(read_grid(word))
        elif not key or not value:
            raise BacktestError(f"{word!r} is not key=value; write signal.lookback=20:60:5, or name a grid file.")
        elif key == "conditions":
            given = {key: value}
        else:
            given = {key: _value(value)}
        for name, values in given.items():
            if name == "conditions":
                conditions += values if isinstance(values, list) else [values]
            elif name in grid:
                raise BacktestError(f"{name} is given twice: by {word!r} and before it. Leave one out.")
            else:
                grid[name] = values
    return grid | ({"conditions": conditions} if conditions else {})


def _value(text: str) -> object:
    """Read a value as TOML, or as plain text."""
    if ":" in text and text[0] not in "[{\"'":  # 10:20:30 is a time of day in TOML
        return text
    try:
        read: object = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if text[0] in "[{\"'":
            raise BacktestError(f"{text!r} cannot be read; write lists and tables as in TOML.") from None
        return text
    return read
