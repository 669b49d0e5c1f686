"""What an optimiser is given at one decision: estimates, the portfolio there is, and facts about its names."""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from strategies.errors import StrategyError
from strategies.optimisers.labelled import in_order, names_of_tables, refuse_order
from strategies.optimisers.semidefinite import refuse_odd, square_root

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


class Parts(TypedDict, total=False):
    """The keywords of `Optimiser.weights` and `Optimiser.allocate`; see the attributes of `Inputs`."""

    expected_returns: npt.ArrayLike | None
    covariance: npt.ArrayLike | None
    scenarios: npt.ArrayLike | None
    current: npt.ArrayLike | None
    benchmark: npt.ArrayLike | None
    names: Sequence[str] | None
    labels: Mapping[str, Sequence[str]] | None
    exposures: Mapping[str, npt.ArrayLike] | None
    volume: npt.ArrayLike | None
    buy_cost: npt.ArrayLike | None
    sell_cost: npt.ArrayLike | None
    impact: npt.ArrayLike | None
    tradable: npt.ArrayLike | None
    leaving: npt.ArrayLike | None
    absent: Sequence[str]
    turnover_used: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """Checked arrays of one decision; each optimiser and constraint takes what it needs.

    Attributes
    ----------
    names : tuple of str, length n_names
        For messages, and for constraints that speak of names; "name 1" and so on where none are given.
    expected_returns : ndarray of shape (n_names,), optional
        Per period, as the covariance.
    covariance : ndarray of shape (n_names, n_names), optional
        Of returns over one period; symmetric, positive semidefinite.
    scenarios : ndarray of shape (n_scenarios, n_names), optional
        Returns of one period, each as likely as the others.
    current : ndarray of shape (n_names,), optional
        Drifted weights: fractions of NAV just before the decision. None: nothing was ever held; the first portfolio is
        no turnover, and trades count from zero.
    benchmark : ndarray of shape (n_names,), optional
        Weights of the reference.
    labels : mapping of str to tuple of str
        By kind ("market", "sector", "currency", "issuer" or one's own) a label for each name.
    exposures : mapping of str to ndarray of shape (n_names,)
        By factor; "beta" among them.
    volume : ndarray of shape (n_names,), optional
        Average daily traded value over NAV.
    buy_cost, sell_cost : ndarray of shape (n_names,)
        Cost of a trade over its notional; 0 where not given.
    impact : ndarray of shape (n_names,)
        k in the cost k |trade|^1.5 of a trade that is a fraction of NAV; 0 where not given.
    tradable : ndarray of shape (n_names,), bool, optional
        False: the venue is shut, or the name suspended.
    leaving : ndarray of shape (n_names,), bool, optional
        Names that may not be held any more.
    absent : tuple of str
        Names and groups that exist, though not here: constraints may speak of them all the same.
    shares : mapping of str to float, optional
        Of each basket, where something else than the programme says them.
    turnover_used : float
        One-way turnover already made within the period that a turnover limit is for.
    relaxed : mapping of str to float
        By key of a statement, by how much its limit is moved to give it up, above zero up.

    Notes
    -----
    NaN or an infinite value anywhere is an error that names the name.
    """

    names: tuple[str, ...]
    expected_returns: Vector | None = None
    covariance: Matrix | None = None
    scenarios: Matrix | None = None
    current: Vector | None = None
    benchmark: Vector | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exposures: Mapping[str, Vector] = field(default_factory=dict)
    volume: Vector | None = None
    buy_cost: Vector | None = None
    sell_cost: Vector | None = None
    impact: Vector | None = None
    tradable: NDArray[np.bool_] | None = None
    leaving: NDArray[np.bool_] | None = None
    absent: tuple[str, ...] = ()
    shares: Mapping[str, float] | None = None
    turnover_used: float = 0.0
    relaxed: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Parts) -> "Inputs":
        """Check arrays, and put them together.

        Parameters
        ----------
        parts : Parts
            By keyword, see the attributes.

        Returns
        -------
        Inputs

        Raises
        ------
        StrategyError
            If nothing says how many names there are, shapes or the names of tables differ, or a value is missing or
            infinite.
        """
        known: dict[str, object] = {key: value for key, value in parts.items() if value is not None}
        if not known.keys() <= KNOWN:
            unknown = min(known.keys() - KNOWN)
            raise StrategyError(f"Unknown input {unknown!r}; want one of {', '.join(Parts.__annotations__)}.")
        n = _count(known)
        _refuse_odd_number("turnover_used", known.get("turnover_used", 0.0))
        names = _names(known, n)
        arrays: dict[str, Any] = {key: _array(key, known[key], names) for key in ARRAYS if key in known}
        _refuse_out_of_range(arrays, names)
        labels = {kind: _labels(kind, of, names) for kind, of in _mapping("labels", "kinds", known).items()}
        exposures = {
            factor: _array(factor, in_order(of, names, f"exposures {factor!r}"), names)
            for factor, of in _mapping("exposures", "factors", known).items()
        }
        used, absent = known.get("turnover_used", 0.0), known.get("absent", ())
        return cls(
            names=names,
            labels=labels,
            exposures=exposures,
            turnover_used=float(used) if isinstance(used, (int, float, np.number)) else 0.0,
            absent=tuple(map(str, absent)) if isinstance(absent, Sequence) else (),
            tradable=_flags("tradable", known.get("tradable"), names),
            leaving=_flags("leaving", known.get("leaving"), names),
            **arrays,
        )

    @property
    def n_names(self) -> int:
        """How many names there are."""
        return len(self.names)

    def need(self, what: str, why: str) -> NDArray[np.float64]:
        """Give an array that must be there.

        Parameters
        ----------
        what : str
            An attribute.
        why : str
            Who needs it, for the message.

        Returns
        -------
        ndarray

        Raises
        ------
        StrategyError
            If it was not given.
        """
        found: NDArray[np.float64] | None = getattr(self, what)
        if found is None:
            raise StrategyError(f"{why} needs {what}, and none was given: pass {what}=...")
        return found

    def positions(self, names: Sequence[str], why: str) -> NDArray[np.int64]:
        """Find names.

        Parameters
        ----------
        names : sequence of str
        why : str
            Who asks, for the message.

        Returns
        -------
        ndarray of int64
            One for each that is not absent, in their order.

        Raises
        ------
        StrategyError
            Naming one that is none of these.
        """
        at = {name: i for i, name in enumerate(self.names)}
        unknown = [name for name in names if name not in at and name not in self.absent]
        if unknown:
            raise StrategyError(f"{why} speaks of {unknown[0]}, which is none of the {self.n_names} names given.")
        return np.array([at[name] for name in names if name in at], dtype=np.int64)

    @cached_property
    def variance_scale(self) -> float:
        """The mean variance: programmes are solved in its units, so that the unit of returns moves no weight."""
        covariance = self.need("covariance", "The unit of risk")
        return float(covariance.trace()) / self.n_names

    @cached_property
    def scaled_covariance(self) -> Matrix:
        """The covariance over its mean variance."""
        scaled: Matrix = self.need("covariance", "The unit of risk") / self.variance_scale
        return scaled

    @cached_property
    def scaled_root(self) -> Matrix:
        """A root R of the scaled covariance, of shape (n_names, n_names): R'R is the covariance."""
        return square_root(self.scaled_covariance, self.names)

    def refuse_indefinite(self) -> None:
        """Refuse a covariance that is none.

        Raises
        ------
        StrategyError
            If an eigenvalue is below zero by more than rounding explains.
        """
        _ = self.scaled_root

    def volatility_of(self, weights: Vector) -> float:
        """Give the volatility of a portfolio.

        Parameters
        ----------
        weights : ndarray of shape (n_names,)

        Returns
        -------
        float
            Per period of the covariance.
        """
        variance = float(weights @ self.need("covariance", "Volatility") @ weights)
        return math.sqrt(max(variance, 0.0))


KNOWN = frozenset(Parts.__annotations__)
ARRAYS = {
    "covariance": 2,
    "scenarios": 2,
    "expected_returns": 1,
    "current": 1,
    "benchmark": 1,
    "volume": 1,
    "buy_cost": 1,
    "sell_cost": 1,
    "impact": 1,
}


# Beyond these a number is of another unit, such as bps or currency.
RANGES = {
    "current": (-100.0, 100.0),
    "benchmark": (-100.0, 100.0),
    "volume": (0.0, math.inf),
    "buy_cost": (0.0, 1.0),
    "sell_cost": (0.0, 1.0),
    "impact": (0.0, 1e4),
}


@cache
def _numbered(n: int) -> tuple[str, ...]:
    return tuple(f"name {i + 1}" for i in range(n))


def _names(known: dict[str, object], n: int) -> tuple[str, ...]:
    """Take the names that are stated, or else those of tables."""
    given, labelled = known.pop("names", None), names_of_tables(known)
    names = labelled or _numbered(n) if given is None else _texts("names", given)
    if names is not _numbered(n) and (len(names) != n or len(set(names)) != n):
        raise StrategyError(f"{len(names)} names for {n} columns: give each column one name of its own.")
    if labelled and names != labelled:
        refuse_order("the names", names, "a table", labelled)
    return names


def _count(known: Mapping[str, object]) -> int:
    """Say how many names there are: as many as the first array has columns."""
    for key, n_dimensions in ARRAYS.items():
        if key in known:
            given: Any = known[key]
            try:
                shape = np.shape(given)
            except ValueError as error:
                raise StrategyError(f"{key} has rows of different lengths.") from error
            if len(shape) != n_dimensions or not shape[-1]:
                wanted = "one number" if n_dimensions == 1 else "rows of one number"
                raise StrategyError(f"{key} has shape {shape}; want {wanted} a name.")
            return int(shape[-1])
    raise StrategyError("An optimiser needs at least one of expected_returns, covariance and scenarios.")


def _array(what: str, given: object, names: tuple[str, ...]) -> NDArray[np.float64]:
    n = len(names)
    try:
        array = np.ascontiguousarray(given, dtype=np.float64)
    except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
        raise StrategyError(f"{what} holds something that is no number.") from error
    if np.iscomplexobj(np.asarray(given)):
        raise StrategyError(f"{what} holds complex numbers.")
    n_dimensions = ARRAYS.get(what, 1)
    if array.ndim != n_dimensions or array.shape[-1] != n or (what == "covariance" and array.shape[0] != n):
        raise StrategyError(f"{what} has shape {array.shape}, and there are {n} names.")
    if not np.isfinite(array).all():
        place = np.argwhere(~np.isfinite(array))[0]
        row = f" in row {place[0]}" if array.ndim == 2 else ""
        raise StrategyError(f"{what} of {names[place[-1]]}{row}: {array[tuple(place)]}; give a finite number.")
    if what == "covariance":
        refuse_odd(array, names)
    return array


def _refuse_out_of_range(arrays: Mapping[str, NDArray[np.float64]], names: tuple[str, ...]) -> None:
    for what, (least, most) in RANGES.items():
        if what in arrays:
            wrong = np.flatnonzero((arrays[what] < least) | (arrays[what] > most))
            if len(wrong):
                first = int(wrong[0])
                raise StrategyError(
                    f"{what} of {names[first]} is {arrays[what][first]:g}; want a number from {least:g} to {most:g}, "
                    "a fraction of NAV or of what is traded."
                )


def _refuse_odd_number(what: str, given: object) -> None:
    is_number = isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, bool)
    if not is_number or not 0.0 <= float(given) < math.inf:  # type: ignore[arg-type]
        raise StrategyError(f"{what} is {given!r}; want a number, zero or more.")


def _texts(what: str, given: object) -> tuple[str, ...]:
    """Read one text a name, of any sequence: a list, an array, an index, a column."""
    if isinstance(given, (str, bytes, AbstractSet)) or not isinstance(given, Iterable):
        raise StrategyError(f"{what}: {given!r}; want a text for each name, in their order.")
    found = tuple(given)
    for place, one in enumerate(found):
        if one is None or (isinstance(one, (float, np.floating)) and math.isnan(one)):
            raise StrategyError(
                f"{what}: none at place {place + 1}; give each name one, a group of its own if need be."
            )
    return tuple(map(str, found))


def _mapping(what: str, keys: str, known: Mapping[str, object]) -> Mapping[str, object]:
    found = known.get(what, {})
    if not isinstance(found, Mapping):
        raise StrategyError(f"{what} is {type(found).__name__}; want a mapping from {keys} to one value a name.")
    return found


def _labels(kind: str, given: object, names: tuple[str, ...]) -> tuple[str, ...]:
    n = len(names)
    if type(given) is tuple and len(given) == n and set(map(type, given)) == {str}:
        return given  # the same object at each decision is found again at once
    found = _texts(f"labels of kind {kind!r}", in_order(given, names, f"labels {kind!r}"))
    if len(found) != n:
        raise StrategyError(f"{len(found)} labels of kind {kind!r}, and there are {n} names: give each one.")
    return found


def _flags(what: str, given: object, names: tuple[str, ...]) -> NDArray[np.bool_] | None:
    if given is None:
        return None
    try:
        found = np.asarray(given)
    except ValueError as error:
        raise StrategyError(f"{what} has rows of different lengths.") from error
    if found.shape != (len(names),) or found.dtype != np.bool_:
        raise StrategyError(
            f"{what} holds {found.dtype} of shape {found.shape}; want True or False for each of {len(names)} names."
        )
    return found
