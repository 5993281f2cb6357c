"""Adam with L2 in the gradient or with decay beside the step, against the library's."""

from __future__ import annotations

from typing import Any

import numpy as np

from minillm import Parameter
from minillm.course.content.checks.common import Function, parts, shaped, told
from minillm.optim import Adam, AdamW


def stepped(
    w: np.ndarray, gradients: list[np.ndarray], *, decoupled: bool, lr: float, strength: float
) -> list[np.ndarray]:
    """The weights before and after each step of the library's optimisers."""
    p = Parameter(w)
    optimizer = AdamW([p], lr=lr, weight_decay=strength) if decoupled else Adam([p], lr=lr)
    path = [w]
    for g in gradients:
        optimizer.step([g + (0.0 if decoupled else strength) * p.data])
        path.append(p.data)
    return path


def is_the_librarys_step(
    adam_step: Function,
    parting: Function,
    w: list[float],
    gradients: list[float],
    **settings: Any,
) -> None:
    """Several steps in a row, the moments handed on; ``settings`` are lr, decoupled, strength.

    All weights meet the same gradient, but for its sign.
    """
    here, signs = np.array(w), np.array([1.0, -1.0, 1.0])[: len(w)]
    steps = [g * signs + 0.0 for g in gradients]  # no -0.0
    wanted = stepped(here, steps, **settings)
    m, v = np.zeros_like(here), np.zeros_like(here)
    for t, g in enumerate(steps, start=1):
        found = parts(adam_step(here, g, m, v, t, **settings), "w", "m", "v")
        here, m, v = (
            shaped(name, part, here.shape) for name, part in zip("wmv", found, strict=True)
        )
        seen, needed = (np.round(numbers, 10).tolist() for numbers in (here, wanted[t]))
        told(
            np.allclose(here, wanted[t], rtol=1e-9, atol=1e-12),
            f"after step {t} w is {seen}, needed is {needed}",
            f"第 {t} 步之后，w 是 {seen}，应为 {needed}",
        )


def finds_the_step(
    adam_step: Function, parting: Function, w: float, gradients: list[float]
) -> None:
    """The first step after which the two forms differ, or 0, and how far apart they end."""
    start, steps = np.array([w]), [np.array([g]) for g in gradients]
    coupled, decoupled = (
        np.array(stepped(start, steps, decoupled=d, lr=0.1, strength=0.1)) for d in (False, True)
    )
    gaps = (coupled - decoupled)[:, 0]
    apart = np.abs(gaps) > 1e-9
    wanted = int(apart.argmax()) if apart.any() else 0
    step, gap = parts(parting(w, gradients), "step", "difference")
    told(
        step == wanted, f"it says step {step}, needed is {wanted}", f"答第 {step} 步，应为 {wanted}"
    )
    found = shaped(("the difference", "差值"), gap, ())
    told(
        np.allclose(found, gaps[-1], rtol=1e-6, atol=1e-11),
        f"the difference after the last step is {found:.9g}, needed is {gaps[-1]:.9g}",
        f"最后一步之后的差值是 {found:.9g}，应为 {gaps[-1]:.9g}",
    )
