"""Markers above tests are read as pytest applies them; a test that may not run is told apart."""

import re
import subprocess
import sys

import pytest

from minillm.course.markers import KINDS, marked, marks, marks_in
from minillm.course.places import PROJECT


def read(source):
    """Kind, value, name of the test, whether it always runs, of each marker."""
    found = marks_in("import pytest\n\n" + source, "t.py")
    return [(m.kind, m.value, m.test.removeprefix("t.py: "), m.always) for m in found]


TEST = "def test_a():\n    pass\n"
IN_CLASS = "class TestA:\n    def test_b(self):\n        pass\n"
PARAMETRISED = '@pytest.mark.parametrize("x", [{}])\ndef test_a(x):\n    pass\n'
SLOW_PARAM = "pytest.param(1, marks=[pytest.mark.slow, pytest.mark.fault(3)])"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (TEST, []),
        (f"@pytest.mark.fault(16)\n{TEST}", [("fault", 16, "test_a", True)]),
        (
            f'@pytest.mark.errata("A1", "A2")\n@pytest.mark.guide("G3")\n{TEST}',
            [
                ("errata", "A1", "test_a", True),
                ("errata", "A2", "test_a", True),
                ("guide", "G3", "test_a", True),
            ],
        ),
        (f"@pytest.mark.fault(1)\n@pytest.mark.slow\n{TEST}", [("fault", 1, "test_a", False)]),
        (
            f'@pytest.mark.skip(reason="x")\n@pytest.mark.fault(1)\n{TEST}',
            [("fault", 1, "test_a", False)],
        ),
        (
            f"pytestmark = pytest.mark.slow\n@pytest.mark.fault(1)\n{TEST}",
            [("fault", 1, "test_a", False)],
        ),
        (f"pytestmark = pytest.mark.fault(1)\n{TEST}", [("fault", 1, "test_a", True)]),
        (
            f"pytestmark = [pytest.mark.fault(1), pytest.mark.slow]\n{TEST}",
            [("fault", 1, "test_a", False)],
        ),
        (f"@pytest.mark.fault(1)\n{IN_CLASS}", [("fault", 1, "test_b", True)]),
        (
            f"{IN_CLASS}\n    pytestmark = pytest.mark.fault(1)\n",
            [("fault", 1, "test_b", True)],
        ),
        (
            "@pytest.mark.slow\n"
            "class TestA:\n    @pytest.mark.fault(1)\n    def test_b(self):\n        pass\n",
            [("fault", 1, "test_b", False)],
        ),
        (
            "pytestmark = pytest.mark.fault(54)\nTestMachine = Machine.TestCase\n",
            [("fault", 54, "TestMachine", True)],
        ),
        (f"f = pytest.mark.fault(1)\n\n@f\n{TEST}", [("fault", 1, "test_a", True)]),
        (
            f"from pytest import mark\n@mark.fault(1)\n{TEST}",
            [("fault", 1, "test_a", True)],
        ),
        (
            f"@pytest.mark.fault(1)\n{PARAMETRISED.format('1, 2')}",
            [("fault", 1, "test_a", True)],
        ),
        (
            PARAMETRISED.format("0, pytest.param(1, marks=pytest.mark.fault(3))"),
            [("fault", 3, "test_a", True)],
        ),
        (PARAMETRISED.format(SLOW_PARAM), [("fault", 3, "test_a", False)]),
        (
            f"@pytest.mark.fault(1)\n{PARAMETRISED.format(SLOW_PARAM)}",
            [
                ("fault", 1, "test_a", True),
                ("fault", 1, "test_a", False),
                ("fault", 3, "test_a", False),
            ],
        ),
        (
            f"CASES = [{SLOW_PARAM}]\n"
            '@pytest.mark.parametrize("x", CASES)\ndef test_a(x):\n    pass\n',
            [("fault", 3, "test_a", False)],
        ),
        ("@pytest.mark.fault(1)\ndef helper():\n    pass\n", []),
        ("@pytest.mark.fault(1)\nclass Helper:\n    def test_b(self):\n        pass\n", []),
    ],
)
def test_markers_are_read_from_functions_classes_modules_and_parameters(source, expected):
    assert read(source) == expected


@pytest.mark.parametrize(
    "marker",
    ["fault", "fault()", "fault(NUMBER)", "fault(number=1)", "guide(None)", "fault(1, X)"],
)
def test_a_marker_whose_value_is_not_written_out_is_refused(marker):
    with pytest.raises(ValueError, match=r"t\.py, line 3: a marker needs values .*pytest\.mark\."):
        read(f"@pytest.mark.{marker}\n{TEST}")


def test_values_come_in_the_order_of_files_with_each_test_once(tmp_path):
    for name in ("test_b.py", "sub/test_a.py", "helper.py"):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"import pytest\n\n@pytest.mark.guide('G1', 'G2')\n@pytest.mark.guide('G1')\n{TEST}"
        path.write_text(text, encoding="utf-8")
    both = ["tests/sub/test_a.py: test_a", "tests/test_b.py: test_a"]
    assert marked("guide", tmp_path) == {"G1": both, "G2": both}
    assert marked("fault", tmp_path) == {}


def test_the_reader_finds_what_pytest_collects():
    """Of one folder: the same tests are under ``-m KIND`` as there are marks that always run."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "--collect-only", "tests/guide"]
    asked = ["-m", f"({' or '.join(KINDS)}) and not slow"]
    run = subprocess.run(
        [*command, *asked], cwd=PROJECT, capture_output=True, encoding="utf-8", check=True
    )
    collected = {
        line.partition("[")[0].replace("::", ": ")
        for line in run.stdout.splitlines()
        if "::" in line
    }
    ours = {mark.test for mark in marks() if mark.always and mark.test.startswith("tests/guide/")}
    assert collected == ours and ours


def test_every_kind_is_declared_and_used():
    declared = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    used = {mark.kind for mark in marks()}
    assert used == set(KINDS) and all(f'"{kind}(*' in declared for kind in KINDS)


def numbered_properties(text):
    """References to a list of properties that nobody finds here: a name must say the property."""
    return re.findall(r"[Pp]ropert(?:y|ies) \d+", text)


def test_a_property_is_named_by_what_it_says():
    assert numbered_properties("Property 37, and by properties 2 and 6") == [
        "Property 37",
        "properties 2",
    ]
    for path in sorted((PROJECT / "tests").rglob("*.py")):
        if path.name != "test_markers.py":
            assert numbered_properties(path.read_text(encoding="utf-8")) == [], path
