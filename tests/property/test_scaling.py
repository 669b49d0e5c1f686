"""Where costs are proportional capital scales; where minima, lots or volume bite it does not.

A power of two shifts exponents alone, and every figure of the ledger is a sum or product of the capital's: to the bit.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from backtest.config import FlatCosts, RunConfig
from backtest.engine import simulate
from backtest.result import BacktestResult
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.targets import TargetWeights
from tests.markets import make_market, run, sessions, venue_of

ARITHMETIC = 1e-12  # a few hundred roundings, where k is no power of two
SEEDS = range(3)
SYMBOLS = ("600519.SS", "HK", "HL", "US", "UT")
FIRST, LAST = "2024-01-08", "2024-03-08"  # the Lunar New Year lies in it
PROPORTIONAL = {
    "venue": {"costs": "venue-proportional", "fx_spread_bps": 3.0, "commission_bps": 2.0, "half_spread_bps": "tick"},
    "flat": {"costs": FlatCosts(bps=25)},
    "none": {"costs": "none"},
}
WAYS = {
    "overlap": {"fill": "next_open"},
    "overlap, at the close, kept abroad": {"fill": "next_close", "fx": "hold", "dividends": "reinvest"},
    "prefunded": {"funding": "prefunded"},
    "prefunded, kept abroad": {"funding": "prefunded", "fx": "hold", "shut_market": "cancel"},
    "settled": {"funding": "settled"},
    "settled, sized at the fill": {"funding": "settled", "sizing": "fill", "shut_market": "basket"},
    "long and short": {"shorts": True, "borrow_fee": 3.0, "max_gross": 1.6, "maintenance_margin": 0.45},
    "long and short, kept abroad": {
        "shorts": True,
        "borrow_fee": 3.0,
        "max_gross": 1.3,
        "fx": "hold",
        "sizing": "fill",
    },
    "stops and bands": {"stop_drawdown": 0.05, "stop_days": 6, "no_trade_band": 0.02, "rebalance_band": 0.03},
}


@cache
def draw(seed: int, max_gross: float | None) -> tuple[MarketData, TargetWeights]:
    """Draw raw prices with gaps, dividends, splits, scrip and interest, and a decision every few days."""
    rng = np.random.default_rng([seed, 3])
    rows, actions = [], []
    for symbol in SYMBOLS:
        venue, currency = venue_of(symbol)
        days = sessions(venue, FIRST, LAST)
        close = float(rng.uniform(20, 150)) * np.exp(np.cumsum(0.025 * rng.standard_normal(len(days))))
        opened = close * np.exp(0.01 * rng.standard_normal(len(days)))
        opened[rng.random(len(days)) < 0.1] = np.nan
        missing = rng.random(len(days)) < 0.06
        missing[:2] = False
        opened[missing] = close[missing] = np.nan
        rows.append(
            pd.DataFrame(
                {"date": days, "symbol": symbol, "venue": venue, "currency": currency, "open": opened, "close": close}
            )
        )
        for kind, amount in (
            ("dividend", float(rng.uniform(0.1, 1.0))),
            ("split", 2.0),
            ("scrip", 0.1),
            ("dividend", 0.3),
        ):
            if kind == "dividend" or rng.random() < 0.4:
                day = days[int(rng.integers(3, len(days) - 6))]
                if any(one["ex_date"] == day and one["symbol"] == symbol for one in actions):
                    continue
                pay = None if kind == "split" else str(np.datetime64(day) + int(rng.integers(0, 9)))
                actions.append({"symbol": symbol, "kind": kind, "ex_date": day, "pay_date": pay, "amount": amount})
    days = pd.bdate_range("2024-01-01", LAST)
    fx = pd.concat(
        pd.DataFrame(
            {
                "date": days,
                "base": "USD",
                "quote": code,
                "rate": level * np.exp(np.cumsum(0.004 * rng.standard_normal(len(days)))),
            }
        )
        for code, level in (("CNY", 7.1), ("HKD", 7.8))
    )
    rates = pd.concat(
        pd.DataFrame({"date": days, "series": series, "value": value})
        for series, value in (("US_FED_FUNDS", 5.3), ("HK_HIBOR_ON", 4.5), ("CN_SHIBOR_ON", 1.8))
    )
    market = from_frames(pd.concat(rows), fx=fx, rates=rates, actions=pd.DataFrame(actions), price_basis="raw")
    decided = sessions("XNYS", FIRST, LAST)[1 :: int(rng.integers(2, 5))]
    weights = rng.dirichlet(np.full(len(SYMBOLS), 0.7), size=len(decided))
    if max_gross is not None:
        weights *= np.where(rng.random(weights.shape) < 0.3, -1.0, 1.0) * max_gross
    return market, TargetWeights.from_frame(pd.DataFrame(weights, index=decided, columns=list(SYMBOLS)))


@pytest.mark.parametrize("costs", list(PROPORTIONAL))
@pytest.mark.parametrize("way", list(WAYS))
def test_capital_scales_where_costs_are_proportional(way, costs):
    met: dict[str, int] = {}
    for seed in SEEDS:
        config = RunConfig(lots="fractional", **{**PROPORTIONAL[costs], **WAYS[way]})
        market, targets = draw(seed, config.max_gross if config.shorts else None)
        nav = {}
        for k in (1.0, 2.0**11, 2.0**-7, 3.7):
            result = simulate(market, targets, config.model_copy(update={"initial_capital": 1e6 * k}))
            nav[k] = result.nav.to_numpy()
            if k == 1.0:
                count(result, met)
        for k in (2.0**11, 2.0**-7):
            assert nav[k].tobytes() == (nav[1.0] * k).tobytes()
        np.testing.assert_allclose(nav[3.7], nav[1.0] * 3.7, rtol=ARITHMETIC)
    # The law says little where nothing happens.
    assert met["fills"] > 20 * len(SEEDS)
    assert met["dividends"] > len(SEEDS)
    if "funding" in WAYS[way]:
        assert met["cut"] > 5
    if config.shorts:
        assert met["short"] > len(SEEDS)
    if config.watches:
        assert met["stops and calls"] > 0


def count(result: BacktestResult, met: dict[str, int]) -> None:
    """Add what happened in a run."""
    found = {
        "fills": len(result.trades),
        "dividends": int((result.actions["what"] == "dividend due").sum()),
        "cut": int(result.log["what"].str.contains("cut by funding").sum()),
        "short": int((result.shares < 0).to_numpy().sum()),
        "stops and calls": int(result.log["what"].str.contains("stop:|margin call").sum()),
    }
    for what, n in found.items():
        met[what] = met.get(what, 0) + n


# ------------------------------------------------------------------------------------------ and where it does not

QUIET = make_market(
    {"HK": 80.0, "US": 100.0},
    "2024-09-02",
    "2024-09-20",
    volumes={"US": 10_000.0},
    instruments=[{"symbol": "HK", "lot": 500}],
)
TENTH = {"2024-09-11": {"HK": 0.1, "US": 0.1}}


def cost_of(capital: float, **settings: object) -> float:
    """What the purchase of a tenth in each of two names takes from NAV, in basis points of it."""
    result = run(QUIET, TENTH, initial_capital=capital, **{"costs": "venue", "fx_spread_bps": 0.0, **settings})
    return (1.0 - result.nav.iloc[-1] / capital) * 1e4


def test_minima_bite_small_capital():
    least = {"commission_bps": 1.0, "commission_min": {"HKD": 18.0, "USD": 0.99}}
    # Of a million: 100,000 dollars of each. New York's commission is a basis point, $10; Hong Kong's HK$80, and of
    # HK$800,000 duty 800, levies 21.60 and 1.20, fee 45.20, settlement 16.00: HK$964 are 120.50 dollars.
    assert cost_of(1e6, **least) == pytest.approx((10 + 120.50) / 1e6 * 1e4, rel=1e-9)
    # Of 10,000: $0.99 and, of HK$8,000, duty 8, levies 0.22 and 0.01, fee 0.45, settlement 2.00, commission 18.00:
    # HK$28.68 are 3.585 dollars. Two and a half times as dear.
    assert cost_of(1e4, **least) == pytest.approx((0.99 + 3.585) / 1e4 * 1e4, rel=1e-9)
    # Proportional costs are the same for both.
    proportional = {"costs": "venue-proportional", "commission_bps": 1.0}
    assert cost_of(1e6, **proportional) == pytest.approx(cost_of(1e4, **proportional), rel=1e-9)


def test_rounding_to_cents_and_dollars_bites_to_the_bit():
    # Without any least commission, stamp duty is a whole dollar (HK) and a settlement fee at least two of them.
    assert cost_of(1e6) != pytest.approx(cost_of(1e4), rel=1e-3)
    assert cost_of(1e6) != cost_of(1024e6)


def test_impact_grows_with_the_square_root_of_capital():
    # UT has no volume known and HK none: US alone. Prices stand still but for one day: volatility is not 0.
    market = make_market({"US": [100, 101, *[100.0] * 12]}, "2024-09-02", "2024-09-20", volumes={"US": 10_000.0})
    paid = []
    for capital in (1e5, 4e5):
        result = run(market, {"2024-09-11": {"US": 0.5}}, initial_capital=capital, costs="venue", impact=1.0)
        paid.append(result.trades["impact"].sum() / capital)
    assert paid[1] / paid[0] == pytest.approx(2.0, rel=1e-9)


def test_lots_and_volume_bind_large_and_small_capital_apart():
    # 100 dollars of a thousand are 10 shares of HK, less than a lot of 500.
    small = run(QUIET, TENTH, initial_capital=1e3, lots="auto")
    assert "HK" not in set(small.trades["symbol"])
    # A tenth of 10,000 shares a session: 100 million take 100,000 of US, in as many sessions as there are.
    assert len(run(QUIET, TENTH, initial_capital=1e6, max_participation=0.1).trades) == 2
    large = run(QUIET, TENTH, initial_capital=1e8, max_participation=0.1)
    assert large.trades.loc[large.trades["symbol"] == "US", "shares"].tolist() == [1000.0] * 7
