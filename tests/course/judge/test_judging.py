"""Answers are judged in another process: in these tests, by another thread."""

import sys
from collections import OrderedDict
from multiprocessing.connection import Client
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

from minillm import ops
from minillm.course.content.checks.common import Counted, lines_run
from minillm.course.content.checks.ranks import Lookup
from minillm.course.exercises import Exercise, Misused, Property, WrongAnswer, check
from minillm.course.judge import encoding
from minillm.course.judge.answering import ADDRESS, KEY
from minillm.course.judge.encoding import receive, send
from minillm.course.judge.judging import Judge
from minillm.course.judge.verdicts import BEGUN, OPEN, RIGHT, WRONG
from minillm.course.watching import Wrong

TITLE = "it is right", "它是对的"


class Layer:
    """What an exercise may hand in: a number, and a function."""

    def __init__(self, slope):
        self.slope, self.hidden = slope, np.tanh

    def __repr__(self):
        return f"Layer({self.slope})"

    def apply(self, x):
        return self.slope * x


def is_tanh(answer, x):
    array = np.array(x)
    if not np.allclose(np.asarray(answer(array)), np.tanh(array)):
        raise Wrong("it is off", "不对")


def applies(answer, n):
    def rule(x):
        return 2 * x, lambda g: (3 * g,)

    x = np.ones(n)
    found = answer([Layer(n)], rule, x)
    if not np.allclose(found, n + 2 + 3):
        raise Wrong(f"{found}", "不对")


def changes_with(answer, n):
    x = np.arange(1.0, n + 1)
    if answer(lambda a: a[::-1], x) != "view" or answer(lambda a: a[::-1].copy(), x) != "copy":
        raise Wrong("it does not see which is which", "分不清")


def draws(answer, seed):
    rng = np.random.default_rng(seed)
    wanted = np.random.default_rng(seed).random(4)
    if not np.allclose([*answer(rng), *answer(rng)], wanted):
        raise Wrong("it does not go on", "没有接着取")


def goes_through(answer, n):
    array = np.arange(10 * n).view(Counted)
    if lines_run(answer, array) > 50 or array.taken[0] > 5:
        raise Wrong(f"{array.taken[0]} taken", "逐个取")


def is_the_same(answer, n):
    given = {"a": [1, (2.5, None)], "b": {n}, "c": b"x", "d": "\ud800", "e": np.float32(n)}
    if answer(given) != given or answer(1j) != 1j or answer(float("inf")) != float("inf"):
        raise Wrong("it is not", "不同")


def looks_up(answer, n):
    if answer(Lookup({(n, n): 3})) != 3:
        raise Wrong("it is off", "不对")


SMALL = {"n": st.integers(1, 3)}
NUMBERS = {"x": st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=3)}
EXERCISES = {
    "99.1": Exercise(Property(*TITLE, is_tanh, NUMBERS)),
    "99.2": Exercise(Property(*TITLE, applies, SMALL)),
    "99.3": Exercise(Property(*TITLE, draws, {"seed": st.integers(0, 3)})),
    "99.4": Exercise(Property(*TITLE, goes_through, SMALL)),
    "99.5": Exercise(Property(*TITLE, is_the_same, SMALL)),
    "99.7": Exercise(Property(*TITLE, looks_up, SMALL)),
    "99.8": Exercise(Property(*TITLE, changes_with, SMALL)),
    "99.6": Exercise(Property(*TITLE, is_tanh, NUMBERS), allows=("minillm",)),
}


@pytest.fixture(autouse=True)
def judge(tmp_path_factory, monkeypatch):
    """A judge at work, and lesson 99."""
    module = SimpleNamespace(CHECKS=EXERCISES)
    monkeypatch.setitem(sys.modules, "minillm.course.content.checks.lesson_99", module)
    with Judge(tmp_path_factory.mktemp("j")) as judge:
        for name, value in judge.environment.items():
            monkeypatch.setenv(name, value)
        yield judge


def by_hand(x):
    return np.sinh(x) / np.cosh(x)


def through_layers(layers, rule, x):
    y, vjp = rule(x)
    assert layers[0].slope >= 1 and rule.__name__ == "f"
    return layers[0].apply(x) + y + vjp(x)[0]


def result(judge, number):
    return judge.verdicts[number].result, judge.verdicts[number].message


RIGHT_ONES = [
    ("99.1", by_hand),
    ("99.1", lambda x: list(by_hand(x))),
    ("99.6", lambda x: ops.tanh(x)),
    ("99.2", through_layers),
    ("99.3", lambda rng: rng.random(2)),
    ("99.4", lambda array: array.sum()),
    ("99.5", lambda x: x),
    ("99.5", lambda x: OrderedDict(x) if isinstance(x, dict) else x),
    ("99.7", lambda d: next(d[n, n] for n in range(9) if (n, n) in d)),
    ("99.8", lambda rule, x: "view" if np.shares_memory(rule(x), x) else "copy"),
]


@pytest.mark.parametrize(("number", "answer"), RIGHT_ONES)
def test_a_right_answer_is_found_right_by_the_judge_alone(number, answer, judge, capsys):
    check(number, answer)
    assert capsys.readouterr().out == f"{number}  ✓\n"
    assert result(judge, number) == (RIGHT, "") and judge.verdicts[number].seconds > 0


def loops(array):
    total = 0
    for number in array:
        total += number
    return total


def recursive(x):
    return recursive(x)


def talks(x):
    for i in range(142):
        print("step", i)
    return x


def divides(x):
    half = x / 2
    return np.linalg.inv(half)


WRONG_ONES = [
    ("99.1", lambda x: x),
    ("99.1", lambda x: None),
    ("99.1", lambda x: np.tanh(x, out=x)),
    ("99.1", lambda x: by_hand(x) + np.random.random()),
    ("99.1", divides),
    ("99.1", recursive),
    ("99.1", talks),
    ("99.2", lambda layers, rule, x: rule(x)[0]),
    ("99.2", lambda layers, rule, x: rule(x, x)),
    ("99.2", lambda layers, rule, x: layers[0].slopes),
    ("99.3", lambda rng: np.random.default_rng(1).random(2)),
    ("99.4", loops),
    ("99.7", lambda d: d[min(d)]),
    ("99.4", lambda array: array.tolist()),
]


def said(number, answer):
    with pytest.raises(WrongAnswer) as caught:
        check(number, answer)
    return str(caught.value)


@pytest.mark.parametrize(("number", "answer"), WRONG_ONES)
def test_a_wrong_answer_is_told_the_same_as_without_a_judge(number, answer, judge, monkeypatch):
    with_judge = said(number, answer)
    assert judge.verdicts[number].result == WRONG
    monkeypatch.delenv(ADDRESS)
    without = said(number, answer).replace("rule()", "f()").replace("<locals>.rule", "<locals>.f")
    assert with_judge.splitlines()[:3] == without.splitlines()[:3]
    assert len(with_judge.splitlines()) <= 12


@pytest.mark.parametrize(
    "value",
    [
        (i for i in "ab"),
        abs,
        object(),
        np.array([abs]),
        10**5000,
        np.zeros(1000),
        "a" * 3000,
    ],
    ids=["generator", "function", "object", "objects", "digits", "array", "text"],
)
def test_what_cannot_be_sent_is_a_wrong_answer_that_says_so(value, judge, monkeypatch):
    monkeypatch.setattr(encoding, "MOST", 2000)
    message = said("99.5", lambda x: value)
    assert "cannot be compared" in message and "无法比较" in message
    assert len(message.splitlines()) <= 12


def test_a_list_that_holds_itself_is_a_wrong_answer(judge):
    endless = []
    endless.append(endless)
    assert "RecursionError" in said("99.1", lambda x: endless)


@pytest.mark.parametrize("answers", [(...,), (lambda x: ...,)])
def test_a_stub_is_open(answers, judge, capsys):
    check("99.1", *answers)
    assert "not answered yet" in capsys.readouterr().out
    assert result(judge, "99.1") == (
        OPEN,
        "not answered yet: fill in the cell above  ·  尚未作答：请补全上面的单元格",
    )


def test_the_message_of_a_wrong_answer_has_its_counter_example_in_one_line(judge):
    said("99.1", lambda x: x)
    assert result(judge, "99.1") == (
        WRONG,
        "needed: it is right  ·  要求：它是对的 | the smallest counter-example  ·  最小的反例： "
        "answer(x=np.array([1.0])) | it is off  ·  不对",
    )


def test_an_answer_that_lacks_a_name_is_open_and_the_name_told(judge):
    def lacks(x):
        return eval("nupmy.tanh(x)")

    assert "NameError: name 'nupmy' is not defined" in said("99.1", lacks)
    found, message = result(judge, "99.1")
    assert found == OPEN and message.startswith("not judged: the notebook does not define nupmy")


def test_a_name_without_a_value_is_wrong(judge):
    def early(x):
        if x is None:
            y = x
        return y

    assert "UnboundLocalError" in said("99.1", early)
    assert result(judge, "99.1")[0] == WRONG


def leaves(x):
    sys.exit()


def test_an_answer_that_calls_exit_is_told_so(judge, monkeypatch):
    wanted = "answer calls exit(), which ends the notebook  ·  answer 调用了 exit()"
    assert wanted in said("99.1", leaves)
    found, message = result(judge, "99.1")
    assert found == WRONG and message.startswith(wanted)
    monkeypatch.delenv(ADDRESS)
    assert wanted in said("99.1", leaves)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((), "exercise 99.1 needs 1 answer"),
        ((3,), "answer must be a function, got a value of type int"),
        ((Layer,), "answer must be a function, got a class"),
    ],
)
def test_a_misused_check_is_told_in_the_notebook_and_in_the_mark(answers, message, judge):
    with pytest.raises(Misused, match=message):
        check("99.1", *answers)
    found, said = result(judge, "99.1")
    assert found == WRONG and message in said


def test_an_interrupted_check_has_begun_and_the_next_is_heard(judge, capsys):
    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("99.1", interrupted)
    check("99.3", lambda rng: rng.random(2))
    assert judge.verdicts["99.1"].result == BEGUN and judge.verdicts["99.3"].result == RIGHT


def speak(judge, *messages, number="99.1"):
    """A notebook that speaks for itself: its opening, then an answer to each order."""
    key = bytes.fromhex(judge.environment[KEY])
    with Client(judge.address, authkey=key) as line:
        send(line, check=number, answers=["function"])
        while "end" not in (order := receive(line)):
            for message in messages:
                line.send_bytes(message) if isinstance(message, bytes) else send(line, **message)
        return order


MADE_UP = {"names": ["x"], "printed": "", "moved": []}


@pytest.mark.parametrize(
    "told",
    [
        {"end": "", "text": "99.1  ✓"},
        MADE_UP,
        MADE_UP | {"found": {"array": ["|O", [1], "AAAA"]}},
        MADE_UP | {"found": {"array": ["<f8", [-1], "AAAA"]}},
        MADE_UP | {"found": {"handle": 10**9}},
        MADE_UP | {"found": {"pickle": "x"}},
        MADE_UP | {"found": {"list": {"dict": 3}}},
        MADE_UP | {"conduct": "one language"},
        MADE_UP | {"lines": ["a\x1b[2Jb"] * 99},
        MADE_UP | {"moved": [{"dict": []}], "found": 1},
    ],
)
def test_a_made_up_reply_makes_nothing_right(told, judge):
    end = speak(judge, told)
    assert end["end"] == "WrongAnswer" and len(end["text"].splitlines()) <= 12
    assert judge.verdicts["99.1"].result == WRONG


@pytest.mark.parametrize("sent", [b"no JSON", b"[" * 100_000, b"3"])
def test_what_is_no_message_ends_the_check(sent, judge):
    with pytest.raises(EOFError):
        speak(judge, sent)
    check("99.3", lambda rng: rng.random(2))
    assert judge.verdicts["99.1"].result == BEGUN and judge.verdicts["99.3"].result == RIGHT


def test_only_what_was_handed_out_can_be_used(judge):
    for name in ("__init__", "hidden", "__class__", "nothing"):
        use = {"use": 0, "method": name, "given": {"list": [{"list": []}, {"dict": []}]}}
        key = bytes.fromhex(judge.environment[KEY])
        with Client(judge.address, authkey=key) as line:
            send(line, check="99.2", answers=["function"])
            receive(line)
            send(line, **use)
            assert receive(line)["raised"] == ["AttributeError", name]


def test_without_the_key_nobody_is_heard(judge):
    with pytest.raises(Exception, match="digest"):
        Client(judge.address, authkey=b"guessed")
    assert judge.verdicts == {}
