"""What the comparison found, as lines for a terminal and as Markdown."""

import math
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from benchmarks.allocation.comparing import Compared, Row
from benchmarks.tables import markdown_table

HEADER = ("names", "engine", "ms a step", "x eastbound", "x solver", "weights apart", "objective worse by", "missed")
RIGHT = (HEADER[0], *HEADER[2:])
READING = (
    "Each engine in a process of its own, in turns, one thread; the median over the steps of a run, each with a new "
    "covariance. *x solver*: over the fastest solver by its own interface on the same matrices, set up and solved "
    "fresh; without PIQP for the base install. *Weights apart*, *objective worse by* (relative; for risk parity the "
    "largest relative gap of a contribution) and *missed* (of a limit, fraction of NAV): from a tight reference, the "
    "most over all steps, found before timing."
)


def cells(compared: Compared, row: Row) -> tuple[str, ...]:
    """Write a row; one without a figure says why it has none.

    Parameters
    ----------
    compared : Compared
    row : Row

    Returns
    -------
    tuple of str
        In the order of `HEADER`.
    """
    name = row.engine.name
    parity = tuple("" if math.isnan(x) else "0" if x == 0 else f"{x:.0e}" for x in (row.apart, row.worse, row.missed))
    if not row.seconds:
        return (str(compared.n), name, "parity lost" if row.state == "lost" else row.remark, "", "", *parity)
    ours = compared.row("ours")
    over = (row.median / ours.median if ours else math.nan, row.median / compared.limit(row))
    return (str(compared.n), name, _ms(row.median), *("" if math.isnan(x) else f"{x:.3g}" for x in over), *parity)


def _ms(seconds: float) -> str:
    ms = seconds * 1e3
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.3g}"


def as_text(compared: Compared) -> str:
    """Lay out a job at one size for a terminal.

    Parameters
    ----------
    compared : Compared

    Returns
    -------
    str
    """
    lines = [HEADER, *(cells(compared, row) for row in compared.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    laid = [
        "  ".join(
            one.rjust(width) if name in RIGHT else one.ljust(width)
            for name, one, width in zip(HEADER, line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
    lost = [f"  {row.engine.name}: {row.remark}" for row in compared.rows if row.state in ("lost", "failed")]
    return "\n".join([f"{compared.job.title}, {compared.n} names", *laid, *lost])


def as_markdown(found: Sequence[Compared], where: str) -> str:
    """Lay out all jobs: a summary, then every row.

    Parameters
    ----------
    found : sequence of Compared
    where : str
        Machine and how it was timed.

    Returns
    -------
    str
    """
    titles = list(dict.fromkeys(one.job.title for one in found))
    said = [f"- **{title}**: {next(one.job.says for one in found if one.job.title == title)}." for title in titles]
    rows: list[tuple[str, ...]] = []
    for title in titles:
        rows.append((f"**{title}**", *("" for _ in HEADER[1:])))
        rows += [cells(one, row) for one in found if one.job.title == title for row in one.rows]
    return "\n".join([
        where, "", READING, "", *said, "", _summary(found), "", markdown_table(HEADER, rows, RIGHT), "", *_notes(found)
    ])  # fmt: skip


def _summary(found: Sequence[Compared]) -> str:
    header = (
        "programme", "names", "eastbound, ms", "x solver", "all steps in one call, x solver", "base install, ms",
        "x its solver", "all in one call, x its solver", "best peer, x eastbound", "x base install",
    )  # fmt: skip
    rows = []
    for one in found:
        ours, base = one.row("ours"), one.row("base")
        if ours is None:
            continue
        plain = base or ours  # where PIQP has no part, both are one
        whole = one.row("ours-whole")
        whole_plain = one.row("base-whole") if base else whole
        figures = (
            ours.median / one.limit(ours), _over(one, whole), plain.median / one.limit(plain), _over(one, whole_plain),
            one.best_peer / ours.median, one.best_peer / plain.median,
        )  # fmt: skip
        over, of_whole, over_plain, of_whole_plain, *peers = ("" if math.isnan(x) else f"{x:.2f}" for x in figures)
        rows.append((
            one.job.title, str(one.n), _ms(ours.median), over, of_whole, _ms(plain.median), over_plain, of_whole_plain,
            *peers,
        ))  # fmt: skip
    return markdown_table(header, rows, header[1:])


def _over(one: Compared, row: Row | None) -> float:
    return math.nan if row is None else row.median / one.limit(row)


def _notes(found: Sequence[Compared]) -> list[str]:
    engines = list(dict.fromkeys(row.key for one in found for row in one.rows))
    engine_of = {row.key: row.engine for one in found for row in one.rows}
    return [f"- {one.name}{_version(one.package)}: {one.why}." for one in (engine_of[key] for key in engines)]


def _version(package: str) -> str:
    if not package:
        return ""
    try:
        return f" ({package} {version(package)})"
    except PackageNotFoundError:
        return f" ({package}, not installed)"
