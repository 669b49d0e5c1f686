"""What the comparison found, as lines for a terminal, as Markdown and as a record."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.peers.comparing import Compared, Row
from benchmarks.tables import markdown_table

# As the distributions state them; vectorbt's metadata of 1.2.0 names none, its LICENSE.md does.
LICENCES: Mapping[str, str] = {
    "backtesting": "AGPL-3.0",
    "bt": "MIT",
    "cvxportfolio": "GPL-3.0",
    "empyrical-reloaded": "Apache-2.0",
    "numpy": "BSD-3-Clause",
    "pandas": "BSD-3-Clause",
    "skfolio": "BSD-3-Clause",
    "vectorbt": "Apache-2.0 with Commons Clause",
    "vectorbt-rust": "Apache-2.0 with Commons Clause",
}
HEADER = ("engine", "runs in", "version, licence", "median", "least", "x eastbound", "gap", "cores")
RIGHT = HEADER[3:]
READING = (
    "Engines of a job run in turns, warm. Gap: the largest difference from eastbound's answer, found before timing and "
    "within the figure of the job's line, or a remark says why not. Cores: processor time over time; below 1 the "
    "machine had something else to do as well."
)


def cells(compared: Compared, row: Row) -> tuple[str, ...]:
    """Write a row.

    Parameters
    ----------
    compared : Compared
    row : Row

    Returns
    -------
    tuple of str
        In the order of `HEADER`. A row without a figure says in place of the median why it has none.
    """
    entry = row.entry
    licence = LICENCES.get(entry.package, "")
    known = ", ".join(one for one in (row.version, licence) if one)
    gap = "" if row.gap is None else "0" if row.gap == 0 else f"{row.gap:.0e}"
    if row.state != "timed":
        state = "parity lost" if row.state == "lost" else row.state
        return (entry.name, entry.engine, known, state, "", "", gap, "")
    ratio = compared.ratio(row)
    return (
        entry.name, entry.engine, known, figure(row.median), figure(min(row.seconds)),
        "" if ratio is None else f"{ratio:.3g}" if ratio < 100 else f"{ratio:,.0f}", gap,
        "" if row.busy is None else f"{row.busy:.1f}",
    )  # fmt: skip


def figure(seconds: float) -> str:
    """Write milliseconds to three digits.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str

    Examples
    --------
    >>> [figure(one) for one in (12.3456, 0.0123456, 1.23456e-6)]
    ['12,346', '12.3', '0.00123']
    """
    ms = seconds * 1e3
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def remarks(row: Row) -> str:
    """Say what stands beside a row's figures; empty where there is nothing."""
    return "; ".join(one for one in (row.entry.why, row.remark) if one)


def as_text(compared: Compared) -> str:
    """Lay out a job for a terminal.

    Parameters
    ----------
    compared : Compared

    Returns
    -------
    str
    """
    job = compared.job
    table = [HEADER, *(cells(compared, row) for row in compared.rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADER))]
    lines = [f"{job.title}: {job.size}; {job.unit}; {job.compared}, within {job.tolerance:.0e}"]
    for line, row in zip(table, (None, *compared.rows), strict=True):
        cell = [
            one.rjust(width) if name in RIGHT else one.ljust(width)
            for name, one, width in zip(HEADER, line, widths, strict=True)
        ]
        said = "" if row is None else remarks(row)
        lines.append(("  " + "  ".join(cell) + (f"  {said}" if said else "")).rstrip())
    return "\n".join(lines)


def as_markdown(found: Sequence[Compared], where: str) -> str:
    """Lay out all jobs as one table, what was compared above it and remarks below.

    Parameters
    ----------
    found : sequence of Compared
    where : str
        Machine and how it was timed.

    Returns
    -------
    str
    """
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for compared in found:
        job = compared.job
        rows.append((f"**{job.title}**", "", "", f"**{job.unit}**", "", "", f"**{job.tolerance:.0e}**", ""))
        for row in compared.rows:
            first, *rest = cells(compared, row)
            said = remarks(row)
            if said and said not in notes:
                notes.append(said)
            rows.append((first + (f" [{notes.index(said) + 1}]" if said else ""), *rest))
    jobs = [f"- **{one.job.title}**: {one.job.size}. Equal: {one.job.compared}." for one in found]
    return "\n".join(
        [
            where, "", READING, "", *jobs, "", markdown_table(HEADER, rows, RIGHT), "",
            *(f"[{number}] {note}.  " for number, note in enumerate(notes, 1)),
        ]
    )  # fmt: skip


def as_record(found: Sequence[Compared]) -> list[dict[str, Any]]:
    """Give what is kept: every figure, with versions and engines.

    Parameters
    ----------
    found : sequence of Compared

    Returns
    -------
    list of dict
        One a job.
    """
    return [
        {
            "job": one.job.key, "title": one.job.title, "size": one.job.size, "unit": one.job.unit,
            "compared": one.job.compared, "tolerance": one.job.tolerance, "rows": list(_rows(one)),
        }
        for one in found
    ]  # fmt: skip


def _rows(compared: Compared) -> Iterator[dict[str, Any]]:
    for row in compared.rows:
        has_figure = bool(row.seconds)
        yield {
            "name": row.entry.name, "package": row.entry.package, "version": row.version, "engine": row.entry.engine,
            "licence": LICENCES.get(row.entry.package, ""), "state": row.state, "gap": row.gap,
            "median_s": row.median if has_figure else None, "min_s": min(row.seconds) if has_figure else None,
            "samples": len(row.seconds), "ratio": compared.ratio(row), "cores_busy": row.busy, "remarks": remarks(row),
        }  # fmt: skip
