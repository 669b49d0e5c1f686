"""Where the results of a sweep go: what is kept, what is refused, and that it is the same whatever came between."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backtest.errors import BacktestError
from backtest.tuning.storage.assembly import read_columns
from backtest.tuning.storage.parts import Column, ColumnType, Part
from backtest.tuning.storage.sealed_sweep import SealedSweep
from data.errors import DataError
from tests import made_up_sweep as made
from tests.made_up_sweep import COLUMNS, IDENTITY, contents, differing, made_up, opened, part_of, swept, write_parts

FILES = {"table.parquet", "table.csv", "sums.npy", "squares.npy", "returns.npy", "sweep.json"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "sweep"
    swept(folder)
    return folder


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A sweep of 11 parts of which 0 to 4 are there."""
    folder = tmp_path / "sweep"
    with opened(folder) as store:
        write_parts(store, range(5))
    return folder


# ------------------------------------------------------------------------------------------ what is kept


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    for store in (swept(None), swept(tmp_path / "sweep")):
        table, expected = store.table, made_up(0, 1_050)
        assert list(table.columns) == list(COLUMNS)
        assert list(table.index[[0, -1]]) == [0, 1_049]
        assert table.dtypes.to_dict() == COLUMNS
        # Candidate 100 has lookback 100 // 7 = 14; 100 % 5 is not 4, so it has weighting 100 % 3 = 1; 100 is even.
        assert table.loc[100, ["signal.lookback", "allocation.kind", "rotation.hold"]].tolist() == [14, "erc", True]
        assert table.loc[100, "sharpe"] == np.sin(100)
        assert pd.isna(table.loc[104, "allocation.kind"])
        assert np.isnan(table.loc[10, "sharpe"])
        # Candidate 1,049 in block 2: 1,049 + 0.2.
        assert (store.sums[1_049, 2], store.squares[1_049, 2]) == (1_049.2, 1_049.2**2)
        for found, given in ((store.sums, expected.sums), (store.squares, expected.squares)):
            np.testing.assert_array_equal(found, given)
        np.testing.assert_array_equal(store.returns, expected.returns)
        assert store.returns.dtype == np.float32


def test_a_folder_holds_what_memory_does(whole: Path) -> None:
    pd.testing.assert_frame_equal(SealedSweep(whole).table, swept(None).table)


def test_the_files_are_read_by_anybody(whole: Path) -> None:
    assert set(contents(whole)) == FILES
    in_parquet, in_csv = pd.read_parquet(whole / "table.parquet"), pd.read_csv(whole / "table.csv")
    assert in_parquet["sharpe"].equals(in_csv["sharpe"])  # every digit is written
    weightings = [table["allocation.kind"].astype(object).fillna("none").tolist() for table in (in_parquet, in_csv)]
    assert weightings[0] == weightings[1]
    assert in_csv["rotation.hold"].tolist() == in_parquet["rotation.hold"].tolist()
    assert pq.ParquetFile(whole / "table.parquet").num_row_groups == 11  # one a part: 10 of 100 and one of 50
    lines = (whole / "table.csv").read_text().splitlines()
    assert lines[1] == '0,"equal",true,0,0'
    assert lines[11] == '1,"erc",true,,10', "an empty cell is NaN"
    assert lines[5] == "0,,true,-0.7568024953079282,4", "or a category that is missing"


def test_the_seal_says_what_was_swept(whole: Path) -> None:
    document = json.loads((whole / "sweep.json").read_bytes())
    assert document["about"] == made.ABOUT
    assert document["identity"]["market"] == IDENTITY["market"]
    assert document["layout"]["columns"]["allocation.kind"] == ["equal", "erc", "market cap, capped"]
    assert document["files"]["sums.npy"] == {"bytes": 128 + 1_050 * 3 * 8}
    assert len(document["parts"]) == 11


def test_bytes_do_not_depend_on_threads_or_on_the_order_of_parts(whole: Path, tmp_path: Path) -> None:
    swept(tmp_path / "threads", n_threads=4)
    with opened(tmp_path / "order") as store:
        write_parts(store, [*range(5, 11), *range(5)])
        store.finish(lambda read: made.ABOUT)
    assert differing(tmp_path / "threads", whole) == []
    assert differing(tmp_path / "order", whole) == []


def test_without_returns_there_is_no_file_of_them(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "sweep"):
        with opened(folder, n_dates=None) as store:
            for number in range(11):
                store.write(number, replace(part_of(store.layout, number), returns=None))
            store.finish(lambda read: {})
            assert store.returns is None
    assert set(contents(tmp_path / "sweep")) == FILES - {"returns.npy"}


def test_a_sweep_of_one_candidate_is_a_sweep(tmp_path: Path) -> None:
    with opened(tmp_path / "sweep", n_candidates=1) as store:
        store.write(0, made_up(0, 1))
        store.finish(lambda read: {})
        assert store.table["sharpe"].tolist() == [0.0]


# ------------------------------------------------------------------------------------------ going on


def test_a_sweep_goes_on_where_it_was(half: Path, whole: Path) -> None:
    with opened(half) as store:
        assert store.done == {0, 1, 2, 3, 4}
    swept(half)
    assert differing(half, whole) == []


def test_a_finished_sweep_is_opened_and_nothing_is_made_again(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "sweep"))
    with opened(folder) as store:
        assert store.done == set(range(11))
        store.finish(lambda read: {"another": "thing"})
        assert store.table["general_decisions"].sum() == sum(candidate % 13 for candidate in range(1_050))
    assert differing(folder, whole) == []


def test_a_part_that_is_there_stays(half: Path, whole: Path) -> None:
    with opened(half) as store:
        first = part_of(store.layout, 0)
        store.write(0, replace(first, sums=first.sums + 1))
    swept(half)
    assert differing(half, whole) == []


def edit(path: Path, at: int, byte: bytes = b"\x55") -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(byte)


def truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


# In columns.raw the lookbacks of part 2 begin at 200 numbers of 8 bytes; in sums.npy its rows at 200 of 3 numbers.
@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (lambda parts: edit(parts / "columns.raw", 200 * 8), {2}),
        (lambda parts: edit(parts / "sums.npy", 128 + 299 * 24), {2}),
        (lambda parts: edit(parts / "returns.npy", 128 + 400 * 28 + 3), {4}),
        (lambda parts: truncate(parts / "squares.npy", 128 + 350 * 24), {3, 4}),
        (lambda parts: truncate(parts / "columns.raw", 0), {0, 1, 2, 3, 4}),
        (lambda parts: (parts / "sums.npy").unlink(), {0, 1, 2, 3, 4}),
        (lambda parts: (parts / "00003.json").write_text("{"), {3}),
        (lambda parts: (parts / "00003.json").write_text('{"crc32": "x"}'), {3}),
        (lambda parts: (parts / "00003.json").write_text(""), {3}),
        (lambda parts: edit(parts / "sums.npy", 20), set()),  # the header, which is written anew
    ],
)
def test_a_damaged_part_is_made_again(
    damage: Callable[[Path], object], parts: set[int], half: Path, whole: Path
) -> None:
    damage(half / "parts")
    with opened(half) as store:
        assert store.damaged == parts
        assert store.done == {0, 1, 2, 3, 4} - parts
    swept(half)
    assert differing(half, whole) == []


# ------------------------------------------------------------------------------------------ what is refused


def refused(folder: Path | None, said: str, **changes: object) -> None:
    """Hold that opening is refused in one line, and that nothing is touched."""
    before = contents(folder) if folder and folder.is_dir() else {}
    with pytest.raises(BacktestError, match=said) as caught:
        opened(folder, **changes)
    assert "\n" not in str(caught.value)
    assert (contents(folder) if folder and folder.is_dir() else {}) == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"identity": IDENTITY | {"market": "d" * 64}}, r"market\. Choose"),
        ({"identity": IDENTITY | {"Eastbound": "0.10"}}, r"Eastbound \(was 0\.9, is 0\.10\)\. Choose"),
        ({"identity": {**IDENTITY, "numpy": "3"}}, r"numpy \(was not stated, is 3\)"),
        ({"n_candidates": 1_051}, r"candidates \(was 1050, is 1051\)"),
        ({"part_size": 50}, r"candidates of a part \(was 100, is 50\)"),
        ({"n_blocks": 4}, r"blocks of time \(was 3, is 4\)"),
        ({"n_dates": None}, r"dates of returns \(was 7, is not kept\)"),
        ({"csv": False}, r"table\.csv \(was written, is not written\)"),
        ({"columns": dict(reversed(COLUMNS.items()))}, "columns"),
        ({"columns": COLUMNS | {"sharpe": np.dtype(np.float32)}}, "columns"),
        ({"columns": COLUMNS | {"allocation.kind": pd.CategoricalDtype(["equal"])}}, "columns"),
    ],
)
def test_another_sweep_does_not_go_on_in_the_folder(
    changes: dict[str, object], said: str, half: Path, whole: Path
) -> None:
    refused(half, f"holds the parts of a sweep that differs in {said}", **changes)
    refused(whole, f"holds a sweep that differs in {said}", **changes)


def test_what_no_sweep_wrote_is_not_written_over(tmp_path: Path) -> None:
    for name in ("table.parquet", "table.csv", "sums.npy", "parts"):
        own = tmp_path / name
        own.mkdir()
        (own / name).write_text("mine")
        refused(own, f"has a {name} that no sweep wrote, and a sweep would write over it. Move it away")
    (tmp_path / "folder" / "parts").mkdir(parents=True)
    refused(tmp_path / "folder", "has a parts that no sweep wrote")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}")
    refused(tmp_path / "run", r"holds a run \(manifest\.json\)\. Choose another folder with --out")


def test_what_is_called_as_a_sweep_s_seal_and_parts_are_is_left_alone(tmp_path: Path) -> None:
    for name, files in {
        "seal and parts": ("sweep.json", "parts/mine.txt"),
        "seal in parts": ("parts/sweep.json", "parts/mine.txt"),
        "and an identity": ("sweep.json", "parts/sweep.json", "parts/identity.json", "parts/mine.txt"),
    }.items():
        for one in files:
            (tmp_path / name / one).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / one).write_text(json.dumps({"files": {"mine.txt": {"bytes": 4}}, "mine": one}))
        refused(tmp_path / name, "sweep.json is not what a sweep wrote|has a parts that no sweep wrote")


def test_what_stands_beside_a_sweep_is_no_matter(half: Path, whole: Path) -> None:
    (half / "notes.txt").write_text("mine")
    swept(half)
    assert differing(half, whole) == ["notes.txt"]
    assert (half / "notes.txt").read_text() == "mine"


def test_parts_that_do_not_say_of_what_are_refused(half: Path) -> None:
    (half / "parts" / "identity.json").write_text("{")
    refused(half, r"identity\.json is damaged, so it cannot be said whose parts these are\. Remove .*parts, or")
    (half / "parts" / "identity.json").write_text("3")
    refused(half, "holds the parts of a sweep that differs in thesis, market")


def test_a_folder_that_is_swept_into_is_left_alone(half: Path) -> None:
    with opened(half), pytest.raises(DataError, match=r"Another process \(\d+\) is sweeping into .*sweep\. Wait until"):
        opened(half)
    opened(half).close()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sweep").write_text("mine")
    refused(tmp_path / "sweep", "sweep is a file, and a run needs a folder. Choose another with --out")
    refused(tmp_path / "sweep" / "below", "below cannot be made: .*sweep is a file")


def test_a_sweep_with_parts_missing_is_not_finished(half: Path) -> None:
    for folder in (None, half):
        with opened(folder) as store:
            store.write(7, part_of(store.layout, 7))
            said = f"^{11 - len(store.done)} of 11 parts of the sweep are not there yet"
            with pytest.raises(BacktestError, match=said):
                store.finish(lambda read: {})
    with opened(half) as store, pytest.raises(BacktestError, match="is not finished: its results cannot be read yet"):
        _ = store.table


def with_column(part: Part, name: str, column: Column) -> Part:
    return replace(part, columns={**part.columns, name: column})


def without_column(part: Part, name: str) -> Part:
    return replace(part, columns={one: column for one, column in part.columns.items() if one != name})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda part: replace(part, sums=part.sums[:, :2]), r"has sums of shape \(100, 2\) and type float64; want"),
        (lambda part: replace(part, squares=part.squares.astype("f4")), "has squares of .* and type float32; want"),
        (lambda part: replace(part, returns=None), "comes without returns"),
        (lambda part: replace(part, columns=dict(reversed(part.columns.items()))), "has its columns in another order"),
        (lambda part: without_column(part, "sharpe"), "has other columns: sharpe"),
        (lambda part: with_column(part, "sharpe", np.ones(99)), r"has sharpe of shape \(99,\)"),
        (
            lambda part: with_column(part, "allocation.kind", pd.Categorical(["erc"] * 100)),
            "has other categories of allocation.kind than the sweep",
        ),
    ],
)
def test_a_part_of_another_shape_is_refused(change: Callable[[Part], Part], said: str, half: Path) -> None:
    for folder in (None, half):
        with opened(folder) as store, pytest.raises(BacktestError, match=f"^Part 6 of the sweep {said}"):
            store.write(6, change(part_of(store.layout, 6)))


@pytest.mark.parametrize(
    "kind",
    [np.dtype(object), np.dtype("M8[ns]"), pd.CategoricalDtype([1, 2]), pd.CategoricalDtype(["a", "b"], ordered=True)],
)
def test_a_column_that_cannot_be_kept_is_refused(kind: ColumnType) -> None:
    said = r"Column odd of a sweep is of type (object|datetime64\[ns\]|category); want numbers, or categories: texts"
    refused(None, said, columns={"odd": kind})


def test_nothing_to_sweep_and_a_part_that_there_is_not_are_refused() -> None:
    refused(None, "A sweep of 0 candidates in parts of 100 has nothing to keep", n_candidates=0)
    with pytest.raises(BacktestError, match="A sweep of 11 parts has no part 11"):
        opened(None).write(11, made_up(1_100, 1_200))


# ------------------------------------------------------------------------------------------ the seal


def resaid(path: Path) -> None:
    document = json.loads(path.read_bytes())
    document["about"] = {**document["about"], "best": 9.0}
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")


def test_columns_of_another_type_are_found_though_their_bytes_are_the_same(whole: Path, tmp_path: Path) -> None:
    sealed = SealedSweep(whole)
    table = pq.read_table(whole / "table.parquet")
    place = table.schema.get_field_index("sharpe")
    recast = table.set_column(place, "sharpe", pa.array(table["sharpe"].to_numpy().view(np.int64)))
    pq.write_table(recast, tmp_path / "table.parquet", row_group_size=sealed.layout.part_size)
    with pytest.raises(ValueError, match=r"table\.parquet has no column sharpe of double"):
        list(read_columns(tmp_path / "table.parquet", sealed.layout))


def test_what_was_edited_after_the_sweep_is_found(whole: Path, tmp_path: Path) -> None:
    SealedSweep(whole).verify()
    sharpe = SealedSweep(whole).table["sharpe"].iloc[950:960].to_numpy().tobytes()
    figures = "candidates 900 to 999 were edited after the sweep. Put the file back, remove the folder and sweep again"
    for name, damage, said in (
        ("sums.npy", lambda path: edit(path, 128 + 950 * 24 + 3), figures),
        ("returns.npy", lambda path: edit(path, 128 + 901 * 28), figures),
        ("table.parquet", lambda path: edit(path, path.read_bytes().index(sharpe)), figures),
        ("table.parquet", lambda path: edit(path, path.stat().st_size - 2), "table.parquet cannot be read any more"),
        ("squares.npy", lambda path: edit(path, 0), "squares.npy cannot be read any more"),
        ("squares.npy", lambda path: edit(path, path.read_bytes().index(b"<f8"), b">"), "squares.npy was edited after"),
        ("table.csv", lambda path: edit(path, path.stat().st_size - 3, b"1"), "table.csv was edited after the sweep"),
        ("sweep.json", resaid, "what sweep.json says of the sweep was edited after it"),
    ):
        folder = Path(shutil.copytree(whole, tmp_path / "sweep"))
        damage(folder / name)
        with pytest.raises(BacktestError, match=said):
            SealedSweep(folder).verify()
        refused(folder, f"sweep is no longer the sweep that was written: {said}")  # nor is it gone on with
        shutil.rmtree(folder)


def test_a_finished_sweep_that_is_not_whole_is_refused(whole: Path, tmp_path: Path) -> None:
    for name, damage, said in (
        ("a", lambda path: (path / "sums.npy").unlink(), "sums.npy is missing"),
        ("b", lambda path: truncate(path / "table.parquet", 100), "table.parquet was edited after the sweep"),
        ("c", lambda path: (path / "sweep.json").write_text("{"), "is not what a sweep wrote"),
        ("d", lambda path: (path / "sweep.json").write_text("[]"), "is not what a sweep wrote"),
        ("e", lambda path: (path / "sweep.json").write_text('{"format": 9}'), "has format 9, and this version"),
    ):
        folder = Path(shutil.copytree(whole, tmp_path / name))
        damage(folder)
        refused(folder, said)
    with pytest.raises(BacktestError, match=r"holds no finished sweep: sweep\.json, which seals one, is missing"):
        SealedSweep(tmp_path)


def test_a_seal_that_was_tampered_with_reaches_nothing_outside_the_folder(half: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    identity = json.loads((half / "parts" / "identity.json").read_bytes())
    tampered = {"identity": identity, "files": {"../../outside.txt": {"bytes": 4}}}
    (half / "parts" / "sweep.json").write_text(json.dumps(tampered))
    with pytest.raises(BacktestError, match="is not what a sweep wrote"):
        opened(half)
    assert outside.read_text() == "mine"
