"""The report of a sweep as one HTML page that opens without a network."""

import shlex

from backtest.output.provenance import versions
from backtest.report.exhibits import Section
from backtest.report.page import render
from backtest.report.sweep.candidates import best_table, notes
from backtest.report.sweep.distribution import distribution
from backtest.report.sweep.effects import coordinates, effects
from backtest.report.sweep.frames import Sweep, SweepFrames
from backtest.report.sweep.headline import headline
from backtest.report.sweep.maps import maps
from backtest.report.sweep.plateau import plateau
from backtest.report.sweep.timing import offsets
from backtest.report.tables import Table, number
from backtest.report.writing import counted
from data.fingerprint import market_hash

LISTED = 20  # of the best


def render_sweep(found: Sweep, *, by: str = "sharpe", k: int = LISTED, command: str = "") -> str:
    """Render the report of a sweep.

    Parameters
    ----------
    found : SweepResult
        Read: `thesis`, `market`, `space`, `table`, `offsets(candidate)`.
    by : str
        The measure that candidates are ranked and coloured by.
    k : int
        How many of the best are listed.
    command : str
        What was typed, to be repeated; without it a command is made up in which GRID stands for the grid.

    Returns
    -------
    str
        A whole HTML document: the chart library is in it, packed, so it fetches nothing. It holds counts and quantiles
        of all candidates and a thousand of them as lines, whatever their number. A measure that is NaN shows as a
        dash. The same sweep gives the same text.

    Raises
    ------
    BacktestError
        If the sweep has no such measure.
    """
    return render_frames(SweepFrames(found, by, k), command)


def render_frames(frames: SweepFrames, command: str = "") -> str:
    """Render the report of a sweep of which something was worked out already.

    Parameters
    ----------
    frames : SweepFrames
    command : str
        As of `render_sweep`.

    Returns
    -------
    str
    """
    market, thesis = frames.found.market, frames.found.thesis
    return render(
        title=f"{thesis.title or thesis.name}: {counted(frames.n, 'variant')}",
        subject=market.name,
        subtitle=f"Sweep of thesis {thesis.name}. Market: {market.name}. {market.start} to {market.end}.",
        is_synthetic=market.synthetic,
        made=sweep_sections(frames, command),
    )


def sweep_sections(frames: SweepFrames, command: str = "") -> tuple[Section, ...]:
    """Read a sweep, section by section, in the order of the page.

    Parameters
    ----------
    frames : SweepFrames
    command : str

    Returns
    -------
    tuple of Section
        Those that have nothing to show are left out; where no candidate has the measure, all that read it are.
    """
    read = (distribution, maps, effects, coordinates, plateau, offsets, best_table) if len(frames.ranked) else ()
    made = (headline(frames), *(section(frames) for section in read), notes(frames), repeat(frames, command))
    return tuple(one for one in made if one.exhibits or one.paragraphs or one.has_template)


def repeat(frames: SweepFrames, command: str = "") -> Section:
    """Say how to make the sweep again.

    Parameters
    ----------
    frames : SweepFrames
    command : str
        What was typed.

    Returns
    -------
    Section
    """
    market, now = frames.found.market, versions()
    embedded = market.name.removesuffix(" (synthetic)") if market.synthetic else ""
    parts = ["eastbound", "sweep", frames.found.thesis.name, "--market", embedded or "FOLDER"]
    if set(market.holdable) != set(market.symbols):
        parts += ["--universe", "+".join(market.holdable)]
    parts += ["--start", str(market.start), "--end", str(market.end), "--grid", "GRID"]
    rows = (
        ("Eastbound", now["eastbound"]),
        ("Python", now["python"]),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in now["libraries"].items())),
        ("Candidates", number(frames.found.space.n)),
        ("SHA-256 of the grid", frames.found.space.digest),
        ("SHA-256 of the data", market_hash(market)),
    )
    content = {
        "command": command or shlex.join(parts),
        "versions": Table(head=("Made with", ""), rows=rows, align="ll"),
        "market": market.name,
    }
    return Section(key="repeat", title="How to repeat it", content=content, has_template=True)
