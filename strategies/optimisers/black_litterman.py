"""The best portfolio of a market's implied returns and one's own views."""

from dataclasses import dataclass, replace
from typing import ClassVar

from strategies.errors import StrategyError
from strategies.estimators.black_litterman import black_litterman
from strategies.estimators.expected import implied_returns
from strategies.estimators.views import NO_VIEW, Views
from strategies.optimisers.answer import Answer, Measure
from strategies.optimisers.constraints.constraint import number
from strategies.optimisers.inputs import Inputs
from strategies.optimisers.mean_variance import MeanVariance
from strategies.optimisers.optimiser import Optimiser


@dataclass(frozen=True, kw_only=True)
class BlackLitterman(Optimiser):
    """Mean-variance over the posterior of Black and Litterman, as in He and Litterman [1]_.

        prior      pi = g S b, the returns at which the benchmark b is best
        posterior  mu, S + M from views P mu = q + e, e ~ N(0, omega), at uncertainty tau of the prior
        maximise   mu'w - g/2 w'(S + M)w   subject to the constraints

    Attributes
    ----------
    risk_aversion : float
        g above.
    tau : float
    views : Views or None
        None: the prior alone; the best portfolio without constraints is then the benchmark over 1 + tau.
    constraints, when_infeasible
        As of `Optimiser`. The input `benchmark` holds the market's weights.

    References
    ----------
    .. [1] He and Litterman, "The intuition behind Black-Litterman model portfolios", 1999.

    Examples
    --------
    >>> view = Views(P=[[1.0, -1.0]], q=[0.02])
    >>> best = BlackLitterman(risk_aversion=2.5, views=view)
    >>> covariance = [[0.04, 0.01], [0.01, 0.04]]
    >>> print(best.weights(covariance=covariance, benchmark=[0.5, 0.5]).round(4))
    [0.565 0.435]
    """

    risk_aversion: float = 2.5
    tau: float = 0.05
    views: Views | None = None  # equal to itself alone

    measure: ClassVar[Measure] = Measure("certainty equivalent")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "risk_aversion", number(self.risk_aversion, "risk_aversion", least=1e-9))
        object.__setattr__(self, "tau", number(self.tau, "tau", least=1e-9))

    def allocate(self, given: Inputs, *, in_full: bool = True) -> Answer:
        """Work the posterior out, and find its best portfolio; see `Optimiser.allocate`."""
        posterior, remarks = self.posterior(given)
        best = MeanVariance(
            risk_aversion=self.risk_aversion, constraints=self.constraints, when_infeasible=self.when_infeasible
        ).allocate(posterior, in_full=in_full)
        return replace(best, remarks=(*remarks, *best.remarks))

    def without(self, key: str, given: Inputs) -> float:
        """Say what the measure would be without one demand; see `Optimiser.without`."""
        best = MeanVariance(risk_aversion=self.risk_aversion, constraints=self.constraints)
        return best.without(key, self.posterior(given)[0])

    def posterior(self, given: Inputs) -> tuple[Inputs, tuple[str, ...]]:
        """Give inputs with the posterior in the place of covariance and expected returns.

        Parameters
        ----------
        given : Inputs

        Returns
        -------
        Inputs
        remarks : tuple of str

        Raises
        ------
        StrategyError
            If there is no benchmark, or views do not fit.
        """
        covariance = given.need("covariance", "BlackLitterman")
        market = given.need("benchmark", "BlackLitterman")
        prior = implied_returns(covariance, market, self.risk_aversion, names=given.names)
        if self.views is None:
            uncertain = covariance * (1.0 + self.tau)
            told = (*prior.remarks, f"{NO_VIEW}: the prior stands alone.")
            return replace(given, expected_returns=prior.value, covariance=uncertain), told
        if self.views.P.shape[1] != given.n_names:
            raise StrategyError(f"Views on {self.views.P.shape[1]} names, and there are {given.n_names}.")
        found = black_litterman(covariance, prior.value, self.views, self.tau, names=given.names)
        told = (*prior.remarks, *found.remarks)
        return replace(given, expected_returns=found.expected_returns, covariance=found.covariance), told
