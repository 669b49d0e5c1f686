"""Fit the parameters of the demo market to a folder of real prices: `python -m data.demo.fit FOLDER`."""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.demo.estimators import (
    TwoStates,
    autocorrelation,
    dof_of,
    garch_of,
    mean_covariances,
    slopes,
    two_states,
    without_garch,
)
from data.demo.factors import SESSIONS_PER_YEAR, long_run_variance
from data.demo.panels import Panel, panel_of
from data.demo.parameters import FILE
from data.demo.series import HKD_HALF_BAND, HKD_MIDDLE
from data.demo.sessions import same_day, since_last
from data.load import load
from data.market import MarketData

Array = NDArray[np.float64]
VENUES = ("XNYS", "XHKG", "XSHG")
N_LAGS = 20
CLIP = 5.0  # standard deviations: beyond, single days decide a sample's autocorrelation of squares
HEADER = """\
# Parameters of the demo market, fitted by `python -m data.demo.fit FOLDER` to a folder of real prices: the Big Seven
# (XNYS), all past and present members of Hang Seng TECH (XHKG) and mainland A shares (XSHG), {first} to {last}.
# Moments and slopes only: no price is in here. docs/demo.md has the method; data/demo/parameters.py says what each is.
"""


def fit(market: MarketData) -> dict[str, dict[str, float]]:
    """Fit the parameters.

    Parameters
    ----------
    market : MarketData
        With names in the three markets, open, high, low and volume for some of them, USD/HKD, USD/CNY, US_FED_FUNDS
        and HK_HIBOR_1M.

    Returns
    -------
    dict of str to dict of str to float
        A table for each venue and "money".

    Raises
    ------
    DataError
        If the market lacks a universe.
    """
    panels = {venue: panel_of(market, venue) for venue in VENUES}
    baskets = {venue: panel.basket() for venue, panel in panels.items()}
    found = {}
    for venue, (follow, shared, shocks) in _links(panels, baskets).items():
        states = two_states(shocks)
        found[venue] = {
            **_market(panels[venue], baskets[venue], shocks, states),
            "follow": follow,
            "shared": shared,
            **_names(panels[venue], baskets[venue], states),
            **_quotes(panels[venue]),
        }
    return {**found, "money": _money(market, panels["XSHG"], baskets["XSHG"])}


def _links(panels: Mapping[str, Panel], baskets: Mapping[str, Array]) -> dict[str, tuple[float, float, Array]]:
    """Regress each market on what was before it in the day: slope on New York, on Hong Kong's shock, and own shocks."""
    ny, hk, cn = (panels[venue].dates for venue in VENUES)
    follow, hong_kong = slopes(baskets["XHKG"], since_last(ny, baskets["XNYS"], hk))
    both, mainland = slopes(baskets["XSHG"], since_last(ny, baskets["XNYS"], cn), same_day(hk, hong_kong, cn))
    shared, new_york = slopes(baskets["XNYS"], since_last(hk, hong_kong, ny, with_same_day=True))
    return {
        "XNYS": (0.0, float(shared[0]), new_york),
        "XHKG": (float(follow[0]), 0.0, hong_kong),
        "XSHG": (float(both[0]), float(both[1]), mainland),
    }


def _market(panel: Panel, basket: Array, shocks: Array, states: TwoStates) -> dict[str, float]:
    alpha, beta, dof = _clusters([shocks / np.sqrt(states.forecast)])
    across, _ = mean_covariances(panel.returns, panel.sectors)
    expected = long_run_variance(states.calm, states.turbulent, states.stay_calm, states.stay_turbulent)
    # The chain has the sample's variance in the long run, less the share of the names' own shocks that a basket of few
    # names holds: the market is what any two of them have in common.
    scale = float(np.sqrt(SESSIONS_PER_YEAR * (shocks.var() - basket.var() + across) / expected))
    return {
        "mean": float(np.nanmean(panel.returns, axis=1).mean() * SESSIONS_PER_YEAR),
        "calm": states.calm * scale,
        "turbulent": states.turbulent * scale,
        "stay_calm": states.stay_calm,
        "stay_turbulent": states.stay_turbulent,
        "alpha": alpha,
        "beta": beta,
        "dof": dof,
    }


def _clusters(series: list[Array]) -> tuple[float, float, float]:
    """Fit GARCH(1,1) and Student t to the median of several series."""
    scaled = [(one - one.mean()) / one.std() for one in series]
    squares = [np.clip(one, -CLIP, CLIP) ** 2 for one in scaled]
    correlations = [[autocorrelation(one, lag) for lag in range(1, N_LAGS + 1)] for one in squares]
    alpha, beta = garch_of(np.median(correlations, axis=0))
    return alpha, beta, float(np.median([dof_of(without_garch(one, alpha, beta)) for one in scaled]))


def _names(panel: Panel, basket: Array, states: TwoStates) -> dict[str, float]:
    across, within = mean_covariances(panel.returns, panel.sectors)
    sector = max(within - across, 0.0)
    betas, own, rests = list[float](), list[float](), list[Array]()
    sizes = np.full(panel.returns.shape, np.nan)
    for i, column in enumerate(panel.returns.T):
        known = ~np.isnan(column)
        beta, rest = slopes(column[known], basket[known])
        sizes[known, i] = np.abs(rest) / rest.std()
        betas.append(float(beta[0]))
        own.append(float(np.sqrt(max(rest.var() - sector, 0.25 * rest.var()) * SESSIONS_PER_YEAR)))
        rests.append(rest)
    alpha, beta_own, dof = _clusters(rests)
    with_market, _ = slopes(np.log(np.nanmean(sizes, axis=1)), 0.5 * np.log(states.forecast))
    return {
        "beta_sd": float(np.std(betas)),
        "sector": float(np.sqrt(sector * SESSIONS_PER_YEAR)),
        "own": float(np.median(own)),
        "own_spread": float(np.std(np.log(own))),
        "own_alpha": alpha,
        "own_beta": beta_own,
        "own_dof": dof,
        "own_with_market": float(with_market[0]),
    }


def _quotes(panel: Panel) -> dict[str, float]:
    """Fit opens, ranges and volumes, name by name, and take the median name."""
    rows = []
    for i in range(panel.returns.shape[1]):
        day, overnight, reach, volume = (
            table[:, i] for table in (panel.returns, panel.overnight, panel.reach, panel.volume)
        )
        known = ~np.isnan(day) & ~np.isnan(overnight) & ~np.isnan(reach) & ~np.isnan(volume)
        if known.sum() < SESSIONS_PER_YEAR:
            continue
        spread = day[known].std()
        slope, noise = slopes(overnight[known], day[known])
        response, level = slopes(volume[known], np.abs(day[known]) / spread)
        rows.append(
            (
                slope[0],
                noise.std() / spread,
                np.mean(reach[known]) / spread,
                level.std(),
                autocorrelation(level, 1),
                response[0],
            )
        )
    keys = ("overnight_slope", "overnight_noise", "reach", "volume_noise", "volume_memory", "volume_response")
    return dict(zip(keys, np.median(rows, axis=0).tolist(), strict=True))


def _money(market: MarketData, mainland: Panel, basket: Array) -> dict[str, float]:
    first, last = mainland.dates[0], mainland.dates[-1]
    hkd, cny = (_rates(market, quote, first, last) for quote in ("HKD", "CNY"))
    place = np.arctanh(np.clip((hkd[1] - HKD_MIDDLE) / HKD_HALF_BAND, -0.98, 0.98))
    memory, noise = slopes(place[1:], place[:-1])
    change = np.diff(np.log(cny[1]))
    days = cny[0][1:]
    on_china, _ = slopes(change, same_day(mainland.dates, basket, days))
    table = market.table("rates")
    dates = table["date"].to_numpy().astype("datetime64[D]")
    levels = {
        name: table[(table["series"] == name).to_numpy() & (dates >= first) & (dates <= last)].set_index("date")[
            "value"
        ]
        for name in ("HK_HIBOR_1M", "US_FED_FUNDS")
    }
    gap = (levels["HK_HIBOR_1M"] - levels["US_FED_FUNDS"]).dropna().to_numpy()
    hibor, surprise = slopes(gap[1:], gap[:-1])
    return {
        "hkd_memory": float(memory[0]),
        "hkd_noise": float(noise.std()),
        "cny_volatility": float(change.std() * np.sqrt(SESSIONS_PER_YEAR)),
        "cny_dof": dof_of(change),
        "cny_on_china": float(on_china[0]),
        "hibor_gap": float(gap.mean()),
        "hibor_memory": float(hibor[0]),
        "hibor_noise": float(surprise.std()),
    }


def _rates(
    market: MarketData, quote: str, first: np.datetime64, last: np.datetime64
) -> tuple[NDArray[np.datetime64], Array]:
    stamps, rates = market.fx.pairs["USD", quote]
    days = stamps.astype("datetime64[ns]").astype("datetime64[D]")
    inside = (days >= first) & (days <= last)
    return days[inside], rates[inside]


def as_toml(tables: dict[str, dict[str, float]], first: np.datetime64, last: np.datetime64) -> str:
    """Write the parameters as they are kept.

    Parameters
    ----------
    tables : dict of str to dict of str to float
    first, last : datetime64[D]
        Of the prices fitted to.

    Returns
    -------
    str
    """
    parts = [HEADER.format(first=first, last=last)]
    for name, table in tables.items():
        parts.append(f"\n[{name}]\n" + "".join(f"{key} = {value:.4g}\n" for key, value in table.items()))
    return "".join(parts)


if __name__ == "__main__":
    given = load(sys.argv[1])
    target = Path(__file__).with_name(FILE)
    target.write_text(as_toml(fit(given), *panel_of(given, "XNYS").dates[[0, -1]]), encoding="utf-8")
    sys.stdout.write(f"{target}\n")
