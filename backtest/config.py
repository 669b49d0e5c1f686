"""Settings of a run: fills, costs, funding, currency."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from backtest.errors import BacktestError
from data.market import MarketData


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**{name: _plain(value) for name, value in given.items()})
        except ValidationError as error:
            raise BacktestError(explain(error, type(self).__name__)) from error


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def explain(error: ValidationError, what: str) -> str:
    """Put a validation error into one plain sentence.

    Parameters
    ----------
    error : ValidationError
    what : str
        What was being read.

    Returns
    -------
    str
        Names the first key at fault.
    """
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{what}: unknown key {key!r}."
    return f"{what}: {key} = {first['input']!r}: {first['msg']}."


class FlatCosts(_Settings):
    """The same cost on every trade.

    Attributes
    ----------
    bps : float
        Hundredths of a percent of the notional of each side; no FX spread.

    Examples
    --------
    >>> FlatCosts(bps=10).bps
    10.0
    """

    bps: float = Field(ge=0, lt=5000)

    def __init__(self, bps: float, **given: Any) -> None:
        super().__init__(bps=bps, **given)


class RunConfig(_Settings):
    """How a run is filled, paid for and counted.

    Attributes
    ----------
    base_currency : str
        NAV and results are in it.
    initial_capital : float
        Base currency.
    fill : {"next_open", "next_close", "same_close"}
        The next session's open or close, or the very close of the decision: for comparison only.
    sizing : {"decision", "fill"}
        Share orders are fixed at the decision, or each leg at its own fill.
    shut_market : {"queue", "cancel", "basket"}
        What becomes of a leg whose venue is shut on the trade date.
    funding : {"overlap", "prefunded", "settled"}
        What buys are paid from.
    fx : {"at_fill", "hold"}
        Convert every payment at its fill, or keep balances in their currency until needed.
    costs : "venue", "venue-proportional", "none" or FlatCosts
    lots : {"auto", "exchange", "fractional"}
    approximate_lots : bool
        Let lots be counted on adjusted prices.
    fx_spread_bps : float
        Paid on each conversion under `venue-proportional`: an assumption, not a fact.
    interest : {"market", "none"}
        Earn and pay the market's rates on cash, or nothing: for comparison with engines that know no interest.
    rate_spread : float
        Percent a year below the reading for a credit balance and above it for a debit: an assumption.
    rate_max_age_days : int
        An interest reading older than this is replaced by `rate_fallback`.
    rate_fallback : float
        Percent a year.

    Raises
    ------
    BacktestError
        If a key is unknown or a value out of range, naming it.

    Examples
    --------
    >>> RunConfig(shut_market="basket").fill
    'next_open'
    """

    base_currency: str = "USD"
    initial_capital: float = Field(default=1e6, gt=0)
    fill: Literal["next_open", "next_close", "same_close"] = "next_open"
    sizing: Literal["decision", "fill"] = "decision"
    shut_market: Literal["queue", "cancel", "basket"] = "queue"
    funding: Literal["overlap", "prefunded", "settled"] = "overlap"
    fx: Literal["at_fill", "hold"] = "at_fill"
    costs: FlatCosts | Literal["venue", "venue-proportional", "none"] = "venue-proportional"
    lots: Literal["auto", "exchange", "fractional"] = "auto"
    approximate_lots: bool = False
    fx_spread_bps: float = Field(default=2.0, ge=0, lt=5000)
    interest: Literal["market", "none"] = "market"
    rate_spread: float = Field(default=0.5, ge=0)
    rate_max_age_days: int = Field(default=30, ge=1)
    rate_fallback: float = 0.0

    @field_validator("costs", mode="before")
    @classmethod
    def _flat(cls, value: object) -> object:
        if isinstance(value, Mapping):
            if set(value) != {"bps"}:
                raise ValueError("flat costs are written {bps = 10}")
            return FlatCosts(**value)
        if not isinstance(value, FlatCosts) and value not in {"venue", "venue-proportional", "none"}:
            raise ValueError("want 'venue-proportional', 'none', or FlatCosts(bps=...), in a file {bps = 10}")
        return value

    def require_built(self, market: MarketData) -> None:
        """Refuse what is not built yet: no option is ever mapped to another.

        Parameters
        ----------
        market : MarketData

        Raises
        ------
        BacktestError
            Naming the option, and what can be asked instead.
        """
        if self.funding != "overlap":
            raise BacktestError(f"funding={self.funding!r} is not built yet. Use 'overlap'.")
        if self.costs == "venue":
            raise BacktestError("costs='venue' (minima, caps, rounding) is not built yet. Use 'venue-proportional'.")
        if self.lots == "exchange" or self.approximate_lots:
            raise BacktestError("Board lots are not built yet. Use lots='fractional'.")
        if self.lots == "auto" and market.price_basis == "raw":
            raise BacktestError(
                "Prices are raw, so lots='auto' means exchange lots, which are not built yet. Use lots='fractional'."
            )
