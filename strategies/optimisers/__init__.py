"""Portfolios that are best of all that a mandate allows: programmes, constraints, and what to do where none is left."""

from strategies.errors import InfeasibleError
from strategies.optimisers.answer import Answer, ShadowPrice
from strategies.optimisers.black_litterman import BlackLitterman
from strategies.optimisers.conflicts import Clash, Conflict
from strategies.optimisers.constraints.bounds import Bounds, DoNotTrade
from strategies.optimisers.constraints.costs import TradingCosts
from strategies.optimisers.constraints.counting import MinimumPosition, NumberOfNames
from strategies.optimisers.constraints.exposure import Gross, Net, Short
from strategies.optimisers.constraints.groups import GroupLimits
from strategies.optimisers.constraints.risk import Exposure, TrackingError, Volatility
from strategies.optimisers.constraints.trading import Participation, Turnover
from strategies.optimisers.critical_line import efficient_frontier
from strategies.optimisers.frontier import Frontier, FrontierPortfolio
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.maximum_diversification import MaximumDiversification
from strategies.optimisers.maximum_sharpe import MaximumSharpe
from strategies.optimisers.mean_cvar import MeanCVaR
from strategies.optimisers.mean_variance import MeanVariance
from strategies.optimisers.minimum_cvar import MinimumCVaR
from strategies.optimisers.minimum_tracking_error import MinimumTrackingError
from strategies.optimisers.minimum_variance import MinimumVariance
from strategies.optimisers.optimiser import Optimiser
from strategies.optimisers.risk_parity import RiskParity

__all__ = [
    "Answer",
    "BlackLitterman",
    "Bounds",
    "Clash",
    "Conflict",
    "DoNotTrade",
    "Exposure",
    "Frontier",
    "FrontierPortfolio",
    "Gross",
    "GroupLimits",
    "InfeasibleError",
    "Inputs",
    "MaximumDiversification",
    "MaximumSharpe",
    "MeanCVaR",
    "MeanVariance",
    "MinimumCVaR",
    "MinimumPosition",
    "MinimumTrackingError",
    "MinimumVariance",
    "Net",
    "NumberOfNames",
    "Optimiser",
    "Participation",
    "RiskParity",
    "ShadowPrice",
    "Short",
    "TrackingError",
    "TradingCosts",
    "Turnover",
    "Volatility",
    "efficient_frontier",
]
