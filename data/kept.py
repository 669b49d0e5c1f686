"""What was worked out, kept: each piece of work done once, whichever threads ask for it."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from data.market import MarketData

Value = TypeVar("Value")


class Once(Generic[Value]):
    """The last few results of one piece of work, by a key.

    Parameters
    ----------
    n_most : int
        How many are kept; the one asked for longest ago goes first.

    Examples
    --------
    >>> once = Once[str](n_most=2)
    >>> once.get("a", lambda: "worked out"), once.get("a", lambda: "never called")
    ('worked out', 'worked out')
    """

    def __init__(self, n_most: int) -> None:
        self._n_most = n_most
        self._by_key: OrderedDict[Hashable, Future[Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, work_out: Callable[[], Value]) -> Value:
        """Give what is kept under a key, worked out the first time.

        Parameters
        ----------
        key : hashable
            Everything that the result depends on.
        work_out : callable
            Called without the lock: results of other keys are worked out meanwhile. Who asks for the same one waits
            for it. It must not ask for its own key.

        Returns
        -------
        Value
            What `work_out` raises goes to all who wait, and is not kept.
        """
        with self._lock:
            found = self._by_key.get(key)
            is_first = found is None
            if found is None:
                found = self._by_key[key] = Future()
            self._by_key.move_to_end(key)
            while len(self._by_key) > self._n_most:
                self._by_key.popitem(last=False)
        if not is_first:
            return found.result()
        try:
            value = work_out()
        except BaseException as error:
            with self._lock:
                if self._by_key.get(key) is found:
                    del self._by_key[key]
            found.set_exception(error)
            raise
        found.set_result(value)
        return value


class Kept(Generic[Value]):
    """The last few results of one piece of work on each market, kept while the market lives.

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
        self._by_market: WeakKeyDictionary[MarketData, Once[Value]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self, market: MarketData, key: Hashable, work_out: Callable[[], Value]) -> Value:
        """Give what is kept under a key, worked out the first time.

        Parameters
        ----------
        market : MarketData
        key : hashable
            Everything besides the market that the result depends on.
        work_out : callable
            See `Once.get`.

        Returns
        -------
        Value
        """
        with self._lock:
            found = self._by_market.get(market)
            if found is None:
                found = self._by_market[market] = Once(self._n_most)
        return found.get(key, work_out)
