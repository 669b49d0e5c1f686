"""One thing found wrong with market data."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong.

    Attributes
    ----------
    check : str
        Number in the catalogue, such as "D305".
    message : str
        File, symbol and date, what is wrong, what to do.
    level : {"error", "warning"}
        Errors stop a run; warnings stand in its report.
    """

    check: str
    message: str
    level: Level = "warning"

    def __str__(self) -> str:
        return self.message
