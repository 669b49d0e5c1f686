"""Five measures of a return series, in libraries that a quant would ask: their definitions brought together first.

2,520 returns: a twentieth of them is 126, a whole number, so that the tail of empyrical and vectorbt, which average
whole returns only, is the one of Acerbi and Tasche that skfolio and ours average.
"""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics.drawdowns import max_drawdown
from backtest.metrics.ratios import sharpe_ratio
from backtest.metrics.returns import total_return
from backtest.metrics.risk import volatility
from backtest.metrics.tails import conditional_value_at_risk
from benchmarks.peers.in_vectorbt import assert_engine
from benchmarks.peers.jobs import Entry, Job, Ready

N_RETURNS = 2520
PERIODS = 252
TAIL = 0.05
MEASURES = "total return, volatility, Sharpe ratio, largest drawdown, CVaR at 95 %"
TOLERANCE = 1e-9


@cache
def make_returns() -> NDArray[np.float64]:
    """Draw fat-tailed daily returns.

    Returns
    -------
    ndarray of shape (2520,)
    """
    return 0.0004 + 0.008 * np.random.default_rng(23).standard_t(4, N_RETURNS)


def measuring_job() -> Job:
    """Give the measures.

    Returns
    -------
    Job
    """

    def peer(name: str, make: Callable[[], Callable[[], object]], package: str, engine: str) -> Entry:
        return Entry(name=name, package=package, engine=engine, make=lambda: Ready(run=make(), answer=_array))

    return Job(
        key="measures", title="Five measures of a return series", size=f"{N_RETURNS:,} returns", compared=MEASURES,
        tolerance=TOLERANCE,
        ours=Entry(name="eastbound", engine="numpy", make=lambda: Ready(run=_ours, answer=_array)),
        peers=(
            peer("empyrical", _empyrical, "empyrical-reloaded", "numpy"),
            peer("skfolio.measures", _skfolio, "skfolio", "numpy"),
            peer("vectorbt, returns accessor", partial(_vectorbt, "numba"), "vectorbt", "numba"),
            peer("vectorbt, returns accessor", partial(_vectorbt, "rust"), "vectorbt-rust", "rust"),
            peer("pandas", _pandas, "pandas", "python"),
            peer("numpy", _numpy, "numpy", "python"),
        ),
    )  # fmt: skip


def _array(measures: object) -> NDArray[np.float64]:
    return np.array(measures, dtype=np.float64)


def _ours() -> tuple[float, ...]:
    returns = make_returns()
    return (
        total_return(returns), volatility(returns, PERIODS), sharpe_ratio(returns, PERIODS), max_drawdown(returns),
        conditional_value_at_risk(returns),
    )  # fmt: skip


def _empyrical() -> Callable[[], object]:
    import empyrical

    returns = make_returns()

    def run() -> tuple[float, ...]:
        return (
            empyrical.cum_returns_final(returns), empyrical.annual_volatility(returns, annualization=PERIODS),
            empyrical.sharpe_ratio(returns, annualization=PERIODS), empyrical.max_drawdown(returns),
            empyrical.conditional_value_at_risk(returns, TAIL),
        )  # fmt: skip

    return run


def _skfolio() -> Callable[[], object]:
    from skfolio import measures

    returns = make_returns()

    def run() -> tuple[float, ...]:
        deviation = measures.standard_deviation(returns)  # ddof 1, as ours; losses count above zero: signs are turned
        wealth = measures.get_cumulative_returns(returns, compounded=True)
        return (
            wealth[-1] - 1.0, deviation * PERIODS**0.5, measures.mean(returns) / deviation * PERIODS**0.5,
            -measures.max_drawdown(measures.get_drawdowns(returns, compounded=True)),
            -measures.cvar(returns, beta=1.0 - TAIL),
        )  # fmt: skip

    return run


def _vectorbt(engine: str) -> Callable[[], object]:
    import vectorbt as vbt  # noqa: F401 - registers the accessor

    assert_engine(engine)
    returns = pd.Series(make_returns(), index=pd.bdate_range("2015-01-01", periods=N_RETURNS))

    def run() -> tuple[float, ...]:
        read = returns.vbt.returns(freq="1D", year_freq=f"{PERIODS}D", engine=engine)
        return (
            read.total(), read.annualized_volatility(), read.sharpe_ratio(), read.max_drawdown(),
            read.cond_value_at_risk(TAIL),
        )  # fmt: skip

    return run


def _pandas() -> Callable[[], object]:
    returns = pd.Series(make_returns())

    def run() -> tuple[float, ...]:
        wealth = (1.0 + returns).cumprod()
        peak = wealth.cummax().clip(lower=1.0)
        deviation = returns.std()
        return (
            wealth.iloc[-1] - 1.0, deviation * PERIODS**0.5, returns.mean() / deviation * PERIODS**0.5,
            (wealth / peak - 1.0).min(), returns.nsmallest(round(TAIL * len(returns))).mean(),
        )  # fmt: skip

    return run


def _numpy() -> Callable[[], object]:
    returns = make_returns()

    def run() -> tuple[float, ...]:
        wealth = np.cumprod(1.0 + returns)
        deviation, n_tail = returns.std(ddof=1), round(TAIL * len(returns))
        return (
            wealth[-1] - 1.0, deviation * PERIODS**0.5, returns.mean() / deviation * PERIODS**0.5,
            (wealth / np.maximum(np.maximum.accumulate(wealth), 1.0) - 1.0).min(),
            np.partition(returns, n_tail - 1)[:n_tail].mean(),
        )  # fmt: skip

    return run
