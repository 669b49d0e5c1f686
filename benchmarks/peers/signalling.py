"""Signals beside scripts: the signed-dollar-volume proxy of flow momentum, and trailing z-scores of many series."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers.in_vectorbt import assert_engine
from benchmarks.peers.jobs import Entry, Job, Ready, absolute_gap
from benchmarks.peers.rotation import N_DATES, N_NAMES, make_market
from data.market import MarketData
from strategies.signals.flow import FlowSignal
from strategies.signals.kernels.trailing import trailing_zscore_nb
from strategies.signals.scene import Scene
from strategies.signals.turnover import MIN_USUAL_SESSIONS, USUAL_SESSIONS

LOOKBACK, HISTORY, MIN_HISTORY = 20, 756, 252
TOLERANCE = 1e-8  # of z-scores: running sums of traded value lose four digits more than sums of each window


def signalling_jobs(n_dates: int = N_DATES, n_names: int = N_NAMES) -> tuple[Job, ...]:
    """Give both jobs.

    Parameters
    ----------
    n_dates, n_names : int

    Returns
    -------
    tuple of Job
    """
    market = cache(partial(make_market, n_dates, n_names))
    series = cache(partial(make_series, n_dates, n_names))
    size = f"{n_dates:,} dates x {n_names} names"

    def peer(name: str, package: str, engine: str, make: Callable[[], Callable[[], object]]) -> Entry:
        return Entry(name=name, package=package, engine=engine, make=lambda: Ready(run=make(), answer=_array))

    def our_scores() -> Ready:
        by_name = series().T.copy()
        return Ready(run=lambda: _scores(by_name), answer=_array)

    def ours(*, anew: bool) -> Ready:
        sides, made = _sides(list(market().symbols)), market()

        def run() -> NDArray[np.float64]:
            scene = Scene(
                market=replace(made) if anew else made,
                venue="XHKG",
                source=tuple(sides[0]),
                destination=tuple(sides[1]),
            )
            signal = FlowSignal(lookback=LOOKBACK, history=HISTORY, min_history=MIN_HISTORY, input="volume")
            return signal.read(scene).score

        return Ready(run=run, answer=_array)

    flow = Job(
        key="signal", title="Flow momentum of two baskets", size=f"{size}, sums of {LOOKBACK}, z-scores of {HISTORY}",
        compared="the score of each date, absolute", tolerance=TOLERANCE, gap=absolute_gap,
        ours=Entry(
            name="eastbound", engine="numpy, numba", make=lambda: ours(anew=True),
            why="the first reading of a market; reads by stamp what was known, members and halts too",
        ),
        peers=(
            peer("pandas", "pandas", "python", lambda: partial(_flow_in_pandas, *_quotes(market()))),
            peer("numpy", "numpy", "python", lambda: partial(_flow_in_numpy, *map(np.asarray, _quotes(market())))),
        ),
        also=(
            Entry(
                name="eastbound, read again", engine="numpy, numba", make=lambda: ours(anew=False),
                why="what does not depend on the lookback is kept",
            ),
        ),
    )  # fmt: skip
    scores = Job(
        key="zscore", title="Trailing z-scores", size=f"{size}, windows of {HISTORY}",
        compared="the score of each date and name, absolute", tolerance=TOLERANCE, gap=absolute_gap,
        ours=Entry(
            name="eastbound", engine="numba", make=our_scores,
            why="sums each window anew, so that a score depends on its window alone",
        ),
        peers=(
            peer("pandas", "pandas", "cython", lambda: partial(_scores_in_pandas, pd.DataFrame(series()))),
            peer("numpy, sliding windows", "numpy", "python", lambda: partial(_scores_in_numpy, series())),
            peer("vectorbt", "vectorbt", "numba", lambda: _scores_in_vectorbt(series(), "numba")),
            peer("vectorbt", "vectorbt-rust", "rust", lambda: _scores_in_vectorbt(series(), "rust")),
        ),
    )  # fmt: skip
    return flow, scores


def make_series(n_dates: int, n_names: int) -> NDArray[np.float64]:
    """Draw series that return to their mean slowly.

    Parameters
    ----------
    n_dates, n_names : int

    Returns
    -------
    ndarray of shape (n_dates, n_names)
    """
    noise = np.random.default_rng(29).standard_normal((n_dates, n_names))
    for row in range(1, n_dates):
        noise[row] += 0.95 * noise[row - 1]
    return noise


def _array(values: object) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _sides(symbols: list[str]) -> tuple[list[str], list[str]]:
    """Split the names in two baskets: source and destination."""
    half = len(symbols) // 2
    return symbols[:half], symbols[half:]


def _quotes(market: MarketData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give close and volume."""
    return pd.DataFrame(market.close), pd.DataFrame(market.volume)


def _flow_in_pandas(close: pd.DataFrame, volume: pd.DataFrame) -> pd.Series:
    value = close * volume
    signed = value * np.sign(close.diff()).fillna(0.0)
    usual = value.rolling(USUAL_SESSIONS, min_periods=MIN_USUAL_SESSIONS).mean()
    days = signed.rolling(LOOKBACK).sum() / usual
    days.iloc[:LOOKBACK] = np.nan
    half = close.shape[1] // 2
    flow = days.iloc[:, half:].mean(axis=1) - days.iloc[:, :half].mean(axis=1)
    window = flow.rolling(HISTORY, min_periods=MIN_HISTORY)
    return (flow - window.mean()) / window.std()


def _flow_in_numpy(close: NDArray[np.float64], volume: NDArray[np.float64]) -> NDArray[np.float64]:
    value = close * volume
    signed = value * np.sign(np.diff(close, axis=0, prepend=close[:1]))
    first = np.zeros((1, close.shape[1]))
    size, moved = (np.cumsum(np.concatenate([first, one]), axis=0) for one in (value, signed))
    n, last = len(close), np.arange(1, len(close) + 1)
    begin = np.maximum(last - USUAL_SESSIONS, 0)
    days = np.full(close.shape, np.nan)
    usual = (size[last] - size[begin]) / (last - begin)[:, None]
    days[LOOKBACK:] = (moved[LOOKBACK + 1 :] - moved[1 : n - LOOKBACK + 1]) / usual[LOOKBACK:]
    half = close.shape[1] // 2
    flow = days[:, half:].mean(axis=1) - days[:, :half].mean(axis=1)
    return _scores_in_numpy(flow[:, None])[:, 0]


def _scores(by_name: NDArray[np.float64]) -> NDArray[np.float64]:
    scores, scratch = np.empty_like(by_name), np.empty((2, by_name.shape[1]))
    for one, score in zip(by_name, scores, strict=True):
        trailing_zscore_nb(one, HISTORY, MIN_HISTORY, scratch, score)
    return scores.T


def _scores_in_pandas(series: pd.DataFrame) -> pd.DataFrame:
    window = series.rolling(HISTORY, min_periods=MIN_HISTORY)
    return (series - window.mean()) / window.std()


def _scores_in_numpy(series: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = np.full_like(series, np.nan)
    known = np.flatnonzero(~np.isnan(series).any(axis=1))
    start = known[0]
    for row in range(start + MIN_HISTORY - 1, min(start + HISTORY - 1, len(series))):  # windows that still grow
        window = series[start : row + 1]
        scores[row] = (series[row] - window.mean(axis=0)) / window.std(axis=0, ddof=1)
    if len(series) - start >= HISTORY:
        windows = np.lib.stride_tricks.sliding_window_view(series[start:], HISTORY, axis=0)
        spread = windows.std(axis=-1, ddof=1)
        scores[start + HISTORY - 1 :] = (series[start + HISTORY - 1 :] - windows.mean(axis=-1)) / spread
    return scores


def _scores_in_vectorbt(series: NDArray[np.float64], engine: str) -> Callable[[], object]:
    import vectorbt as vbt  # noqa: F401 - registers the accessor

    assert_engine(engine)
    frame = pd.DataFrame(series)

    def run() -> pd.DataFrame:
        window = {"window": HISTORY, "minp": MIN_HISTORY, "engine": engine}
        return (frame - frame.vbt.rolling_mean(**window)) / frame.vbt.rolling_std(ddof=1, **window)

    return run
