"""What was worked out of a market, kept while the market lives."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from data.market import MarketData

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last few results of one piece of work on each market.

    A market is frozen and is run more than once: what depends on it and on a key alone is the same every time. What is
    kept must not refer to the market, or neither would ever be let go.

    Parameters
    ----------
    n_most : int
        How many keys of a market are kept; the one asked for longest ago goes first.

    Examples
    --------
    >>> from data.load import load
    >>> kept, market = Kept[str](n_most=2), load("tiny")
    >>> kept.get(market, "a", lambda: "worked out"), kept.get(market, "a", lambda: "never called")
    ('worked out', 'worked out')
    """

    def __init__(self, n_most: int) -> None:
        self._n_most = n_most
        self._by_market: WeakKeyDictionary[MarketData, OrderedDict[Hashable, Value]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self, market: MarketData, key: Hashable, work_out: Callable[[], Value]) -> Value:
        """Give what is kept under a key, worked out the first time.

        Parameters
        ----------
        market : MarketData
        key : hashable
            Everything besides the market that the result depends on.
        work_out : callable
            Called without the lock: two threads may both work it out, to the same result.

        Returns
        -------
        Value
        """
        with self._lock:
            found = self._by_market.setdefault(market, OrderedDict())
            if key in found:
                found.move_to_end(key)
                return found[key]
        value = work_out()
        with self._lock:
            found[key] = value
            while len(found) > self._n_most:
                found.popitem(last=False)
        return value
