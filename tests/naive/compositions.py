"""Signals made of signals, close by close, in plain Python: the oracle of `strategies.signals.composing`."""

import math

Scores = list[float]


def fired(scores: Scores, enter: float, leave: float) -> Scores:
    """1 once a score reached `enter`, 0 once one fell to `leave`; what was before goes on; NaN without a score."""
    states, on = [], False
    for score in scores:
        if not math.isnan(score):
            if score >= enter:
                on = True
            elif score <= leave:
                on = False
        states.append(math.nan if math.isnan(score) else float(on))
    return states


def weighted(parts: list[Scores], weights: list[float], quorum: int) -> Scores:
    """The weighted mean of the scores there are, if there are enough."""
    found = []
    for at in zip(*parts, strict=True):
        known = [(w, s) for w, s in zip(weights, at, strict=True) if not math.isnan(s)]
        size = sum(abs(w) for w, _ in known)
        enough = len(known) >= quorum and size > 0
        found.append(sum(w * s for w, s in known) / size if enough else math.nan)
    return found


def vote(states: list[Scores], quorum: int) -> Scores:
    """The part of those that vote which has fired, if enough vote."""
    found = []
    for at in zip(*states, strict=True):
        known = [one for one in at if not math.isnan(one)]
        found.append(sum(known) / len(known) if known and len(known) >= quorum else math.nan)
    return found


def gate(passes: Scores, opens: Scores, shut: float) -> Scores:
    """What passes while the gate is open, `shut` while it is shut, nothing while it is not known."""
    return [math.nan if math.isnan(o) else (p if o else shut) for p, o in zip(passes, opens, strict=True)]


def sequence(entering: Scores, enter: float, leaving: Scores, leave: float) -> Scores:
    """In on one, out on the other, which is heard first."""
    found, is_in, begun = [], False, False
    for one, other in zip(entering, leaving, strict=True):
        begun = begun or not math.isnan(one)
        if other <= leave:
            is_in = False
        elif one >= enter:
            is_in = True
        found.append(float(is_in) if begun else math.nan)
    return found
