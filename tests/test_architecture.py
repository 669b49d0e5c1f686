"""The walls of the house: who may import whom, and what a file may look like.

Nothing is imported; the sources are parsed. Each rule is a function of a root folder that returns what it
found, one line per violation, so that it can be shown to fail on a planted one.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.houses import GUARD, OFFER, SOUND_HOUSE

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("data", "strategies", "backtest")
OUTSIDE = ("tests", "benchmarks")
MAX_LINES = 400
VAGUE_WORDS = {"util", "utils", "helper", "helpers", "misc", "manager", "managers", "common"}
KERNEL_IMPORTS = (
    "numpy", "hashlib", "numba", "llvmlite", "math", "operator", "typing", "collections.abc", "data.jit", "__future__",
)  # fmt: skip

Rule = Callable[[Path], list[str]]


@dataclass(frozen=True)
class Import:
    """One imported name: `from module import name`, or `import module` where name is empty."""

    module: str
    name: str
    line: int
    for_types_only: bool

    @property
    def full(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(frozen=True)
class Source:
    """One parsed file."""

    module: str
    path: Path
    place: str
    tree: ast.Module
    n_lines: int
    imports: tuple[Import, ...]

    @property
    def is_face(self) -> bool:
        return self.path.name == "__init__.py"

    def at(self, line: int) -> str:
        return f"{self.place}:{line}"


# ------------------------------------------------------------------------------------------ reading


def read_sources(root: Path) -> dict[str, Source]:
    """Parse every file of the three packages; keys are dotted module names."""
    paths = sorted(path for floor in FLOORS for path in (root / floor).rglob("*.py"))
    sources = [read_source(root, path, path.stat().st_mtime_ns) for path in paths]
    return {source.module: source for source in sources}


@cache
def read_source(root: Path, path: Path, changed: int) -> Source:
    """Parse one file; each rule reads them all, so what has not changed is parsed once."""
    parts = path.relative_to(root).with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    return Source(
        module=".".join(parts[:-1] if parts[-1] == "__init__" else parts),
        path=path,
        place=path.relative_to(root).as_posix(),
        tree=tree,
        n_lines=len(text.splitlines()),
        imports=tuple(read_imports(tree, parts[:-1])),
    )


def read_imports(node: ast.AST, package: tuple[str, ...], for_types_only: bool = False) -> Iterator[Import]:
    """List the imports below a node, those inside functions and by `import_module("...")` included."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield Import(alias.name, "", node.lineno, for_types_only)
        case ast.ImportFrom(module=module, names=names, level=level):
            base = package[: len(package) - level + 1] if level else ()
            origin = ".".join([*base, *([module] if module else [])])
            for alias in names:
                yield Import(origin, alias.name, node.lineno, for_types_only)
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            yield Import(name, "", node.lineno, for_types_only)
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            for line in node.body:
                yield from read_imports(line, package, for_types_only=True)
            for line in node.orelse:
                yield from read_imports(line, package, for_types_only)
            return
    for child in ast.iter_child_nodes(node):
        yield from read_imports(child, package, for_types_only)


def names_of_face(source: Source) -> set[str]:
    """Names that a package's `__init__.py` binds to something other than a file of the package."""
    return {found.name for found in source.imports if found.name and found.module != source.module}


def resolve(found: Import, sources: dict[str, Source]) -> str | None:
    """Name the module of ours that an import reaches, or None for anything else.

    `from data import calendars` reaches the file, unless the face of `data` binds that name to something
    else: then, and for any name that is no file, it reaches the face.
    """
    face = sources.get(found.module)
    if found.name and found.full in sources and not (face and found.name in names_of_face(face)):
        return found.full
    return found.module if face else None


def is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


# ------------------------------------------------------------------------------------------ the rules


def floors(root: Path) -> list[str]:
    """Each floor imports only those below it; nothing imports tests or benchmarks."""
    found = []
    for source in read_sources(root).values():
        floor = source.module.split(".")[0]
        barred = (*FLOORS[FLOORS.index(floor) + 1 :], *OUTSIDE)
        found += [
            f"{source.at(each.line)}: {floor} must not import {each.full}"
            for each in source.imports
            if each.module.split(".")[0] in barred
        ]
    return found


def cycles(root: Path) -> list[str]:
    """No file imports itself in a roundabout way; imports inside functions count, those for types do not."""
    sources = read_sources(root)
    edges: dict[str, dict[str, int]] = {module: {} for module in sources}
    for source in sources.values():
        for each in source.imports:
            target = resolve(each, sources)
            if target and not each.for_types_only:
                edges[source.module].setdefault(target, each.line)
    found, done = [], set()

    def visit(module: str, trail: list[str]) -> None:
        if module in trail:
            ring = [*trail[trail.index(module) :], module]
            steps = [f"{sources[a].at(edges[a][b])} imports {b}" for a, b in pairwise(ring)]
            found.append(f"{steps[0].split()[0]}: a ring of imports: {'; '.join(steps)}")
        elif module not in done:
            for target in edges[module]:
                visit(target, [*trail, module])
            done.add(module)

    for module in edges:
        visit(module, [])
    return found


def faces(root: Path) -> list[str]:
    """An `__init__.py` holds a docstring, imports and `__all__`; the top three also guard their siblings and offer."""

    def is_plain(node: ast.stmt) -> bool:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                return True
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AnnAssign(target=ast.Name(id="__all__")):
                return isinstance(node.value, ast.List | ast.Tuple)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
                return all(isinstance(line, ast.ImportFrom) for line in body)
        return False

    def is_offer(node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id="offer"), args=[ast.Name(id="__name__"), ast.Dict()])):
                return True
        return False

    def is_guard(node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Call(func=func, args=[ast.Name(id="__file__")], keywords=[])):
                return ast.unparse(func).split(".")[-1] == "check_siblings"
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=[]):
                handled = [line for handler in handlers for line in handler.body]
                return all(is_plain(line) or is_guard(line) for line in (*body, *orelse)) and all(
                    is_plain(line) or isinstance(line, ast.Raise | ast.Assign) for line in handled
                )
        return False

    return [
        f"{source.at(node.lineno)}: an __init__.py only re-exports; move this into a file with a name"
        for source in read_sources(root).values()
        if source.is_face
        for node in source.tree.body
        if not (is_plain(node) or (source.module in FLOORS and (is_guard(node) or is_offer(node))))
    ]


def offers(root: Path) -> list[str]:
    """What a face offers late is what it imports for type checkers, and what its `__all__` lists."""
    found = []
    for source in read_sources(root).values():
        if source.module not in FLOORS:
            continue
        late, listed, line = {}, set(), 1
        for node in source.tree.body:
            match node:
                case ast.Expr(value=ast.Call(func=ast.Name(id="offer"), args=[_, ast.Dict() as homes])):
                    late, line = ast.literal_eval(homes), node.lineno
                case ast.Assign(targets=[ast.Name(id="__all__")]):
                    listed = set(ast.literal_eval(node.value))
        typed = {
            alias.asname or alias.name: home_of(source, node.module, alias)
            for block in source.tree.body
            if isinstance(block, ast.If)
            for node in block.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        wrong = {name for name in late.keys() | typed.keys() if late.get(name) != typed.get(name)}
        wrong |= late.keys() - listed
        found += [f"{source.at(line)}: {name} is not offered, imported for types and listed alike" for name in wrong]
    return found


def home_of(face: Source, module: str, alias: ast.alias) -> str:
    """Write the home of a name as `offer` takes it: a room of the face itself is offered whole."""
    if module == face.module:
        return f"{module}.{alias.name}:*"
    return f"{module}:{alias.name}" if alias.asname else module


def own_faces(root: Path) -> list[str]:
    """Inside a package its files are imported, never the package's own face."""
    sources = read_sources(root)
    found = []
    for source in sources.values():
        for each in source.imports:
            target = resolve(each, sources)
            # The face itself may list its own files; it is not "inside" itself.
            if target and sources[target].is_face and source.module.startswith(f"{target}."):
                found.append(f"{source.at(each.line)}: import the file, not the face of {target} ({each.full})")
    return found


def kernels(root: Path) -> list[str]:
    """Kernels import numpy, numba and its LLVM, a little of the standard library, the decorator and each other."""
    found = []
    for source in read_sources(root).values():
        if "kernels" not in source.module.split("."):
            continue
        for each in source.imports:
            parts = each.full.split(".")
            is_kernel = parts[0] in FLOORS and "kernels" in parts
            if not is_kernel and not any(is_below(each.full, allowed) for allowed in KERNEL_IMPORTS):
                found.append(f"{source.at(each.line)}: a kernel must not import {each.full}")
    return found


def lengths(root: Path) -> list[str]:
    """No file is longer than can be read in one go."""
    return [
        f"{source.at(source.n_lines)}: {source.n_lines} lines; split it, {MAX_LINES} are the limit"
        for source in read_sources(root).values()
        if source.n_lines > MAX_LINES
    ]


def names(root: Path) -> list[str]:
    """A module is named for what lives in it."""
    return [
        f"{source.at(1)}: '{source.module}' says nothing about its content; name it for what lives there"
        for source in read_sources(root).values()
        if VAGUE_WORDS & set(source.module.replace(".", "_").lower().split("_"))
    ]


def prints(root: Path) -> list[str]:
    """Only the command line prints."""
    return [
        f"{source.at(node.lineno)}: print() outside backtest/cli; return the text, or raise"
        for source in read_sources(root).values()
        if not is_below(source.module, "backtest.cli")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


# ------------------------------------------------------------------------------------------ this repository

RULES: tuple[Rule, ...] = (floors, cycles, faces, offers, own_faces, kernels, lengths, names, prints)


@pytest.mark.parametrize("floor", FLOORS)
def test_the_floor_is_there(floor: str) -> None:
    assert (ROOT / floor / "__init__.py").is_file(), f"{floor}/__init__.py is missing: the rules watch nothing"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    violations = rule(ROOT)
    assert not violations, "\n".join([str(rule.__doc__), *violations])


# ------------------------------------------------------------------------------------ planted violations


def build(root: Path, files: dict[str, str]) -> Path:
    for place, text in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_passes(rule: Rule, tmp_path: Path) -> None:
    assert rule(build(tmp_path, SOUND_HOUSE)) == []


PLANTED: list[tuple[Rule, dict[str, str], str]] = [
    (floors, {"data/load.py": "\nimport strategies.targets"}, "data/load.py:2"),
    (floors, {"data/load.py": "def f():\n    from backtest import run"}, "data/load.py:2"),
    (floors, {"strategies/targets.py": "from backtest.engine import run"}, "strategies/targets.py:1"),
    (
        floors,
        {"strategies/a.py": "\nimportlib.import_module('backtest.x')"},
        "strategies/a.py:2",
    ),
    (floors, {"backtest/engine.py": "from tests import naive"}, "backtest/engine.py:1"),
    (cycles, {"data/errors.py": "import data.load"}, "data/errors.py:1"),
    (cycles, {"data/errors.py": "def f():\n    from data import load"}, "data/errors.py:2"),
    (cycles, {"backtest/engine.py": "from backtest.engine import simulate"}, "backtest/engine.py:1"),
    (
        cycles,
        {"data/siblings.py": "from . import jit", "data/jit.py": "from . import siblings"},
        "data/jit.py:1",
    ),
    (cycles, {"data/costs/models.py": "from data.costs import Costs"}, "data/costs/__init__.py:1"),
    (faces, {"data/__init__.py": GUARD + "def f(): ..."}, "data/__init__.py:3"),
    (faces, {"data/__init__.py": "VERSION = '1'"}, "data/__init__.py:1"),
    (
        faces,
        {"data/__init__.py": "try:\n    start()\nexcept ImportError:\n    raise"},
        "data/__init__.py:1",
    ),
    (faces, {"data/costs/__init__.py": "check_siblings(__file__)"}, "data/costs/__init__.py:1"),
    (faces, {"data/costs/__init__.py": "offer(__name__, {})"}, "data/costs/__init__.py:1"),
    (faces, {"data/__init__.py": "if TYPE_CHECKING:\n    VERSION = '1'"}, "data/__init__.py:1"),
    (offers, {"backtest/__init__.py": OFFER.replace("backtest.result:R", "backtest.result")}, "backtest/__init__.py:8"),
    (offers, {"backtest/__init__.py": OFFER.replace("__all__ = ['Result', ", "__all__ = [")}, "backtest/__init__.py:8"),
    (offers, {"backtest/__init__.py": OFFER.replace(", 'simulate': 'b", ", 'run': 'b")}, "backtest/__init__.py:8"),
    (own_faces, {"backtest/engine.py": "from backtest import run"}, "backtest/engine.py:1"),
    (own_faces, {"backtest/engine.py": "import backtest"}, "backtest/engine.py:1"),
    (own_faces, {"data/costs/models.py": "from . import Costs"}, "data/costs/models.py:1"),
    (
        own_faces,
        {"data/__init__.py": "from data.load import load", "data/fx.py": "from data import load"},
        "data/fx.py:1",
    ),
    (kernels, {"backtest/kernels/ledger.py": "import pandas as pd"}, "backtest/kernels/ledger.py:1"),
    (
        kernels,
        {"data/costs/kernels.py": "\nfrom data.errors import DataError"},
        "data/costs/kernels.py:2",
    ),
    (
        kernels,
        {"data/costs/kernels.py": "from collections import OrderedDict"},
        "data/costs/kernels.py:1",
    ),
    (lengths, {"data/load.py": "x = 1\n" * 401}, "data/load.py:401"),
    (names, {"data/utils.py": ""}, "data/utils.py:1"),
    (names, {"data/misc/rates.py": ""}, "data/misc/rates.py:1"),
    (names, {"data/_date_helpers.py": ""}, "data/_date_helpers.py:1"),
    (prints, {"backtest/engine.py": "def f():\n    print('NAV')"}, "backtest/engine.py:2"),
]


@pytest.mark.parametrize(("rule", "planted", "where"), PLANTED)
def test_the_rule_finds_a_planted_violation(rule: Rule, planted: dict[str, str], where: str, tmp_path: Path) -> None:
    violations = rule(build(tmp_path, SOUND_HOUSE | planted))
    assert any(line.startswith(f"{where}: ") for line in violations), violations


def test_400_lines_are_allowed(tmp_path: Path) -> None:
    assert lengths(build(tmp_path, SOUND_HOUSE | {"data/load.py": "x = 1\n" * MAX_LINES})) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES)
