"""The roofline page: arithmetic and bytes of the kernels, beside what one core of this machine can do.

Run with `make bench-roofline`. FLOP and bytes are counted, not estimated: callgrind says how often each instruction of
a kernel was executed, and objdump what it computes and how wide its memory operand is. Ceilings are measured in the
same run, and so are the calls, by themselves and with arguments just laid out.

References
----------
.. [1] Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model", CACM 52(4), 2009.
.. [2] Ilic, Pratas and Sousa, "Cache-aware Roofline Model", IEEE Computer Architecture Letters 13(1), 2014.
"""

import argparse
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from benchmarks.machine import machine
from benchmarks.machine_code.bounds import Placed
from benchmarks.machine_code.ceilings import Ceilings, measure
from benchmarks.machine_code.counting import TARGET, count, time_call
from benchmarks.machine_code.instructions import missing_tools
from benchmarks.machine_code.jobs import JOBS, N_DATES, N_NAMES
from benchmarks.tables import markdown_table, put_between

N_CALLS = 101
MARKER = "roofline"
LEFT, RIGHT = 0.008, 30.0  # FLOP a byte, the edges of the chart
COLOURS = ("#1b5e9e", "#b8442c", "#2f7d4f", "#7a4a9c", "#b07d1a")
ROOF, INK = "#8a8f98", "#23272e"
QUIET = {"displayModeBar": False}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #23272e; max-width: 1200px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 12.5px; }
th, td { text-align: right; white-space: nowrap; padding: .3rem .3rem; border-bottom: 1px solid #e3e5e8; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; white-space: normal; }
.note { color: #5b616b; font-size: 13.5px; }
"""
HEADINGS = (
    "kernel", "instructions", "FLOP", "in vectors", "divisions, roots", "MB loaded", "MB stored", "MB of arrays",
    "FLOP / byte", "us a call", "us, AVX2", "GFLOP/s", "instructions a cycle",
)  # fmt: skip


def rows_of(placed: Sequence[Placed], ceilings: Ceilings) -> list[tuple[str, ...]]:
    """Lay out the table, a row a kernel, as text.

    Parameters
    ----------
    placed : sequence of Placed
    ceilings : Ceilings

    Returns
    -------
    list of tuple of str
        Columns of `HEADINGS`.
    """
    rows = []
    for one in placed:
        counted, divided = one.counted, one.split.divided
        rows.append(
            (
                one.title, f"{counted.instructions:,}", f"{counted.flop:,}", f"{one.in_vectors:.0%}",
                f"{sum(divided.values()):,}", f"{counted.loaded / 1e6:,.1f}", f"{counted.stored / 1e6:,.1f}",
                f"{counted.nbytes / 1e6:,.2f}", f"{counted.flop / one.moved:.3f}", f"{one.native * 1e6:,.0f}",
                f"{one.for_target * 1e6:,.0f}", f"{counted.flop / one.native / 1e9:.2f}",
                f"{one.a_cycle(ceilings):.2f}",
            )
        )  # fmt: skip
    return rows


def chart(placed: Sequence[Placed], ceilings: Ceilings) -> go.Figure:
    """Draw the roofs and the kernels under them.

    Parameters
    ----------
    placed : sequence of Placed
    ceilings : Ceilings

    Returns
    -------
    Figure
    """
    figure, peak = go.Figure(), max(ceilings.arithmetic.values())
    line = {"color": ROOF, "width": 1.4}
    low = min(one.counted.flop / one.for_target / 1e9 for one in placed) / 3
    for k, (name, rate) in enumerate(ceilings.bandwidth.items()):
        figure.add_scatter(
            x=[LEFT, peak / rate], y=[LEFT * rate / 1e9, peak / 1e9], mode="lines", line=line, showlegend=False,
            hovertemplate=f"{name}: {rate / 1e9:.0f} GB/s<extra></extra>",
        )  # fmt: skip
        x = max(LEFT, low * 1e9 / rate) * (1.3 + 0.9 * k)  # one further along than the other: roofs may lie close
        figure.add_annotation(
            x=np.log10(x), y=np.log10(x * rate / 1e9), text=f"{name}, {rate / 1e9:.0f} GB/s", showarrow=False,
            bgcolor="white", font={"size": 11, "color": INK},
        )  # fmt: skip
    widest = max(ceilings.bandwidth.values())
    for flops, names in _grouped(ceilings.arithmetic).items():
        figure.add_scatter(
            x=[flops / widest, RIGHT], y=[flops / 1e9] * 2, mode="lines", line=line, showlegend=False,
            hovertemplate=f"{flops / 1e9:.1f} GFLOP/s<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=np.log10(RIGHT), y=np.log10(flops / 1e9), text=f"{'<br>'.join(names)}", showarrow=False,
            xanchor="right", yanchor="bottom", align="right", font={"size": 11, "color": INK},
        )  # fmt: skip
    for colour, one in zip(COLOURS, placed, strict=False):
        flop = one.counted.flop
        figure.add_scatter(
            x=[flop / one.moved, flop / one.counted.nbytes],
            y=[flop / one.for_target / 1e9, flop / one.native / 1e9],
            mode="lines+markers", name=one.title,
            line={"color": colour, "width": 1, "dash": "dot"},
            marker={"color": [colour, "white"], "size": 11, "line": {"color": colour, "width": 2}},
            hovertemplate="%{x:.3g} FLOP a byte, %{y:.2f} GFLOP/s<extra>" + one.title + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        template="plotly_white", height=620, margin={"l": 70, "r": 20, "t": 20, "b": 60},
        legend={"orientation": "h", "y": -0.14}, font={"color": INK},
    )  # fmt: skip
    figure.update_xaxes(
        type="log", range=np.log10([LEFT, RIGHT]).tolist(), title="FLOP a byte", dtick=1, minor={"showgrid": True}
    )
    figure.update_yaxes(
        type="log", range=np.log10([low, peak / 1e9 * 2]).tolist(), title="GFLOP a second", dtick=1,
        minor={"showgrid": True},
    )  # fmt: skip
    return figure


def curve_chart(ceilings: Ceilings) -> go.Figure:
    """Draw what the ceilings of bandwidth are read off.

    Parameters
    ----------
    ceilings : Ceilings

    Returns
    -------
    Figure
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[size / 1024 for size, _ in ceilings.curve], y=[rate / 1e9 for _, rate in ceilings.curve],
        mode="lines+markers", line={"color": COLOURS[0]}, showlegend=False,
        hovertemplate="%{x:,.0f} KiB, %{y:.0f} GB/s<extra></extra>",
    )  # fmt: skip
    for name, size in ceilings.caches.items():
        figure.add_vline(x=size / 1024, line={"color": ROOF, "dash": "dot"})
        figure.add_annotation(
            x=np.log10(size / 1024), y=1, yref="paper", text=name, showarrow=False, xanchor="left", yanchor="top"
        )
    figure.update_layout(template="plotly_white", height=330, margin={"l": 70, "r": 20, "t": 20, "b": 60})
    figure.update_xaxes(type="log", title="KiB of the three arrays", dtick=1)
    figure.update_yaxes(title="GB a second", rangemode="tozero")
    return figure


def page_of(placed: Sequence[Placed], ceilings: Ceilings, on: str) -> str:
    """Write the page.

    Parameters
    ----------
    placed : sequence of Placed
    ceilings : Ceilings
    on : str
        The machine, in a line.

    Returns
    -------
    str
        HTML with everything in it.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in HEADINGS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows_of(placed, ceilings)
    )
    verdicts = "".join(f"<li>{escape(one.verdict(ceilings))}</li>" for one in placed)
    roofs = chart(placed, ceilings).to_html(full_html=False, include_plotlyjs=True, div_id="roofline", config=QUIET)
    bandwidth = curve_chart(ceilings).to_html(full_html=False, include_plotlyjs=False, div_id="bandwidth", config=QUIET)
    divisions = ", ".join(
        f"{name}: {ceilings.clock / ceilings.divisions[width]:.1f} cycles"
        for width, name in ((1, "a division"), (4, "four at once"))
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kernels under the roofs</title><style>{STYLE}</style></head><body>
<h1>Kernels under the roofs</h1>
<p>One core of {escape(on)}. {ceilings.clock / 1e9:.2f} GHz while it works; {divisions}. {N_DATES} dates, {N_NAMES}
names, made-up market. Time is the processor's, the median of {N_CALLS} calls.</p>
{roofs}
<p class="note">Full points: bytes between registers and the first cache, every load and store, of the code that is
counted, for AVX2. Hollow points: bytes of all arrays handed over, moved once, which is the least that memory would have
to carry if caches held nothing before; reached by the code for this processor.
Kernels use no fused operations, so that a result is the same bytes on every processor: their roof is that of
multiplications and additions, reached where both come in equal numbers.</p>
<h2>What bounds them</h2><ul>{verdicts}</ul>
<h2>Counts and times of one call</h2>
<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
<p class="note">Counted of the code for x86-64-v3 (AVX2), which valgrind can run; "us a call" is of the code for this
processor, "us, AVX2" and instructions a cycle of the code that is counted. A lane of a vector counts whether or not a
mask uses it. Division, root, least and greatest count as one; comparisons, blends, conversions and what libraries
compute (pow, in the measures) as none. Loads and stores include what is spilled to the stack.</p>
<h2>Bandwidth by size</h2>
{bandwidth}
<p class="note">A triad, a = b + s c, its three arrays counted once each; a ceiling is the best median well within a
level.</p>
</body></html>
"""


def _grouped(arithmetic: dict[str, float]) -> dict[float, list[str]]:
    """Put ceilings that a line's width would join under one name, the highest first."""
    grouped: dict[float, list[str]] = {}
    for name, flops in sorted(arithmetic.items(), key=lambda one: -one[1]):
        near = next((other for other in grouped if flops > 0.8 * other), flops)
        grouped.setdefault(near, []).append(f"{name}: {flops / 1e9:.1f}")
    return grouped


def main() -> None:
    """Count, time, measure, write the page, print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}; by default all")
    parser.add_argument("--out", type=Path, default=Path("roofline.html"))
    parser.add_argument("--markdown", type=Path, help=f"page with a place <!-- {MARKER} --> to write into")
    arguments = parser.parse_args()
    if unknown := set(arguments.jobs) - set(JOBS):
        parser.error(f"no job is called {', '.join(sorted(unknown))}")
    jobs, out = arguments.jobs or list(JOBS), arguments.out
    if missing := missing_tools():
        print(missing)
        return
    placed = [Placed(count(job), time_call(job, {}, N_CALLS), time_call(job, TARGET, N_CALLS)) for job in jobs]
    ceilings, on = measure(), machine()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page_of(placed, ceilings, on), encoding="utf-8")
    print(on)
    for row in rows_of(placed, ceilings):
        print("; ".join(f"{name} {cell}" for name, cell in zip(HEADINGS, row, strict=True)))
    for one in placed:
        print(one.verdict(ceilings))
    if arguments.markdown:
        said = "\n".join(f"- {one.verdict(ceilings)}" for one in placed)
        counted = markdown_table(HEADINGS, rows_of(placed, ceilings), HEADINGS[1:])
        put_between(arguments.markdown, MARKER, f"{on}; one core\n\n{counted}\n\n{said}")
    print(f"written to {out}")


if __name__ == "__main__":
    main()
