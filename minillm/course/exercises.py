"""Exercises that check themselves: properties, tried on many inputs, the smallest failure shown."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minillm.course.content import checks

EXAMPLES = 100  # tried per property


@dataclass(frozen=True)
class Property:
    """Something that a right answer has, in both languages, and how to see that it has it.

    ``holds(answer, ..., **case)`` raises AssertionError where it does not; ``cases`` are Hypothesis
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


class WrongAnswer(AssertionError):
    """An answer lacks a property; the message has the smallest input that shows it."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook prints: the message alone, without the way through our code."""
        return [str(self)]


def check(number: str, *answers: Any) -> None:
    """Try the answer to exercise ``number`` ("05.1") on inputs that are the same in every run.

    An exercise that is still a stub (``...``, or a function that raises NotImplementedError or
    returns ``...``) gets a friendly line, so that a notebook runs to its end.

    Raises:
        WrongAnswer: a property does not hold.
        KeyError: there is no such exercise.
        TypeError: the number is not a text, the answers are too few, too many or not functions.
    """
    properties = properties_of(number)
    try:
        if any(answer is ... for answer in answers):
            raise NotImplementedError
        require_functions(number, properties[0].answers, answers)
        for prop in properties:
            try_property(number, prop, answers)
    except NotImplementedError:
        print(
            f"{number}  not answered yet: fill in the cell above  ·  尚未作答：请补全上面的单元格"
        )
        return
    print(f"{number}  ✓")


def properties_of(number: str) -> list[Property]:
    """The properties of exercise ``number``.

    Raises:
        TypeError: it is not a text.
        KeyError: there is no such exercise.
    """
    if not isinstance(number, str):
        raise TypeError(f'check: the number comes first, a text such as "05.1", got {number!r}')
    if not re.fullmatch(r"\w+\.\d+", number):
        raise KeyError(f'exercise {number}: a number looks like "05.1"')
    found = lesson_checks(number.partition(".")[0])
    if number not in found:
        raise KeyError(f"exercise {number}: there are {', '.join(sorted(found))}")
    return found[number]


def require_functions(number: str, names: list[str], answers: tuple[Any, ...]) -> None:
    """Refuse answers that are too few, too many, or not the functions that ``names`` names.

    Raises:
        TypeError: some answer is missing, too much, or not a function.
    """
    if len(answers) != len(names):
        wanted = f"{len(names)} answer{'s' if len(names) > 1 else ''}"
        call = f'check("{number}", {", ".join(names)})'
        raise TypeError(
            f"exercise {number} needs {wanted}, {call}, got {len(answers)}"
            f"  ·  需要 {len(names)} 个答案，给了 {len(answers)} 个"
        )
    for name, answer in zip(names, answers, strict=True):
        if not callable(answer) or isinstance(answer, type):
            kind = (
                "a class"
                if isinstance(answer, type)
                else f"a value of type {type(answer).__name__}"
            )
            raise TypeError(
                f"exercise {number}: {name} must be a function, got {kind}  ·  {name} 应当是函数"
            )


def lesson_checks(lesson: str) -> dict[str, list[Property]]:
    """Number and properties of each exercise of a lesson.

    Raises:
        KeyError: no lesson of that number has exercises.
    """
    name = f"{checks.__name__}.lesson_{lesson}"
    try:
        found: dict[str, list[Property]] = importlib.import_module(name).CHECKS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        modules = [module.name for module in pkgutil.iter_modules(checks.__path__)]
        there = [m.removeprefix("lesson_") for m in modules if m.startswith("lesson_")]
        raise KeyError(f"lesson {lesson} has no exercises, only {', '.join(there)} have") from None
    return found


def try_property(number: str, prop: Property, answers: tuple[Any, ...]) -> None:
    """One property on all its cases.

    Raises:
        WrongAnswer: it does not hold.
        NotImplementedError: the answer is a stub.
    """
    from hypothesis import Phase, given, settings

    seen: dict[str, Any] = {}  # the last case tried; after a failure that is the smallest

    # Hypothesis takes its seed from the text of ``attempt``: an edit there changes all cases.
    # An explicit seed would not: but then it draws constants of whatever modules are loaded.
    @settings(
        derandomize=True,
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(**prop.cases)
    def attempt(**case: Any) -> None:
        seen.clear()
        seen.update(case)
        prop.holds(*answers, **case)

    try:
        attempt()
    except NotImplementedError:
        raise
    except Exception as error:
        raise WrongAnswer(in_words(number, prop, seen, error)) from None


def in_words(number: str, prop: Property, case: dict[str, Any], error: Exception) -> str:
    """What is wrong, on what input, and what was seen there."""
    reason = str(error).strip() or type(error).__name__
    if not isinstance(error, AssertionError):
        reason = f"{type(error).__name__}: {reason}"
    given = [f"    {name} = {value!r}" for name, value in case.items()]
    return "\n".join(
        [
            f"{number}  ✗  {prop.english}  ·  {prop.chinese}",
            "  the smallest counter-example  ·  最小的反例：",
            *given,
            f"  {reason.splitlines()[0]}",
        ]
    )


def answered(value: Any) -> Any:
    """``value``, unless it says that nothing was written yet.

    Raises:
        NotImplementedError: ``value`` is ``...``.
    """
    if value is ...:
        raise NotImplementedError
    return value
