"""Prices that returns are taken of, shares as traded, and names that look suspended."""

import numpy as np
import pandas as pd
import pytest

from data.adjustments import adjusted_close, traded_value
from data.counterfactual import FUTURES, rescaled, with_future
from data.load import load
from data.market import MarketData
from data.sources.frames import from_frames
from strategies.signals.flow import FlowSignal
from strategies.signals.scene import Scene
from tests.markets import said

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
NAN = np.nan


def utc(text: str) -> int:
    return pd.Timestamp(text, tz="UTC").value


def market_of(
    closes: list[float], *actions: tuple[str, str, float], basis: str = "raw", **columns: list[float]
) -> MarketData:
    """AAA in New York from 2024-01-02 on, and a name beside it that is always priced."""
    frame = pd.DataFrame({"date": DAYS, "symbol": "AAA", "close": closes, **columns})
    other = pd.DataFrame(
        {"date": DAYS, "symbol": "BBB", "close": 1.0, **({"volume": 1.0} if "volume" in frame else {})}
    )
    given = pd.DataFrame(actions, columns=["kind", "ex_date", "amount"]).assign(symbol="AAA", pay_date="2031-01-02")
    return from_frames(
        pd.concat([frame, other]).assign(venue="XNYS", currency="USD"),
        actions=given if len(given) else None,
        price_basis=basis,
    )


@pytest.mark.parametrize(
    ("closes", "actions", "adjusted"),
    [
        # nothing happens
        ([100, 102, 51, 50], [], [100, 102, 51, 50]),
        # two shares for one
        ([100, 102, 51, 50], [("split", DAYS[2], 2)], [100, 102, 102, 100]),
        # one share for two
        ([1, 1, 2, 3], [("split", DAYS[2], 0.5)], [1, 1, 1, 1.5]),
        # a dividend of 2 buys shares at 98: 100/98 shares from there on
        ([100, 100, 98, 49], [("dividend", DAYS[2], 2)], [100, 100, 100, 50]),
        # one new share for ten: the factor is 1 + ratio
        ([110, 110, 100, 100], [("scrip", DAYS[2], 0.1)], [110, 110, 110, 110]),
        # eight bonus shares and 10 in cash for ten: all of it on the shares held before
        ([20, 19, 10, 10], [("scrip", DAYS[2], 0.8), ("dividend", DAYS[2], 1)], [20, 19, 19, 19]),
        # the split does not multiply the dividend of the same day: (50 x 2 + 2) / 102
        ([102, 102, 50, 50], [("split", DAYS[2], 2), ("dividend", DAYS[2], 2)], [102, 102, 102, 102]),
        # an ex date without a close takes effect at the next one
        ([100, NAN, 51, 51], [("split", DAYS[1], 2)], [100, NAN, 102, 102]),
        # two of them, one after the other: two shares each pay 1, so (24 x 2 + 2 x 1) / 50
        ([50, NAN, 24, 24], [("split", DAYS[1], 2), ("dividend", DAYS[2], 1)], [50, NAN, 50, 50]),
        # the other way round: one share pays 1, then there are two
        ([50, NAN, 24.5, 24.5], [("dividend", DAYS[1], 1), ("split", DAYS[2], 2)], [50, NAN, 50, 50]),
        # before the first close or on it nothing is held
        ([NAN, 51, 51, 51], [("split", DAYS[0], 2), ("dividend", DAYS[1], 1)], [NAN, 51, 51, 51]),
        # after the last close nothing is seen yet; a weekend's ex date waits for Monday
        ([100, 100, 100, 100], [("split", "2024-01-06", 2), ("split", "2030-01-02", 2)], [100, 100, 100, 100]),
        # a day without a session before the first close
        ([100, 102, 102, 102], [("dividend", "2024-01-01", 2)], [100, 102, 102, 102]),
        # a delisting is no return of a close
        ([100, 102, 102, 102], [("delisting", DAYS[3], 2)], [100, 102, 102, 102]),
    ],
)
def test_closes_adjusted_by_hand(closes: list[float], actions: list[tuple], adjusted: list[float]) -> None:
    found = adjusted_close(market_of([float(x) for x in closes], *actions))
    np.testing.assert_allclose(found[:, 0], adjusted, rtol=1e-14)  # a handful of products
    assert (found[:, 1] == 1).all()


def test_prices_that_hold_dividends_are_left_as_they_are() -> None:
    for basis, wanted in (("total_return", [100, 100, 98, 49]), ("split", [100, 100, 100, 50])):
        market = market_of([100.0, 100.0, 98.0, 49.0], ("dividend", DAYS[2], 2), ("split", DAYS[3], 2), basis=basis)
        np.testing.assert_allclose(adjusted_close(market)[:, 0], wanted, rtol=1e-14)
    assert adjusted_close(market_of([1.0] * 4, basis="total_return")).tobytes() == np.ones((4, 2)).tobytes()
    tiny = load("tiny")
    assert adjusted_close(tiny) is tiny.close
    assert traded_value(tiny).tobytes() == (tiny.close * tiny.volume).tobytes()


def long_raw_market(seed: int = 5, n: int = 260) -> MarketData:
    """Three names of two venues with many actions, and gaps."""
    rng = np.random.default_rng(seed)
    calendar = load("demo").calendars
    pieces, events = [], []
    for symbol, venue, currency in (("AAA", "XNYS", "USD"), ("BBB", "XNYS", "USD"), ("HHH", "XHKG", "HKD")):
        sessions = calendar[venue].dates
        days = sessions[np.searchsorted(sessions, np.datetime64("2023-01-03")) :][:n]
        close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(n)))
        close[rng.random(n) < 0.05] = NAN
        volume = rng.lognormal(10, 1, n).round()
        pieces.append(
            pd.DataFrame(
                {"date": days, "symbol": symbol, "venue": venue, "currency": currency, "close": close, "volume": volume}
            )
        )
        for kind, low, high in (("split", 0.5, 3.0), ("dividend", 0.1, 2.0), ("scrip", 0.05, 0.5)):
            for day in rng.choice(n, 6, replace=False):
                ex = days[day] - rng.integers(0, 2)
                announced = ex - rng.integers(0, 20)
                events.append((symbol, kind, str(ex), rng.uniform(low, high), str(ex + 9), str(announced)))
    columns = ["symbol", "kind", "ex_date", "amount", "pay_date", "announced"]
    table = pd.DataFrame(events, columns=columns).drop_duplicates(["symbol", "kind", "ex_date"])
    fx = pd.DataFrame({"date": ["2022-12-30"], "base": "USD", "quote": "HKD", "rate": 7.8})
    return from_frames(pd.concat(pieces), fx=fx, actions=table, price_basis="raw")


def test_no_later_action_rewrites_an_earlier_value() -> None:
    market = long_raw_market()
    whole = adjusted_close(market)
    rng = np.random.default_rng(9)
    closes = market.calendars["XNYS"].closes
    inside = closes[(market.calendars["XNYS"].dates >= market.dates[0])][:260]
    for t in (*rng.choice(inside, 8), *(rng.choice(inside, 8) - 6 * 3600 * 10**9), *rng.integers(*inside[[0, -1]], 8)):
        past = adjusted_close(market.until(int(t)))
        for columns, _, n_closes in market.known_rows(int(t)):
            n = min(n_closes, len(past))
            assert past[:n, columns].tobytes() == whole[:n, columns].tobytes()
            for future in FUTURES:
                changed = adjusted_close(with_future(market, int(t), future, rng))
                assert changed[:n, columns].tobytes() == whole[:n, columns].tobytes()


def test_a_constant_factor_in_the_past_changes_no_return() -> None:
    market = long_raw_market()
    one, other = adjusted_close(market), adjusted_close(rescaled(market, "HHH", 0.37))
    np.testing.assert_allclose(other[:, 2], 0.37 * one[:, 2], rtol=1e-12)
    assert other[:, :2].tobytes() == one[:, :2].tobytes()


def test_total_returns_are_those_of_a_holder_who_buys_more_shares() -> None:
    """The same by counting shares, day by day."""
    market = long_raw_market(seed=6)
    adjusted = adjusted_close(market)
    for column, symbol in enumerate(market.symbols):
        mine = [i for i, name in enumerate(market.actions.symbol) if name == symbol]
        shares, before, waiting, first = 1.0, None, 0.0, None
        pending = [(market.actions.ex_date[i], int(market.actions.kind[i]), market.actions.amount[i]) for i in mine]
        for row, day in enumerate(market.dates):
            close = market.close[row, column]
            if np.isnan(close):
                continue
            due = [one for one in pending if one[0] <= day]
            pending = [one for one in pending if one[0] > day]
            if before is not None:
                for ex in sorted({one[0] for one in due}):
                    held = shares
                    said = {kind: amount for at, kind, amount in due if at == ex}
                    waiting += held * said.get(1, 0.0)
                    shares = held * (said.get(0, 1.0) + said.get(2, 0.0))
                shares, waiting = shares + waiting / close, 0.0
            before = close
            first = close if first is None else first
            assert shares * close == pytest.approx(adjusted[row, column], rel=1e-12)


# ------------------------------------------------------------------------------ shares as traded


def test_units_count_shares_as_traded() -> None:
    # Adjusted for a later 3 for 1, and for a dividend of a third on the last day.
    market = market_of([30.0, 31.0, NAN, 33.0], basis="total_return", close_raw=[90.0, NAN, 96.0, 49.5])
    np.testing.assert_allclose(market.units(("AAA",))[:, 0], [1 / 3, 1 / 3, 1 / 3, 2 / 3], rtol=1e-15)
    assert np.isnan(market.units()[:, 1]).all()
    assert market_of([1.0] * 4, basis="split").units() is None
    raw = market_of([1.0] * 4, close_raw=[1.0] * 4)
    assert raw.close_raw is None
    assert raw.units(["AAA"]).tolist() == [[1.0]] * 4
    assert said(raw, "D108") == ["prices: close_raw is not used: with price_basis 'raw' it is the close."]
    late = market_of([30.0] * 4, basis="split", close_raw=[NAN, NAN, 60.0, NAN])
    np.testing.assert_array_equal(late.units(["AAA"])[:, 0], [NAN, NAN, 0.5, 0.5])


def test_close_raw_is_known_from_the_close() -> None:
    market = market_of([30.0] * 4, basis="split", close_raw=[60.0, 61.0, 62.0, 63.0])
    t = utc("2024-01-04 20:59")  # New York closes at 21:00
    past = market.until(t)
    assert past.close_raw[:, 0].tolist() == [60.0, 61.0]
    with pytest.raises(ValueError, match="read-only"):
        past.close_raw[0] = 1.0
    for future in FUTURES:
        changed = with_future(market, t, future, np.random.default_rng(1))
        assert changed.close_raw[:2, 0].tolist() == [60.0, 61.0]
        assert future == "nothing" or not (changed.close_raw[2:, 0] == market.close_raw[2:, 0]).any()
    scaled = rescaled(market, "AAA", 0.5)
    assert scaled.close_raw is market.close_raw
    assert scaled.units(["AAA"])[0, 0] == 0.5 * market.units(["AAA"])[0, 0]


def test_traded_value_is_at_the_price_as_traded() -> None:
    volume = [10.0, 10.0, 10.0, NAN]
    known = market_of([30.0, 31.0, 32.0, 33.0], basis="split", close_raw=[NAN, 62.0, NAN, 66.0], volume=volume)
    # Not known yet: the close; known: as traded; a gap: close over the last units, a half.
    np.testing.assert_array_equal(traded_value(known)[:, 0], [300.0, 620.0, 640.0, NAN])
    raw = market_of([60.0, 62.0, 32.0, 33.0], ("split", DAYS[2], 2), ("dividend", DAYS[3], 1), volume=volume)
    np.testing.assert_array_equal(traded_value(raw)[:, 0], [600.0, 620.0, 320.0, NAN])


def flow_of(market: MarketData) -> np.ndarray:
    scene = Scene(market=market, venue="XNYS", source=("AAA", "BBB"), destination=("HHH",))
    return FlowSignal(lookback=5, history=60, min_history=20, input="volume").read(scene).value


def test_the_flow_proxy_signs_by_total_return_and_values_as_traded() -> None:
    """One market twice: raw with its actions, and split-adjusted without a dividend but with raw closes beside it."""
    market = long_raw_market()
    adjusted = market.with_prices({"close": adjusted_close(market).copy()}, price_basis="split", close_raw=market.close)
    both = adjusted.with_prices({}, actions=market.actions.until(0))
    np.testing.assert_array_equal(flow_of(market), flow_of(both))
    assert np.isfinite(flow_of(market)).sum() > 200
    without = market.with_prices({}, actions=market.actions.until(0))
    assert (flow_of(market) != flow_of(without))[-100:].any()  # a fall on an ex date is no outflow


# ------------------------------------------------------------------------------ look-alikes of suspensions


def test_a_halt_is_no_volume_and_a_repeated_close_while_the_venue_traded() -> None:
    days = ("2024-12-20", "2024-12-23", "2024-12-24", "2024-12-27", "2024-12-30")  # the 24th is a half day
    table = {
        # symbol: closes, volumes, halted
        "0001.HK": ((10, 10, 10, 10, 10), (5, 0, 0, 0, NAN), (0, 1, 0, 1, 0)),
        "0002.HK": ((10, 11, 11, 12, 12), (5, 0, 0, 0, 5), (0, 0, 0, 0, 0)),  # a new close
        "0003.HK": ((10, 11, 11, 11, 11), (5, 5, 0, 5, 5), (0, 0, 0, 0, 0)),
        "0005.HK": ((10, NAN, 10, 10, NAN), (0, 0, 0, 0, 0), (0, 0, 0, 1, 0)),  # the last close before a gap
    }
    frames = [
        pd.DataFrame(
            {"date": days, "symbol": symbol, "close": closes, "volume": volume, "venue": "XHKG", "currency": "HKD"}
        )
        for symbol, (closes, volume, _) in table.items()
    ]
    away = pd.DataFrame(
        {"date": days, "symbol": "AAA", "close": 1.0, "volume": 7.0, "venue": "XNYS", "currency": "USD"}
    )
    fx = pd.DataFrame({"date": ["2024-12-01"], "base": "USD", "quote": "HKD", "rate": 7.8})
    market = from_frames(pd.concat([*frames, away]), fx=fx)
    for symbol, (_, _, wanted) in table.items():
        assert market.halted([symbol])[:, 0].tolist() == [bool(x) for x in wanted], symbol
    assert market.halted(["AAA", "0001.HK"]).shape == (5, 2)
    assert not market.halted()[:, -1].any()
    assert market.until(0).halted().shape == (0, 5)
