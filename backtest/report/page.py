"""The report as one HTML page that opens without a network."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backtest.report.exhibits import Exhibit, Section
from backtest.report.frames import Frames
from backtest.report.packing import chart_library
from backtest.report.sections.active import active_section
from backtest.report.sections.allocation import allocation
from backtest.report.sections.contributions import contributions_section
from backtest.report.sections.data import data_section
from backtest.report.sections.days import extreme_days
from backtest.report.sections.effects import effects_section
from backtest.report.sections.events import events
from backtest.report.sections.headline import headline
from backtest.report.sections.holdings import holdings
from backtest.report.sections.measures import measures_section
from backtest.report.sections.money import money
from backtest.report.sections.months import months
from backtest.report.sections.performance import performance
from backtest.report.sections.settings import settings_section
from backtest.report.sections.signal import signal
from backtest.report.sections.trades import trades_section
from backtest.run import RotationResult
from backtest.tuning.history import UNKNOWN, History
from data.storage.caches import cache_folder

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = "page.html.j2"
SYNTHETIC = "SYNTHETIC MARKET: made-up prices; nothing here is a real figure"
# Shorter lists of dates are written where they stand.
SHARED_POINTS = 40


def render_page(result: RotationResult, tried: History = UNKNOWN) -> str:
    """Render the report of a run.

    Parameters
    ----------
    result : RotationResult
    tried : History
        What else was tried on its data.

    Returns
    -------
    str
        A whole HTML document: the chart library is in it, packed, so it fetches nothing. Text from the thesis and the
        market is escaped. A measure that is NaN shows as a dash. The same run gives the same text.

    Examples
    --------
    >>> from backtest.run import run
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> page = render_page(run(thesis("flow-momentum"), load("demo")))
    >>> page.startswith("<!doctype html>"), SYNTHETIC in page
    (True, True)
    """
    market, dates = result.market, result.dates
    span = f"{dates[0].date()} to {dates[-1].date()}, " if len(dates) else ""
    return render(
        title=result.thesis.title or result.thesis.name,
        subject=market.name,
        subtitle=f"Thesis: {result.thesis.name}. Market: {market.name}. {span}in {result.config.base_currency}.",
        is_synthetic=market.synthetic,
        made=sections(result, tried),
    )


def render(*, title: str, subject: str, subtitle: str, is_synthetic: bool, made: tuple[Section, ...]) -> str:
    """Render sections as a page.

    Parameters
    ----------
    title, subtitle : str
        At its head.
    subject : str
        What it is about, for the browser's own title.
    is_synthetic : bool
        Whether prices are made up, which is said above all.
    made : tuple of Section

    Returns
    -------
    str
        A whole HTML document.
    """
    return template(TEMPLATE).render(
        title=title,
        subject=subject,
        subtitle=subtitle,
        synthetic=SYNTHETIC if is_synthetic else "",
        sections=made,
        figures=shared(charts(made)),
        chart_library=chart_library(),
    )


def sections(result: RotationResult, tried: History = UNKNOWN) -> tuple[Section, ...]:
    """Read a run, section by section, in the order of the page.

    Parameters
    ----------
    result : RotationResult
    tried : History
        What else was tried on its data.

    Returns
    -------
    tuple of Section
        Those that have nothing to show are left out.
    """
    frames = Frames(result, tried)
    explained = (
        (contributions_section(frames), effects_section(frames), active_section(frames), extreme_days(frames))
        if len(frames.trades)
        else ()
    )
    made = (
        headline(frames),
        measures_section(frames),
        performance(frames),
        holdings(frames),
        *((signal(frames),) if result.thesis.reads_signal else ()),
        *((allocation(frames, result.demands),) if result.demands is not None else ()),
        months(frames),
        money(frames),
        *explained,
        trades_section(frames),
        *events(frames),
        data_section(frames),
        settings_section(frames),
    )
    if len(result.dates) < 2:  # a point is no chart
        made = tuple(replace(one, exhibits=tuple(ex for ex in one.exhibits if not ex.figure)) for one in made)
    return tuple(one for one in made if one.exhibits or one.paragraphs or one.has_template)


def charts(made: Iterable[Section]) -> list[Exhibit]:
    """Give the exhibits that are charts.

    Parameters
    ----------
    made : iterable of Section

    Returns
    -------
    list of Exhibit
        In the order of the page.
    """
    return [one for section in made for one in section.exhibits if one.figure]


def shared(drawn: Iterable[Exhibit]) -> dict[str, Any]:
    """Write each list of dates once, however many lines run over it.

    Parameters
    ----------
    drawn : iterable of Exhibit
        Charts.

    Returns
    -------
    dict
        `axes`, lists of dates; `charts`, figures by key, in which an `x` that is a number stands for one of the lists.
        A chart with a choice has all figures in `choices` too, each with its own `x`.
    """
    places: dict[tuple[str, ...], int] = {}
    figures = {}
    for one in drawn:
        figure = one.figure or {}
        traces = []
        for trace in figure.get("data", ()):
            x = trace["x"]
            is_long = len(x) > SHARED_POINTS and trace["type"] == "scatter"
            traces.append(trace | {"x": places.setdefault(tuple(x), len(places)) if is_long else x})
        figures[one.key] = figure | {"data": traces}
        if one.choices:
            figures[one.key]["choices"] = [choice for _, choice in one.choices]
    return {"axes": [list(dates) for dates in places], "charts": figures}


@cache
def template(name: str) -> "Template":
    """Give a template of a page, by the name of its file.

    Parameters
    ----------
    name : str

    Returns
    -------
    Template
        Escapes what it is given, and refuses to leave anything out.
    """
    from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

    room = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        bytecode_cache=FileSystemBytecodeCache(str(cache_folder("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Charts are drawn in the order of the page.
    room.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    return room.get_template(name)
