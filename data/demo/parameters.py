"""The parameters of the demo market, as `python -m data.demo.fit` wrote them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import Any

FILE = "parameters.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketParameters:
    """One market's returns; volatilities are annual fractions, over 252 sessions.

    Attributes
    ----------
    mean : float
        Log return of the average name, a year.
    calm, turbulent : float
        Volatility of the market's own shocks in each state.
    stay_calm, stay_turbulent : float
        Probability that the next session keeps the state.
    alpha, beta : float
        GARCH(1,1) of the shocks inside a state.
    dof : float
        Degrees of freedom of the shocks' Student t.
    follow : float
        Slope on New York's returns since the last session; 0 for New York itself.
    shared : float
        Slope on Hong Kong's own shock of the same day; 0 for Hong Kong itself.
    beta_sd : float
        Spread of the names' slopes on the market, around 1.
    sector : float
        Volatility of a sector's shocks.
    own, own_spread : float
        Median volatility of a name's own shocks, and standard deviation of its logarithm over names.
    own_alpha, own_beta, own_dof : float
        As `alpha`, `beta` and `dof`, of a name's own shocks.
    own_with_market : float
        Elasticity of the size of names' own shocks to the volatility of the market's.
    overnight_slope, overnight_noise : float
        Log return from close to open: slope on the whole day's, and what is left, as a share of its volatility.
    reach : float
        Mean log distance from the higher of open and close to the high, as a share of the day's volatility.
    volume_noise, volume_memory, volume_response : float
        Log volume around its mean: standard deviation, autocorrelation at lag 1, and slope on the size of the day's
        return in standard deviations.
    """

    mean: float
    calm: float
    turbulent: float
    stay_calm: float
    stay_turbulent: float
    alpha: float
    beta: float
    dof: float
    follow: float
    shared: float
    beta_sd: float
    sector: float
    own: float
    own_spread: float
    own_alpha: float
    own_beta: float
    own_dof: float
    own_with_market: float
    overnight_slope: float
    overnight_noise: float
    reach: float
    volume_noise: float
    volume_memory: float
    volume_response: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyParameters:
    """Exchange rates and interest.

    Attributes
    ----------
    hkd_memory, hkd_noise : float
        First-order autoregression of where USD/HKD stands in its band (7.80 + 0.05 tanh of it), a day.
    cny_volatility, cny_dof : float
        USD/CNY: annual volatility and degrees of freedom of its log changes.
    cny_on_china : float
        Slope of USD/CNY's log change on Shanghai's return of the day.
    hibor_gap, hibor_memory, hibor_noise : float
        One-month HIBOR less the Fed funds rate, percent: mean, autocorrelation and noise a day.
    """

    hkd_memory: float
    hkd_noise: float
    cny_volatility: float
    cny_dof: float
    cny_on_china: float
    hibor_gap: float
    hibor_memory: float
    hibor_noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoParameters:
    """All of them.

    Attributes
    ----------
    markets : mapping of str to MarketParameters
        By venue: XNYS, XHKG, XSHG.
    money : MoneyParameters
    """

    markets: Mapping[str, MarketParameters]
    money: MoneyParameters


def _picked(kind: Any, table: Mapping[str, float]) -> Any:
    return kind(**{one.name: float(table[one.name]) for one in fields(kind)})


@cache
def fitted_parameters() -> DemoParameters:
    """Read the parameters that come with the demo market.

    Returns
    -------
    DemoParameters
    """
    text = (resources.files("data") / "demo" / FILE).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return DemoParameters(
        markets={venue: _picked(MarketParameters, table[venue]) for venue in ("XNYS", "XHKG", "XSHG")},
        money=_picked(MoneyParameters, table["money"]),
    )
