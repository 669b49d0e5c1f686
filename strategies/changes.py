"""Changing settings of a thesis: what of a section stays, and where a key of a signal by name goes."""

from collections.abc import Mapping
from typing import Any, Protocol

from strategies.errors import StrategyError
from strategies.mandates.sections import Constraints
from strategies.settings import OF_VARIANCE, Allocation, Section


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
    if name == "signal":  # signals of another kind have keys of their own
        return {"kind": kind}
    unread = Allocation.unread_by(kind)
    if kind in OF_VARIANCE and not thesis.constraints.costs:
        unread += ("risk_aversion",)
    return {key: value for key, value in whole.items() if key not in unread} | {"kind": kind}


def with_indicator(thesis: str, stated: Mapping[str, Any], name: str, value: object) -> dict[str, Any]:
    """Put one key of one of the signals by name in its place.

    Parameters
    ----------
    thesis : str
        Its name, for messages.
    stated : mapping of str to mapping
        Keys of each of the signals.
    name : str
        NAME.key.
    value : object

    Returns
    -------
    dict of str to dict
        As `stated`, with that key; of another kind a signal keeps nothing else.

    Raises
    ------
    StrategyError
        If no signal of that name is stated.
    """
    of, _, key = name.partition(".")
    if of not in stated or not key:
        known = ", ".join(stated) or "none"
        raise StrategyError(
            f"{thesis}: unknown key 'signals.{name}'. Write signals.NAME.key; signals that are stated: {known}."
        )
    is_other = key == "kind" and value != stated[of]["kind"]
    own = {"weight": stated[of]["weight"]} if is_other else dict(stated[of])
    return dict(stated) | {of: own | {key: value}}
