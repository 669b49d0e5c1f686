"""Random numbers that stay the same over versions of numpy: from raw bits, by formulas written here.

numpy keeps the bits of its generators and may change what its distributions make of them (NEP 19). Each purpose has a
stream of its own, so that a new draw leaves the others as they were.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Shape = int | tuple[int, ...]
Array = NDArray[np.float64]


class Draws:
    """A stream of random numbers.

    Parameters
    ----------
    seed : int
    purpose : str
        What the numbers are for; with the seed it makes the stream.

    References
    ----------
    .. [1] Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    .. [2] Bailey, "Polar Generation of Random Variates with the t-Distribution", 1994.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        words = hashlib.sha256(purpose.encode()).digest()[:8]
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, int.from_bytes(words, "little")]))

    def uniform(self, shape: Shape) -> Array:
        """Draw from the open interval 0 to 1.

        Parameters
        ----------
        shape : int or tuple of int

        Returns
        -------
        ndarray of that shape
        """
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), dtype=np.uint64)
        drawn: Array = (((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)
        return drawn

    def normal(self, shape: Shape) -> Array:
        """Draw standard normal numbers [1]_.

        Parameters
        ----------
        shape : int or tuple of int

        Returns
        -------
        ndarray of that shape
        """
        return np.sqrt(-2.0 * np.log(self.uniform(shape))) * np.cos(2.0 * np.pi * self.uniform(shape))

    def student(self, shape: Shape, dof: float) -> Array:
        """Draw Student t numbers scaled to variance one [2]_.

        Parameters
        ----------
        shape : int or tuple of int
        dof : float
            Degrees of freedom, above 2.

        Returns
        -------
        ndarray of that shape
        """
        radius = np.sqrt(dof * (self.uniform(shape) ** (-2.0 / dof) - 1.0))
        drawn: Array = radius * np.cos(2.0 * np.pi * self.uniform(shape)) * np.sqrt((dof - 2.0) / dof)
        return drawn
