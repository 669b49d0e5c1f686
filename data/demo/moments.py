"""The demo beside the prices it was fitted to, moment by moment: `python -m data.demo.moments FOLDER`."""

import sys
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from data.demo.estimators import MIN_DAYS, autocorrelation, kurtosis
from data.demo.factors import SESSIONS_PER_YEAR
from data.demo.market import made_market
from data.demo.panels import COMPARED, Panel, panel_of
from data.demo.turn import has_the_turn
from data.load import load
from data.market import MarketData

Array = NDArray[np.float64]
LAGS = (1, 5, 20)
HILL_SHARE = 0.05  # of the days, the largest falls: what the Hill index is estimated from
N_SEEDS = 100
PAIRS = (("US", "HK"), ("US", "CN"), ("HK", "CN"))
LABELS = {"XNYS": "US", "XHKG": "HK", "XSHG": "CN"}


def hill(returns: Array) -> float:
    """Estimate the tail index of falls.

    Parameters
    ----------
    returns : ndarray of shape (n,)

    Returns
    -------
    float
        About the number of moments that exist: 3 to 4 for most shares.

    References
    ----------
    .. [1] Hill, "A Simple General Approach to Inference About the Tail of a Distribution", 1975.
    """
    falls = np.sort(-returns)[::-1]
    k = int(HILL_SHARE * len(falls))
    return float(1.0 / np.mean(np.log(falls[:k] / falls[k])))


def max_drawdown(returns: Array) -> float:
    """Give the deepest fall from a peak.

    Parameters
    ----------
    returns : ndarray of shape (n,)
        Log returns.

    Returns
    -------
    float
        Zero or below.
    """
    level = np.concatenate([[0.0], np.cumsum(returns)])
    return float(np.expm1((level - np.maximum.accumulate(level)).min()))


def _skew(returns: Array) -> float:
    centred = returns - returns.mean()
    return float((centred**3).mean() / (centred**2).mean() ** 1.5)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _plain(value: float) -> str:
    return f"{value:.2f}"


MEASURES: Mapping[str, tuple[Callable[[Array], float], Callable[[float], str]]] = {
    "mean, a year": (lambda r: float(r.mean() * SESSIONS_PER_YEAR), _percent),
    "volatility, a year": (lambda r: float(r.std() * np.sqrt(SESSIONS_PER_YEAR)), _percent),
    "skew": (_skew, _plain),
    "excess kurtosis": (lambda r: kurtosis(r) - 3.0, _plain),
    "1% quantile": (lambda r: float(np.quantile(r, 0.01)), _percent),
    "99% quantile": (lambda r: float(np.quantile(r, 0.99)), _percent),
    "Hill index of falls": (hill, _plain),
    "maximum drawdown": (max_drawdown, _percent),
    **{f"autocorrelation, lag {lag}": (lambda r, lag=lag: autocorrelation(r, lag), _plain) for lag in LAGS},  # type: ignore[misc]
    **{f"of squares, lag {lag}": (lambda r, lag=lag: autocorrelation(r**2, lag), _plain) for lag in LAGS},  # type: ignore[misc]
}


def moments(market: MarketData) -> dict[tuple[str, str], float]:
    """Measure a market's baskets, names and correlations.

    Parameters
    ----------
    market : MarketData
        With the universes of `COMPARED`.

    Returns
    -------
    dict of (str, str) to float
        By market ("US", "HK", "CN", or two of them) and measure. What is said of names is the mean over names with at
        least 250 days, of pairs the mean over pairs with as many in common.

    Raises
    ------
    DataError
        If the market lacks one of the universes.
    """
    panels = {LABELS[venue]: panel_of(market, venue) for venue in COMPARED}
    found = {}
    for place, panel in panels.items():
        basket = panel.basket()
        names = [column[~np.isnan(column)] for column in panel.returns.T]
        names = [one for one in names if len(one) >= MIN_DAYS]
        for label, (measure, _) in MEASURES.items():
            found[place, f"basket: {label}"] = measure(basket)
        for label, (measure, _) in MEASURES.items():
            found[place, f"name: {label}"] = float(np.mean([measure(one) for one in names]))
        found[place, "correlation of two names"] = _mean_correlation(panel)
    for first, second in PAIRS:
        for lag in (-1, 0, 1):
            found[f"{first}, {second}", f"correlation, lag {lag:+d}"] = _cross_correlation(
                panels[first], panels[second], lag
            )
    return found


def _mean_correlation(panel: Panel) -> float:
    found = []
    for i in range(panel.returns.shape[1]):
        for j in range(i):
            both = ~np.isnan(panel.returns[:, i]) & ~np.isnan(panel.returns[:, j])
            if both.sum() >= MIN_DAYS:
                found.append(np.corrcoef(panel.returns[both, i], panel.returns[both, j])[0, 1])
    return float(np.mean(found))


def _cross_correlation(one: Panel, other: Panel, lag: int) -> float:
    """Correlate two baskets on their common dates, the second that many of them later."""
    _, at, of = np.intersect1d(one.dates, other.dates, return_indices=True)
    first, second = one.basket()[at], other.basket()[of]
    n = len(at)
    return float(np.corrcoef(first[max(-lag, 0) : n - max(lag, 0)], second[max(lag, 0) : n - max(-lag, 0)])[0, 1])


def distance(
    made: Mapping[tuple[str, str], float],
    real: Mapping[tuple[str, str], float],
    seeds: list[dict[tuple[str, str], float]],
) -> float:
    """Say how far the baskets of a made-up market are from the real ones.

    Parameters
    ----------
    made, real : mapping of (str, str) to float
    seeds : list of dict of (str, str) to float
        Other seeds: what their moments differ by is the unit.

    Returns
    -------
    float
        Mean absolute difference in standard deviations over seeds.
    """
    keys = [key for key in real if key[1].startswith("basket")]
    return float(np.mean([abs(made[key] - real[key]) / np.std([one[key] for one in seeds]) for key in keys]))


def comparison(demo: MarketData, seeds: list[MarketData], real: MarketData) -> str:
    """Write the moments of made-up and real markets side by side.

    Parameters
    ----------
    demo : MarketData
    seeds : list of MarketData
        The same of other seeds.
    real : MarketData

    Returns
    -------
    str
        A table in Markdown for each market and one of correlations.
    """
    made, found, others = moments(demo), moments(real), [moments(one) for one in seeds]
    lines, last = list[str](), ""
    for place, label in found:
        head = "baskets" if "," in place else place
        if head != last:
            lines += ["", f"| {head} | demo | {len(seeds)} seeds | real |", "|---|---|---|---|"]
            last = head
        shown = MEASURES[label.split(": ")[1]][1] if ": " in label else _plain
        spread = [one[place, label] for one in others]
        name = f"{place}: {label}" if "," in place else label
        lines.append(
            f"| {name} | {shown(made[place, label])} | {shown(float(np.mean(spread)))} ± "
            f"{shown(float(np.std(spread)))} | {shown(found[place, label])} |"
        )
    ranks = [(distance(one, found, others), n) for n, one in enumerate(others, start=1) if has_the_turn(seeds[n - 1])]
    ranked = ", ".join(f"{n} ({gap:.2f})" for gap, n in sorted(ranks)[:5])
    lines += ["", f"Distance of the demo {distance(made, found, others):.2f}; nearest seeds with the turn: {ranked}."]
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(comparison(load("demo"), [made_market(seed) for seed in range(1, N_SEEDS + 1)], load(sys.argv[1])))
