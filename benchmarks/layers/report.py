"""Report: the page of a run, its references and attribution included."""

from dataclasses import replace

from backtest.run import run
from benchmarks import cases
from benchmarks.layers.job import Job, Work, require
from benchmarks.markets import make_thesis
from strategies.thesis import Thesis

FAR = 1e-9  # of NAV: contributions and the change of NAV may differ by so much


def make_active_thesis() -> Thesis:
    """Give a thesis that moves often enough for every section of the page to have something to say.

    Returns
    -------
    Thesis
    """
    return make_thesis().replace({"signal.lookback": 10, "rotation.enter": 0.5})


def _page(size: str) -> Work:
    from backtest.attribution.contributions import contributions
    from backtest.report.page import render_page

    result = run(make_active_thesis(), cases.market(size))

    def render() -> str:
        return render_page(replace(result))  # of a copy: what a result has worked out it keeps

    def check(page: str) -> None:
        total = float(contributions(result).by("name")["total"].sum())
        change = float(result.nav.iloc[-1] - result.opening_nav)
        require(abs(total - change) < FAR * result.opening_nav, f"contributions are {total!r}, NAV moved {change!r}")
        require(page.startswith("<!doctype html>") and page.rstrip().endswith("</html>"), "the page is not whole")
        require(page.count("<section") >= 8, f"the page has {page.count('<section')} sections")

    return Work(render, check)


JOBS = (
    Job(
        layer="report", name="page", says="render_page of a run, four references run anew; contributions asserted",
        sizes=("252x7", "1500x40", "2520x60"), prepare=_page,
    ),
)  # fmt: skip
