"""What to hold: schedules, signals, rules, and the theses made of them."""

from typing import TYPE_CHECKING

try:
    from data.siblings import check_siblings
except ModuleNotFoundError as error:
    raise ImportError("another package or file named 'data' shadows Eastbound's; rename it") from error

check_siblings(__file__)

from data.faces import offer

if TYPE_CHECKING:
    from strategies import estimators, optimisers
    from strategies.catalogue import catalogue, thesis
    from strategies.errors import StrategyError
    from strategies.plan import Plan
    from strategies.strategy import Policy, PortfolioState
    from strategies.targets import BasketTargets, TargetWeights
    from strategies.thesis import Thesis
    from strategies.thesis_file import load_thesis

__all__ = [
    "BasketTargets",
    "Plan",
    "Policy",
    "PortfolioState",
    "StrategyError",
    "TargetWeights",
    "Thesis",
    "catalogue",
    "estimators",
    "load_thesis",
    "optimisers",
    "thesis",
]
offer(
    __name__,
    {
        "BasketTargets": "strategies.targets",
        "Plan": "strategies.plan",
        "Policy": "strategies.strategy",
        "PortfolioState": "strategies.strategy",
        "StrategyError": "strategies.errors",
        "TargetWeights": "strategies.targets",
        "Thesis": "strategies.thesis",
        "catalogue": "strategies.catalogue",
        "estimators": "strategies.estimators:*",
        "load_thesis": "strategies.thesis_file",
        "optimisers": "strategies.optimisers:*",
        "thesis": "strategies.catalogue",
    },
)
