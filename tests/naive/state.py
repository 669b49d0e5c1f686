"""The state of the portfolio, and what can be read off it at a stamp."""

import bisect
import datetime as dt
import math
from dataclasses import dataclass, field

from tests.naive.world import Outcome, Session, Settings, World


class Rank:
    """The order of events at one stamp (section 1)."""

    BEGIN, EX, OPEN, CLOSE, DECISION, MARK = range(6)


Moment = tuple[int, int, str]  # stamp, rank, venue: the order in which events run


@dataclass
class Plan:
    """What a sizing fixes besides the targets (section 2); `cash` and `receivables` then follow the fills."""

    value: dict[str, float] = field(default_factory=dict)  # v: one share in base currency
    buy_cost: dict[str, float] = field(default_factory=dict)  # b, the c of a buy
    sell_cost: dict[str, float] = field(default_factory=dict)  # s, the c of a sell
    cash: float = 0.0
    receivables: list[tuple[float, dt.date | None]] = field(default_factory=list)  # base currency, settlement date
    target_gross: float = 0.0
    tol: float = 0.0


@dataclass(frozen=True)
class Claim:
    """What a corporate action owes to the holder: money or shares, paid after the ex row from the pay date on."""

    symbol: str
    amount: float
    pay: dt.date
    ex_row: dt.date

    def is_payable(self, row: dt.date) -> bool:
        """Whether it is paid at the begin of a row."""
        return self.pay <= row and self.ex_row < row


class State:
    """The portfolio: balances, shares, what is owed, orders."""

    def __init__(self, world: World, settings: Settings, first_row: dt.date) -> None:
        """Start with the capital in base currency and nothing else."""
        self.world, self.settings = world, settings
        self.symbols = sorted(world.venue)
        self.held_on = {v: {s.date: s for s in world.sessions.get(v, [])} for v in world.venue.values()}
        self.cancelled_on = {v: {c.date: c for c in closures} for v, closures in world.cancelled.items()}
        self.row_date = first_row  # of the last row that has begun, the first row before any has
        self.cash = dict.fromkeys(sorted({world.base, *world.currency.values()}), 0.0)
        self.cash[world.base] = settings.capital
        self.unsettled: list[tuple[str, float, dt.date | None]] = []  # currency, change of balance, settlement date
        self.shares = dict.fromkeys(self.symbols, 0.0)
        self.last = dict.fromkeys(self.symbols, 0.0) | world.closes_before  # last price; 0 while never priced
        self.last_bar: dict[str, tuple[bool, bool]] = {}  # whether the venue's last session gave an open and a close
        self.gone_ex = {(action.symbol, action.ex) for action in world.past}
        self.money_due: list[Claim] = []
        self.shares_due: list[Claim] = []  # already in `shares`, not yet delivered
        self.reinvested: list[Claim] = []  # money that buys shares at the name's next close
        self.decided: int | None = None  # stamp of the last decision with a number in it
        self.weights: dict[str, float] = {}
        self.targets: dict[str, float] = {}  # unfilled orders: the share count each one leads to
        self.forced: dict[str, tuple[int, float]] = {}  # recalls: when, and the share count each leads to
        self.legs: dict[str, dt.date] = {}  # venue -> the leg's date, under `cancel`
        self.plan = Plan()
        self.peak = settings.capital
        self.stop_day: dt.date | None = None  # while a stop is in force
        self.outcome = Outcome()

    def log(self, stamp: int, symbol: str, what: str) -> None:
        """Note an event."""
        self.outcome.events.append((stamp, symbol, what))

    def has_begun(self) -> bool:
        """Whether anything was ever filled: until then NAV is the initial capital (section 7)."""
        return bool(self.outcome.fills)

    def names_of(self, venue: str) -> list[str]:
        """The names listed at a venue, in alphabetical order."""
        return [s for s in self.symbols if self.world.venue[s] == venue]

    def fx(self, currency: str, stamp: int) -> float:
        """Base currency per unit, the last rate known at the stamp; 0 while none is."""
        if currency == self.world.base:
            return 1.0
        rates = self.world.fx.get(currency, [])
        known = bisect.bisect_right(rates, stamp, key=lambda rate: rate[0])
        return rates[known - 1][1] if known else 0.0

    def fx_spread(self, currency: str) -> float:
        """The FX spread of a currency, 0 for the base."""
        return 0.0 if currency == self.world.base else self.world.fx_spread

    def prices(self, venue: str, date: dt.date, rank: int) -> dict[str, float]:
        """The opens or closes that are known of a venue's names in its session of a date."""
        side = 0 if rank == Rank.OPEN else 1
        bars = {s: self.world.bars.get((s, date), (math.nan, math.nan)) for s in self.names_of(venue)}
        return {s: bar[side] for s, bar in bars.items() if not math.isnan(bar[side])}

    def order(self, symbol: str) -> float:
        """The shares an unfilled order still has to trade, signed."""
        return self.targets[symbol] - self.shares[symbol]

    def available(self, symbol: str) -> float:
        """Shares that can be borrowed, counted in the shares of now (section 7)."""
        number, stated = self.world.available(symbol, self.row_date)
        for ex, shares in self.world.becomes(symbol).items():
            if (symbol, ex) in self.gone_ex and ex > stated:
                number *= shares
            elif (symbol, ex) not in self.gone_ex and ex <= stated:
                number /= shares
        return number

    def undelivered(self, symbol: str) -> float:
        """Shares of a scrip that have not been delivered."""
        return sum(claim.amount for claim in self.shares_due if claim.symbol == symbol)

    def settled(self, currency: str) -> float:
        """The balance less receivables plus payables (section 6)."""
        return self.cash[currency] - sum(amount for code, amount, _ in self.unsettled if code == currency)

    def pay_out(self, claim: Claim, stamp: int) -> None:
        """Pay money due into the balance; but for `overlap`, where the plan counted it, plan cash rises by it."""
        currency = self.world.currency[claim.symbol]
        self.cash[currency] += claim.amount
        if self.settings.funding != "overlap":
            # Reading: also where it fell due after the sizing.
            self.plan.cash += claim.amount * self.fx(currency, stamp)

    def owe(self, claim: Claim, stamp: int) -> None:
        """Note money due; under `overlap` the plan may spend it at once (section 2)."""
        self.money_due.append(claim)
        if self.settings.funding == "overlap":
            self.plan.cash += claim.amount * self.fx(self.world.currency[claim.symbol], stamp)

    def due(self, currency: str) -> float:
        """Money owed by corporate actions, what is to be reinvested included."""
        claims = [*self.money_due, *self.reinvested]
        return sum(claim.amount for claim in claims if self.world.currency[claim.symbol] == currency)

    def valuation(self, stamp: int, prices: dict[str, float]) -> tuple[float, dict[str, float], float]:
        """All balances in base currency, v of each name (at the price given, else the last), NAV (section 1)."""
        cash = sum(balance * self.fx(currency, stamp) for currency, balance in self.cash.items())
        # Reading: the money of a delisting counts like "dividends due".
        due = sum(self.due(currency) * self.fx(currency, stamp) for currency in self.cash)
        value = {s: prices.get(s, self.last[s]) * self.fx(self.world.currency[s], stamp) for s in self.symbols}
        return cash, value, cash + due + sum(self.shares[s] * value[s] for s in self.symbols)

    def whole_lots(self, symbol: str, shares: float) -> float:
        """Cut a share count towards zero to whole lots of the row's date (section 2)."""
        lot = self.world.lot(symbol, self.row_date)
        if lot == 0.0 or math.isinf(shares):
            return shares
        return math.copysign(math.trunc(abs(shares) / lot + 1e-9) * lot, shares)

    def after_decision(self, venue: str, date: dt.date, stamp: int) -> Session | None:
        """The venue's session of a date if it starts after the decision, as far as is known at the stamp."""
        closure = self.cancelled_on.get(venue, {}).get(date)
        session: Session | None = self.held_on[venue].get(date)
        if session is None and closure is not None and stamp < closure.announced:
            session = closure
        starts_after = session is not None and self.decided is not None and session.open > self.decided
        return session if starts_after else None

    def mark(self, stamp: int, row: Session) -> float:
        """Record a row; returns its NAV."""
        _, _, nav = self.valuation(stamp, {})
        out, date = self.outcome, row.date
        out.nav[date], out.shares[date], out.cash[date] = nav, dict(self.shares), dict(self.cash)
        out.receivable[date] = {c: sum(a for code, a, _ in self.unsettled if code == c and a > 0.0) for c in self.cash}
        out.payable[date] = {c: sum(-a for code, a, _ in self.unsettled if code == c and a < 0.0) for c in self.cash}
        out.due[date] = {c: self.due(c) for c in self.cash}
        return nav
