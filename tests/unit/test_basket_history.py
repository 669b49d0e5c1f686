"""Who could be held of a universe, when, and why: by hand, and what the terminal says."""

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import strategies
from backtest import RunConfig, run
from backtest.cli.members import members_command
from backtest.cli.vendors import compare_vendors_command
from backtest.prove import prove_no_lookahead
from data.load import load
from data.sources.frames import from_frames
from data.universes import Spell
from strategies.basket_history import Stretch, basket_history

day = np.datetime64
# Sessions of New York: 2, 3, 4, 5, 8, 9, 10 January 2024.
DATES = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"]
NAN = np.nan
CLOSES = {
    "AAA": [10, 10, 10, 10, 10, 10, 10],  # leaves on the 9th
    "BBB": [10, 10, NAN, 10, 10, 10, 10],  # no price on the 4th
    "CCC": [NAN, NAN, 5, 5, 5, 5, 5],  # lists on the 4th
    "DDD": [10, 10, 10, 10, 10, 10, 10],  # joins on the 5th
    "EEE": [NAN, NAN, NAN, NAN, 10, 10, 10],  # another line of DDD's issuer, preferred by name: D before E
    "0AA": [NAN, NAN, NAN, NAN, NAN, 10, 10],  # another line of BBB's issuer, preferred by name
}
MINE = (
    Spell("AAA", removed=day("2024-01-09"), removed_announced=day("2024-01-03")),
    Spell("BBB"),
    Spell("CCC"),
    Spell("DDD", day("2024-01-05")),
    Spell("EEE"),
    Spell("0AA"),
    Spell("ZZZ", day("2023-01-03"), day("2024-01-05")),
    Spell("YYY", day("2023-01-03"), day("2024-01-02")),  # out before the first date
)


def market_of():
    rows = [
        {"date": date, "symbol": symbol, "venue": "XNYS", "currency": "USD", "close": close}
        for symbol, prices in CLOSES.items()
        for date, close in zip(DATES, prices, strict=True)
        if not np.isnan(close)
    ]
    issuers = pd.DataFrame(
        {"symbol": list(CLOSES), "issuer": ["AAA", "BBB", "CCC", "DDD", "DDD", "BBB"]}
    )  # fmt: skip
    return from_frames(pd.DataFrame(rows), instruments=issuers, memberships={"mine": MINE, "later": MINE[3:4]})


def test_every_entry_and_exit_has_its_reason():
    found = basket_history(market_of(), "mine", seasoning=2)
    said = [(str(row.date.date()), row.symbol, row.change, row.why) for row in found.changes.itertuples()]
    assert said == [
        ("2024-01-03", "AAA", "entered", "listed for 2 sessions"),
        ("2024-01-03", "BBB", "entered", "listed for 2 sessions"),
        ("2024-01-04", "BBB", "left", "no price in the last session of its venue: suspended, delisted or missing"),
        ("2024-01-05", "BBB", "entered", "has a price again"),
        ("2024-01-05", "CCC", "entered", "listed for 2 sessions"),
        ("2024-01-05", "DDD", "entered", "added on 2024-01-05, no announcement known"),
        ("2024-01-09", "AAA", "left", "removed on 2024-01-09, announced 2024-01-03"),
        ("2024-01-10", "0AA", "entered", "listed for 2 sessions"),
        ("2024-01-10", "BBB", "left", "its issuer's line 0AA is preferred"),
    ]
    assert found.n_eligible.tolist() == [0, 2, 1, 4, 4, 3, 3]
    assert found.thin(3) == [Stretch(first=day("2024-01-02"), last=day("2024-01-04"), fewest=0, most=2)]
    assert found.undated == ()
    assert found.unpriced.astype(str).to_numpy().tolist() == [["ZZZ", "2023-01-03", "2024-01-05"]]


def test_the_start_is_no_entry():
    changes = basket_history(market_of(), "mine", seasoning=0).changes
    assert changes.loc[changes["change"] == "there at the start", "symbol"].tolist() == ["AAA", "BBB"]


def test_the_terminal_says_when_a_basket_is_empty(tmp_path, capsys):
    rows = [
        {"date": date, "symbol": symbol, "venue": venue, "currency": money, "close": 10.0}
        for symbol, venue, money in (
            ("0700.HK", "XHKG", "HKD"), ("9988.HK", "XHKG", "HKD"), ("3690.HK", "XHKG", "HKD"), ("AAPL", "XNYS", "USD"),
        )
        for date in pd.bdate_range("2020-07-20", "2020-07-31").astype(str)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "prices.csv", index=False)
    fx = pd.DataFrame({"date": ["2020-07-17"], "base": ["USD"], "quote": ["HKD"], "rate": [7.75]})
    fx.to_csv(tmp_path / "fx.csv", index=False)
    members_command("big-seven+hang-seng-tech", str(tmp_path), "2020-07-20", None, seasoning=1, min_members=3)
    text = capsys.readouterr().out
    assert "big-seven is a list of today" in text
    assert "fewer than 3 names from 2020-07-20 to 2020-07-31 (1)" in text
    assert "hang-seng-tech, 2020-07-20 to 2020-07-31" in text
    assert "empty before 2020-07-27: its share stays in cash" in text
    assert "2020-07-27  entered  0700.HK, 3690.HK, 9988.HK: added on 2020-07-27, announced 2020-07-20" in text
    assert "no prices: 1810.HK, member from 2020-07-27" in text
    assert "no prices: one not known by name, member from 2020-07-27 until 2020-12-07" in text


def test_the_commands_take_their_options_from_a_line():
    app = typer.Typer()
    app.command("members")(members_command)
    app.command("compare")(compare_vendors_command)
    done = CliRunner().invoke(app, ["members", "us+hk", "--market", "tiny", "--seasoning", "0", "--min-members", "2"])
    assert done.exit_code == 0
    assert "us, 2025-01-22 to 2025-02-04\n  there at the start: US01, US02\n  at the end: 2 names" in done.stdout
    assert "hk, 2025-01-22 to 2025-02-04\n  fewer than 2 names from 2025-01-22 to 2025-02-04 (1)" in done.stdout
    done = CliRunner().invoke(app, ["compare", "tiny", "tiny", "--tolerance", "0.01"])
    assert done.exit_code == 0
    assert "names in both: 3" in done.stdout


def test_the_note_of_a_run_says_when_a_basket_was_in_cash():
    thesis = strategies.thesis("flow-momentum").replace({"baskets.min_members": 17})
    (note,) = [n for n in thesis.plan(load("demo")).notes if n.startswith("Basket destination has fewer")]
    # The seventeenth of the made-up names lists on 2021-03-23 and is twenty sessions old on 2021-04-22.
    assert "fewer than 17 members that can be held at" in note
    assert "(2019-03-01 to 2021-04-16); its share" in note


# -------------------------------------------------------------------------- never before it was listed and known


def random_market(seed: int):
    """Forty weeks of a dozen names that list, join and leave on random days, some changes announced late."""
    rng = np.random.default_rng(seed)
    sessions = load("demo").calendars["XNYS"].dates
    dates = sessions[(sessions >= day("2022-01-03")) & (sessions <= day("2022-10-07"))]
    frames, spells, listed = [], [], {}
    for i in range(12):
        name = f"{'US' if i < 4 else 'CN'}{i}"
        first = 0 if i < 4 else int(rng.integers(0, 120))
        listed[name] = dates[first]
        close = 50 * np.exp(np.cumsum(0.02 * rng.standard_normal(len(dates) - first)))
        frames.append(
            pd.DataFrame(
                {
                    "date": dates[first:].astype("datetime64[ns]"),
                    "symbol": name,
                    "venue": "XNYS",
                    "currency": "USD",
                    "close": close,
                    "volume": 1e6,
                }
            )
        )
        if i >= 4:
            added = dates[int(rng.integers(0, 150))]
            removed = None if rng.random() < 0.5 else added + int(rng.integers(5, 90))
            announced = None if rng.random() < 0.3 else added + int(rng.integers(-20, 20))
            end = None if removed is None else removed + int(rng.integers(-10, 15))
            spells.append(Spell(name, added, removed, announced, end))
    universes = {"us": tuple(Spell(f"US{i}") for i in range(4)), "cn": tuple(spells)}
    return from_frames(pd.concat(frames), memberships=universes), {s.symbol: s for s in spells}, listed


@pytest.mark.parametrize("seed", range(6))
def test_property_no_name_is_held_before_it_was_listed_and_known(seed):
    market, spells, listed = random_market(seed)
    thesis = strategies.thesis("flow-momentum").replace(
        {"baskets.source": "us", "baskets.destination": "cn", "baskets.min_members": 1, "rotation.min_share": 0.5,
         "baskets.seasoning": 5, "signal.history": 60, "signal.min_history": 20}
    )  # fmt: skip
    plan = thesis.plan(market)
    sessions = market.calendars["XNYS"].dates
    n_held = 0
    for k, decided in enumerate(plan.targets.decisions):
        today = day(decided.date())
        hong_kong = day((decided + pd.Timedelta(hours=8)).date())
        for a in np.flatnonzero(plan.targets.inner[k, 1] > 0):
            name = plan.targets.assets[a]
            spell, n_held = spells[name], n_held + 1
            assert ((sessions >= listed[name]) & (sessions <= today)).sum() >= 5
            assert spell.added <= today
            assert spell.added_announced is None or spell.added_announced < hong_kong
            if spell.removed is not None and spell.removed <= today:
                assert spell.removed_announced is not None
                assert spell.removed_announced >= hong_kong  # out, and nobody had said so
    assert n_held > 20
    trades = run(thesis, market).trades
    for name, first in trades[trades["side"] == "buy"].groupby("symbol")["filled"].min().items():
        assert day(first.date()) > listed[name]
        if name in spells:
            assert day(first.date()) > spells[name].added


def test_changes_announced_late_show_no_future():
    market, _, _ = random_market(1)
    thesis = strategies.thesis("flow-momentum").replace(
        {"baskets.source": "us", "baskets.destination": "cn", "baskets.min_members": 1, "rotation.min_share": 0.5,
         "baskets.seasoning": 5, "signal.history": 60, "signal.min_history": 20}
    )  # fmt: skip
    proof = prove_no_lookahead(thesis, market, RunConfig(**thesis.run), n_decisions=10, n_random=10, seed=1)
    assert proof.passed, proof.leaks
