"""The settings that a strategy has by itself: what a sweep starts from."""

from collections.abc import Callable

from backtest.config import RunConfig
from backtest.run import settings_of
from backtest.tuning.grids.parameter_values import value_of
from backtest.tuning.one_by_one import own_fields
from strategies.strategy import Policy, Strategy
from strategies.thesis import Thesis


def own_settings(strategy: Thesis | Strategy | Policy) -> Callable[[str], object]:
    """Give what a strategy states, or takes by default, as `space_of` asks for it.

    Parameters
    ----------
    strategy : Thesis, Strategy or Policy

    Returns
    -------
    callable
        Of a dotted name: `section.name` of a thesis, `run.NAME`, or `strategy.NAME` of a dataclass. It raises KeyError
        of any other.

    Examples
    --------
    >>> from strategies.catalogue import thesis
    >>> own = own_settings(thesis("flow-momentum"))
    >>> own("schedule.every"), own("run.initial_capital")
    ('week', 1000000.0)
    """
    config = settings_of(strategy)

    def of(name: str) -> object:
        section, _, key = name.partition(".")
        if section == "run" and key in RunConfig.model_fields:
            return value_of(getattr(config, key), name)
        if section == "strategy" and key in own_fields(strategy):
            return value_of(getattr(strategy, key), name)
        if section in ("run", "strategy") or not key or not isinstance(strategy, Thesis):
            raise KeyError(name)
        return value_of(strategy.setting(name), name)

    return of
