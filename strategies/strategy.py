"""What the backtest asks of a strategy, and how one is found in a user's own file."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Protocol, runtime_checkable

from data.market import MarketData
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.targets import BasketTargets, TargetWeights
from strategies.thesis import load_thesis


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


def find_strategy(name: str) -> Strategy:
    """Find a strategy by the name of a thesis, or the path of a thesis file or a Python file.

    Parameters
    ----------
    name : str
        A Python file must define `targets(market)`.

    Returns
    -------
    Strategy

    Raises
    ------
    StrategyError
        If there is none of that name, or the file defines none.
    """
    path = Path(name)
    if path.suffix == ".toml":
        return load_thesis(path)
    if path.suffix != ".py":
        return thesis(name)
    if not path.is_file():
        raise StrategyError(f"Strategy file {path} does not exist.")
    spec = spec_from_file_location(f"strategy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise StrategyError(f"{path} cannot be read as Python.")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's own code may raise anything
        raise StrategyError(f"{path.name} fails on import: {type(error).__name__}: {error}") from error
    if not isinstance(module, Strategy) or not callable(module.targets):
        raise StrategyError(f"{path.name} defines no function targets(market).")
    return module
