"""What holds for the whole package: floors, line budgets, signatures, docstrings, imports."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import minillm
from minillm.autograd import Op

PACKAGE = Path(minillm.__file__).parent
FLOORS = [
    *("backend", "autograd", "ops", "nn", "optim", "text", "models"),
    *("training", "tasks", "labs", "course", "commands"),
]
LATE = [
    *("safetensors", "tqdm", "matplotlib", "cupy", "jupyter", "jupytext", "mpi4py"),
    *("hypothesis", "minillm.labs", "minillm.course", "minillm.commands"),
]
FILE_LINES, FUNCTION_LINES, COLUMNS = 250, 40, 100
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported_modules(source: str, path: Path) -> Iterator[str]:
    """Dotted names of what a module imports, relative imports resolved, names included.

    ``path`` is the module's place inside the package: ``ops/losses.py``.
    """
    package = ["minillm", *path.parts[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def used_through_the_package(source: str) -> Iterator[str]:
    """``minillm.nn`` for every ``minillm.nn...`` that stands in the code, also as ``m.nn...``."""
    tree = ast.parse(source)
    aliases = {"minillm"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {a.asname for a in node.names if a.name == "minillm" and a.asname}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in aliases:
            yield f"minillm.{node.attr}"


def homes(source: str) -> dict[str, str]:
    """The floor of each name that the package itself offers: ``Parameter`` is from ``autograd``."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom):
            parts = (node.module or "").split(".")[1:]  # after `minillm`
            for alias in node.names:
                found[alias.asname or alias.name] = parts[0] if parts else alias.name
    return found


HOMES = homes((PACKAGE / "__init__.py").read_text(encoding="utf-8"))


def imported_floors(source: str, path: Path) -> set[str]:
    """The floors that a module imports from, in whatever spelling."""
    given = [*imported_modules(source, path), *used_through_the_package(source)]
    names = {name.split(".")[1] for name in given if name.startswith("minillm.")}
    if "*" in names:
        names |= {*HOMES}
    return {HOMES.get(name, name) for name in names}


def floors_above(source: str, path: Path) -> set[str]:
    """The floors that the module at ``path`` must not import from, but does."""
    floor = FLOORS.index(path.parts[0])
    return imported_floors(source, path) & set(FLOORS[floor + 1 :])


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def excesses(source: str) -> list[str]:
    """Where a module goes over the line budget."""
    lines = source.splitlines()
    found = [f"{len(lines)} lines"] if len(lines) > FILE_LINES else []
    found += [f"line {i} is {len(s)} wide" for i, s in enumerate(lines, 1) if len(s) > COLUMNS]
    for function in functions(ast.parse(source)):
        length = lines_without_docstring(function)
        if length > FUNCTION_LINES:
            found.append(f"{function.name} has {length} lines")
    return found


def in_package(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


each_module = pytest.mark.parametrize("path", MODULES, ids=in_package)


def test_every_package_is_a_floor():
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert packages <= set(FLOORS)


@each_module
def test_modules_import_only_their_own_floor_and_those_below(path):
    place = path.relative_to(PACKAGE)
    if place.parts[0] in FLOORS:
        above = floors_above(path.read_text(encoding="utf-8"), place)
        assert not above, f"{place} imports from above: {sorted(above)}"


def test_training_knows_nothing_of_text():
    """An order is indices and a task makes batches of them, whatever its examples are."""
    for path in MODULES:
        place = path.relative_to(PACKAGE)
        if place.parts[0] == "training":
            assert "text" not in imported_floors(path.read_text(encoding="utf-8"), place), place


@pytest.mark.parametrize(
    "source",
    [
        "import minillm.nn",
        "import minillm.nn.linear as layer",
        "import numpy, minillm.nn.linear",
        "from minillm.nn import Linear",
        "from minillm.nn.linear import Linear",
        "from minillm import nn",
        "from minillm import autograd, nn as layers",
        "from .. import nn",
        "from ..nn import Linear",
        "from ..nn.linear import Linear",
        "if TYPE_CHECKING:\n    from minillm.nn import Linear",
        "def late():\n    from ..nn import Linear",
    ],
)
def test_a_planted_import_from_above_is_caught(source):
    assert floors_above(source, Path("ops/planted.py")) == {"nn"}
    assert floors_above(source, Path("nn/planted.py")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from minillm import Parameter",
        "from minillm import stream, Parameter as P",
        "from .. import Parameter",
        "import minillm\nx = minillm.Parameter(1)",
        "import minillm as m\nx = m.Parameter(1)",
        "import minillm.backend\nx = minillm.autograd.Parameter(1)",
        "if TYPE_CHECKING:\n    from minillm import Tensor",
        "def late():\n    from minillm import gradients_of",
    ],
)
def test_a_name_of_the_whole_package_counts_as_its_floor(source):
    assert floors_above(source, Path("backend/planted.py")) == {"autograd"}
    assert floors_above(source, Path("autograd/planted.py")) == set()


def test_all_names_at_once_count_as_every_floor_that_has_one():
    everything = {*HOMES.values()} & set(FLOORS)
    assert {"autograd", "nn", "optim"} <= everything
    for source in ("from minillm import *", "from .. import *"):
        assert floors_above(source, Path("backend/planted.py")) == everything - {"backend"}


def test_every_name_of_the_whole_package_has_a_floor():
    assert {*minillm.__all__} <= {*HOMES}
    assert {*HOMES.values()} <= set(FLOORS)
    for name, floor in HOMES.items():
        assert hasattr(importlib.import_module(f"minillm.{floor}"), name) or name == floor


def test_what_is_no_floor_of_the_package_may_be_imported():
    for source in ("import minillm", "from minillm import __version__", "import minillm.backend"):
        assert floors_above(source, Path("backend/planted.py")) == set()
    assert floors_above("x = other.minillm.nn", Path("backend/planted.py")) == set()


def test_relative_imports_are_resolved_from_where_they_stand():
    assert floors_above("from ...nn import x", Path("text/corpora/planted.py")) == set()
    assert floors_above("from ...models import x", Path("text/corpora/planted.py")) == {"models"}
    assert floors_above("from ..models import x", Path("text/corpora/planted.py")) == set()
    assert floors_above("from . import nn", Path("ops/planted.py")) == set()
    assert floors_above("import numpy.nn", Path("ops/planted.py")) == set()


@each_module
def test_files_functions_and_lines_are_short(path):
    assert excesses(path.read_text(encoding="utf-8")) == []


def test_planted_excesses_are_caught():
    body = "    x = 1\n"
    assert excesses(f"def short():\n{body * 39}") == []
    assert excesses(f"def long():\n{body * 40}") == ["long has 41 lines"]
    docstring = '    """One.\n\n    Two.\n    """\n'
    assert excesses(f"def documented():\n{docstring}{body * 39}") == []
    assert excesses("x = 1\n" * 250) == []
    assert excesses("x = 1\n" * 251) == ["251 lines"]
    assert excesses(f"# {'x' * 99}") == ["line 1 is 101 wide"]


@each_module
def test_no_check_lives_in_an_assert_statement(path):
    """``python -O`` would drop it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def opened_without_encoding(source: str) -> list[int]:
    """Lines that read or write text in whatever encoding the machine prefers."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        opens = name == "open" or name.endswith((".open", ".read_text", ".write_text"))
        modes = [a.value for a in node.args if isinstance(a, ast.Constant)]
        binary = any(
            isinstance(mode, str) and set("b") <= set(mode) <= set("rwxab+") for mode in modes
        )
        if opens and name != "os.open" and not binary:
            found += [node.lineno] if all(k.arg != "encoding" for k in node.keywords) else []
    return found


@each_module
def test_text_files_are_opened_with_an_encoding(path):
    assert opened_without_encoding(path.read_text(encoding="utf-8")) == []


def test_planted_opens_without_an_encoding_are_caught():
    planted = ["open(p)", "p.open('w')", "p.read_text()", "p.write_text(text)"]
    assert [opened_without_encoding(line) for line in planted] == [[1]] * 4
    fine = ["open(p, 'rb')", "p.open('wb')", "p.read_text(encoding='utf-8')", "os.open(p, 0)"]
    assert [opened_without_encoding(line) for line in fine] == [[]] * 4


def written_in_place(source: str) -> list[int]:
    """Lines that replace a file without ``write_atomically``; what appends does not."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        opens = name == "open" or name.endswith(".open")
        given = [*node.args, *(k.value for k in node.keywords if k.arg == "mode")]
        modes = [a.value for a in given if isinstance(a, ast.Constant)]
        writing = any(isinstance(m, str) and set("wx+") & set(m) for m in modes)
        if name.endswith((".write_text", ".write_bytes")) or (opens and writing):
            found.append(node.lineno)
    return found


@each_module
def test_files_are_replaced_in_one_way_only(path):
    if in_package(path) != "backend/files.py":
        assert written_in_place(path.read_text(encoding="utf-8")) == []


def test_planted_writes_in_place_are_caught():
    planted = ["p.write_text(t)", "p.write_bytes(b)", "open(p, 'wb')", "p.open(mode='x')"]
    assert [written_in_place(line) for line in planted] == [[1]] * 4
    fine = ["open(p)", "open(p, 'rb')", "open(p, 'a', encoding='utf-8')", "write_atomically(p, b)"]
    assert [written_in_place(line) for line in fine] == [[]] * 4


def packages() -> list[str]:
    found = [m.name for m in pkgutil.walk_packages([str(PACKAGE)], "minillm.") if m.ispkg]
    return sorted(["minillm", *found])


@pytest.mark.parametrize("name", packages())
def test_every_public_name_exists_once_and_is_documented(name):
    package = importlib.import_module(name)
    public = list(getattr(package, "__all__", []))
    assert len(public) == len(set(public))
    for item in public:
        value = getattr(package, item)
        if inspect.isfunction(value) or inspect.isclass(value) or isinstance(value, Op):
            assert inspect.getdoc(value), f"{name}.{item}"
            assert (inspect.getdoc(value) or "").split("\n")[0].strip(), f"{name}.{item}"


@pytest.mark.parametrize("name", ["minillm", "minillm.ops", "minillm.autograd", "minillm.backend"])
def test_importing_loads_nothing_that_is_needed_only_later(name):
    program = f"import sys, {name}; print(*[m for m in {LATE} if m in sys.modules])"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == ""
