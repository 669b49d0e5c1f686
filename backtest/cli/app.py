"""`eastbound`: run, sweep, compare and repeat theses; read the evidence of a date; prove that no rule sees the future.

Exit codes: 0 done; 2 the user's input is wrong, said in one plain message; 1 our fault.
"""

import typer

from backtest.cli.comparing import compare_command
from backtest.cli.evidence import evidence_command
from backtest.cli.market_data import data_app
from backtest.cli.repeating import repeat_command
from backtest.cli.running import run_command
from backtest.cli.sweeping import sweep_command
from backtest.cli.theses import theses_command

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


@app.command("theses")
def theses_command() -> None:
    """List the theses that come with Eastbound."""
    from strategies.catalogue import catalogue
    from strategies.catalogue import thesis as catalogued

    print_theses([catalogued(name) for name in catalogue()])
