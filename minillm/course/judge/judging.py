"""The judge: makes the cases of an exercise, lets a notebook call its answers, keeps the verdicts.

Whatever the notebook sends is taken for a claim about what its function returned, no more.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

import numpy as np

from minillm.course.content.checks.common import Counted
from minillm.course.exercises import (
    Misused,
    UnknownExercise,
    WrongAnswer,
    find_exercise,
    tried,
)
from minillm.course.judge.answering import ADDRESS, KEY
from minillm.course.judge.encoding import Unspeakable, as_dict, decode, encode, receive, send
from minillm.course.judge.moving import Moving, encode_moving, move
from minillm.course.judge.sharing import shared_with
from minillm.course.judge.verdicts import OPEN, RIGHT, WRONG, Verdict, in_one_line
from minillm.course.judge.words import undefined
from minillm.course.remarks import Elsewhere, right
from minillm.course.watching import Call, Conduct, NotAnswered, Watched, Wrong, copied

LONGEST_NAME = 100  # characters
HANDED = 10_000  # functions that one call may be handed, with those that they return


class Gone(BaseException):
    """The notebook speaks no more; not an Exception, so that no case is taken for it."""


class Judge:
    """Listens at a socket in a private folder until it is closed; ``verdicts`` by number."""

    def __init__(self, folder: Path) -> None:
        self.verdicts: dict[str, Verdict] = {}
        self.key, self.closed = secrets.token_bytes(32), False
        place = None if os.name == "nt" else str(folder / "judge")
        family = "AF_PIPE" if os.name == "nt" else "AF_UNIX"
        self.listener = Listener(place, family, authkey=self.key)
        self.address = str(self.listener.address)
        self.environment = {ADDRESS: self.address, KEY: self.key.hex()}
        threading.Thread(target=self.listen, daemon=True).start()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True
        with contextlib.suppress(OSError), Client(self.address):
            pass  # wakes the thread, which waits for somebody
        self.listener.close()

    def listen(self) -> None:
        """Hear one check after another."""
        while not self.closed:
            with contextlib.suppress(Exception), self.listener.accept() as line:
                self.hear(line)

    def hear(self, line: Connection) -> None:
        """Try the answers of one check."""
        opening = receive(line)
        number = str(opening["check"])
        answers = [as_answer(line, i, str(kind)) for i, kind in enumerate(opening["answers"])]
        start = time.monotonic()
        self.verdicts[number] = Verdict(number)
        with contextlib.suppress(Gone), np.errstate(all="ignore"):
            verdict, end, text = judge(number, answers)
            verdict.seconds = time.monotonic() - start
            self.verdicts[number] = verdict
            send(line, end=end, text=text)


def judge(number: str, answers: tuple[Any, ...] | list[Any]) -> tuple[Verdict, str, str]:
    """The verdict, how ``check`` ends in the notebook, and what it says there.

    Raises:
        Gone: the notebook was interrupted.
    """
    try:
        missing = tried(number, find_exercise(number), tuple(answers), Asked)
        if not missing:
            return Verdict(number, RIGHT), "", right(number)
        return Verdict(number, OPEN, in_one_line(number, missing)), "", missing
    except (WrongAnswer, Misused, UnknownExercise) as error:
        found = Verdict(number, WRONG, in_one_line(number, error))
        if isinstance(cause := error.__context__, Elsewhere) and cause.undefined:
            found = Verdict(number, OPEN, str(undefined(cause.undefined)))
        return found, type(error).__name__, str(error)
    except Exception as error:  # ours, then, and no fault of the answer
        said = f"could not be judged  ·  无法评判：{type(error).__name__}: {error}"
        return Verdict(number, OPEN, said), "", f"{number}  {said}"


class Answer:
    """A function in the notebook, the one at ``place`` among the answers of a check."""

    def __init__(self, line: Connection, place: int) -> None:
        self.line, self.place = line, place

    def __call__(self, order: dict[str, Any], handed: Handed) -> dict[str, Any]:
        """What the notebook tells of one call.

        Raises:
            Gone: it tells nothing.
        """
        try:
            send(self.line, call=self.place, **order)
            while "use" in (reply := receive(self.line)):
                send(self.line, **handed.used(reply))
        except (OSError, EOFError, Unspeakable):
            raise Gone from None
        return reply


def as_answer(line: Connection, place: int, kind: str) -> Any:
    """What stands for an answer of which the notebook says what it is."""
    if kind == "...":
        return ...
    if kind == "function":
        return Answer(line, place)
    return object if kind == "class" else type(kind.removeprefix("type "), (), {})()


class Asked(Watched):
    """An answer as the properties call it; it runs, and is watched, in the notebook."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """What the answer gives."""
        return self.ask(arguments, settings, count=False)

    def lines_run(self, *arguments: Any) -> int:
        """How many lines of its own it runs."""
        return int(self.ask(arguments, {}, count=True))

    def ask(self, arguments: tuple[Any, ...], settings: dict[str, Any], *, count: bool) -> Any:
        """Have it called in the notebook."""
        kept = copied((arguments, settings), apart_from_generators=False)
        call = Call(self.name, [], *kept)
        self.calls.append(call)
        handed = Handed()
        given = encode([list(arguments), settings], handed.other)
        reply = self.answer({"given": given, "count": count}, handed)
        try:
            call.names = [str(name) for name in reply["names"]]
            call.printed = str(reply["printed"])
            handed.move(reply["moved"])
            return result(reply, handed, self.name)
        except (KeyError, TypeError, ValueError, OverflowError) as error:  # Unspeakable among them
            raise Elsewhere(
                [f"  what the notebook sends has no meaning  ·  笔记本发来的内容没有意义：{error}"]
            ) from error


def result(reply: dict[str, Any], handed: Handed, name: str) -> Any:
    """What an answer returned, by the word of the notebook.

    Raises:
        NotAnswered, Conduct, Wrong, Elsewhere: that it did not return.
    """
    if "open" in reply:
        raise NotAnswered(name)
    if "conduct" in reply:
        raise Conduct(*str(reply["conduct"]).split("  ·  ", 1))
    if "wrong" in reply:
        raise Wrong(*str(reply["wrong"]).split("  ·  ", 1))
    if reply.get("lines"):
        lines = [str(line) for line in reply["lines"]][:3]
        raise Elsewhere(lines, str(reply.get("undefined", ""))[:LONGEST_NAME])
    return decode(reply["found"], handed.reader)


class Handed:
    """What a call was handed that is no plain value: known to the notebook by a number."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self.moving: list[Moving] = []

    def other(self, value: Any) -> dict[str, Any]:
        """The code of a generator, a function, an object with methods, a special dict."""
        if isinstance(value, np.random.Generator | Counted):
            self.moving.append(value)
            return encode_moving(value)
        if isinstance(value, dict):
            kind, pairs = type(value), as_dict(value, self.other)
            ours = kind.__module__.startswith("minillm.")
            return {"lookup": [kind.__module__, kind.__name__, pairs]} if ours else pairs
        if len(self.things) == HANDED:
            raise Unspeakable(f"more than {HANDED} functions")
        self.things.append(value)
        place = len(self.things) - 1
        if callable(value):
            return {"function": place}
        values = {k: encode(v, self.other) for k, v in vars(value).items() if k[0] != "_"}
        return {"object": [place, type(value).__name__, methods(value), values]}

    def reader(self, tag: str, body: Any) -> Any:
        """What was handed out and comes back."""
        if tag != "handle" or not 0 <= int(body) < len(self.things):
            raise Unspeakable(f"a code {tag!r:.20}")
        return self.things[int(body)]

    def used(self, order: dict[str, Any]) -> dict[str, Any]:
        """What a function that was handed out gives, or raises, in the notebook's words."""
        try:
            function, name = self.reader("handle", order["use"]), str(order["method"])
            if name:
                if name not in methods(function):
                    raise AttributeError(name)
                function = getattr(function, name)
            given, settings = decode(order["given"], self.reader)
            found = function(*given, **settings)
            return {"found": encode(found, self.other), "shared": shared_with(found, given)}
        except Exception as error:
            return {"raised": [type(error).__name__, str(error)]}

    def move(self, states: list[Any]) -> None:
        """Move generators and counts on as far as the notebook did."""
        for value, state in zip(self.moving, states, strict=False):
            move(value, state)


def methods(value: Any) -> list[str]:
    """Names of what an object that was handed out can be asked to do."""
    names = [name for name in dir(type(value)) if not name.startswith("_")]
    return [name for name in names if callable(getattr(value, name, None))]
