"""The golden summaries, and the log of the reasons for which they changed."""

import hashlib
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from backtest.output import summary_document
from backtest.output.documents import json_text
from backtest.run import RotationResult, run
from data.load import load
from strategies.catalogue import thesis

FOLDER = Path(__file__).resolve().parent
LOG = FOLDER / "REASONS.md"
RTOL = 1e-9  # of numbers: another processor's mathematics may round the last digits another way
RTOL_SOLVED = 1e-6  # of theses whose weights a solver finds: which solver it is depends on what is installed


@cache
def demo_run(name: str) -> RotationResult:
    """Run a thesis on the demo market as it stands in the catalogue."""
    return run(thesis(name), load("demo"))


def summary_text(name: str) -> str:
    """Give the summary.json of a thesis on the demo market."""
    return json_text(summary_document(demo_run(name)))


def rtol_of(name: str) -> float:
    """Give how far numbers of a thesis may be apart; what stands behind its name, after a comma, does not matter."""
    return RTOL if thesis(name.partition(",")[0]).allocation.is_simple else RTOL_SOLVED


def golden_names(folder: Path = FOLDER) -> list[str]:
    """List the theses that have a golden summary."""
    return sorted(path.stem for path in folder.glob("*.json"))


def sha256_of(name: str, folder: Path = FOLDER) -> str:
    return hashlib.sha256((folder / f"{name}.json").read_bytes()).hexdigest()


def newest_entries(log: Path = LOG) -> dict[str, tuple[str, str, str]]:
    """Give (date, reason, hash) of the newest entry of each thesis; the log grows at its end."""
    rows = [
        line.strip("|").split("|") for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("| 20")
    ]
    return {
        name: (date, reason, found.strip("`"))
        for date, name, reason, found in ([c.strip() for c in row] for row in rows)
    }


def unexplained(folder: Path = FOLDER) -> Iterator[str]:
    """Say of each golden summary whose newest entry in the log is not about it as it is."""
    entries = newest_entries(folder / LOG.name)
    for name in golden_names(folder):
        _, reason, found = entries.get(name, ("", "", ""))
        if found != sha256_of(name, folder) or not reason:
            yield f"{name}.json changed without a reason: python -m tests.golden.rewrite --reason '...'"


def differences(golden: object, now: object, key: str = "", rtol: float = RTOL) -> Iterator[str]:
    """Say where a summary leaves its golden: numbers beyond a tolerance, counts, texts and keys at all."""
    if isinstance(golden, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*golden, *now)):
            place = f"{key}.{name}".lstrip(".")
            if name in golden and name in now:
                yield from differences(golden[name], now[name], place, rtol)
            else:
                yield f"{place}: {'gone' if name in golden else 'new'}"
    elif isinstance(golden, list) and isinstance(now, list) and len(golden) == len(now):
        for i, pair in enumerate(zip(golden, now, strict=True)):
            yield from differences(*pair, key=f"{key}.{i}", rtol=rtol)
    elif isinstance(golden, float) and isinstance(now, float) and not key.rpartition(".")[2].startswith("n_"):
        if not math.isclose(golden, now, rel_tol=rtol, abs_tol=0.0):
            yield f"{key}: {golden!r} became {now!r}"
    elif golden != now:
        yield f"{key}: {golden!r} became {now!r}"


def golden(name: str, folder: Path = FOLDER) -> object:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
