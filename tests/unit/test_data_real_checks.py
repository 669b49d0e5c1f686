"""What the checks find in real files without being told: the traps of their README. Skipped where there are none."""

import pytest

from data.checks.folder import Checked, check_folder
from tests.real import FOLDER, needs_real

pytestmark = needs_real

NEVER_HERE = ("D304", "D305", "D318", "D319", "D324", "D325", "D327", "D328", "D329", "D404", "D407", "D502", "D504")
TRAPS = [
    ("D306", "0763.HK", "from 2018-04-17 to 2018-06-12"),  # a suspension filled forward
    ("D307", "XHKG", "on 2024-12-24"),  # half days without volume
    ("D307", "XHKG", "on 2024-12-31"),
    ("D307", "XHKG", "on 2025-01-28"),
    ("D309", "600309.SS", "sessions"),  # days of a suspension that are missing
    ("D309", "000002.SZ", "from 2015-12-21 to 2016-07-01"),
    ("D311", "AAPL", "sessions, the last 2018-03-09"),  # opens that are not known
    ("D311", "NTES", "any session"),
    ("D312", "9618.HK", "from 2020-06-18"),  # late listings
    ("D312", "1024.HK", "from 2021-02-05"),
    ("D312", "0020.HK", "from 2021-12-30"),
    ("D402", "USD/CNH", "on 2024-01-05"),  # ends early
    ("D405", "USD/HKD", "from 2024-12-09 to 2025-02-14"),  # interpolated
    ("D503", "HSTECH pe_ttm", "on 2021-02-23 (46.17, then 70.73)"),  # a change of basis
    ("D506", "HK_HIBOR_1M", "on 2023-12-29"),
]


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check_folder(FOLDER)


def test_no_error_is_seen_where_there_is_none(checked: Checked) -> None:
    assert [str(one) for one in checked.errors] == []
    assert checked.market is not None


@pytest.mark.parametrize(("check", "subject", "text"), TRAPS)
def test_a_trap_is_found(checked: Checked, check: str, subject: str, text: str) -> None:
    cases = [case for one in checked.findings if one.check == check for case in one.cases if case.subject == subject]
    assert any(text in case.text for case in cases), cases


def test_adjusted_levels_survivors_and_an_index_from_before_its_launch_are_said(checked: Checked) -> None:
    said = {one.check: str(one) for one in checked.findings}
    assert "price_basis 'total_return'" in said["D314"]
    assert "names have closes between ticks" in said["D314"]
    assert "XHKG 87 names" in said["D323"]
    assert "HSTECH before its launch on 2020-07-27" in said["D510"]


def test_split_days_and_the_largest_real_moves_are_no_splits(checked: Checked) -> None:
    """NVDA's and TSLA's splits are adjusted for; TAL fell by 71 % in a day, KC by 48 %, and none of it was a split."""
    assert not [one for one in checked.findings if one.check in NEVER_HERE]
