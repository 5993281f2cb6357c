"""Two weights under Adam that only differ in the size of their gradients: how far do they shrink?

Both start at 1, and their loss is flat: the gradients are nothing but noise with mean zero, of
size 0.01 for one weight and 100 for the other.  So whatever pulls them towards 0 is the
regularisation: L2 in the gradient, decay beside it, or none.
"""

from __future__ import annotations

import numpy as np

from minillm import Parameter
from minillm.labs.study import Study
from minillm.optim import Adam, AdamW

NOISE = (0.01, 100.0)
STEPS, EVERY = 3000, 200
LR, STRENGTH = 1e-3, 0.1


def path_of(form: str, rng: np.random.Generator, *, steps: int = STEPS) -> np.ndarray:
    """The two weights at the start and after every 200th step, (1 + steps // 200, 2).

    ``form`` is "L2" (``g + strength w`` goes through Adam), "decoupled" (AdamW) or "none".

    Raises:
        ValueError: another form.
    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", section 2.
    """
    if form not in ("L2", "decoupled", "none"):
        raise ValueError(f"form must be L2, decoupled or none, got {form!r}")
    w = Parameter(np.ones(2))
    optimizer = (
        AdamW([w], lr=LR, weight_decay=STRENGTH) if form == "decoupled" else Adam([w], lr=LR)
    )
    path = [w.data]
    for step in range(1, steps + 1):
        g = rng.standard_normal(2) * NOISE
        optimizer.step([g + STRENGTH * w.data if form == "L2" else g])
        if step % EVERY == 0:
            path.append(w.data)
    return np.array(path)


def measure(seed: int) -> dict[str, np.ndarray]:
    """The paths of the three forms, all under the same noise."""
    return {
        form: path_of(form, np.random.default_rng(seed)) for form in ("L2", "decoupled", "none")
    }


STUDY = Study(
    "shrinkage",
    "Do L2 in the gradient and decoupled decay shrink two weights alike under Adam?",
    {"noise": NOISE, "steps": STEPS, "every": EVERY, "lr": LR, "strength": STRENGTH},
    measure,
    range(10),
)
