"""The cache of parsed tables: what is a hit, what comes back, and what a crash leaves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from data.sources.csv_file import read_csv_file
from data.sources.table_file import SMALL_BYTES, read_table_file
from data.storage import tables
from data.storage.tables import parsed

ROOT = Path(__file__).resolve().parents[2]
CSV = "date,symbol,close\n2024-01-02,NA,10.1\n2024-01-03,,\n"
DAY_AGO = 86_400


class Reader:
    """Counts how often a file is parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        monkeypatch.setattr(sys.modules[__name__], "counted", self._count)

    def _count(self, path: Path) -> pd.DataFrame:
        self.times += 1
        return read_csv_file(path)


def counted(path: Path) -> pd.DataFrame:
    raise NotImplementedError


def reader(path: Path) -> pd.DataFrame:
    return counted(path)


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache").mkdir()
    return tmp_path / "cache"


def written(tmp_path: Path, text: str = CSV, name: str = "prices.csv") -> Path:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def only_file(cache: Path) -> Path:
    (found,) = cache.glob("*")
    return found


def test_the_same_bytes_are_parsed_once_wherever_they_lie(tmp_path: Path, cache: Path, parses: Reader) -> None:
    for name in ("prices.csv", "prices.csv", "elsewhere/other.csv"):
        parsed(written(tmp_path, name=name), reader, folder=cache)
    assert parses.times == 1


def test_one_changed_byte_is_parsed_anew(tmp_path: Path, cache: Path, parses: Reader) -> None:
    parsed(written(tmp_path), reader, folder=cache)
    again = parsed(written(tmp_path, CSV.replace("10.1", "10.2")), reader, folder=cache)
    assert parses.times == 2
    assert again["close"].iloc[0] == 10.2


@pytest.mark.parametrize("what", ["pandas", "pyarrow", "reader"])
def test_another_library_or_reader_is_another_key(
    tmp_path: Path, cache: Path, parses: Reader, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = written(tmp_path)
    parsed(path, reader, folder=cache)
    if what == "reader":
        edited = written(tmp_path, "# edited", "edited.py")
        monkeypatch.setattr(tables.inspect, "getsourcefile", lambda read: str(edited))
    else:
        monkeypatch.setattr({"pandas": pd, "pyarrow": pa}[what], "__version__", "0")
    parsed(path, reader, folder=cache)
    assert parses.times == 2


def test_what_comes_back_is_what_was_parsed(tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path)
    numbers = np.array([0.1, -0.0, 5e-324, np.nan, 1 / 3, 1.7976931348623157e308])
    made = pd.DataFrame(
        {
            "text": pd.Series(["NA", "", None, "Größe 汇丰", "a,b", " x "], dtype="str"),
            "number": numbers,
            "whole": np.array([2**63 - 1, -1, 0, 1, 2, 3]),
            "flag": [True, False] * 3,
            "kind": pd.Categorical(["b", None, "a", "b", "a", "b"], categories=["b", "a", "unused"]),
            "order": pd.Categorical(["x"] * 6, ordered=True),
        }
    )

    def read(path: Path) -> pd.DataFrame:
        return made.copy()

    first, second = (parsed(path, read, folder=cache) for _ in range(2))
    assert only_file(cache).suffix == ".parquet"
    for found in (first, second):
        pd.testing.assert_frame_equal(found, made, check_exact=True, check_categorical=True)
        assert found["number"].to_numpy().tobytes() == numbers.tobytes()
        assert found["text"].isna().tolist() == [False, False, True, False, False, False]
        assert list(found["kind"].cat.categories) == ["b", "a", "unused"]
        assert isinstance(found.index, pd.RangeIndex)


@pytest.mark.parametrize(
    "made",
    [
        pd.DataFrame({"mixed": pd.Series([1, "a"], dtype=object)}),
        pd.DataFrame({"date": pd.to_datetime(["2024-01-02"])}),
        pd.DataFrame({"close": [1.0]}, index=["a"]),
        pd.DataFrame([[1.0, 2.0]], columns=["close", "close"]),
    ],
    ids=["objects", "dates", "index", "doubled column"],
)
def test_what_would_not_come_back_whole_is_not_kept(tmp_path: Path, cache: Path, made: pd.DataFrame) -> None:
    found = parsed(written(tmp_path), lambda path: made.copy(), folder=cache)
    pd.testing.assert_frame_equal(found, made)
    assert not list(cache.iterdir())


@pytest.mark.parametrize("broken", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no table"])
def test_a_broken_cached_file_is_made_again(tmp_path: Path, cache: Path, parses: Reader, broken) -> None:
    path = written(tmp_path)
    good = parsed(path, reader, folder=cache)
    kept = only_file(cache)
    kept.write_bytes(broken(kept.read_bytes()))
    for times in (2, 2):
        pd.testing.assert_frame_equal(parsed(path, reader, folder=cache), good)
        assert parses.times == times


def test_one_wrong_bit_of_a_number_is_found_by_its_checksum(tmp_path: Path, cache: Path) -> None:
    made = pd.DataFrame({"close": np.random.default_rng(1).random(1000)})
    path = written(tmp_path)
    parsed(path, lambda path: made.copy(), folder=cache)
    kept = only_file(cache)
    content = bytearray(kept.read_bytes())
    content[content.index(made["close"].iloc[7].tobytes())] ^= 1  # lz4 keeps what it cannot shrink as it is
    kept.write_bytes(content)
    assert pd.read_parquet(kept)["close"].iloc[7] != made["close"].iloc[7], "read without a look at the checksum"
    pd.testing.assert_frame_equal(parsed(path, lambda path: made.copy(), folder=cache), made, check_exact=True)


def test_an_unwritable_cache_is_no_error(tmp_path: Path, parses: Reader) -> None:
    nowhere = written(tmp_path, name="a-file") / "below"
    for times in (1, 2):
        assert len(parsed(written(tmp_path), reader, folder=nowhere)) == 2
        assert parses.times == times


def test_a_reader_s_error_is_the_reader_s_and_keeps_nothing(tmp_path: Path, cache: Path) -> None:
    def read(path: Path) -> pd.DataFrame:
        raise ValueError("row 3 is no row")

    with pytest.raises(ValueError, match="row 3"):
        parsed(written(tmp_path), read, folder=cache)
    with pytest.raises(ValueError, match="row 3"):
        parsed(tmp_path / "none.csv", read, folder=cache)
    assert not list(cache.iterdir())


def test_a_file_that_changes_while_it_is_parsed_is_not_kept(tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path)

    def read(path: Path) -> pd.DataFrame:
        found = read_csv_file(path)
        path.write_text(CSV + "2024-01-04,B,3\n", encoding="utf-8")
        return found

    parsed(path, read, folder=cache)
    assert not list(cache.iterdir())


def test_the_tables_read_longest_ago_go_first(tmp_path: Path, cache: Path, parses: Reader) -> None:
    paths = [written(tmp_path, CSV + f"2024-01-04,S{k},{k}\n", f"{k}.csv") for k in range(4)]
    kept = []
    for k in range(3):
        parsed(paths[k], reader, folder=cache)
        kept.append(next(path for path in cache.iterdir() if path not in kept))
        os.utime(kept[k], (time.time() - DAY_AGO + k,) * 2)
    parsed(paths[0], reader, folder=cache)  # the oldest is read: now it is the youngest
    size = kept[0].stat().st_size
    parsed(paths[3], reader, folder=cache, limit_bytes=int(2.5 * size))
    assert parses.times == 4
    assert kept[0].exists()
    assert not kept[1].exists()
    assert not kept[2].exists()
    assert len(list(cache.iterdir())) == 2
    parsed(paths[1], reader, folder=cache, limit_bytes=1)
    assert len(list(cache.iterdir())) == 1, "the newest stays, whatever its size"


WRITING = """
import sys, time
from pathlib import Path
import pyarrow.parquet
import data.storage.tables
from data.sources.csv_file import read_csv_file

def slow(table, place, **options):
    Path(place).write_bytes(b"PAR1 half a table")
    print("writing", flush=True)
    time.sleep(60)

pyarrow.parquet.write_table = slow
data.storage.tables.parsed(Path(sys.argv[1]), read_csv_file, folder=Path(sys.argv[2]))
"""


def test_a_process_killed_while_writing_leaves_no_table(tmp_path: Path, cache: Path, parses: Reader) -> None:
    path = written(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path), str(cache)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "writing\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert not list(cache.glob("*.parquet"))
    left = only_file(cache)
    assert len(parsed(path, reader, folder=cache)) == 2
    assert len(parsed(path, reader, folder=cache)) == 2
    assert parses.times == 1
    assert left.exists(), "a young one may belong to a process at work"
    os.utime(left, (time.time() - DAY_AGO,) * 2)
    parsed(written(tmp_path, CSV + "2024-01-04,B,3\n"), reader, folder=cache)
    assert not left.exists()


READING = """
import hashlib, sys
from pathlib import Path
import pandas as pd
import pyarrow as pa
from data.sources.csv_file import read_csv_file
from data.storage.tables import parsed

for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    found = parsed(path, read_csv_file, folder=Path(sys.argv[2]), limit_bytes=60_000)
    print(hashlib.sha256(pd.util.hash_pandas_object(found).to_numpy().tobytes()).hexdigest())
"""


@pytest.mark.timeout(300)
def test_eight_processes_at_once_read_the_same(tmp_path: Path, cache: Path) -> None:
    rng = np.random.default_rng(1)
    (tmp_path / "files").mkdir()
    expected = []
    for k in range(6):
        frame = pd.DataFrame({"symbol": [f"S{i}" for i in range(2000)], "close": rng.random(2000)})
        frame.to_csv(tmp_path / "files" / f"{k}.csv", index=False)
        expected.append(read_csv_file(tmp_path / "files" / f"{k}.csv"))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", READING, str(tmp_path / "files"), str(cache)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(8)
    ]  # fmt: skip
    answers = [child.communicate(timeout=240) for child in children]
    assert [child.returncode for child in children] == [0] * 8, answers[0][1]
    assert len({said for said, _ in answers}) == 1
    assert len(answers[0][0].splitlines()) == 6
    for k, frame in enumerate(expected):
        pd.testing.assert_frame_equal(parsed(tmp_path / "files" / f"{k}.csv", read_csv_file, folder=cache), frame)
    assert not list(cache.glob(".*"))


@pytest.mark.parametrize("n_rows", [10, 20_000])
def test_small_files_are_not_kept_and_large_ones_are(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, n_rows: int
) -> None:
    path = written(tmp_path, CSV.splitlines()[0] + "\n" + f"{CSV.splitlines()[1]}\n" * n_rows)
    assert (path.stat().st_size < SMALL_BYTES) == (n_rows == 10)
    monkeypatch.setattr(tables, "cache_folder", lambda _: cache)
    cache.mkdir(exist_ok=True)
    assert len(read_table_file(path)) == n_rows
    assert len(list(cache.glob("*.parquet"))) == (0 if n_rows == 10 else 1)
