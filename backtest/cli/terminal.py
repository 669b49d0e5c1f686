"""How the terminal is written to: text as it stands, tables whole."""

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table


def plain_console() -> Console:
    """Give a console that prints text as it stands: no markup, no colours of its own, no line broken.

    Returns
    -------
    Console
    """
    return Console(markup=False, highlight=False, soft_wrap=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> None:
    """Print a table whole: a terminal that is too narrow breaks its lines, and no cell is cut.

    Parameters
    ----------
    headings : sequence of str, length n_columns
    rows : sequence of sequence of str
        Cells, one per heading.
    right : collection of str
        Headings of the columns that stand to the right, such as counts.
    """
    console = plain_console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=True, justify="right" if heading in right else "left")
    for row in rows:
        table.add_row(*row)
    widths = [max(map(len, column)) + 2 for column in zip(headings, *rows, strict=True)]
    console.width = max(console.width, sum(widths))
    console.print(table)
