"""A remedy of one's own: a file that joins a lab, and one clear line for what is wrong in it."""

import pytest

from minillm.labs.comparing import run_lab
from minillm.labs.own_remedy import RemedyError, with_own_remedy
from tests.labs.planted_lab import STUDY, TEMPLATE, TRIED

LAB = 'LAB = "planted_lab"\n'


@pytest.fixture
def write(tmp_path):
    """Write a remedy; its path."""

    def written(text):
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_file_takes_its_place_in_the_table(write, tmp_path):
    lab, name = with_own_remedy(STUDY, write(TEMPLATE))
    _, result = run_lab(lab, [0, 1], tmp_path / "out")
    assert name == "own: mine" and result.remedies == ["nothing", "strong", "idle", name]
    assert result.values(name, "share").tolist() == [0.9, 0.9]
    assert lab.comparisons == 3 and (name, "share") in result.verdicts()
    assert len(result.cost[name]) == 2


def test_a_changed_file_is_measured_again_and_nothing_else(write, tmp_path):
    for text in (TEMPLATE, TEMPLATE.replace("0.9", "0.3")):
        TRIED.clear()
        lab, name = with_own_remedy(STUDY, write(text))
        _, result = run_lab(lab, [0, 1], tmp_path / "out", keep=True)
    assert TRIED == [] and result.values(name, "share").tolist() == [0.3, 0.3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def remedy(case)\n    pass\n", r"mine\.py, line 1: SyntaxError: expected ':'"),
        (LAB + "import nothing_like_it\n", r"mine\.py, line 2: ModuleNotFoundError: No module"),
        (LAB + "x = 1 / 0\n", r"mine\.py, line 2: ZeroDivisionError: division by zero"),
        (LAB + "open('no such file')\n", r"mine\.py, line 2: FileNotFoundError: .*no such file"),
        (LAB, r"mine\.py: a function remedy\(case\) is needed, got None"),
        (LAB + "remedy = 3\n", r"mine\.py: a function remedy\(case\) is needed, got 3"),
        ('LAB = "other"\n', r"for lab 'other' and does not apply to 'planted_lab'"),
        ("def remedy(case): pass\n", r'LAB is missing; LAB = "planted_lab" says'),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_line(text, says, write):
    with pytest.raises(RemedyError, match=says) as caught:
        with_own_remedy(STUDY, write(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return case.nothing", r"mine\.py, line 5: AttributeError: .*'nothing'"),
        ("raise ValueError('two\\nlines')", r"mine\.py, line 5: ValueError: two lines"),
        ("return [][0]", r"mine\.py, line 5: IndexError"),
        ("return None", r"remedy\(case\) must return a float, got NoneType"),
    ],
)
def test_a_remedy_that_fails_is_said_with_its_line(body, says, write, tmp_path):
    lab, _ = with_own_remedy(STUDY, write(f"{LAB}\n\ndef remedy(case):\n    {body}\n"))
    with pytest.raises(RemedyError, match=says) as caught:
        run_lab(lab, [0, 1], tmp_path / "out")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        with_own_remedy(STUDY, tmp_path / "missing.py")
