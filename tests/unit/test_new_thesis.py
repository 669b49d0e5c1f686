"""A thesis and a strategy of one's own: written, found by path or as an entry point, run and proved like ours."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from backtest.prove import prove_no_lookahead
from backtest.run import run, run_strategy, settings_of
from data.load import load
from strategies import strategy
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from strategies.new_thesis import write_new
from strategies.strategy import find_strategy, offered


def test_a_new_thesis_runs_and_is_proved_as_it_stands(tmp_path):
    path = write_new("my-idea", tmp_path / "theses")
    assert path == tmp_path / "theses" / "my-idea.toml"
    assert f"eastbound run {path}" in path.read_text()
    made, market = find_strategy(str(path)), load("demo", start="2023-01-03")
    assert (made.name, len(made.signals)) == ("my-idea", 2)
    assert len(run(made, market).trades)
    assert prove_no_lookahead(made, market, n_decisions=2, n_random=2).passed


def test_a_new_strategy_in_python_runs_and_is_proved_as_it_stands(tmp_path):
    made, market = find_strategy(str(write_new("mine.py", tmp_path))), load("demo", start="2023-06-01")
    result = run_strategy(made, market, settings_of(made))
    assert len(result.trades)  # over the payout of HK12, whose last price stays known
    assert prove_no_lookahead(made, market, settings_of(made), n_decisions=1, n_random=1).passed


def test_a_name_that_holds_a_place_of_the_template_is_written_as_it_is(tmp_path):
    path = write_new("PROFILE-x", tmp_path)
    assert find_strategy(str(path)).name == "PROFILE-x"
    assert f"eastbound run {path}" in path.read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../up", "is no name of a thesis"),
        ("7up", "is no name of a thesis"),
        ("", "is no name of a thesis"),
        ("flow-momentum", "is a thesis of the catalogue already"),
    ],
)
def test_names_that_will_not_do(tmp_path, name, said):
    with pytest.raises(StrategyError, match=said):
        write_new(name, tmp_path)


def test_what_is_there_is_left_alone(tmp_path):
    path = write_new("mine", tmp_path)
    path.write_text("changed")
    with pytest.raises(StrategyError, match="is there already"):
        write_new("mine", tmp_path)
    assert path.read_text() == "changed"
    (tmp_path / "file").write_text("")
    with pytest.raises(StrategyError, match="cannot be written"):
        write_new("mine", tmp_path / "file")


@pytest.fixture
def installed(monkeypatch):
    """Packages that offer a thesis, a class, a module that fails, and one of a name of ours."""
    points = EntryPoints(
        EntryPoint(name=name, value=value, group=strategy.GROUP)
        for name, value in {
            "honest": "tests.leaks.honest",
            "class": "strategies.thesis:Thesis",
            "gone": "no_such_package",
            "number": "math:pi",
            "flow-momentum": "tests.leaks.honest",
            "twice": "math:pi",
        }.items()
    )
    points = EntryPoints((*points, EntryPoint(name="twice", value="math:tau", group=strategy.GROUP)))
    monkeypatch.setattr(strategy, "entry_points", points.select)


@pytest.mark.usefixtures("installed")
def test_strategies_of_installed_packages_are_found_by_name():
    assert offered()["honest"] == "tests.leaks.honest"
    market = load("demo", start="2024-06-03")
    assert prove_no_lookahead(find_strategy("honest"), market, n_decisions=2, n_random=1).passed
    assert find_strategy("flow-momentum") == thesis("flow-momentum")  # ours comes first


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("class", "is a class; offer a strategy made of it"),
        ("gone", "fails on import: .*no_such_package"),
        ("number", "defines no function targets"),
        ("unknown", "No thesis 'unknown'"),
        ("twice", "is offered by several packages: math:pi and math:tau"),
    ],
)
def test_what_is_offered_and_is_no_strategy(name, said):
    with pytest.raises(StrategyError, match=said):
        find_strategy(name)
