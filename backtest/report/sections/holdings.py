"""What was held: by basket, market, name and currency, and how much of NAV was at work."""

import numpy as np
import pandas as pd

from backtest.report.charts.holdings import exposure_figure, names_figure, stack_figure
from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.tables import day, market_label, number, percent

N_NAMES = 9  # as many as the palette tells apart
A_DEBIT = -0.005


def holdings(frames: Frames) -> Section:
    """Show what NAV was in.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    Section
    """
    baskets, venues, names = frames.result.basket_shares, by_venue(frames), largest_names(frames)
    exposed, counted, currencies = exposures(frames), name_counts(frames), by_currency(frames)
    exhibits = (
        Exhibit(
            key="shares",
            title="Share of NAV by basket",
            caption="Fractions of NAV at each mark." + _debit(baskets),
            says=_average(baskets),
            figure=stack_figure(baskets),
        ),
        Exhibit(
            key="venues",
            title="By market",
            caption="Fractions of NAV by the venue a name trades at.",
            says=_average(venues),
            figure=stack_figure(venues, 300),
            is_half=True,
        ),
        Exhibit(
            key="currencies",
            title="By currency",
            caption="Holdings, cash and dividends due, by their own currency.",
            says=_average(currencies),
            figure=stack_figure(currencies, 300),
            is_half=True,
        ),
        Exhibit(
            key="names",
            title="The largest names",
            caption=f"By average share of NAV, {N_NAMES} at most; all other names together, then cash.",
            says=_largest(frames),
            figure=stack_figure(names, 360),
        ),
        Exhibit(
            key="exposure",
            title="Invested and cash",
            caption="Gross counts shorts as positive. Cash below zero is a debit.",
            says=_invested(exposed),
            figure=exposure_figure(exposed),
            is_half=True,
        ),
        Exhibit(
            key="counts",
            title="Number of names",
            caption=(
                "The effective number is that of equal holdings as concentrated as these: 1 over the sum of squared "
                "shares."
            ),
            says=_concentrated(counted),
            figure=names_figure(counted),
            is_half=True,
        ),
    )
    return Section(key="holdings", title="What was held", exhibits=exhibits)


def by_venue(frames: Frames) -> pd.DataFrame:
    """Give the fraction of NAV at each venue and in cash, at each mark.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Rows sum to 1; venues by their names for people.
    """
    weights, instruments = frames.weights, frames.result.market.instruments
    venues = np.array([instruments[name].venue for name in weights.columns], dtype=object)
    values = weights.to_numpy()
    shares = {market_label(venue): values[:, venues == venue].sum(axis=1) for venue in sorted(set(venues.tolist()))}
    return pd.DataFrame(shares | {"cash": 1.0 - values.sum(axis=1)}, index=weights.index)


def largest_names(frames: Frames) -> pd.DataFrame:
    """Give the fraction of NAV in the largest names, the others and cash, at each mark.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Rows sum to 1; the name with the largest average first.
    """
    weights = frames.weights
    means = weights.mean()
    order = [name for name in means.index[np.argsort(-means.to_numpy(), kind="stable")] if means[name] > 0][:N_NAMES]
    shares = {str(name): weights[name].to_numpy() for name in order}
    total = weights.to_numpy().sum(axis=1)
    rest = total - np.sum(list(shares.values()), axis=0) if shares else total
    return pd.DataFrame(shares | {"other names": rest, "cash": 1.0 - total}, index=weights.index)


def by_currency(frames: Frames) -> pd.DataFrame:
    """Give the fraction of NAV exposed to each currency, at each mark.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Rows sum to 1; currencies that never held anything are left out.
    """
    result = frames.result
    # The statement lists every currency at every mark, in the same order.
    values = result.statement["value"].to_numpy().reshape(len(result.dates), len(result.prepared.currencies))
    parts = values / result.nav.to_numpy()[:, None]
    shares = pd.DataFrame(parts, index=result.dates, columns=list(result.prepared.currencies))
    return shares.loc[:, (shares != 0).any()]


def exposures(frames: Frames) -> pd.DataFrame:
    """Give gross and net exposure and cash, as fractions of NAV at each mark.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Columns gross, net, cash; net and cash sum to 1.
    """
    values = frames.weights.to_numpy()
    net = values.sum(axis=1)
    parts = {"gross": np.abs(values).sum(axis=1), "net": net, "cash": 1.0 - net}
    return pd.DataFrame(parts, index=frames.weights.index)


def name_counts(frames: Frames) -> pd.DataFrame:
    """Count the names held at each mark, and how many equal holdings would be as concentrated.

    Parameters
    ----------
    frames : Frames

    Returns
    -------
    DataFrame
        Columns held, effective; the second is NaN where nothing is held.

    References
    ----------
    .. [1] Herfindahl's index of concentration, inverted.
    """
    sizes = np.abs(frames.weights.to_numpy())
    gross = sizes.sum(axis=1)
    squares = (sizes**2).sum(axis=1)
    effective = np.divide(gross**2, squares, out=np.full(len(sizes), np.nan), where=squares > 0)
    return pd.DataFrame({"held": (sizes > 0).sum(axis=1), "effective": effective}, index=frames.weights.index)


def _debit(baskets: pd.DataFrame) -> str:
    lowest = float(baskets["cash"].min()) if len(baskets) else 0.0
    if lowest >= A_DEBIT:
        return ""
    return f" Cash fell to {percent(lowest)} of NAV at its lowest (a debit, drawn as none)."


def _average(shares: pd.DataFrame) -> str:
    if not len(shares):
        return ""
    means, last = shares.mean(), shares.iloc[-1]
    parts = "; ".join(
        f"{name} {percent(means[name], 0)} ({percent(last[name], 0)} at the end)" for name in shares.columns
    )
    return f"On average {parts}."


def _largest(frames: Frames) -> str:
    values = frames.weights.to_numpy()
    if not (values > 0).any():
        return "Nothing was ever held."
    row, column = divmod(int(np.nanargmax(values)), values.shape[1])
    return (
        f"The largest single holding was {frames.weights.columns[column]}, {percent(values[row, column])} of NAV on "
        f"{day(frames.result.dates[row])}."
    )


def _invested(exposed: pd.DataFrame) -> str:
    gross = exposed["gross"].to_numpy()
    if not len(gross):
        return ""
    highest = int(gross.argmax())
    if gross[highest] == 0:
        return "Nothing was ever invested."
    return (
        f"On average {percent(gross.mean())} of NAV was invested, at most {percent(gross[highest])} "
        f"({day(pd.Timestamp(exposed.index[highest]))})."
    )


def _concentrated(counted: pd.DataFrame) -> str:
    begun = np.flatnonzero(counted["held"].to_numpy())
    if not len(begun):
        return ""
    held = counted.iloc[begun[0] :]
    fewest, most = held["held"].min(), held["held"].max()
    span = number(fewest) if fewest == most else f"Between {number(fewest)} and {number(most)}"
    equal = number(held["effective"].mean(), 1)
    return f"{span} names were held from the first fill on, as concentrated on average as {equal} equal ones."
