"""Settings of a run: fills, costs, funding, currency."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from backtest.errors import BacktestError
from data.market import MarketData
from data.venues import VENUES
from strategies.defaults import BASE_CURRENCY
from strategies.refusals import refusal

NonNegative = Annotated[float, Field(ge=0)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**{name: _plain(value) for name, value in given.items()})
        except ValidationError as error:
            raise BacktestError(refusal(error, type(self).__name__, type(self))) from error


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


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
        Paid on each conversion under `venue` and `venue-proportional`: an assumption, not a fact.
    commission_bps : float
        Of each side's notional, under the same two.
    commission_min : mapping of str to float
        Least commission of a trade by currency, under `venue`.
    half_spread_bps : float or "tick"
        Paid on each side, under the same two; "tick": half a tick of the last raw price.
    impact : float
        Coefficient of the square-root law, of order one, under `venue`; 0: no impact.
    max_participation : float or None
        Largest part of average volume that a name trades in one session; the rest waits. None: no bound.
    dividends : {"cash", "reinvest"}
        Paid into the balance at the pay date, or put back into the name at the ex date's close, free of costs.
    investor : {"offshore", "us"}
        Whose withholding tax is charged on dividends.
    dividend_yield : float
        Percent a year paid by every name, on which tax is charged where prices are total returns.
    shorts : bool
        Allow weights below zero.
    borrow_fee : float or None
        Percent a year, of a name for which the market states none.
    max_gross : float
        Largest sum of absolute weights a decision may ask for.
    maintenance_margin : float
        NAV below this fraction of gross at a mark is a margin call; 0: none.
    rebalance_band, no_trade_band : float
        Weights nearer than this to what is held are left alone: all of them if all are, or name by name.
    stop_drawdown : float
        Sell everything when NAV at a mark is this fraction below its peak; 0: never.
    stop_days : int or None
        Calendar days for which decisions are passed over after a stop; None: for good.
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

    base_currency: str = BASE_CURRENCY
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
    commission_bps: float = Field(default=0.0, ge=0, lt=5000)
    commission_min: Mapping[str, NonNegative] = Field(default_factory=dict)
    half_spread_bps: Annotated[float, Field(ge=0, lt=5000)] | Literal["tick"] = 0.0
    impact: float = Field(default=0.0, ge=0, lt=100)
    max_participation: float | None = Field(default=None, gt=0, le=1)
    dividends: Literal["cash", "reinvest"] = "cash"
    investor: Literal["offshore", "us"] = "offshore"
    dividend_yield: float = Field(default=0.0, ge=0, lt=100)
    shorts: bool = False
    borrow_fee: float | None = Field(default=None, ge=0)
    max_gross: float = Field(default=1.0, gt=0)
    maintenance_margin: float = Field(default=0.0, ge=0, lt=1)
    rebalance_band: float = Field(default=0.0, ge=0, lt=1)
    no_trade_band: float = Field(default=0.0, ge=0, lt=1)
    stop_drawdown: float = Field(default=0.0, ge=0, lt=1)
    stop_days: int | None = Field(default=None, ge=1)
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
        if not isinstance(value, FlatCosts) and value not in ("venue", "venue-proportional", "none"):
            raise ValueError("want 'venue', 'venue-proportional', 'none', or FlatCosts(bps=...), in a file {bps = 10}")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "RunConfig":
        """Refuse settings that contradict each other."""
        traded = sorted({place.currency for place in VENUES.values()})
        unknown = sorted(set(self.commission_min) - set(traded))
        if unknown:
            raise ValueError(f"commission_min: no venue trades in {unknown[0]!r}; want {', '.join(traded)}")
        is_venue = self.costs in ("venue", "venue-proportional")
        contradictions = (
            (self.impact and self.costs != "venue", "impact grows with the order: it needs costs = 'venue'"),
            (self.commission_min and self.costs != "venue", "commission_min needs costs = 'venue'"),
            (self.commission_bps and not is_venue, "commission_bps needs costs = 'venue' or 'venue-proportional'"),
            (self.half_spread_bps and not is_venue, "half_spread_bps needs costs = 'venue' or 'venue-proportional'"),
            (self.shorts and self.funding != "overlap", "shorts need a prime broker: funding = 'overlap'"),
            (self.max_gross > 1 and self.funding != "overlap", "max_gross above 1 needs funding = 'overlap'"),
            (
                self.maintenance_margin * self.max_gross >= 1,
                "maintenance_margin must be below 1 / max_gross: a new position would be called at once",
            ),
            (self.stop_days is not None and not self.stop_drawdown, "stop_days needs stop_drawdown"),
            (self.borrow_fee is not None and not self.shorts, "borrow_fee needs shorts = true"),
        )
        for is_wrong, why in contradictions:
            if is_wrong:
                raise ValueError(why)
        return self

    @property
    def charges_venue(self) -> bool:
        """Whether trades pay dated fees and FX spread, not flat costs or none."""
        return self.costs in ("venue", "venue-proportional")

    @property
    def watches(self) -> bool:
        """Whether the ledger may decide by itself at a mark."""
        return self.stop_drawdown > 0 or self.maintenance_margin > 0

    def counts_lots(self, market: MarketData) -> bool:
        """Say whether shares are counted in board lots.

        Parameters
        ----------
        market : MarketData

        Returns
        -------
        bool

        Raises
        ------
        BacktestError
            If exchange lots are asked for and raw prices are not known.
        """
        is_raw = market.price_basis == "raw" or market.close_raw is not None
        if self.lots == "exchange" and not is_raw and not self.approximate_lots:
            raise BacktestError(
                f"lots='exchange' needs prices as traded; those of market {market.name!r} are adjusted "
                f"({market.price_basis}). Give close_raw, or accept lots of adjusted prices with approximate_lots=True."
            )
        return self.lots == "exchange" or (self.lots == "auto" and is_raw)
