"""The theses that come with Eastbound."""

from importlib import resources
from pathlib import Path

from strategies.errors import StrategyError
from strategies.thesis import Thesis
from strategies.thesis_file import load_thesis


def _folder() -> Path:
    return Path(str(resources.files("strategies") / "theses"))


def catalogue() -> tuple[str, ...]:
    """List the theses that come with Eastbound.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> catalogue()[:3]
    ('analyst-target', 'consensus', 'dual-liquidity')
    """
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def thesis(name: str) -> Thesis:
    """Give a thesis of the catalogue.

    Parameters
    ----------
    name : str

    Returns
    -------
    Thesis

    Raises
    ------
    StrategyError
        If there is none of that name.
    """
    if name not in catalogue():
        raise StrategyError(
            f"No thesis {name!r}. Known: {', '.join(catalogue())}; one of a file is read by strategies.load_thesis."
        )
    return load_thesis(_folder() / f"{name}.toml")
