"""The differential proof is worth something: it catches every one of these faults, planted in the tables of sleeves."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from backtest.arrays import sleeves as tables
from backtest.arrays.prepare import Prepared
from backtest.kernels.sleeve_tables import DUE, FILL, WAITS, Sleeves
from backtest.tuning import setups
from tests.sweep_singles import Single, compare
from tests.sweep_worlds import SweepWorld, sweep_world

A_WORLD = 24
SEEDS = (
    1,
    6,
    5,
    12,
    18,
    21,
    24,
    33,
    65,
    72,
    110,
    111,
    123,
    138,
)  # sleeves or both forms, costs and interest of all kinds

Fault = Callable[[Sleeves, Prepared], Sleeves]


def _of_fills(sleeves: Sleeves) -> np.ndarray:
    return sleeves.kind == FILL


def costs_of_the_other_side(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(pays=np.ascontiguousarray(2.0 - sleeves.pays[..., ::-1]))


def no_costs_of_sells(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    pays = sleeves.pays.copy()
    pays[..., 1] = 1.0
    return sleeves._replace(pays=pays)


def settles_a_day_late(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(slot=np.where(_of_fills(sleeves), (sleeves.slot + 1) % prepared.n_slots, sleeves.slot))


def settles_the_next_day(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    """So that interest is paid on money that has not settled."""
    return sleeves._replace(slot=np.where(_of_fills(sleeves), (sleeves.row + 1) % prepared.n_slots, sleeves.slot))


def one_name_too_many_is_bought(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    drift = sleeves.drift.copy()
    for s, (first, end) in enumerate(zip(sleeves.first[:-1] + 1, sleeves.first[1:] + 1, strict=True)):
        drift[:, first + 2 * s + 1 : end + 2 * s] = sleeves.drift[:, first + 2 * s : end + 2 * s - 1]
    return sleeves._replace(drift=drift)


def sized_without_costs(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(rates=np.zeros_like(sleeves.rates))


def split_legs_are_not_funded(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(splits=np.zeros_like(sleeves.splits))


def partial_buys_are_not_tried_again(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    is_again = _of_fills(sleeves) & (sleeves.is_first == 0)
    return sleeves._replace(kind=np.where(is_again, -1, sleeves.kind))


def sells_due_later_pay_for_nothing(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(stands=np.where(sleeves.stands == DUE, WAITS, sleeves.stands))


def marked_at_the_last_mark(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(worth=np.concatenate([sleeves.worth[:1], sleeves.worth[:-1]]))


def never_irregular(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(irregular=np.zeros_like(sleeves.irregular))


def irregular_a_decision_late(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(irregular=np.concatenate([[0], sleeves.irregular[:-1]]))


def all_orders_met_a_session(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    """So that lanes come back from the general form while orders wait."""
    return sleeves._replace(tried=np.ones_like(sleeves.tried))


def new_names_are_miscounted(sleeves: Sleeves, prepared: Prepared) -> Sleeves:
    return sleeves._replace(n_new=sleeves.n_new + 1.0)


IN_TABLES: tuple[Fault, ...] = (
    costs_of_the_other_side,
    no_costs_of_sells,
    settles_a_day_late,
    settles_the_next_day,
    one_name_too_many_is_bought,
    sized_without_costs,
    split_legs_are_not_funded,
    partial_buys_are_not_tried_again,
    sells_due_later_pay_for_nothing,
    marked_at_the_last_mark,
    never_irregular,
    irregular_a_decision_late,
    all_orders_met_a_session,
    new_names_are_miscounted,
)


@cache
def known(seed: int) -> tuple[SweepWorld, dict[int, Single]]:
    return sweep_world(seed, A_WORLD), {}


def is_caught() -> bool:
    """Compare worlds until one tells of a fault. One that merely crashes proves nothing, and fails the test."""
    for seed in SEEDS:
        world, singles = known(seed)
        if compare(world, f"world {seed}", singles).faults:
            return True
    return False


@pytest.mark.timeout(400)
def test_without_a_fault_nothing_is_caught() -> None:
    assert not is_caught()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("fault", IN_TABLES, ids=lambda fault: fault.__name__)
def test_a_fault_in_the_tables_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    real = setups.lay_out_sleeves
    monkeypatch.setattr(setups, "lay_out_sleeves", lambda prepared, inner: fault(real(prepared, inner), prepared))
    assert is_caught()


def _later(given: np.ndarray, prices: np.ndarray) -> np.ndarray:
    later = given.copy()
    later[:, 1] = np.minimum(later[:, 1] + 1, len(prices) - 1)
    return later


# Of `fill_tables_nb` and `size_tables_nb`: what is handed over instead.
HANDED: dict[str, tuple[str, Callable[..., tuple[Any, ...]]]] = {
    "prices of the next date": (
        "fill_tables_nb",
        lambda world, spread, base, closes, given, out: (world, spread, base, closes, _later(given, world.open), out),
    ),
    "no FX spread at fills": (
        "fill_tables_nb",
        lambda world, spread, base, closes, given, out: (world, 0.0, base, closes, given, out),
    ),
    "closes for opens": (
        "fill_tables_nb",
        lambda world, spread, base, closes, given, out: (world, spread, base, not closes, given, out),
    ),
    "no FX spread in sizes": (
        "size_tables_nb",
        lambda world, spread, base, rows, out: (world, 0.0, base, rows, out),
    ),
    "costs of a year before": (
        "size_tables_nb",
        lambda world, spread, base, rows, out: (world, spread, base, np.zeros_like(rows), out),
    ),
}  # fmt: skip


@pytest.mark.timeout(400)
@pytest.mark.parametrize("fault", list(HANDED))
def test_a_fault_in_what_tables_are_made_of_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, instead = HANDED[fault]
    real = getattr(tables, name)
    monkeypatch.setattr(tables, name, lambda *given: real(*instead(*given)))
    assert is_caught()


@pytest.mark.timeout(400)
def test_marks_by_what_was_held_a_date_before_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = tables._held_at_marks

    def old(*given: Any) -> np.ndarray:
        held = real(*given)
        return np.concatenate([np.full_like(held[:1], -1), held[:-1]])

    monkeypatch.setattr(tables, "_held_at_marks", old)
    assert is_caught()
