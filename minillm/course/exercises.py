"""Exercises that check themselves: properties, tried on many inputs, the smallest failure shown."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import pkgutil
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from minillm.course.content import checks
from minillm.course.refusals import Misused, UnknownExercise, WrongAnswer
from minillm.course.remarks import not_answered, remark, right
from minillm.course.watching import TWO_RESULTS, Call, NotAnswered, Watched

EXAMPLES = 100  # tried per property
PHASES = ("generate", "shrink")  # of Hypothesis: a counter-example is found, then made smaller


@dataclass(frozen=True)
class Property:
    """Something that a right answer has, in both languages, and how to see that it has it.

    ``holds(answer, ..., **case)`` raises ``Wrong`` where it does not; ``cases`` are Hypothesis
    strategies, one for each argument of the case.  The other arguments are the answers, under the
    names that they have in the lesson.
    """

    english: str
    chinese: str
    holds: Callable[..., None]
    cases: dict[str, Any]

    @property
    def answers(self) -> list[str]:
        """Names of the answers that it is asked of."""
        given = inspect.signature(self.holds).parameters.values()
        plain = [p.name for p in given if p.kind is p.POSITIONAL_OR_KEYWORD]
        return [name for name in plain if name not in self.cases]


class Exercise:
    """What an answer must have, tried in this order, and what it may use.

    ``allows`` names modules and functions of the library that the answer may call itself
    ("minillm.nn.positions"); without a name it may call none.
    """

    def __init__(
        self, *properties: Property, allows: tuple[str, ...] = (), none_is_an_answer: bool = False
    ) -> None:
        self.properties = properties
        self.allows = allows
        self.none_is_an_answer = none_is_an_answer

    @property
    def answers(self) -> list[str]:
        """Names of the answers, as the lesson hands them in."""
        return self.properties[0].answers

    def watched(self, answers: tuple[Any, ...], watch: type[Watched] = Watched) -> list[Watched]:
        """The answers as the properties call them; they share the list of calls."""
        calls: list[Call] = []
        return [
            watch(answer, name, self.allows, self.none_is_an_answer, calls)
            for name, answer in zip(self.answers, answers, strict=True)
        ]


def check(number: str, *answers: Any) -> None:
    """Try the answer to exercise ``number`` ("05.1") on inputs that are the same in every run.

    An exercise that is still a stub (``...``, or a function that does nothing but raise
    NotImplementedError or return ``...``) gets a friendly line, so that a notebook runs to its end.

    Raises:
        WrongAnswer: a property does not hold.
        UnknownExercise: there is no such exercise.
        Misused: the number is not a text, the answers are too few, too many or not functions.
    """
    exercise = find_exercise(number)
    if "MINILLM_JUDGE" in os.environ:  # whoever marks this notebook tries the answers
        from minillm.course.judge.answering import judged

        print(judged(number, exercise, answers))
    else:
        print(tried(number, exercise, answers) or right(number))


def tried(
    number: str, exercise: Exercise, answers: tuple[Any, ...], watch: type[Watched] = Watched
) -> str:
    """Nothing where the answers are right, else what is said of an answer that is not there yet.

    Raises:
        WrongAnswer: a property does not hold.
        Misused: the answers are too few, too many or not functions.
    """
    passed = 0
    try:
        for name, answer in zip_longest(exercise.answers, answers):
            if answer is ...:
                raise NotAnswered(name or "")
        require_functions(number, exercise.answers, answers)
        watched = exercise.watched(answers, watch)
        for prop in exercise.properties:
            try_property(number, prop, watched)
            passed += 1
    except NotAnswered as missing:
        name = missing.name if len(answers) > 1 else ""
        return not_answered(number, name, passed if name else 0)
    return ""


def find_exercise(number: str) -> Exercise:
    """Exercise ``number``.

    Raises:
        Misused: it is not a text.
        UnknownExercise: there is no such exercise.
    """
    if not isinstance(number, str):
        raise Misused(
            f'check: the number comes first, a text such as "05.1", got {number!r}'
            f'  ·  第一个参数是题号，例如 "05.1"'
        )
    if not re.fullmatch(r"\w+\.\d+", number):
        raise UnknownExercise(f'exercise {number}: a number looks like "05.1"  ·  题号形如 "05.1"')
    found = lesson_checks(number.partition(".")[0])
    if number not in found:
        listed = ", ".join(sorted(found))
        raise UnknownExercise(f"exercise {number}: there are {listed}  ·  没有这道题，有 {listed}")
    return found[number]


def require_functions(number: str, names: list[str], answers: tuple[Any, ...]) -> None:
    """Refuse answers that are too few, too many, or not the functions that ``names`` names.

    Raises:
        Misused: some answer is missing, too much, or not a function.
    """
    if len(answers) != len(names):
        wanted = f"{len(names)} answer{'s' if len(names) > 1 else ''}"
        call = f'check("{number}", {", ".join(names)})'
        raise Misused(
            f"exercise {number} needs {wanted}, {call}, got {len(answers)}"
            f"  ·  需要 {len(names)} 个答案，给了 {len(answers)} 个"
        )
    for name, answer in zip(names, answers, strict=True):
        if not is_function(answer):
            kind = (
                "a class"
                if isinstance(answer, type)
                else f"a value of type {type(answer).__name__}"
            )
            raise Misused(
                f"exercise {number}: {name} must be a function, got {kind}  ·  {name} 应当是函数"
            )


def is_function(answer: Any) -> bool:
    """Whether it can be called and is no class."""
    return callable(answer) and not isinstance(answer, type)


def lessons_with_exercises() -> list[str]:
    """Their numbers: "05"."""
    modules = [module.name for module in pkgutil.iter_modules(checks.__path__)]
    return [m.removeprefix("lesson_") for m in modules if m.startswith("lesson_")]


def lesson_checks(lesson: str) -> dict[str, Exercise]:
    """The exercises of a lesson, by number.

    Raises:
        UnknownExercise: no lesson of that number has exercises.
    """
    name = f"{checks.__name__}.lesson_{lesson}"
    try:
        return dict(importlib.import_module(name).CHECKS)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        listed = ", ".join(lessons_with_exercises())
        if f"0{lesson}" in listed:
            lesson = f'{lesson} (did you mean "0{lesson}"?)'
        raise UnknownExercise(
            f"lesson {lesson} has no exercises, only {listed} have  ·  第 {lesson} 课没有练习，"
            f"有练习的是 {listed}"
        ) from None


def try_property(number: str, prop: Property, answers: list[Watched]) -> None:
    """One property on all its cases.

    Raises:
        WrongAnswer: it does not hold.
        NotAnswered: the answer is a stub.
    """
    from hypothesis import Phase, given, settings
    from hypothesis.errors import Flaky

    seen: dict[str, Any] = {}  # the last case tried; after a failure that is the smallest
    calls = answers[0].calls

    # Hypothesis takes its seed from the text of ``attempt``: an edit there changes all cases.
    # An explicit seed would not: but then it draws constants of whatever modules are loaded.
    @settings(
        derandomize=True,
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase[name] for name in PHASES],
    )
    @given(**prop.cases)
    def attempt(**case: Any) -> None:
        calls.clear()
        seen.clear()
        seen.update(case)
        prop.holds(*answers, **case)

    try:
        with files_elsewhere():
            attempt()
    except NotAnswered:
        raise
    except Exception as found:
        error = TWO_RESULTS if isinstance(found, Flaky) else found  # it fails, and then it does not
        title = f"needed: {prop.english}  ·  要求：{prop.chinese}"
        raise WrongAnswer(remark(number, title, seen, calls, error)) from None


@contextlib.contextmanager
def files_elsewhere() -> Iterator[None]:
    """Hypothesis keeps files even without a database: into a folder that goes."""
    from hypothesis.configuration import set_hypothesis_home_dir

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
