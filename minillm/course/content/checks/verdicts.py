"""Verdicts from the paired differences of five seeds: how case study c1 tries them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, told
from minillm.labs import mean_and_interval

VERDICTS = ("helps", "hurts", "cannot tell")
Scores = list[float]


def judged(verdict: Function, without: Scores, with_it: Scores) -> str:
    """The answer's word."""
    word = verdict(np.array(without), np.array(with_it))
    told(
        isinstance(word, str) and word in VERDICTS,
        f"it returns {word!r}, not one of {', '.join(VERDICTS)}",
        f"返回的是 {word!r}，应为 {'、'.join(VERDICTS)} 之一",
    )
    return str(word)


def is_the_paired_verdict(
    verdict: Function, without: Scores, spread: list[int], ratio: float
) -> None:
    """It is what the interval of the paired differences says, also close to its border."""
    with_it = gained(without, spread, ratio)
    mean, half = mean_and_interval(np.array(with_it) - np.array(without))
    if abs(abs(mean) - half) < 0.005 * half:
        return  # a border that the digits of t decide
    wanted = "cannot tell" if abs(mean) < half else "helps" if mean > 0 else "hurts"
    word = judged(verdict, without, with_it)
    numbers = f"{mean:+.4f} ± {half:.4f}"
    told(
        word == wanted,
        f"it says {word!r}; the paired differences are {numbers}: {wanted!r}",
        f"结论是 {word!r}；配对之差为 {numbers}，应为 {wanted!r}",
    )


def turns_around(verdict: Function, without: Scores, spread: list[int], ratio: float) -> None:
    """With the two exchanged, help becomes hurt."""
    with_it = gained(without, spread, ratio)
    there, back = judged(verdict, without, with_it), judged(verdict, with_it, without)
    turned = {"helps": "hurts", "hurts": "helps", "cannot tell": "cannot tell"}
    told(
        back == turned[there],
        f"it says {there!r}, and with the two exchanged {back!r}",
        f"先说 {there!r}，两者对调之后却说 {back!r}",
    )


def gained(without: Scores, spread: list[int], ratio: float) -> Scores:
    """Scores whose paired differences have a mean of about ``ratio`` half widths."""
    deviations = (np.array(spread) - np.mean(spread)) / 1000
    _, half = mean_and_interval(deviations)
    return [round(s + d + ratio * half, 3) for s, d in zip(without, deviations, strict=True)]


# Five seeds, which differ from each other by more than what is gained; "ratio" says how far the
# mean lies from zero, in half widths.
SEEDS_AND_GAINS: dict[str, Any] = {
    "without": st.lists(
        st.integers(500, 900).map(lambda n: n / 1000), min_size=5, max_size=5, unique=True
    ),
    "spread": st.lists(
        st.integers(-5, 5).map(lambda n: 10 * n), min_size=5, max_size=5, unique=True
    ),
    "ratio": st.sampled_from(
        [sign * r for r in (0.5, 0.8, 0.93, 0.97, 1.03, 1.06, 1.2, 3.0) for sign in (1, -1)]
    ),
}
