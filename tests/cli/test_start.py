"""What a command imports before it does anything: counted in modules, which no noise on a machine moves."""

import os
import subprocess
import sys

import pytest

# Each takes from a tenth of a second to seconds to import.
HEAVY = {
    "numpy", "pandas", "numba", "llvmlite", "scipy", "pyarrow", "cvxpy", "vectorbt", "plotly", "matplotlib",
    "exchange_calendars", "jinja2",
}  # fmt: skip
COMMANDS = (
    "", "run", "sweep", "compare", "repeat", "evidence", "theses", "prove-no-lookahead", "data", "data check",
    "data fetch",
)  # fmt: skip
PROGRAM = """
import sys
from backtest.cli import main
for command in {commands!r}:
    sys.argv = ["eastbound", *command.split(), "--help"]
    try:
        main()
    except SystemExit as stopped:
        assert not stopped.code, stopped.code
    sys.stderr.write("imported: " + " ".join(sorted(name for name in sys.modules if "." not in name)) + "\\n")
"""


def imported_by(commands: tuple[str, ...], planted: str = "") -> list[set[str]]:
    """What one process has imported after each of some commands."""
    program = PROGRAM.format(commands=commands).replace("import sys\n", f"import sys\n{planted}\n", 1)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    told = [line.removeprefix("imported: ") for line in done.stderr.splitlines() if line.startswith("imported: ")]
    return [set(line.split()) for line in told]


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    return dict(zip(COMMANDS, imported_by(COMMANDS), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_no_library_that_it_does_not_need(command: str, imported: dict[str, set[str]]) -> None:
    assert "typer" in imported[command]
    # Nor did any command before it: the first to fail is the one at fault.
    assert not imported[command] & HEAVY


def test_a_planted_import_is_found() -> None:
    assert imported_by(("",), planted="import pandas")[0] & HEAVY >= {"pandas", "numpy"}


@pytest.mark.parametrize("package", ["data", "strategies", "backtest"])
def test_a_package_imports_what_it_offers_when_it_is_asked(package: str) -> None:
    program = f"import sys, {package}; print(*[name for name in sys.modules if '.' not in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize(
    ("before", "names"),
    [
        ("import data.load, data", ["data.load"]),
        ("from backtest.run import RotationResult; import backtest", ["backtest.run"]),
        ("import strategies.catalogue, strategies.thesis", ["strategies.catalogue", "strategies.thesis"]),
    ],
)
def test_a_name_of_the_face_is_not_taken_by_the_file_of_that_name(before: str, names: list[str]) -> None:
    program = f"{before}; print(*[type(one).__name__ for one in ({', '.join(names)},)])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["function"] * len(names)


def test_a_name_that_a_face_does_not_offer_is_missing() -> None:
    import backtest

    assert {"run", "sweep", "simulate"} <= set(dir(backtest))
    with pytest.raises(AttributeError, match="module 'backtest' has no attribute 'optimise'"):
        _ = backtest.optimise


def test_numba_is_imported_without_what_no_kernel_uses() -> None:
    program = (
        "import data.jit, sys, numba.core.config as config; before = set(sys.modules);"
        "config.yaml.safe_load; import pycparser, yaml;"
        "print(*before); print(yaml.safe_load('[1]'), pycparser.CParser().parse('int a;').ext[0].name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported, works = done.stdout.splitlines()
    assert "numba.np.arraymath" in imported.split()
    assert not set(imported.split()) & {"yaml", "coverage", "pycparser", "scipy.linalg", "scipy.linalg.cython_blas"}
    assert works == "[1] a"


def test_a_library_that_somebody_replaced_is_left_alone() -> None:
    program = "import sys, types; fake = sys.modules['yaml'] = types.ModuleType('yaml'); import data.jit; "
    program += "assert sys.modules['yaml'] is fake"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "2"}, "None")])
def test_a_command_looks_for_garbage_seldom_and_leaves_threads_to_who_sets_them(
    given: dict[str, str], threads: str
) -> None:
    program = (
        "import sys; sys.argv = ['eastbound', '--help']; from backtest.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "import gc, os; print(gc.get_threshold(), os.environ.get('OPENBLAS_NUM_THREADS'))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=kept | given)
    assert done.stdout.splitlines()[-1] == f"(400000, 50, 100) {threads}"
