"""The report in a real browser: charts are drawn, nothing complains, nothing is wider than the screen."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from backtest.report.page import charts, render_page, sections
from backtest.run import RotationResult, run
from data.load import load
from strategies.catalogue import thesis
from tests.unit.test_report_trades import N_MANY, with_trades

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
    for chart in charts(sections(result)):
        drawn = re.search(rf'id="chart-{chart.key}".*?</figure>', seen.dom, re.DOTALL)
        assert drawn, chart.key
        assert "main-svg" in drawn[0], chart.key


def scripted(html: str, script: str) -> str:
    """Let a script act on the page once its charts are drawn, and write what it finds into the body's data."""
    wait = """
      const until = (is) => new Promise((go) => {{
        const look = () => (is() ? go() : setTimeout(look, 20));
        look();
      }});
      (async () => {{ await until(() => document.body.dataset.charts); {0} }})();
    """
    return html.replace("</body>", f"<script>{wait.format(script)}</script></body>")


def said(seen: Seen, name: str) -> str:
    found = re.search(rf'<body[^>]* data-{name}="([^"]*)"', seen.dom)
    assert found, name
    return found[1]


def test_trades_are_searched_sorted_and_paged(result: RotationResult, html: str, tmp_path: Path) -> None:
    script = """
      const byId = (name) => document.getElementById("trade-" + name);
      const rows = () => [...document.querySelectorAll("#trade-table tbody tr")].map(
        (row) => [...row.cells].map((cell) => cell.textContent).join("|"));
      const note = (name, value) => { document.body.dataset[name] = value; };
      note("all", byId("count").textContent + "; " + rows().length + "; " + byId("page").textContent);
      byId("next").click();
      note("second", byId("page").textContent);
      byId("words").value = "HK01 sell"; byId("words").dispatchEvent(new Event("input"));
      const kinds = new Set(rows().map((row) => row.split("|").slice(1, 4).join(" ")));
      note("found", byId("count").textContent + "; " + kinds.size);
      byId("words").value = ""; byId("side").value = "buy"; byId("side").dispatchEvent(new Event("input"));
      note("bought", byId("count").textContent);
      byId("side").value = ""; byId("side").dispatchEvent(new Event("input"));
      document.querySelectorAll("#trade-table thead th")[7].click();
      note("dearest", rows()[0].split("|")[7]);
      note("static", getComputedStyle(document.getElementById("last-trades")).display);
    """
    seen = look(scripted(html, script), tmp_path)
    assert seen.complaints == []
    trades, n = result.trades, f"{len(result.trades):,}"
    pages = -(-len(trades) // 25)
    assert said(seen, "all") == f"{n} of {n} trades; 25; Page 1 of {pages}"
    assert said(seen, "second") == f"Page 2 of {pages}"
    sold = ((trades["symbol"] == "HK01") & (trades["side"] == "sell")).sum()
    assert said(seen, "found") == f"{sold:,} of {n} trades; 1"
    assert said(seen, "bought") == f"{(trades['side'] == 'buy').sum():,} of {n} trades"
    assert said(seen, "dearest") == f"{result.fill_costs.sum(axis=1).max():,.2f}"
    assert said(seen, "static") == "none"


def test_nav_is_switched_to_a_linear_scale_and_back(html: str, tmp_path: Path) -> None:
    script = """
      const place = document.getElementById("chart-nav"), seen = [place.layout.yaxis.type];
      for (const scale of ["linear", "log"]) {
        document.querySelector(`[data-scale="${scale}"]`).click();
        await new Promise((go) => setTimeout(go, 50));
        seen.push(place.layout.yaxis.type);
      }
      document.body.dataset.scales = seen.join();
    """
    seen = look(scripted(html, script), tmp_path)
    assert seen.complaints == []
    assert said(seen, "scales") == "log,linear,log"


def test_a_browser_that_cannot_unpack_says_so_and_shows_the_tables(html: str, tmp_path: Path) -> None:
    old = html.replace("<body>", "<body><script>delete window.DecompressionStream</script>", 1)
    seen = look(old, tmp_path)
    assert seen.complaints == []
    notice = re.search(r'<p id="unpacked"[^>]*>([^<]*)</p>', seen.dom)
    assert notice
    assert notice[1].startswith("This browser is too old")
    assert "hidden" not in notice[0]
    assert re.search(r'<div id="all-trades" hidden', seen.dom)
    assert "main-svg" not in seen.dom


def test_many_trades_are_carried_and_searched(result: RotationResult, tmp_path: Path) -> None:
    many = render_page(with_trades(result, N_MANY))
    seen = look(scripted(many, """await until(() => document.getElementById("trade-count").textContent);
      document.body.dataset.count = document.getElementById("trade-count").textContent;"""), tmp_path)  # fmt: skip
    assert seen.complaints == []
    assert said(seen, "count") == f"{N_MANY:,} of {N_MANY:,} trades"


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
