"""The oracle of the ledger: a slow, plain-Python reading of docs/ledger.md that shares no code with it.

Section numbers in the comments are those of that page. "Reading:" marks a choice where the page leaves room.
"""

import bisect
import datetime as dt
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass


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
class World:
    """Everything the ledger is told about markets, rates and costs."""

    base: str
    venue: dict[str, str]
    currency: dict[str, str]
    sessions: dict[str, list[Session]]
    cancelled: dict[str, list[Cancelled]]
    bars: dict[tuple[str, dt.date], tuple[float, float]]
    fx: dict[str, list[tuple[int, float]]]
    readings: dict[str, list[tuple[dt.date, float]]]
    rate_spread: float
    rate_max_age_days: int
    fallback_rate: float
    fee: Callable[[str, str, dt.date], float]
    fx_spread: float


@dataclass(frozen=True)
class Settings:
    """How orders are filled, sized, carried over shut markets and paid for."""

    fill: str = "next_open"  # next_open | next_close | same_close
    sizing: str = "decision"  # decision | fill
    shut_market: str = "queue"  # queue | cancel | basket
    fx: str = "at_fill"  # at_fill | hold
    capital: float = 1e6


@dataclass(frozen=True)
class Fill:
    """One fill; shares are signed, fees and fx_cost are in the symbol's currency and >= 0."""

    decided: int
    filled: int
    symbol: str
    shares: float
    price: float
    fx: float
    fees: float
    fx_cost: float


@dataclass
class Outcome:
    """State at each mark, the fills, and the orders dropped under `cancel` as (stamp, symbol, shares)."""

    nav: dict[dt.date, float]
    shares: dict[dt.date, dict[str, float]]
    cash: dict[dt.date, dict[str, float]]
    fills: list[Fill]
    dropped: list[tuple[int, str, float]]


class Rank:
    """The order of events at one stamp (section 1)."""

    INTEREST, OPEN, CLOSE, DECISION, MARK = range(5)


@dataclass
class Plan:
    """What a sizing fixes besides the targets (section 2); `cash` then follows the fills."""

    value: dict[str, float]  # v: one share in base currency
    buy_cost: dict[str, float]  # b
    sell_cost: dict[str, float]  # s
    cash: float
    target_gross: float
    tol: float


def scale_factor(nav: float, held: float, names: list[tuple[float, float, float, float]]) -> float:
    """The factor f of section 2; `names` lists (w V, present value x, b, s) of the names being sized."""

    def excess(f: float) -> float:
        """What the targets, the held names and the expected costs need beyond V, at factor f."""
        total = held - nav
        for full, x, b, s in names:
            y = f * full
            total += y + (b * (y - x) if y > x else s * (x - y))
        return total

    if excess(1.0) <= 0.0:
        return 1.0
    # The excess is linear between the factors at which some name turns from a sale to a purchase.
    turns = sorted(x / full for full, x, _, _ in names if 0.0 < x < full)
    for low, high in itertools.pairwise([0.0, *turns, 1.0]):
        below, above = excess(low), excess(high)
        if below <= 0.0 < above:
            return low + (high - low) * (-below) / (above - below)
    return 0.0


class Ledger:
    """The state of the portfolio and what each event does to it."""

    def __init__(self, world: World, settings: Settings, first: Session) -> None:
        """Start with the capital in base currency and nothing else."""
        self.world, self.settings = world, settings
        self.symbols = sorted(world.venue)
        self.held_on = {v: {s.date: s for s in world.sessions.get(v, [])} for v in world.venue.values()}
        self.cancelled_on = {v: {c.date: c for c in closures} for v, closures in world.cancelled.items()}
        self.row_date = first.date  # of the last row that has begun, the first row before any has
        self.cash = dict.fromkeys(sorted({world.base, *world.currency.values()}), 0.0)
        self.cash[world.base] = settings.capital
        self.shares = dict.fromkeys(self.symbols, 0.0)
        self.last = dict.fromkeys(self.symbols, 0.0)  # last price; 0 while never priced
        self.last_bar: dict[str, tuple[bool, bool]] = {}  # whether the venue's last session gave an open and a close
        self.decided: int | None = None  # stamp of the last decision with a number in it
        self.weights: dict[str, float] = {}
        self.targets: dict[str, float] = {}  # unfilled orders: the share count each one leads to
        self.legs: dict[str, dt.date] = {}  # venue -> the leg's date, under `cancel`
        self.plan = Plan({}, {}, {}, 0.0, 0.0, 0.0)
        self.outcome = Outcome({}, {}, {}, [], [])

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
        names = [s for s in self.symbols if self.world.venue[s] == venue]
        bars = {s: self.world.bars.get((s, date), (math.nan, math.nan)) for s in names}
        return {s: bar[side] for s, bar in bars.items() if not math.isnan(bar[side])}

    def order(self, symbol: str) -> float:
        """The shares an unfilled order still has to trade, signed."""
        return self.targets[symbol] - self.shares[symbol]

    def valuation(self, stamp: int, prices: dict[str, float]) -> tuple[float, dict[str, float], float]:
        """All balances in base currency, v of each name (at the price given, else the last), NAV."""
        cash = sum(balance * self.fx(currency, stamp) for currency, balance in self.cash.items())
        rates = {s: self.fx(self.world.currency[s], stamp) for s in self.symbols}
        value = {s: prices.get(s, self.last[s]) * rates[s] for s in self.symbols}
        return cash, value, cash + sum(self.shares[s] * value[s] for s in self.symbols)

    def interest(self, row: Session, previous: Session | None) -> None:
        """Begin a row: each balance earns or pays for the calendar days since the previous row."""
        self.row_date = row.date
        if previous is None or not self.outcome.fills:
            return
        world, days = self.world, (row.date - previous.date).days
        for currency, balance in self.cash.items():
            if not world.readings.get(currency):
                continue
            reading = world.fallback_rate
            for date, percent in world.readings[currency]:
                known_from = ((date - dt.date(1970, 1, 1)).days + 1) * 86_400 * 10**9
                if known_from <= previous.close:
                    stale = (previous.date - date).days > world.rate_max_age_days
                    reading = world.fallback_rate if stale else percent
            credit = max(reading - world.rate_spread, min(reading, 0.0))
            debit = reading + world.rate_spread
            rate = (credit if balance >= 0.0 else debit) / 100.0
            basis = 360 if currency == "USD" else 365  # Reading: 365 for currencies the page does not name.
            self.cash[currency] = balance + balance * rate * days / basis

    def mark(self, stamp: int, row: Session) -> None:
        """Record NAV, shares and balances of a row."""
        _, _, self.outcome.nav[row.date] = self.valuation(stamp, {})
        self.outcome.shares[row.date] = dict(self.shares)
        self.outcome.cash[row.date] = dict(self.cash)

    def size(self, names: list[str], stamp: int, prices: dict[str, float]) -> None:
        """Replace all unfilled orders by those of `names`, sized now, and fix the plan; the rest is held."""
        cash, value, nav = self.valuation(stamp, prices)
        buy_cost, sell_cost = {}, {}
        for symbol in self.symbols:
            q = self.fx_spread(self.world.currency[symbol])
            r_buy = self.world.fee(symbol, "buy", self.row_date)
            r_sell = self.world.fee(symbol, "sell", self.row_date)
            buy_cost[symbol] = r_buy + q * (1.0 + r_buy)
            sell_cost[symbol] = r_sell + q * (1.0 - r_sell)
        held = sum(self.shares[s] * value[s] for s in self.symbols if s not in names)
        moves = [(self.weights[s] * nav, self.shares[s] * value[s], buy_cost[s], sell_cost[s]) for s in names]
        f = scale_factor(nav, held, moves)
        self.targets = {}
        for symbol in names:
            w, v = self.weights[symbol], value[symbol]
            if w != 0.0 and v == 0.0:
                # Reading: a weight on a name without price or FX is the caller's mistake.
                raise ValueError(f"{symbol} has a weight but no price or no FX rate")
            target = f * w * nav / v if w != 0.0 else 0.0
            order = target - self.shares[symbol]
            if order != 0.0 and abs(order) * v >= 1e-12 * nav:
                self.targets[symbol] = target
        gross = sum(self.targets.get(s, self.shares[s]) * value[s] for s in self.symbols)
        self.plan = Plan(value, buy_cost, sell_cost, cash, gross, 1e-11 * nav)

    def after_decision(self, venue: str, date: dt.date, stamp: int) -> Session | None:
        """The venue's session of a date if it starts after the decision, as far as is known at the stamp."""
        session = self.held_on[venue].get(date) or self.cancelled_on.get(venue, {}).get(date)
        if isinstance(session, Cancelled) and stamp >= session.announced:
            return None
        starts_after = session is not None and self.decided is not None and session.open > self.decided
        return session if starts_after else None

    def allowed(self, venue: str, date: dt.date, stamp: int) -> bool:
        """Whether `shut_market` lets the venue's orders fill on a date, as far as is known at the stamp."""
        if self.settings.shut_market == "basket":
            venues = {venue} | {self.world.venue[s] for s in self.targets}
            return all(self.after_decision(v, date, stamp) for v in venues)
        if self.settings.shut_market == "cancel" and self.legs.get(venue) != date:
            return False
        return self.after_decision(venue, date, stamp) is not None

    def set_legs(self, decided: int) -> None:
        """Under `cancel`: find each venue's leg, and drop the orders of venues that are shut on it."""
        venues = sorted({self.world.venue[s] for s in self.targets})
        later = {v: {d for d, s in self.held_on[v].items() if s.open > decided} for v in venues}
        dates = sorted(set().union(*later.values()))
        self.legs = {}
        for venue in venues:
            missed = bool(dates) and dates[0] in self.held_on[venue] and dates[0] not in later[venue]
            for leg in dates[1:2] if missed else dates[:1]:
                self.legs[venue] = leg
                closure = self.cancelled_on.get(venue, {}).get(leg)
                surprise = closure is not None and closure.announced > decided and closure.open > decided
                if leg not in later[venue] and not surprise:
                    self.drop(decided, [s for s in self.targets if self.world.venue[s] == venue])

    def drop_late(self, venue: str, session: Session) -> None:
        """Under `cancel`: drop orders whose leg's date passed without the session that was expected."""
        leg = self.legs.get(venue) if self.settings.shut_market == "cancel" else None
        if leg is not None and leg < session.date:
            self.drop(session.open, [s for s in self.targets if self.world.venue[s] == venue])

    def drop(self, stamp: int, symbols: list[str]) -> None:
        """Drop the unfilled orders of these names."""
        for symbol in symbols:
            self.outcome.dropped.append((stamp, symbol, self.order(symbol)))
            del self.targets[symbol]

    def elsewhere_today(self, now: tuple[int, int, str]) -> list[str]:
        """Names with orders of other venues whose fill event today, as far as is known, is yet to come."""
        names, date = [], self.row_date  # Reading: rows do not overlap in time, so this is the event's row.
        for symbol in self.targets:
            venue = self.world.venue[symbol]
            session = self.after_decision(venue, date, now[0])
            if venue == now[2] or session is None or not self.allowed(venue, date, now[0]):
                continue
            to_come = (session.close, Rank.CLOSE, venue) > now
            if self.settings.fill == "next_open":
                # Reading: once that venue has opened, orders whose open is unknown still await its close.
                opened = self.prices(venue, date, Rank.OPEN)
                to_come = (session.open, Rank.OPEN, venue) > now or (to_come and symbol not in opened)
            if to_come:
                names.append(symbol)
        return names

    def session_event(self, stamp: int, rank: int, venue: str, session: Session) -> None:
        """The open or close of a venue."""
        prices = self.prices(venue, session.date, rank)
        if rank == Rank.CLOSE:
            self.last.update(prices)
            opened = self.prices(venue, session.date, Rank.OPEN)
            for symbol in (s for s in self.symbols if self.world.venue[s] == venue):
                self.last_bar[symbol] = (symbol in opened, symbol in prices)
        if self.settings.fill == "next_open" or rank == Rank.CLOSE:
            self.drop_late(venue, session)
        due = [s for s in self.targets if self.world.venue[s] == venue]
        if self.settings.fill == "next_open" and rank == Rank.CLOSE:
            opened = self.prices(venue, session.date, Rank.OPEN)
            due = [s for s in due if s not in opened]
        elif self.settings.fill != "next_open" and rank == Rank.OPEN:
            due = []
        if not due or not self.allowed(venue, session.date, stamp):
            return
        self.fill_due(due, prices, (stamp, rank, venue))
        if self.settings.shut_market == "cancel" and rank == Rank.CLOSE:
            self.drop(stamp, [s for s in due if s in self.targets])

    def decision(self, stamp: int, weights: dict[str, float]) -> None:
        """Size the orders of a decision; under `same_close` fill them at once."""
        # Reading: a name the decision does not mention is held, like one with a NaN weight.
        numbers = {symbol: weights[symbol] for symbol in sorted(weights) if not math.isnan(weights[symbol])}
        if not numbers:
            return
        self.decided, self.weights = stamp, numbers
        self.size(list(numbers), stamp, {})
        if self.settings.fill == "same_close":
            prices: dict[str, float] = {}
            for venue, sessions in self.world.sessions.items():
                for session in sessions:
                    if session.close == stamp:
                        prices |= self.prices(venue, session.date, Rank.CLOSE)
            self.fill_due(list(self.targets), prices, (stamp, Rank.DECISION, ""))
        if self.settings.shut_market == "cancel":
            # Reading: under `same_close` the legs are those of the orders left, which are not yet dropped.
            self.set_legs(stamp)

    def fill_due(self, due: list[str], prices: dict[str, float], now: tuple[int, int, str]) -> None:
        """Fill the orders that fall due at an event as far as funding goes."""
        stamp, rank, _ = now
        if self.settings.sizing == "fill":
            self.size(sorted(self.targets), stamp, prices)
            due = [s for s in due if s in self.targets]
        fillable = [s for s in due if s in prices]
        # Reading: at a close, an order of a name without a close cannot "still fill in this session".
        today = (due if rank == Rank.OPEN else fillable) + self.elsewhere_today(now)
        stuck = {s for s in today if self.order(s) < 0.0 and s not in prices and self.is_halted(s, rank, now[2])}
        k = self.funded([s for s in today if s not in stuck])
        sells = [s for s in fillable if self.order(s) < 0.0]
        buys = [s for s in fillable if self.order(s) > 0.0]
        for symbol in sells:
            self.fill(symbol, self.order(symbol), prices[symbol], stamp)
            self.shares[symbol] = self.targets.pop(symbol)
        for symbol in buys if k > 0.0 else []:
            bought = k * self.order(symbol)
            self.fill(symbol, bought, prices[symbol], stamp)
            self.shares[symbol] = self.targets.pop(symbol) if k == 1.0 else self.shares[symbol] + bought
        if self.settings.shut_market == "cancel":
            # Reading: what was cut is dropped at this very event, not at the end of the session.
            self.drop(stamp, [s for s in buys if s in self.targets])

    def is_halted(self, symbol: str, rank: int, venue: str) -> bool:
        """Whether a name without a price at an event counts as halted (section 4)."""
        opened, closed = self.last_bar.get(symbol, (False, True))
        at_own_open = rank == Rank.OPEN and self.world.venue[symbol] == venue
        return not closed or (at_own_open and opened)

    def funded(self, today: list[str]) -> float:
        """The fraction k of the buys that may fill now (section 4), given all orders due today."""
        plan = self.plan
        buys = {s: self.order(s) for s in today if self.order(s) > 0.0}
        sells = {s: -self.order(s) for s in today if self.order(s) < 0.0}
        if not buys:
            return 1.0
        power = plan.cash + sum(n * plan.value[s] * (1.0 - plan.sell_cost[s]) for s, n in sells.items())
        need = sum(n * plan.value[s] * (1.0 + plan.buy_cost[s]) for s, n in buys.items())
        bought = sum(n * plan.value[s] for s, n in buys.items())
        gross = sum((self.shares[s] - sells.get(s, 0.0)) * plan.value[s] for s in self.symbols)
        limit = max(plan.target_gross, gross)
        k = 1.0
        if need > power + plan.tol:
            k = power / need
        if gross + bought > limit + plan.tol:
            k = min(k, (limit - gross) / bought)
        return k if k * bought > plan.tol else 0.0

    def fill(self, symbol: str, q: float, price: float, stamp: int) -> None:
        """Pay for a fill of q shares (signed) and record it; the caller moves the shares."""
        assert self.decided is not None
        currency = self.world.currency[symbol]
        x = self.fx(currency, stamp)
        fees = abs(q) * price * self.world.fee(symbol, "buy" if q > 0.0 else "sell", self.row_date)
        payment = q * price + fees
        if self.settings.fx == "hold":
            self.cash[currency] -= payment
            fx_cost = self.convert(currency, stamp) / x
        else:
            fx_cost = self.fx_spread(currency) * abs(payment)
            self.cash[self.world.base] -= payment * x + fx_cost * x
        plan = self.plan
        cost = plan.buy_cost[symbol] if q > 0.0 else plan.sell_cost[symbol]
        plan.cash += -q * plan.value[symbol] - abs(q) * plan.value[symbol] * cost
        self.outcome.fills.append(Fill(self.decided, stamp, symbol, q, price, x, fees, fx_cost))

    def convert(self, currency: str, stamp: int) -> float:
        """The conversions of `hold` after a fill in a currency; returns their FX spread in base currency."""
        base, spread, cost = self.world.base, self.world.fx_spread, 0.0
        if currency != base and self.cash[currency] < 0.0:
            bought = -self.cash[currency] * self.fx(currency, stamp)
            self.cash[currency] = 0.0
            self.cash[base] -= bought * (1.0 + spread)
            cost += bought * spread
        for other in sorted(c for c in self.cash if c != base and self.cash[c] > 0.0):
            if self.cash[base] < 0.0:
                x = self.fx(other, stamp)
                sold = min(self.cash[other], -self.cash[base] / (x * (1.0 - spread)))
                self.cash[other] -= sold
                self.cash[base] += sold * x * (1.0 - spread)
                cost += sold * x * spread
        return cost


def make_rows(world: World) -> list[Session]:
    """The rows in order of date, each as one session from the first opening to the last close."""
    by_date: dict[dt.date, list[Session]] = {}
    for session in itertools.chain(*world.sessions.values()):
        by_date.setdefault(session.date, []).append(session)
    spans = {d: (min(s.open for s in day), max(s.close for s in day)) for d, day in by_date.items()}
    return [Session(d, *spans[d]) for d in sorted(spans)]


def simulate(world: World, decisions: list[tuple[int, dict[str, float]]], settings: Settings) -> Outcome:
    """Run the decisions through the ledger, event by event."""
    rows = make_rows(world)
    if not rows:
        return Outcome({}, {}, {}, [], [])
    events = [(stamp, Rank.DECISION, "", i) for i, (stamp, _) in enumerate(decisions)]
    events += [(row.open, Rank.INTEREST, "", i) for i, row in enumerate(rows)]
    events += [(row.close, Rank.MARK, "", i) for i, row in enumerate(rows)]
    for venue, sessions in world.sessions.items():
        events += [(s.open, Rank.OPEN, venue, i) for i, s in enumerate(sessions)]
        events += [(s.close, Rank.CLOSE, venue, i) for i, s in enumerate(sessions)]
    ledger = Ledger(world, settings, rows[0])
    for stamp, rank, venue, i in sorted(events):
        if rank == Rank.INTEREST:
            ledger.interest(rows[i], rows[i - 1] if i > 0 else None)
        elif rank == Rank.DECISION:
            ledger.decision(stamp, decisions[i][1])
        elif rank == Rank.MARK:
            ledger.mark(stamp, rows[i])
        else:
            ledger.session_event(stamp, rank, venue, world.sessions[venue][i])
    return ledger.outcome
