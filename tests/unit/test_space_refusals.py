"""What a grid may not be: one plain message, at once."""

import datetime
import math

import pytest

from backtest.errors import BacktestError
from backtest.tuning.grids.grid_file import parse_grid, read_grid
from backtest.tuning.grids.known_settings import known_settings
from backtest.tuning.own_settings import own_settings
from backtest.tuning.space import space_of
from strategies.catalogue import thesis

DRAW = {"draw": {"n": 8, "seed": 1}}
ENTER = {"rotation.enter": [0.0, 1.0]}
LONG = "1:100000:100000"


def of_enter(*given: object) -> dict[str, object]:
    return {"rotation.enter": list(given)}


REFUSED = [
    # names
    ({}, "The grid varies nothing"),
    ({"conditions": []}, "The grid varies nothing"),
    (3, "A grid is a mapping of parameters to their values, not int"),
    ({3: [1]}, "The grid varies 3; a parameter is named by text"),
    ({"": [1]}, "The grid varies '', which is no setting. Write section.name; sections: baskets, signal"),
    ({"lookback": [1]}, "The grid varies 'lookback', which is no setting"),
    ({"sygnal.lookback": [1]}, "The grid varies 'sygnal.lookback', which is no setting"),
    ({"signal.": [1]}, "The grid varies 'signal.', which is no setting"),
    ({"name": ["a", "b"]}, "The grid varies 'name', which is no setting"),
    ({"signal": {}}, "The grid varies nothing"),
    ({"signal": [1, 2]}, "The grid varies the whole section 'signal': want a list of tables"),
    ({"signal": []}, "The grid gives the section 'signal' no settings"),
    ({"signal": [{}]}, "The grid gives the section 'signal' no settings"),
    ({"signal": [{"a": 1}, {"a": 1.0}]}, "The grid gives the section 'signal' the same table twice"),
    ({"signal": [{"a.b": 1}]}, "The grid varies signal.a.b, which is no setting"),
    ({"signal": [{"lookback": {"uniform": [0, 1]}}]}, "The grid gives signal.lookback a distribution inside a table"),
    ({"rotation.enter": [1], "rotation": {"enter": [2]}}, "The grid gives rotation.enter twice"),
    ({"rotation.enter": [1], "rotation": [{"enter": 2}]}, "The grid varies rotation.enter twice: by itself and with"),
    # lists
    (of_enter(), "The grid gives rotation.enter an empty list"),
    (of_enter(1, 2, 1.0), "The grid gives rotation.enter the value 1.0 twice"),
    (of_enter(["A"], ("A",)), "The grid gives rotation.enter the value ('A',) twice"),
    (of_enter(1, math.nan), "rotation.enter = nan: want a finite number"),
    (of_enter(math.inf), "rotation.enter = inf: want a finite number"),
    (of_enter(True, 2), "The grid gives rotation.enter both numbers and true or false"),
    (of_enter(2**63), "rotation.enter = 9.22e+18: a whole number past 2**63"),
    (of_enter(object), "rotation.enter takes type <class 'object'>: want numbers"),
    ({"rotation.enter": datetime.time(10, 20, 30)}, "The grid gives rotation.enter a time of day, 10:20:30. Put a"),
    ({"rotation.enter": range(100_001)}, "The grid gives rotation.enter 100,001 values; 100,000 are the most"),
    # ranges
    ({"rotation.enter": "0:1"}, "the range '0:1'; want a:b:n or log:a:b:n"),
    ({"rotation.enter": "0:1:2:3"}, "the range '0:1:2:3'; want a:b:n"),
    ({"rotation.enter": "0:1:"}, "the range '0:1:': '' is no number"),
    ({"rotation.enter": "a:b:n"}, "the range 'a:b:n': 'a' is no number"),
    ({"rotation.enter": "0:1:0"}, "the range '0:1:0': n = 0 points; want a whole number, 1 or more"),
    ({"rotation.enter": "0:1:-2"}, "n = -2 points"),
    ({"rotation.enter": "0:1:2.5"}, "n = 2.5 points; want a whole number"),
    ({"rotation.enter": "0:nan:3"}, "nan is no finite number"),
    ({"rotation.enter": "0:inf:3"}, "inf is no finite number"),
    ({"rotation.enter": "0:1e999999999:3"}, "1e999999999 is no finite number of usual size"),
    ({"rotation.enter": "1e-999999999:1:3"}, "1e-999999999 is no finite number of usual size"),
    ({"rotation.enter": "1:0:3"}, "the range '1:0:3', which runs backwards"),
    ({"rotation.enter": "1:1:3"}, "3 points cannot include both ends and differ"),
    ({"rotation.enter": "1:2:1"}, "1 point cannot include both ends and differ"),
    ({"rotation.enter": "log:0:1:3"}, "a logarithm wants ends above zero"),
    ({"rotation.enter": "log:-2:-1:3"}, "a logarithm wants ends above zero"),
    ({"rotation.enter": "0:1:1000000000000"}, "1e+12 points; 100,000 are the most of one parameter"),
    # size
    ({"rotation.enter": LONG, "rotation.exit": LONG, "run.impact": "1:100:100"}, "has 1e+12 combinations; 100,000,000"),
    ({f"run.x{k}": "1:1000:1000" for k in range(20)}, "has 1e+60 combinations"),
    ({"rotation.enter": LONG, "rotation.exit": LONG, "conditions": "rotation.exit < 2"}, "conditions or not"),
    # distributions
    ({"rotation.enter": {"uniform": [0, 1]}}, "The grid gives rotation.enter a distribution, which wants a draw: add"),
    (DRAW | {"rotation.enter": {"normal": [0, 1]}}, "a distribution is one of uniform, log_uniform, integers, choice"),
    (DRAW | {"rotation.enter": {}}, "a table of nothing; a distribution is one of"),
    (DRAW | {"run.costs": {"bps": 10}}, "a table as a value stands in a list"),
    (DRAW | {"rotation.enter": {"uniform": 1}}, "want two bounds, {uniform = [low, high]}"),
    (DRAW | {"rotation.enter": {"uniform": [1, 0]}}, "the first bound must be below the second"),
    (DRAW | {"rotation.enter": {"uniform": [0, math.nan]}}, "rotation.enter = nan: want a finite number"),
    (DRAW | {"rotation.enter": {"uniform": [False, 1]}}, "its bounds are two numbers"),
    (DRAW | {"rotation.enter": {"log_uniform": [0, 1]}}, "a logarithm wants bounds above zero"),
    (DRAW | {"rotation.enter": {"integers": [0, 1.5]}}, "its bounds are two whole numbers"),
    (DRAW | {"rotation.enter": {"integers": [-(2**62), 2**62]}}, "its bounds are too far apart"),
    (DRAW | {"rotation.enter": {"uniform": [-1.5e308, 1.5e308]}}, "its bounds are too far apart"),
    (DRAW | {"rotation.enter": {"choice": []}}, "an empty list"),
    # draws
    (ENTER | {"draw": 10}, "draw = 10: want draw = {method"),
    (ENTER | {"draw": {"seed": 1}}, "draw: key 'n' is missing"),
    (ENTER | {"draw": {"n": 8}}, "draw: key 'seed' is missing"),
    (ENTER | {"draw": {"n": 8, "seed": 1, "size": 1}}, "draw: unknown key 'size'"),
    (ENTER | {"draw": {"n": 8, "seed": 1, "method": "halton"}}, "draw.method = 'halton': want sobol or random"),
    (ENTER | {"draw": {"n": 0, "seed": 1}}, "draw.n = 0: want a whole number from 1 to 10,000,000"),
    (ENTER | {"draw": {"n": True, "seed": 1}}, "draw.n = True"),
    (ENTER | {"draw": {"n": 10**9, "seed": 1}}, "draw.n = 1000000000"),
    (ENTER | {"draw": {"n": 8, "seed": -1}}, "draw.seed = -1: want a whole number, 0 or more"),
    (ENTER | {"draw": {"n": 8, "seed": "x"}}, "draw.seed = 'x'"),
]
CONDITIONS = [
    (3, "conditions = 3: want a list of texts"),
    (["", "rotation.enter > 0"], "Condition '' cannot be read"),
    ("rotation.enter <", "Condition 'rotation.enter <' cannot be read: invalid syntax; want comparisons"),
    ("rotation.enter = 1", "cannot be read"),
    ("abs(rotation.enter) > 1", "'abs(rotation.enter)' calls a function; want comparisons and arithmetic"),
    ("__import__('os').system('true') == 0", "calls a function"),
    ("rotation.enter.real > 0", "'rotation.enter.real' is not allowed"),
    ("rotation.enter ** 2 > 0", "'rotation.enter ** 2' is not allowed"),
    ("rotation.enter if True else 1", "is not allowed"),
    ("(lambda: 1) == rotation.enter", "is not allowed"),
    ("[x for x in rotation.enter] == 1", "is not allowed"),
    ("rotation.enter[0] > 1", "is not allowed"),
    ("enter > 0", "'enter' is no parameter; write section.name"),
    ("rotation.enter is None", "write == for is"),
    ("rotation.enter in 'abc'", "in wants a list of numbers or texts"),
    ("rotation.enter in [rotation.exit]", "'rotation.exit' is no number or text"),
    ("rotation.enter > 1e400", "a number in it is too large"),
    ("rotation.enter > 1j", "'1j' is no number or text"),
    ("rotation.enter + 1", "it is no claim that holds or does not"),
    ("1 < 2", "names no parameter"),
    ("rotation.enter", "rotation.enter is not true or false; compare it with something"),
    ("rotation.enter and rotation.enter > 0", "rotation.enter is not true or false"),
    ("rotation.enter < 'a'", "it compares by size what is never a number"),
    ("rotation.enter * 'a' > 0", "'a' is not always a number"),
    ("1 / rotation.enter > 0", "divides by zero, or overflows"),
    ("signal.lookback > 1", "names signal.lookback, which is not varied; the grid varies rotation.enter"),
    ("rotation.enter > 2", "No candidate satisfies the condition 'rotation.enter > 2'. Widen the grid"),
    (["rotation.enter > 0", "rotation.enter < 1"], "conditions 'rotation.enter > 0' and 'rotation.enter < 1' together"),
    ("rotation.enter > 0 and " * 200 + "rotation.enter > 0", "characters; 2,000 are the most"),
    ("(" * 500 + "rotation.enter > 0" + ")" * 500, "Condition '(((("),
    ("rotation.enter > 0\0", "cannot be read"),
]


@pytest.mark.parametrize(("grid", "message"), REFUSED, ids=lambda case: str(case)[:60])
def test_a_grid_is_refused_at_once(grid, message):
    with pytest.raises(BacktestError) as refused:
        space_of(grid)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("conditions", "message"), CONDITIONS, ids=lambda case: str(case)[:60])
@pytest.mark.parametrize("draw", [{}, DRAW], ids=["grid", "draw"])
def test_a_condition_is_refused(conditions, message, draw):
    with pytest.raises(BacktestError) as refused:
        space_of(ENTER | draw | {"conditions": conditions})
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_condition_on_what_a_table_leaves_out_is_refused():
    grid = {"allocation": [{"kind": "equal"}, {"lookback": 20}], "conditions": "allocation.lookback > 10"}
    with pytest.raises(BacktestError, match="which not every table of its section gives. Give it in all of them."):
        space_of(grid)


def test_a_name_unknown_to_the_thesis_is_refused():
    own = {"signal.lookback": 20}.__getitem__
    with pytest.raises(BacktestError, match="names signal.loockback, which is no setting; .*mean signal.lookback"):
        space_of(ENTER | {"conditions": "signal.loockback > 10"}, own)
    with pytest.raises(
        BacktestError, match=r"names moon\.phase, which is no setting; the grid varies rotation\.enter\.$"
    ):
        space_of(ENTER | {"conditions": "moon.phase > 10"}, own)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("signal.lookback", [20, "20"], "gives signal.lookback the text '20'; write the number without quotes"),
        ("schedule.every", ["week", "5"], "gives schedule.every the text '5'; write the number without quotes"),
        ("rotation.enter", [True, 0.5], "gives rotation.enter both numbers and true or false"),
        ("rotation.enter", [True, False], "gives rotation.enter true, which it does not take"),
        ("rotation.profit_target", [None, True], "gives rotation.profit_target true, which it does not take"),
        ("run.fill", [False], "gives run.fill false, which it does not take"),
    ],
)
def test_what_would_silently_become_a_number_is_refused(name, values, message):
    for draw in ({}, DRAW):
        with pytest.raises(BacktestError, match=message):
            space_of({name: values} | draw)
    section, _, key = name.partition(".")
    tables = [{key: value} for value in values]
    with pytest.raises(BacktestError, match="true, which it does not take" if "both" in message else message):
        space_of({section: tables})


def test_true_and_false_and_texts_are_taken_where_they_are_meant():
    given = {"run.shorts": [True, False], "baskets.source": ["700", "big-seven"], "strategy.code": ["5", 5]}
    assert space_of(given).n == 8


def test_every_setting_of_a_thesis_and_of_a_run_is_known():
    own = own_settings(thesis("flow-momentum"))
    assert len(known_settings()) > 40
    for name in known_settings():
        if name.startswith("signal."):
            continue  # another kind of signal has keys of its own
        own(name)


def test_candidates_that_are_not_there_are_refused():
    space = space_of(ENTER)
    for first, last in ((-1, 1), (0, 3), (2, 1)):
        with pytest.raises(BacktestError, match="there are 2, counted from 0"):
            space.codes(first, last)
    with pytest.raises(BacktestError, match="there are 2, counted from 0"):
        space.settings(2)
    with pytest.raises(BacktestError, match="signal.lookback is not varied; the grid varies rotation.enter"):
        space.distinct(("signal.lookback",))


# ------------------------------------------------------------------------------------------ files and words

FILE = """
conditions = ["rotation.exit < rotation.enter"]
"schedule.every" = ["week", "month"]
signal.lookback = [20, 40]
run.costs = ["none", {bps = 10}]

[rotation]
enter = "0:1:3"
exit = [0.0]

[[allocation]]
kind = "equal"
[[allocation]]
kind = "inverse_volatility"
lookback = 60

[draw]
n = 100
seed = 7
"""


def test_a_grid_file(tmp_path):
    (tmp_path / "grid.toml").write_text(FILE, encoding="utf-8")
    space = space_of(read_grid(tmp_path / "grid.toml"))
    assert space.names == (
        "schedule.every", "signal.lookback", "run.costs", "rotation.enter", "rotation.exit",
        "allocation.kind", "allocation.lookback",
    )  # fmt: skip
    assert 0 < space.n < 100
    assert parse_grid([str(tmp_path / "grid.toml"), "signal.kind=flow"])["signal.kind"] == "flow"


def test_words_of_a_command_line():
    grid = parse_grid(
        [
            "signal.lookback=20:60:3",
            "rotation.speed = log:0.1:1:2",
            "schedule.every=week",
            "run.shorts=true",
            'run.costs=["none", {bps = 10}]',
            "conditions=signal.lookback >= 40",
            "conditions=rotation.speed == 1",
        ]
    )
    assert grid == {
        "signal.lookback": "20:60:3",
        "rotation.speed": "log:0.1:1:2",
        "schedule.every": "week",
        "run.shorts": True,
        "run.costs": ["none", {"bps": 10}],
        "conditions": ["signal.lookback >= 40", "rotation.speed == 1"],
    }
    assert space_of(grid).n == 2 * 2
    assert parse_grid(["rotation.enter=10:20:30"]) == {"rotation.enter": "10:20:30"}  # no time of day
    assert parse_grid(["rotation.enter={uniform = [0, 1]}", "draw={n = 4, seed = 1}"])["draw"] == {"n": 4, "seed": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["signal.lookback"], "'signal.lookback' is neither key=value nor a grid file that is there"),
        ([""], "'' is neither key=value nor a grid file that is there"),
        ([" "], "' ' is neither key=value nor a grid file that is there"),
        (["missing.toml"], "'missing.toml' is neither key=value nor a grid file"),
        (["=3"], "'=3' is not key=value"),
        (["signal.lookback="], "'signal.lookback=' is not key=value"),
        (["signal.lookback=1", "signal.lookback=2"], "signal.lookback is given twice"),
        (["signal.lookback=[1, 2"], "'[1, 2' cannot be read; write lists and tables as in TOML"),
    ],
)
def test_words_that_are_refused(words, message):
    with pytest.raises(BacktestError) as refused:
        parse_grid(words)
    assert message in str(refused.value)


def test_files_that_are_refused(tmp_path):
    for content, message in ((b"signal.lookback = [20,", "grid.toml is no TOML"), (b"\xff", "grid.toml is no TOML")):
        (tmp_path / "grid.toml").write_bytes(content)
        with pytest.raises(BacktestError, match=message):
            read_grid(tmp_path / "grid.toml")
    with pytest.raises(BacktestError, match=r"missing.toml cannot be read: No such file"):
        read_grid(tmp_path / "missing.toml")
    with pytest.raises(BacktestError, match="cannot be read: Is a directory"):
        parse_grid([str(tmp_path)])
