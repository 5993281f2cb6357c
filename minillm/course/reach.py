"""What an answer may call: while it runs, the library refuses whatever its exercise does not allow.

A profile function sees every call of a Python function with its caller.  A call that leads from
anywhere else straight into the library is the answer's own; one that the library makes itself, as
an op asks its kernels, is not.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

LIBRARY, COURSE, WATCH = "minillm.", "minillm.course.", "minillm.course.watching."


class OutOfReach(BaseException):
    """Stops an answer that asks the library; not an Exception, so that it is not caught."""


@contextlib.contextmanager
def library_out_of_reach(allows: tuple[str, ...]) -> Iterator[None]:
    """Refuse calls into the library, but for modules and names that ``allows`` begins.

    Raises:
        Conduct: the library was asked, even if the answer then went on without it.
    """
    from minillm.course.watching import Conduct

    asked: list[tuple[str, str, str]] = []
    if "minillm" in allows:
        yield
        return

    def look(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_back is None:
            return
        callee, caller = (name_of(f) for f in (frame, frame.f_back))
        if not callee.startswith(LIBRARY) or callee.startswith(COURSE):
            return
        own = not caller.startswith(LIBRARY) or caller.startswith(WATCH)  # an answer may be an op
        if own and not callee.startswith(allows):
            asked.append(called(frame, callee))
            raise OutOfReach

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    except OutOfReach:
        pass
    finally:
        sys.setprofile(before)
    if asked:
        english, chinese, name = asked[0]
        raise Conduct(
            f"it {english} {name}: the exercise is to write that by hand",
            f"它{chinese}了 {name}：本题要求自己写出来",
        )


def name_of(frame: FrameType) -> str:
    """Module and name of the function that a frame runs."""
    return f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"


def called(frame: FrameType, callee: str) -> tuple[str, str, str]:
    """What the answer does, in both languages, and the name under which a student knows it.

    Of an op that is its name, of a class the class, and of a module that is being imported (whose
    code may call anything) the module; not the machinery behind them.
    """
    at: FrameType | None = frame
    module = ""
    while at is not None and not name_of(at).startswith(WATCH):
        if at.f_code.co_name == "<module>" and name_of(at).startswith(LIBRARY):
            module = at.f_globals["__name__"]  # the last one found is what the answer imports
        at = at.f_back
    if module:
        return "imports", "导入", module
    made = frame.f_locals.get("self")
    name = getattr(made, "__name__", "")
    if name:
        return "calls", "调用", f"ops.{name}"
    if made is not None and frame.f_code.co_name in ("__init__", "__post_init__"):
        callee = f"{type(made).__module__}.{type(made).__qualname__}"
    return "calls", "调用", callee.removeprefix(LIBRARY)
