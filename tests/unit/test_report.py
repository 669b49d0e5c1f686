"""The report: what is on the page, and that it stands alone."""

import base64
import gzip
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from plotly.offline import get_plotlyjs

from backtest.report import tables
from backtest.report.charts.figure import MAX_POINTS, log_ticks, thinned
from backtest.report.frames import Frames
from backtest.report.page import SYNTHETIC, charts, render_page, sections, shared
from backtest.report.sections import events, measures, money
from backtest.report.verdict import verdict
from backtest.run import RotationResult, run
from data.checks.finding import Finding, relevant
from data.load import load
from strategies.catalogue import thesis

VOID = {"meta", "link", "br", "hr", "img", "input"}
HOSTILE = '<script>alert("x")</script>'


class Page(HTMLParser):
    """What a browser would fetch, the text outside scripts, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        names = ("src", "srcset", "data", "poster", "action") + (("href",) if tag == "link" else ())
        self.fetched += [str(given[name]) for name in names if name in given]
        if tag == "script":
            self.scripts.append((given, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        elif not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return run(thesis("flow-momentum"), load("demo"))


@pytest.fixture(scope="module")
def html(result: RotationResult) -> str:
    return render_page(result)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def mix_label(result: RotationResult) -> str:
    source, destination = result.average_shares
    return f"Constant mix {100 * source:.0f}/{100 * destination:.0f}"


# ------------------------------------------------------------------------------------------ the page


def test_the_page_stands_alone(html: str, page: Page) -> None:
    assert page.open == []
    assert page.fetched == ["data:,"]
    assert [attributes for attributes, _ in page.scripts if "src" in attributes] == []
    own = html.replace(max((text for _, text in page.scripts), key=len), "")
    assert "://" not in own
    assert "@import" not in own
    assert "url(" not in own
    assert len(html.encode()) < 6e6


def test_the_chart_library_is_there_once_and_whole(page: Page) -> None:
    packed = [text for attributes, text in page.scripts if attributes.get("id") == "chart-library"]
    assert len(packed) == 1
    assert gzip.decompress(base64.b64decode(packed[0])).decode() == get_plotlyjs()


def test_the_page_says_what_it_has_to(result: RotationResult, page: Page) -> None:
    for words in (
        result.thesis.title,
        "Thesis: flow-momentum.",
        "Market: demo (synthetic).",
        *verdict(result),
        *result.notes,
        mix_label(result),
        f"{result.nav.iloc[-1]:,.0f}",
        "Stamp duty",
        "Change of NAV",
        "No price in the session; waits",  # HK09 was suspended in October 2021
        "No fill had to be made at the close",
        "dividends and splits" if result.market.price_basis == "total_return" else "Price basis",
        "rotation.max_share",
        "shut_market",
        f"of {len(result.trades):,}; trades.csv holds all of them",
    ):
        assert words in page.text, words


def test_order_of_the_page(page: Page) -> None:
    at = [
        page.text.index(words)
        for words in (
            SYNTHETIC,
            "Thesis: ",
            "On made-up prices",
            "Return, risk and cost",
            "Against each reference",
            "The deepest drawdowns",
            "Share of NAV by basket",
            "What each trigger did",
            "Return by month",
            "From opening to final NAV",
            "The 20 names that brought",
            "Change of NAV by effect",
            "Month by month, added up",
            "The 10 worst days",
            "Statement of",
            "Every order filled as asked" if "Every order filled" in page.text else "lines of the log",
            "Names that may be held",
            "How to repeat it",
        )
    ]
    assert at == sorted(at)


def test_the_banner_is_for_synthetic_markets_only(result: RotationResult, html: str) -> None:
    assert SYNTHETIC in html
    real = replace(result, market=replace(result.market, synthetic=False, name="desk prices"))
    shown = Page(render_page(real)).text
    assert "SYNTHETIC" not in shown
    assert "made-up" not in shown


def test_text_of_users_is_escaped(result: RotationResult) -> None:
    market = replace(result.market, name=HOSTILE, left_out=(HOSTILE,), findings=(Finding("D000", HOSTILE),))
    renamed = result.thesis.model_copy(update={"title": HOSTILE, "name": HOSTILE})
    plan = replace(result.plan, reading=replace(result.plan.reading, origin=HOSTILE))
    html = render_page(replace(result, thesis=renamed, market=market, plan=plan, stated=(HOSTILE,)))
    assert "<script>alert" not in html
    assert Page(html).text.count(HOSTILE) >= 6


def test_the_same_run_gives_the_same_page(result: RotationResult, html: str) -> None:
    assert render_page(result) == html


def test_log_and_left_out_names_are_listed() -> None:
    market = load("demo", start="2024-11-01")
    shut = run(thesis("flow-momentum").replace({"run.shut_market": "cancel", "rotation.min_share": 0.5}), market)
    shut = replace(
        shut, market=replace(market, left_out=("9990.HK has no prices",), findings=(Finding("D000", "a row was odd"),))
    )
    assert len(shut.log)
    shown = Page(render_page(shut)).text
    assert f"First {min(events.N_ROWS, len(shut.log))} of {len(shut.log)}" in shown
    for words in (shut.log["what"].iloc[0].capitalize(), "9990.HK has no prices", "a row was odd"):
        assert words in shown


def test_fills_at_the_close_are_counted() -> None:
    market = load("demo", start="2024-11-01")
    blind = market.with_prices({"open": np.full_like(market.open, np.nan)})
    result = run(thesis("flow-momentum"), blind)
    assert result.n_fills_at_close
    assert (
        f"{result.n_fills_at_close} of {len(result.trades)} fills were made at the close"
        in Page(render_page(result)).text
    )


@pytest.mark.parametrize("start", ["2025-01-20", "2025-02-03", "2025-02-13", "2025-02-14"])
def test_short_runs_render(start: str) -> None:
    shown = Page(render_page(run(thesis("flow-momentum"), load("demo", start=start))))
    assert shown.open == []
    assert "nan" not in shown.text.lower().split()


def test_less_than_a_year_is_not_annualised_in_the_table() -> None:
    result = run(thesis("flow-momentum"), load("demo", start="2024-10-01"))
    table = measures.measures(Frames(result))
    assert [row[2:6] for row in table.rows] == [("–", "–", "–", "–")] * 5
    assert table.head[8:10] == ("Turnover, × NAV", "Cost, of NAV")
    summary = result.summary()
    assert table.rows[0][8] == f"{summary['turnover'] * summary['years']:.1f}"
    shown = Page(render_page(result)).text
    assert "Nothing is annualised over less than a year. Weekly difference from the constant mix: t-statistic" in shown


def test_every_section_is_in_the_contents_and_every_link_leads_somewhere(html: str, result: RotationResult) -> None:
    anchors = set(re.findall(r'id="([^"]+)"', html))
    links = re.findall(r'href="#([^"]+)"', html)
    assert set(links) <= anchors
    assert [link for link in links if link != "data-warnings"] == [one.key for one in sections(result)]


def test_every_chart_has_its_place_and_its_figure(html: str, page: Page, result: RotationResult) -> None:
    keys = [one.key for one in charts(sections(result))]
    assert len(set(keys)) == len(keys)
    sent = json.loads(next(text for attributes, text in page.scripts if attributes.get("id") == "figures"))
    assert list(sent["charts"]) == keys == re.findall(r'id="chart-([a-z-]+)" style', html)


def test_lists_of_dates_are_sent_once(result: RotationResult) -> None:
    drawn = charts(sections(result))
    sent = shared(drawn)
    whole = {one.key: one.figure["data"] for one in drawn if one.figure}
    for key, figure in sent["charts"].items():
        for trace, given in zip(figure["data"], whole[key], strict=True):
            x = sent["axes"][trace["x"]] if isinstance(trace["x"], int) else trace["x"]
            assert x == given["x"]
    assert len(sent["axes"]) < sum(len(figure["data"]) for figure in sent["charts"].values()) / 3


def test_a_run_without_trades_renders() -> None:
    idle = run(thesis("flow-momentum").replace({"baskets.min_members": 100}), load("demo", start="2023-01-03"))
    assert not len(idle.trades)
    shown = Page(render_page(idle)).text
    assert "made no trade" in shown
    assert "There were no trades." in shown
    assert "–" in shown  # no Sharpe ratio of cash


# ------------------------------------------------------------------------------------------ tables and charts


def test_numbers_are_written_for_reading() -> None:
    assert [tables.number(v, 1) for v in (1234.56, -3.0, -0.04, 0.0)] == ["1,234.6", "−3.0", "0.0", "0.0"]
    assert [tables.number(v) for v in (math.nan, math.inf, -math.inf)] == ["–", "–", "–"]
    assert tables.percent(-0.1234) == "−12.3\N{NO-BREAK SPACE}%"
    assert tables.percent(math.nan) == "–"


def test_measures_hold_every_reference(result: RotationResult) -> None:
    found = measures.measures(Frames(result))
    assert [row[0] for row in found.rows] == [
        "Rotation",
        mix_label(result),
        "Hold source",
        "Hold destination",
        "50/50",
    ]
    assert {len(row) for row in found.rows} == {len(found.head)} == {len(found.align)}
    assert found.strong == (0,)


def test_costs_and_bridge_add_up(result: RotationResult) -> None:
    table, zero = money.costs(Frames(result))

    def read(text: str) -> float:
        return float(text.replace(",", "").replace("−", "-"))

    # Each line is rounded to the unit.
    assert sum(read(row[1]) for row in table.rows[:-1]) == pytest.approx(read(table.rows[-1][1]), abs=len(table.rows))
    paid = result.costs.sum()
    assert {row[0] for row in table.rows[:-1]} == {tables.kind_label(kind) for kind in paid.index[paid != 0]}
    assert {"Withholding", "Stamp duty"} <= {row[0] for row in table.rows[:-1]}
    # Of what is charged only where it is assumed, what was not is named.
    assert zero == ("commission", "half-spread", "market impact")
    *parts, change, rest = money.bridge(Frames(result)).rows
    assert sum(read(row[1]) for row in parts) == pytest.approx(read(change[1]), abs=len(parts))
    assert read(change[1]) == pytest.approx(result.nav.iloc[-1] - result.opening_nav, abs=0.5)
    assert rest[1] == "0.00"


def test_shares_by_basket_are_those_of_the_run(result: RotationResult) -> None:
    shares = result.basket_shares
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    begun = shares.loc[(shares["cash"] < 1.0).idxmax() :]
    np.testing.assert_allclose(begun[["source", "destination"]].mean(), result.average_shares, rtol=1e-12)


def test_figures_are_valid_json_and_thin(result: RotationResult) -> None:
    for chart in charts(sections(result)):
        assert chart.figure
        json.dumps(chart.figure, allow_nan=False)
        for trace in chart.figure["data"]:
            assert len(trace["x"]) == len(trace["y"]) <= MAX_POINTS + 10


def test_thinned_lines_keep_their_ends_and_extremes() -> None:
    kept = thinned(10_001, keep=[4_567])
    assert {0, 4_567, 10_000} <= set(kept.tolist())
    assert len(kept) <= MAX_POINTS + 2
    assert thinned(0).tolist() == []


@pytest.mark.parametrize(("low", "high"), [(9.9e5, 1.01e6), (5e5, 3e6), (1e3, 1e9), (0.4, 0.9)])
def test_log_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert ticks == sorted(ticks)
    assert all(low <= tick <= high for tick in ticks)
    assert 1 <= len(ticks) <= 12


def test_warnings_about_the_data_are_numbered_and_led_to_from_the_top(page: Page, result: RotationResult) -> None:
    found = relevant(result.market.findings, result.market.symbols, result.market.holdable)
    assert len(found) > 1
    assert f"{len(found)} warnings about the data that this run read." in page.text
    for one in found:
        assert one.check in page.text
        assert one.what in page.text
