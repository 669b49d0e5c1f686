"""The guard against shadowing: `data`, `strategies` and `backtest` must come from one place.

The three names are generic. A user's own `data.py` or `backtest.py` beside a script would be
imported in place of ours; this says which file it is instead of failing somewhere else.
"""

from importlib.util import find_spec
from pathlib import Path

SIBLINGS = ("data", "strategies", "backtest")


def check_siblings(own_file: str) -> None:
    """Raise if one of Eastbound's packages would be imported from elsewhere.

    Parameters
    ----------
    own_file : str
        `__file__` of the package that asks.

    Raises
    ------
    ImportError
        Naming the file that shadows a package, and what to do.
    """
    root = Path(own_file).resolve().parent.parent
    for name in SIBLINGS:
        try:
            spec = find_spec(name)
        except ValueError:  # imported under that name without a trace of where from
            spec = None
        if spec is None or spec.origin is None:
            raise ImportError(f"Eastbound's package {name!r} is missing beside {root}. Install eastbound again.")
        if Path(spec.origin).resolve().parent.parent != root:
            raise ImportError(
                f"{spec.origin} shadows Eastbound's package {name!r} (expected under {root}). "
                "Rename that file, or run from another folder."
            )
