"""A penalty chosen on dev and reported on test: ridge regression."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from minillm.course.content.checks.common import Function, parts, told

Split = tuple[np.ndarray, np.ndarray]  # x, y
MATRIX = [[2.0, 1.0], [1.0, -1.0], [0.0, 2.0], [-1.0, 1.0], [1.0, 0.0], [1.0, 2.0]]


def split(rows: int, outcomes: list[int]) -> Split:
    """Of two features; the outcomes are small integers."""
    return np.array(MATRIX[:rows]), np.array(outcomes[:rows], dtype=float)


def outcomes(rows: int) -> st.SearchStrategy[list[int]]:
    """That many small integers."""
    return st.lists(st.integers(-3, 3), min_size=rows, max_size=rows)


def splits() -> dict[str, st.SearchStrategy[Split]]:
    """Train, dev and test, of different sizes."""
    sizes = {"train": (2, 5), "dev": (1, 4), "test": (2, 6)}
    return {
        name: st.integers(*least_and_most).flatmap(
            lambda rows: outcomes(rows).map(lambda values: split(rows, values))
        )
        for name, least_and_most in sizes.items()
    }


def error_of(strength: float, train: Split, part: Split) -> float:
    """Mean squared error on ``part`` of ridge regression fitted on ``train``."""
    x, y = train
    w = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)
    return float(((part[0] @ w - part[1]) ** 2).mean())


def chosen(choose: Function, strengths: list[float], *data: Split) -> tuple[float, float]:
    """The answer's strength and error."""
    strength, error = parts(choose(strengths, *data), "strength", "error")
    told(
        strength in strengths,
        f"it chooses {strength}, which is not one of the strengths",
        f"选了 {strength}，候选之中没有它",
    )
    return float(strength), float(error)


def is_blind_to_test(
    choose: Function, strengths: list[float], train: Split, dev: Split, test: Split
) -> None:
    """Other test data, the same choice."""
    other = test[0], 0.0 - test[1]  # no -0.0
    first, second = (chosen(choose, strengths, train, dev, t)[0] for t in (test, other))
    told(
        first == second,
        f"it chooses {second}; with the other sign of all y of test it chose {first}",
        f"选了 {second}；把测试集的 y 全部变号，选的却是 {first}",
    )


def is_best_on_dev(
    choose: Function, strengths: list[float], train: Split, dev: Split, test: Split
) -> None:
    """No other strength, fitted on train, has a smaller error on dev."""
    pick, _ = chosen(choose, strengths, train, dev, test)
    errors = {s: error_of(s, train, dev) for s in strengths}
    best = min(errors, key=lambda s: errors[s])
    told(
        errors[pick] <= errors[best] + 1e-9,
        f"it chooses {pick}, whose error on dev is {errors[pick]:.4g}; "
        f"that of {best} is {errors[best]:.4g}",
        f"选了 {pick}，它在开发集上的误差是 {errors[pick]:.4g}；{best} 的是 {errors[best]:.4g}",
    )


def reports_the_test(
    choose: Function, strengths: list[float], train: Split, dev: Split, test: Split
) -> None:
    """The error reported is the chosen model's on test."""
    pick, error = chosen(choose, strengths, train, dev, test)
    wanted = error_of(pick, train, test)
    told(
        bool(np.isclose(error, wanted, rtol=1e-7, atol=1e-9)),
        f"with the strength {pick} it reports the error {error:.4g}; on test it is {wanted:.4g}",
        f"强度为 {pick} 时报告的误差是 {error:.4g}，而测试集上是 {wanted:.4g}",
    )
