"""The report: what is on the page, that it stands alone, and what the verdict says of each kind of run."""

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from backtest.config import RunConfig
from backtest.report import charts, tables
from backtest.report.page import SYNTHETIC, render_page
from backtest.report.verdict import n_moves, verdict
from backtest.run import RotationResult, run
from data.costs.schedules import COST_KINDS
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


def test_the_chart_library_is_there_once(page: Page) -> None:
    assert sum("plotly.js v" in text for _, text in page.scripts) == 1


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
        "Every order filled as asked.",
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
            "Rotation and references",
            "Charts",
            "Costs, and where",
            "Cut, dropped or waiting",
            "Data and settings",
            "Last trades",
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
    market = replace(result.market, name=HOSTILE, left_out=(HOSTILE,), warnings=(HOSTILE,))
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
    shut = replace(shut, market=replace(market, left_out=("9990.HK has no prices",), warnings=("a row was odd",)))
    assert len(shut.log)
    shown = Page(render_page(shut)).text
    assert f"First {min(tables.N_LOG_ROWS, len(shut.log))} of {len(shut.log)}" in shown
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
    found = tables.measures(result)
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
    table, zero = tables.costs(result)

    def read(text: str) -> float:
        return float(text.replace(",", "").replace("−", "-"))

    # Each line is rounded to the unit.
    assert sum(read(row[1]) for row in table.rows[:-1]) == pytest.approx(read(table.rows[-1][1]), abs=len(table.rows))
    assert len(zero) + len(table.rows) - 1 == len(COST_KINDS)
    *parts, change, rest = tables.bridge(result).rows
    assert sum(read(row[1]) for row in parts) == pytest.approx(read(change[1]), abs=len(parts))
    assert read(change[1]) == pytest.approx(result.nav.iloc[-1] - result.opening_nav, abs=0.5)
    assert rest[1] == "0.00"


def test_shares_by_basket_are_those_of_the_run(result: RotationResult) -> None:
    shares = result.basket_shares
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-12)
    begun = shares.loc[(shares["cash"] < 1.0).idxmax() :]
    np.testing.assert_allclose(begun[["source", "destination"]].mean(), result.average_shares, rtol=1e-12)


def test_figures_are_valid_json_and_thin(result: RotationResult) -> None:
    for chart in charts.charts(result):
        json.dumps(chart.figure, allow_nan=False)
        for trace in chart.figure["data"]:
            assert len(trace["x"]) == len(trace["y"]) <= charts.MAX_POINTS + 10


def test_thinned_lines_keep_their_ends_and_extremes() -> None:
    kept = charts.thinned(10_001, keep=[4_567])
    assert {0, 4_567, 10_000} <= set(kept.tolist())
    assert len(kept) <= charts.MAX_POINTS + 2
    assert charts.thinned(0).tolist() == []


@pytest.mark.parametrize(("low", "high"), [(9.9e5, 1.01e6), (5e5, 3e6), (1e3, 1e9), (0.4, 0.9)])
def test_log_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = charts.log_ticks(low, high)
    assert ticks == sorted(ticks)
    assert all(low <= tick <= high for tick in ticks)
    assert 1 <= len(ticks) <= 12


# ------------------------------------------------------------------------------------------ the verdict


def stub(
    ours: float = 0.10,
    mix: float = 0.06,
    source: float = 0.09,
    destination: float = -0.02,
    t: float = 1.0,
    years: float = 5.0,
    n_trades: float = 100.0,
    moves: int = 12,
    synthetic: bool = False,
    **config: object,
) -> RotationResult:
    """Pretend a run of given measures: the verdict reads nothing else."""

    def measured(annual: float) -> SimpleNamespace:
        # Over less than a year it is the total that is said; here it is half the annual figure.
        summary = {"annual_return": annual, "total_return": annual / 2, "years": years, "n_trades": n_trades}
        return SimpleNamespace(summary=lambda: summary | {"cost_annual": 0.0070})

    share = np.zeros(200)
    share[1 : moves + 1] = np.arange(moves) % 2 == 0
    share[moves + 1 :] = share[moves]
    made = SimpleNamespace(
        **vars(measured(ours)),
        references={
            "constant mix": measured(mix),
            "hold source": measured(source),
            "hold destination": measured(destination),
        },
        timing={"t_statistic": t, "weeks": 260.0, "excess": 0.04},
        average_shares=(0.7, 0.3),
        market=SimpleNamespace(synthetic=synthetic),
        plan=SimpleNamespace(share=share),
        config=RunConfig(**config),
        costs=pd.DataFrame({kind: [1.0 if kind == "stamp_duty" else 0.0] for kind in COST_KINDS}),
    )
    return cast("RotationResult", made)


def test_better_but_not_beyond_luck() -> None:
    said = verdict(stub(t=1.0))
    assert said[0] == (
        "The rotation returned 10.0 % a year after costs, against 6.0 % for the constant mix at its own average share: "
        "4.0 points better."
    )
    assert said[1] == (
        "The weekly difference from that mix has a t-statistic of 1.00 over 260 weeks, below 2: "
        "it cannot be told from luck."
    )
    # t grows with the root of time: (2 / 1)^2 x 5 years.
    assert said[2] == "At this pace it would take about 20 years in all for the t-statistic to reach 2."
    assert said[3].startswith("On average 30 % of NAV was in the destination and 70 % in the source")
    assert said[3].endswith("changed the share it asked for at 12 of 200 decisions.")
    assert said[4] == (
        "Holding the source throughout returned 9.0 % a year (the rotation: 1.0 points better), "
        "holding the destination lost 2.0 % (12.0 points better)."
    )
    assert said[5] == "Costs took 0.70 % of average NAV a year; not charged: commission, half-spread, market impact."
    assert said[-1].startswith("This is one rule with one set of settings. How many other rules")


def test_beyond_luck_is_said_with_its_condition() -> None:
    assert verdict(stub(t=2.5))[1].endswith("luck alone would rarely give that, had this been the only rule tried.")
    assert "cannot be told from luck" in verdict(stub(t=1.999))[1]
    assert "cannot be told" not in " ".join(verdict(stub(t=2.0)))


def test_worse_than_the_mix() -> None:
    said = verdict(stub(ours=-0.03, mix=-0.01, t=-0.8))
    assert said[0] == (
        "The rotation lost 3.0 % a year after costs, against a loss of 1.0 % for the constant mix at its own average "
        "share: 2.0 points worse."
    )
    assert said[1].endswith("t-statistic of -0.80 over 260 weeks, above -2: it cannot be told from luck.")
    assert not any("At this pace" in sentence for sentence in said)
    assert "a shortfall that luck alone would rarely give" in verdict(stub(ours=-0.03, mix=0.05, t=-2.4))[1]


def test_a_better_basket_held_is_named() -> None:
    said = " ".join(verdict(stub(ours=0.10, mix=0.06, source=0.15)))
    assert "(the rotation: 5.0 points worse)" in said
    assert "Holding the source and never rotating would have done better." in said
    assert "Holding the destination and never" in " ".join(verdict(stub(ours=0.10, source=0.12, destination=0.2)))


def test_a_pace_too_slow_is_no_figure() -> None:
    assert "more than 100 years" in verdict(stub(t=0.1))[2]


def test_points_are_those_of_the_printed_figures() -> None:
    # 14.06 less 8.04 is 6.02, but 14.1 and 8.0 are printed.
    assert verdict(stub(ours=0.1406, mix=0.0804))[0].endswith("6.1 points better.")
    assert verdict(stub(ours=0.0601, mix=0.0600))[0].endswith("no difference.")


def test_no_trades() -> None:
    said = verdict(stub(n_trades=0.0, synthetic=True))
    assert said[0].startswith("On made-up prices, the rotation made no trade at 200 decisions: NAV stayed in cash")
    assert len(said) == 2


def test_a_share_that_never_moved_says_nothing_of_timing() -> None:
    still = stub(moves=0, t=1.5)
    assert n_moves(still) == 0
    said = verdict(still)
    assert said[1] == "The rule never changed its share, so this run says nothing about timing."
    assert "luck" not in " ".join(said)


def test_nan_is_said_and_never_printed() -> None:
    nan = math.nan
    said = " ".join(verdict(stub(ours=nan, mix=nan, source=nan, destination=nan, t=nan)))
    assert "nan" not in said.lower()
    assert "cannot be compared" in said
    assert "no t-statistic" in said


def test_less_than_a_year_is_not_annualised() -> None:
    assert verdict(stub(years=0.5))[0].startswith("The rotation returned 5.0 % in 183 days after costs, against 3.0 %")


def test_costs_are_said_as_they_were_charged() -> None:
    free = verdict(stub(costs="none"))
    assert "before costs (none were charged)" in free[0]
    assert "No costs were charged: trading this would have returned less." in free
    assert "Costs took 0.70 % of average NAV a year, at a flat 10 bps of what is traded." in verdict(
        stub(costs={"bps": 10})
    )


def test_same_close_is_for_comparison_only() -> None:
    assert any("for comparison only" in sentence for sentence in verdict(stub(fill="same_close")))


def test_words_fit_any_console() -> None:
    for said in (verdict(stub()), verdict(stub(ours=-0.5, t=-3)), verdict(stub(n_trades=0))):
        assert all(sentence.isascii() and not re.search(r"\s{2}", sentence) for sentence in said)
