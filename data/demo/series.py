"""The demo's exchange rates, interest rates, flows and valuations."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.demo.draws import Draws
from data.demo.factors import SESSIONS_PER_YEAR
from data.demo.parameters import MoneyParameters
from data.demo.sessions import same_day

Array = NDArray[np.float64]
Dates = NDArray[np.datetime64]
FLOW_HISTORY_WEEKS = 26  # figures published before the first price
# A made-up cycle of a policy rate, percent a year, by its first day.
FED_FUNDS = {
    "2019-03-01": 2.4,
    "2020-03-16": 0.1,
    "2022-03-17": 0.4,
    "2022-09-22": 3.1,
    "2023-07-27": 5.3,
    "2024-09-19": 4.6,
}
SHIBOR = (1.8, 0.98, 0.05)  # mean, autocorrelation, noise a day: assumed, for want of a series
# Middle and half width of USD/HKD's band, 7.75 to 7.85 since 2005-05-18 (Hong Kong Monetary Authority; recalled).
HKD_MIDDLE, HKD_HALF_BAND = 7.80, 0.05
# The onshore rate may leave its fixing by 2 % a day, since 2014-03-17 (People's Bank of China; recalled).
CNY_BAND = 0.02
FIRST_CNY = 6.70
# Weekly flows, USD: for a return of 1, and standard deviations of the rest and of what was published before.
FLOW_PER_RETURN, FLOW_NOISE, FLOW_NOISE_BEFORE = 2e10, 4e8, 6e8
USUAL_PE = (("NDX", "XNYS", 30.0), ("HSTECH", "XHKG", 25.0))
EARNINGS_NOISE = 0.001  # a session


def _remembered(shocks: Array, memory: float) -> Array:
    """Make a first-order autoregression of shocks, from 0."""
    level, levels = 0.0, np.empty(len(shocks))
    for t, shock in enumerate(shocks.tolist()):
        level = memory * level + shock
        levels[t] = level
    return levels


def fx_table(seed: int, days: Dates, shanghai: Dates, mainland: Array, money: MoneyParameters) -> pd.DataFrame:
    """Draw USD/HKD inside its band and USD/CNY.

    Parameters
    ----------
    seed : int
    days : ndarray of shape (n,), datetime64[D]
        The first lies before the first price.
    shanghai : ndarray of shape (m,), datetime64[D]
    mainland : ndarray of shape (m,)
        Shanghai's factor.
    money : MoneyParameters

    Returns
    -------
    DataFrame
        Columns date, base, quote, rate.
    """
    place = _remembered(money.hkd_noise * Draws(seed, "USD/HKD").normal(len(days)), money.hkd_memory)
    hkd = HKD_MIDDLE + HKD_HALF_BAND * np.tanh(place)
    moved = money.cny_on_china * same_day(shanghai, mainland, days)
    left = np.sqrt(max(money.cny_volatility**2 / SESSIONS_PER_YEAR - moved.var(), 0.0))
    step = moved - moved.mean() + left * Draws(seed, "USD/CNY").student(len(days), money.cny_dof)
    cny = FIRST_CNY * np.exp(np.cumsum(np.clip(step, -CNY_BAND, CNY_BAND)))
    date = days.astype("datetime64[ns]")
    pieces = [
        pd.DataFrame({"date": date, "base": "USD", "quote": quote, "rate": np.round(rate, 4)})
        for quote, rate in (("HKD", hkd), ("CNY", cny))
    ]
    return pd.concat(pieces, ignore_index=True)


def rate_table(seed: int, days: Dates, money: MoneyParameters) -> pd.DataFrame:
    """Draw interest rates around a made-up policy rate.

    Parameters
    ----------
    seed : int
    days : ndarray of shape (n,), datetime64[D]
    money : MoneyParameters

    Returns
    -------
    DataFrame
        Columns date, series, value (percent a year).
    """
    begins = np.array(list(FED_FUNDS), dtype="datetime64[D]")
    levels = np.array(list(FED_FUNDS.values()))
    funds = levels[np.maximum(np.searchsorted(begins, days, side="right") - 1, 0)]
    gap = money.hibor_gap + _remembered(money.hibor_noise * Draws(seed, "HIBOR").normal(len(days)), money.hibor_memory)
    mean, memory, noise = SHIBOR
    shibor = mean + _remembered(noise * Draws(seed, "SHIBOR").normal(len(days)), memory)
    date = days.astype("datetime64[ns]")
    pieces = [
        pd.DataFrame({"date": date, "series": series, "value": np.round(np.maximum(value, 0.05), 2)})
        for series, value in (("US_FED_FUNDS", funds), ("HK_HIBOR_1M", funds + gap), ("CN_SHIBOR_ON", shibor))
    ]
    return pd.concat(pieces, ignore_index=True)


def flow_table(seed: int, days: Dates, sessions: Mapping[str, Dates], levels: Mapping[str, Array]) -> pd.DataFrame:
    """Draw weekly flows into two markets: they follow the week's return and noise, and predict nothing.

    Parameters
    ----------
    seed : int
    days : ndarray of shape (n,), datetime64[D]
    sessions, levels : mapping by venue
        Dates and index levels.

    Returns
    -------
    DataFrame
        Columns date, entity, net_usd, known: published on the Thursday after, at 21:00 UTC.
    """
    fridays = np.arange(days[0] + (4 - (days[0].astype(np.int64) + 3) % 7) % 7, days[-1] + 1, 7)
    pieces = []
    for entity, venue in (("US", "XNYS"), ("CHINA", "XHKG")):
        upto = np.maximum(np.searchsorted(sessions[venue], fridays, side="right") - 1, 0)
        week = np.diff(np.log(levels[venue][upto]), prepend=0.0)
        draws = Draws(seed, f"flows {entity}")
        flow = FLOW_PER_RETURN * week + FLOW_NOISE * draws.normal(len(fridays))
        before = fridays[0] - 7 * np.arange(FLOW_HISTORY_WEEKS, 0, -1)
        date = np.concatenate([before, fridays])
        flow = np.concatenate([FLOW_NOISE_BEFORE * draws.normal(FLOW_HISTORY_WEEKS), flow])
        known = pd.DatetimeIndex((date + 6).astype("datetime64[ns]"), tz="UTC") + pd.Timedelta(hours=21)
        pieces.append(
            pd.DataFrame(
                {"date": date.astype("datetime64[ns]"), "entity": entity, "net_usd": flow.round(-5), "known": known}
            )
        )
    return pd.concat(pieces, ignore_index=True)


def valuation_table(seed: int, sessions: Mapping[str, Dates], levels: Mapping[str, Array]) -> pd.DataFrame:
    """Draw the P/E of two indices: their level over earnings that grow as much in all, with noise.

    Parameters
    ----------
    seed : int
    sessions, levels : mapping by venue

    Returns
    -------
    DataFrame
        Columns date, entity, metric, value.
    """
    pieces = []
    for entity, venue, usual in USUAL_PE:
        n = len(sessions[venue])
        growth = np.log(levels[venue][-1]) / n
        earnings = np.cumsum(growth + EARNINGS_NOISE * Draws(seed, f"earnings {entity}").normal(n))
        ratio = usual * levels[venue] * np.exp(-earnings)
        pieces.append(
            pd.DataFrame(
                {
                    "date": sessions[venue].astype("datetime64[ns]"),
                    "entity": entity,
                    "metric": "pe_ttm",
                    "value": ratio.round(2),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)
