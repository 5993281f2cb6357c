"""Exercise 08.3: one step of attention with the keys and values of the steps before."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, close, parts, shaped
from minillm.course.exercises import Exercise, Property

Text = tuple[np.ndarray, ...]


def stepped(attend: Function, *arrays: np.ndarray) -> tuple[np.ndarray, Any, Any]:
    """The student's output, and what is to be handed in next."""
    output, keys, values = parts(attend(*arrays), "output", "keys", "values")
    return shaped(("the output", "输出"), output, arrays[2].shape), keys, values


def attended(q: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One query's output."""
    powers = np.exp(keys @ q / np.sqrt(len(q)))
    found: np.ndarray = powers @ values / powers.sum()
    return found


def begins_with_its_value(attend: Function, text: Text) -> None:
    """The first token has nothing but itself to look at."""
    q, k, v = (x[0] for x in text)
    close(("the output", "输出"), stepped(attend, q, k, v, *none_before(text))[0], v)


def none_before(text: Text) -> Text:
    """Keys and values of no tokens."""
    return text[1][:0], text[2][:0]


def is_attention(attend: Function, text: Text) -> None:
    """The last token, with all others in the cache."""
    q, k, v = text
    found, _, _ = stepped(attend, q[-1], k[-1], v[-1], k[:-1], v[:-1])
    close(("the output", "输出"), found, attended(q[-1], k, v))


def is_what_it_gives_at_once(attend: Function, text: Text) -> None:
    """Token by token from nothing, each with what the step before has returned."""
    kept: tuple[Any, ...] = none_before(text)
    for t, (q, k, v) in enumerate(zip(*text, strict=True)):
        found, *rest = stepped(attend, q, k, v, *kept)
        kept = tuple(rest)
        name = f"step {t + 1}, the output", f"第 {t + 1} 步的输出"
        close(name, found, attended(q, text[1][: t + 1], text[2][: t + 1]))


def lets_two_texts_go_on(attend: Function, text: Text) -> None:
    """Two endings of one beginning do not see each other."""
    q, k, v = text
    _, *kept = stepped(attend, q[0], k[0], v[0], *none_before(text))
    for t in range(1, len(q)):  # every one of them as the second token
        found, *_ = stepped(attend, q[t], k[t], v[t], *kept)
        close(("the output", "输出"), found, attended(q[t], k[[0, t]], v[[0, t]]))


@st.composite
def texts(draw: st.DrawFn, least: int = 1) -> Text:
    """Queries and keys (T, dk) and values (T, dv)."""
    T, dk, dv = draw(st.integers(least, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    drawn = []
    for width in (dk, dk, dv):
        numbers = st.lists(st.integers(-3, 3), min_size=T * width, max_size=T * width)
        drawn.append(np.array(draw(numbers), dtype=float).reshape(T, width))
    return tuple(drawn)


ONE_STEP = Exercise(
    Property(
        "the first token sees itself alone, and its output is v",
        "第一个词元只看得见自己，输出就是 v",
        begins_with_its_value,
        {"text": texts()},
    ),
    Property(
        "it is attention to the new token and all before it (text: q, k, v of all tokens)",
        "它是新词元对自己和前面所有词元的注意力（text 依次为全部词元的 q、k、v）",
        is_attention,
        {"text": texts(least=2)},
    ),
    Property(
        "step after step it gives what causal attention gives at once",
        "一步一步算，与因果注意力一次算出的结果相同",
        is_what_it_gives_at_once,
        {"text": texts()},
    ),
    Property(
        "two texts that go on from one cache do not see each other",
        "两段文本从同一个缓存接着写，彼此互不可见",
        lets_two_texts_go_on,
        {"text": texts(least=2)},
    ),
)
