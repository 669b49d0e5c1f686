"""The laws of a sweep's space: its order is that of plain loops, and a part of it is a part of the whole."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from backtest.errors import BacktestError
from backtest.tuning.grids.parameter_values import OWN
from backtest.tuning.space import Space, space_of

NAMES = ("rotation.enter", "rotation.exit", "signal.lookback", "run.impact")
FEW = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much])
NUMBERS = st.one_of(st.integers(-9, 9), st.integers(-18, 18).map(lambda k: k / 4))
TABLES = [{"kind": "a", "lookback": 5}, {"kind": "b"}, {"lookback": 7}, {"kind": "a", "lookback": 7}]


def numbers() -> st.SearchStrategy[list[float]]:
    return st.lists(NUMBERS, min_size=1, max_size=4, unique_by=float)


@st.composite
def sums(draw: st.DrawFn) -> str:
    name, other = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    return draw(
        st.sampled_from(
            [name, f"{name} + {other}", f"{name} - 2 * {other}", f"-{name} * {other} / 4", f"{name} // 3 % 2", "1.5"]
        )
    )


@st.composite
def claims(draw: st.DrawFn, depth: int = 2) -> str:
    if depth and draw(st.booleans()):
        left, right = draw(claims(depth=depth - 1)), draw(claims(depth=depth - 1))
        return draw(st.sampled_from([f"({left} and {right})", f"({left} or {right})", f"not ({left})"]))
    name = draw(st.sampled_from(NAMES))
    compare = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return draw(
        st.sampled_from(
            [
                f"{name} + 0 {draw(compare)} {draw(sums())}",
                f"{draw(sums())} {draw(compare)} {name} {draw(compare)} {draw(sums())}",
                f"{name} in [1, -2, 0.5]",
                f"{name} not in (3, -0.25)",
            ]
        )
    )


def read_plainly(text: str, values: dict[str, float]) -> bool:
    for name, value in values.items():
        text = text.replace(name, f"({value!r})")
    return bool(eval(text, {"__builtins__": {}}))


@FEW
@given(
    lists=st.tuples(*[numbers()] * len(NAMES)),
    order=st.permutations(range(len(NAMES))),
    conditions=st.lists(claims(), max_size=2),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    some=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
)
def test_the_order_is_that_of_product_and_filter(lists, order, conditions, cuts, some):
    names = [NAMES[k] for k in order]
    grid = dict(zip(names, lists, strict=True))
    plain = [dict(zip(names, values, strict=True)) for values in product(*grid.values())]
    plain = [one for one in plain if all(read_plainly(text, one) for text in conditions)]
    if not plain:
        with pytest.raises(BacktestError, match="No candidate satisfies"):
            space_of(grid | {"conditions": conditions})
        return
    space = space_of(grid | {"conditions": conditions})
    assert space.n == len(plain)
    assert [space.settings(k) for k in range(space.n)] == plain
    check_parts(space, cuts, some)


@FEW
@given(
    enter=numbers(),
    tables=st.lists(st.sampled_from(TABLES), min_size=1, max_size=4, unique_by=str),
    impact=numbers(),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    some=st.lists(
        st.sampled_from(["rotation.enter", "run.impact", "allocation.kind", "allocation.lookback"]),
        min_size=1,
        unique=True,
    ),
)
def test_sections_are_looped_over_as_one(enter, tables, impact, cuts, some):
    space = space_of({"rotation.enter": enter, "allocation": tables, "run.impact": impact})
    plain = [
        {"rotation.enter": one, **{f"allocation.{key}": value for key, value in table.items()}, "run.impact": last}
        for one, table, last in product(enter, tables, impact)
    ]
    assert [space.settings(k) for k in range(space.n)] == plain
    check_parts(space, cuts, [name for name in some if name in space.names])


@FEW
@given(
    lists=st.tuples(*[numbers()] * len(NAMES)),
    conditions=st.lists(claims(), max_size=2),
    n=st.integers(1, 60),
    seed=st.integers(0, 2**40),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    some=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
)
def test_a_draw_is_a_filter_of_the_free_draw(lists, conditions, n, seed, cuts, some):
    grid = dict(zip(NAMES, lists, strict=True)) | {
        "run.impact": {"uniform": [-3, 3]},
        "draw": {"n": n, "seed": seed, "method": "random"},
    }
    free = space_of(grid)
    plain = [one for one in map(free.settings, range(n)) if all(read_plainly(text, one) for text in conditions)]
    assume(plain)
    space = space_of(grid | {"conditions": conditions})
    assert [space.settings(k) for k in range(space.n)] == plain
    check_parts(space, cuts, some)


def check_parts(space: Space, cuts: tuple[float, float], some: list[str]) -> None:
    """A part is a slice of the whole; combinations are those that occur, once each, and groups point at them."""
    first, last = sorted(round(cut * space.n) for cut in cuts)
    whole = space.codes(0, space.n)
    np.testing.assert_array_equal(space.codes(first, last), whole[first:last])
    chosen = whole[:, [space.names.index(name) for name in some]] if some else whole[:, :0]
    members, combinations = space.groups(some, first, last)
    np.testing.assert_array_equal(combinations[members], chosen[first:last])
    np.testing.assert_array_equal(combinations, space.distinct(some))
    assert len({tuple(row) for row in combinations.tolist()}) == len(combinations)
    assert {tuple(row) for row in combinations.tolist()} == {tuple(row) for row in chosen.tolist()}
    for name, column in space.columns(first, last).items():
        k = space.names.index(name)
        for code, value in zip(whole[first:last, k], column, strict=True):
            stated = space.values[k][code]
            assert value == stated or (stated is OWN and pd.isna(value))


@FEW
@given(low=st.integers(-1000, 1000), step=st.integers(1, 50), n=st.integers(2, 60), digits=st.integers(0, 6))
def test_a_range_is_exact_in_decimals(low, step, n, digits):
    # The nearest float to each decimal: what a reader would have typed.
    def decimal(number: int) -> str:
        return f"{number}e-{digits}"

    space = space_of({"rotation.enter": f"{decimal(low)}:{decimal(low + step * (n - 1))}:{n}"})
    assert space.values[0] == tuple(float(decimal(low + step * k)) for k in range(n))
