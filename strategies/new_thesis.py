"""Beginning a thesis or a strategy of one's own, from a commented file."""

import re
from importlib import resources
from pathlib import Path

from strategies.catalogue import catalogue
from strategies.errors import StrategyError

TEMPLATES = {".toml": "thesis.toml", ".py": "strategy.py.txt"}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def write_new(name: str, folder: str | Path = ".") -> Path:
    """Write a file that runs as it stands, to be changed.

    Parameters
    ----------
    name : str
        Letters, digits, dashes and underscores; ending in ".py" a strategy in Python, else a thesis.
    folder : str or Path
        Made where there is none.

    Returns
    -------
    Path
        Of the file, NAME.toml or NAME.py.

    Raises
    ------
    StrategyError
        If the name will not do, is that of a thesis of the catalogue, or a file of the name is there already.

    Examples
    --------
    >>> import tempfile
    >>> from strategies.thesis_file import load_thesis
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_thesis(write_new("my-idea", folder)).name
    'my-idea'
    """
    suffix = ".py" if name.endswith(".py") else ".toml"
    stem = name.removesuffix(suffix)
    if not NAME.fullmatch(stem):
        raise StrategyError(f"{name!r} is no name of a thesis: want letters, digits, - and _, a letter first.")
    if suffix == ".toml" and stem in catalogue():
        raise StrategyError(f"{stem!r} is a thesis of the catalogue already. Choose another name.")
    path = Path(folder) / f"{stem}{suffix}"
    template = (resources.files("strategies") / "templates" / TEMPLATES[suffix]).read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(re.sub("NAME|FILE", lambda place: stem if place[0] == "NAME" else str(path), template))
    except OSError as error:
        if path.exists():
            raise StrategyError(f"{path} is there already. Choose another name, or remove it.") from error
        raise StrategyError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path
