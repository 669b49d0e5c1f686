"""Figures for papers: the same bytes, one column wide, gaps where there is no number."""

import re
import struct

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from backtest.engine import simulate
from backtest.errors import BacktestError
from backtest.report import figures
from backtest.report.charts.figure import LOOKS
from backtest.report.figures import DOTS_PER_INCH, WIDTH, figure_files, write_figures
from backtest.run import run
from data.load import load
from strategies.catalogue import thesis
from strategies.targets import TargetWeights


@pytest.fixture(scope="module")
def rotation():
    return run(thesis("flow-momentum"), load("demo", start="2023-01-03", end="2024-06-28"))


@pytest.fixture(scope="module")
def drawn(rotation):
    return figure_files(rotation, "svg")


@pytest.fixture(scope="module")
def tiny():
    targets = TargetWeights.from_frame(pd.DataFrame({"US01": [0.5]}, index=["2025-01-22"]))
    return simulate(load("tiny"), targets)


@pytest.fixture(scope="module")
def drawn_tiny(tiny):
    """Figures of any strategy, of each kind."""
    return {kind: figure_files(tiny, kind) for kind in ("svg", "png", "pdf")}


def test_a_thesis_has_five_figures_and_any_strategy_three(drawn, drawn_tiny):
    assert list(drawn) == [f"figure-{name}.svg" for name in ("nav", "drawdown", "months", "shares", "score")]
    for kind, files in drawn_tiny.items():
        assert list(files) == [f"figure-{name}.{kind}" for name in ("nav", "drawdown", "months")]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_run_gives_the_same_bytes_and_no_date(kind, tiny, drawn_tiny):
    assert figure_files(tiny, kind) == drawn_tiny[kind]
    for content in drawn_tiny[kind].values():
        assert not re.search(rb"CreationDate|ModDate|<dc:date>", content)


def test_a_figure_is_one_column_of_85_mm_wide(drawn_tiny, drawn):
    picture = drawn_tiny["png"]["figure-nav.png"]
    width, _ = struct.unpack(">II", picture[16:24])
    assert width == int(WIDTH * DOTS_PER_INCH) == 2007
    points = float(re.search(rb'<svg [^>]*?width="([\d.]+)pt"', drawn["figure-nav.svg"])[1])
    assert points / 72 * 25.4 == pytest.approx(85.0, abs=0.01)


def test_the_colours_are_those_of_the_report_and_synthetic_prices_are_called_so(drawn):
    for name, look in LOOKS.items():
        assert look["color"].lower().encode() in drawn["figure-nav.svg"].lower(), name
    assert all(b"Synthetic market" in content for content in drawn.values())


def test_a_user_s_style_changes_no_byte_and_stays_as_it_was(tiny, drawn_tiny):
    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "black", "svg.fonttype": "none"}):
        assert figure_files(tiny, "svg") == drawn_tiny["svg"]
        assert mpl.rcParams["font.size"] == 31.0


def test_a_missing_number_is_a_gap():
    """Of five NAVs the third is missing: the line is drawn in two pieces, so its path moves twice."""
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    days = pd.date_range("2024-01-01", periods=5)
    figures._line(axes, "rotation", days, np.array([1.0, 2.0, np.nan, 2.0, 1.0]))
    path = axes.lines[0].get_path()
    moves = [code for _, code in path.iter_segments(remove_nans=True, simplify=False) if code == path.MOVETO]
    assert len(moves) == 2


def test_figures_are_written_alone_too(tiny, tmp_path):
    written = write_figures(tiny, tmp_path / "paper", "pdf")
    assert [path.name for path in written] == [f"figure-{name}.pdf" for name in ("nav", "drawdown", "months")]
    assert all(path.read_bytes().startswith(b"%PDF") for path in written)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BacktestError, match="file cannot be written: File exists"):
        write_figures(tiny, tmp_path / "file", "pdf")


def test_an_unknown_kind_is_refused(tiny):
    with pytest.raises(BacktestError, match="No figures of kind 'gif': want svg, png, pdf"):
        figure_files(tiny, "gif")
