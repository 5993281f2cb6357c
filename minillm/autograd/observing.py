"""Be told of every op that runs: what counts operations and what profiles is built on this."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from minillm.autograd.tape import VJP
from minillm.backend import Array

Answer = tuple[Array, VJP]
Observer = Callable[[Any, Sequence[Array], Mapping[str, Any], Callable[[], Answer]], Answer]


class Observers(threading.local):
    active: tuple[Observer, ...] = ()  # of this thread, the innermost last


observers = Observers()


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """``with observed(o):`` every op of this thread runs through ``o(op, arrays, settings, run)``.

    ``run()`` computes the op's answer, ``(output, vjp)``; the observer returns it, and may put a
    VJP of its own around the one it got, to be told of the backward pass as well.  An op inside
    another one's rule is observed as well, while that one runs.
    """
    before = observers.active
    observers.active = (*before, observer)
    try:
        yield
    finally:
        observers.active = before


def through_observers(
    op: Any, kernel: Callable[..., Answer], arrays: Sequence[Array], settings: Mapping[str, Any]
) -> Answer:
    """The answer of a kernel, handed through all observers; the innermost sees it first."""

    def run() -> Answer:
        return kernel(*arrays, **settings)

    for observer in reversed(observers.active):
        run = handed(observer, op, arrays, settings, run)
    return run()


def handed(
    observer: Observer,
    op: Any,
    arrays: Sequence[Array],
    settings: Mapping[str, Any],
    run: Callable[[], Answer],
) -> Callable[[], Answer]:
    """``run`` as one observer sees it."""
    return lambda: observer(op, arrays, settings, run)
