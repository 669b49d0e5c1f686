"""The demo market, put together: three venues and currencies, from a seed and fitted parameters; no network.

Nothing here is a real figure. docs/demo.md says how it is made, what it is fitted to and where it does not fit.
"""

from functools import cache

import numpy as np
import pandas as pd

from data.calendars import trading_calendars
from data.demo import listings
from data.demo.calendar_2025 import FALL, FALL_DAY, FALLEN, bridged
from data.demo.closes import make_closes
from data.demo.factors import market_factors
from data.demo.indices import index_levels, index_table
from data.demo.interruptions import bought_out, interrupted
from data.demo.names import name_returns
from data.demo.parameters import fitted_parameters
from data.demo.quotes import price_rows
from data.demo.reports import filing_table, positioning_table
from data.demo.series import flow_table, fx_table, rate_table, valuation_table
from data.market import MarketData
from data.sources.frames import from_frames

NAME = "demo (synthetic)"
# Of the first hundred the nearest to the real moments that keeps the dates of 2025: `python -m data.demo.moments`.
SEED = 71


@cache
def demo_market() -> MarketData:
    """Build the demo market.

    Returns
    -------
    MarketData
        Synthetic, raw prices: 12 names in New York, 18 in Hong Kong and 10 in Shanghai over 1,500 New York sessions,
        with dividends, a split, two suspensions, a takeover, indices, flows, P/E, positioning, 13F filings, exchange
        and interest rates.
        `big-seven` is US01 to US07, `hang-seng-tech` is HK01 to HK18 from their listing, `msci-china` is Hong Kong
        and Shanghai.
    """
    return made_market(SEED)


def made_market(seed: int) -> MarketData:
    """Build a market from any seed, with the same names, dates and events.

    Parameters
    ----------
    seed : int

    Returns
    -------
    MarketData
        As `demo_market`; of another seed the dates of January 2025 may be missed.
    """
    parameters = fitted_parameters()
    first, last = listings.FIRST, listings.LAST
    calendars = trading_calendars(set(listings.VENUES), int(str(first)[:4]), int(str(last)[:4]))
    sessions = {v: c.dates[(c.dates >= first) & (c.dates <= last)] for v, c in calendars.items()}
    factors = market_factors(seed, sessions, parameters.markets)
    prices, actions, levels, ends = [], [], {}, dict[str, float]()
    for venue in listings.VENUES:
        dates, symbols = sessions[venue], listings.symbols_of(venue)
        returns, slopes = name_returns(seed, venue, *factors[venue], parameters.markets[venue])
        returns = interrupted(venue, dates, returns)
        if venue == "XHKG":
            returns = bought_out(seed, dates, bridged(dates, returns, slopes))
        if FALLEN in symbols:
            returns[dates == FALL_DAY, symbols.index(FALLEN)] = np.log1p(FALL)
        made = make_closes(seed, venue, dates, returns)
        prices.append(price_rows(seed, venue, calendars[venue], dates, made, parameters.markets[venue]))
        actions.append(made.actions)
        levels[venue] = index_levels(dates, made, symbols)
        ends |= made.terminal_prices
    days = np.unique(np.concatenate(list(sessions.values())))
    with_before = np.concatenate([days[:1] - 3, days])  # a rate and a fixing known before the first open
    return from_frames(
        pd.concat(prices, ignore_index=True),
        fx=fx_table(seed, with_before, sessions["XSHG"], factors["XSHG"][0], parameters.money),
        valuations=valuation_table(seed, sessions, levels),
        flows=flow_table(seed, days, sessions, levels),
        indices=index_table(sessions, levels),
        rates=rate_table(seed, with_before, parameters.money),
        holdings_13f=filing_table(seed),
        positioning=positioning_table(seed),
        instruments=_instruments(ends),
        price_basis="raw",
        actions=pd.concat(actions, ignore_index=True),
        name=NAME,
        synthetic=True,
        memberships=listings.memberships(),
    )


def _instruments(ends: dict[str, float]) -> pd.DataFrame:
    symbols = [symbol for venue in listings.VENUES for symbol in listings.symbols_of(venue)]
    return pd.DataFrame(
        {
            "symbol": symbols,
            "name": [f"Synthetic {symbol}" for symbol in symbols],
            "sector": [listings.sector_of(symbol) for symbol in symbols],
            "listed": [listings.LATE.get(symbol, listings.LISTED_LONG_AGO) for symbol in symbols],
            "lot": [listings.lot_of(symbol) for symbol in symbols],
            "delisted": [str(listings.TAKEOVER_LAST) if symbol in ends else None for symbol in symbols],
            "terminal_price": [ends.get(symbol) for symbol in symbols],
            "tags": [listings.tags_of(symbol) for symbol in symbols],
        }
    )
