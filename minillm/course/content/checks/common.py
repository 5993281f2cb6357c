"""What the checks of all lessons share: saying why an answer is wrong, strategies, measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.watching import Conduct, NotAnswered, Watched, Wrong

Function = Callable[..., Any]
LISTED = 30  # so many numbers are shown; of more the first that is off
SEEDS, SIZES = st.integers(0, 99), st.integers(1, 4)


def told(holds: bool, english: str, chinese: str) -> None:
    """Raise ``Wrong`` with a reason in both languages unless ``holds``."""
    if not holds:
        raise Wrong(english, chinese)


def close(
    name: str | tuple[str, str],
    found: np.ndarray,
    wanted: np.ndarray,
    *,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> None:
    """Refuse numbers that are further off than rounding, and tell what was found.

    ``name`` is the same in both languages ("dL/dx"), or a pair.
    """
    english, chinese = (name, name) if isinstance(name, str) else name
    gap = np.abs(np.subtract(found, wanted)).max(initial=0)
    fits = np.isclose(found, wanted, rtol=rtol, atol=atol)
    if np.size(found) > LISTED and not fits.all():
        place = tuple(int(i) for i in np.argwhere(~fits)[0])
        where = place[0] if len(place) == 1 else place
        one, right = np.round(found[place], 6), np.round(wanted[place], 6)
        told(
            False,
            f"{english}: of {found.size} numbers the first that is off stands at {where}: "
            f"{one}, not {right}",
            f"{chinese}：{found.size} 个数里，第一个不对的在 {where} 处：{one}，应为 {right}",
        )
    numbers = np.round(found, 6).tolist()
    single = np.allclose(found, wanted, rtol=1e-6, atol=1e-7)
    far = (f", by up to {gap:.1e}", f"，最多差 {gap:.1e}") if np.isfinite(gap) else ("", "")
    told(
        bool(fits.all()),
        f"{english}: {numbers} is off{far[0]}"
        + (", as float32 rounds and float64 does not" if single else ""),
        f"{chinese}：{numbers} 不对{far[1]}"
        + ("，这是 float32 的舍入误差，float64 没有这么大" if single else ""),
    )


def parts(found: Any, *names: str | tuple[str, str]) -> tuple[Any, ...]:
    """What an answer with several parts returned, one for each name, which may be a pair.

    Raises:
        Conduct: it is something else.
        NotAnswered: it, or one of its parts, is ``...``.
    """
    if found is ...:
        raise NotAnswered
    rows = isinstance(found, tuple | list) or (isinstance(found, np.ndarray) and found.ndim > 0)
    if not rows or len(found) != len(names):
        pairs = [(name, name) if isinstance(name, str) else name for name in names]
        english, chinese = (", ".join(one) for one in zip(*pairs, strict=True))
        raise Conduct(
            f"it must return {len(names)} things: {english}",
            f"应当返回 {len(names)} 样东西：{chinese}",
        )
    if any(part is ... for part in found):
        raise NotAnswered
    return tuple(found)


def shaped(name: str | tuple[str, str], found: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An answer as an array of floats.

    Raises:
        Conduct: it holds no numbers, or is not of ``shape``.
    """
    english, chinese = (name, f"{name} ") if isinstance(name, str) else name
    try:
        array = np.asarray(found, dtype=float)
    except (TypeError, ValueError):
        raise Conduct(
            f"{english}: an array of numbers is needed, got {found!r:.80}",
            f"{chinese}应当是数组，得到的却是 {found!r:.80}",
        ) from None
    if np.isnan(array).any() and any(one is None for one in np.asarray(found, object).ravel()):
        raise Conduct(f"{english}: None stands for a number", f"{chinese}里有 None，应当是数")
    if array.shape != shape:
        raise Conduct(
            f"{english}: the shape is {array.shape}, not {shape}",
            f"{chinese}的形状是 {array.shape}，应为 {shape}",
        )
    return array


def derivative(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    operands: dict[str, np.ndarray],
    g: np.ndarray,
) -> None:
    """Compare the gradients that an answer gives with central differences, number by number.

    ``backward(*arrays, g)`` gives one gradient for each of the named operands (the array itself
    where there is one operand), ``forward(*arrays)`` the output, of whose loss ``g`` is the slope.
    """
    arrays = [np.asarray(x, dtype=float) for x in operands.values()]
    found = backward(*arrays, g)
    names = [f"dL/d{name}" for name in operands]
    gradients = (found,) if len(names) == 1 else parts(found, *names)
    for i, (name, gradient) in enumerate(zip(names, gradients, strict=True)):
        ours = shaped(name, gradient, arrays[i].shape)
        right = np.allclose(ours, differences(forward, arrays, i, g), rtol=1e-6, atol=1e-7)
        numbers = ours.round(6).tolist()
        told(
            right,
            f"{name} = {numbers}: central differences give something else",
            f"{name} = {numbers}，与中心差分不符",
        )


def differences(
    forward: Callable[..., Any], arrays: list[np.ndarray], place: int, g: np.ndarray
) -> np.ndarray:
    """Central differences of sum(g * forward) along each number of one operand."""
    slopes = np.empty_like(arrays[place])
    for index in np.ndindex(slopes.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = [x.copy() for x in arrays]
            moved[place][index] += step
            ends.append(float((g * np.asarray(forward(*moved))).sum()))
        slopes[index] = (ends[0] - ends[1]) / 2e-5
    return slopes


class Counted(np.ndarray):
    """An array that counts the elements that are taken from it one by one, as a loop does."""

    taken: list[int]

    def __array_finalize__(self, origin: Any) -> None:
        self.taken = getattr(origin, "taken", [0])  # views and copies share the count

    def __deepcopy__(self, memo: Any) -> Counted:
        twin = np.array(self).view(Counted)
        twin.taken = self.taken
        return twin

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.taken[0] += not isinstance(found, np.ndarray)
        return found

    def __iter__(self) -> Iterator[Any]:
        for i in range(len(self)):
            yield self[i]

    def tolist(self) -> Any:
        """All elements, counted."""
        self.taken[0] += self.size
        return super().tolist()


def lines_run(answer: Watched, *arguments: Any) -> int:
    """How many lines of its own an answer runs: of a loop, more for a longer input."""
    return answer.lines_run(*arguments)
