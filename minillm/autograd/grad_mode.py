"""``no_grad`` keeps everything off the tape; the mode belongs to the thread."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any


class _Mode(threading.local):
    recording = True  # one flag per thread


_mode = _Mode()


class no_grad:
    """Compute without recording: a ``with`` block, or a decorator of functions and generators.

    The mode belongs to the thread and is restored also when the block raises.
    """

    def __init__(self) -> None:
        self.outer: list[bool] = []  # a stack: one instance may be entered again inside itself

    def __enter__(self) -> None:
        self.outer.append(_mode.recording)
        _mode.recording = False

    def __exit__(self, *_: object) -> None:
        _mode.recording = self.outer.pop()

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return function(*args, **kwargs)

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Iterator:
            items = function(*args, **kwargs)
            while True:
                with no_grad():  # only while the generator runs, not while its caller does
                    try:
                        item = next(items)
                    except StopIteration:
                        return
                yield item

        return generate if inspect.isgeneratorfunction(function) else call


def is_recording() -> bool:
    """Whether ops in this thread are being recorded."""
    return _mode.recording
