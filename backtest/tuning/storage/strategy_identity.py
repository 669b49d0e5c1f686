"""What a strategy in Python is: so that a sweep of it goes on with the same one alone."""

import hashlib
import inspect
from contextlib import suppress
from dataclasses import fields, is_dataclass
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from backtest.errors import BacktestError
from backtest.tuning.grids.parameter_values import text_of, value_of
from data.wording import said_by
from strategies.strategy import Policy, Strategy

# Of another class a container may hold more than its elements, and is pickled.
EXACT = (set, frozenset, list, tuple, dict)


def strategy_digest(strategy: Strategy | Policy) -> str:
    """Fingerprint a strategy in Python.

    Parameters
    ----------
    strategy : Strategy or Policy
        A module, or an instance of a class that a file defines.

    Returns
    -------
    str
        SHA-256 of its file; of an instance of its class and of all that it holds, too. Modules that the file imports
        are not in it.

    Raises
    ------
    BacktestError
        If no file defines it, or it holds what cannot be written down.
    """
    given: object = strategy
    try:
        file = inspect.getsourcefile(given if isinstance(given, ModuleType) else type(given))
        content = Path(file or "").read_bytes()
    except (TypeError, OSError):
        raise BacktestError(
            f"No file defines {type(given).__qualname__}, so a folder could not say what was swept. Put the "
            "strategy into a file of its own, or sweep without a folder."
        ) from None
    found = hashlib.sha256(content)
    if not isinstance(given, ModuleType):
        found.update(type(given).__qualname__.encode())
        for name, value in _state(given).items():
            try:
                written = _written(name, value)
            except RecursionError as error:
                raise _refusal(name, "it holds itself") from error
            found.update(b"\0%s\0%s" % (name.encode(), written))
    return found.hexdigest()


def strategy_fields(strategy: Strategy | Policy) -> dict[str, str]:
    """Give the fields of a strategy that is an instance of a dataclass, as a reader would write them.

    Parameters
    ----------
    strategy : Strategy or Policy

    Returns
    -------
    dict of str to str
        By `strategy.NAME`; without those that are no plain values.
    """
    given: object = strategy
    found = {}
    for name, value in _state(given).items() if is_dataclass(given) and not isinstance(given, type) else ():
        with suppress(BacktestError):
            found[f"strategy.{name}"] = text_of(value_of(value, name))
    return found


def _state(strategy: object) -> dict[str, object]:
    if is_dataclass(strategy):
        return {field.name: getattr(strategy, field.name) for field in fields(strategy)}
    return dict(vars(strategy)) if hasattr(strategy, "__dict__") else {"": strategy}


def _written(name: str, value: object) -> bytes:
    try:
        return repr(value_of(value, name)).encode()
    except BacktestError:
        pass
    # A set has no order of its own: another process goes through it otherwise.
    if isinstance(value, (set, frozenset)) and type(value) in EXACT:
        return _joined("set", sorted(_written(name, one) for one in value))
    if isinstance(value, (list, tuple)) and type(value) in EXACT:
        return _joined("list", [_written(name, one) for one in value])
    if isinstance(value, dict) and type(value) in EXACT:
        return _joined("table", [_written(name, one) for pair in value.items() for one in pair])
    if (is_dataclass(value) or isinstance(value, BaseModel)) and not isinstance(value, type):
        held = [piece for key, one in _state(value).items() for piece in (key.encode(), _written(name, one))]
        return _joined(type(value).__qualname__, held)
    try:
        return bytes(ForkingPickler.dumps(value))
    except Exception as error:  # whatever a user's object says
        raise _refusal(name, said_by(error)) from error


def _refusal(name: str, why: str) -> BacktestError:
    return BacktestError(
        f"The strategy holds {name!r}, which cannot be written down ({why}). Let it hold settings alone, or sweep "
        "without a folder."
    )


def _joined(kind: str, pieces: list[bytes]) -> bytes:
    return b"".join([b"%s of %d" % (kind.encode(), len(pieces)), *(b"\0%d\0%s" % (len(one), one) for one in pieces)])
