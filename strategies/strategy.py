"""What the backtest asks of a strategy, and how one is found in a user's own file."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Protocol, runtime_checkable

import pandas as pd

from data.errors import NOT_OURS
from data.market import MarketData
from data.wording import said_by
from strategies.catalogue import catalogue, thesis
from strategies.errors import StrategyError
from strategies.targets import BasketTargets, TargetWeights
from strategies.thesis_file import load_thesis


@runtime_checkable
class Strategy(Protocol):
    """Anything that turns a market into targets; a thesis is one, so is a module with a function `targets`."""

    def targets(self, market: MarketData) -> TargetWeights | BasketTargets:
        """Say what to hold, from what was known at each decision.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        TargetWeights or BasketTargets
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioState:
    """What a portfolio is at a decision, just before its orders.

    Attributes
    ----------
    stamp : Timestamp
        UTC; prices and exchange rates are those known at it.
    base_currency : str
    nav : float
        Base currency.
    cash : mapping of str to float
        Balances by currency, in that currency, by trade date.
    dividends_due : mapping of str to float
        By currency, in that currency.
    shares : mapping of str to float
        Of every name the run may trade; below zero when short.
    weights : mapping of str to float
        Value of each holding over NAV.
    waiting : mapping of str to float
        Unfilled orders, in shares, names without one left out. The decision replaces them unless it is None.
    """

    stamp: pd.Timestamp
    base_currency: str
    nav: float
    cash: Mapping[str, float]
    dividends_due: Mapping[str, float]
    shares: Mapping[str, float]
    weights: Mapping[str, float]
    waiting: Mapping[str, float]


@runtime_checkable
class Policy(Protocol):
    """Anything that decides from the past and the portfolio it has; a module with a function `decide` is one.

    An attribute `every` ("day", "week", "month" or a number of sessions) says when; by default every week.
    """

    def decide(self, past: MarketData, portfolio: PortfolioState) -> Mapping[str, float] | None:
        """Say what to hold from here on.

        Parameters
        ----------
        past : MarketData
            The market as known at the decision; nothing later is in it.
        portfolio : PortfolioState

        Returns
        -------
        mapping of str to float, or None
            Target weights as fractions of NAV; names left out are sold, a NaN weight holds the name. None leaves
            everything alone, unfilled orders included.
        """
        ...


GROUP = "eastbound.strategies"  # of entry points


def offered() -> dict[str, str]:
    """List the strategies that installed packages offer as entry points of the group `eastbound.strategies`.

    Returns
    -------
    dict of str to str
        By name, where it is: "module:attribute".
    """
    return {one.name: one.value for one in entry_points(group=GROUP)}


class FreshLoader(SourceFileLoader):
    """Reads a file as it stands, and leaves nothing beside it.

    Python goes by a file's time in whole seconds and its size: it would run the old code after an edit within a second.
    """

    def get_code(self, fullname: str) -> CodeType:
        """Compile the file.

        Parameters
        ----------
        fullname : str

        Returns
        -------
        code
        """
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def find_strategy(name: str) -> Strategy | Policy:
    """Find a strategy by the name of a thesis or of one that is installed, or the path of a thesis or Python file.

    Parameters
    ----------
    name : str
        A Python file must define `targets(market)` or `decide(past, portfolio)`. A thesis of the catalogue comes
        before an installed strategy of its name.

    Returns
    -------
    Strategy or Policy

    Raises
    ------
    StrategyError
        If there is none of that name, or what is found is none.
    """
    path = Path(name)
    if path.suffix == ".toml":
        return load_thesis(path)
    if path.suffix == ".py":
        return _checked(_module(path), path.name)
    if name in catalogue():
        return thesis(name)
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        known = ", ".join((*catalogue(), *offered()))
        raise StrategyError(f"No thesis {name!r}. Known: {known}; or give the path of a thesis or Python file.")
    if len({one.value for one in found}) > 1:
        several = " and ".join(sorted({one.value for one in found}))
        raise StrategyError(f"Strategy {name!r} is offered by several packages: {several}. Give the path of one.")
    where = f"strategy {name!r} ({found[0].value})"
    try:
        loaded: object = found[0].load()
    except NOT_OURS as error:
        raise StrategyError(f"{where} fails on import: {said_by(error)}") from error
    return _checked(loaded, where)


def _module(path: Path) -> ModuleType:
    if not path.is_file():
        raise StrategyError(f"Strategy file {path} does not exist.")
    path = path.resolve()  # as Python names the file of a module, and of each line in it
    name = f"strategy_{path.stem}"
    spec = spec_from_file_location(name, path, loader=FreshLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise StrategyError(f"{path} cannot be read as Python.")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except NOT_OURS as error:
        raise StrategyError(f"{path.name} fails on import: {said_by(error, str(path))}") from error
    return module


def _checked(found: object, where: str) -> Strategy | Policy:
    """Accept a strategy, or a policy, that is no class."""
    if isinstance(found, type):
        raise StrategyError(f"{where} is a class; offer a strategy made of it.")
    if isinstance(found, Strategy) and callable(found.targets):
        return found
    if isinstance(found, Policy) and callable(found.decide):
        return found
    raise StrategyError(f"{where} defines no function targets(market) or decide(past, portfolio).")
