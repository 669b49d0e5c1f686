"""Tables in Markdown, and the place in a page where a command keeps its own."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> str:
    r"""Lay out a table.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequence of str
        As many cells as the header has.
    right : sequence of str
        Headings of the columns that are aligned to the right.

    Returns
    -------
    str
        Lines, the last without its end. A bar within a cell is escaped.

    Examples
    --------
    >>> print(markdown_table(("engine", "ms"), [("a|b", "1.5")], right=("ms",)))
    | engine | ms |
    | --- | ---: |
    | a\|b | 1.5 |
    """
    lines = [list(header), ["---:" if name in right else "---" for name in header]]
    lines += [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def put_between(path: Path, name: str, text: str) -> None:
    """Replace what stands between the markers ``<!-- name -->`` and ``<!-- /name -->`` of a page.

    Parameters
    ----------
    path : Path
        A page that is not there yet is written with both markers.
    name : str
    text : str

    Raises
    ------
    SystemExit
        If the page is there and does not have each marker once, in this order.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    page = path.read_text(encoding="utf-8") if path.exists() else f"{begin}\n{end}\n"
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended) or page.count(begin) > 1 or page.count(end) > 1:
        raise SystemExit(f"{path} must have the lines {begin} and {end} once each, in this order: add them")
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
