"""The first place at which a file of one run differs from that of another, in words."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import PurePath
from typing import Any

MOST = 60  # characters of a value that are shown


def first_difference(name: str, before: bytes, after: bytes) -> str:
    r"""Say where two versions of a file first differ.

    Parameters
    ----------
    name : str
        Its ending says how to read it.
    before, after : bytes
        Not the same.

    Returns
    -------
    str

    Examples
    --------
    >>> first_difference("nav.csv", b"date,nav\n2024-01-02,1.0\n", b"date,nav\n2024-01-02,1.5\n")
    "line 2, nav: '1.0' became '1.5'"
    >>> first_difference("summary.json", b'{"rotation": {"sharpe": 1}}', b'{"rotation": {"sharpe": 2}}')
    'rotation.sharpe: 1 became 2'
    """
    try:
        texts = before.decode("utf-8"), after.decode("utf-8")
    except UnicodeDecodeError:
        return _bytes(before, after)
    kind = PurePath(name).suffix
    found = None
    if kind == ".json":
        found = _documents(*texts)
    elif kind == ".csv":
        found = _tables(*texts)
    return found or _lines(*texts)


def _bytes(before: bytes, after: bytes) -> str:
    pairs = enumerate(zip_longest(before, after))
    at = next(i for i, (one, other) in pairs if one != other)
    return f"byte {at + 1:,}; {len(before):,} bytes became {len(after):,}"


def _lines(before: str, after: str) -> str:
    pairs = enumerate(zip_longest(before.split("\n"), after.split("\n")), start=1)
    number, one, other = next((i, one, other) for i, (one, other) in pairs if one != other)
    if one is None or other is None:
        return f"line {number} is {'new' if one is None else 'gone'}"
    start = next(i for i, (a, b) in enumerate(zip_longest(one, other)) if a != b)
    # A page has lines of megabytes: show what stands around the first character that differs.
    start = max(0, start - MOST // 2)
    return f"line {number}: {one[start : start + MOST]!r} became {other[start : start + MOST]!r}"


def _tables(before: str, after: str) -> str | None:
    one, other = (list(csv.reader(io.StringIO(text))) for text in (before, after))
    if not one or not other:
        return None
    if one[0] != other[0]:
        gone, new = (_missing(*pair) for pair in ((one[0], other[0]), (other[0], one[0])))
        return f"columns: gone {gone}; new {new}" if gone != new else "columns: another order"
    for number, (row, changed) in enumerate(zip(one, other, strict=False), start=1):
        for column, a, b in zip(one[0], row, changed, strict=False):
            if a != b:
                return f"line {number}, {column or 'first column'}: {_short(a)} became {_short(b)}"
    return f"{len(one) - 1} rows became {len(other) - 1}" if len(one) != len(other) else None


def _missing(names: list[str], others: list[str]) -> str:
    return ", ".join(name for name in names if name not in others) or "none"


def _documents(before: str, after: str) -> str | None:
    try:
        one, other = json.loads(before), json.loads(after)
    except ValueError:
        return None
    return next(changed_keys(one, other), None)


def changed_keys(before: Any, after: Any, key: str = "") -> Iterator[str]:
    """Say which values of a document differ.

    Parameters
    ----------
    before, after : object
        As JSON knows them.
    key : str
        Dotted name of the place.

    Yields
    ------
    str

    Examples
    --------
    >>> list(changed_keys({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}))
    ['b.2: 2 became 3']
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            place = f"{key}.{name}".lstrip(".")
            if name not in after:
                yield f"{place}: gone, was {_short(before[name])}"
            elif name not in before:
                yield f"{place}: new, {_short(after[name])}"
            else:
                yield from changed_keys(before[name], after[name], place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for i, (one, other) in enumerate(zip(before, after, strict=True), start=1):
            yield from changed_keys(one, other, f"{key}.{i}")
    elif before != after:
        yield f"{key}: {_short(before)} became {_short(after)}"


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"
