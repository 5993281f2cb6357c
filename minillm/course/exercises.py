"""Exercises that check themselves: properties, tried on many inputs, the smallest failure shown."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EXAMPLES = 100  # tried per property


@dataclass(frozen=True)
class Property:
    """Something that a right answer has, in both languages, and how to see that it has it.

    ``holds(answer, ..., **case)`` raises AssertionError where it does not; ``cases`` are Hypothesis
    strategies, one for each argument of the case.
    """

    english: str
    chinese: str
    holds: Callable[..., None]
    cases: dict[str, Any]


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
    """
    checks = lesson_checks(number.partition(".")[0])
    if number not in checks:
        raise KeyError(f"exercise {number}: there are {', '.join(sorted(checks))}")
    try:
        if any(answer is ... for answer in answers):
            raise NotImplementedError
        for prop in checks[number]:
            try_property(number, prop, answers)
    except NotImplementedError:
        print(
            f"{number}  not answered yet: fill in the cell above  ·  尚未作答：请补全上面的单元格"
        )
        return
    print(f"{number}  ✓")


def lesson_checks(lesson: str) -> dict[str, list[Property]]:
    """Number and properties of each exercise of a lesson.

    Raises:
        KeyError: no lesson of that number has exercises.
    """
    name = f"minillm.course.content.checks.lesson_{lesson}"
    try:
        found: dict[str, list[Property]] = importlib.import_module(name).CHECKS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise KeyError(f"lesson {lesson} has no exercises") from None
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
