"""A rule of rotation with its overlays, decision by decision, in plain Python."""

import math
from dataclasses import dataclass, field

GAP = 1e-6


@dataclass
class Tranche:
    """One of the schedules side by side: where it stands, and since when."""

    share: float
    asked: float
    entry: float = math.nan
    is_in: bool = False
    may_enter: bool = True


@dataclass
class Rule:
    """The settings, in words."""

    linear: bool = False
    enter: float = 1.0
    leave: float = 0.0
    low: float = 0.0
    high: float = 1.0
    speed: float = 1.0
    profit: float = math.inf
    stop: float = math.inf
    source_share: float = 1.0
    hedge: float = 1.0
    target: float = math.inf
    most: float = 1.0
    tranches: list[Tranche] = field(default_factory=list)

    def begin(self, n: int) -> None:
        """All tranches at the floor."""
        self.tranches = [Tranche(self.low, self.low) for _ in range(n)]


def decide(rule: Rule, one: Tranche, score: float, price: float) -> None:
    """What one tranche asks for, and how far it goes."""
    if rule.linear:
        if not math.isnan(score):
            part = (score - rule.leave) / (rule.enter - rule.leave)
            one.asked = rule.low + (rule.high - rule.low) * min(1.0, max(0.0, part))
    else:
        entering = score >= rule.enter and one.may_enter
        leaving = not entering and score <= rule.leave
        if entering and not one.is_in:
            one.entry, one.is_in = math.nan, True
        if entering:
            one.asked = rule.high
        if leaving:
            one.asked, one.is_in, one.may_enter = rule.low, False, True
        if one.is_in and math.isnan(one.entry):
            one.entry = price
        elif one.is_in:
            gain = price / one.entry - 1.0
            if gain >= rule.profit or gain <= -rule.stop:
                one.asked, one.is_in, one.may_enter = rule.low, False, False
    moved = one.share + rule.speed * (one.asked - one.share)
    one.share = one.asked if abs(one.asked - moved) < GAP else moved


def rotate(
    rule: Rule,
    scores: list[float],
    prices: list[float],
    turns: list[list[int]],
    risks: list[tuple[float, float, float]],
) -> list[tuple[float, float]]:
    """Shares of source and destination at each decision; `turns` says which tranches decide."""
    rule.begin(len(turns[0]))
    shares = []
    for score, price, turn, (ours, between, theirs) in zip(scores, prices, turns, risks, strict=True):
        for one, decides in zip(rule.tranches, turn, strict=True):
            if decides:
                decide(rule, one, score, price)
        total = 0.0
        for one in rule.tranches:
            total += one.share
        destination = total / len(rule.tranches)
        source = rule.source_share - rule.hedge * destination
        variance = source * source * ours + 2.0 * source * destination * between + destination * destination * theirs
        factor = 1.0
        if rule.target < math.inf and variance > 0.0:
            factor = min(rule.most, rule.target / math.sqrt(variance))
        shares.append((factor * source, factor * destination))
    return shares
