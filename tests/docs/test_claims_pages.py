"""The pages of the claims say what the catalogue and the signals say, and their examples run."""

import doctest
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.theses import CLAIMS as TESTED
from benchmarks.theses import HEADER, SHORT
from strategies.catalogue import catalogue
from strategies.evidence.claims import CLAIMS
from strategies.mandates.sections import HouseView
from strategies.rules.tilts import Tilt
from strategies.settings import Rotation
from strategies.signals.kinds import SignalSection

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "claims"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
LATER = {8, 14}
REAL = ROOT / "../shared/real"  # as the pages write it
SIGNALS = [get_args(one)[0] for one in get_args(get_args(SignalSection)[0])]
SECTIONS = {f'signal.kind = "{one.model_fields["kind"].default}"': one for one in SIGNALS} | {
    'tilt.kind = "sector_flow"': Tilt,
    'tilt.kind = "sectors"': Tilt,
    "views": HouseView,
    "rotation": Rotation,
}
PARTS = (
    'tilt.kind = "sectors"',
    "rotation",
)  # tables that leave keys out: another page has them, or the claim is not theirs


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def _rows(page: str, header: str) -> list[list[str]]:
    """Read the lines under a header and its rule."""
    lines = page.splitlines()
    found = []
    for at in (i for i, line in enumerate(lines) if line.startswith(header)):
        for line in lines[at + 2 :]:
            if not line.startswith("|"):
                break
            found.append(_cells(line))
    return found


def _parameters(page: str) -> dict[str, list[list[str]]]:
    """Read the tables of parameters by what they are of."""
    blocks = re.split(r"^Parameters of `(.+)`:$", page, flags=re.MULTILINE)[1:]
    return {
        title: _rows(block, "| key | default | meaning |")
        for title, block in zip(blocks[::2], blocks[1::2], strict=True)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_parameters_of_a_page_are_those_of_its_section_with_their_defaults(page):
    tables = _parameters(page.read_text(encoding="utf-8"))
    assert tables
    for title, rows in tables.items():
        fields = SECTIONS[title].model_fields
        for key, default, meaning in rows:
            found = fields[key.strip("`")].get_default(call_default_factory=True)
            told = None if default == "none" else json.loads(default.strip("`"))
            assert (tuple(told) if isinstance(told, list) else told) == found, f"{title}: {key}"
            assert meaning
        if title not in PARTS:
            assert {key.strip("`") for key, *_ in rows} == set(fields) - {"kind"}, title


def test_every_thesis_has_claims_and_is_on_the_pages_of_all_of_them():
    assert set(TESTED) == set(catalogue())
    for name, claims in TESTED.items():
        pages = [page for page in PAGES if int(page.name[:2]) in claims]
        assert len(pages) == len(claims), name
        for page in pages:
            assert f"theses/{name}.toml" in page.read_text(encoding="utf-8"), f"{page.name} does not name {name}"
        assert claims or f"theses/{name}.toml" in INDEX, name


def test_every_claim_is_in_the_index_and_has_a_page_or_comes_later():
    rows = _rows(INDEX, "| claim |")
    assert [int(row[0]) for row in rows] == list(CLAIMS)
    for number, title, theses, page in rows:
        assert title == CLAIMS[int(number)].title
        assert theses == (", ".join(name for name, claims in TESTED.items() if int(number) in claims) or "-")
        assert (page == "comes later") == (int(number) in LATER)
    assert {int(page.name[:2]) for page in PAGES} == set(CLAIMS) - LATER


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_figures_of_a_page_are_those_of_all_theses(page):
    text, all_of_them = page.read_text(encoding="utf-8"), (ROOT / "docs" / "theses.md").read_text(encoding="utf-8")
    names = [name for name, claims in TESTED.items() if int(page.name[:2]) in claims]
    whole = [dict(zip(HEADER, cells, strict=True)) for cells in _rows(all_of_them, "| thesis | claim |")]
    assert [one["thesis"] for one in whole] == [*catalogue(), *catalogue()]  # of both markets, and none left out
    want = [[one[key] for key in SHORT] for one in whole if one["thesis"] in names]
    assert _rows(text, "| thesis | return |") == want


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_the_links_of_a_page_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_run(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    if "../shared/real" in page.read_text(encoding="utf-8").partition("<!--")[0] and not REAL.is_dir():
        pytest.skip("no real market data at ../shared/real")
    flags = doctest.NORMALIZE_WHITESPACE
    failed, tried = doctest.testfile(str(page), module_relative=False, optionflags=flags)
    assert tried > 0
    assert failed == 0
