"""In a notebook that is marked: the judge calls the answers, and says what ``check`` says."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from typing import Any

import numpy as np

from minillm.course.exercises import Exercise, Misused, WrongAnswer, is_function
from minillm.course.judge.encoding import (
    Unspeakable,
    as_array,
    as_dict,
    decode,
    encode,
    no_other,
    receive,
    send,
)
from minillm.course.judge.moving import Moving, decode_moving, state_of
from minillm.course.judge.sharing import as_shared
from minillm.course.remarks import reason
from minillm.course.watching import Conduct, NotAnswered, Wrong

ADDRESS, KEY = "MINILLM_JUDGE", "MINILLM_JUDGE_KEY"  # in the environment
PRINTED = 1_000_000  # characters
RAISED = {
    **{error.__name__: error for error in (ValueError, TypeError, IndexError, KeyError)},
    **{error.__name__: error for error in (ZeroDivisionError, OverflowError, AttributeError)},
}


def judged(number: str, exercise: Exercise, answers: tuple[Any, ...]) -> str:
    """What the judge says of the answers to an exercise.

    Raises:
        WrongAnswer: a property does not hold.
        Misused: the answers are too few, too many or not functions.
    """
    with Client(os.environ[ADDRESS], authkey=bytes.fromhex(os.environ[KEY])) as line:
        send(line, check=number, answers=[kind_of(answer) for answer in answers])
        order = receive(line)
        watched = exercise.watched(answers) if "call" in order else []
        while "call" in order:
            found = Called(line).called(watched[order["call"]], order)
            try:
                send(line, **found)
            except Unspeakable as error:
                send(line, **{**found, "found": None, "lines": unspeakable(error), "printed": ""})
            order = receive(line)
    if order["end"] == "WrongAnswer":
        raise WrongAnswer(order["text"])
    if order["end"] == "Misused":
        raise Misused(order["text"])
    return str(order["text"])


def kind_of(answer: Any) -> str:
    """What the judge is told of an answer before it calls it."""
    if answer is ...:
        return "..."
    if is_function(answer):
        return "function"
    return "class" if isinstance(answer, type) else f"type {type(answer).__name__}"


def unspeakable(error: Unspeakable) -> list[str]:
    """Why what an answer returned cannot be judged."""
    return [
        f"  it returns {error}, which cannot be compared: return numbers, arrays, lists or texts",
        f"  返回值无法比较（{error}）：请返回数、数组、列表或文本",
    ]


def undefined_in(error: Exception) -> str:
    """The name that an answer uses and that its notebook does not define, if that is the error."""
    return error.name or "" if type(error) is NameError else ""  # not of a name without a value


class Called:
    """One call of an answer: what the judge handed in for it, and what comes of it."""

    def __init__(self, line: Connection) -> None:
        self.line = line
        self.moving: list[Moving] = []

    def called(self, answer: Any, order: dict[str, Any]) -> dict[str, Any]:
        """What the judge is told of the call."""
        given, settings = decode(order["given"], self.reader)
        try:
            call = answer.lines_run if order["count"] else answer
            told = {"found": encode(call(*given, **settings), self.other)}
        except NotAnswered:
            told = {"open": True}
        except Conduct as error:
            told = {"conduct": str(error)}
        except Wrong as error:  # of what the checks handed in
            told = {"wrong": str(error)}
        except Unspeakable as error:
            told = {"lines": unspeakable(error)}
        except Exception as error:
            told = {"lines": reason(error), "undefined": undefined_in(error)}
        made = answer.calls.pop()
        answer.calls.clear()
        moved = [state_of(value) for value in self.moving]
        return told | {"names": made.names, "printed": made.printed[:PRINTED], "moved": moved}

    def other(self, value: Any) -> dict[str, Any]:
        """The code of what the judge handed in and gets back."""
        if isinstance(value, np.ndarray):
            return {"array": as_array(value)}
        if isinstance(value, dict):
            return as_dict(value, self.other)
        handle = vars(value).get("handle") if hasattr(value, "__dict__") else None
        return no_other(value) if handle is None else {"handle": handle}

    def reader(self, tag: str, body: Any) -> Any:
        """What the judge hands in: generators, functions, objects with methods, special dicts."""
        if tag == "function":
            return self.function(body)
        if tag == "object":
            return self.thing(*body)
        if tag == "lookup":
            module, name, pairs = body
            return getattr(importlib.import_module(module), name)(decode(pairs, self.reader))
        self.moving.append(decode_moving(tag, body))
        return self.moving[-1]

    def function(self, handle: int, method: str = "") -> Callable[..., Any]:
        """A function that runs at the judge's."""

        def f(*given: Any, **settings: Any) -> Any:
            code = encode([list(given), settings], self.other)
            send(self.line, use=handle, method=method, given=code)
            reply = receive(self.line)
            if "raised" in reply:
                raise as_error(*reply["raised"])
            found = decode(reply["found"], self.reader)
            return as_shared(found, list(given), reply["shared"])

        f.__dict__["handle"] = handle
        return f

    def thing(self, handle: int, name: str, methods: list[str], values: dict[str, Any]) -> Any:
        """An object whose methods run at the judge's."""
        twin = type(name, (Thing,), {})()
        twin.__dict__ |= {key: decode(value, self.reader) for key, value in values.items()}
        twin.__dict__ |= {method: self.function(handle, method) for method in methods}
        twin.__dict__["handle"] = handle
        return twin


class Thing:
    """An object of the judge's; a copy is the same one."""

    def __deepcopy__(self, memo: Any) -> Thing:
        return self


def as_error(name: str, text: str) -> Exception:
    """The error that a function at the judge's raised, or one with its name in the text."""
    return RAISED[name](text) if name in RAISED else RuntimeError(f"{name}: {text}")
