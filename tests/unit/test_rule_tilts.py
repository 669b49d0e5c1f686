"""Flows by sector and tilts by them: sectors add up, by hand, against plain loops, and what is refused."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.membership import membership
from strategies.planning import Decisions
from strategies.rules.baskets import inner_weights
from strategies.rules.tilts import SECTORS, Tilt, tilted
from strategies.signals.scene import Scene
from strategies.signals.sectors import SectorFlow
from strategies.signals.turnover import proxy_flow
from tests.markets import sessions
from tests.naive import series_signals
from tests.real import FOLDER, needs_real

FIRST, LAST = "2023-02-01", "2024-03-28"
DATES = sessions("XNYS", FIRST, LAST)
OF = {"AAA": "Energy", "BBB": "Energy", "CCC": "Financials", "DDD": "Utilities", "EEE": "Financials"}
KEYS = {"lookback": 5, "history": 100, "min_history": 40}
SHORT = {**KEYS, "max_age_days": 14}


def made(seed=3, flows=None):
    """Five names of three sectors, one of which lists late, and a source."""
    rng = np.random.default_rng(seed)
    frames = []
    for symbol in (*OF, "SRC"):
        n = len(DATES)
        close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(n)))
        volume = np.exp(14 + 0.3 * rng.standard_normal(n))
        frame = pd.DataFrame(
            {"date": DATES, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close, "volume": volume}
        )
        frames.append(frame[120:] if symbol == "DDD" else frame)
    return from_frames(
        pd.concat(frames),
        flows=flows,
        instruments=pd.DataFrame({"symbol": list(OF), "sector": list(OF.values())}),
        memberships={"two": tuple(Spell(s) for s in OF), "one": (Spell("SRC"),)},
    )


def setting(market, every=3):
    scene = Scene(market=market, venue="XNYS", source="one", destination="two")
    stamps, dates = scene.stamps[::every], scene.dates[::every]
    members = membership(market, "two", stamps, dates, 1)
    weights = inner_weights(market, members, stamps, "inverse_volatility", 40, 1)
    return (
        scene,
        members,
        weights,
        Decisions(venue="XNYS", stamps=stamps, dates=dates, updates=np.ones((len(stamps), 1), dtype=np.int64)),
    )


def test_sectors_add_up_to_the_market():
    scene, *_ = setting(made())
    found, proxy = SectorFlow(**SHORT).flows(scene, "two"), proxy_flow(scene, "two", (), 5)
    assert found.sectors == ("Energy", "Financials", "Utilities")
    assert found.origin == "signed-dollar-volume proxy of 3 sectors of two"
    known = ~np.isnan(proxy.flow)
    assert known.sum() > 200
    np.testing.assert_allclose(np.nansum(found.flows[known], axis=1), proxy.flow[known], atol=1e-12)
    assert np.isnan(found.flows[~known]).all()
    # Utilities have no reading before their only name has traded for twenty sessions.
    assert np.isnan(found.flows[:139, 2]).all()
    assert not np.isnan(found.flows[139:, 2]).any()


def test_oracle_plain_loops():
    market = made()
    scene, members, weights, decisions = setting(market)
    found, proxy = SectorFlow(**SHORT).flows(scene, "two"), proxy_flow(scene, "two", (), 5)
    plain = []
    for i in range(len(scene.stamps)):
        counted = {s: proxy.by_name[i, j] for j, s in enumerate(proxy.symbols) if proxy.counted[i, j]}
        plain.append(series_signals.sector_flow(counted, OF))
    scores = {}
    for k, sector in enumerate(found.sectors):
        own = [one.get(sector) for one in plain]
        scores[sector] = series_signals.zscore(own, 100, 40)
        for given, expected in ((found.flows[:, k], own), (found.zscores[:, k], scores[sector])):
            # Sums in another order: the last bits.
            np.testing.assert_allclose(given, [np.nan if x is None else x for x in expected], rtol=1e-9, atol=1e-12)
    tilt = Tilt(kind="sector_flow", strength=0.8, clip=1.5, **KEYS)
    moved = tilted(scene, members, weights, tilt, decisions)
    for i, stamp in enumerate(decisions.stamps):
        row = int(np.searchsorted(scene.stamps, stamp))
        factor = {
            s: math.exp(0.8 * min(max(z[row], -1.5), 1.5)) for s, z in scores.items() if z[row] is not None
        }  # fmt: skip
        expected = series_signals.tilted(dict(zip(members.symbols, weights[i], strict=True)), OF, factor)
        np.testing.assert_allclose(moved[i], [expected[s] for s in members.symbols], rtol=1e-9)
    assert np.abs(moved - weights).max() > 0.1


def test_a_table_of_sectors_by_hand():
    scene, members, _, decisions = setting(made())
    weights = np.tile([0.2, 0.2, 0.2, 0.2, 0.2], (len(decisions.stamps), 1))
    weights[0] = 0.0
    soft = Tilt(kind="sectors", factors={"Energy": 1.5, "Utilities": 0.0})
    found = tilted(scene, members, weights, soft, decisions)
    # 0.3, 0.3, 0.2, 0, 0.2 of a sum of 1.
    np.testing.assert_allclose(found[1:], np.tile([0.3, 0.3, 0.2, 0.0, 0.2], (len(weights) - 1, 1)), rtol=1e-12)
    assert not found[0].any()
    only = tilted(scene, members, np.eye(5)[[3] * len(weights)], soft, decisions)
    assert not only.any()  # all it holds is left out: cash


def test_too_few_that_a_tilt_leaves_in_are_cash_and_it_is_said():
    market = load("demo", start="2024-01-02")
    names = sorted(s for s in market.symbols if market.instruments[s].venue == "XHKG")
    base = thesis("flow-momentum").replace({"baskets.destination": names})
    plain = base.plan(market).targets
    held = [plain.assets[i] for i in np.flatnonzero(plain.inner[-1, 1])]
    sectors = [market.instruments[name].sector for name in held]
    kept = max(set(sectors), key=sectors.count)
    n_kept = sectors.count(kept)
    tilt = {"tilt.kind": "sectors", "tilt.factors": {one: 0.0 for one in set(sectors) if one != kept}}
    few = base.replace({**tilt, "baskets.min_members": n_kept + 1}).plan(market)
    assert not few.targets.inner[-1, 1].any()
    assert few.references.inner[-1, 1].any()
    (note,) = [one for one in few.notes if "and that tilt.factors leave in at" in one]
    assert note.startswith(f"Basket destination has fewer than {n_kept + 1} members")
    enough = base.replace({**tilt, "baskets.min_members": n_kept}).plan(market).targets
    np.testing.assert_allclose(enough.inner[-1, 1].sum(), 1.0, rtol=1e-12)
    assert np.count_nonzero(enough.inner[-1, 1]) == n_kept


def test_a_factor_of_a_sector_without_members_is_told():
    market = load("demo", start="2024-01-02")
    factors = {"Energy": 2.0, "Utilities": 1.0, "Information Technology": 2.0}
    tilt = {"tilt.kind": "sectors", "tilt.factors": factors}
    (note,) = [one for one in thesis("flow-momentum").replace(tilt).plan(market).notes if "tilt.factors" in one]
    assert "no member is in Energy, so tilt.factors changes nothing there. It has: " in note


def test_no_tilt_is_the_same_bytes():
    scene, members, weights, decisions = setting(made())
    assert tilted(scene, members, weights, Tilt(), decisions) is weights
    # Nothing known yet is no tilt either, to rounding.
    slow = Tilt(kind="sector_flow", history=5000, min_history=5000)
    np.testing.assert_allclose(tilted(scene, members, weights, slow, decisions), weights, rtol=1e-14)


def test_laws():
    market = made()
    scene, members, weights, decisions = setting(market)
    tilt = Tilt(kind="sector_flow", **KEYS)
    found = tilted(scene, members, weights, tilt, decisions)
    np.testing.assert_allclose(found.sum(axis=1), weights.sum(axis=1), atol=1e-14)
    assert set(np.round(found.sum(axis=1), 12)) == {0.0, 1.0}
    order = np.array([3, 0, 4, 2, 1])
    turned = dataclasses.replace(
        members, symbols=tuple(members.symbols[i] for i in order),
        **{f: getattr(members, f)[:, order] for f in ("belongs", "priced", "seasoned", "eligible")},
    )  # fmt: skip
    np.testing.assert_allclose(
        tilted(scene, turned, weights[:, order], tilt, decisions), found[:, order], rtol=1e-13
    )  # fmt: skip
    # Within a sector weights keep their proportions.
    held = (weights > 0).all(axis=1)
    np.testing.assert_allclose(found[held, 0] / found[held, 1], weights[held, 0] / weights[held, 1], rtol=1e-12)
    # What comes later changes nothing before.
    n = 60
    past = dataclasses.replace(scene, market=market.until(int(decisions.stamps[n - 1])))
    early = Decisions(
        venue="XNYS", stamps=decisions.stamps[:n], dates=decisions.dates[:n], updates=decisions.updates[:n]
    )
    known = membership(past.market, "two", early.stamps, early.dates, 1)
    assert known.symbols == members.symbols
    assert tilted(past, known, weights[:n], tilt, early).tobytes() == found[:n].tobytes()


def recorded():
    """Weekly flows of two sectors of CHINA and of CHINA as a whole, known six days later."""
    rng = np.random.default_rng(8)
    weeks = pd.date_range("2022-06-03", LAST, freq="W-FRI")
    return pd.concat(
        pd.DataFrame({"date": weeks, "entity": entity, "net_usd": size * rng.standard_normal(len(weeks)),
                      "known": [f"{day.date()}T21:00Z" for day in weeks + pd.Timedelta(days=6)]})
        for entity, size in (("CHINA", 3e8), ("CHINA/Energy", 1e8), ("CHINA/Financials", 2e8))
    )  # fmt: skip


def test_sectors_from_a_flows_file():
    flows = recorded()
    scene, members, weights, decisions = setting(made(flows=flows))
    found = SectorFlow(**SHORT).flows(scene, "two")
    assert (found.sectors, found.origin) == (("Energy", "Financials"), "flows file, 2 sectors of CHINA")
    # At the close of Friday 1 March 2024 five sessions know of the week to 23 February.
    row = np.flatnonzero(scene.dates == np.datetime64("2024-03-01"))[0]
    energy = flows[flows["entity"] == "CHINA/Energy"].set_index("date")["net_usd"]
    assert found.flows[row, 0] == pytest.approx(energy["2024-02-23"], abs=1.0)
    moved = tilted(scene, members, weights, Tilt(kind="sector_flow", **KEYS), decisions)
    # Utilities have no flow of their own: between them and nothing else their factor is 1.
    assert np.abs(moved - weights).max() > 0.05
    proxy = SectorFlow(input="volume", **SHORT).flows(scene, "two")
    assert proxy.sectors == ("Energy", "Financials", "Utilities")


def test_what_is_refused():
    scene, members, weights, decisions = setting(made())
    for factors in ({"Enrgy": 2.0}, {"energy": 2.0}):
        with pytest.raises(StrategyError, match=rf"tilt\.factors: there is no sector '{next(iter(factors))}'"):
            tilted(scene, members, weights, Tilt(kind="sectors", factors=factors), decisions)
    with pytest.raises(StrategyError, match=r"no sector of 'CHINA', such as 'CHINA/Information.* They have: nothing"):
        tilted(scene, members, weights, Tilt(kind="sector_flow", input="flows"), decisions)
    for keys, message in (
        ({"kind": "sectors"}, "kind = 'sectors' needs factors"),
        ({"factors": {"Energy": 1.0}}, "factors are for kind = 'sectors', not 'none'"),
        ({"kind": "sectors", "factors": {"Energy": -1.0}}, "greater than or equal to 0"),
        ({"min_history": 800}, "min_history 800 is above history 756"),
    ):
        with pytest.raises(ValidationError, match=message):
            Tilt(**keys)


def test_the_sectors_are_those_of_the_facts():
    demo = load("demo")
    assert {one.sector for one in demo.instruments.values()} <= set(SECTORS)


@needs_real
def test_real_sectors_add_up_and_soft_technology_is_tilted():
    market = load(FOLDER, "big-seven+hang-seng-tech", "2024-01-02", "2025-02-14")
    scene = Scene(market=market, venue="XHKG", source="big-seven", destination="hang-seng-tech")
    found = SectorFlow(**(SHORT | {"history": 756, "min_history": 252})).flows(scene, "hang-seng-tech")
    flow = proxy_flow(scene, "hang-seng-tech", (), 5).flow
    known = ~np.isnan(flow)
    np.testing.assert_allclose(np.nansum(found.flows[known], axis=1), flow[known], atol=1e-10)
    decisions = Decisions(
        venue="XHKG", stamps=scene.stamps[-5:], dates=scene.dates[-5:], updates=np.ones((5, 1), dtype=np.int64)
    )
    members = membership(market, "hang-seng-tech", decisions.stamps, decisions.dates, 20)
    equal = inner_weights(market, members, decisions.stamps, "equal", 60, 5)
    # Claim 10: "soft technology".
    soft = Tilt(kind="sectors", factors={"Communication Services": 1.5, "Information Technology": 1.5})
    moved = tilted(scene, members, equal, soft, decisions)
    of = np.array([market.instruments[s].sector for s in members.symbols])
    is_soft = np.isin(of, list(soft.factors))
    assert (moved[:, is_soft].sum(axis=1) > equal[:, is_soft].sum(axis=1) + 0.05).all()
    np.testing.assert_allclose(moved.sum(axis=1), 1.0, rtol=1e-12)
