"""What every engine is given: one mandate, and at each of some steps new estimates and drifted weights."""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

NAMES = (14, 60, 200)
N_STEPS = 30
N_SCENARIOS = 250
N_SECTORS = 8
LEVEL = 0.95
RISK_AVERSION = 5.0
APART = 5  # days from step to step


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One decision.

    Attributes
    ----------
    covariance : ndarray of shape (n_names, n_names)
        Of a window of 3 n + 60 daily returns.
    expected : ndarray of shape (n_names,)
        The mean of the window, half of it, and 3 bp: above zero for some names at every step.
    drifted : ndarray of shape (n_names,)
        Weights held before: near the inverse of the variances, and adding up to 1.
    scenarios : ndarray of shape (250, n_names)
        The last returns.
    """

    covariance: NDArray[np.float64]
    expected: NDArray[np.float64]
    drifted: NDArray[np.float64]
    scenarios: NDArray[np.float64]


@dataclass(frozen=True)
class Mandate:
    """Long-only and fully invested, a cap for each name and each of eight sectors, a limit on turnover.

    Attributes
    ----------
    n : int
        Names.
    turnover : float
        One-way; only jobs that trade from drifted weights have it.
    """

    n: int
    turnover: float = 0.1

    @cached_property
    def cap(self) -> float:
        """Most of a name."""
        return {14: 0.2, 60: 0.08, 200: 0.04}[self.n]

    sector_cap = 0.25

    @cached_property
    def sectors(self) -> tuple[str, ...]:
        """The sector of each name."""
        return tuple(f"sector {i % N_SECTORS}" for i in range(self.n))

    @cached_property
    def membership(self) -> NDArray[np.float64]:
        """1 where a name is of a sector: of shape (8, n_names)."""
        return (np.arange(self.n) % N_SECTORS == np.arange(N_SECTORS)[:, None]).astype(np.float64)

    @cached_property
    def names(self) -> list[str]:
        """What names are called where an engine wants columns."""
        return [f"N{i:03d}" for i in range(self.n)]


@cache
def make_steps(n: int) -> tuple[Step, ...]:
    """Draw fat-tailed returns of a market, some factors and each name's own, and estimate along them.

    Parameters
    ----------
    n : int
        Names.

    Returns
    -------
    tuple of Step
    """
    returns, rng = _returns(n)
    window, n_days = _window(n), len(returns)
    found = []
    for t in range(N_STEPS):
        last = n_days - APART * (N_STEPS - 1 - t)
        seen = returns[last - window : last]
        covariance = np.cov(seen, rowvar=False)
        held = np.exp(rng.normal(0.0, 0.1, n)) / covariance.diagonal()
        held = np.minimum(held / held.sum(), Mandate(n).cap)
        found.append(
            Step(
                covariance=covariance, expected=0.5 * seen.mean(axis=0) + 0.0003, drifted=held / held.sum(),
                scenarios=np.ascontiguousarray(returns[last - N_SCENARIOS : last]),
            )
        )  # fmt: skip
    return tuple(found)


def digest(n: int) -> str:
    """Fingerprint what all steps are made of.

    Parameters
    ----------
    n : int
        Names.

    Returns
    -------
    str
        SHA-256 of the returns.
    """
    return hashlib.sha256(_returns(n)[0].tobytes()).hexdigest()


def _window(n: int) -> int:
    return 3 * n + 60


def _returns(n: int) -> tuple[NDArray[np.float64], np.random.Generator]:
    rng = np.random.default_rng(20_000 + n)
    n_factors, n_days = max(3, n // 10), max(_window(n), N_SCENARIOS) + APART * N_STEPS
    market, factors = rng.standard_t(5, (n_days, 1)), rng.standard_t(5, (n_days, n_factors))
    beta, loading = rng.normal(1.0, 0.4, n), rng.normal(0.0, 0.5, (n, n_factors)) / np.sqrt(n_factors)
    own = rng.uniform(0.006, 0.018, n) * rng.standard_t(5, (n_days, n))
    returns = 0.0004 + 0.008 * market * beta + 0.006 * factors @ loading.T + own
    return returns.round(7), rng  # another processor's mathematics may not change a byte
