"""The page of checks says what the catalogue says."""

from pathlib import Path

from data.checks.catalogue import BEYOND, catalogue

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_check_and_no_other() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| D")]
    assert rows == [f"| {one.number} | {one.level} | {one.what} | {one.why} |" for one in catalogue().values()]


def test_the_page_names_what_no_check_can_find() -> None:
    assert all(f"- {line}" in PAGE.splitlines() for line in BEYOND)
