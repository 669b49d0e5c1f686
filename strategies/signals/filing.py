"""13F follower: the destination while others are known to hold it (claim 11 of the market story)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from data.market import MarketData
from strategies.filings import MAX_AGE_DAYS, filers_of, last_period, refuse_unknown_filers
from strategies.membership import membership
from strategies.settings import CASH
from strategies.signals.reading import Input, Reading
from strategies.signals.scene import Scene
from strategies.signals.signal import Signal


class FilingSignal(Signal):
    """Holdings that were filed, as a section of a thesis.

    The score is 1 while filings are known by which at least `min_filers` of the filers hold shares of a member of the
    destination, else 0; none before any of them has filed. A filing is known from the day after it was filed.

    Attributes
    ----------
    kind : "filing"
    filers : tuple of str
        As the filings name them; (): all of the file, a crowd.
    min_filers : int
    max_age_days : int
        A filing counts until so many days after the end of its quarter.
    """

    kind: Literal["filing"] = "filing"
    filers: tuple[str, ...] = ()
    min_filers: Annotated[int, Field(ge=1)] = 1
    max_age_days: Annotated[int, Field(ge=1)] = MAX_AGE_DAYS

    @model_validator(mode="after")
    def _counted(self) -> "FilingSignal":
        twice = [name for name in self.filers if self.filers.count(name) > 1]
        if twice:
            raise ValueError(f"filers names {twice[0]!r} twice")
        if self.filers and self.min_filers > len(self.filers):
            raise ValueError(f"min_filers {self.min_filers} is above the {len(self.filers)} filers named")
        return self

    @property
    def score_range(self) -> tuple[float, float]:
        """1 while it is held, 0 while it is not."""
        return 0.0, 1.0

    def check(self, market: MarketData) -> None:
        """Refuse a market without filings, or without those of a filer.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        StrategyError
            Naming filers with a like name.
        """
        refuse_unknown_filers(market, self.filers, "signal.filers" if self.filers else "signal.kind = 'filing'")

    def read(self, scene: Scene) -> Reading:
        """Read who holds the destination at every close of the decision venue.

        Parameters
        ----------
        scene : Scene

        Returns
        -------
        Reading
            Its value is the number of filers by whose latest filing it is held.
        """
        market, stamps = scene.market, scene.stamps
        n_holders, has_begun = np.zeros(len(stamps)), np.zeros(len(stamps), dtype=bool)
        if scene.destination != CASH:
            members = membership(market, scene.destination, stamps, scene.dates, seasoning=1, to_hold=False)
            for one in filers_of(market, members.symbols, stamps, self.filers, self.max_age_days):
                n_holders += ((one.values > 0) & members.belongs).any(axis=1)
                has_begun |= stamps >= one.first_known
        value = np.where(has_begun, n_holders, np.nan)
        score = np.where(has_begun, (n_holders >= self.min_filers).astype(np.float64), np.nan)
        who = ", ".join(self.filers) or "all filers"
        day = last_period(market, self.filers, int(stamps[-1])) if len(stamps) else np.datetime64("NaT", "D")
        return Reading(
            stamps=stamps,
            value=value,
            score=score,
            origin=f"13F filings of {who}, known from the day after they were filed",
            value_label="filers that hold the destination",
            score_label=f"at least {self.min_filers} of them (1) or not (0)",
            inputs=(Input(name=f"holdings_13f of {who}", date=day, table="holdings_13f"),),
        )
