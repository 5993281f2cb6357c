"""Exercise 18.3: the least noise that costs no more than epsilon."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from minillm.course.content.checks.common import SEEDS, Function, shaped, told
from minillm.course.exercises import Exercise, Property

NOISE = ("the noise", "噪声")
ASKED, LEAST, MOST = 60, 0.01, 10_000.0


FORMULAS = {
    "gaussian": "1 / (2 * (noise / {0!r}) ** 2) + 4.8 * {0!r} / noise",
    "stairs": "2.0 ** -math.floor(3 * math.log(noise / {0!r}))",
    "wall": "100.0 if noise < {0!r} else 0.0",
}


def curve_of(kind: str, scale: float) -> Function:
    """What a training costs by its noise: a Gaussian's, steps, or one with a wall."""
    if kind == "gaussian":
        return lambda noise: 1 / (2 * (noise / scale) ** 2) + 4.8 * scale / noise
    if kind == "stairs":
        return lambda noise: 2.0 ** -math.floor(3 * math.log(noise / scale))
    return lambda noise: 100.0 if noise < scale else 0.0


def least_of(spent: Function, epsilon: float) -> float:
    """The least noise, by many halvings."""
    low, high = LEAST / 10, MOST * 10
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if spent(middle) > epsilon else (low, middle)
    return high


def found_noise(least_noise: Function, spent: Function, epsilon: float) -> float:
    """The student's noise; refused where it asked too often."""
    asked = [0]

    def counted(noise: float) -> float:
        asked[0] += 1
        told(
            asked[0] <= 2 * ASKED,  # an answer is called twice
            f"spent was asked more than {ASKED} times",
            f"spent 被问了 {ASKED} 次以上",
        )
        return float(spent(float(noise)))

    return float(shaped(NOISE, least_noise(counted, epsilon), ()))


def keeps(least_noise: Function, kind: str, scale: float, epsilon: float) -> None:
    """It costs at most epsilon."""
    spent = curve_of(kind, scale)
    noise = found_noise(least_noise, spent, epsilon)
    told(noise > 0, f"the noise {noise:.6g} is not above 0", f"噪声 {noise:.6g} 不大于 0")
    repeat = repeated(kind, scale, epsilon)
    told(
        spent(noise) <= epsilon,
        f"the noise {noise:.9g} costs {spent(noise):.12g}, more than {epsilon:.12g}; {repeat}",
        f"噪声 {noise:.9g} 的花费是 {spent(noise):.12g}，超过 {epsilon:.12g}；{repeat}",
    )


def is_near(least_noise: Function, kind: str, scale: float, epsilon: float) -> None:
    """It is at most 1 % above the least."""
    spent = curve_of(kind, scale)
    noise, least = found_noise(least_noise, spent, epsilon), least_of(spent, epsilon)
    repeat = repeated(kind, scale, epsilon)
    told(
        noise <= 1.0101 * least,
        f"the noise {noise:.6g} is more than needed: {least:.6g} is enough; {repeat}",
        f"噪声 {noise:.6g} 多了：{least:.6g} 就够；{repeat}",
    )


def repeated(kind: str, scale: float, epsilon: float) -> str:
    """The case as the student can type it."""
    return f"epsilon = {epsilon!r}, spent = lambda noise: {FORMULAS[kind].format(float(scale))}"


def keeps_the_promise(
    least_noise: Function, kind: str, exponent: int, tenths: int, seed: int
) -> None:
    """On curves of three kinds."""
    keeps(least_noise, *case_of(kind, exponent, tenths / 10, seed))


def is_hardly_more_than_needed(
    least_noise: Function, kind: str, exponent: int, tenths: int, seed: int
) -> None:
    """On curves of three kinds."""
    is_near(least_noise, *case_of(kind, exponent, tenths / 10, seed))


def takes_a_cost_of_epsilon(least_noise: Function, exponent: int, power: int, seed: int) -> None:
    """On stairs that have a step at epsilon itself."""
    case = case_of("stairs", exponent, 2.0**power, seed)
    keeps(least_noise, *case)
    is_near(least_noise, *case)


def case_of(kind: str, exponent: int, epsilon: float, seed: int) -> tuple[str, float, float]:
    """A curve and an epsilon whose least noise lies between the borders."""
    scale = 1.5**exponent * (1 + seed / 200)
    least = least_of(curve_of(kind, scale), epsilon)
    inside = min(max(least, 1.1 * LEAST), MOST / 1.1)
    return kind, scale * inside / least, epsilon


CURVES = {
    "kind": st.sampled_from(["gaussian", "stairs", "wall"]),
    "exponent": st.integers(-8, 16),
    "tenths": st.integers(1, 100),
    "seed": SEEDS,
}

LEAST_NOISE = Exercise(
    Property("it costs at most epsilon", "花费不超过 epsilon", keeps_the_promise, CURVES),
    Property(
        "it is at most 1 % above the least noise",
        "最多比最小的噪声大 1%",
        is_hardly_more_than_needed,
        CURVES,
    ),
    Property(
        "a noise that costs exactly epsilon is enough",
        "花费恰好等于 epsilon 的噪声就够了",
        takes_a_cost_of_epsilon,
        {"exponent": st.integers(-8, 16), "power": st.integers(-3, 3), "seed": SEEDS},
    ),
)
