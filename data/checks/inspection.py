"""All checks of what a market holds, in the order of their numbers."""

from collections.abc import Mapping, Sequence

from data.checks.coverage import (
    check_ended,
    check_opens,
    check_sessions,
    check_spans,
    check_survivors,
    check_volumes,
)
from data.checks.finding import Finding
from data.checks.levels import check_jumps, check_ranges, check_spikes, check_still
from data.checks.likeness import check_shifted, check_twins
from data.checks.long_tables import check_series
from data.checks.panel import Panel
from data.checks.quotes import check_quotes
from data.checks.repeats import check_copies, check_straight, check_volume_gaps
from data.checks.units import check_actions, check_basis, check_filings, check_lots, check_percent
from data.market import MarketData

PRICE_CHECKS = (
    *(check_ranges, check_jumps, check_spikes, check_still, check_volumes, check_sessions, check_opens, check_spans),
    *(check_copies, check_straight, check_volume_gaps),
    *(check_ended, check_survivors, check_shifted, check_twins),
    *(check_basis, check_actions, check_lots),
)


def inspect(market: MarketData, price_files: Sequence[str], files: Mapping[str, str]) -> tuple[Finding, ...]:
    """Check what a market holds.

    Parameters
    ----------
    market : MarketData
    price_files : sequence of str, length n_symbols
        File of each name's prices, for messages.
    files : mapping of str to str
        File of each other table.

    Returns
    -------
    tuple of Finding
        Warnings; what makes a market impossible was refused before it was made.
    """
    panel = Panel.of(market, price_files)
    found = [finding for check in PRICE_CHECKS for finding in check(panel)]
    found += check_quotes(market, files.get("fx", "fx"))
    found += check_filings(panel, files.get("holdings_13f", "holdings_13f"))
    found += check_percent(market.tables, files)
    found += check_series(market.tables, files, market.dates[-1])
    return tuple(found)
