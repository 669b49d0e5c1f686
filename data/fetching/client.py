"""Asking Yahoo: one name at a time, politely, and telling an unknown name from no connection."""

import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.errors import DataError

Download = Callable[..., pd.DataFrame | None]
PROBE = "SPY"  # trades on every day: where Yahoo has nothing for it, Yahoo is not reached
PROBE_DAYS = 10
BACKOFF_SECONDS = 5.0  # before the second try; doubled before each further one
TIMEOUT_SECONDS = 30.0


@dataclass(slots=True, kw_only=True)
class YahooClient:
    """Requests to Yahoo, one after the other.

    Attributes
    ----------
    download : callable
        Called as `yfinance.download`, for one ticker.
    today : datetime64[D]
    pause_seconds : float
        Between two requests.
    n_tries : int
        How often a request is made while Yahoo does not answer at all.
    sleep : callable
        Waits a number of seconds.
    reason : str
        What was said first about the empty answers to a question: later ones yfinance answers from its own notes.
    """

    download: Download
    today: np.datetime64
    pause_seconds: float = 1.0
    n_tries: int = 3
    sleep: Callable[[float], None] = time.sleep
    reason: str = ""
    _has_asked: bool = field(default=False, init=False)

    def ask(self, ticker: str, first: np.datetime64) -> pd.DataFrame | None:
        """Ask for the daily bars of a ticker from a date to this day.

        Parameters
        ----------
        ticker : str
        first : datetime64[D]

        Returns
        -------
        DataFrame or None
            None where Yahoo answers, but has nothing for this ticker.

        Raises
        ------
        DataError
            If Yahoo does not answer, not even for `PROBE`.
        """
        self.reason = ""
        for attempt in range(self.n_tries):
            if attempt:
                self.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
            answer = self._request(ticker, first)
            if answer is None and self._request(PROBE, self.today - PROBE_DAYS) is not None:
                return self._request(ticker, first)  # once more: the line may have come back in between
            if answer is not None:
                return answer
        said = f" ({self.reason})" if self.reason else ""
        raise DataError(
            f"Yahoo does not answer: {ticker} and {PROBE} came back empty {self.n_tries} times{said}. Either this "
            "machine is offline, or Yahoo refuses it for now. Try again later; answers that are there are kept."
        )

    def _request(self, ticker: str, first: np.datetime64) -> pd.DataFrame | None:
        if self._has_asked:
            self.sleep(self.pause_seconds)
        self._has_asked = True
        try:
            # No end: to this day. A past range would also come from yfinance's own cache.
            answer = self.download(
                [ticker], start=str(first), auto_adjust=False, actions=True, threads=False, progress=False,
                timeout=TIMEOUT_SECONDS,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - whatever is raised, there is no answer
            self.reason = self.reason or _one_line(error)
            return None
        if answer is None or answer.empty:
            said = "" if answer is None else str(answer.attrs.get("reason", ""))
            self.reason = self.reason or said
            return None
        return answer


def yfinance_download() -> Download:
    """Give `yfinance.download`, made silent.

    Returns
    -------
    callable
        What it logs of a failure stands in `attrs["reason"]` of its answer.

    Raises
    ------
    DataError
        If yfinance is not installed.
    """
    try:
        import yfinance
    except ImportError as error:
        raise DataError(
            "Yahoo is asked through yfinance, which is not installed: pip install eastbound[yahoo]"
        ) from error

    def download(*arguments: object, **options: object) -> pd.DataFrame | None:
        log, heard = logging.getLogger("yfinance"), _Heard()
        propagate, log.propagate = log.propagate, False
        log.addHandler(heard)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about pandas, and not the user's to mend
                answer: pd.DataFrame | None = yfinance.download(*arguments, **options)
        finally:
            log.removeHandler(heard)
            log.propagate = propagate
        if answer is not None and answer.empty:
            # The last message only guesses ("possibly delisted"); an earlier one may know.
            told = [text for text in heard.said if "reason:" in text]
            answer.attrs["reason"] = (told or heard.said or [""])[-1]
        return answer

    return download


class _Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(_one_line(record.getMessage()))


def _one_line(said: object) -> str:
    return " ".join(str(said).split()) or type(said).__name__
