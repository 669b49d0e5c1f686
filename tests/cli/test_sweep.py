"""`eastbound sweep`: what is printed and written, resumed, stopped and refused."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import backtest
from backtest.cli.app import app
from backtest.errors import BacktestError
from backtest.report.sweep import frames
from backtest.run import run_strategy, settings_of
from backtest.tuning import in_lanes
from backtest.tuning import sweep as sweeping
from backtest.tuning.in_lanes import InLanes
from backtest.tuning.storage.byte_counts import bytes_of
from data.load import load
from strategies.catalogue import thesis
from strategies.strategy import find_strategy
from tests.made_up_sweep import contents, differing
from tests.terminal import Done, eastbound

pytestmark = pytest.mark.timeout(300)  # the first sweep on a machine compiles its kernels

LEFT_OUT = "Leave such candidates out: --grid 'conditions=rotation.exit < rotation.enter'."
YEARS = ("--start", "2022-01-04", "--end", "2024-06-28")
GRID = ("--grid", "signal.lookback=10:50:5", "--grid", "rotation.enter=[0.5, 1.0, 1.5]")


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "trials.jsonl"
    monkeypatch.setenv("EASTBOUND_LEDGER", str(path))
    return path


def swept(*more: str) -> Done:
    done = eastbound("sweep", "flow-momentum", *YEARS, *GRID, *more)
    assert done.returncode == 0, done.stderr
    return done


def rows(printed: str) -> dict[str, list[str]]:
    """Read the table that was printed: place, then its cells."""
    found = re.findall(r"^(best(?:, \d)?|median|own settings) {2,}(.*)$", printed, re.MULTILINE)
    return {place: cells.split() for place, cells in found}


def test_the_best_stands_beside_the_median_and_the_own_settings(ledger: Path) -> None:
    done = swept("--best", "2")
    market = load("demo", start=YEARS[1], end=YEARS[3])
    found = backtest.sweep(
        thesis("flow-momentum"), market, {"signal.lookback": "10:50:5", "rotation.enter": [0.5, 1.0, 1.5]}
    )
    ranked = found.ranking().tolist()
    shown = rows(done.stdout)
    sharpe = [f"{value:.2f}" for value in found.table["sharpe"].iloc[ranked[:2]]]
    assert [shown[place][2] for place in ("best", "best, 2")] == sharpe
    medians = found.table[["annual_return", "volatility", "sharpe", "max_drawdown", "turnover", "cost_annual"]].median()
    written = [f"{value:.2f}" if name in {"sharpe", "turnover"} else f"{value:.1%}" for name, value in medians.items()]
    assert shown["median"] == written, "of each column by itself, as in the report"
    assert "Median: of each measure by itself, over all candidates." in done.stdout
    assert shown["own settings"][2] == f"{found.table['sharpe'][4]:.2f}", "lookback 20, enter 1.0 is candidate 4"
    settings = found.space.settings(ranked[0])
    lookback, enter = settings["signal.lookback"], settings["rotation.enter"]
    assert f"best: candidate {ranked[0]}: signal.lookback = {lookback}, rotation.enter = {enter}" in done.stdout
    assert f"The thesis' own settings by Sharpe ratio: rank {ranked.index(4) + 1} of 15.\n" in done.stdout
    assert re.search(r"^15 candidates in \d+\.\d s, [\d,.]+ a second, preparation included$", done.stdout, re.MULTILINE)
    (line,) = map(json.loads, ledger.read_text().splitlines())
    assert (line["kind"], line["candidates"]) == ("sweep", 15)
    assert line["varied"] == {"signal.lookback": 5, "rotation.enter": 3}
    assert line["best"]["sharpe"] == found.table["sharpe"].max()


def test_a_folder_holds_the_results_the_report_and_the_best_runs(tmp_path: Path, ledger: Path) -> None:
    out = tmp_path / "sweep"
    done = swept("--out", str(out), "--best", "2", "--csv", "--by", "calmar")
    assert f"report: {out / 'report.html'}" in done.stdout
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "best", "report.html", "returns.npy", "squares.npy", "sums.npy", "sweep.json", "table.csv", "table.parquet",
    ]  # fmt: skip
    saved = backtest.open_sweep(out)
    first, second = saved.ranking("calmar", 2).tolist()
    pd.testing.assert_frame_equal(pd.read_csv(out / "table.csv"), saved.table, check_exact=False, check_dtype=False)
    for place, candidate in ((1, first), (2, second)):
        summary = json.loads((out / "best" / str(place) / "summary.json").read_text())
        assert summary["rotation"]["calmar"] == pytest.approx(saved.table["calmar"][candidate], rel=1e-10)
    manifest = json.loads((out / "best" / "1" / "manifest.json").read_text())
    assert manifest["strategy"]["changes"]["signal.lookback"] == int(saved.table["signal.lookback"][first])
    assert manifest["tried"]["n_candidates"] == 15, "the best of fifteen knows of them"
    page = (out / "report.html").read_text()
    assert "eastbound sweep flow-momentum --start 2022-01-04" in page
    assert eastbound("repeat", str(out / "best" / "1")).returncode == 0
    before = contents(out)
    again = swept("--out", str(out), "--best", "2", "--csv", "--by", "calmar")
    assert "The sweep was finished already: all 15 candidates were there, and nothing was run." in again.stdout
    assert rows(again.stdout) == rows(done.stdout)
    assert {name for name, text in contents(out).items() if before[name] != text} == set()
    assert [json.loads(line)["trial"] for line in ledger.read_text().splitlines()] == [
        json.loads(ledger.read_text().splitlines()[0])["trial"]
    ] * 2, "the same trial, which counts once"


def test_one_candidate_is_the_thesis_and_beats_nobody() -> None:
    done = eastbound("sweep", "flow-momentum", *YEARS, "signal.lookback=20", "--no-trials")
    assert "flow-momentum: 1 candidate\n" in done.stdout
    assert "The thesis' own settings by Sharpe ratio: they are the only candidate." in done.stdout
    assert "1 candidate in " in done.stdout


def test_ties_conditions_and_costs_are_told() -> None:
    # No score is so high: nothing is ever rotated.
    grid = (
        "rotation.enter=[50, 60]", "rotation.exit=[1, 55]", 'run.costs=["none", "venue"]',
        "conditions=rotation.exit < rotation.enter",
    )  # fmt: skip
    done = eastbound("sweep", "flow-momentum", *YEARS, *grid, "--no-trials")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert (
        "Of all 8 combinations of the grid 2 missed the condition rotation.exit < rotation.enter; 6 are left."
    ) in lines
    assert "6 candidates have 2 different outcomes: the rest equal another one in every measure." in lines
    assert any(line.startswith("warning: Candidates are ranked across run.costs: the best may be") for line in lines)


def test_under_a_year_what_is_ranked_by_is_said_to_be_annualised() -> None:
    done = eastbound(
        "sweep", "flow-momentum", "--start", "2024-01-02", "--end", "2024-06-28", "signal.lookback=[10, 20]",
        "--no-trials",
    )  # fmt: skip
    shown = rows(done.stdout)
    assert shown["best"][1:3] == ["-", "-"], "neither volatility nor Sharpe ratio"
    assert len(shown["best"]) == 7, "what is ranked by comes last"
    assert "under one, nothing is annualised, but for the Sharpe ratio that they are ranked by" in done.stdout


def test_the_own_settings_are_run_once_to_be_printed_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()

    def counting(*given: object) -> object:
        asked.append("run")
        return backtest.run(*given)

    monkeypatch.setattr(frames, "run", counting)
    done = eastbound(
        "sweep", "flow-momentum", *YEARS, "signal.lookback=[10, 30]", "--out", str(tmp_path), "--best", "0"
    )
    assert done.returncode == 0, done.stderr
    assert asked == ["run"]


def test_the_help_shows_ranges_and_no_emoji() -> None:
    shown = CliRunner().invoke(app, ["sweep", "--help"], terminal_width=300)
    assert shown.exit_code == 0
    words = " ".join(re.sub(r"[^\x00-\x7f]", " ", shown.output).split())
    assert "KEY=LOW:HIGH:N for N points from LOW to HIGH, KEY=log:LOW:HIGH:N, KEY=[0.5, 1.0]" in words
    assert not [sign for sign in shown.output if ord(sign) > 0x2600], "rich reads :b: as an emoji"


def test_none_of_the_best_are_written_where_none_are_asked_for(tmp_path: Path, ledger: Path) -> None:
    swept("--out", str(tmp_path / "sweep"), "--best", "0", "--no-trials")
    assert not (tmp_path / "sweep" / "best").exists()
    assert not ledger.exists()


def test_a_grid_file_and_words_are_mixed(tmp_path: Path) -> None:
    grid = tmp_path / "grid.toml"
    grid.write_text('conditions = ["rotation.exit < rotation.enter"]\n[rotation]\nexit = [0.0, 0.75]\n')
    done = eastbound("sweep", "flow-momentum", *YEARS, "--grid", str(grid), "rotation.enter=[0.5, 1.0]", "--no-trials")
    assert (done.returncode, done.stderr) == (0, "")
    assert "flow-momentum: 3 candidates" in done.stdout


def test_stopped_it_exits_with_130_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PART_SIZE", 4)
    whole, out = tmp_path / "whole", tmp_path / "cut"
    swept("--out", str(whole), "--best", "0")
    real = InLanes.part

    def interrupted(self: InLanes, store: object, number: int) -> in_lanes.Candidates:
        if number == 3:
            raise KeyboardInterrupt
        return real(self, store, number)

    with monkeypatch.context() as patch:
        patch.setattr(InLanes, "part", interrupted)
        done = eastbound("sweep", "flow-momentum", *YEARS, *GRID, "--out", str(out), "--best", "0")
    assert done.returncode == 130
    kept = re.fullmatch(
        r"eastbound: The sweep was stopped at (\d+) of 15 candidates\. They are kept in .*cut: the same sweep into it "
        r"goes on from there\.\n",
        done.stderr,
    )
    assert kept is not None
    assert int(kept[1]) in {8, 12}
    marks = sorted(path for path in (out / "parts").glob("*.json") if path.stem.isdigit())
    marks[0].write_text(marks[0].read_text().replace("1", "2", 1))
    rest = swept("--out", str(out), "--best", "0")
    assert f"{int(kept[1]) - 4} candidates were there already, and kept." in rest.stdout
    assert "1 damaged part was made again." in rest.stdout
    assert set(differing(out, whole)) <= {"report.html"}, "which states the folder that was typed"


def test_stopped_before_anything_was_written_nothing_is_said_to_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: InLanes, store: object, number: int) -> in_lanes.Candidates:
        raise KeyboardInterrupt

    monkeypatch.setattr(InLanes, "part", interrupted)
    done = eastbound("sweep", "flow-momentum", *YEARS, *GRID, "--out", str(tmp_path / "cut"))
    assert done.returncode == 130
    assert done.stderr == (
        "eastbound: The sweep was stopped before any candidate was written: the same sweep into "
        f"{tmp_path / 'cut'} begins anew.\n"
    )


def test_a_strategy_in_python(tmp_path: Path, ledger: Path) -> None:
    file = tmp_path / "fixed.py"
    file.write_text(
        "every = 'month'\nrun = {'costs': {'bps': 10}}\n\ndef decide(past, portfolio):\n    return {'US01': 0.6}\n"
    )
    given = ("sweep", str(file), *YEARS, "run.initial_capital=[1e5, 1e6]", "--set", "run.costs=none")
    done = eastbound(*given, "--out", str(tmp_path / "sweep"))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"files: {tmp_path / 'sweep'}" in done.stdout
    assert "own settings" not in done.stdout
    saved = backtest.open_sweep(tmp_path / "sweep")
    strategy = find_strategy(str(file))
    config = settings_of(strategy, {"run.costs": "none", "run.initial_capital": 1e6})
    single = run_strategy(strategy, load("demo", start=YEARS[1], end=YEARS[3]), config)
    assert saved.table["total_return"][1] == single.summary()["total_return"]
    assert (tmp_path / "sweep" / "best" / "1" / "summary.json").exists()
    assert json.loads(ledger.read_text())["candidates"] == 2
    clash = eastbound(*given, "--set", "run.initial_capital=5e5")
    assert (clash.returncode, clash.stderr) == (
        2,
        "eastbound: run.initial_capital is set by --set and varied by the grid. Leave one out.\n",
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "A sweep needs a grid, such as --grid signal.lookback=20:60:5, or a grid file."),
        (
            ("rotation.entr=1:2:3",),
            "flow-momentum: unknown key 'rotation.entr'. Did you mean rotation.enter?",
        ),
        (("",), "'' is neither key=value nor a grid file that is there."),
        (
            ("rotation.enter=1:2:3", "--set", "rotation.enter=2"),
            "rotation.enter is set by --set and varied by the grid. Leave one out.",
        ),
        (
            ('allocation=[{kind = "equal"}]', "--set", "allocation.kind=equal"),
            "allocation.kind is set by --set and varied by the grid. Leave one out.",
        ),
        (
            ("rotation.exit=0:3:4",),
            f"flow-momentum: rotation: exit 2.0 must be below enter 1.0. {LEFT_OUT}",
        ),
        (("rotation.enter=[true, false]",), None),
        (("signal.lookback=[20, '20']",), None),
        (("rotation.enter=2:1:3",), None),
        (("rotation.enter=0:nan:3",), None),
        (("no-such-grid.toml",), "'no-such-grid.toml' is neither key=value nor a grid file that is there."),
        (("rotation.enter=[1.0]", "--by", "sharp"), None),
        (("rotation.enter=[1.0]", "--memory-limit", "2 pounds"), None),
        (("rotation.enter=0:1:1000001", "rotation.exit=-1:0:1000001"), None),
        (("rotation.enter=[1.0]", "conditions=rotation.enter > 2"), None),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(more: tuple[str, ...], said: str | None, tmp_path: Path) -> None:
    done = eastbound("sweep", "flow-momentum", *more, "--out", str(tmp_path / "sweep"))
    assert done.returncode == 2
    assert re.fullmatch(r"eastbound: .*\n", done.stderr)
    assert said is None or done.stderr == f"eastbound: {said}\n"
    assert not (tmp_path / "sweep").exists(), "before any work"


def test_sizes() -> None:
    given = {"1GB": 10**9, "500MB": 5 * 10**8, "1.5gb": 1_500_000_000, "2000": 2000, "3 KB": 3000}
    assert {text: bytes_of(text) for text in given} == given
    with pytest.raises(BacktestError, match="is no size"):
        bytes_of("-1GB")
