"""What theses decide on real prices around the days of the market story."""

import pandas as pd
import pytest

from backtest.run import run
from data.load import load
from data.market import MarketData
from strategies.catalogue import thesis
from strategies.errors import StrategyError
from tests.real import FOLDER, needs_real

pytestmark = needs_real


@pytest.fixture(scope="module")
def real() -> MarketData:
    return load(FOLDER, "big-seven+hang-seng-tech+china-adr", "2024-09-02", "2025-02-14")


def test_the_technical_bull_is_acted_on_in_hong_kong_on_monday(real: MarketData) -> None:
    result = run(thesis("technical-bull"), real)
    plan = result.plan
    asked = pd.Series(plan.share, plan.targets.decisions)
    # In since the bull of March 2024, out with the bear of 22 November, in again at New York's close of 7 February.
    moves = asked[asked.diff().fillna(0.0) != 0.0]
    assert moves.to_dict() == {
        pd.Timestamp("2024-11-22 21:00", tz="UTC"): 0.0,
        pd.Timestamp("2025-02-07 21:00", tz="UTC"): 1.0,
    }
    trades = result.trades
    bought = trades[(trades["venue"] == "XHKG") & (trades["side"] == "buy") & (trades["decided"] >= "2025-02-07")]
    assert len(bought) > 20
    assert bought["filled"].min() == pd.Timestamp("2025-02-10 01:30", tz="UTC")  # Hong Kong's open
    held = result.basket_shares["destination"]
    assert held["2024-11-26":"2025-02-07"].max() < 1e-6
    assert held["2025-02-11":"2025-02-14"].min() > 0.97


def test_the_follower_of_appaloosa_decides_nothing_before_its_filing_is_known(real: MarketData) -> None:
    filers = ("APPALOOSA LP",)
    chosen = thesis("filings-follower").replace(
        {"signal.filers": filers, "allocation.filers": filers, "schedule.every": "day"}
    )
    result = run(chosen, real)
    weights = pd.DataFrame(
        result.targets.weights, result.targets.decisions.tz_convert("America/New_York"), list(result.targets.assets)
    )
    known = pd.Timestamp("2025-02-11 00:00", tz="America/New_York")  # filed on the 10th
    assert not weights[weights.index < known].to_numpy().any()
    after = weights[weights.index >= known]
    assert after.index[0] == pd.Timestamp("2025-02-11 16:00", tz="America/New_York")
    assert result.trades["decided"].min() == after.index[0].tz_convert("UTC")
    # As filed: Alibaba 15.5 %, PDD 8.0 %, JD 5.6 % of its book; of Alibaba and JD the lines of Hong Kong are preferred.
    alibaba, pdd, jd = (after.iloc[0][name] for name in ("9988.HK", "PDD", "9618.HK"))
    assert alibaba / pdd == pytest.approx(15.5352 / 8.0, rel=0.02)
    assert alibaba / jd == pytest.approx(15.5352 / 5.6, rel=0.02)


@pytest.mark.parametrize(
    ("name", "said"),
    [("positioning", "positioning"), ("dual-liquidity", "no data for the destination's side")],
)
def test_what_the_files_do_not_have_is_refused_and_never_guessed(real: MarketData, name: str, said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        run(thesis(name), real)
