"""What the naive ledger is told, and what it answers."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Session:
    """A session that was held; stamps in UTC nanoseconds since the epoch."""

    date: dt.date
    open: int
    close: int


@dataclass(frozen=True)
class Cancelled(Session):
    """A scheduled session, with its scheduled stamps, that was not held; known from `announced` on."""

    announced: int


@dataclass(frozen=True)
class Action:
    """A corporate action that takes effect in the run (section 8)."""

    symbol: str
    kind: str  # split | dividend | scrip | delisting
    ex: dt.date
    pay: dt.date  # not used by a split
    amount: float  # new for one old | money a share | new for each held | money a share, NaN: the last price
    withheld: float = 0.0  # fraction of a dividend


def _fractional(symbol: str, date: dt.date) -> float:
    return 0.0


def _unbounded(symbol: str, date: dt.date) -> float:
    return math.inf


def _nothing(symbol: str, date: dt.date) -> float:
    return 0.0


def _lent_freely(symbol: str, date: dt.date) -> tuple[float, dt.date]:
    return math.inf, date


def _unlimited(symbol: str, date: dt.date, is_open: bool) -> tuple[bool, bool]:
    return False, False


@dataclass(frozen=True)
class World:
    """Everything the ledger is told about markets, rates and costs.

    `fees` and `expected_rate` take (symbol, "buy" or "sell", date, shares > 0, price): the fees charged in local
    currency, and the fees expected as a fraction of the notional, half-spread and impact apart.
    """

    base: str
    venue: dict[str, str]
    currency: dict[str, str]
    sessions: dict[str, list[Session]]
    cancelled: dict[str, list[Cancelled]]
    bars: dict[tuple[str, dt.date], tuple[float, float]]  # open and close, NaN where unknown
    fx: dict[str, list[tuple[int, float]]]
    readings: dict[str, list[tuple[dt.date, float]]]
    rate_spread: float
    rate_max_age_days: int
    fallback_rate: float
    fx_spread: float
    fees: Callable[[str, str, dt.date, float, float], float]
    expected_rate: Callable[[str, str, dt.date, float, float], float]
    settle: Callable[[str, dt.date], dt.date | None]  # venue, trade date; None: beyond the known calendar
    closes_before: dict[str, float] = field(default_factory=dict)  # last prices when the run starts
    costs_are_linear: bool = True  # section 2's r is by side and knows no size
    half_spread: Callable[[str, dt.date], float] = _nothing  # h of section 5
    impact: Callable[[str, dt.date], float] = _nothing  # i of section 5
    lot: Callable[[str, dt.date], float] = _fractional  # shares; 0: fractional
    room: Callable[[str, dt.date], float] = _unbounded  # shares
    barred: Callable[[str, dt.date, bool], tuple[bool, bool]] = _unlimited  # at the open or close: buys, sells
    actions: list[Action] = field(default_factory=list)
    borrow_fee: Callable[[str, dt.date], float] = _nothing  # percent a year
    available: Callable[[str, dt.date], tuple[float, dt.date]] = _lent_freely  # shares to borrow, of which date's
    past: list[Action] = field(default_factory=list)  # actions that took effect before the run
    carry_yield: Callable[[str, dt.date], float] = _nothing  # yield x withholding rate, percent a year

    def becomes(self, symbol: str) -> dict[dt.date, float]:
        """What one share becomes on each ex date; the amount of scrip is per share held before a split of its day."""
        found: dict[dt.date, float] = {}
        for ex in sorted({action.ex for action in [*self.past, *self.actions] if action.symbol == symbol}):
            today = [a for a in [*self.past, *self.actions] if (a.symbol, a.ex) == (symbol, ex)]
            split = math.prod(a.amount for a in today if a.kind == "split")
            found[ex] = split + sum(a.amount for a in today if a.kind == "scrip")
        return found


@dataclass(frozen=True)
class Settings:
    """How orders are filled, sized, carried over shut markets and paid for."""

    fill: str = "next_open"  # next_open | next_close | same_close
    sizing: str = "decision"  # decision | fill
    shut_market: str = "queue"  # queue | cancel | basket
    fx: str = "at_fill"  # at_fill | hold
    capital: float = 1e6
    funding: str = "overlap"  # overlap | prefunded | settled
    dividends: str = "cash"  # cash | reinvest
    rebalance_band: float = 0.0
    no_trade_band: float = 0.0
    stop_drawdown: float = 0.0  # 0: no stop
    stop_days: int | None = None  # None: for ever
    maintenance_margin: float = 0.0  # 0: no margin calls
    max_gross: float = 1.0


@dataclass(frozen=True)
class Fill:
    """One fill; shares are signed, the costs are in the symbol's currency and >= 0."""

    decided: int  # of a recall: the begin of its row
    filled: int
    symbol: str
    shares: float
    price: float
    fx: float
    fees: float
    half_spread: float
    impact: float
    fx_cost: float


@dataclass
class Outcome:
    """State at each mark; the fills; what was dropped under `cancel` as (stamp, symbol, shares); other events.

    Cash is on the trade date; of it, `receivable` and `payable` (both >= 0) have not settled. `due` is what
    corporate actions owe, below zero for what a short owes. `events` are (stamp, symbol or "", what).
    """

    nav: dict[dt.date, float] = field(default_factory=dict)
    shares: dict[dt.date, dict[str, float]] = field(default_factory=dict)
    cash: dict[dt.date, dict[str, float]] = field(default_factory=dict)
    receivable: dict[dt.date, dict[str, float]] = field(default_factory=dict)
    payable: dict[dt.date, dict[str, float]] = field(default_factory=dict)
    due: dict[dt.date, dict[str, float]] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    dropped: list[tuple[int, str, float]] = field(default_factory=list)
    events: list[tuple[int, str, str]] = field(default_factory=list)
