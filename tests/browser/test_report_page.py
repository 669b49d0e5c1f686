"""The report in a real browser: charts are drawn, nothing complains, nothing is wider than the screen."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from backtest.report.charts import charts
from backtest.report.page import render_page
from backtest.run import RotationResult, run
from data.load import load
from strategies.catalogue import thesis

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(BROWSER is None, reason="no chromium or chrome on the path"),
]


@dataclass(frozen=True)
class Seen:
    dom: str
    complaints: list[str]


def look(html: str, folder: Path, width: int = 1280, *flags: str) -> Seen:
    """Open a page without a network and give the DOM and what the console said."""
    page = folder / "report.html"
    page.write_text(html, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},2000",
            "--enable-logging=stderr",
            "--v=0",
            "--virtual-time-budget=10000",
            *flags,
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Seen(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return run(thesis("flow-momentum"), load("demo"))


@pytest.fixture(scope="module")
def html(result: RotationResult) -> str:
    return render_page(result)


@pytest.mark.parametrize("scheme", [1, 0], ids=["light", "dark"])
def test_charts_are_drawn_and_nothing_complains(scheme: int, result: RotationResult, html: str, tmp_path: Path) -> None:
    seen = look(html, tmp_path, 1280, f"--blink-settings=preferredColorScheme={scheme}")
    assert seen.complaints == []
    for chart in charts(result):
        drawn = re.search(rf'id="chart-{chart.key}".*?</figure>', seen.dom, re.DOTALL)
        assert drawn, chart.key
        assert "main-svg" in drawn[0], chart.key


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(width: int, html: str, tmp_path: Path) -> None:
    # A headless window may not get narrower than 500 pixels; a frame does.
    (tmp_path / "inner.html").write_text(html, encoding="utf-8")
    frame = f"""<!doctype html><body style="margin:0">
      <iframe id="frame" style="width:{width}px;height:1500px;border:0" src="inner.html"></iframe>
      <script>frame.onload = () => {{
        document.body.dataset.width = frame.contentDocument.documentElement.scrollWidth;
      }};</script></body>"""
    seen = look(frame, tmp_path, 1300, "--allow-file-access-from-files")
    assert seen.complaints == []
    assert re.findall('data-width="([^"]*)"', seen.dom) == [str(width)]


def test_a_complaint_would_be_seen(html: str, tmp_path: Path) -> None:
    assert look(html.replace("</body>", "<script>null.broken</script></body>"), tmp_path).complaints
    fetching = "<script>fetch('https://example.com/')</script></body>"
    assert look(html.replace("</body>", fetching), tmp_path).complaints
