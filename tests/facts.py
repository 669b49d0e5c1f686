"""What a run may know of a name before a row: volumes, volatility, units, lots, the last price as traded."""

import datetime as dt
import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from data.actions import SCRIP, SPLIT
from data.adjustments import adjusted_close
from data.costs.impact import average_volume, daily_volatility
from data.market import MarketData


def own_actions(market: MarketData, symbol: str) -> list[tuple[int, dt.date, float]]:
    """Kind, ex date and amount of a name's actions."""
    actions = market.actions
    rows = zip(actions.symbol, actions.kind.tolist(), actions.ex_date.tolist(), actions.amount.tolist(), strict=True)
    return [(kind, ex, amount) for name, kind, ex, amount in rows if name == symbol]


@dataclass(frozen=True)
class Facts:
    """What was known of each name strictly before a date."""

    market: MarketData

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """Dates with prices or a session, so that each row of the ledger is one of them."""
        held = [self.market.calendars[venue].dates for venue in self.market.venues()]
        inside = [dates[(dates >= self.market.start) & (dates <= self.market.end)] for dates in held]
        return np.unique(np.concatenate([self.market.dates, *inside]))

    def column(self, symbol: str) -> int:
        """The column of a name in the market's matrices."""
        return int(self.market.columns([symbol])[0])

    def rows_before(self, date: dt.date) -> int:
        """How many of the market's dates come before a date."""
        return int(np.searchsorted(self.market.dates, np.datetime64(date)))

    def last_known(self, values: NDArray[np.float64], date: dt.date) -> float:
        """The last number strictly before a date; NaN where there is none."""
        known = [one for one in values[: self.rows_before(date)].tolist() if not math.isnan(one)]
        return known[-1] if known else math.nan

    def first_price(self, symbol: str) -> float:
        """The last close before the run starts."""
        return self.last_known(self.market.close[:, self.column(symbol)], self.market.start.item())

    @cache  # noqa: B019 - a world lives as long as its test
    def raw_price(self, symbol: str, date: dt.date) -> float:
        """The last close as traded."""
        closes = self.market.close if self.market.price_basis == "raw" else self.market.close_raw
        return math.nan if closes is None else self.last_known(closes[:, self.column(symbol)], date)

    @cache  # noqa: B019
    def unit(self, symbol: str, date: dt.date) -> float:
        """Raw shares per share of the ledger, 1 where unknown."""
        units = self.market.units([symbol])
        unit = math.nan if units is None else self.last_known(units[:, 0], date)
        return 1.0 if math.isnan(unit) else unit

    @cache  # noqa: B019
    def lot(self, symbol: str, date: dt.date) -> float:
        """Raw shares in a lot."""
        lots, _ = self.market.lots([symbol], np.array([date], dtype="datetime64[D]"))
        return float(lots[0, 0])

    def on_days(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay a column of the market out by `days`."""
        spread = np.full((len(self.days), 1), np.nan)
        spread[np.searchsorted(self.days, self.market.dates), 0] = values
        return spread

    @cache  # noqa: B019
    def _moments(self, symbol: str) -> tuple[list[float], list[float]]:
        """Average volume (raw shares) and volatility of a name by `days`."""
        calendar = self.market.calendars[self.market.instruments[symbol].venue]
        held = (calendar.index_of(self.days) >= 0)[:, None]
        factor = np.ones((len(self.days), 1))
        actions = own_actions(self.market, symbol)
        for kind, ex, amount in actions:
            if kind in {SPLIT, SCRIP}:
                # The amount of a scrip is per share held before a split of the same day.
                split = math.prod(a for k, day, a in actions if kind == SCRIP and (k, day) == (SPLIT, ex))
                factor[self.days >= np.datetime64(ex)] *= amount if kind == SPLIT else 1.0 + amount / split
        volume = self.on_days(self.market.volume[:, self.column(symbol)])
        average = average_volume(volume / factor, held) * factor
        returns, before = [], math.nan
        for close in adjusted_close(self.market)[:, self.column(symbol)].tolist():
            returns.append(close / before - 1.0)
            before = before if math.isnan(close) else close
        volatility = daily_volatility(self.on_days(np.array(returns)), held)
        return average[:, 0].tolist(), volatility[:, 0].tolist()

    def volume_before(self, symbol: str, date: dt.date) -> float:
        """Average volume in raw shares of the row; NaN where unknown."""
        return self._moments(symbol)[0][int(np.searchsorted(self.days, np.datetime64(date)))]

    def volatility_before(self, symbol: str, date: dt.date) -> float:
        """Daily volatility; NaN where unknown."""
        return self._moments(symbol)[1][int(np.searchsorted(self.days, np.datetime64(date)))]

    def __hash__(self) -> int:
        return id(self)
