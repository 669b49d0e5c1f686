"""What a strategy asks for: weights by decision, or baskets and their shares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from strategies.errors import StrategyError


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array = np.array(array, dtype=np.float64, order="C")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWeights:
    """Weights a strategy asks for, one row per decision.

    Attributes
    ----------
    decisions : DatetimeIndex of length n_decisions, ascending
        UTC stamps; or naive midnight dates, which stand for the close of the decision venue.
    assets : tuple of str, length n_assets
        In alphabetical order.
    weights : ndarray of shape (n_decisions, n_assets)
        Fractions of NAV; what is missing to 1 is cash. A row of NaN means: leave the portfolio alone, unfilled
        orders included; NaN in a row with numbers means: hold that name's shares.
    decision_venue : str or None
        For naive dates; None: the only venue of the names that may be held, or New York where there are several.
    """

    decisions: pd.DatetimeIndex
    assets: tuple[str, ...]
    weights: NDArray[np.float64]
    decision_venue: str | None = None

    def __post_init__(self) -> None:
        weights = _frozen(self.weights)
        if weights.shape != (len(self.decisions), len(self.assets)):
            raise StrategyError(
                f"Target weights of shape {weights.shape} do not fit {len(self.decisions)} decisions x "
                f"{len(self.assets)} assets."
            )
        if list(self.assets) != sorted(set(self.assets)):
            raise StrategyError("The assets of target weights stand in alphabetical order, each once; see from_frame.")
        if not self.decisions.is_monotonic_increasing or self.decisions.has_duplicates:
            raise StrategyError("The decisions of target weights ascend, each once; see from_frame.")
        _refuse_infinite(weights, self.decisions, self.assets)
        object.__setattr__(self, "weights", weights)

    @classmethod
    def from_frame(
        cls, frame: pd.DataFrame, *, hold_missing: bool = False, decision_venue: str | None = None
    ) -> "TargetWeights":
        """Read weights from a frame.

        Parameters
        ----------
        frame : DataFrame
            Index: decision dates (or stamps with a time zone); columns: symbols; values: fractions of NAV.
        hold_missing : bool
            Let NaN in a row with numbers mean "hold this name's shares"; otherwise it is an error.
        decision_venue : str, optional
            At whose close a date is decided.

        Returns
        -------
        TargetWeights

        Raises
        ------
        StrategyError
            On an index that is no dates or repeats one, on a repeated column, a value that is no number, or a
            NaN that could mean two things.

        Examples
        --------
        >>> frame = pd.DataFrame({"AAA": [0.6], "BBB": [0.4]}, index=["2024-01-02"])
        >>> TargetWeights.from_frame(frame).assets
        ('AAA', 'BBB')
        """
        if not isinstance(frame, pd.DataFrame):
            raise StrategyError(f"Target weights come as a DataFrame, not as {type(frame).__name__}.")
        if frame.empty:
            raise StrategyError("The frame of target weights has no rows or no columns.")
        decisions = _decisions(frame.index)
        symbols = [str(column) for column in frame.columns]
        twice = (
            sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
            if len(set(symbols)) < len(symbols)
            else []
        )
        if twice:
            raise StrategyError(f"{twice[0]} stands in two columns of the target weights. Keep one.")
        try:
            values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
        except (ValueError, TypeError) as error:
            raise StrategyError(f"The target weights hold something that is no number: {error}.") from error
        order = np.argsort(decisions.asi8, kind="stable")
        columns = np.argsort(np.array(symbols), kind="stable")
        values, decisions = values[np.ix_(order, columns)], decisions[order]
        again = decisions.duplicated()
        if again.any():
            raise StrategyError(f"Two rows of target weights are decided on {decisions[again][0]}. Keep one.")
        assets = tuple(symbols[i] for i in columns)
        _check_values(values, decisions, assets, hold_missing)
        return cls(decisions=decisions, assets=assets, weights=values, decision_venue=decision_venue)


def _decisions(index: pd.Index) -> pd.DatetimeIndex:
    if not isinstance(index, pd.DatetimeIndex) and pd.api.types.is_numeric_dtype(index):
        raise StrategyError("The index of the target weights holds numbers; give decision dates.")
    try:
        decisions = pd.DatetimeIndex(pd.to_datetime(index))
    except (ValueError, TypeError) as error:
        raise StrategyError(f"The index of the target weights is no dates: {error}.") from error
    if decisions.isna().any():
        raise StrategyError("The index of the target weights holds an empty date.")
    decisions = decisions.as_unit("ns")
    if decisions.tz is not None:
        return decisions.tz_convert("UTC")
    timed = decisions != decisions.normalize()
    if timed.any():
        raise StrategyError(
            f"Decision {decisions[timed][0]} has a time but no time zone. Give a date, or a stamp with its zone."
        )
    return decisions


def _refuse_infinite(values: NDArray[np.float64], decisions: pd.DatetimeIndex, assets: tuple[str, ...]) -> None:
    wrong = np.isinf(values)
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise StrategyError(f"The weight of {assets[column]} on {decisions[row]} is infinite.")


def _check_values(
    values: NDArray[np.float64], decisions: pd.DatetimeIndex, assets: tuple[str, ...], hold_missing: bool
) -> None:
    _refuse_infinite(values, decisions, assets)
    missing = np.isnan(values)
    mixed = missing & ~missing.all(axis=1, keepdims=True)
    if mixed.any() and not hold_missing:
        row, column = (int(i) for i in np.argwhere(mixed)[0])
        raise StrategyError(
            f"{assets[column]} has no weight on {decisions[row]}, while other names have one. Give 0 to sell it, "
            "leave the whole row empty to change nothing, or pass hold_missing=True to keep its shares."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketTargets:
    """A rotation: a few baskets with inner weights that all lanes share, and each lane's shares of them.

    Attributes
    ----------
    decisions : DatetimeIndex of length n_decisions, UTC, ascending
    baskets : tuple of str, length n_baskets
    assets : tuple of str, length n_assets
        In alphabetical order.
    inner : ndarray of shape (n_decisions, n_baskets, n_assets)
        Weights within each basket; they add up to 1, or to 0 where the basket is held in cash.
    shares : ndarray of shape (n_decisions, n_baskets, n_lanes)
        Fraction of NAV in each basket.
    """

    decisions: pd.DatetimeIndex
    baskets: tuple[str, ...]
    assets: tuple[str, ...]
    inner: NDArray[np.float64]
    shares: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "inner", _frozen(self.inner))
        object.__setattr__(self, "shares", _frozen(self.shares))

    def owners(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Say which basket owns each name.

        Parameters
        ----------
        names : sequence of str
            Among `assets`.

        Returns
        -------
        ndarray of shape (len(names),), int64
            Position in `baskets`; n_baskets for a name that none ever asked for. A name in several belongs where more
            of it was asked for over all decisions, the first where equal.

        Examples
        --------
        >>> inner = np.array([[[0.6, 0.0, 0.0, 0.4], [0.2, 0.4, 0.0, 0.4]]])
        >>> days = pd.DatetimeIndex(["2024-01-02"], tz="UTC")
        >>> two = BasketTargets(
        ...     decisions=days, baskets=("x", "y"), assets=tuple("ABCD"), inner=inner, shares=np.ones((1, 2, 1)) / 2
        ... )
        >>> two.owners(tuple("ABCD")).tolist()
        [0, 1, 2, 0]
        """
        asked = self.inner[:, :, [self.assets.index(name) for name in names]].sum(axis=0)
        return np.where(asked.max(axis=0) > 0.0, np.argmax(asked, axis=0), len(self.baskets))

    def lanes(self) -> NDArray[np.float64]:
        """Multiply out the weights of every lane.

        Returns
        -------
        ndarray of shape (n_decisions, n_assets, n_lanes)
        """
        return np.ascontiguousarray(np.einsum("kba,kbl->kal", self.inner, self.shares))

    def expand(self, lane: int = 0) -> TargetWeights:
        """Give the weights of one lane.

        Parameters
        ----------
        lane : int

        Returns
        -------
        TargetWeights
        """
        weights = np.einsum("kba,kb->ka", self.inner, self.shares[:, :, lane])
        return TargetWeights(decisions=self.decisions, assets=self.assets, weights=weights)

    def with_shares(self, shares: NDArray[np.float64]) -> "BasketTargets":
        """Give the same baskets with other shares.

        Parameters
        ----------
        shares : ndarray of shape (n_decisions, n_baskets, n_lanes)

        Returns
        -------
        BasketTargets
        """
        return BasketTargets(
            decisions=self.decisions,
            baskets=self.baskets,
            assets=self.assets,
            inner=self.inner,
            shares=shares,
        )
