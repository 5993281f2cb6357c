"""``no_grad`` keeps everything off the tape; the mode belongs to the thread."""

from __future__ import annotations

import functools
import inspect
import threading
import types
from collections.abc import Callable, Generator
from typing import Any


class Mode(threading.local):
    recording = True  # one flag per thread
    met: dict[Any, None] | None = None  # the nodes that ops met unrecorded, where somebody asks


mode = Mode()


class NoGrad(threading.local):
    """Compute without recording, in a ``with`` block or in a decorated function.

    ``with no_grad():`` and ``with no_grad:`` mean the same, and so do ``@no_grad()`` and
    ``@no_grad``.  Inside a decorated generator or coroutine the mode holds while it runs, and not
    while its caller does.  The mode belongs to the thread and is restored also after an error.

    Raises:
        TypeError: what is decorated is not a function, or is an asynchronous generator.
    """

    def __init__(self) -> None:
        self.outer: list[bool] = []  # a stack, one per thread: a block may stand inside itself

    def __enter__(self) -> None:
        self.outer.append(mode.recording)
        mode.recording = False

    def __exit__(self, *_: object) -> None:
        mode.recording = self.outer.pop()

    def __call__(self, function: Callable | None = None) -> Any:
        return NoGrad() if function is None else without_recording(function)


no_grad = NoGrad()


def without_recording(function: Callable) -> Callable:
    """The function with recording off while it runs."""
    wrapped_first = isinstance(function, staticmethod | classmethod | property)
    if wrapped_first or isinstance(function, type) or not callable(function):
        hint = "; put it below" if wrapped_first else ""
        raise TypeError(f"no_grad decorates functions, got {type(function).__name__}{hint}")
    if inspect.isasyncgenfunction(function):
        raise TypeError("no_grad: in an asynchronous generator, write `with no_grad():` inside")

    def call(*args: Any, **kwargs: Any) -> Any:
        with NoGrad():
            return function(*args, **kwargs)

    def generate(*args: Any, **kwargs: Any) -> Generator:
        return (yield from stepped(function(*args, **kwargs)))

    async def wait(*args: Any, **kwargs: Any) -> Any:
        return await stepped(function(*args, **kwargs))

    if inspect.iscoroutinefunction(function):
        return functools.wraps(function)(wait)
    return functools.wraps(function)(generate if inspect.isgeneratorfunction(function) else call)


@types.coroutine
def stepped(inner: Any) -> Generator:
    """What a generator or coroutine does, step by step, with recording off while it runs."""
    resume: Callable[[], Any] = functools.partial(inner.send, None)
    while True:
        try:
            with NoGrad():
                item = resume()
        except StopIteration as end:
            return end.value
        try:
            resume = functools.partial(inner.send, (yield item))
        except GeneratorExit:
            with NoGrad():
                inner.close()
            raise
        except BaseException as error:
            resume = functools.partial(inner.throw, error)


def is_recording() -> bool:
    """Whether ops in this thread are being recorded."""
    return mode.recording
