"""`eastbound repeat`: the same bytes, or what differs, in words."""

import csv
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.output import Request, open_run, provenance, write_run
from backtest.output.differences import first_difference
from backtest.output.manifest_format import Asked
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis
from strategies.targets import TargetWeights
from tests.terminal import eastbound

YEAR = ("--start", "2024-01-02", "--end", "2024-06-28")
POLICY = 'every = "month"\nrun = {"costs": "none"}\ndef decide(past, portfolio):\n    return {"US01": 0.5}\n'
MINE = (
    '[baskets]\nsource = "AAA"\ndestination = "BBB"\nmin_members = 1\nseasoning = 2\n'
    "[rotation]\nmin_share = 0.5\nmax_share = 0.5\n[run]\ncosts = {bps = 10}\n"
)


@pytest.fixture(scope="module")
def demo_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "demo"
    done = eastbound("run", *YEAR, "--set", "signal.lookback=15", "--figures", "svg", "--ledger", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def plain_run(tmp_path_factory):
    """The same without figures and ledger."""
    out = tmp_path_factory.mktemp("run") / "plain"
    done = eastbound("run", *YEAR, "--set", "signal.lookback=15", "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def copied(plain_run, tmp_path):
    return shutil.copytree(plain_run, tmp_path / "run")


def edited(folder: Path, change) -> None:
    """Change the manifest of a run."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def market(folder: Path, first_close: float = 10.0) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "prices.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "symbol", "venue", "currency", "close"])
        for i, date in enumerate(pd.bdate_range("2024-02-20", "2024-03-28").strftime("%Y-%m-%d")):
            for j, symbol in enumerate(("AAA", "BBB")):
                writer.writerow([date, symbol, "XNYS", "USD", first_close + i * (j + 1)])
    return folder


def test_a_run_repeats_byte_for_byte(demo_run, plain_run, tmp_path):
    # Eleven files of every thesis, five figures, ledger.txt.
    for place, n_files in ((demo_run, 17), (plain_run / "manifest.json", 11)):
        assert len(list((place if place.is_dir() else place.parent).iterdir())) == n_files
        done = eastbound("repeat", str(place), cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"same bytes: {n_files} files\n", "")
    assert not list(tmp_path.iterdir())


def test_a_manifest_alone_is_held_against_its_hashes(plain_run, tmp_path):
    shutil.copy(plain_run / "manifest.json", tmp_path)
    assert eastbound("repeat", str(tmp_path / "manifest.json")).stdout == "same bytes: 11 files\n"
    edited(tmp_path, lambda manifest: manifest["files"]["log.csv"].update(sha256="0" * 64, bytes=1))
    done = eastbound("repeat", str(tmp_path / "manifest.json"))
    size = (plain_run / "log.csv").stat().st_size
    assert done.returncode == 1
    assert f"log.csv: 1 bytes became {size:,}; the file itself is not there to compare" in done.stdout


def test_the_repetition_can_be_kept(plain_run, tmp_path):
    assert eastbound("repeat", str(plain_run), "--out", str(tmp_path / "again")).returncode == 0
    for path in plain_run.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    done = eastbound("repeat", str(plain_run), "--out", str(plain_run))
    assert done.returncode == 2
    assert "is the folder of the run that is repeated. Choose another." in done.stderr


def test_the_manifest_tells_what_made_the_run(demo_run):
    made = open_run(demo_run).manifest
    asked = made.market.asked
    assert (asked.market, asked.universe, asked.start, asked.end) == ("demo", None, "2024-01-02", "2024-06-28")
    assert (made.market.synthetic.seed, len(made.market.synthetic.parameters)) == (71, 64)
    assert made.strategy.model_dump() == {
        "asked": "flow-momentum", "sha256": None, "changes": {"signal.lookback": 15},
    }  # fmt: skip
    assert made.thesis["signal"]["lookback"] == 15
    assert (made.figures, made.ledger) == (["svg"], True)
    assert {"prices", "valuations", "flows"} <= set(made.market.parts)
    assert sum(one.bytes for one in made.files.values()) == sum(
        path.stat().st_size for path in demo_run.iterdir() if path.name != "manifest.json"
    )


def test_the_source_is_its_files_and_not_what_python_or_an_editor_leaves(tmp_path, monkeypatch):
    (tmp_path / "data" / "__pycache__").mkdir(parents=True)
    (tmp_path / "backtest" / "output").mkdir(parents=True)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "backtest" / "output" / "provenance.py"))
    source = provenance._source.__wrapped__
    (tmp_path / "data" / "rates.csv").write_text("1")
    before = source()
    (tmp_path / "data" / "__pycache__" / "load.pyc").write_bytes(b"1")
    (tmp_path / "data" / ".#load.py").symlink_to("somebody@somewhere")
    assert source() == before
    (tmp_path / "data" / "rates.csv").write_text("2")
    assert source() != before


def test_what_is_saved_is_what_was_run(demo_run):
    saved = open_run(demo_run)
    result = run(thesis("flow-momentum").replace({"signal.lookback": 15}), load("demo", None, *YEAR[1::2]))
    assert saved.nav["rotation"].tolist() == result.nav.tolist()
    assert saved.weights.equals(result.weights.rename_axis("date"))
    assert saved.costs.to_numpy().tolist() == result.costs.to_numpy().tolist()
    assert saved.trades["shares"].tolist() == result.trades["shares"].tolist()
    assert saved.bridge["change"].tolist() == result.bridge["change"].tolist()
    assert saved.summary["rotation"]["total_return"] == result.summary()["total_return"]


def test_an_edited_file_is_named_and_the_repetition_has_the_bytes_of_the_run(copied):
    nav = (copied / "nav.csv").read_text()
    (copied / "nav.csv").write_text(nav.replace("2024-01-02", "2024-01-03", 1))
    (copied / "log.csv").unlink()
    done = eastbound("repeat", str(copied))
    assert done.returncode == 2
    assert done.stderr == "File log.csv is missing.\nFile nav.csv was edited after the run.\n"
    assert done.stdout == "same bytes: 10 files, though inputs differ\n"
    with pytest.raises(BacktestError, match=r"no longer the run that was written: log.csv is missing; nav.csv was edi"):
        open_run(copied)


def test_a_file_that_changes_after_opening_is_refused(copied):
    saved = open_run(copied)
    (copied / "nav.csv").write_text("date,rotation\n")
    with pytest.raises(BacktestError, match="nav.csv has changed since it was opened"):
        _ = saved.nav


def test_other_versions_are_told(copied):
    def change(manifest):
        manifest["libraries"]["numpy"] = "1.0"
        manifest["python"] = "3.4.0"
        manifest["source"] = "0" * 64

    edited(copied, change)
    done = eastbound("repeat", str(copied))
    assert done.returncode == 2
    assert "Version of Python was 3.4.0, and is 3." in done.stderr
    assert "Version of numpy was 1.0, and is " in done.stderr
    assert "its own files are not those that ran" in done.stderr
    assert done.stdout == "same bytes: 10 files, though inputs differ\n"


def test_bytes_that_differ_with_the_same_inputs_are_our_fault(copied):
    """File and manifest are changed alike: as if the engine had changed its mind."""
    import hashlib

    nav = (copied / "nav.csv").read_text().splitlines()
    first = nav[1].split(",")
    nav[1] = ",".join([first[0], "1.5", *first[2:]])
    text = "\n".join(nav) + "\n"
    (copied / "nav.csv").write_text(text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    edited(copied, lambda manifest: manifest["files"]["nav.csv"].update(sha256=sha256))
    done = eastbound("repeat", str(copied))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "1 file differs; same bytes: 9 files"
    assert lines[1] == f"  nav.csv: line 2, rotation: '1.5' became '{first[1]}'"
    assert "the fault is Eastbound's" in lines[2]


def test_a_run_on_a_user_s_folder_repeats_where_the_folder_is_now(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    market(tmp_path / "market")
    done = eastbound("run", "mine.toml", "--market", "market", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert eastbound("repeat", "out", cwd=tmp_path).returncode == 0
    (tmp_path / "market").rename(tmp_path / "moved")
    gone = eastbound("repeat", "out", cwd=tmp_path)
    assert (gone.returncode, "market is no folder" in gone.stderr) == (2, True)
    assert eastbound("repeat", "out", "--market", "moved", cwd=tmp_path).returncode == 0


def test_other_data_are_told_before_the_run_and_what_they_change(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    market(tmp_path / "market")
    assert eastbound("run", "mine.toml", "--market", "market", "--out", "out", cwd=tmp_path).returncode == 0
    market(tmp_path / "market", first_close=11.0)
    done = eastbound("repeat", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "Data of market 'market' are not those of the run: prices.\n"
    assert "summary.json: rotation.total_return: " in done.stdout
    assert "nav.csv: line " in done.stdout
    assert "fault" not in done.stdout


def test_a_thesis_that_was_changed_is_told_and_runs_as_it_was(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE)
    market(tmp_path / "market")
    assert eastbound("run", "mine.toml", "--market", "market", "--out", "out", cwd=tmp_path).returncode == 0
    (tmp_path / "mine.toml").write_text(MINE.replace("0.5", "0.25"))
    done = eastbound("repeat", "out", cwd=tmp_path)
    said = "rotation.min_share: 0.5 became 0.25, rotation.max_share: 0.5 became 0.25"
    assert done.stderr == f"Thesis mine.toml was changed after the run, and is run as it was: {said}.\n"
    assert (done.returncode, done.stdout) == (2, "same bytes: 10 files, though inputs differ\n")
    (tmp_path / "mine.toml").unlink()
    assert eastbound("repeat", "out", cwd=tmp_path).stdout == "same bytes: 11 files\n"


def test_a_strategy_in_python_repeats_until_its_file_is_edited(tmp_path):
    (tmp_path / "mine.py").write_text(POLICY)
    asked = ("run", "mine.py", *YEAR, "--set", "run.interest=none", "--out", "out")
    assert eastbound(*asked, cwd=tmp_path).returncode == 0
    assert eastbound("repeat", "out", cwd=tmp_path).stdout == "same bytes: 10 files\n"
    (tmp_path / "mine.py").write_text(POLICY.replace("0.5", "0.6"))
    done = eastbound("repeat", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "Strategy file mine.py was edited after the run.\n"
    assert "summary.json: strategy." in done.stdout
    (tmp_path / "mine.py").unlink()
    assert "Strategy file mine.py does not exist" in eastbound("repeat", "out", cwd=tmp_path).stderr


def test_a_run_from_python_needs_to_be_told_where_its_data_are(tmp_path):
    result = run(thesis("flow-momentum"), load("demo", None, *YEAR[1::2]))
    write_run(result, tmp_path / "out")
    done = eastbound("repeat", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "cannot say where market 'demo (synthetic)' came from. Say so with --market." in done.stderr
    done = eastbound("repeat", str(tmp_path / "out"), "--market", "demo")
    assert (done.returncode, done.stdout) == (0, "same bytes: 11 files\n"), done.stderr + done.stdout
    request = Request(strategy="flow-momentum", data=Asked(market="demo", start=YEAR[1], end=YEAR[3]))
    write_run(result, tmp_path / "out", request=request)
    assert eastbound("repeat", str(tmp_path / "out")).returncode == 0


def test_weights_from_python_cannot_be_made_again_and_it_says_so(tmp_path):
    targets = TargetWeights.from_frame(pd.DataFrame({"US01": [0.5]}, index=["2025-01-22"]))
    write_run(simulate(load("tiny"), targets), tmp_path / "out")
    done = eastbound("repeat", str(tmp_path / "out"), "--market", "tiny")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("made in Python from weights: its manifest cannot make them again.\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "manifest.json is no manifest: it cannot be read as JSON"),
        ("[]", "manifest.json is no manifest of this program: key 'format' is missing"),
        ('{"format": 7, "eastbound": "9.9"}', "has format 7, and this version of Eastbound reads format 2"),
        (lambda one: one.pop("market"), "manifest.json: key 'market' is missing"),
        (lambda one: one["market"].pop("sha256"), "manifest.json: key 'market.sha256' is missing"),
        (lambda one: one.update(extra=1), "manifest.json: unknown key 'extra'"),
        (lambda one: one.update(python=3), "manifest.json: python = 3: want text"),
        (lambda one: one["files"].update({"../nav.csv": one["files"]["nav.csv"]}), "'../nav.csv' is no plain name"),
        (lambda one: one["thesis"].update(rotation=3), "rotation = 3: want a section of keys"),
        (lambda one: one["run"].update(costs="free"), "costs = 'free': want 'venue'"),
    ],
)
def test_a_manifest_that_cannot_be_read_gets_one_plain_message(text, message, copied):
    if isinstance(text, str):
        (copied / "manifest.json").write_text(text)
    else:
        edited(copied, text)
    done = eastbound("repeat", str(copied))
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere", "nowhere is neither the folder of a run nor its manifest.json"),
        ("nowhere/manifest.json", "nowhere is no folder"),
        (".", ". holds no run: manifest.json, which seals one, is missing"),
    ],
)
def test_what_is_no_run_is_refused(place, message, tmp_path):
    done = eastbound("repeat", place, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("a.csv", "x,y\n1,2\n", "x,y\n1,3\n", "line 2, y: '2' became '3'"),
        ("a.csv", "x,y\n1,2\n", "x,z\n1,2\n", "columns: gone y; new z"),
        ("a.csv", "x,y\n1,2\n", "y,x\n1,2\n", "columns: another order"),
        ("a.csv", "x\n1\n", "x\n1\n2\n", "1 rows became 2"),
        ("a.csv", "", "x\n1\n", "line 1: '' became 'x'"),
        ("a.csv", "x\n1\n", "x\r\n1\r\n", "line 1: 'x' became 'x\\r'"),
        ("a.json", '{"a": [1, {"b": null}]}', '{"a": [1, {"b": 2}]}', "a.2.b: null became 2"),
        ("a.json", '{"a": 1}', '{"b": 1}', "a: gone, was 1"),
        ("a.json", '{"a": 1}', '{"a":1}', "line 1: '{\"a\": 1}' became '{\"a\":1}'"),
        ("a.json", "{", "[", "line 1: '{' became '['"),
        ("a.txt", "a\nb", "a", "line 2 is gone"),
        ("a.html", "x" * 5000 + "1", "x" * 5000 + "2", f"line 1: '{'x' * 30}1' became '{'x' * 30}2'"),
        ("a.png", b"\xff\x00\x01", b"\xff\x00\x02\x03", "byte 3; 3 bytes became 4"),
    ],
)
def test_the_first_difference_is_said_in_words(name, before, after, said):
    one, other = (text if isinstance(text, bytes) else text.encode() for text in (before, after))
    assert first_difference(name, one, other) == said
