"""Two weights under Adam that only differ in the size of their gradients: how far do they shrink?

Both start at 1, and their loss is flat: the gradients are nothing but noise with mean zero, of
size 0.01 for one weight and 100 for the other.  So whatever pulls them towards 0 is the
regularisation: L2 in the gradient, decay beside it, or none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minillm import Parameter
from minillm.backend import stream
from minillm.labs.learners import AdamSettings
from minillm.labs.study import Study
from minillm.optim import AdamW


@dataclass(frozen=True)
class Settings:
    """Sizes of the noise, Adam, the forms of the pull and its strength; a point every so often."""

    noise: tuple[float, ...] = (0.01, 100.0)
    adam: AdamSettings = AdamSettings(rate=1e-3, steps=3000)
    forms: tuple[str, ...] = ("L2", "decoupled", "none")
    strength: float = 0.1
    every: int = 200


def path_of(settings: Settings, form: str, rng: np.random.Generator) -> np.ndarray:
    """The weights at the start and after every so many steps, (1 + steps // every, 2).

    ``form`` is "L2" (``g + strength w`` goes through Adam), "decoupled" (AdamW) or "none".

    Raises:
        ValueError: another form; a limit on the gradient's norm, which this study has no use for.
    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", section 2.
    Guide: 1.4.2, 9.3.3 (G24).
    """
    adam, strength = settings.adam, settings.strength
    if form not in ("L2", "decoupled", "none"):
        raise ValueError(f"form must be L2, decoupled or none, got {form!r}")
    if adam.max_norm is not None:
        raise ValueError(f"adam.max_norm must be None: nothing is clipped, got {adam.max_norm}")
    w = Parameter(np.ones(len(settings.noise)))
    decay = strength if form == "decoupled" else 0.0
    optimizer = AdamW([w], lr=adam.rate, betas=adam.betas, eps=adam.eps, weight_decay=decay)
    path = [w.data]
    for step in range(1, adam.steps + 1):
        g = rng.standard_normal(len(settings.noise)) * settings.noise
        optimizer.step([g + strength * w.data if form == "L2" else g])
        if step % settings.every == 0:
            path.append(w.data)
    return np.array(path)


def measure(settings: Settings, seed: int) -> dict[str, np.ndarray]:
    """The paths of the forms, all under the same noise."""
    return {form: path_of(settings, form, stream(seed, "noise")) for form in settings.forms}


STUDY = Study(
    name="shrinkage",
    question="Do L2 in the gradient and decoupled decay shrink two weights alike under Adam?",
    settings=Settings(),
    measure=measure,
    seeds=range(10),
)
