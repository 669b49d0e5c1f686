"""Strategies in Python that are swept: of a module, so that processes that do not fork find them too."""

import os
import random
import signal
import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from strategies.errors import StrategyError
from strategies.targets import TargetWeights


@dataclass(frozen=True)
class HoldOne:
    """Holds one name from a date on."""

    symbol: str = "US01"
    weight: float = 0.5
    date: str = "2025-01-22"
    run = {"costs": "none", "interest": "none"}  # noqa: RUF012  no field: settings of the run

    def __post_init__(self):
        if self.weight > 1:
            raise ValueError("weight is above 1")

    def targets(self, market):
        frame = pd.DataFrame({self.symbol: [self.weight]}, index=[self.date])
        return TargetWeights.from_frame(frame)


@dataclass(frozen=True)
class Remembering:
    """Holds more the more often it was asked, by whomever."""

    weight: float = 0.1
    asked: list[int] = field(default_factory=list)
    every = "day"

    def decide(self, past, portfolio):
        self.asked.append(1)
        return {"US01": min(self.weight * len(self.asked), 1.0)}


@dataclass(frozen=True)
class Careless:
    """Draws from the global generators, and takes its time now and then."""

    number: int = 0
    every = "day"

    def decide(self, past, portfolio):
        time.sleep(0.01 * (self.number % 3 == 0))
        return {"US01": random.random() / 2 + np.random.random() / 2}  # noqa: NPY002  the global one is the point


@dataclass(frozen=True)
class Mortal:
    """Dies in one of several ways, or fails, of one weight."""

    weight: float = 0.5
    how: str = "exit"
    at: float = 0.3
    every = "day"

    def decide(self, past, portfolio):
        if self.weight == self.at:
            if self.how == "exit":
                os._exit(3)
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "quit":
                raise SystemExit(4)
            if self.how == "refuse":
                raise StrategyError("nothing to hold.")
            if self.how == "refuse in lines":
                raise StrategyError("nothing\n  to hold.")
            if self.how == "raise in lines":
                raise ValueError("no such\n  thing")
            raise ValueError("no such thing")
        return {"US01": self.weight}
