"""Conditions between parameters, such as "rotation.exit < rotation.enter"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    text: str


def conditions_of(given: Any) -> tuple[Condition, ...]:
    raise NotImplementedError
