"""What stands in the way of comparing the candidates of a sweep with each other."""

from collections.abc import Sequence

from backtest.report.sweep.labels import ANNUALISED, spoken
from backtest.report.tables import number
from backtest.report.writing import listed

# Settings that say what a trade or cash costs: assumptions about the world, which no rule may choose.
PAID = (
    "run.costs", "run.fx_spread_bps", "run.commission_bps", "run.commission_min", "run.half_spread_bps", "run.impact",
    "run.interest", "run.rate_spread", "run.rate_fallback", "run.borrow_fee", "run.dividend_yield", "run.investor",
)  # fmt: skip


def cautions(varied: Sequence[str]) -> list[str]:
    """Say which varied settings make a ranking misleading.

    Parameters
    ----------
    varied : sequence of str
        Parameters that take more than one value.

    Returns
    -------
    list of str
        One sentence each.
    """
    said, paid = [], [name for name in varied if name in PAID]
    if paid:
        said.append(
            f"Candidates are ranked across {listed(paid)}: the best may be best because it is assumed to pay less. "
            "Compare candidates that pay alike."
        )
    if "run.base_currency" in varied:
        said.append(
            "Candidates are ranked across run.base_currency: their returns are in different currencies, and amounts of "
            "money in one column are too. Compare candidates of one currency."
        )
    return said


def annualised(by: str, years: float) -> str:
    """Say that a measure is annualised from less than a year.

    Parameters
    ----------
    by : str
        That candidates are ranked by.
    years : float
        Less than one.

    Returns
    -------
    str
        A sentence.
    """
    over = f"The candidates run over {number(years, 2)} years: under one, nothing is annualised"
    if by not in ANNUALISED:
        return f"{over}."
    return f"{over}, but for the {spoken(by)} that they are ranked by, which then says little."
