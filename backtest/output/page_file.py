"""A page in a file of its own: refused before the work where it cannot be, and whole or not there."""

from pathlib import Path

from backtest.errors import BacktestError
from backtest.output.run_folder import sealed_in
from data.storage.atomic import replacing


def refuse_place(out: Path, example: str) -> None:
    """Refuse a place that no page may be written to.

    Parameters
    ----------
    out : Path
    example : str
        Name of a file, for the message.

    Raises
    ------
    BacktestError
        If it is a folder, or a file of a run.
    """
    if out.is_dir() or not out.name:
        raise BacktestError(f"{out} is a folder: give a file for the page with --out, such as {example}.")
    if out.name in sealed_in(out.parent):
        raise BacktestError(
            f"{out} is a file of the run in {out.parent}, which would not be whole any more. Choose another."
        )


def write_page(out: Path, page: str) -> None:
    """Write a page.

    Parameters
    ----------
    out : Path
        Its folder is made where there is none.
    page : str

    Raises
    ------
    BacktestError
        If it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as place:
            place.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BacktestError(
            f"{out} cannot be written: {error.strerror or error}. Choose another with --out."
        ) from error
