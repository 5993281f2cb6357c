"""How an answer is tried: what it may not do, and what it is told."""

import importlib
import random
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

from minillm import ops
from minillm.course.exercises import Exercise, Property, WrongAnswer, check
from minillm.course.remarks import Case, as_value
from minillm.course.watching import Wrong
from minillm.models.word_vectors import Word2VecSettings

NUMBERS = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=3).map(np.array)
TITLE = ("it is tanh", "它是双曲正切")


def is_tanh(tanh, x):
    if not np.allclose(tanh(x), np.tanh(x)):
        raise Wrong("it is off", "不对")


def draws(noise, seed):
    rng = np.random.default_rng(seed)
    if np.array_equal(noise(rng), noise(rng)):
        raise Wrong("asked twice, it gives the same", "问两次，结果相同")


def is_named(tanh, case):
    is_tanh(tanh, case.value)


CASES = st.sampled_from([Case("zero", "零", np.zeros(1)), Case("two", "二", np.full(1, 2.0))])


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    """Lesson 99: tanh without the library and with some of it, noise, named cases."""
    exercises = {
        "99.1": Exercise(Property(*TITLE, is_tanh, {"x": NUMBERS})),
        "99.2": Exercise(
            Property(*TITLE, is_tanh, {"x": NUMBERS}), allows=("minillm.ops.sigmoid",)
        ),
        "99.3": Exercise(Property("it draws", "它取随机数", draws, {"seed": st.integers(0, 9)})),
        "99.4": Exercise(Property(*TITLE, is_named, {"case": CASES})),
    }
    name = "minillm.course.content.checks.lesson_99"
    monkeypatch.setitem(sys.modules, name, SimpleNamespace(CHECKS=exercises))


def message(answer, number="99.1"):
    with pytest.raises(WrongAnswer) as caught:
        check(number, answer)
    assert len(str(caught.value).splitlines()) <= 12
    return str(caught.value)


def through_the_library(x):
    return ops.tanh(x).data


def through_the_rule(x):
    return ops.tanh.rule(x)[0]


def library_after_all(x):
    try:
        return ops.tanh(x).data
    except BaseException:
        return np.tanh(x)


@pytest.mark.parametrize("answer", [through_the_library, through_the_rule, library_after_all])
def test_the_librarys_own_op_is_out_of_reach(answer):
    said = message(answer)
    assert "tanh: the exercise is to write that by hand" in said and "要求自己写出来" in said


def test_the_op_itself_is_no_answer():
    assert "it calls ops.tanh: the exercise is to write that by hand" in message(ops.tanh)


def test_a_class_of_the_library_is_named_and_not_the_machinery_of_dataclasses():
    def with_settings(x):
        return np.tanh(x) + 0 * Word2VecSettings().width

    said = message(with_settings)
    assert "it calls models.word_vectors.settings.Word2VecSettings: the exercise" in said


def test_a_module_of_the_library_is_named_whatever_its_import_calls(monkeypatch):
    name = "minillm.models.word_vectors.settings"
    monkeypatch.setitem(sys.modules, name, sys.modules[name])  # is put back
    del sys.modules[name]

    def with_an_import(x):
        importlib.import_module(name)
        return np.tanh(x)

    said = message(with_an_import)
    assert f"it imports {name}: the exercise is to write that by hand" in said
    assert f"它导入了 {name}：本题要求自己写出来" in said


def test_what_an_exercise_allows_may_be_called_and_nothing_else(capsys):
    def by_sigmoid(x):
        return 2 * ops.sigmoid(2 * x).data - 1

    assert sys.getprofile() is None
    said = message(by_sigmoid)
    assert "ops.sigmoid" in said
    with pytest.raises(WrongAnswer, match=r"ops\.tanh"):
        check("99.2", through_the_library)
    assert sys.getprofile() is None


def test_an_argument_that_changes_is_refused():
    def in_place(x):
        return np.tanh(x, out=x)

    headline, _, call = message(in_place).splitlines()  # no property of the exercise is named
    assert headline.startswith("99.1  ✗  tanh has changed an argument in place: ")
    assert call.strip() == "tanh(x=np.array([1.0]))"


def test_a_call_with_arguments_that_have_no_names_can_be_pasted():
    def of_all(*arrays):
        return np.zeros_like(arrays[0])

    assert "    tanh(np.array([1.0]))" in message(of_all).splitlines()


def test_an_answer_that_counts_its_calls_is_refused():
    seen = []

    def by_turns(x):
        seen.append(x)
        return np.tanh(x) + len(seen) % 2

    assert "called twice with the same arguments it gives two results" in message(by_turns)


def with_global_numbers(x):
    return np.tanh(x) + 0 * np.random.random()


def with_pythons_numbers(x):
    return np.tanh(x) + 0 * random.random()


def seeding(x):
    np.random.seed(0)
    return np.tanh(x)


@pytest.mark.parametrize("answer", [with_global_numbers, with_pythons_numbers, seeding])
def test_global_random_numbers_are_refused(answer):
    assert "global random numbers" in message(answer)


def test_a_generator_moves_on_but_each_pair_of_calls_starts_alike(capsys):
    check("99.3", lambda rng: rng.random(3))
    assert "✓" in capsys.readouterr().out
    assert "asked twice" in message(lambda rng: np.random.default_rng(1).random(3), "99.3")
    unseeded = message(lambda rng: np.random.default_rng().random(3), "99.3")
    assert "two results" in unseeded
    assert "rng=np.random.default_rng(0)" in unseeded


def test_a_forgotten_return_is_told():
    def forgot(x):
        np.tanh(x)

    assert "tanh returned None: is a return missing?" in message(forgot)


def test_an_error_is_told_with_the_line_that_the_student_wrote():
    def divides(x):
        half = x / 2
        return np.linalg.inv(half)

    lines = message(divides).splitlines()
    assert any("LinAlgError: " in line for line in lines)
    line = divides.__code__.co_firstlineno + 2
    assert any(f"in line {line} of the cell" in each for each in lines)
    assert lines[-1].strip() == "return np.linalg.inv(half)"


def test_not_implemented_in_a_real_answer_is_an_error_and_in_a_stub_is_none(capsys):
    def begun(x):
        if x.size > 0:
            raise NotImplementedError("later")

    def stub(x):
        raise NotImplementedError("write it here")

    assert "NotImplementedError: later" in message(begun)
    check("99.1", stub)
    assert "not answered yet" in capsys.readouterr().out


def test_whatever_an_answer_prints_the_message_is_short(capsys):
    def talks(x):
        for i in range(142):
            print("step", i)
        return x

    said = message(talks)
    assert "it printed 142 line(s), the first" in said and "step 0" in said
    assert capsys.readouterr().out == ""


def test_the_arguments_can_be_pasted():
    said = message(lambda x: x)
    (call,) = [line.strip() for line in said.splitlines() if "np.array(" in line]
    assert call == "tanh(x=np.array([1.0]))"


def test_a_long_list_of_one_word_is_short():
    assert as_value(["a"] * 200) == "['a'] * 200"
    assert as_value(["a", "b"]) == "['a', 'b']" and as_value([]) == "[]"


def test_an_array_without_numbers_keeps_its_kind():
    assert as_value(np.zeros(0, dtype=int)) == "np.array([], dtype=np.int64)"
    assert as_value(np.zeros(0)) == "np.array([])"
    assert as_value(np.zeros(1, dtype=int)) == "np.array([0])"


def test_a_named_case_is_told_in_both_languages():
    assert "case: two  ·  二" in message(lambda x: x, "99.4")


def test_nothing_is_left_in_the_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    check("99.1", np.tanh)
    message(lambda x: x)
    assert list(tmp_path.iterdir()) == []
