"""`eastbound run`: a strategy run once, printed, and written to a folder."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.options import WHAT_RUNS, EndOption, MarketOption, StartOption, UniverseOption
from backtest.cli.progress import progress
from backtest.cli.show import print_run

if TYPE_CHECKING:
    from backtest.result import BacktestResult
    from backtest.tuning.trials import Trial

TIMED_RUNS = 5

SettingsOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a setting: signal.lookback=40. May be repeated.")
]
TrialsOption = Annotated[
    Path | None,
    typer.Option("--trials", help="Trial ledger to count in and add to, if not your own (EASTBOUND_LEDGER)."),
]


class FigureKind(StrEnum):
    """Formats of figures for papers."""

    SVG = "svg"
    PNG = "png"
    PDF = "pdf"


def run_command(
    strategy: Annotated[str, typer.Argument(help=WHAT_RUNS)] = "flow-momentum",
    market: MarketOption = "demo",
    universe: UniverseOption = None,
    start: StartOption = None,
    end: EndOption = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its files.")] = Path("runs/latest"),
    settings: SettingsOption = None,
    ledger: Annotated[bool, typer.Option("--ledger", help="Write ledger.txt too: every event, to be read.")] = False,
    trials: TrialsOption = None,
    no_trials: Annotated[
        bool, typer.Option("--no-trials", help="Leave the trial ledger alone: the report then knows no history.")
    ] = False,
    figures: Annotated[
        list[FigureKind] | None,
        typer.Option("--figures", help="Write figures for a paper too. May be repeated."),
    ] = None,
) -> None:
    """Run a thesis, print it beside its references and write a report; or run a strategy in Python."""
    from statistics import median
    from time import perf_counter

    changes = dict(read_setting(one) for one in settings or ())
    kinds = tuple(dict.fromkeys(one.value for one in figures or ()))
    with progress("reading the market") as steps:
        from backtest.output.run_folder import refuse_unwritable

        refuse_unwritable(out)
        import numpy as np

        from backtest.engine import simulate
        from backtest.output.manifest_format import Asked, Request
        from backtest.output.write import write_run
        from backtest.run import RotationResult, run, run_strategy, settings_of
        from backtest.tuning.history import UNKNOWN
        from backtest.tuning.trials import others, run_trial
        from data.load import load
        from strategies.strategy import find_strategy
        from strategies.thesis import Thesis

        asked = Asked(market=market, universe=universe, start=start, end=end)
        request = Request(strategy=strategy, data=asked, changes=changes)
        begun = perf_counter()
        chosen = find_strategy(strategy)
        if isinstance(chosen, Thesis):
            chosen = chosen.replace(changes)
        loaded = load(market, universe, start, end)
        steps.at("running the strategy through the ledger (the first time on a machine it is compiled: a minute)")
        at_run = perf_counter()
        result: BacktestResult
        if isinstance(chosen, Thesis):
            result = run(chosen, loaded)
        else:
            result = run_strategy(chosen, loaded, settings_of(chosen, changes))
        laps = [perf_counter()]
        for _ in range(TIMED_RUNS):  # again, now that the compiled code is in memory
            simulate(loaded, result.targets, result.config)
            laps.append(perf_counter())
        if isinstance(result, RotationResult):
            steps.at("running the references")
            _ = result.references
        trial = None if no_trials else run_trial(result, strategy, out)
        tried = UNKNOWN if trial is None else others(trial, trials)
        steps.at("writing the report")
        files = write_run(result, out, ledger=ledger, figures=kinds, request=request, tried=tried)
        warnings = [*tried.faults, *([] if trial is None else record_trial(trial, trials))]
    seconds = {"loading": at_run - begun, "running": laps[0] - at_run, "ledger": median(np.diff(laps))}
    print_run(result, strategy, files, tried, warnings, **seconds)


def record_trial(trial: "Trial", ledger: Path | None) -> list[str]:
    """Record a trial; a ledger that cannot be written is no reason to lose the run.

    Parameters
    ----------
    trial : Trial
    ledger : Path or None

    Returns
    -------
    list of str
        What went wrong.
    """
    from backtest.errors import BacktestError
    from backtest.tuning.trials import record

    try:
        record(trial, ledger)
    except BacktestError as error:
        return [str(error)]
    return []


def read_setting(text: str) -> tuple[str, object]:
    """Read one `key=value` as TOML, or as plain text.

    Parameters
    ----------
    text : str

    Returns
    -------
    key : str
    value : object

    Raises
    ------
    BadParameter
        If there is no equals sign.
    """
    import datetime as dt
    import tomllib

    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not key=value.")
    try:
        read = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()
    return key.strip(), read.isoformat() if isinstance(read, dt.date) else read
