"""The settings that a thesis and its run have: what they take, and which one a misspelt name means."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from backtest.config import RunConfig
from backtest.errors import BacktestError
from backtest.tuning.grids.parameter_values import is_number
from strategies.refusals import keys_of
from strategies.thesis import Thesis


@cache
def known_settings() -> Mapping[str, tuple[TypeAdapter[Any], ...]]:
    """Give the settings of a thesis and of a run.

    Returns
    -------
    mapping of str to tuple of TypeAdapter
        By dotted name what checks a value; several where kinds of a section have a key of the same name.
    """
    keys = keys_of(Thesis) | {f"run.{name}": fields for name, fields in keys_of(RunConfig).items()}
    settings = {name: fields for name, fields in keys.items() if "." in name}
    return {name: tuple(TypeAdapter(one.rebuild_annotation()) for one in fields) for name, fields in settings.items()}


def meant(name: str, more: Iterable[str] = ()) -> str:
    """Ask whether a setting with a like name was meant.

    Parameters
    ----------
    name : str
        That is none.
    more : iterable of str
        Names besides those of a thesis and of a run.

    Returns
    -------
    str
        A question with a space before it; empty where no name is like it.

    Examples
    --------
    >>> meant("signal.lokback"), meant("moon.phase")
    (' Did you mean signal.lookback or signal.lookback_days?', '')
    """
    found = get_close_matches(name, [*dict.fromkeys((*more, *known_settings()))], n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(found)}?" if found else ""


def refuse_unfit(name: str, value: object) -> None:
    """Refuse true and false, and a number in quotes, for a setting that takes neither, before they are made numbers.

    Parameters
    ----------
    name : str
        Dotted. Of one that is not known nothing is said here.
    value : object

    Raises
    ------
    BacktestError
    """
    is_quoted = isinstance(value, str) and _reads_as_number(value)
    if not isinstance(value, bool) and not is_quoted:
        return
    # A signal by name has the keys of one.
    section, _, key = name.partition(".")
    checks = known_settings().get(f"signal.{key.partition('.')[2]}" if section == "signals" else name, ())
    if not checks or any(_takes(check, value) for check in checks):
        return
    if is_quoted:
        raise BacktestError(f"The grid gives {name} the text {value!r}; write the number without quotes.")
    raise BacktestError(f"The grid gives {name} {str(value).lower()}, which it does not take; want a number or a text.")


def _reads_as_number(text: str) -> bool:
    try:
        return is_number(float(text))
    except ValueError:
        return False


def _takes(check: TypeAdapter[Any], value: object) -> bool:
    try:
        check.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
