"""What the checks of prices share: moves, spans and sessions of every name, worked out once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.actions import TERMINAL
from data.checks.finding import Case, Finding
from data.gaps import Matrix, carried_forward
from data.market import MarketData

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Prices of a market, seen as a check sees them.

    Attributes
    ----------
    market : MarketData
    files : tuple of str, length n_symbols
        File that each name's prices came from.
    priced : ndarray of shape (n_dates, n_symbols), bool
    before : ndarray of shape (n_dates, n_symbols)
        The last close before each date; NaN before a name's first.
    moves : ndarray of shape (n_dates, n_symbols)
        Log of the close over the last close before; NaN where either is missing.
    first, last : ndarray of shape (n_symbols,)
        Rows of the first and the last close; n_dates and -1 for a name without any.
    venues : dict of str to ndarray
        Columns of each venue's names.
    held : dict of str to ndarray of shape (n_dates,), bool
        Dates on which each venue held a session.
    """

    market: MarketData
    files: tuple[str, ...]
    priced: Mask
    before: Matrix
    moves: Matrix
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    venues: dict[str, NDArray[np.intp]]
    held: dict[str, Mask]

    @classmethod
    def of(cls, market: MarketData, files: Sequence[str]) -> "Panel":
        """Look at a market.

        Parameters
        ----------
        market : MarketData
            With at least one date.
        files : sequence of str, length n_symbols

        Returns
        -------
        Panel
        """
        close = market.close
        n_dates = len(close)
        priced = ~np.isnan(close)
        any_price = priced.any(axis=0)
        before = np.vstack([np.full((1, close.shape[1]), np.nan), carried_forward(close)[:-1]])
        codes = np.array([market.instruments[symbol].venue for symbol in market.symbols])
        venues = {code: np.flatnonzero(codes == code) for code in sorted(set(codes.tolist()))}
        return cls(
            market=market,
            files=tuple(files),
            priced=priced,
            before=before,
            moves=np.log(close / before),
            first=np.where(any_price, priced.argmax(axis=0), n_dates),
            last=np.where(any_price, n_dates - 1 - priced[::-1].argmax(axis=0), -1),
            venues=venues,
            held={code: market.calendars[code].index_of(market.dates) >= 0 for code in venues},
        )

    @property
    def ended(self) -> frozenset[str]:
        """Names whose listing ends by an action."""
        actions = self.market.actions
        return frozenset(s for s, kind in zip(actions.symbol, actions.kind, strict=True) if kind == TERMINAL)

    def day(self, row: int) -> str:
        """Write the date of a row."""
        return str(self.market.dates[row])

    def by_file(
        self, check: str, what: str, cases: dict[int, list[str]], do: str = "", *, most: int | None = None
    ) -> Iterator[Finding]:
        """Make one finding per file of cases by column.

        Parameters
        ----------
        check : str
        what : str
            Said after the file's name.
        cases : dict of int to list of str
            Texts of each column.
        do : str
        most : int, optional
            Texts to keep of one name; the number of the others is said.

        Yields
        ------
        Finding
        """
        files = sorted({self.files[column] for column in cases})
        for file in files:
            mine = []
            for column in sorted(cases):
                if self.files[column] == file:
                    texts = cases[column]
                    kept = texts if most is None else texts[:most]
                    more = f" (and {len(texts) - len(kept)} more)" if len(texts) > len(kept) else ""
                    mine += [Case(self.market.symbols[column], text) for text in kept[:-1]]
                    mine.append(Case(self.market.symbols[column], kept[-1] + more))
            yield Finding(check, f"{file}: {what}", cases=tuple(mine), do=do)
