"""Foreign exchange rates, each known from a stamp."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError

Series = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class FxRates:
    """Mid rates by currency pair.

    Attributes
    ----------
    pairs : mapping of (base, quote) to (stamps, rates)
        Units of `quote` for one `base`; a rate holds from its stamp (UTC nanoseconds) until the next.
    """

    pairs: Mapping[tuple[str, str], Series]

    def until(self, stamp: int) -> "FxRates":
        """Keep what is known at a stamp.

        Parameters
        ----------
        stamp : int
            UTC nanoseconds.

        Returns
        -------
        FxRates
        """
        kept = {}
        for pair, (stamps, rates) in self.pairs.items():
            n = int(np.searchsorted(stamps, stamp, side="right"))
            kept[pair] = (stamps[:n], rates[:n])
        return FxRates(kept)

    def rates_at(self, stamps: NDArray[np.int64], base: str, currencies: Sequence[str]) -> NDArray[np.float64]:
        """Give the last rates known at each stamp.

        Parameters
        ----------
        stamps : ndarray of shape (n_stamps,)
            UTC nanoseconds.
        base : str
            Currency to count in.
        currencies : sequence of str, length n_currencies

        Returns
        -------
        ndarray of shape (n_stamps, n_currencies)
            Units of `base` for one unit of the currency, crossed through a third (USD first) where no pair
            gives it; NaN where none is known yet.

        Raises
        ------
        DataError
            If no pair links a currency to the base.
        """
        found = np.empty((len(stamps), len(currencies)))
        for column, currency in enumerate(currencies):
            found[:, column] = self._rate(stamps, base, currency)
        return found

    def links(self, base: str, currency: str) -> bool:
        """Say whether a currency can be counted in a base.

        Parameters
        ----------
        base, currency : str

        Returns
        -------
        bool
        """
        return self._path(base, currency) is not None

    def _path(self, base: str, currency: str) -> list[tuple[str, str]] | None:
        if base == currency:
            return []
        if (currency, base) in self.pairs or (base, currency) in self.pairs:
            return [(currency, base)]
        # Through the dollar where that goes: it is the leg that is quoted.
        for middle in sorted({code for pair in self.pairs for code in pair}, key=lambda code: (code != "USD", code)):
            legs = [(currency, middle), (middle, base)]
            if all(leg in self.pairs or leg[::-1] in self.pairs for leg in legs):
                return legs
        return None

    def _rate(self, stamps: NDArray[np.int64], base: str, currency: str) -> NDArray[np.float64]:
        path = self._path(base, currency)
        if path is None:
            raise DataError(
                f"No FX rate links {currency} to {base}. Add rows with base={base}, quote={currency} to the fx file."
            )
        rate = np.ones(len(stamps))
        for leg in path:
            direct = leg in self.pairs
            known, values = self.pairs[leg] if direct else self.pairs[leg[::-1]]
            at = np.searchsorted(known, stamps, side="right") - 1
            if len(values):
                quoted = np.where(at >= 0, values[np.maximum(at, 0)], np.nan)
            else:
                quoted = np.full(len(stamps), np.nan)
            rate = rate * quoted if direct else rate / quoted
        return rate
