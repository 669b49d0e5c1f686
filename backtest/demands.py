"""What a mandate's demands did to a run: which bound, what they cost at the margin and in all, and what gave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from backtest.allocating import Allocated
from strategies.optimisers.answer import Measure
from strategies.optimisers.optimiser import Optimiser

BINDS = 1e-6  # of the largest price of a decision: less is the solver's


@dataclass(frozen=True, kw_only=True, eq=False)
class Demands:
    """The demands of a whole-portfolio allocation, over its decisions.

    Attributes
    ----------
    allocated : Allocated
    optimiser : Optimiser
    """

    allocated: Allocated
    optimiser: Optimiser

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Shadow prices: what one unit more of each limit (1: all of NAV) would add to the measure.

        One row a decision with an optimum, one column a demand by its key; above zero where giving would help, of an
        equality where a higher limit would. NaN where it does not apply, 0 where it does not bind.
        """
        rows = dict[pd.Timestamp, dict[str, float]]()
        for stamp, one in zip(self.allocated.targets.decisions, self.allocated.decided, strict=True):
            if one.answer is not None and one.answer.prices:
                row = rows.setdefault(stamp, {})
                for price in one.answer.prices:  # two sentences of one key move together
                    row[price.key] = row.get(price.key, 0.0) + price.price
        frame = pd.DataFrame.from_dict(rows, orient="index", dtype=np.float64)
        largest = frame.abs().max(axis=1)
        return frame.where(frame.isna() | frame.abs().gt(BINDS * largest, axis=0), 0.0)

    @cached_property
    def binding(self) -> pd.DataFrame:
        """Whether each demand bound, as `prices`; False where it does not apply."""
        return self.prices.fillna(0.0) != 0.0

    @cached_property
    def costs(self) -> pd.DataFrame:
        """What the measure would be better without each demand, all others kept; as `prices`.

        Found by solving anew without it wherever it bound; 0 where it did not. NaN where there is no best portfolio
        without it.
        """
        frame = self.prices.copy()
        given = dict(zip(self.allocated.targets.decisions, self.allocated.decided, strict=True))
        better = self.optimiser.measured().better
        for stamp, row in self.binding.iterrows():
            one = given[pd.Timestamp(stamp)]  # type: ignore[arg-type]
            for key in row.index[row.to_numpy()]:
                if one.given is None or one.answer is None or one.answer.status == "held":
                    frame.loc[stamp, key] = np.nan
                    continue
                frame.loc[stamp, key] = better * (self.optimiser.without(key, one.given) - one.answer.value)
        return frame

    @cached_property
    def mean_costs(self) -> pd.Series:
        """The average of `costs` over all decisions with an optimum.

        Where a demand does not apply it costs nothing; where there is no best portfolio without it, nobody can say,
        and the decision is left out.
        """
        return self.costs.where(self.prices.notna(), 0.0).mean()

    @cached_property
    def given_up(self) -> pd.DataFrame:
        """Demands that gave: columns decided (UTC), demand, moved (its limit, in its own unit), unit, why."""
        rows = [
            {
                "decided": stamp,
                "demand": key,
                "moved": amount,
                "why": str(one.answer.conflict),
                "unit": next((price.unit for price in one.answer.prices if price.key == key), "percent"),
            }
            for stamp, one in zip(self.allocated.targets.decisions, self.allocated.decided, strict=True)
            if one.answer is not None
            for key, amount in one.answer.relaxed.items()
        ]
        return pd.DataFrame(rows, columns=["decided", "demand", "moved", "unit", "why"])

    @cached_property
    def statuses(self) -> pd.Series:
        """How each decision came about: "optimal", "relaxed", "held", or "cash" where nobody could be held."""
        found = ["cash" if one.answer is None else one.answer.status for one in self.allocated.decided]
        return pd.Series(found, index=self.allocated.targets.decisions, name="status")

    @cached_property
    def solvers(self) -> Mapping[str, int]:
        """How many decisions each solver answered."""
        found = [one.answer.solver for one in self.allocated.decided if one.answer is not None and one.answer.solver]
        return dict(Counter(found).most_common())

    @cached_property
    def measure(self) -> Measure:
        """What is optimised."""
        return self.optimiser.measured()
