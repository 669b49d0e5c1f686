"""`eastbound data`: its commands."""

import typer

from backtest.cli.checking import check_command
from backtest.cli.fetching import fetch_yahoo_command
from backtest.cli.listing import list_command
from backtest.cli.members import members_command
from backtest.cli.vendors import compare_vendors_command

data_app = typer.Typer(
    no_args_is_help=True, help="Check market data, fetch them, list what there is, compare two sources."
)
fetch_app = typer.Typer(no_args_is_help=True, help="Fetch a market folder from a vendor.")
data_app.add_typer(fetch_app, name="fetch")
fetch_app.command("yahoo")(fetch_yahoo_command)
data_app.command("check")(check_command)
data_app.command("list")(list_command)
data_app.command("members")(members_command)
data_app.command("compare")(compare_vendors_command)
