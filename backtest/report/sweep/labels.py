"""How measures and parameters of a sweep are called and written."""

import re

from backtest.report.tables import MINUS, number, percent
from backtest.tuning.analysis.axes import written

LABELS = {
    "total_return": "Total return",
    "annual_return": "Return a year",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe ratio",
    "sharpe_over_cash": "Sharpe over cash",
    "sortino": "Sortino ratio",
    "omega": "Omega ratio",
    "max_drawdown": "Largest drawdown",
    "drawdown_now": "Drawdown at the end",
    "calmar": "Calmar ratio",
    "skew": "Skew",
    "kurtosis": "Excess kurtosis",
    "best_day": "Best day",
    "worst_day": "Worst day",
    "hit_rate": "Days with a gain",
    "exposure": "Invested on average",
    "turnover": "Turnover a year, × NAV",
    "turnover_in_all": "Turnover, × NAV",
    "traded_notional": "Traded",
    "cost": "Costs",
    "cost_annual": "Costs a year, of NAV",
    "cost_in_all": "Costs, of NAV",
    "n_trades": "Fills",
    "years": "Years",
}
FRACTIONS = frozenset({
    "total_return", "annual_return", "volatility", "max_drawdown", "drawdown_now", "best_day", "worst_day", "hit_rate",
    "exposure", "cost_annual", "cost_in_all",
})  # fmt: skip
WHOLE = frozenset({"traded_notional", "cost", "n_trades"})
COSTS, TURNOVERS = frozenset({"cost_annual", "cost_in_all"}), frozenset({"turnover", "turnover_in_all"})
ANNUALISED = frozenset({
    "annual_return", "volatility", "sharpe", "sharpe_over_cash", "sortino", "calmar", "turnover", "cost_annual",
})  # fmt: skip
# Under a year nothing is annualised: what stands in the place of a measure; the others are left out.
IN_ALL = {"annual_return": "total_return", "turnover": "turnover_in_all", "cost_annual": "cost_in_all"}


def label(measure: str) -> str:
    """Name a measure for a reader.

    Parameters
    ----------
    measure : str

    Returns
    -------
    str
    """
    return LABELS.get(measure, measure.replace("_", " ").capitalize())


def spoken(measure: str) -> str:
    """Name a measure within a sentence.

    Parameters
    ----------
    measure : str

    Returns
    -------
    str

    Examples
    --------
    >>> spoken("sharpe"), spoken("annual_return")
    ('Sharpe ratio', 'return a year')
    """
    words = label(measure)
    is_name = words.split()[0] in {"Sharpe", "Sortino", "Omega", "Calmar"}
    return words if is_name else words[:1].lower() + words[1:]


def measured(measure: str, value: float) -> str:
    """Write a value of a measure.

    Parameters
    ----------
    measure : str
    value : float

    Returns
    -------
    str
        A dash for NaN.

    Examples
    --------
    >>> measured("sharpe", 0.456), measured("n_trades", 1234.0)
    ('0.46', '1,234')
    """
    if measure in FRACTIONS:
        return percent(value, 2 if measure in COSTS else 1)
    if measure in WHOLE:
        return number(value)
    return number(value, 1 if measure in TURNOVERS else 2)


def shown(measure: str) -> str:
    """Give the format of a measure under the pointer and on an axis, as d3 takes it.

    Parameters
    ----------
    measure : str

    Returns
    -------
    str
    """
    if measure in FRACTIONS:
        return ".2%" if measure in COSTS else ".1%"
    return ",.0f" if measure in WHOLE else ".2f"


def typeset(text: str) -> str:
    """Set the minus signs of a value that was written in plain characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> typeset("-0.5 to -0.25"), typeset("2021-08-02"), typeset("flow-2")
    ('−0.5 to −0.25', '2021-08-02', 'flow-2')
    """
    return re.sub(r"(?<![\w.])-(?=\d)", MINUS, text)


def setting(values: dict[str, object]) -> str:
    """Write settings on one line.

    Parameters
    ----------
    values : dict
        By dotted name.

    Returns
    -------
    str

    Examples
    --------
    >>> setting({"signal.lookback": 20, "rotation.enter": 0.5})
    'signal.lookback 20, rotation.enter 0.5'
    """
    return ", ".join(f"{name} {typeset(written(value))}" for name, value in values.items())
