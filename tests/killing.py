"""Processes that write a run into a folder and are killed on the way: `python -m tests.killing PLAN FOLDER`.

Each attempt is a fork of this process, so that hundreds of them take seconds. It prints a JSON list with, of each
attempt, whether the child was killed, which run the folder holds once it is opened, and what is wrong with it.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from backtest.output.run_folder import SEAL, settled, write_sealed

USERS_OWN = {"notes.txt": b"mine", "report.txt": b"mine too"}
SIZES = {"A": (("nav.csv", 4000), ("trades.csv", 90_000), ("old.csv", 10), ("older.csv", 0))}
SIZES["B"] = (("nav.csv", 5000), ("trades.csv", 70_000), ("new.csv", 20), ("report.html", 400_000))


def files_of(run: str) -> dict[str, bytes]:
    return {name: (run.encode() * size)[:size] for name, size in SIZES[run]}


def write(run: str, folder: Path) -> None:
    files = files_of(run)
    listed = {name: {"sha256": hashlib.sha256(content).hexdigest()} for name, content in files.items()}
    write_sealed(folder, files, json.dumps({"run": run, "files": listed}).encode())


def held(folder: Path) -> tuple[str, list[str]]:
    """Open a folder; say which run it holds, and everything that is not as that run left it."""
    with settled(folder):
        seal = json.loads((folder / SEAL).read_bytes())
    expected = files_of(seal["run"]) | USERS_OWN
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != SEAL}
    wrong = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
    return seal["run"], wrong + [path.name for path in folder.iterdir() if path.is_dir()]


def renewed(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in USERS_OWN.items():
        (folder / name).write_bytes(content)
    write("A", folder)
    return folder


def restored(folder: Path, former: Path) -> None:
    """Give a folder what another one holds, without the time that writing it safely takes."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(former, folder)


def killed_at(step: int, folder: Path, work: Callable[[], object]) -> bool:
    """Do work in a child that is killed before its step-th operation on files below a folder; say whether it was."""
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"):
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def at_every_step(folder: Path) -> list[dict[str, object]]:
    """Kill a writer before each of its operations on files, one after another, until it is done."""
    found, former = [], renewed(folder.with_name("former"))
    for step in range(1, 1000):
        restored(folder, former)
        was_killed = killed_at(step, folder, lambda: write("B", folder))
        run, wrong = held(folder)
        found.append({"killed": was_killed, "run": run, "wrong": wrong})
        if not was_killed:
            break
    return found


def twice(folder: Path) -> list[dict[str, object]]:
    """Kill a writer, and then whoever opens the folder next, at random steps of each."""
    rng, found, former = random.Random(7), [], renewed(folder.with_name("former"))
    for _ in range(150):
        restored(folder, former)
        killed_at(rng.randint(1, 60), folder, lambda: write("B", folder))
        was_killed = killed_at(rng.randint(1, 30), folder, lambda: held(folder))
        run, wrong = held(folder)
        found.append({"killed": was_killed, "run": run, "wrong": wrong})
    return found


def at_random_times(folder: Path) -> list[dict[str, object]]:
    """Kill a process that writes one run after another at any time."""
    rng, found = random.Random(11), []
    renewed(folder)
    begun = time.monotonic()
    write("A", folder)
    span = time.monotonic() - begun  # of one writing, on this machine and under its load
    for attempt in range(40):
        child = os.fork()
        if child == 0:
            while True:
                for run in ("AB", "BA")[attempt % 2]:
                    write(run, folder)
        time.sleep(rng.uniform(0.0, 4.0 * span))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        run, wrong = held(folder)
        found.append({"killed": True, "run": run, "wrong": wrong})
    return found


def two_at_once(folder: Path) -> list[dict[str, object]]:
    """Let two processes write different runs into one folder, thrice each, at the same time."""
    found, former = [], renewed(folder.with_name("former"))
    for _ in range(10):
        restored(folder, former)
        children = []
        for run in ("A", "B"):
            child = os.fork()
            if child == 0:
                for _ in range(3):
                    write(run, folder)
                os._exit(0)
            children.append(child)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        run, wrong = held(folder)
        found.append({"killed": any(codes), "run": run, "wrong": wrong})
    return found


PLANS = {one.__name__: one for one in (at_every_step, twice, at_random_times, two_at_once)}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(PLANS[sys.argv[1]](Path(sys.argv[2]))))
