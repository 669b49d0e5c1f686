"""Evidence as one HTML page that opens without a network: what fired or turned and what has no data, then each card."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from backtest.evidence import words
from backtest.evidence.sparkline import HEIGHT, WIDTH, Sparkline, sparkline
from backtest.report.page import SYNTHETIC, template
from strategies.evidence.claims import CLAIMS
from strategies.evidence.evidence import Change, Evidence, changes
from strategies.evidence.observation import FIRED, NO_DATA, NO_SCORE, NOT_FIRED, PERCENTILE_SESSIONS, Observation

TEMPLATE = "evidence.html.j2"
LOOKS = {FIRED: "fired", NOT_FIRED: "idle", NO_SCORE: "silent", NO_DATA: "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a card about one date.

    Attributes
    ----------
    look, sign, state, since : str
        How its state is set, its sign, and since when it is.
    reason, origin : str
        Why there is no data or no score; what it was read from.
    value, told, percentile, score : str
        The value also as one says it aloud; empty where its figure says it.
    n_readings : int
        That the percentile is among.
    inputs : tuple of (str, str, bool)
        Of each series its name, of when its latest figure is, and whether that is old or none.
    """

    look: str
    sign: str
    state: str
    since: str
    reason: str
    origin: str
    value: str
    told: str
    percentile: str
    score: str
    n_readings: int
    inputs: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An indicator on the page.

    Attributes
    ----------
    key : str
        Its anchor.
    look, sign, headline : str
        How the whole is set, and what is said first: its state, or what became of it between two dates.
    summary : str
        What is said of it at the head of the page.
    about, value_label : str
        Claim, name, kind and baskets; what the value is.
    latest : Observation
        Of the later date where there are two.
    cells : tuple of Cell
        By date.
    chart : Sparkline or None
        Of the later date, with the earlier one marked.
    """

    key: str
    look: str
    sign: str
    headline: str
    summary: str
    about: str
    value_label: str
    latest: Observation
    cells: tuple[Cell, ...]
    chart: Sparkline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Indicators that are alike, at the head of the page.

    Attributes
    ----------
    look, sign, title : str
    cards : tuple of Card
    """

    look: str
    sign: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorRow:
    """A sector on the page.

    Attributes
    ----------
    sector, told : str
        Its name, and what the report said; empty where nothing.
    is_as_told : bool
        On the later date.
    zscores : tuple of str
        By date.
    """

    sector: str
    told: str
    is_as_told: bool
    zscores: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectorTable:
    """Flows by sector on the page.

    Attributes
    ----------
    claim : int
    title, said, origin : str
        What the report said, how much of it is so, and what flows were read from.
    data : str
        Of when the oldest of that is; empty without any.
    lookback, history : int
        Sessions of a flow, and of its z-score.
    rows : tuple of SectorRow
    """

    claim: int
    title: str
    said: str
    origin: str
    data: str
    lookback: int
    history: int
    rows: tuple[SectorRow, ...]


def render_evidence(found: Evidence) -> str:
    """Render the evidence of a date.

    Parameters
    ----------
    found : Evidence

    Returns
    -------
    str
        A whole HTML document, which fetches nothing and runs nothing. The same evidence gives the same text.
    """
    cards = []
    for one in found.observations:
        said = (words.since(one), words.told(one), _percentile(one))
        summary = one.reason or "; ".join(text for text in said if text)
        cards.append(_card(one, (one,), LOOKS[one.state], words.SIGNS[one.state], one.state, summary))
    groups = [_group(cards, look, state.capitalize()) for state, look in LOOKS.items()]
    groups = [one for one in groups if one.cards or one.look != LOOKS[NO_SCORE]]
    return _page(
        found,
        title=f"Evidence of {found.session}",
        said=(words.known_by(found),),
        groups=groups,
        # In the order of the head: what has no data last.
        cards=[card for group in groups for card in group.cards],
        dates=(str(found.session),),
        sectors=_sectors(found),
    )


def render_comparison(before: Evidence, after: Evidence) -> str:
    """Render the evidence of two dates side by side.

    Parameters
    ----------
    before, after : Evidence

    Returns
    -------
    str
        As `render_evidence`: what turned comes first.
    """
    cards = []
    for one in changes(before, after):
        look, sign = ("turned", "→") if one.has_turned else ("none", "×") if one.has_no_data else ("same", "=")
        told = words.change(one)
        cards.append(_card(one.after, (one.before, one.after), look, sign, told, _became(one), (before.session,)))
    titles = (("turned", "Turned"), ("same", "As before"), ("none", "No data on either date"))
    return _page(
        after,
        title=f"Evidence of {after.session} against {before.session}",
        said=tuple(words.known_by(found) for found in (before, after)),
        groups=[_group(cards, look, title) for look, title in titles],
        cards=cards,
        dates=(str(before.session), str(after.session)),
        sectors=_sectors(before, after),
    )


def _page(
    found: Evidence,
    *,
    title: str,
    said: tuple[str, ...],
    groups: list[Group],
    cards: list[Card],
    dates: tuple[str, ...],
    sectors: SectorTable | None,
) -> str:
    return template(TEMPLATE).render(
        title=title,
        said=said,
        groups=groups,
        cards=cards,
        dates=dates,
        sectors=sectors,
        signs=words.SIGNS,
        synthetic=SYNTHETIC if found.synthetic else "",
        board=found.board.title,
        market=found.market,
        left_out=found.without_indicator,
        n_claims=len(CLAIMS),
        percentile_sessions=PERCENTILE_SESSIONS,
        width=WIDTH,
        height=HEIGHT,
    )


def _group(cards: Iterable[Card], look: str, title: str) -> Group:
    signs = {"turned": "→", "same": "=", **{LOOKS[state]: sign for state, sign in words.SIGNS.items()}}
    return Group(look=look, sign=signs[look], title=title, cards=tuple(card for card in cards if card.look == look))


def _card(
    latest: Observation,
    observations: tuple[Observation, ...],
    look: str,
    sign: str,
    headline: str,
    summary: str,
    marked: tuple[np.datetime64, ...] = (),
) -> Card:
    entry = latest.entry
    sides = [one if isinstance(one, str) else "+".join(one) for one in (entry.source, entry.destination)]
    return Card(
        key=f"indicator-{entry.name}",
        look=look,
        sign=sign,
        headline=headline,
        summary=summary,
        about=f"Claim {entry.claim} · {entry.name} · {entry.kind} · {sides[0]} → {sides[1]}",
        value_label=words.value_label(latest),
        latest=latest,
        cells=tuple(_cell(one) for one in observations),
        chart=sparkline(latest, marked),
    )


def _cell(one: Observation) -> Cell:
    return Cell(
        look=LOOKS[one.state],
        sign=words.SIGNS[one.state],
        state=one.state,
        since=words.since(one),
        reason=one.reason,
        origin=one.origin,
        value=words.value(one),
        told=words.told(one) if words.value_label(one) != one.value_label else "",
        percentile=words.percentile(one),
        score=words.figure(one.score),
        n_readings=one.n_readings,
        inputs=tuple((used.name, words.age(used), used.is_old or used.age_days is None) for used in one.inputs),
    )


def _became(one: Change) -> str:
    before, after = one.before, one.after
    if one.has_no_data:
        return after.reason
    state = f"{before.state} → {after.state}" if one.has_turned else after.state
    why = f" ({after.reason or before.reason})" if after.reason or before.reason else ""
    return "; ".join(text for text in (f"{state} {words.since(after)}{why}", words.told(after), _moved(one)) if text)


def _percentile(one: Observation) -> str:
    return "" if np.isnan(one.percentile) else f"percentile {words.percentile(one)}"


def _moved(one: Change) -> str:
    if np.isnan(one.before.percentile) and np.isnan(one.after.percentile):
        return ""
    return f"percentile {words.percentile(one.before)} → {words.percentile(one.after)}"


def _sectors(*by_date: Evidence) -> SectorTable | None:
    latest = by_date[-1].sectors
    if latest is None:
        return None
    zscores = [{line.sector: line.zscore for line in one.sectors.lines} for one in by_date if one.sectors is not None]
    return SectorTable(
        claim=latest.view.claim,
        title=latest.view.title,
        said=words.sectors(latest),
        origin=latest.origin,
        data=words.oldest(latest.inputs) if latest.inputs else "",
        lookback=latest.view.lookback,
        history=latest.view.history,
        rows=tuple(
            SectorRow(
                sector=line.sector,
                told=line.told,
                is_as_told=line.is_as_told,
                zscores=tuple(words.zscore(scores.get(line.sector, np.nan)) for scores in zscores),
            )
            for line in latest.lines
        ),
    )
