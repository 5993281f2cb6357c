"""Exercise 19.2: the floor and the exponent of losses, with an interval over seeds."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, close, parts, shaped
from minillm.course.exercises import Exercise, Property
from minillm.tasks.metrics.power_law import fit_power_law

FLOOR, EXPONENT = ("the floor", "下限"), ("the exponent", "指数")
HALF = ("half of the interval", "区间的一半")
OFF = {"rtol": 0.0, "atol": 3e-3}  # three digits, and what a search leaves


def sizes(k: int, factor: int) -> np.ndarray:
    """Sizes that grow by a factor, in no order."""
    n = 100.0 * float(factor) ** np.arange(k)
    return np.asarray(np.concatenate([n[k // 2 :], n[: k // 2]]))


def planted(
    n: np.ndarray, seeds: int, spread: float, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses of each seed, whose floor and exponent are its own: (S, K), (S,) and (S,)."""
    rng = np.random.default_rng(seed)
    floor = rng.uniform(0.4, 1.5) + spread * rng.uniform(-1, 1, seeds)
    exponent = rng.uniform(0.3, 0.8) + spread * rng.uniform(-1, 1, seeds)
    scale = rng.uniform(0.8, 2.0, (seeds, 1))  # what the smallest one has above the floor
    return floor[:, None] + scale * (n / n.min()) ** -exponent[:, None], floor, exponent


def three(fit: Function, n: np.ndarray, losses: np.ndarray, t: float) -> list[np.ndarray]:
    """What an answer says."""
    names = FLOOR, EXPONENT, HALF
    found = parts(fit(n, losses, t), *names)
    return [shaped(name, one, ()) for name, one in zip(names, found, strict=True)]


def compared(
    fit: Function, n: np.ndarray, losses: np.ndarray, t: float, laws: tuple[np.ndarray, np.ndarray]
) -> None:
    """Compare with the means of these floors and exponents, and their interval."""
    floor, exponent = laws
    found = three(fit, n, losses, t)
    half = t * exponent.std(ddof=1) / np.sqrt(len(exponent))
    wanted = floor.mean(), exponent.mean(), half
    for name, one, right in zip((FLOOR, EXPONENT, HALF), found, wanted, strict=True):
        close(name, one, np.array(right), **OFF)


def of_one_law(fit: Function, k: int, factor: int, seeds: int, seed: int) -> None:
    """All seeds have one floor and one exponent: the interval is 0."""
    n = sizes(k, factor)
    losses, floor, exponent = planted(n, seeds, 0.0, seed)
    compared(fit, n, losses, 2.5, (floor, exponent))


def of_many_laws(fit: Function, k: int, seeds: int, t: int, seed: int) -> None:
    """Each seed has its own."""
    n = sizes(k, 4)
    losses, floor, exponent = planted(n, seeds, 0.1, seed)
    compared(fit, n, losses, t / 2, (floor, exponent))


def of_large_sizes(fit: Function, seeds: int, seed: int) -> None:
    """Counted in thousands of millions, as those of large models are."""
    n = sizes(6, 4)
    losses, floor, exponent = planted(n, seeds, 0.05, seed)
    compared(fit, 1e9 * n, losses, 3.0, (floor, exponent))


def of_noise(fit: Function, k: int, seeds: int, seed: int) -> None:
    """Losses that no law hits: least squares."""
    n = sizes(k, 4)
    losses, _, _ = planted(n, seeds, 0.05, seed)
    losses = losses + 0.004 * np.random.default_rng(seed + 1000).standard_normal(losses.shape)
    laws = [fit_power_law(n, row) for row in losses]
    found = np.array([law.floor for law in laws]), np.array([law.exponent for law in laws])
    compared(fit, n, losses, 3.0, found)


# few and small: a plain loop over a thousand exponents takes some seconds
LAWS = {"k": st.just(5), "seeds": st.just(2), "seed": st.integers(0, 1)}
FLOORS_AND_EXPONENTS = Exercise(
    Property(
        "one law for all seeds: its floor, its exponent, and no spread",
        "所有种子同一条规律：它的下限和指数，区间为 0",
        of_one_law,
        {**LAWS, "factor": st.just(3)},
    ),
    Property(
        "a law for each seed: the means, and t · s / √seeds",
        "每个种子各有一条规律：取平均，区间的一半是 t · s / √种子数",
        of_many_laws,
        {**LAWS, "seeds": st.integers(2, 3), "seed": st.just(0), "t": st.just(7)},
    ),
    Property(
        "sizes in thousands of millions",
        "规模以十亿计",
        of_large_sizes,
        {"seeds": st.just(2), "seed": st.just(0)},
    ),
    Property(
        "losses that no law hits: the least sum of squares",
        "没有哪条规律能全部命中时：平方和最小",
        of_noise,
        LAWS,
    ),
)
