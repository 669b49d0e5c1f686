"""The fingerprint of a market: the same for the same data, another where a run could read another thing."""

import numpy as np
import pandas as pd

from data.fingerprint import market_hash, part_hashes
from data.load import load
from data.sources.frames import from_frames

PRICES = pd.DataFrame(
    {"date": ["2021-09-27", "2021-10-04"], "symbol": "2020.HK", "venue": "XHKG", "currency": "HKD", "close": 150.0}
)


def test_the_same_data_have_the_same_fingerprint_and_another_close_another():
    market = load("tiny")
    assert market_hash(market) == market_hash(load("tiny"))
    close = market.close.copy()
    close[0, 0] = np.nextafter(close[0, 0], np.inf)
    assert market_hash(market.with_prices({"close": close})) != market_hash(market)


def test_bug_a_lot_that_the_user_states_is_another_market():
    # The lot was 1,000 until 2021-10-03, and 200 since: what the user states holds on every date.
    facts, stated = (
        from_frames(PRICES, price_basis="raw", instruments=table)
        for table in (None, pd.DataFrame({"symbol": ["2020.HK"], "lot": [200]}))
    )
    assert facts.lots(facts.symbols, facts.dates)[0][:, 0].tolist() == [1000, 200]
    assert stated.lots(stated.symbols, stated.dates)[0][:, 0].tolist() == [200, 200]
    assert market_hash(facts) != market_hash(stated)


def test_the_part_that_differs_is_named():
    market = load("tiny")
    close = market.close.copy()
    close[0, 0] = np.nextafter(close[0, 0], np.inf)
    ours, theirs = part_hashes(market), part_hashes(market.with_prices({"close": close}))
    assert list(ours) == ["prices", "actions", "rates", "names", "sessions", *sorted(market.tables)]
    assert [name for name in ours if ours[name] != theirs[name]] == ["prices"]
