"""What ``check`` says of a wrong answer: the property, the call that shows it, and the reason.

In both languages, in at most twelve lines, and with arguments that can be pasted into a cell.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np

from minillm.course.watching import Call, Conduct, Watched, Wrong

LONGEST = 300  # characters of one line
SHOWN = 2  # calls
SEEDS_TRIED = 200
WATCHER = Watched.once.__code__.co_filename


class Case:
    """A case that has a name, in both languages; the answer gets its value."""

    def __init__(self, english: str, chinese: str, value: Any) -> None:
        self.english, self.chinese, self.value = english, chinese, value

    def __repr__(self) -> str:
        return f"{self.english}  ·  {self.chinese}"


class Elsewhere(Exception):
    """An answer that runs in another process raised; the lines say what, and where.

    ``undefined`` is a name that it uses and that there is not.
    """

    def __init__(self, lines: list[str], undefined: str = "") -> None:
        super().__init__(lines)
        self.undefined = undefined
        self.lines = [cut(line) for line in lines]


def remark(
    number: str, title: str, case: dict[str, Any], calls: Sequence[Call], error: Exception
) -> str:
    """The whole message."""
    named = [f"    {name}: {value}" for name, value in case.items() if isinstance(value, Case)]
    shown = [f"    {cut(as_code(call))}" for call in calls[-SHOWN:]]
    if isinstance(error, Conduct):  # no property of this exercise
        title = str(error)
    elif not isinstance(error, Wrong) and calls:
        title = f"{calls[-1].name} stops with an error  ·  {calls[-1].name} 运行时出错"
    lines = [
        f"{number}  ✗  {title}",
        "  the smallest counter-example  ·  最小的反例：",
        *named,
        *(shown or [f"    {name} = {as_value(value)}" for name, value in case.items()]),
        *reason(error),
    ]
    printed = [line for call in calls[-1:] for line in call.printed.splitlines()]
    if printed:
        lines.append(
            f"  it printed {len(printed)} line(s), the first  ·  "
            f"它打印了 {len(printed)} 行，第一行：{cut(printed[0], 80)}"
        )
    return "\n".join(lines)


def reason(error: Exception) -> list[str]:
    """Why it is wrong: what a check says, or what was raised and in which line of the answer."""
    if isinstance(error, Conduct):
        return []
    if isinstance(error, Elsewhere):
        return error.lines
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, Wrong) or (isinstance(error, AssertionError) and not of_answer(error)):
        return [f"  {cut(first)}"]
    lines = [f"  {cut(f'{type(error).__name__}: {first}')}"]
    frame = of_answer(error)
    if frame is not None:
        text = linecache.getline(frame.filename, frame.lineno or 0).strip()
        where = f"  in line {frame.lineno} of the cell  ·  错误出在单元格第 {frame.lineno} 行"
        lines += [f"{where}：", f"    {cut(text)}"] if text else [where]
    return lines


def of_answer(error: BaseException) -> traceback.FrameSummary | None:
    """The last place on the way to an error that the student wrote: neither ours nor a library's.

    The way leads from a check through ``Watched`` into the answer; what follows until a library
    is entered is the student's.
    """
    frames = traceback.extract_tb(error.__traceback__)
    watched = [i for i, frame in enumerate(frames) if frame.filename == WATCHER]
    if not watched:
        return None
    after = frames[watched[-1] + 1 :]
    own = after[:1] and [frame for frame in after if frame.filename == after[0].filename]
    return own[-1] if own else None


def as_code(call: Call) -> str:
    """A call as Python, with the names of the arguments; without, if some have none (``*more``)."""
    given = [as_value(value) for value in call.arguments]
    if all(map(str.isidentifier, call.names)):
        given = [f"{name}={text}" for name, text in zip(call.names, given, strict=False)]
    settings = [f"{name}={as_value(value)}" for name, value in call.settings.items()]
    return f"{call.name}({', '.join([*given, *settings])})"


def as_value(value: Any) -> str:
    """A value as Python that makes it again, as far as that can be."""
    if isinstance(value, np.ndarray):
        return as_array(value)
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, np.random.Generator):
        return as_generator(value)
    if isinstance(value, list):
        return as_list(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(as_value, value))}{',' * (len(value) == 1)})"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return repr(value)


def as_list(value: list[Any]) -> str:
    """A list; a long one of one and the same text as ``['text'] * 200``."""
    if len(value) > 8 and isinstance(value[0], str) and value == value[:1] * len(value):
        return f"[{value[0]!r}] * {len(value)}"
    return f"[{', '.join(map(as_value, value))}]"


def as_array(value: np.ndarray) -> str:
    """An array; of a large one only its shape, unless all its elements are equal."""
    plain = value.dtype in ((np.float64, np.int64, np.bool_) if value.size else (np.float64,))
    kind = "" if plain else f", dtype=np.{value.dtype.name}"
    if value.size > 8 and value.dtype.kind in "biuf" and (value == value.flat[0]).all():
        return f"np.full({value.shape}, {value.flat[0].item()!r}{kind})"
    if value.size > 60:
        return f"<an array of shape {value.shape}>"
    return f"np.array({value.tolist()!r}{kind})"


def as_generator(rng: np.random.Generator) -> str:
    """The seed that makes a generator, where it is a small one."""
    for seed in range(SEEDS_TRIED):
        if np.random.default_rng(seed).bit_generator.state == rng.bit_generator.state:
            return f"np.random.default_rng({seed})"
    return "rng"


def cut(text: str, most: int = LONGEST) -> str:
    """``text``, its end left out where it is too long."""
    return text if len(text) <= most else f"{text[: most - 4]} ..."


def not_answered(number: str, name: str, tried: int) -> str:
    """What a stub is told: which answer is missing, and whether what is there was right so far."""
    english, chinese = (f"{name}, ", f"{name}，") if name else ("", "")
    so_far = "; the rest is right so far  ·  其余部分目前都对" if tried else ""
    return (
        f"{number}  not answered yet: {english}fill in the cell above  ·  "
        f"尚未作答：{chinese}请补全上面的单元格{so_far}"
    )


def right(number: str) -> str:
    """What a right answer is told."""
    return f"{number}  ✓"
