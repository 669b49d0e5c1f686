"""Measurements read back from records: one for each job, size and measure.

A record is a result file of asv with one entry more, `record`, that says what the figures were measured on.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.record import FIELDS, ROOT
from data.wording import said_by

HISTORY = ROOT / "benchmarks" / "history"
# What is measured, by the last part of its name in asv; times come first.
MEASURES = {
    "time_warm": "warm",
    "time_process": "fresh process",
    "time_cold": "cold, compiling",
    "peakmem_process": "peak of the process",
    "track_peak": "peak of the process",
    "track_allocated": "allocated",
}
TIMES = ("warm", "fresh process", "cold, compiling")


class BadRecord(Exception):
    """A file in the history is no record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One figure of one commit on one machine.

    Attributes
    ----------
    layer, job, size : str
    measure : str
        One of the values of `MEASURES`.
    value : float
        Seconds (the median of samples) or bytes.
    low, high : float
        Quartiles of the samples; NaN for bytes.
    n : int
        Samples.
    record : mapping
        What was measured, where and with what; see `benchmarks.record`.
    """

    layer: str
    job: str
    size: str
    measure: str
    value: float
    low: float
    high: float
    n: int
    record: Mapping[str, Any]

    @property
    def is_time(self) -> bool:
        """Whether the value is in seconds; else in bytes."""
        return self.measure in TIMES

    @property
    def line(self) -> tuple[str, str, str, str]:
        """What makes a line over commits: layer, job, size, measure."""
        return self.layer, self.job, self.size, self.measure


def read_record(path: Path) -> list[Measurement]:
    """Read one record.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of Measurement
        Those that failed are left out.

    Raises
    ------
    BadRecord
        If the file is no JSON, or lacks a field of the record; the message names it.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadRecord(f"{path} is no JSON: {error}. Remove it, or measure the commit again.") from error
    about = document.get("record") if isinstance(document, dict) else None
    missing = [name for name in FIELDS if not isinstance(about, dict) or name not in about]
    if missing:
        raise BadRecord(f"{path} lacks {', '.join(missing)} in its record. Only `make bench` writes the history.")
    try:
        datetime.fromisoformat(document["record"]["committed"])
        return list(measured(document))
    except (KeyError, TypeError, ValueError) as error:
        raise BadRecord(f"{path} is no record: {said_by(error)}. Remove it, or measure the commit again.") from error


def measured(document: Mapping[str, Any]) -> Iterator[Measurement]:
    """Take the figures out of a result file of asv.

    Parameters
    ----------
    document : mapping
        The file, read.

    Yields
    ------
    Measurement
        In the order of the file; what failed, or is of no layer, is left out.
    """
    columns = document["result_columns"]
    for name, listed in document["results"].items():
        parts = name.split(".")
        if len(parts) != 3 or parts[2] not in MEASURES:
            continue
        result = dict(zip(columns, listed, strict=False))  # asv leaves empty columns at the end out
        sizes = [size[0].strip("'") for size in product(*result["params"])]
        values = result["result"] or [None] * len(sizes)
        for i, (size, value) in enumerate(zip(sizes, values, strict=True)):
            if value is None or math.isnan(value):
                continue
            yield Measurement(
                layer=parts[0],
                job=parts[1],
                size=size,
                measure=MEASURES[parts[2]],
                value=float(value),
                low=_number(result.get("stats_q_25"), i),
                high=_number(result.get("stats_q_75"), i),
                n=int(_number(result.get("stats_repeat"), i, 1.0)),
                record=document.get("record", {}),
            )


def read_history(folder: Path = HISTORY) -> list[Measurement]:
    """Read all records.

    Parameters
    ----------
    folder : Path
        Holds a folder for each machine.

    Returns
    -------
    list of Measurement
        By date of commit; within one, in the order of its file.

    Raises
    ------
    BadRecord
        If a file is none.
    """
    records = [read_record(path) for path in sorted(folder.glob("*/*.json"))]
    return [one for record in sorted(filter(None, records), key=_committed) for one in record]


def newest(measurements: Iterable[Measurement]) -> dict[tuple[str, tuple[str, str, str, str]], Measurement]:
    """Keep the last measurement of each line on each machine.

    Parameters
    ----------
    measurements : iterable of Measurement
        By date of commit.

    Returns
    -------
    dict of (str, tuple) to Measurement
        By machine and line.
    """
    return {(one.record["machine"]["name"], one.line): one for one in measurements}


def seconds(value: float) -> str:
    """Write seconds in the unit that suits them.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> seconds(0.000_285), seconds(0.0123), seconds(3.456)
    ('0.285 ms', '12.3 ms', '3.46 s')
    """
    return f"{value:.3g} s" if value >= 1 else f"{1e3 * value:#.3g} ms".replace(". ", " ")


def megabytes(value: float) -> str:
    """Write bytes in megabytes of a million.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> megabytes(414_000), megabytes(786e6)
    ('0.41 MB', '786 MB')
    """
    return (
        f"{value / 1e6:.2f} MB" if value < 1e6 else f"{value / 1e6:.3g} MB" if value < 1e9 else f"{value / 1e6:.0f} MB"
    )


def _committed(record: list[Measurement]) -> float:
    return datetime.fromisoformat(record[0].record["committed"]).timestamp()


def _number(values: list[float | None] | None, i: int, otherwise: float = math.nan) -> float:
    value = None if values is None else values[i]
    return otherwise if value is None else float(value)
