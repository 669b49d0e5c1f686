"""`eastbound`: run, sweep, compare and repeat theses; read the evidence of a date; prove that no rule sees the future.

Exit codes: 0 done; 2 the user's input is wrong, said in one plain message; 1 our fault.
"""

import atexit
import errno
import gc
import os
import sys
from typing import Annotated

import typer

from backtest.cli.comparing import compare_command
from backtest.cli.evidence import evidence_command
from backtest.cli.market_data import data_app
from backtest.cli.options import WHAT_RUNS, EndOption, MarketOption, StartOption, UniverseOption
from backtest.cli.progress import progress
from backtest.cli.repeating import repeat_command
from backtest.cli.running import run_command
from backtest.cli.show import print_proof
from backtest.cli.sweeping import sweep_command
from backtest.cli.theses import new_thesis_command, theses_command
from data.errors import EastboundError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Test a rotation between markets after every real cost, and say how much of it is luck.",
)
app.add_typer(data_app, name="data")

app.command("run")(run_command)
app.command("sweep")(sweep_command)
app.command("compare")(compare_command)
app.command("repeat")(repeat_command)
app.command("evidence")(evidence_command)
app.command("theses")(theses_command)
app.command("new-thesis")(new_thesis_command)


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
    with progress("reading the market") as steps:
        from backtest.prove import prove_no_lookahead
        from backtest.run import settings_of
        from data.load import load
        from strategies.strategy import find_strategy

        found = find_strategy(strategy)
        loaded = load(market, universe, start, end)
        config = settings_of(found)
        steps.at("counterfactual markets")
        proof = prove_no_lookahead(
            found,
            loaded,
            config,
            n_decisions=decisions,
            n_random=stamps,
            seed=seed,
            watch=steps.reached,
        )
    print_proof(strategy, proof)
    if not proof.passed:
        raise typer.Exit(2)


def main() -> None:
    """Run the command line."""
    # Libraries make 280,000 objects, none of them garbage: looked for seldom, and not once more at the end.
    gc.set_threshold(400_000, 50, 100)
    atexit.register(gc.freeze)
    # Our matrices are small: the other threads of BLAS would only wait for work, which keeps a core busy.
    if "OMP_NUM_THREADS" not in os.environ:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
