"""Other assumptions about how the same orders are traded: what a result owes to those it was run under."""

from collections.abc import Mapping
from typing import Any

from backtest.config import FlatCosts, RunConfig
from backtest.errors import BacktestError

DEARER_BPS = 10.0  # a side: for a spread and an impact that a run at mid prices does not pay
PREFUNDED = "Buys wait until the sells that pay for them have filled"


def other_assumptions(config: RunConfig) -> Mapping[str, RunConfig]:
    """Give the settings of a run under each other assumption.

    Parameters
    ----------
    config : RunConfig

    Returns
    -------
    mapping of str to RunConfig
        By what is assumed: buys that wait for their sells to fill, or to settle; fills at the next close; 10 basis
        points more a side. Those that the run assumes already, and those that its other settings forbid, are left out.

    Examples
    --------
    >>> [config.funding for config in other_assumptions(RunConfig(funding="prefunded")).values()]
    ['settled', 'prefunded', 'prefunded']
    """
    dearer = f"{DEARER_BPS:g} basis points more on each side"
    changes: dict[str, dict[str, Any]] = {
        PREFUNDED: {"funding": "prefunded"},
        "Buys wait for the money of those sells": {"funding": "settled"},
        "Fills at the next close instead of the next open": {"fill": "next_close"},
    }
    if isinstance(config.costs, FlatCosts):
        changes[dearer] = {"costs": FlatCosts(bps=config.costs.bps + DEARER_BPS)}
    elif config.charges_venue and config.half_spread_bps != "tick":
        changes[dearer] = {"half_spread_bps": config.half_spread_bps + DEARER_BPS}
    given = {name: getattr(config, name) for name in RunConfig.model_fields}
    found = {}
    for name, change in changes.items():
        if change.items() <= given.items() or (config.fill == "same_close" and "fill" in change):
            continue
        try:
            found[name] = RunConfig(**given | change)
        except BacktestError:  # such as shorts, which need a prime broker
            continue
    return found
