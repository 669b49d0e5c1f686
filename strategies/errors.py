"""Errors of the strategies floor."""

from data.errors import EastboundError


class StrategyError(EastboundError):
    """A thesis, a frame of weights or a rule is malformed, or asks for what cannot be held."""
