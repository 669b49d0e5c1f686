"""Every section of the report but the signal: its figures are those of the result, and its sentences say them."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.attribution.active import active
from backtest.attribution.effects import COLUMNS
from backtest.metrics.drawdowns import drawdowns
from backtest.metrics.monthly import monthly_returns
from backtest.metrics.rolling import rolling_volatility
from backtest.report.charts.figure import plain, short
from backtest.report.frames import Frames
from backtest.report.sections import (
    active as active_part,
)
from backtest.report.sections import (
    contributions,
    days,
    effects,
    headline,
    holdings,
    measures,
    money,
    months,
    performance,
    settings,
)
from backtest.report.tables import Table, number, percent, points
from backtest.run import RotationResult, run
from data.checks.finding import Case, Finding
from data.load import load
from strategies.catalogue import thesis
from tests.rotations import eventful


@pytest.fixture(scope="module")
def result() -> RotationResult:
    return run(thesis("flow-momentum"), load("demo"))


@pytest.fixture(scope="module")
def frames(result: RotationResult) -> Frames:
    return Frames(result)


def read(text: str) -> float:
    """Give the number that a cell shows."""
    if text == "–":
        return math.nan
    return float(text.replace(",", "").replace("−", "-").replace("+", "").removesuffix("\N{NO-BREAK SPACE}%"))


def column(table: Table, name: str) -> list[float]:
    return [read(row[table.head.index(name)]) for row in table.rows]


# ------------------------------------------------------------------------------------------ headline and measures


def test_cards_are_those_of_the_summary(frames: Frames) -> None:
    ours, mix = frames.result.summary(), frames.result.references["constant mix"].summary()
    assert [(card.label, card.value) for card in headline.cards(frames)] == [
        ("Return a year", percent(ours["annual_return"])),
        ("Against the constant mix", points(ours["annual_return"] - mix["annual_return"])),
        ("Sharpe ratio", number(ours["sharpe"], 2)),
        ("Largest drawdown", percent(ours["max_drawdown"])),
        ("Costs a year", percent(ours["cost_annual"], 2)),
        ("Turnover a year", number(ours["turnover"], 1)),
    ]
    assert headline.cards(frames)[2].doubt == f"± {number(ours['sharpe_se'], 2)}"


def test_cards_of_a_short_run_annualise_nothing() -> None:
    brief = Frames(run(thesis("flow-momentum"), load("demo", start="2024-10-01")))
    ours = brief.result.summary()
    cards = {card.label: card.value for card in headline.cards(brief)}
    assert cards["Return in all"] == percent(ours["total_return"])
    assert cards["Sharpe ratio"] == "–"
    assert cards["Costs in all"] == percent(ours["cost_annual"] * ours["years"], 2)
    assert not [label for label in cards if label.endswith("a year")]


def test_every_reference_is_measured_against(frames: Frames) -> None:
    table, found = measures.against(frames), frames.result.against
    names = ["constant mix", "hold source", "hold destination", "50/50"]
    assert [row[0] for row in table.rows] == [frames.labels[name] for name in names]
    for head, key, scale in (
        ("Tracking error", "tracking_error", 100),
        ("Information ratio", "information_ratio", 1),
        ("Alpha a year, points", "alpha", 100),
        ("t of alpha", "alpha_t", 1),
        ("Beta, weekly", "beta", 1),
        ("Dimson beta", "dimson_beta", 1),
        ("Correlation", "correlation", 1),
        ("Up capture", "up_capture", 100),
        ("Down capture", "down_capture", 100),
    ):
        expected = [scale * found[name][key] for name in names]
        assert column(table, head) == pytest.approx(expected, abs=0.51 if "capture" in head else 0.051), head


def test_differences_are_those_of_the_printed_returns(frames: Frames) -> None:
    returns = column(measures.measures(frames), "Return a year")
    apart = column(measures.against(frames), "Difference a year, points")
    assert apart == pytest.approx([returns[0] - one for one in returns[1:]], abs=1e-9)


def test_the_same_orders_traded_otherwise(frames: Frames) -> None:
    (exhibit,) = [one for one in measures.measures_section(frames).exhibits if "otherwise" in one.title]
    assert exhibit.table is not None
    ours = column(exhibit.table, "Return a year")
    assert ours[0] == pytest.approx(100 * frames.result.summary()["annual_return"], abs=0.051)
    apart = column(exhibit.table, "Points")
    for value, away, run_ in zip(ours[1:], apart[1:], frames.result.otherwise.values(), strict=True):
        assert value == pytest.approx(100 * run_.summary()["annual_return"], abs=0.051)
        assert away == pytest.approx(value - ours[0], abs=1e-9)
    assert len(ours) == 5


def test_risk_is_that_of_each_run(frames: Frames) -> None:
    table = measures.risk(frames)
    for row, run_ in zip(table.rows, frames.runs.values(), strict=True):
        found = run_.summary()
        expected = [
            found["sharpe_over_cash"],
            found["sortino"],
            found["omega"],
            *(100 * found[k] for k in ("var_95", "cvar_95")),
        ]
        assert [read(text) for text in row[1:6]] == pytest.approx(expected, abs=0.0051)
        assert read(row[-1]) == found["longest_drawdown_days"]


# ------------------------------------------------------------------------------------------ NAV, holdings


def test_drawdowns_are_listed_with_their_dates(frames: Frames) -> None:
    found = drawdowns(frames.result.nav, 10, opening_nav=frames.result.opening_nav)
    table = performance.drawdown_table(found)
    assert column(table, "Depth") == pytest.approx((100 * found["depth"]).tolist(), abs=0.051)
    assert [row[2] for row in table.rows] == found["peak"].dt.strftime("%Y-%m-%d").tolist()
    shown = [row[4] for row in table.rows]
    assert shown == [f"{day:%Y-%m-%d}" if pd.notna(day) else "not yet" for day in found["recovery"]]


def test_a_drawdown_that_lasts_is_not_recovered() -> None:
    nav = pd.Series([100.0, 80.0, 90.0], index=pd.date_range("2024-01-02", periods=3))
    row = performance.drawdown_table(drawdowns(nav)).rows[0]
    assert row == ("1", "−20.0\N{NO-BREAK SPACE}%", "2024-01-02", "2024-01-03", "not yet", "1", "–")


@pytest.mark.parametrize("part", [holdings.by_venue, holdings.by_currency, holdings.largest_names])
def test_shares_of_nav_add_up_to_one(frames: Frames, part: object) -> None:
    assert callable(part)
    np.testing.assert_allclose(part(frames).sum(axis=1), 1.0, rtol=1e-12)


def test_venues_and_currencies_are_those_of_the_names(frames: Frames) -> None:
    weights = frames.result.weights
    hong_kong = [name for name in weights if frames.result.market.instruments[name].venue == "XHKG"]
    np.testing.assert_allclose(holdings.by_venue(frames)["Hong Kong"], weights[hong_kong].sum(axis=1), atol=1e-12)
    statement = frames.result.statement["value"].xs("HKD", level="currency")
    np.testing.assert_allclose(holdings.by_currency(frames)["HKD"], statement / frames.result.nav, atol=1e-12)


def test_equal_holdings_count_as_many_names() -> None:
    counted = holdings.name_counts(Frames(eventful()))
    held = counted[counted["held"] == 2]
    assert len(held)
    # Half of each at the start: two names that count as nearly two.
    assert held["effective"].iloc[0] == pytest.approx(2.0, abs=0.01)


# ------------------------------------------------------------------------------------------ months and rolling


def test_months_are_those_of_nav(frames: Frames) -> None:
    found = monthly_returns(frames.result.nav, frames.result.opening_nav)
    table = months.month_table(found)
    shown = np.array([[read(text) for text in row[1:]] for row in table.rows])
    np.testing.assert_allclose(shown, 100 * found.to_numpy(), atol=0.051)
    assert [row[0] for row in table.rows] == [str(year) for year in found.index]
    signs = np.sign(np.array(table.shades)[:, 1:])
    large = np.abs(found.to_numpy()) >= 0.005
    np.testing.assert_array_equal(signs[large], np.sign(found.to_numpy()[large]))
    assert not signs[~large].any()


def test_rolling_measures_end_where_they_should(frames: Frames) -> None:
    exhibits = {one.key: one for one in months.months(frames).exhibits}
    window = round(frames.periods_per_year)
    expected = rolling_volatility(frames.result.returns.to_numpy(), window, frames.periods_per_year)[-1]
    figure = exhibits["rolling-volatility"].figure
    assert figure
    drawn = {trace["name"]: trace["y"] for trace in figure["data"]}
    assert drawn["Rotation"][-1] == pytest.approx(expected, rel=1e-6)
    assert percent(expected) in exhibits["rolling-volatility"].says


def test_a_run_under_a_year_has_no_rolling_year() -> None:
    brief = Frames(run(thesis("flow-momentum"), load("demo", start="2024-10-01")))
    assert [one.key for one in months.months(brief).exhibits] == [""]


# ------------------------------------------------------------------------------------------ money


def test_the_waterfall_adds_up_to_the_change_of_nav(frames: Frames) -> None:
    labels, values = money.bridge_lines(frames)
    change = frames.result.nav.iloc[-1] - frames.result.opening_nav
    assert sum(values) == pytest.approx(change, abs=1e-6)
    figure = money.money(frames).exhibits[0].figure
    assert figure
    assert figure["data"][0]["x"] == [*labels, "Change of NAV"]
    assert figure["data"][0]["y"][:-1] == plain(np.array(values))
    assert figure["data"][0]["text"][-1] == short(change)


@pytest.mark.parametrize("key", ["market", "sector", "currency"])
def test_contributions_add_up_to_the_change_of_nav(frames: Frames, key: str) -> None:
    by_group = frames.contributions.by(key)  # type: ignore[arg-type]
    table = contributions.contribution_table(frames, by_group)
    totals = column(table, "Total")
    assert sum(totals[:-1]) == pytest.approx(totals[-1], abs=len(totals))
    assert totals[-1] == pytest.approx(frames.result.nav.iloc[-1] - frames.result.opening_nav, abs=0.5)
    assert totals[:-1] == sorted(totals[:-1], reverse=True)


def test_extreme_names_stand_once(frames: Frames) -> None:
    found = contributions.extreme_names(frames)
    assert found.index.is_unique
    totals = frames.contributions.by("name")["total"].reindex(list(frames.result.prepared.names))
    assert found.index[0] == totals.idxmax()
    assert found.index[-1] == totals.idxmin()


def test_effects_by_year_add_up(frames: Frames) -> None:
    table = effects.effects_table(frames, effects.by_year(frames.effects))
    *years, total, _ = [[read(text) for text in row[1:]] for row in table.rows]
    np.testing.assert_allclose(np.sum(years, axis=0), total, atol=len(years))
    assert sum(total[:-1]) == pytest.approx(total[-1], abs=len(COLUMNS))
    assert total[-1] == pytest.approx(frames.result.nav.iloc[-1] - frames.result.opening_nav, abs=0.5)


def test_active_effects_add_up_to_the_return_over_the_mix(frames: Frames) -> None:
    found = active(frames.result)
    table = active_part.active_table(found)
    assert read(table.rows[-1][-1]) == pytest.approx(100 * found.excess, abs=0.0051)
    totals = np.array([[read(text) for text in row[1:]] for row in table.rows])
    np.testing.assert_allclose(totals[:-1].sum(axis=0), totals[-1], atol=0.03)
    ours, mix = (one.summary()["total_return"] for one in (frames.result, frames.runs["constant mix"]))
    assert found.excess == pytest.approx(ours - mix, abs=1e-9)


# ------------------------------------------------------------------------------------------ days


def test_worst_days_are_the_lowest_returns(frames: Frames) -> None:
    returns = frames.result.returns
    worst, best = days.extreme_days(frames).exhibits
    assert worst.table
    assert best.table
    lowest = returns.nsmallest(10)
    assert [row[0] for row in worst.table.rows] == lowest.index.strftime("%Y-%m-%d").tolist()
    assert column(worst.table, "Rotation") == pytest.approx((100 * lowest).tolist(), abs=0.0051)
    assert [row[0] for row in best.table.rows] == returns.nlargest(10).index.strftime("%Y-%m-%d").tolist()
    source = frames.result.references["hold source"].returns.loc[lowest.index]
    assert column(worst.table, "Hold source") == pytest.approx((100 * source).tolist(), abs=0.0051)


def test_names_of_a_day_explain_it_but_for_costs_and_cash(frames: Frames) -> None:
    gained = days.name_returns(frames).sum(axis=1)
    bridge, nav = frames.result.bridge, frames.result.nav.to_numpy()
    before = np.concatenate([[frames.result.opening_nav], nav[:-1]])
    # What names brought: price, dividends and currency, but for what exchange rates did to foreign cash.
    on_cash = frames.contributions.currency[:, len(frames.result.prepared.names) :].sum(axis=1)
    expected = (bridge["price"] + bridge["dividends"] + bridge["currency"]).to_numpy() - on_cash
    np.testing.assert_allclose(gained, expected / before, atol=1e-12)


def test_a_doubt_names_the_check_and_the_name(result: RotationResult) -> None:
    date = result.dates[100]
    name = result.market.holdable[0]
    named = Finding("D305", "prices", cases=(Case(name, f"on {date:%Y-%m-%d} (up 90 %)"),))
    several = Finding(
        "D306", "prices", cases=tuple(Case(one, f"{date:%Y-%m-%d}") for one in result.market.holdable[:3])
    )
    whole = Finding("D000", f"rates stop on {date:%Y-%m-%d}")
    doubted = Frames(replace(result, market=replace(result.market, findings=(named, several, whole))))
    assert days.doubts(doubted, date) == [f"D305 {name}", "D306 3 names", "D000"]
    assert days.doubts(doubted, result.dates[101]) == []


# ------------------------------------------------------------------------------------------ data, and how to repeat it


def test_the_command_makes_the_same_run(result: RotationResult) -> None:
    changed = run(
        thesis("flow-momentum").replace({"signal.lookback": 40, "run.costs": {"bps": 10}, "run.shorts": False}),
        load("demo", start="2024-01-02"),
    )
    manifest, command = settings.commands(changed)
    assert manifest == "eastbound repeat manifest.json"
    assert command.startswith("eastbound run flow-momentum --market demo --start 2024-01-02 --end 2025-02-14")
    assert "--set signal.lookback=40" in command
    assert "--set 'run.costs={bps = 10.0}'" in command or "--set 'run.costs={bps = 10}'" in command
    assert "--set" not in settings.commands(result)[1]


def test_a_market_of_ones_own_stands_as_a_folder(result: RotationResult) -> None:
    own = replace(result, market=replace(result.market, synthetic=False, name="desk prices"))
    assert "--market FOLDER" in settings.commands(own)[1]
