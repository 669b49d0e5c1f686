"""`eastbound`: run a thesis, list them, prove that one cannot see the future; fetch and list data.

Exit codes: 0 done; 2 the user's input is wrong, said in one plain message; 1 our fault.
"""

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.cli.market_data import data_app
from backtest.cli.options import EndOption, MarketOption, StartOption, UniverseOption
from backtest.cli.show import print_proof, print_run, print_theses
from data.errors import EastboundError

if TYPE_CHECKING:
    from backtest.result import BacktestResult

TIMED_RUNS = 5

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Test a rotation between markets after every real cost, and say how much of it is luck.",
)
app.add_typer(data_app, name="data")

WHAT_RUNS = "Name of a thesis, a thesis file, or a Python file with targets(market) or decide(past, portfolio)."


@app.command("run")
def run_command(
    strategy: Annotated[str, typer.Argument(help=WHAT_RUNS)] = "flow-momentum",
    market: MarketOption = "demo",
    universe: UniverseOption = None,
    start: StartOption = None,
    end: EndOption = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its files.")] = Path("runs/latest"),
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting: signal.lookback=40. May be repeated.")
    ] = None,
    ledger: Annotated[bool, typer.Option("--ledger", help="Write ledger.txt too: every event, to be read.")] = False,
) -> None:
    """Run a thesis, print it beside its references and write a report; or run a strategy in Python."""
    from statistics import median
    from time import perf_counter

    import numpy as np

    from backtest.engine import simulate
    from backtest.files import write_run
    from backtest.run import run, run_strategy, settings_of
    from data.load import load
    from strategies.strategy import find_strategy
    from strategies.thesis import Thesis

    begun = perf_counter()
    chosen = find_strategy(strategy)
    changes = dict(_setting(one) for one in settings or ())
    if isinstance(chosen, Thesis):
        chosen = chosen.replace(changes)
    loaded = load(market, universe, start, end)
    at_run = perf_counter()
    result: BacktestResult
    if isinstance(chosen, Thesis):
        result, source = run(chosen, loaded), None
    else:
        result, source = run_strategy(chosen, loaded, settings_of(chosen, changes)), Path(strategy)
    laps = [perf_counter()]
    for _ in range(TIMED_RUNS):  # again, now that the compiled code is in memory
        simulate(loaded, result.targets, result.config)
        laps.append(perf_counter())
    files = write_run(result, out, ledger=ledger, source=source)
    seconds = {"loading": at_run - begun, "running": laps[0] - at_run, "ledger": median(np.diff(laps))}
    print_run(result, strategy, files, **seconds)


@app.command("theses")
def theses_command() -> None:
    """List the theses that come with Eastbound."""
    from strategies.catalogue import catalogue
    from strategies.catalogue import thesis as catalogued

    print_theses([catalogued(name) for name in catalogue()])


@app.command("prove-no-lookahead")
def prove_command(
    strategy: Annotated[
        str,
        typer.Argument(help=WHAT_RUNS),
    ],
    market: MarketOption = "demo",
    universe: UniverseOption = None,
    start: StartOption = None,
    end: EndOption = None,
    decisions: Annotated[int, typer.Option("--decisions", min=0, help="Decisions to try; 0 for every one.")] = 12,
    stamps: Annotated[int, typer.Option("--random", min=0, help="Random stamps to try besides.")] = 12,
    seed: Annotated[int, typer.Option("--seed", help="For the random stamps and futures.")] = 1,
) -> None:
    """Replace everything known after a stamp, at many stamps, and look for what moves."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from backtest.prove import prove_no_lookahead
    from backtest.run import settings_of
    from data.load import load
    from strategies.strategy import find_strategy

    found = find_strategy(strategy)
    loaded = load(market, universe, start, end)
    config = settings_of(found)
    columns = SpinnerColumn(), TextColumn("{task.description} {task.completed}"), TimeElapsedColumn()
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("counterfactual markets", total=None)
        proof = prove_no_lookahead(
            found,
            loaded,
            config,
            n_decisions=decisions,
            n_random=stamps,
            seed=seed,
            on_check=lambda: progress.advance(task),
        )
    print_proof(strategy, proof)
    if not proof.passed:
        raise typer.Exit(2)


def _setting(text: str) -> tuple[str, object]:
    """Read one `key=value` as TOML, or as plain text."""
    import tomllib

    key, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not key=value.")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def main() -> None:
    """Run the command line."""
    try:
        app()
    except EastboundError as error:
        print(f"eastbound: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        place = os.environ.get("EASTBOUND_CACHE") or "the user's cache folder"
        print(
            f"eastbound: no space is left on a disk ({error.filename or place}). Free some, or set EASTBOUND_CACHE.",
            file=sys.stderr,
        )
        sys.exit(2)
