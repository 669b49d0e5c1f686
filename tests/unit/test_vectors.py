"""Vectors of lanes do what numpy does, number by number, and touch no memory beyond the lanes that there are."""

import numpy as np
import pytest

from data.jit import kernel
from data.kernels.vectors import (
    N_TOGETHER,
    any_nb,
    floor_nb,
    is_nb,
    least_nb,
    load_nb,
    most_nb,
    rint_nb,
    spread_nb,
    sqrt_nb,
    store_nb,
    there_nb,
    trunc_nb,
    where_nb,
)

SPECIAL = [0.0, -0.0, 1.0, -1.5, 2.5, 0.5, np.inf, -np.inf, np.nan, 1e308, 5e-324, 3.0]
# One row of results for each line of `compute_nb`.
EXPECTED = (
    lambda x, y: x + y,
    lambda x, y: x - 2.0,
    lambda x, y: 3.0 * y,
    lambda x, y: x / y,
    lambda x, y: -x,
    lambda x, y: np.abs(x),
    lambda x, y: np.where(y < x, y, x),
    lambda x, y: np.where(y > x, y, x),
    lambda x, y: np.floor(x),
    lambda x, y: np.rint(x),
    lambda x, y: np.trunc(y),
    lambda x, y: np.sqrt(np.abs(y)),
    lambda x, y: np.where(x < y, x, 1.0),
    lambda x, y: np.where((x <= y) & (x != 0.0), 1.0, 0.0),
    lambda x, y: np.where((x > y) | (x >= 1.0), 1.0, 0.0),
    lambda x, y: np.where(~(x == y), 1.0, 0.0),
    lambda x, y: np.where(x != x, 1.0, 0.0),  # noqa: PLR0124
    lambda x, y: np.full(len(x), 7.0),
)


@kernel
def compute_nb(x_row, y_row, out):
    n = x_row.shape[0]
    for at in range(0, n, N_TOGETHER):
        there = there_nb(n - at)
        x, y = load_nb(x_row, at, there), load_nb(y_row, at, there)
        store_nb(out, at, there, x + y)
        store_nb(out, n + at, there, x - 2.0)
        store_nb(out, 2 * n + at, there, 3.0 * y)
        store_nb(out, 3 * n + at, there, x / y)
        store_nb(out, 4 * n + at, there, -x)
        store_nb(out, 5 * n + at, there, abs(x))
        store_nb(out, 6 * n + at, there, least_nb(x, y))
        store_nb(out, 7 * n + at, there, most_nb(x, y))
        store_nb(out, 8 * n + at, there, floor_nb(x))
        store_nb(out, 9 * n + at, there, rint_nb(x))
        store_nb(out, 10 * n + at, there, trunc_nb(y))
        store_nb(out, 11 * n + at, there, sqrt_nb(abs(y)))
        store_nb(out, 12 * n + at, there, where_nb(x < y, x, 1.0))
        store_nb(out, 13 * n + at, there, where_nb((x <= y) & (x != 0.0), 1.0, 0.0))
        store_nb(out, 14 * n + at, there, where_nb((x > y) | (x >= 1.0), 1.0, 0.0))
        store_nb(out, 15 * n + at, there, where_nb(~(x == y), 1.0, 0.0))
        store_nb(out, 16 * n + at, there, where_nb(x != x, 1.0, 0.0))  # noqa: PLR0124
        store_nb(out, 17 * n + at, there, spread_nb(7.0))


@kernel
def find_nb(codes, code, out):
    found = False
    for at in range(0, codes.shape[0], N_TOGETHER):
        there = there_nb(codes.shape[0] - at)
        where = there & is_nb(codes, at, there, code)
        store_nb(out, at, where, 1.0)
        found |= any_nb(where)
    return found


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 15, 16, 17, 33])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy notes what divisions by 0 and sums of infinities give
def test_a_vector_does_what_numpy_does(n):
    rng = np.random.default_rng(n)
    for _ in range(5):
        x, y = (np.where(rng.random(n) < 0.5, rng.choice(SPECIAL, n), rng.normal(0, 10, n)) for _ in range(2))
        out = np.zeros((len(EXPECTED), n))
        compute_nb(x, y, out)
        for row, expected in zip(out, EXPECTED, strict=True):
            wanted = np.asarray(expected(x, y), dtype=np.float64)
            np.testing.assert_array_equal(row, wanted)
            is_number = ~np.isnan(wanted)  # the sign of 0 too
            assert (np.signbit(row) == np.signbit(wanted))[is_number].all()


@pytest.mark.parametrize("n", [1, 15, 16, 20])
def test_only_lanes_that_there_are_are_written(n):
    codes, room = np.full(n, 3), np.full(n + 2 * N_TOGETHER, -5.0)
    assert find_nb(codes, 3, room[:n])
    assert (room[:n] == 1.0).all()
    assert (room[n:] == -5.0).all()


def test_codes_are_found_where_they_are():
    codes, out = np.arange(40) % 3, np.zeros(40)
    assert find_nb(codes, 2, out)
    assert (out == (codes == 2)).all()
    assert not find_nb(codes, 5, out)
