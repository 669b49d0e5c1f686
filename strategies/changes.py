"""Changing settings of a thesis: what of a section stays, and where a key of a signal by name goes."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from strategies.errors import StrategyError
from strategies.mandates.sections import Constraints
from strategies.settings import OF_VARIANCE, Allocation, Section
from strategies.signals.kinds import KINDS


class Sections(Protocol):
    """What has sections; see `strategies.thesis.Thesis`."""

    @property
    def constraints(self) -> Constraints:
        """What the portfolio must keep to."""
        ...


def kept(thesis: Sections, name: str, kind: str | None) -> dict[str, Any]:
    """Give what of a section stays where its kind changes: another one does not read all that is stated.

    Parameters
    ----------
    thesis : Thesis
    name : "signal" or "allocation"
    kind : str or None
        The kind it changes to; None: it stays.

    Returns
    -------
    dict of str to object
    """
    own: Section = getattr(thesis, name)
    whole = own.model_dump()
    if kind is None or kind == whole["kind"]:
        return whole
    if name == "signal":
        return _of_kind(whole, kind)
    unread = Allocation.unread_by(kind)
    if kind in OF_VARIANCE and not thesis.constraints.costs:
        unread += ("risk_aversion",)
    return {key: value for key, value in whole.items() if key not in unread} | {"kind": kind}


def _of_kind(keys: Mapping[str, Any], kind: object) -> dict[str, Any]:
    """Keep what another kind of signal cannot do without: the rest are keys of its own."""
    fields = KINDS[kind].model_fields if isinstance(kind, str) and kind in KINDS else {}
    return {"kind": kind} | {key: keys[key] for key, one in fields.items() if one.is_required() and key in keys}


def tables_first(changes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Order changes so that a whole table does not overwrite what is stated of one of its entries.

    Parameters
    ----------
    changes : mapping of str to value

    Returns
    -------
    list of (str, value)
    """
    return sorted(changes.items(), key=lambda one: one[0].count("."))


def put(section: dict[str, Any], name: str, value: object) -> None:
    """Put one key into a section; of a table in it, such as `factors` of a tilt, one entry.

    Parameters
    ----------
    section : dict of str to object
        Written in place.
    name : str
        The key, or TABLE.entry.
    value : object
    """
    table, _, entry = name.partition(".")
    if entry and isinstance(section.get(table), Mapping):
        section[table] = {**section[table], entry: value}
    else:
        section[name] = value


def with_indicators(thesis: str, stated: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put keys of signals by name in their places.

    Parameters
    ----------
    thesis : str
        Its name, for messages.
    stated : mapping of str to mapping
        Keys of each of the signals.
    changes : mapping of str to value
        Keys are dotted; those of other sections are passed over.

    Returns
    -------
    dict of str to dict
        As `stated`, with those keys; of another kind a signal keeps its weight, and what it cannot do without.

    Raises
    ------
    StrategyError
        If no signal of a name is stated.
    """
    whole = {name: dict(keys) for name, keys in stated.items()}
    # Kinds first: another one drops what is stated, and not what is changed beside it.
    for full, value in sorted(changes.items(), key=lambda one: not one[0].endswith(".kind")):
        section, _, name = full.partition(".")
        if section != "signals":
            continue
        of, _, key = name.partition(".")
        if of not in whole or not key:
            known = ", ".join(whole) or "none"
            raise StrategyError(
                f"{thesis}: unknown key {full!r}. Write signals.NAME.key; signals that are stated: {known}."
            )
        given = value.item() if isinstance(value, np.generic) else value
        if key == "kind" and given != whole[of]["kind"]:
            whole[of] = {"weight": whole[of]["weight"]} | _of_kind(whole[of], given)
        whole[of][key] = given
    return whole
