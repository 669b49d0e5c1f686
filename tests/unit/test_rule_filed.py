"""Weights as others filed them: by hand, against a plain loop, on the filings of end 2024, and what is refused."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from backtest.run import run
from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.membership import membership
from strategies.rules.filed import filed_weights
from strategies.signals.filing import FilingSignal
from strategies.signals.scene import Scene
from tests.long_tables import assert_nothing_later_matters
from tests.markets import sessions, venue_of
from tests.naive import series_signals
from tests.real import FOLDER, needs_real

COLUMNS = ["filer", "period", "filed", "symbol", "type", "value_usd"]
HELD = {"two": ("9988.HK", "BABA", "JD", "PDD"), "one": ("AAPL",)}


def made(rows, first="2024-11-01", last="2025-07-31", held=HELD["two"]):
    names = (*held, *HELD["one"])
    prices = pd.concat(
        pd.DataFrame(
            {"date": sessions(venue_of(s)[0], first, last), "symbol": s, "venue": venue_of(s)[0],
             "currency": venue_of(s)[1], "close": 10.0}
        )
        for s in names
    )  # fmt: skip
    return from_frames(
        prices,
        fx=pd.DataFrame({"date": [first], "base": "USD", "quote": "HKD", "rate": 7.8}),
        holdings_13f=pd.DataFrame(rows, columns=COLUMNS),
        memberships={"two": tuple(Spell(s) for s in held), "one": (Spell("AAPL"),)},
    )


def scene_of(market):
    return Scene(market=market, venue="XNYS", source="one", destination="two")


def weights_of(market, min_members=1, **options):
    scene = scene_of(market)
    members = membership(market, "two", scene.stamps, scene.dates, 1)
    return members, scene, filed_weights(market, members, scene.stamps, min_members, **options)


def on(scene, members, weights, day):
    row = weights[np.flatnonzero(scene.dates == np.datetime64(day))[0]]
    return {s: w for s, w in zip(members.symbols, np.round(row, 12).tolist(), strict=True) if w}


A, B = "Made-up Capital A", "Made-up Capital B"
BOOKS = [
    (A, "2024-12-31", "2025-02-10", "BABA", "", 300.0),
    (A, "2024-12-31", "2025-02-10", "JD", "", 100.0),
    (A, "2024-12-31", "2025-02-10", "JD", "Call", 900.0),
    (A, "2024-12-31", "2025-02-10", "AMZN", "", 900.0),
    (B, "2024-12-31", "2025-02-14", "PDD", "", 4000.0),
    (A, "2025-03-31", "2025-05-15", "PDD", "", 50.0),
]


def test_by_hand():
    members, scene, both = weights_of(made(BOOKS))
    # Filed on 10 February: known from 05:00 UTC of the 11th, so at the close of the 11th and not of the 10th.
    assert on(scene, members, both, "2025-02-10") == {}
    # BABA is held in Hong Kong, where its issuer trades first; calls and AMZN do not matter.
    assert on(scene, members, both, "2025-02-11") == {"9988.HK": 0.75, "JD": 0.25}
    # B counts as much as A by filer, and ten times as much by value.
    assert on(scene, members, both, "2025-02-18") == {"9988.HK": 0.375, "JD": 0.125, "PDD": 0.5}
    by_value = weights_of(made(BOOKS), by="value")[2]
    assert on(scene, members, by_value, "2025-02-18") == pytest.approx(
        {"9988.HK": 300 / 4400, "JD": 100 / 4400, "PDD": 4000 / 4400}
    )
    # A's next filing leaves BABA and JD out: sold.
    assert on(scene, members, both, "2025-05-16") == {"PDD": 1.0}
    # B's is 140 days old on 20 May, A's last one on 18 August.
    only_b = weights_of(made(BOOKS), filers=(B,))[2]
    assert on(scene, members, only_b, "2025-05-20") == {"PDD": 1.0}
    assert on(scene, members, only_b, "2025-05-21") == {}
    assert set(np.round(both.sum(axis=1), 12)) == {0.0, 1.0}


def test_too_few_names_are_cash():
    members, scene, weights = weights_of(made(BOOKS), min_members=3)
    assert on(scene, members, weights, "2025-02-11") == {}
    assert len(on(scene, members, weights, "2025-02-18")) == 3


def test_the_line_of_an_issuer_without_prices_in_new_york():
    members, scene, weights = weights_of(made(BOOKS, held=("9988.HK", "9618.HK")))
    # BABA and JD are not in this market: the facts that come with Eastbound say whose they are.
    assert on(scene, members, weights, "2025-02-11") == {"9988.HK": 0.75, "9618.HK": 0.25}


def random_books(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for filer in ("F1", "F2", "F3", "F4"):
        for period in pd.date_range("2024-03-31", "2025-03-31", freq="QE"):
            for amended in range(1 + (rng.random() < 0.3)):
                filed = period + pd.Timedelta(days=int(rng.integers(20, 60)) + 40 * amended)
                for symbol in ("BABA", "JD", "PDD", "9988.HK", "XOM"):
                    for _ in range(int(rng.integers(0, 3))):
                        kind = str(rng.choice(["", "", "Put"]))
                        rows.append(
                            (filer, str(period.date()), str(filed.date()), symbol, kind, float(rng.integers(1, 99)))
                        )
    return rows


@pytest.mark.parametrize("by", ["filer", "value"])
def test_oracle_a_plain_loop(by):
    rows = random_books(4)
    market = made(rows)
    members, scene, weights = weights_of(market, by=by, max_age_days=120)
    zone = "America/New_York"
    plain = [
        (filer, dt.date.fromisoformat(period), symbol, kind, value,
         (pd.Timestamp(filed) + pd.Timedelta(days=1)).tz_localize(zone).value)
        for filer, period, filed, symbol, kind, value in rows
    ]  # fmt: skip
    issuer = {s: one.issuer for s, one in market.instruments.items()}
    for i in range(0, len(scene.stamps), 3):
        names = [s for s, ok in zip(members.symbols, members.eligible[i], strict=True) if ok]
        expected = series_signals.filed_weights(
            plain, ["F1", "F2", "F3", "F4"], int(scene.stamps[i]), names, issuer, by, 120
        )
        found = {s: weights[i, members.symbols.index(s)] for s in names}
        # Sums of a few numbers in another order: the last bits.
        assert found == pytest.approx(expected or dict.fromkeys(names, 0.0), rel=1e-12)
    assert (weights.sum(axis=1) > 0).mean() > 0.8


def test_laws():
    rows = random_books(7)
    market = made(rows)
    members, scene, weights = weights_of(market)
    # One filer's dollars in another unit change nothing, where every filer counts as one.
    scaled = [(*row[:5], row[5] * (8.0 if row[0] == "F2" else 1.0)) for row in rows]
    np.testing.assert_allclose(weights_of(made(scaled))[2], weights, atol=1e-15)
    # Names in another order, rows in another order.
    order = np.array([2, 0, 3, 1])
    turned = dataclasses.replace(
        members, **{f: getattr(members, f)[:, order] for f in ("belongs", "priced", "seasoned", "eligible")},
        symbols=tuple(members.symbols[i] for i in order),
    )  # fmt: skip
    np.testing.assert_allclose(
        filed_weights(made(rows[::-1]), turned, scene.stamps, 1), weights[:, order], atol=1e-15
    )  # fmt: skip
    # What is filed later changes nothing before.
    stamp = int(scene.stamps[100])
    past = market.until(stamp)
    known = membership(past, "two", scene.stamps[:101], scene.dates[:101], 1)
    assert filed_weights(past, known, scene.stamps[:101], 1).tobytes() == weights[:101].tobytes()


def test_the_signal_by_hand():
    market = made(BOOKS)
    scene = scene_of(market)

    def score(day, **keys):
        found = FilingSignal(**keys).read(scene)
        return float(found.score[np.flatnonzero(scene.dates == np.datetime64(day))[0]])

    assert np.isnan(score("2025-02-10"))
    assert score("2025-02-11") == 1.0
    assert (score("2025-02-11", min_filers=2), score("2025-02-18", min_filers=2)) == (0.0, 1.0)
    assert np.isnan(score("2025-02-11", filers=(B,)))
    assert (score("2025-05-20", filers=(B,)), score("2025-05-21", filers=(B,))) == (1.0, 0.0)
    found = FilingSignal().read(scene)
    assert str(found.inputs[0].date) == "2025-03-31"
    early = FilingSignal().read(scene_of(made(BOOKS, last="2025-01-31")))
    assert np.isnat(early.inputs[0].date)
    assert np.isnan(early.score).all()
    assert_nothing_later_matters(FilingSignal(min_filers=2), made(random_books(9)))


def test_what_is_refused():
    market = made(BOOKS)
    with pytest.raises(StrategyError, match=r"signal\.filers: .* no filing of 'Made-up Capital' among its 2"):
        FilingSignal(filers=("Made-up Capital",)).check(market)
    with pytest.raises(StrategyError, match=r"allocation\.filers: .*like it: Made-up Capital A"):
        weights_of(market, filers=("made-up capital a ",))
    with pytest.raises(StrategyError, match="has no 13F filings"):
        FilingSignal().check(load("tiny"))
    with pytest.raises(ValidationError, match="min_filers 2 is above the 1 filers named"):
        FilingSignal(filers=(A,), min_filers=2)
    with pytest.raises(ValidationError, match="filers names 'Made-up Capital A' twice"):
        FilingSignal(filers=(A, A))


@needs_real
def test_on_real_filings():
    """Claim 11: Appaloosa at end 2024 held BABA 15.5 %, PDD 8.0 %, JD 5.6 % of its book; filed on 10 February 2025."""
    market = load(FOLDER, "BABA+PDD+JD+BIDU+MSFT", "2025-01-02", "2025-02-14")
    scene = Scene(market=market, venue="XNYS", source=("MSFT",), destination=("BABA", "BIDU", "JD", "PDD"))
    members = membership(market, scene.destination, scene.stamps, scene.dates, 1)
    weights = filed_weights(market, members, scene.stamps, 1, filers=("APPALOOSA LP",))
    before = scene.stamps < pd.Timestamp("2025-02-11 05:00", tz="UTC").value
    assert not weights[before].any()
    found = dict(zip(members.symbols, weights[-1], strict=True))
    of_book = {"BABA": 15.5352, "PDD": 8.0368, "JD": 5.6135, "BIDU": 1.9929}
    assert found == pytest.approx({s: w / sum(of_book.values()) for s, w in of_book.items()}, rel=1e-4)
    score = FilingSignal(filers=("APPALOOSA LP",)).read(scene).score
    assert np.isnan(score[before]).all()
    assert (score[~before] == 1.0).all()
    with pytest.raises(StrategyError, match="like it: APPALOOSA LP"):
        FilingSignal(filers=("Appaloosa",)).check(market)


def test_a_thesis_says_how_long_a_filing_is_followed():
    market = load("demo", start="2022-01-03", end="2023-06-30")
    base = thesis("filings-follower")
    n_held = [
        int(base.replace({"allocation.max_age_days": days}).plan(market).targets.inner[:, 1].any(axis=1).sum())
        for days in (50, 80, 140)
    ]
    assert 0 < n_held[0] < n_held[1] < n_held[2]
    with pytest.raises(StrategyError, match="max_age_days = 50 is for filed: equal does not read it"):
        thesis("flow-momentum").replace({"allocation.max_age_days": 50})


def test_the_mix_at_its_own_weights_holds_the_shares_of_the_mix():
    """Where nothing is filed its weights are plain ones: that nothing is held there is timing, not weighing."""
    made = thesis("filings-follower").replace({"allocation.max_age_days": 60, "run.lots": "fractional"})
    result = run(made, load("demo", start="2022-01-03", end="2023-06-30"))
    plain, own = (result.references[name].weights.sum(axis=1).iloc[20:] for name in ("constant mix", "own-weight mix"))
    np.testing.assert_allclose(own, plain, atol=0.02)  # but for fills and drift
