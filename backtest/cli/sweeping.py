"""`eastbound sweep`: every candidate of a grid run, the best shown, and all of them written to a folder."""

import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backtest.cli.options import WHAT_RUNS, EndOption, MarketOption, StartOption, UniverseOption
from backtest.cli.progress import Steps, progress
from backtest.cli.running import SettingsOption, TrialsOption, read_setting, record_trial

if TYPE_CHECKING:
    from backtest.output.manifest_format import Request
    from backtest.report.sweep.frames import SweepFrames
    from backtest.tuning.history import History
    from backtest.tuning.result import SweepResult
    from strategies.strategy import Policy, Strategy

# Settings of which the first must not be above the second, and the condition that sees to it.
IN_ORDER = (("rotation.exit", "<", "rotation.enter"), ("rotation.min_share", "<=", "rotation.max_share"))
# The help is set by rich, to which a:b:n holds the name of an emoji.
WHAT_VARIES = (
    "A grid file; or KEY=LOW:HIGH:N for N points from LOW to HIGH, KEY=log:LOW:HIGH:N, KEY=[0.5, 1.0], "
    "conditions=TEXT. May be repeated."
)


def sweep_command(
    strategy: Annotated[str, typer.Argument(help=WHAT_RUNS)],
    words: Annotated[list[str] | None, typer.Argument(metavar="[GRID]", help="More of the grid.")] = None,
    grid: Annotated[list[str] | None, typer.Option("--grid", metavar="FILE|KEY=VALUES", help=WHAT_VARIES)] = None,
    market: MarketOption = "demo",
    universe: UniverseOption = None,
    start: StartOption = None,
    end: EndOption = None,
    settings: SettingsOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for all results; a sweep that was stopped goes on there.")
    ] = None,
    best: Annotated[
        int, typer.Option("--best", min=0, help="How many of the best to show, and with --out to write as runs.")
    ] = 1,
    by: Annotated[str, typer.Option("--by", help="Measure that candidates are ranked by.")] = "sharpe",
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="By default one a processor.")] = None,
    memory_limit: Annotated[
        str, typer.Option("--memory-limit", help="Of the results that are held: 500MB, 2GB.")
    ] = "1GB",
    csv: Annotated[bool, typer.Option("--csv", help="Write the table as CSV too.")] = False,
    returns: Annotated[bool, typer.Option("--returns", help="Keep all returns, however many they are.")] = False,
    trials: TrialsOption = None,
    no_trials: Annotated[bool, typer.Option("--no-trials", help="Leave the trial ledger alone.")] = False,
) -> None:
    """Run every candidate of a grid, show the best beside the median and write all of them to a folder."""
    from backtest.errors import BacktestError, SweepStopped
    from backtest.kernels.measures import MEASURES
    from backtest.output.run_folder import refuse_unwritable
    from backtest.tuning.grids.grid_file import parse_grid
    from backtest.tuning.storage.byte_counts import bytes_of

    given = [*(grid or ()), *(words or ())]
    if not given:
        raise BacktestError("A sweep needs a grid, such as --grid signal.lookback=20:60:5, or a grid file.")
    if by not in MEASURES:
        raise BacktestError(f"There is no measure {by!r} of a sweep; want one of {', '.join(MEASURES)}.")
    limit, changes = bytes_of(memory_limit, "--memory-limit"), dict(read_setting(one) for one in settings or ())
    varied = parse_grid(given)
    if out is not None:
        refuse_unwritable(out, names=())
    with progress("reading the market"):
        from backtest.tuning.sweep import sweep
        from data.load import load
        from strategies.errors import StrategyError
        from strategies.strategy import find_strategy
        from strategies.thesis import Thesis

        chosen: Thesis | Strategy | Policy = find_strategy(strategy)
        _refuse_twice(varied, changes)
        if isinstance(chosen, Thesis):
            chosen = chosen.replace(changes)
        else:
            varied = {**{key: [value] for key, value in changes.items()}, **varied}
        loaded = load(market, universe, start, end)
    try:
        with ExitStack() as stack:
            shown = list[
                Steps
            ]()  # from the first word on: processes of a sweep in Python fork before there are threads

            def watch(done: int, n: int) -> None:
                if not shown:
                    shown.append(stack.enter_context(progress("candidates")))
                shown[0].reached(done, n)

            found = sweep(
                chosen, loaded, varied, out=out, threads=threads, memory_limit=limit, returns=returns or None, csv=csv,
                watch=watch,
            )  # fmt: skip
    except SweepStopped as stopped:
        said = str(stopped)
        if out is not None and not stopped.n_done:
            said = f"The sweep was stopped before any candidate was written: the same sweep into {out} begins anew."
        print(f"eastbound: {said}", file=sys.stderr)
        raise typer.Exit(130) from stopped
    except StrategyError as error:
        raise BacktestError(f"{error}{_left_out_by(chosen, varied, str(error))}") from error
    asked = {"strategy": strategy, "data": {"market": market, "universe": universe, "start": start, "end": end}}
    _tell(found, asked, changes, out, k=best, by=by, ledger=trials, is_recorded=not no_trials)


def _tell(
    found: "SweepResult",
    asked: dict[str, Any],
    changes: dict[str, object],
    out: Path | None,
    *,
    k: int,
    by: str,
    ledger: Path | None,
    is_recorded: bool,
) -> None:
    """Record the sweep, write what is read of it, and print it."""
    import math

    from backtest.cli.show_sweep import print_sweep
    from backtest.output.manifest_format import Request
    from backtest.report.sweep.frames import SweepFrames
    from backtest.report.sweep.page import LISTED
    from backtest.tuning.result import RotationSweep
    from backtest.tuning.trials import sweep_trial

    with progress("ranking the candidates") as steps:
        first = found.ranking(by, max(k, 1))
        top = [int(one) for one in first if math.isfinite(found.table[by].iloc[int(one)])]
        warnings = list[str]()
        if is_recorded:
            row = found.table.iloc[int(first[0])]
            trial = sweep_trial(
                found.thesis if isinstance(found, RotationSweep) else asked["strategy"],
                found.market,
                grid=found.space.digest,
                n_candidates=found.space.n,
                varied={name: len(values) for name, values in zip(found.space.names, found.space.values, strict=True)},
                best={name: float(row[name]) for name in dict.fromkeys((by, "sharpe", "annual_return"))},
                where=out,
            )
            warnings = record_trial(trial, ledger)
        frames = SweepFrames(found, by, LISTED) if isinstance(found, RotationSweep) else None
        if frames is not None and top:
            steps.at("the thesis' own settings")
            _ = frames.own
        if out is not None:
            if frames is not None:
                steps.at("writing the report")
                _write_report(frames, out)
            for place, candidate in enumerate(top[:k], start=1):
                steps.at(f"running the best once more: {place} of {len(top[:k])}")
                request = Request.model_validate(
                    asked | {"changes": changes | found.space.settings(candidate)}, strict=False
                )
                _write_best(found, candidate, out / "best" / str(place), request, ledger, is_recorded=is_recorded)
    print_sweep(found, asked["strategy"], top, frames, out, warnings, by=by)


def _write_report(frames: "SweepFrames", out: Path) -> None:
    from backtest.report.sweep.page import render_frames
    from data.storage.atomic import replacing

    page = render_frames(frames, shlex.join(["eastbound", *sys.argv[1:]]))
    with replacing(out / "report.html") as unfinished:
        unfinished.write_text(page, encoding="utf-8")


def _write_best(
    found: "SweepResult", candidate: int, folder: Path, request: "Request", ledger: Path | None, *, is_recorded: bool
) -> None:
    from backtest.output.write import write_run
    from backtest.tuning.history import UNKNOWN
    from backtest.tuning.trials import others, run_trial

    result = found.run(candidate)
    tried: History = others(run_trial(result, request.strategy), ledger) if is_recorded else UNKNOWN
    write_run(result, folder, request=request, tried=tried)


def _refuse_twice(varied: dict[str, Any], changes: dict[str, object]) -> None:
    """Refuse what both --set and the grid give, by itself or in tables of its section."""
    from backtest.errors import BacktestError
    from backtest.tuning.grids.grid_file import flattened

    given = flattened(varied)
    tables = {name: given[name] for name in given if "." not in name and isinstance(given[name], list)}
    names = {f"{name}.{key}" for name, rows in tables.items() for row in rows if isinstance(row, dict) for key in row}
    for key in changes:
        if key in given or key in names:
            raise BacktestError(f"{key} is set by --set and varied by the grid. Leave one out.")


def _left_out_by(strategy: object, varied: dict[str, Any], said: str) -> str:
    """Say which condition leaves out candidates in which a setting passes another, where that is what was said."""
    from backtest.tuning.own_settings import own_settings
    from backtest.tuning.space import space_of
    from strategies.thesis import Thesis

    if not isinstance(strategy, Thesis):
        return ""
    own = own_settings(strategy)
    space = space_of(varied, base=own)
    values = dict(zip(space.names, space.values, strict=True))
    for low, relation, high in IN_ORDER:
        lows, highs = (
            [one for one in values.get(name, (own(name),)) if isinstance(one, int | float)] for name in (low, high)
        )
        is_about = all(f"{name.partition('.')[2]} " in said for name in (low, high))
        condition = f"{low} {relation} {high}"
        if is_about and condition not in space.conditions and lows and highs and max(lows) > min(highs):
            return f" Leave such candidates out: --grid 'conditions={condition}'."
    return ""
