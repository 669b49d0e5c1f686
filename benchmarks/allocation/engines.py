"""What an engine is, and all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.allocation.jobs import Weights
from benchmarks.allocation.steps import Mandate, Step

Lay = Callable[[Step], Callable[[], Weights]]
LayWhole = Callable[[Sequence[Step]], Callable[[], Sequence[Weights]]]


class Cannot(Exception):
    """An engine has no way to state a job; says why."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One way to solve jobs: a row of the table.

    Attributes
    ----------
    name : str
    package : str
        Distribution whose version is named; empty for ours.
    module, make : str
        Where its function is that takes a job's key and a mandate, and gives what lays a step out: all that is done
        then is not timed, and what that gives is. It raises `Cannot` with the reason.
    jobs : tuple of str
        Keys of the jobs that it has a row in.
    tolerance : float
        On weights and limits: of peers at their own settings, of ours and of the limits at ours.
    why : str
        What a reader must know.
    is_limit : bool
        The solver's own interface on numbers at hand: what no layer above it can beat.
    has_piqp : bool
        False: piqp cannot be imported in its process.
    is_whole : bool
        All steps of a run are laid out and solved in one call; the time of a step is that over their number.
    """

    name: str
    module: str
    make: str
    jobs: tuple[str, ...]
    package: str = ""
    tolerance: float = 5e-3
    why: str = ""
    is_limit: bool = False
    has_piqp: bool = True
    is_whole: bool = False

    def lay(self, job: str, mandate: Mandate) -> Any:
        """Set the engine up for a job: import it, and what is done once for a run."""
        found: Lay | LayWhole = getattr(import_module(f"benchmarks.allocation.{self.module}"), self.make)(job, mandate)
        return found


PROGRAMMES = ("variance", "utility", "cvar", "sharpe", "parity")
QUADRATIC = ("variance", "utility", "sharpe")
OURS = 1e-6

ENGINES = {
    "ours": Engine(
        name="eastbound", module="in_eastbound", make="lay", jobs=(*PROGRAMMES, "policy"), tolerance=OURS,
        why="with the extra fast-qp: PIQP for quadratic programmes",
    ),
    "ours-whole": Engine(
        name="eastbound, all steps in one call", module="in_eastbound", make="lay_whole", jobs=PROGRAMMES,
        tolerance=OURS, is_whole=True, why="`weights_over`: the same bytes",
    ),
    "base": Engine(
        name="eastbound, base install", module="in_eastbound", make="lay", jobs=(*QUADRATIC, "policy"), tolerance=OURS,
        why="without PIQP: Clarabel", has_piqp=False,
    ),
    "base-whole": Engine(
        name="eastbound, base install, all steps in one call", module="in_eastbound", make="lay_whole", jobs=QUADRATIC,
        tolerance=OURS, is_whole=True, why="the same without PIQP", has_piqp=False,
    ),
    "piqp": Engine(
        name="PIQP itself", package="piqp", module="in_solvers", make="lay_piqp", jobs=(*QUADRATIC, "cvar"),
        tolerance=OURS, is_limit=True, why="set up and solved fresh, on the matrices of ours",
    ),
    "piqp-update": Engine(
        name="PIQP itself, updated", package="piqp", module="in_solvers", make="lay_piqp_update", jobs=QUADRATIC,
        tolerance=OURS, is_limit=True, why="one solver, new numbers by its update",
    ),
    "clarabel": Engine(
        name="Clarabel itself", package="clarabel", module="in_solvers", make="lay_clarabel", jobs=PROGRAMMES,
        tolerance=1e-5, is_limit=True, why="set up and solved fresh, on the matrices of ours",
    ),
    "highs": Engine(
        name="HiGHS itself", package="highspy", module="in_solvers", make="lay_highs", jobs=("cvar",), tolerance=OURS,
        is_limit=True,
        why="dual simplex without presolve, fresh, on the matrices of ours, which solves their dual if smaller",
    ),
    "naive": Engine(
        name="cvxpy, built anew", package="cvxpy", module="in_cvxpy", make="lay_anew", jobs=PROGRAMMES,
        why="Clarabel at its defaults, which stop early on variances as small as those of daily returns",
    ),
    "dpp": Engine(
        name="cvxpy, compiled once", package="cvxpy", module="in_cvxpy", make="lay_compiled", jobs=PROGRAMMES,
        why="parameters, a root of the covariance among them; Clarabel at its defaults",
    ),
    "dpp-piqp": Engine(
        name="cvxpy, compiled once, PIQP", package="cvxpy", module="in_cvxpy", make="lay_compiled_piqp",
        jobs=(*QUADRATIC, "cvar"), why="the same, PIQP at its defaults",
    ),
    "skfolio": Engine(
        name="skfolio", package="skfolio", module="in_skfolio", make="lay", jobs=PROGRAMMES,
        why="estimates handed in by a prior of its kind; sector caps as matrices",
    ),
    "pypfopt": Engine(
        name="PyPortfolioOpt", package="pyportfolioopt", module="in_pyportfolioopt", make="lay", jobs=PROGRAMMES,
        why="Clarabel asked for in the place of its default, OSQP",
    ),
    "riskfolio": Engine(
        name="Riskfolio-Lib", package="riskfolio-lib", module="in_riskfolio", make="lay", jobs=PROGRAMMES,
        why="a second-order cone in the place of the variance; Clarabel, its default",
    ),
    "cvxportfolio": Engine(
        name="cvxportfolio", package="cvxportfolio", module="in_cvxportfolio", make="lay", jobs=("policy",),
        why="cash is a name of its programme, held at zero; time of its policy alone, of estimates it is handed",
    ),
}  # fmt: skip
