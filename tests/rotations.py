"""A rotation in which everything happens: actions, a stop, margin calls, recalls, orders cut."""

from backtest.run import RotationResult, run
from strategies.thesis import Thesis
from tests.markets import make_market, sessions

FIRST, LAST = "2024-01-02", "2024-06-28"


def eventful(**settings: object) -> RotationResult:
    """US against HK, half of each: a fall of two fifths in March, a split, a scrip and a dividend, some volume."""
    n = len(sessions("XNYS", FIRST, LAST))
    falls = [100.0] * 40 + [60.0] * (n - 40)
    actions = [
        {"symbol": "HK", "kind": "dividend", "ex_date": "2024-05-06", "pay_date": "2024-05-20", "amount": 2.0},
        {"symbol": "HK", "kind": "dividend", "ex_date": "2024-06-24", "pay_date": "2024-07-20", "amount": 2.0},
        {"symbol": "HK", "kind": "scrip", "ex_date": "2024-05-07", "pay_date": "2024-05-21", "amount": 0.1},
        {"symbol": "US", "kind": "split", "ex_date": "2024-05-08", "amount": 2.0},
    ]
    market = make_market({"US": falls, "HK": 80.0}, FIRST, LAST, volumes={"US": 50_000.0, "HK": 1e6}, actions=actions)
    thesis = Thesis.from_mapping(
        {
            "name": "eventful",
            "baskets": {"source": "US", "destination": "HK", "min_members": 1, "seasoning": 2},
            "rotation": {"min_share": 0.5, "max_share": 0.5},
            "run": {"costs": "none", "lots": "fractional", **settings},
        },
        "eventful",
    )
    return run(thesis, market)
