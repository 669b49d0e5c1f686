"""The report of a sweep in a real browser: charts are drawn, a pair is chosen, nothing complains or is too wide."""

import re
from pathlib import Path

import numpy as np
import pytest

from backtest.report.page import charts
from backtest.report.sweep.frames import SweepFrames
from backtest.report.sweep.page import render_sweep, sweep_sections
from tests.browser.test_report_page import BROWSER, look, said, scripted
from tests.sweeps import Sweep, hill_table, sweep_of, with_measures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(BROWSER is None, reason="no chromium or chrome on the path"),
]


def drawn() -> Sweep:
    """A draw of five hundred, in which every number is binned and several pairs tell."""
    noise = np.random.default_rng(5)
    table = hill_table().head(500)[[]].copy()
    table["rotation.enter"], table["rotation.exit"] = noise.uniform(0.5, 2, 500), noise.uniform(-1, 0.5, 500)
    table["rotation.speed"] = noise.uniform(0.2, 1, 500)
    return sweep_of(with_measures(table, table.sum(axis=1).to_numpy()))


@pytest.fixture(scope="module", params=["grid", "draw"])
def found(request: pytest.FixtureRequest) -> Sweep:
    return sweep_of(hill_table()) if request.param == "grid" else drawn()


@pytest.mark.parametrize("scheme", [1, 0], ids=["light", "dark"])
def test_charts_are_drawn_and_nothing_complains(scheme: int, found: Sweep, tmp_path: Path) -> None:
    seen = look(render_sweep(found), tmp_path, 1280, f"--blink-settings=preferredColorScheme={scheme}")
    assert seen.complaints == []
    made = charts(sweep_sections(SweepFrames(found, "sharpe", 20)))
    assert len(made) >= 8
    for chart in made:
        place = re.search(rf'id="chart-{chart.key}".*?</figure>', seen.dom, re.DOTALL)
        assert place, chart.key
        assert "main-svg" in place[0], chart.key


def test_a_pair_is_chosen_and_its_map_is_drawn(tmp_path: Path) -> None:
    script = """
      const place = document.getElementById("chart-map-any"), select = document.querySelector(".choice select");
      const names = () => place.layout.xaxis.title.text + " x " + place.layout.yaxis.title.text;
      const seen = [select.closest(".choice").hidden, names()];
      const wanted = [...select.options].findIndex((one) => one.text === "rotation.enter and rotation.max_share: best");
      select.value = wanted; select.dispatchEvent(new Event("change"));
      await new Promise((go) => setTimeout(go, 100));
      seen.push(names(), place.data[0].z.length, place.data[0].z[0].length);
      document.body.dataset.maps = seen.join("; ");
    """
    seen = look(scripted(render_sweep(sweep_of(hill_table())), script), tmp_path)
    assert seen.complaints == []
    assert said(seen, "maps") == "false; signal.lookback x rotation.enter; rotation.enter x rotation.max_share; 4; 7"


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(width: int, found: Sweep, tmp_path: Path) -> None:
    # A headless window may not get narrower than 500 pixels; a frame does.
    (tmp_path / "inner.html").write_text(render_sweep(found), encoding="utf-8")
    frame = f"""<!doctype html><body style="margin:0">
      <iframe id="frame" style="width:{width}px;height:1500px;border:0" src="inner.html"></iframe>
      <script>frame.onload = () => {{
        const inner = frame.contentDocument;
        const look = () => {{
          if (!inner.body.dataset.charts) return setTimeout(look, 20);
          document.body.dataset.width = inner.documentElement.scrollWidth;
        }};
        look();
      }};</script></body>"""
    seen = look(frame, tmp_path, 1300, "--allow-file-access-from-files")
    assert seen.complaints == []
    assert re.findall('data-width="([^"]*)"', seen.dom) == [str(width)]
