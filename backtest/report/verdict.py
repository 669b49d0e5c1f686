"""What a run says, in words: against its references, and whether luck would do."""

import math
from collections.abc import Mapping

import numpy as np

from backtest.assumptions import PREFUNDED
from backtest.config import FlatCosts
from backtest.kernels import state
from backtest.log import WHAT
from backtest.metrics.returns import A_YEAR, DAYS_PER_YEAR
from backtest.run import OWN_WEIGHTS, RotationResult
from backtest.tuning.history import UNKNOWN, History
from strategies.settings import BASKETS, CASH

# A t-statistic below this in size is not told from luck: the usual 5 % level, two-sided.
LUCK = 2.0
# Fewer changes of share than this are few bets, however many weeks each of them lasted.
FEW_MOVES = 10
# Points that another assumption has to move a result by, to be said in the verdict.
MATTERS = 0.5
LEAST_SHARE = 0.01  # of NAV on average: less is no holding to be compared with
# Longer than this to reach it is said as "more than": the estimate itself is too rough for a figure.
LONGEST_YEARS = 100
# Costs that a reader takes for granted; said where a run does not charge them.
TAKEN_FOR_GRANTED = {"commission": "commission", "half_spread": "half-spread", "impact": "market impact"}


def verdict(result: RotationResult, tried: History = UNKNOWN) -> list[str]:
    """Put a run into words.

    Parameters
    ----------
    result : RotationResult
    tried : History
        What else was tried on its data.

    Returns
    -------
    list of str
        Sentences in plain ASCII, the most important first: return against the constant mix, whether that can be told
        from luck, what the mix is, against each basket held, costs, and what is not known. A measure that is NaN is
        said to be missing, never printed.
    """
    ours = result.summary()
    made_up = "On made-up prices, the" if result.market.synthetic else "The"
    one_rule = one_of_many(tried)
    if ours["n_trades"] == 0:
        decisions = _count(len(result.plan.share), "decision")
        return [
            f"{made_up} rotation made no trade at {decisions}: NAV stayed in cash, so there is nothing to judge.",
            one_rule,
        ]
    references = {name: reference.summary() for name, reference in result.references.items()}
    if sum(result.average_shares) < LEAST_SHARE:
        nothing = (
            f"{made_up} rotation held next to nothing once both baskets could be held, so there is no constant mix to "
            "compare it with, and nothing to judge."
        )
        return [*_idle(result), *_stopped(result), nothing, *_against_holding(ours, references), one_rule]
    return [
        *_idle(result),
        *_stopped(result),
        f"{made_up} {_against_mix(result, ours, references['constant mix'])}",
        *_luck(result, ours),
        _mix(result),
        *_against_holding(ours, references),
        *_credit(result, ours),
        *_costs(result, ours),
        one_rule,
    ]


def one_of_many(tried: History) -> str:
    """Say how many others there were to pick from.

    Parameters
    ----------
    tried : History

    Returns
    -------
    str

    Examples
    --------
    >>> one_of_many(History(is_known=True, n_runs=2, n_sweeps=1, n_candidates=1_002))[43:113]
    'By the trial ledger 1,002 others were tried on these data (2 runs, 1 s'
    """
    one = "This is one rule with one set of settings."
    if not tried.is_known:
        return (
            f"{one} History unknown: no trial ledger says how many others were tried on these data, so nothing here "
            "allows for having picked the one that looked best."
        )
    if tried.n_candidates:
        n, parts = tried.n_candidates, ((tried.n_runs, "run"), (tried.n_sweeps, "sweep"))
        made = ", ".join(_count(count, noun) for count, noun in parts if count)
        were = "other was" if n == 1 else "others were"
        said = (
            f"{one} By the trial ledger {n:,} {were} tried on these data ({made}), and nothing here allows for having "
            "picked the one that looked best."
        )
    else:
        said = f"{one} The trial ledger knows of no other on these data; what was tried elsewhere it cannot know."
    if tried.n_other_data:
        said += f" On other data of that market it has {tried.n_other_data:,} more."
    if tried.n_unreadable:
        said += f" {_count(tried.n_unreadable, 'line')} of it cannot be read: there may have been more."
    return said


def _idle(result: RotationResult) -> list[str]:
    """Say that a basket could never be held: then nothing below is about the thesis."""
    inner = result.plan.targets.inner
    return [
        f"Basket {side} never had enough members that could be held: its share stayed in cash throughout, so this run "
        "is no test of the thesis."
        for b, side in enumerate(BASKETS)
        if not inner[:, b].any() and getattr(result.thesis.baskets, side) != CASH
    ]


def _stopped(result: RotationResult) -> list[str]:
    """Say that a stop took the decisions out of the rule's hands."""
    if not result.config.stop_drawdown:
        return []
    log = result.log
    stops, passed = (log[log["what"] == WHAT[kind]] for kind in (state.STOPPED, state.PASSED_OVER))
    if not len(stops):
        return []
    over, again = passed["at"].nunique(), stops["at"].nunique() - 1
    more = f" and {_count(again, 'time')} more" if again else ""
    said = (
        f"A stop sold everything on {stops['at'].iloc[0]:%Y-%m-%d}{more}, and {_count(over, 'decision')} "
        f"{'was' if over == 1 else 'were'} passed over: from there this is a test of the stop, too. The references "
        "have the same stop."
    )
    return [said]


def _against_mix(result: RotationResult, ours: Mapping[str, float], mix: Mapping[str, float]) -> str:
    measure, span = _span(ours)
    if math.isnan(ours[measure]) or math.isnan(mix[measure]):
        return "return of the rotation or of its constant mix is not defined, so the two cannot be compared."
    after = "before costs (none were charged)" if result.config.costs == "none" else "after costs"
    against = _percent(mix[measure]) if mix[measure] >= 0 else f"a loss of {_percent(-mix[measure])}"
    return (
        f"rotation {_returned(ours[measure])} {span} {after}, against {against} for the constant mix at its own "
        f"average share: {_apart(ours[measure], mix[measure])}."
    )


def _luck(result: RotationResult, ours: Mapping[str, float]) -> list[str]:
    if result.thesis.reads_signal and np.isnan(result.plan.score).all():
        return ["The signal never had a score, so the rule was never tried: the notes say why."]
    opening, few = list[str](), _few(result) if n_moves(result) else []
    is_plain = result.plan.is_plain
    if not n_moves(result):
        if is_plain:
            return ["The rule never changed its share, so this run says nothing about timing."]
        opening = ["The share never changed: the difference is one of weights within the destination."]
    elif not is_plain:
        opening = [_parted(result, ours)]
    t, weeks = result.timing["t_statistic"], result.timing["weeks"]
    if math.isnan(t):
        return [*opening, "The weekly difference has no t-statistic (too few weeks), so it cannot be told from luck."]
    if abs(t) < 0.005:
        t = 0.0  # which has no sign
    said = f"The weekly difference from that mix has a t-statistic of {t:.2f} over {_count(int(weeks), 'week')}"
    if t <= -LUCK:
        return [*opening, f"{said}: a shortfall that luck alone would rarely give.", *few]
    if t >= LUCK:
        return [*opening, f"{said}: luck alone would rarely give that, had this been the only rule tried.", *few]
    sentences = [*opening, f"{said}, {'below ' if t >= 0 else 'above -'}{LUCK:.0f}: it cannot be told from luck."]
    if t > 0 and ours["years"] > 0:
        # The t-statistic of a mean grows with the root of time.
        needed = ours["years"] * (LUCK / t) ** 2
        years = f"about {needed:.0f}" if needed < LONGEST_YEARS else f"more than {LONGEST_YEARS}"
        sentences.append(f"At this pace it would take {years} years in all for the t-statistic to reach {LUCK:.0f}.")
    return [*sentences, *few]


def _parted(result: RotationResult, ours: Mapping[str, float]) -> str:
    """Part timing from weighing, where the thesis has other weights within its baskets than the mix."""
    measure, _ = _span(ours)
    mix, own = (result.references[name].summary()[measure] for name in ("constant mix", OWN_WEIGHTS))
    both = "The difference is of timing and of weights within the baskets together: the mix has plain ones"
    if any(math.isnan(one) for one in (ours[measure], mix, own)):
        return f"{both}."
    return (
        f"{both}. At those shares with the thesis's own weights the mix {_returned(own)}: timing is "
        f"{points_apart(ours[measure], own):+.1f} points, weighing {points_apart(own, mix):+.1f}."
    )


def _few(result: RotationResult) -> list[str]:
    """Say that a rule hardly acted: its weeks are then no independent trials of it."""
    moves, scored = n_moves(result), np.flatnonzero(~np.isnan(result.plan.score))
    if moves >= FEW_MOVES or not len(scored):
        return []
    rests = (
        f"All of it rests on {_count(moves, 'change')} of share: the weeks between two of them are one bet, so the "
        "t-statistic claims more than there is."
    )
    if np.flatnonzero(np.diff(result.plan.share))[0] + 1 == scored[0]:
        first = "It" if moves == 1 else "The first of them"
        rests += f" {first} came with the first score: how much history the signal needs set its date."
    return [rests]


def _mix(result: RotationResult) -> str:
    source, destination = result.average_shares
    decisions, since, until = result.plan.targets.decisions, "", ""
    if result.first_choice is not None and result.first_choice > decisions[0]:
        since = f"Since {result.first_choice:%Y-%m-%d}, when both baskets could first be held, on"
        until = " from then on, and before that what could be held, as the rotation did"
    said = (
        f"{since or 'On'} average {_percent(destination, 0)} of NAV was in the destination and {_percent(source, 0)} "
        f"in the source; the constant mix holds those shares{until or ' throughout'}, which separates timing from "
        "merely owning the destination."
    )
    moves = n_moves(result)
    if moves:
        said += f" The rotation changed the share it asked for at {moves} of {len(result.plan.share)} decisions."
    return said


def _against_holding(ours: Mapping[str, float], references: Mapping[str, Mapping[str, float]]) -> list[str]:
    measure, span = _span(ours)
    source, destination = references["hold source"][measure], references["hold destination"][measure]
    if any(math.isnan(value) for value in (ours[measure], source, destination)):
        return []
    said = (
        f"Holding the source throughout {_returned(source)} {span} (the rotation: {_apart(ours[measure], source)}), "
        f"holding the destination {_returned(destination)} ({_apart(ours[measure], destination)})."
    )
    best = max(source, destination)
    if points_apart(ours[measure], best) < 0:
        kept = "source" if best == source else "destination"
        said += f" Holding the {kept} and never rotating would have done better."
    return [said]


def _credit(result: RotationResult, ours: Mapping[str, float]) -> list[str]:
    """Say what a prime broker's credit brought, where it matters."""
    if result.config.funding != "overlap" or PREFUNDED not in result.otherwise:
        return []
    measure, span = _span(ours)
    without = result.otherwise[PREFUNDED].summary()[measure]
    if math.isnan(without) or abs(points_apart(ours[measure], without)) < MATTERS:
        return []
    said = (
        "Buys were made before the sells of the same date that pay for them, on a prime broker's credit (run.funding = "
        f"'overlap'): with buys that wait for their sells the rotation {_would(without)} {span} "
        f"({_apart(without, ours[measure])})."
    )
    return [said]


def _would(value: float) -> str:
    return f"would have returned {_percent(value)}" if value >= 0 else f"would have lost {_percent(-value)}"


def _costs(result: RotationResult, ours: Mapping[str, float]) -> list[str]:
    said = []
    if result.config.costs == "none":
        said.append("No costs were charged: trading this would have returned less.")
    elif not math.isnan(ours["cost_annual"]):
        is_short = ours["years"] < A_YEAR
        part = ours["cost_annual"] * (ours["years"] if is_short else 1.0)
        taken = f"Costs took {_percent(part, 2)} of average NAV{'' if is_short else ' a year'}"
        if isinstance(result.config.costs, FlatCosts):
            said.append(f"{taken}, at a flat {result.config.costs.bps:g} bps of what is traded.")
        else:
            charged = result.costs.sum()
            missing = [label for kind, label in TAKEN_FOR_GRANTED.items() if charged[kind] == 0]
            said.append(f"{taken}{'; not charged: ' + ', '.join(missing) if missing else ''}.")
    if result.config.fill == "same_close":
        said.append("It decides and fills at the same close, which nobody can trade: for comparison only.")
    return said


def n_moves(result: RotationResult) -> int:
    """Count the decisions at which the rotation asked for another share than before.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    int
    """
    return int(np.count_nonzero(np.diff(result.plan.share)))


def _span(ours: Mapping[str, float]) -> tuple[str, str]:
    # A return over less than a year is not blown up to one.
    if ours["years"] >= A_YEAR:
        return "annual_return", "a year"
    return "total_return", f"in {_count(round(ours['years'] * DAYS_PER_YEAR), 'day')}"


def points_apart(ours: float, theirs: float) -> float:
    """Subtract two returns as they are printed, so that a reader who subtracts them gets the same.

    Parameters
    ----------
    ours, theirs : float
        Fractions.

    Returns
    -------
    float
        Percentage points, to one digit; NaN where either is.

    Examples
    --------
    >>> points_apart(0.1406, 0.0804)
    6.1
    """
    return round(round(100 * ours, 1) - round(100 * theirs, 1), 1)


def _apart(ours: float, theirs: float) -> str:
    points = points_apart(ours, theirs)
    if points == 0:
        return "no difference"
    return f"{abs(points):.1f} points {'better' if points > 0 else 'worse'}"


def _returned(value: float) -> str:
    return f"returned {_percent(value)}" if value >= 0 else f"lost {_percent(-value)}"


def _percent(value: float, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
