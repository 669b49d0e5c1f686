"""Draws from a parameter space: distributions, and the points they are drawn at."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.errors import BacktestError
from backtest.tuning.grids.parameter_values import is_number, value_of

DISTRIBUTIONS = ("uniform", "log_uniform", "integers", "choice")
METHODS = ("sobol", "random")
MAX_DRAWN = 10_000_000
SHAPE = 'draw = {method = "sobol", n = 10000, seed = 7}'


@dataclass(frozen=True, slots=True)
class Distribution:
    """Numbers that a parameter is drawn from.

    Attributes
    ----------
    names : tuple of str, length 1
        The parameter.
    kind : {"uniform", "log_uniform", "integers"}
        `integers` includes both bounds.
    low, high : float or int
    """

    names: tuple[str, ...]
    kind: str
    low: float
    high: float

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64] | NDArray[np.int64]:
        """Give the numbers at points of the unit interval.

        Parameters
        ----------
        points : ndarray
            In [0, 1).

        Returns
        -------
        ndarray
            float64, of `integers` int64.
        """
        if self.kind == "integers":
            n_values = int(self.high) - int(self.low) + 1
            return int(self.low) + np.minimum(np.floor(points * n_values).astype(np.int64), n_values - 1)
        if self.kind == "log_uniform":
            low, high = math.log(self.low), math.log(self.high)
            return np.clip(np.exp(low + (high - low) * points), self.low, self.high)
        return np.minimum(self.low + (self.high - self.low) * points, self.high)


@dataclass(frozen=True, slots=True)
class Draw:
    """How candidates are drawn.

    Attributes
    ----------
    method : {"sobol", "random"}
    n, seed : int
    """

    method: str
    n: int
    seed: int

    def points(self, n_dimensions: int) -> NDArray[np.float64]:
        """Draw points of the unit cube.

        Parameters
        ----------
        n_dimensions : int

        Returns
        -------
        ndarray of shape (n, n_dimensions)
            In [0, 1).

        References
        ----------
        .. [1] Owen, "Scrambling Sobol' and Niederreiter-Xing points", Journal of Complexity 14 (1998).
        """
        generator = np.random.Generator(np.random.PCG64(self.seed))
        if self.method == "random":
            return generator.random((self.n, n_dimensions))
        from scipy.stats import qmc

        # Drawn to a power of two, where the sequence is balanced, and cut: the first n are the same.
        sequence = qmc.Sobol(n_dimensions, scramble=True, rng=generator)
        drawn: NDArray[np.float64] = sequence.random_base2((self.n - 1).bit_length())
        return drawn[: self.n]


def distribution_of(name: str, given: Mapping[str, Any]) -> Distribution:
    """Read the distribution of a parameter.

    Parameters
    ----------
    name : str
    given : mapping
        Of one key: uniform, log_uniform or integers, and the two bounds.

    Returns
    -------
    Distribution

    Raises
    ------
    BacktestError
        Naming the parameter, and what its distribution should be.
    """
    if len(given) != 1 or next(iter(given)) not in DISTRIBUTIONS:
        raise BacktestError(
            f"The grid gives {name} a table of {', '.join(map(str, given)) or 'nothing'}; a distribution is one of "
            f"{', '.join(DISTRIBUTIONS)}, such as {{uniform = [0.2, 1.0]}}; a table as a value stands in a list."
        )
    (kind, bounds), where = next(iter(given.items())), f"The grid gives {name} the distribution {dict(given)}"
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
        raise BacktestError(f"{where}; want two bounds, {{{kind} = [low, high]}}.")
    low, high = (value_of(bound, name) for bound in bounds)
    if not is_number(low) or not is_number(high):
        raise BacktestError(f"{where}; its bounds are two numbers.")
    if kind == "integers" and not (isinstance(low, int) and isinstance(high, int)):
        raise BacktestError(f"{where}; its bounds are two whole numbers, both included.")
    if low >= high:
        raise BacktestError(f"{where}; the first bound must be below the second.")
    if high - low >= (2**53 if kind == "integers" else math.inf):
        raise BacktestError(f"{where}; its bounds are too far apart. Take nearer ones.")
    if kind == "log_uniform" and low <= 0:
        raise BacktestError(f"{where}: a logarithm wants bounds above zero.")
    return Distribution((name,), kind, low, high)


def draw_of(given: Any) -> Draw:
    """Read how candidates are drawn.

    Parameters
    ----------
    given : mapping
        Of `n`, `seed` and, if not "sobol", `method`.

    Returns
    -------
    Draw

    Raises
    ------
    BacktestError
        If a key is missing, unknown or out of range.
    """
    if not isinstance(given, Mapping):
        raise BacktestError(f"draw = {given!r}: want {SHAPE}.")
    unknown = [key for key in given if key not in ("method", "n", "seed")]
    if unknown:
        raise BacktestError(f"draw: unknown key {unknown[0]!r}; want {SHAPE}.")
    for key in ("n", "seed"):
        if key not in given:
            raise BacktestError(f"draw: key {key!r} is missing; want {SHAPE}.")
    method, n, seed = given.get("method", "sobol"), value_of(given["n"], "draw.n"), value_of(given["seed"], "draw.seed")
    if method not in METHODS:
        raise BacktestError(f"draw.method = {method!r}: want {' or '.join(METHODS)}.")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 < n <= MAX_DRAWN:
        raise BacktestError(f"draw.n = {n!r}: want a whole number from 1 to {MAX_DRAWN:,}.")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise BacktestError(f"draw.seed = {seed!r}: want a whole number, 0 or more.")
    return Draw(str(method), n, seed)
