"""Arguments and options that several commands take, each said in one way."""

from typing import Annotated

import typer

WHAT_RUNS = (
    "Name of a thesis or of an installed strategy, a thesis file, or a Python file with targets(market) or "
    "decide(past, portfolio)."
)
WHAT_LOADS = "demo (synthetic), tiny (synthetic), or a folder of files."

MarketArgument = Annotated[str, typer.Argument(help=WHAT_LOADS)]
MarketOption = Annotated[str, typer.Option("--market", help=WHAT_LOADS)]
UniverseOption = Annotated[
    str | None, typer.Option("--universe", help='What may be held, such as "big-seven+hang-seng-tech".')
]
StartOption = Annotated[
    str | None, typer.Option("--start", help="First date of decisions and NAV; earlier rows are the past.")
]
EndOption = Annotated[str | None, typer.Option("--end", help="Last date.")]
