"""Weights within a basket by an optimiser: each basket by itself, whatever is held."""

import re

import numpy as np
from numpy.typing import NDArray

from data.market import MarketData
from strategies.errors import StrategyError
from strategies.mandates.estimating import Sampled, estimate
from strategies.mandates.optimiser import optimiser_of
from strategies.mandates.samples import samples_of
from strategies.mandates.sections import Weighing
from strategies.membership import Membership
from strategies.optimisers.inputs import Inputs

NUMBERS = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?!\w|\.[A-Z])")  # figures, and no codes of names


def optimised_weights(
    market: MarketData,
    members: Membership,
    stamps: NDArray[np.int64],
    venue: str,
    weighing: Weighing,
    min_members: int,
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Weigh the eligible members of a basket by an optimiser, decision by decision.

    Parameters
    ----------
    market : MarketData
    members : Membership
    stamps : ndarray of shape (n_stamps,), int64
    venue : str
        Decision venue.
    weighing : Weighing
        Of scope "basket".
    min_members : int
        With fewer names that have a whole sample the basket is held in cash.

    Returns
    -------
    weights : ndarray of shape (n_stamps, n_names)
        Rows add up to 1, or are 0 where the basket is in cash.
    notes : tuple of str
        What estimates and answers say, each once with how often and when first.

    Raises
    ------
    StrategyError
        As the optimiser and the estimators do, with the decision.
    """
    samples = samples_of(market, members.symbols, venue, weighing.estimates)
    optimiser = optimiser_of(weighing.allocation, weighing.constraints, weighing.estimates.period, has_shares=False)
    places = [market.instruments[symbol] for symbol in members.symbols]
    weights = np.zeros((len(stamps), len(members.symbols)))
    told = Told()
    for k, stamp in enumerate(stamps.tolist()):
        at = np.flatnonzero(members.eligible[k] & samples.has_whole_window(stamp))
        if len(at) < max(min_members, 1):
            continue
        day = f"{np.datetime64(stamp, 'ns').astype('datetime64[D]')}"
        names = tuple(members.symbols[i] for i in at)
        try:
            expected = estimate(
                Sampled(
                    names=names,
                    venues=tuple(places[i].venue for i in at),
                    returns=np.ascontiguousarray(samples.window(stamp)[:, at]),
                    is_destination=np.ones(len(at), dtype=np.bool_),
                    score=float("nan"),
                    periods_per_year=samples.periods_per_year(stamp),
                ),
                weighing.estimates,
                None,
            )
            answer = optimiser.allocate(
                Inputs.of(
                    {
                        "names": names,
                        "covariance": expected.covariance,
                        "expected_returns": expected.expected_returns,
                        "scenarios": expected.scenarios,
                        "benchmark": expected.benchmark,
                        "exposures": {"beta": expected.beta},
                        "labels": {
                            "sector": tuple(places[i].sector for i in at),
                            "issuer": tuple(places[i].issuer for i in at),
                        },
                        "absent": absent_from(market, names),
                    }
                ),
                in_full=False,
            )
        except StrategyError as error:
            raise error.at(f"At the decision of {day}") from error
        told.add(day, (*expected.remarks, *answer.remarks))
        weights[k, at] = answer.weights
    return weights, told.notes()


def refuse_unknown_names(market: MarketData, weighing: Weighing, thesis: str) -> None:
    """Refuse names in constraints that the market does not have: at a decision they would only be absent.

    Parameters
    ----------
    market : MarketData
    weighing : Weighing
    thesis : str
        Its name, for the message.

    Raises
    ------
    StrategyError
    """
    constraints = weighing.constraints
    tables = (constraints.name_at_least, constraints.name_at_most)
    named = [name for table in tables if isinstance(table, dict) for name in table]
    named += [*constraints.do_not_trade, *constraints.do_not_buy, *constraints.do_not_sell]
    unknown = [name for name in named if name not in market.symbols]
    if unknown:
        raise StrategyError(
            f"{thesis}: constraints speak of {unknown[0]}, which market {market.name!r} has no prices of. Drop it, or "
            "look for a typing error."
        )


class Told:
    """Remarks of many decisions, told once each."""

    def __init__(self) -> None:
        self._days = dict[str, list[str]]()

    def add(self, day: str, remarks: tuple[str, ...]) -> None:
        """Take the remarks of a decision.

        Parameters
        ----------
        day : str
        remarks : tuple of str
            Those that differ in figures alone count as one, told with the figures of the first.
        """
        for remark in remarks:
            kind = NUMBERS.sub("#", remark)
            self._days.setdefault(kind, [remark]).append(day)

    def notes(self) -> tuple[str, ...]:
        """Give each remark with its first day and how many there are.

        Returns
        -------
        tuple of str
        """
        return tuple(
            f"{days[0]} ({days[1]}{f', and at {len(days) - 2} more decisions' if len(days) > 2 else ''})"
            for days in self._days.values()
        )


def absent_from(market: MarketData, names: tuple[str, ...]) -> tuple[str, ...]:
    """Name what constraints may speak of though it is not weighed: symbols, and groups without a name here.

    Parameters
    ----------
    market : MarketData
    names : tuple of str
        That are weighed.

    Returns
    -------
    tuple of str
    """
    known = {one: {one, market.instruments[one].sector, market.instruments[one].issuer} for one in market.symbols}
    here = set[str]().union(*(known[name] for name in names))
    return tuple(sorted(set[str]().union(*known.values()) - here))
