"""The valuation discount by price to book and by dividend yield: the same rules as by P/E, and what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from data.load import load
from strategies.signals.scene import Scene
from strategies.signals.valuation import ValuationSignal
from tests.long_tables import assert_nothing_later_matters, long_market, scene_of
from tests.markets import sessions
from tests.real import FOLDER, needs_real

FIRST, LAST = "2024-02-20", "2024-08-30"
DATES = sessions("XNYS", FIRST, LAST)
N = len(DATES)
SHORT = {"history": 40, "min_history": 20}
BOOK = {"measure": "log_pb_ratio", "metric": "pb", **SHORT}
YIELD = {"measure": "log_yield_ratio", "metric": "div_yield_pct", **SHORT}


def made(metric, source, destination, closes=None):
    rows = pd.concat(
        pd.DataFrame({"date": DATES, "entity": entity, "metric": metric, "value": values})
        for entity, values in (("NDX", source), ("HSTECH", destination))
    )
    given = {} if closes is None else {
        "indices": pd.concat(pd.DataFrame({"date": DATES, "index": k, "close": v}) for k, v in closes.items())
    }  # fmt: skip
    return long_market(FIRST, LAST, valuations=rows, **given)


def walks(seed, size=0.01):
    rng = np.random.default_rng(seed)
    return {name: 100 * np.exp(np.cumsum(size * rng.standard_normal(N))) for name in ("NDX", "HSTECH")}


def test_price_to_book_is_read_as_a_ratio_of_earnings():
    closes = walks(1)
    books = made("pb", closes["NDX"] / 12, closes["HSTECH"] / 60, closes)
    earnings = made("pe_ttm", closes["NDX"] / 12, closes["HSTECH"] / 60, closes)
    by_book = ValuationSignal(**BOOK).read(scene_of(books))
    by_earnings = ValuationSignal(**SHORT).read(scene_of(earnings))
    assert by_book.score.tobytes() == by_earnings.score.tobytes()
    assert by_book.value[1] == pytest.approx(np.log(closes["NDX"][0] / 12 / (closes["HSTECH"][0] / 60)))
    assert by_book.value_label == "log(NDX P/B / HSTECH P/B)"
    assert by_book.origin.startswith("P/B (pb) of NDX and HSTECH")
    np.testing.assert_allclose(np.diff(by_book.parts["price"][1:]), np.diff(by_book.value[1:]), atol=1e-12)


def test_a_high_dividend_yield_is_cheap():
    rising = np.linspace(2.0, 3.0, N)
    found = ValuationSignal(**YIELD).read(scene_of(made("div_yield_pct", np.full(N, 0.8), rising)))
    np.testing.assert_allclose(found.value[1:], np.log(rising / 0.8)[:-1], rtol=1e-12)
    assert found.value_label == "log(HSTECH dividend yield / NDX dividend yield)"
    # The highest of forty, itself by half.
    assert found.score[-1] == pytest.approx(1 - 0.5 / 40)


@pytest.mark.parametrize(("keys", "metric", "power"), [(BOOK, "pb", 1.0), (YIELD, "div_yield_pct", -1.0)])
def test_a_jump_against_the_price_is_not_traded(keys, metric, power):
    closes = walks(2)
    jump = np.where(np.arange(N) >= 60, 1.5, 1.0)
    figures = [(closes["NDX"] / 30) ** power, (closes["HSTECH"] / 50) ** power]
    plain = ValuationSignal(**keys).read(scene_of(made(metric, *figures, closes)))
    crossed = ValuationSignal(**keys).read(scene_of(made(metric, figures[0], figures[1] * jump, closes)))
    np.testing.assert_allclose(crossed.score, plain.score, atol=1e-12)
    assert abs(crossed.value[61] - crossed.value[60]) > 0.3
    assert "jumped once against its price from 2024-02-20 on (known at the close of " in crossed.notes[0]
    # With the price a yield moves the other way: all of it is price.
    np.testing.assert_allclose(np.diff(plain.parts["price"][1:]), np.diff(plain.value[1:]), atol=1e-12)
    np.testing.assert_allclose(sum(crossed.parts[part] for part in crossed.parts)[-1] - plain.parts["price"][-1],
                               crossed.value[-1] - plain.value[-1] + sum(p[1] for p in crossed.parts.values())
                               - plain.parts["price"][1] - crossed.value[1] + plain.value[1], atol=1e-12)  # fmt: skip


def test_laws_another_unit_and_nothing_later():
    walk = walks(3, 0.03)
    market = made("div_yield_pct", walk["NDX"] / 100, walk["HSTECH"] / 40)
    signal = ValuationSignal(**YIELD)
    found = signal.read(scene_of(market))
    fractions = signal.read(scene_of(made("div_yield_pct", walk["NDX"] / 10000, walk["HSTECH"] / 4000)))
    np.testing.assert_allclose(fractions.value, found.value, atol=1e-12)
    np.testing.assert_allclose(fractions.score, found.score, atol=1e-12)
    assert_nothing_later_matters(signal, market)
    assert_nothing_later_matters(ValuationSignal(**BOOK), made("pb", walk["NDX"], walk["HSTECH"], walk))


def test_no_dividend_is_no_reading():
    paid = np.full(N, 2.0)
    paid[50:60] = 0.0
    found = ValuationSignal(**YIELD).read(scene_of(made("div_yield_pct", np.full(N, 0.8), paid)))
    assert np.isnan(found.value[51:61]).all()
    assert not np.isnan(found.value[61:]).any()
    assert f"HSTECH paid no dividend at 10 of {N} closes; that has no logarithm: no reading there." in found.notes
    below = ValuationSignal(**BOOK).read(scene_of(made("pb", np.full(N, 5.0), np.where(paid == 0, -1.0, 2.0))))
    assert any(note.startswith("HSTECH had a book value below zero at 10 of") for note in below.notes)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"metric": "pb"}, "measure 'log_pe_ratio' reads metric 'pe_ttm', not 'pb'"),
        ({"measure": "earnings_yield_gap", "metric": "pb"}, "'earnings_yield_gap' reads metric 'pe_ttm', not 'pb'"),
        ({"measure": "log_pb_ratio"}, "measure 'log_pb_ratio' reads metric 'pb', not 'pe_ttm'"),
        ({"measure": "log_yield_ratio", "metric": "pb"}, "reads metric 'div_yield_pct', not 'pb'"),
    ],
)
def test_a_measure_of_another_metric_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        ValuationSignal(**keys)


@needs_real
def test_on_real_figures():
    market = load(FOLDER, "big-seven+hang-seng-tech", "2023-01-03", "2025-02-14")
    scene = Scene(market=dataclasses.replace(market), venue="XNYS", source="big-seven", destination="hang-seng-tech")
    table = pd.read_csv(FOLDER / "valuations.csv").set_index(["entity", "metric", "date"])["value"]
    row = np.flatnonzero(scene.dates == np.datetime64("2025-02-10"))[0]  # knows the figures of the 7th
    for keys, metric, sign in ((BOOK, "pb", 1.0), (YIELD, "div_yield_pct", -1.0)):
        signal = ValuationSignal(**keys)
        signal.check(market)
        expected = np.log(table["NDX", metric, "2025-02-07"] / table["HSTECH", metric, "2025-02-07"])
        assert signal.read(scene).value[row] == pytest.approx(sign * expected, rel=1e-12)
