"""The report as one HTML page that opens without a network."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.report.charts import charts
from backtest.report.events import CALLS, actions, calls, log_counts, log_rows, statement
from backtest.report.tables import bridge, costs, data_facts, last_trades, measures, number, percent, settings
from backtest.report.verdict import verdict
from backtest.run import RotationResult
from data.checks.finding import relevant

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = "page.html.j2"
SYNTHETIC = "SYNTHETIC MARKET: made-up prices; nothing here is a real figure"


def render_page(result: RotationResult) -> str:
    """Render the report of a run.

    Parameters
    ----------
    result : RotationResult

    Returns
    -------
    str
        A whole HTML document, about 5 MB: the chart library is in it, so it fetches nothing. Text from the thesis
        and the market is escaped. A measure that is NaN shows as a dash.

    Examples
    --------
    >>> from backtest.run import run
    >>> from data.load import load
    >>> from strategies.catalogue import thesis
    >>> page = render_page(run(thesis("flow-momentum"), load("demo")))
    >>> page.startswith("<!doctype html>"), SYNTHETIC in page
    (True, True)
    """
    drawn = charts(result)
    cost_table, zero_costs = costs(result)
    thesis_settings, run_settings = settings(result)
    timing = result.timing
    return _template().render(
        title=result.thesis.title or result.thesis.name,
        name=result.thesis.name,
        market=result.market,
        findings=relevant(result.market.findings, result.market.symbols, result.market.holdable),
        synthetic=SYNTHETIC if result.market.synthetic else "",
        dates=result.dates,
        verdict=verdict(result),
        measures=measures(result),
        is_short=result.summary()["years"] < 1,
        excess=percent(timing["excess"]),
        t_statistic=number(timing["t_statistic"], 2),
        weeks=number(timing["weeks"]),
        charts=drawn,
        figures={chart.key: chart.figure for chart in drawn},
        costs=cost_table,
        zero_costs=zero_costs,
        bridge=bridge(result),
        base=result.config.base_currency,
        n_logged=sum(kind not in CALLS for kind in result.log["what"]),
        log_counts=log_counts(result),
        log_rows=log_rows(result),
        calls=calls(result),
        actions=actions(result),
        n_actions=len(result.actions),
        statement=statement(result),
        fill=result.config.fill,
        n_fills_at_close=result.n_fills_at_close,
        notes=result.notes,
        data_facts=data_facts(result),
        thesis_settings=thesis_settings,
        run_settings=run_settings,
        trades=last_trades(result),
        n_trades=len(result.fills[0]),
        plotly=_plotly(),
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    room = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return room.get_template(TEMPLATE)


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
