"""Reference: Bacon (2008), chapters 5 and 8, to the printed digits; case A4 of the reference numbers.

The inputs and answers are typed in from "Practical Portfolio Performance Measurement and Attribution", 2nd ed., tables
5.1 to 5.3, 8.1, 8.2 and 8.4. Where `EASTBOUND_REFERENCE` has them, those files are held against the typed ones.
"""

import json

import numpy as np
import pytest

from backtest.attribution.brinson import brinson, geometric_brinson
from backtest.attribution.linking import link, link_geometric
from tests.real import REFERENCE

PRINTED = 1e-4  # the book rounds intermediate coefficients: its last digit may be off by one
W = [[0.4, 0.3, 0.3], [0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.3, 0.5, 0.2]]
BIG_W = [[0.4, 0.2, 0.4], [0.4, 0.3, 0.3], [0.5, 0.4, 0.1], [0.4, 0.4, 0.2]]
R = [[0.20, -0.05, 0.06], [-0.05, 0.03, -0.05], [-0.20, 0.08, -0.15], [0.10, -0.07, 0.25]]
BIG_R = [[0.10, -0.04, 0.08], [-0.07, 0.04, -0.10], [-0.25, 0.05, -0.20], [0.05, -0.05, 0.10]]
ALL = W, BIG_W, R, BIG_R
FILE = REFERENCE / "reference" / "attribution_bacon.json"


@pytest.mark.skipif(not FILE.is_file(), reason="EASTBOUND_REFERENCE has no reference/attribution_bacon.json")
def test_the_inputs_are_those_of_the_reference_file():
    stated = json.loads(FILE.read_text(encoding="utf-8"))
    assert [stated[key] for key in ("wp", "wb", "Rp", "Rb")] == list(ALL)
    assert stated["linked_4q"] == {
        "carino_T8_2": {"alloc": [*CARINO[0], CARINO[2]], "sel": [*CARINO[1], CARINO[3]]},
        "grap_T8_4": {"alloc": [*GRAP[0], GRAP[2]], "sel": [*GRAP[1], GRAP[3]]},
    }


CARINO = [0.0165, -0.0060, 0.0015], [0.0804, 0.0018, 0.0385], 0.0120, 0.1207
GRAP = [0.0167, -0.0055, 0.0011], [0.0785, 0.0016, 0.0402], 0.0124, 0.1203


def test_table_5_2_brinson_hood_beebower():
    found = brinson(*ALL, method="brinson-hood-beebower")
    np.testing.assert_allclose(found.allocation[0], [0.0, -0.004, -0.008], atol=1e-12)
    np.testing.assert_allclose(found.selection[0], [0.04, -0.002, -0.008], atol=1e-12)
    np.testing.assert_allclose(found.interaction[0], [0.0, -0.001, 0.002], atol=1e-12)
    assert found.portfolio[0] == pytest.approx(0.083, abs=1e-12)
    assert found.benchmark[0] == pytest.approx(0.064, abs=1e-12)


def test_table_5_3_brinson_fachler():
    found = brinson(*ALL)
    np.testing.assert_allclose(found.allocation[0], [0.0, -0.0104, -0.0016], atol=1e-12)
    by_hand = brinson(*ALL, method="brinson-hood-beebower")
    np.testing.assert_allclose(found.allocation.sum(axis=1), by_hand.allocation.sum(axis=1), atol=1e-15)


def test_the_totals_of_four_periods():
    found = brinson(*ALL)
    portfolio, benchmark = (np.prod(1.0 + one) - 1.0 for one in (found.portfolio, found.benchmark))
    assert portfolio == pytest.approx(0.0385932095, abs=1e-10)
    assert benchmark == pytest.approx(-0.09406252, abs=1e-10)
    assert portfolio - benchmark == pytest.approx(0.1326557295, abs=1e-10)


@pytest.mark.parametrize(("method", "table"), [("carino", CARINO), ("grap", GRAP), ("frongello", GRAP)])
def test_tables_8_2_and_8_4_linked(method, table):
    # The book's selection holds interaction. Frongello's sum over all periods is that of GRAP.
    one = brinson(*ALL)
    linked = link(
        np.stack([one.allocation, one.selection + one.interaction], axis=1), one.portfolio, one.benchmark, method=method
    ).sum(axis=0)
    allocation, selection, all_allocation, all_selection = table
    np.testing.assert_allclose(linked, [allocation, selection], rtol=0, atol=PRINTED)
    np.testing.assert_allclose(linked.sum(axis=1), [all_allocation, all_selection], rtol=0, atol=PRINTED)
    assert linked.sum() == pytest.approx(0.1326557295, abs=1e-10)


def test_geometric_by_hand():
    # Period 1: semi-notional return 0.4 x 0.10 - 0.3 x 0.04 + 0.3 x 0.08 = 0.052; benchmark 0.064; portfolio 0.083.
    one = geometric_brinson(*ALL)
    assert one.allocation[0].sum() == pytest.approx(1.052 / 1.064 - 1.0, abs=1e-15)
    assert (one.selection + one.interaction)[0].sum() == pytest.approx(1.083 / 1.052 - 1.0, abs=1e-15)
    np.testing.assert_allclose(one.allocation[0], [0.0, 0.1 * (0.96 / 1.064 - 1.0), -0.1 * (1.08 / 1.064 - 1.0)])
    allocation, selection = (link_geometric(part).sum() for part in (one.allocation, one.selection + one.interaction))
    assert (1.0 + allocation) * (1.0 + selection) == pytest.approx(1.0385932095 / 0.90593748, abs=1e-12)
