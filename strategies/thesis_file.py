"""Reading a thesis file."""

import tomllib
from pathlib import Path
from types import MappingProxyType

from strategies.errors import StrategyError
from strategies.thesis import Thesis


def load_thesis(path: str | Path) -> Thesis:
    """Read a thesis file.

    Parameters
    ----------
    path : str or Path
        TOML with `name` and sections baskets, signal, rotation, allocation, schedule, run.

    Returns
    -------
    Thesis

    Raises
    ------
    StrategyError
        If the file is missing or no TOML, or a key is unknown, missing or out of range, naming it.
    """
    file = Path(path)
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StrategyError(f"Thesis file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StrategyError(f"{file.name}: {error}") from error
    parsed.setdefault("name", file.stem)
    return Thesis.from_mapping(MappingProxyType(parsed), file.name)
