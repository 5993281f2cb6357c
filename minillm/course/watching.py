"""An answer while it is tried: called with copies, called twice, the library out of its reach."""

from __future__ import annotations

import contextlib
import copy
import io
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from minillm.course.reach import library_out_of_reach

SEEDS = 20_231, 20_232  # nobody's own


class NotAnswered(Exception):
    """An answer, or a part of it, is still ``...``; of several answers it may say which."""

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self.name = name


class Wrong(AssertionError):
    """Why an answer is wrong, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(f"{english}  ·  {chinese}")


class Conduct(Wrong):
    """What no answer may do, and what it must return, whatever property is being tried."""


TWO_RESULTS = Conduct(
    "called twice with the same arguments it gives two results", "以同样的参数调用两次，结果不同"
)


@dataclass
class Call:
    """What an answer was called with, as it was before the call, and what it printed."""

    name: str
    names: list[str]  # of the arguments, as the student calls them
    arguments: tuple[Any, ...]
    settings: dict[str, Any]
    printed: str = ""


@dataclass
class Watched:
    """A student's function as the checks call it.

    Each call hands over copies, and is made twice with equal arguments (random generators in the
    same state) while NumPy's and Python's global random numbers stand elsewhere.  ``calls`` keeps
    what it was called with; it is shared by the answers of an exercise.

    Raises:
        Conduct: it changes an argument, gives two results, touches global random numbers, asks the
            library for what the exercise does not allow, calls exit(), or returns None without
            need.
        NotAnswered: it returns ``...``, or is a stub that raises NotImplementedError.
    """

    answer: Callable[..., Any]
    name: str
    allows: tuple[str, ...] = ()
    none_is_an_answer: bool = False
    calls: list[Call] = field(default_factory=list)

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """What the answer gives."""
        kept = copied((arguments, settings), apart_from_generators=False)
        call = Call(self.name, names_of(self.answer, len(arguments)), *kept)
        self.calls.append(call)
        first = self.once(
            call, *copied((arguments, settings), apart_from_generators=True), seed=SEEDS[0]
        )
        again, more = copied(kept, apart_from_generators=False)
        second = self.once(call, again, more, seed=SEEDS[1])
        if not same(first, second):
            raise TWO_RESULTS
        return first

    def lines_run(self, *arguments: Any) -> int:
        """How many lines of its own it runs in both calls."""
        count, code = 0, getattr(self.answer, "__code__", None)

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal count
            if code is None or frame.f_code.co_filename != code.co_filename:
                return None
            count += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            self(*arguments)
        finally:
            sys.settrace(before)
        return count

    def once(self, call: Call, given: Any, more: Any, *, seed: int) -> Any:
        """One call, its output held back."""
        printed = io.StringIO()
        try:
            with quiet(printed), global_numbers_untouched(seed), library_out_of_reach(self.allows):
                found = self.answer(*given, **more)
        except NotImplementedError:
            if is_stub(self.answer):
                raise NotAnswered(self.name) from None
            raise
        except SystemExit:
            raise Conduct(
                f"{self.name} calls exit(), which ends the notebook",
                f"{self.name} 调用了 exit()，这会结束整个笔记本",
            ) from None
        finally:
            call.printed = printed.getvalue()
        if found is ... or (isinstance(found, tuple | list) and any(x is ... for x in found)):
            raise NotAnswered(self.name)
        if found is None and not self.none_is_an_answer:
            raise Conduct(
                f"{self.name} returned None: is a return missing?",
                f"{self.name} 返回了 None：是不是漏写了 return？",
            )
        if not same((call.arguments, call.settings), (tuple(given), more)):
            raise Conduct(
                f"{self.name} has changed an argument in place: it must stay as it was",
                f"{self.name} 改动了传入的参数：参数应当保持原样",
            )
        return found


def names_of(answer: Any, n: int) -> list[str]:
    """What a function calls its first ``n`` arguments."""
    code = getattr(answer, "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code else []
    return (names + [f"argument {i + 1}" for i in range(len(names), n)])[:n]


def is_stub(answer: Any) -> bool:
    """Whether a function does nothing but raise NotImplementedError."""
    code = getattr(answer, "__code__", None)
    arguments = code.co_argcount + code.co_kwonlyargcount if code else 0
    return (
        code is not None
        and set(code.co_names) <= {"NotImplementedError"}
        and len(code.co_varnames) == arguments
    )


def copied(value: Any, *, apart_from_generators: bool) -> Any:
    """A deep copy; random generators may stay the same objects, so that they move on."""
    arguments, settings = value
    given = (*arguments, *settings.values())
    stay = [x for x in given if apart_from_generators and isinstance(x, np.random.Generator)]
    return copy.deepcopy(value, {id(x): x for x in stay})


def same(a: Any, b: Any) -> bool:
    """Whether two values agree but for rounding; generators and functions always do."""
    if isinstance(a, np.random.Generator) or callable(a):
        return True
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    first, second = np.asarray(a), np.asarray(b)
    if first.dtype.kind == "O":  # what does not say how it is compared has been copied
        return type(a).__eq__ is object.__eq__ or bool(a == b)
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if first.dtype.kind not in "fc":
        return bool(np.array_equal(first, second))
    return bool(np.allclose(first, second, rtol=1e-6, atol=1e-12, equal_nan=True))


@contextlib.contextmanager
def quiet(printed: io.StringIO) -> Iterator[None]:
    """What is printed goes to ``printed``; warnings of any kind go nowhere."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def global_numbers_untouched(seed: int) -> Iterator[None]:
    """NumPy's and Python's global random numbers start at ``seed`` and must still be there.

    (Hypothesis, inside which answers are tried, puts them back.)

    Raises:
        Conduct: somebody drew from them, or set them.
    """
    start_at(seed)
    expected = np.random.random(), random.random()
    start_at(seed)
    yield
    if (np.random.random(), random.random()) != expected:
        raise Conduct(
            "it uses the global random numbers, which anything else may move",
            "它用了全局随机数，而全局随机数会被别的代码改动",
        )


def start_at(seed: int) -> None:
    """Seed the global random numbers of NumPy and of Python."""
    np.random.seed(seed)
    random.seed(seed)
