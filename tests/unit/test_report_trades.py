"""The trades that the page carries: all of them, as they were, and small enough."""

import base64
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backtest.errors import BacktestError
from backtest.report import packing
from backtest.report.frames import Frames
from backtest.report.packing import chart_library, packed
from backtest.report.page import render_page
from backtest.report.sections.trades import columns, last_trades, trades_section
from backtest.run import RotationResult, run
from data.load import load
from strategies.catalogue import thesis

N_MANY = 30_000


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return run(thesis("flow-momentum"), load("demo", start="2023-01-03"))


def with_trades(result: RotationResult, n: int) -> RotationResult:
    """Give a run so many trades, with amounts that no packing can shorten more than those of real ones."""
    again = run(result.thesis, result.market)
    rows = np.resize(np.arange(len(result.trades)), n)
    many = result.trades.iloc[np.sort(rows)].reset_index(drop=True)
    random = np.random.default_rng(1)
    for name in ("shares", "price", "notional"):
        many[name] *= random.uniform(0.5, 1.5, n)
    vars(again)["_trades"] = many
    return again


def test_all_trades_are_carried_as_they_were(result: RotationResult) -> None:
    section = trades_section(Frames(result))
    sent = json.loads(gzip.decompress(base64.b64decode(section.content["packed"])))
    trades = result.trades
    assert np.array(sent["symbols"])[sent["symbol"]].tolist() == trades["symbol"].tolist()
    assert np.array(sent["venues"])[sent["venue"]].tolist() == trades["venue"].tolist()
    assert np.array(sent["currencies"])[sent["currency"]].tolist() == trades["currency"].tolist()
    for name in ("filled", "decided"):
        stamps = pd.to_datetime(np.array(sent[name]) * 60, unit="s", utc=True)
        assert stamps.tolist() == trades[name].dt.floor("min").tolist()
    np.testing.assert_allclose(sent["shares"], trades["shares"], atol=0.0051)
    np.testing.assert_allclose(sent["price"], trades["price"], atol=0.000051)
    np.testing.assert_allclose(sent["notional"], trades["notional"].abs(), atol=0.51)
    np.testing.assert_allclose(sent["cost"], result.fill_costs.sum(axis=1), atol=0.0051)


def test_the_last_trades_stand_without_a_script(result: RotationResult) -> None:
    table = last_trades(Frames(result))
    assert [row[1] for row in table.rows] == result.trades["symbol"].tail(20).tolist()
    assert [row[3] for row in table.rows] == result.trades["side"].tail(20).tolist()


def test_packing_is_the_same_every_time() -> None:
    assert packed("NAV " * 1000) == packed("NAV " * 1000)
    assert len(packed("NAV " * 1000)) < 100


def test_the_kept_chart_library_is_that_of_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "cache_folder", lambda _: tmp_path)
    for content in (b"first", b"second", b"first"):
        monkeypatch.setattr(packing, "get_data", lambda *_, content=content: content)
        assert chart_library.__wrapped__() == packed(content.decode())
    assert len(list(tmp_path.glob("*.txt"))) == 2
    monkeypatch.setattr(packing, "get_data", lambda *_: None)
    with pytest.raises(BacktestError, match="install it again"):
        chart_library.__wrapped__()


def test_30000_trades_leave_the_page_below_6_mb(result: RotationResult) -> None:
    many = with_trades(result, N_MANY)
    assert len(columns(Frames(many))["filled"]) == N_MANY
    html = render_page(many)
    assert f"{N_MANY:,} fills" in html
    assert len(html.encode()) < 4.5e6  # a run of ten years adds less than 0.5 MB of lines
