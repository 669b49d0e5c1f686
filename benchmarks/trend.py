"""The trend page: every record in the history as lines over commits, one static file.

Run with `make bench-trend`. A chart for each layer and machine: a line's figures were all measured on one machine, and
are drawn relative to its first, so that microseconds and seconds share an axis. Memory is drawn apart.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from backtest.report.charts.figure import DASHES, GRID, LEGEND, PARTS, layout
from backtest.report.exhibits import Exhibit, Section
from backtest.report.page import render
from backtest.report.tables import Table
from benchmarks.layers.jobs import LAYERS
from benchmarks.measurements import HISTORY, TIMES, BadRecord, Measurement, megabytes, newest, read_history, seconds
from benchmarks.record import ROOT

PAGE = ROOT / "runs" / "trend.html"
HEIGHT = 340
TITLES = {"end_to_end": "End to end"}
SHOWN_VERSIONS = ("python", "numpy", "numba", "pandas", "pyarrow")


def trend_page(measurements: Sequence[Measurement]) -> str:
    """Draw measurements.

    Parameters
    ----------
    measurements : sequence of Measurement
        By date of commit.

    Returns
    -------
    str
        A whole HTML document, the chart library in it.
    """
    machines = sorted({_machine(one) for one in measurements})
    commits = {one.record["commit"] for one in measurements}
    span = list(dict.fromkeys(one.record["committed"][:10] for one in (*measurements[:1], *measurements[-1:])))
    said = f"{_counted(len(commits), 'commit')} on {_counted(len(machines), 'machine')}"
    return render(
        title="Speed and memory over commits",
        subject="Eastbound",
        subtitle=f"{said}, {' to '.join(span)}." if span else "No record yet: `make bench` keeps one.",
        is_synthetic=False,
        made=tuple(_sections(measurements)) if measurements else (),
    )


def _sections(measurements: Sequence[Measurement]) -> Iterable[Section]:
    layers = dict.fromkeys([*LAYERS, *sorted({one.layer for one in measurements})])
    for layer in layers:
        of_layer = [one for one in measurements if one.layer == layer]
        exhibits = []
        for name, of_machine in _by_machine(of_layer):
            timed = [one for one in of_machine if one.measure in TIMES]
            held = [one for one in of_machine if one.measure not in TIMES]
            exhibits += [_chart(layer, name, kind, some) for kind, some in (("time", timed), ("memory", held)) if some]
        if exhibits:
            yield Section(key=layer, title=_title(layer), exhibits=tuple(exhibits))
    yield Section(
        key="newest", title="Newest records",
        exhibits=tuple(_newest_table(name, one) for name, one in _by_machine(measurements)),
    )  # fmt: skip


def _chart(layer: str, machine: str, kind: str, measurements: Sequence[Measurement]) -> Exhibit:
    lines: dict[tuple[str, ...], list[Measurement]] = {}
    for one in measurements:
        lines.setdefault(one.line, []).append(one)
    jobs = list(dict.fromkeys(one.job for one in measurements))
    ordered = sorted(lines.items(), key=_place(jobs))
    # A colour for each job and a dash for each of its lines; a job that is alone has a colour for each line.
    traces = [
        _line(line, points, number if len(jobs) == 1 else jobs.index(line[1]))
        for number, (line, points) in enumerate(ordered)
    ]
    for number, trace in enumerate(traces):
        same = [one["legendgroup"] for one in traces[:number]].count(trace["legendgroup"])
        trace["line"]["dash"] = DASHES[same % len(DASHES)]
    n_rows = -(-len(traces) // 3)
    axis = {
        "title": {"text": "relative to the first"}, "type": "log", "tickmode": "array", "tickvals": TICKS,
        "ticktext": [f"{tick:g}x" for tick in TICKS], "range": _range(traces),
    }  # fmt: skip
    drawn = layout(
        HEIGHT + 22 * n_rows, hovermode="closest", xaxis={"type": "date", "gridcolor": GRID}, yaxis=axis,
        legend=LEGEND | {"y": -0.14, "yanchor": "top", "entrywidth": 0.32, "entrywidthmode": "fraction"},
    )  # fmt: skip
    drawn["margin"] = drawn["margin"] | {"b": 60 + 22 * n_rows}
    return Exhibit(
        title=f"{kind.capitalize()} on {machine}",
        caption="Each line over its first figure, on a log axis; lower is better. Point at a mark for its commit.",
        figure={"data": traces, "layout": drawn},
        key=f"{layer}-{kind}-{machine}",
    )


TICKS = [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0]


def _range(traces: Sequence[Mapping[str, Any]]) -> list[float]:
    """Give the bounds of a log axis: at least from 0.8 to 1.25, so that noise looks like noise."""
    from math import log10

    values = [value for trace in traces for value in trace["y"]]
    return [log10(min(0.8, 0.95 * min(values))), log10(max(1.25, 1.05 * max(values)))]


def _line(line: tuple[str, ...], points: Sequence[Measurement], number: int) -> dict[str, Any]:
    _, job, size, measure = line
    first = points[0].value
    named = f"{job.replace('_', ' ')}, {size}" + ("" if measure in ("warm", "fresh process") else f", {measure}")
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": named,
        "legendgroup": job,
        "x": [one.record["committed"] for one in points],
        "y": [float(f"{one.value / first:.4g}") for one in points],
        "line": {"color": PARTS[number % len(PARTS)], "width": 1.6},
        "marker": {"size": 6},
        "text": [_told(one, named) for one in points],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _told(one: Measurement, named: str) -> str:
    record = one.record
    versions = ", ".join(
        f"{name} {record['versions'][name]}" for name in SHOWN_VERSIONS if record["versions"].get(name)
    )
    spread = f" ({seconds(one.low)} to {seconds(one.high)}, {one.n} samples)" if one.is_time and one.n > 1 else ""
    lines = (
        f"<b>{_escaped(named)}: {_written(one)}</b>{spread}",
        f"{record['commit'][:8]} {_escaped(record['subject'])}",
        _escaped(f"{record['machine']['cpu']}, {record['machine']['cores']} cores; {record['engine']}"),
        _escaped(versions),
    )
    return "<br>".join(lines)


def _newest_table(machine: str, measurements: Sequence[Measurement]) -> Exhibit:
    last = list(newest(measurements).values())
    held = {(one.layer, one.job, one.size, one.measure): megabytes(one.value) for one in last if not one.is_time}
    rows = [
        (
            _title(one.layer), one.job.replace("_", " "), one.size, one.measure, seconds(one.value),
            f"{seconds(one.low)} to {seconds(one.high)}" if one.n > 1 else "",
            *(held.get((one.layer, one.job, one.size, name), "") for name in ("peak of the process", "allocated")),
            one.record["commit"][:8],
        )
        for one in sorted(last, key=lambda one: LAYERS.index(one.layer) if one.layer in LAYERS else len(LAYERS))
        if one.is_time
    ]  # fmt: skip
    about = measurements[-1].record
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items() if number)
    here = about["machine"]
    return Exhibit(
        title=f"{here['cpu']}, {here['cores']} cores",
        caption=f"{machine}: {here['memory']}, {here['system']}; {about['engine']}; one thread; {versions}. Median, "
        "quartiles of the samples, largest resident size of the process, most bytes allocated at a time.",
        table=Table(
            head=("Layer", "Job", "Size", "Timed", "Median", "Quartiles", "Peak", "Allocated", "Commit"),
            rows=tuple(rows), align="llllrrrrl",
        ),
        look="tall",
    )  # fmt: skip


def _by_machine(measurements: Sequence[Measurement]) -> list[tuple[str, list[Measurement]]]:
    ordered = sorted(measurements, key=_machine)  # stable: dates stay in order
    return [(name, list(some)) for name, some in groupby(ordered, key=_machine)]


def _machine(one: Measurement) -> str:
    return str(one.record["machine"]["name"])


def _place(jobs: Sequence[str]) -> Any:
    return lambda item: (jobs.index(item[0][1]), int(item[0][2].split("x")[0]) if "x" in item[0][2] else 0)


def _title(layer: str) -> str:
    return TITLES.get(layer, layer.capitalize())


def _written(one: Measurement) -> str:
    return seconds(one.value) if one.is_time else megabytes(one.value)


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def _escaped(text: str) -> str:
    """Escape what plotly would take for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def main() -> None:
    """Read the history, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", type=Path, default=HISTORY)
    parser.add_argument("--out", type=Path, default=PAGE)
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        measurements = read_history(arguments.history)
    except BadRecord as error:
        raise SystemExit(f"trend: {error}") from error
    arguments.out.write_text(trend_page(measurements), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()
