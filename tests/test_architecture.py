"""What holds for the whole package: floors, line budgets, signatures, docstrings, imports."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import minillm
from minillm.autograd import Op

PACKAGE = Path(minillm.__file__).parent
FLOORS = [
    *("backend", "autograd", "ops", "nn", "optim", "text", "models"),
    *("training", "tasks", "serving", "labs", "course", "commands"),
]
LATE = [
    *("safetensors", "tqdm", "matplotlib", "cupy", "jupyter", "jupytext", "mpi4py"),
    *("hypothesis", "starlette", "uvicorn"),
    *("minillm.serving", "minillm.labs", "minillm.course", "minillm.commands"),
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
    return path.relative_to(PACKAGE).as_posix()


SOURCES = {in_package(path): path.read_text(encoding="utf-8") for path in MODULES}


def faults(check: Callable[[str], list], *but: str) -> dict[str, list]:
    """What a rule finds, by module; modules whose names begin with ``but`` are not read."""
    read = {name: source for name, source in SOURCES.items() if not name.startswith(but)}
    return {name: found for name, source in read.items() if (found := check(source))}


def test_every_package_is_a_floor():
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert packages <= set(FLOORS)


def test_modules_import_only_their_own_floor_and_those_below():
    places = {Path(name): source for name, source in SOURCES.items()}
    inside = {place: source for place, source in places.items() if place.parts[0] in FLOORS}
    above = {place: floors_above(source, place) for place, source in inside.items()}
    assert {place: found for place, found in above.items() if found} == {}


def test_training_knows_nothing_of_text():
    """An order is indices and a task makes batches of them, whatever its examples are."""
    for name, source in SOURCES.items():
        if name.startswith("training/"):
            assert "text" not in imported_floors(source, Path(name)), name


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
    assert {*HOMES.values()} <= {*FLOORS, "launching"}  # which stands below all of them
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


def test_files_functions_and_lines_are_short():
    assert faults(excesses) == {}


def test_planted_excesses_are_caught():
    body = "    x = 1\n"
    assert excesses(f"def short():\n{body * 39}") == []
    assert excesses(f"def long():\n{body * 40}") == ["long has 41 lines"]
    docstring = '    """One.\n\n    Two.\n    """\n'
    assert excesses(f"def documented():\n{docstring}{body * 39}") == []
    assert excesses("x = 1\n" * 250) == []
    assert excesses("x = 1\n" * 251) == ["251 lines"]
    assert excesses(f"# {'x' * 99}") == ["line 1 is 101 wide"]


def asserted(source: str) -> list[int]:
    """Lines with an ``assert``, which ``python -O`` would drop."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def test_no_check_lives_in_an_assert_statement():
    assert asserted("x = 1\nassert x") == [2]
    assert faults(asserted) == {}


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


def test_text_files_are_opened_with_an_encoding():
    assert faults(opened_without_encoding) == {}


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


def test_files_are_replaced_in_one_way_only():
    assert faults(written_in_place, "backend/files.py") == {}


def test_planted_writes_in_place_are_caught():
    planted = ["p.write_text(t)", "p.write_bytes(b)", "open(p, 'wb')", "p.open(mode='x')"]
    assert [written_in_place(line) for line in planted] == [[1]] * 4
    fine = ["open(p)", "open(p, 'rb')", "open(p, 'a', encoding='utf-8')", "write_atomically(p, b)"]
    assert [written_in_place(line) for line in fine] == [[]] * 4


def underscored(source: str) -> list[str]:
    """Functions, methods, classes and constants whose names begin with one underscore.

    A name that Python or a notebook asks for, such as ``_repr_html_``, ends with one too.  An
    attribute behind a property may begin with one.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append(node.name)
        if isinstance(node, ast.Module | ast.ClassDef):
            for line in node.body:
                named = getattr(line, "value", None)  # `_x: int` only announces an attribute
                targets = [*getattr(line, "targets", []), named and getattr(line, "target", None)]
                found += [name.id for name in targets if isinstance(name, ast.Name)]
    return [name for name in found if re.fullmatch(r"_[^_](.*[^_])?", name)]


def test_helpers_of_a_module_have_plain_names():
    assert faults(underscored) == {}


def test_planted_underscores_are_caught():
    planted = [
        *("def _f(): pass", "class _C: pass", "_X = 1", "_x: int = 1", "async def _f(): pass"),
        *("class C:\n    def _f(self): pass", "def f():\n    def _g(): pass", "a = _x = 1"),
    ]
    assert [len(underscored(source)) for source in planted] == [1] * len(planted)
    fine = [
        *("def f():\n    _x = 1", "class C:\n    def __len__(self): pass", "for _ in x: pass"),
        *("class C:\n    def _repr_html_(self): pass", "self._x = 1", "class C:\n    _x: int"),
        "__all__ = []",
    ]
    assert [underscored(source) for source in fine] == [[]] * len(fine)


# the streams themselves; a corpus draws as it always did; an exercise draws its own inputs, and a
# remark on it names the seed that a generator was made from
GENERATORS = (
    *("backend/randomness.py", "text/corpora/corpus.py"),
    *("course/content/checks/", "course/remarks.py"),
)


def generators_made(source: str) -> list[int]:
    """Lines that make a generator of random numbers without ``stream(seed, purpose, place)``."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    makers = {"default_rng", "Generator", "RandomState", "Random"}
    return [node.lineno for node in calls if ast.unparse(node.func).split(".")[-1] in makers]


def test_random_numbers_come_from_named_streams():
    assert faults(generators_made, *GENERATORS) == {}


def test_planted_generators_are_caught():
    planted = ["np.random.default_rng(0)", "default_rng(s)", "np.random.Generator(b)", "Random(0)"]
    assert [generators_made(line) for line in planted] == [[1]] * 4
    fine = ["stream(0, 'order')", "rng: np.random.Generator", "'default_rng(0)'", "rng.random(3)"]
    assert [generators_made(line) for line in fine] == [[]] * 4


def docstrings(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "name", "module"), ast.get_docstring(node) or ""


def misprints(docstring: str) -> list[str]:
    """What reStructuredText would not print as it is meant.

    A paragraph that is indented after a blank line is a formula or an example, and is printed as
    it stands only if the one before it ends with ``::``.
    """
    found, margin, literal, expected = [], 0, False, False
    for paragraph in re.split(r"\n(?: *\n)+", docstring):
        lines = paragraph.split("\n")
        indents = [len(line) - len(line.lstrip()) for line in lines]
        deeper = indents[0] > margin
        if expected and not deeper:
            found.append(f"no indented block under '::': {lines[0]}")
        if deeper and not literal:
            found.append(f"an indented block without '::' above it: {lines[0]}")
        if literal and deeper:
            expected = False
            if min(indents) <= margin:
                found.append(f"no blank line under a literal block: {lines[-1]}")
            continue
        found += misread(paragraph)
        literal = expected = paragraph.endswith("::")
        margin = indents[-1] if literal else indents[0]
    return found + ["nothing under the last '::'"] * expected


def misread(paragraph: str) -> list[str]:
    """Signs outside backquotes that mean something else, and lines that are indented oddly."""
    text = re.sub(r"``[^`]+``(?!\w)", "code", paragraph)
    text = re.sub(r"(?<!\w)\*(?=[^\s*])[^*]+(?<=[^\s*])\*(?!\w)", "emphasis", text)
    signs = re.findall(r"`.*|(?<!\w)(?:\*{1,2}|\|)(?=[^\s*]).*|\b\w+_(?!\w)", text)
    found = [f"a sign outside double backquotes: {sign}" for sign in signs]
    lines = paragraph.split("\n")
    found += [f"no blank line under '::': {line}" for line in lines[:-1] if line.endswith("::")]
    if not any(re.fullmatch(r" *[A-Z][a-z]+:", line) for line in lines):  # not below "Raises:"
        indents = [len(line) - len(line.lstrip()) for line in lines]
        for i in range(2, len(lines)):
            same = indents[i - 2] == indents[i - 1] and not lines[i - 1].lstrip().startswith("* ")
            if same and indents[i - 1] < indents[i]:
                found.append(f"a line indented inside a paragraph: {lines[i]}")
    return found


def all_misprints(source: str) -> list[str]:
    """What would be misprinted, behind the name of what has the docstring."""
    return [f"{name}: {m}" for name, text in docstrings(source) for m in misprints(text)]


def test_docstrings_are_printed_as_they_are_meant():
    assert faults(all_misprints) == {}


@pytest.mark.parametrize(
    "docstring",
    [
        "The sum.\n\n    y = a + b\n\nShapes: any.",
        "The sum:\n\n    y = a + b\n\nShapes: any.",
        "One.\n\nThe sum, in\ntwo lines.\n\n    y = a + b",
        "The sum::\n\ny = a + b",
        "The sum::\n    y = a + b",
        "The sum::\n\n    y = a + b\nShapes: any.",
        "The sum::\n\n    y = a\n\nThe rest.\n\n    z = b",
        "The sum::",
        "It is |i - j| times.",
        "It is exp(-|z|).",
        "Takes *parts and more.",
        "Takes **settings.",
        "Calls `rule`.",
        "Calls ``rule`.",
        "Of ``rule``s.",
        "The rest, x_, is left.",
        "Calls __init__ first.",
        "One line,\nanother,\n    and a third.",
    ],
)
def test_a_planted_misprint_is_caught(docstring):
    assert misprints(docstring)


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        "One sentence.",
        "The sum::\n\n    y = a + |b|\n\n    z = `*c\n        d_\n\nShapes: any.",
        "The ``|sum|`` of ``x_``, *not* of 2 * y::\n\n    y = a",
        "Text.\n\n* one ``*x``;\n* two,\n  in two lines\n\nThe end.",
        "Text.\n\nRaises:\n    A: this.\n    B: that, or\n        more.\nSource: who,\n    where.",
        "Text.\n\nSource: who, when,\n    where.",
        "Pairs x|y and a*b.",
    ],
)
def test_a_docstring_that_is_printed_well_passes(docstring):
    assert misprints(docstring) == []


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
