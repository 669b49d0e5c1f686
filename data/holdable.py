"""Which members of a universe may be held: those with prices; the others are named."""

from data.errors import DataError
from data.universes import UNKNOWN, Memberships, Spell, spells_of


def choose_holdable(
    universe: str, memberships: Memberships, symbols: tuple[str, ...], market: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split the members of a universe by whether they have prices.

    Parameters
    ----------
    universe : str
        Sum of universes and symbols.
    memberships : mapping of str to tuple of Spell
    symbols : tuple of str
        Those with prices.
    market : str
        Name of the market, for messages.

    Returns
    -------
    kept : tuple of str
        In alphabetical order.
    left_out : tuple of str
        Members without prices, each with the reason.

    Raises
    ------
    DataError
        If the universe is unknown or has no prices at all.
    """
    asked: dict[str, list[Spell]] = {}
    for spell in spells_of(universe, memberships, symbols):
        asked.setdefault(spell.symbol, []).append(spell)
    have = set(symbols)
    kept = tuple(symbol for symbol in sorted(asked) if symbol in have)
    if not kept:
        raise DataError(f"No member of {universe!r} has prices in market {market!r}. Choose another, or add prices.")
    return kept, tuple(_left_out(symbol, asked[symbol]) for symbol in sorted(asked) if symbol not in have)


def _left_out(symbol: str, spells: list[Spell]) -> str:
    """Say that a member has no prices, and when it was one."""
    dated = [f"{one.added} to {one.removed or 'now'}" for one in spells if one.added is not None]
    when = f" (member {' and '.join(dated)})" if dated else ""
    if symbol == UNKNOWN:
        return f"one member{when} is not known by name"
    return f"{symbol} has no prices{when}"
