"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import ClassVar

from minillm.autograd import Parameter
from minillm.backend import Array
from minillm.optim.groups import ParameterGroup, checked_number
from minillm.optim.optimizer import Optimizer


class AdamW(Optimizer):
    """Adam's step, and beside it a decay of the weights that the moments never see::

        m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g²
        m^ = m / (1 - b1^t),     v^ = v / (1 - b2^t)
        w = w - lr (m^ / (sqrt(v^) + eps) + weight_decay w)

    L2 in the loss would send ``weight_decay w`` through the division by sqrt(v^), and so decay
    least the weights whose gradients are largest.

    ``t`` counts the updates of the parameter, not the steps of the optimiser.  The moments start
    at 0, and the division by ``1 - b^t`` undoes that: a parameter whose first gradient comes
    late, or that is skipped now and then, has moments that are as young as its own updates.

    In float32 a gradient beyond 1.8e19 has an infinite square: its weight would never move again.
    NumPy warns; ``clip_gradients`` brings such gradients back first.

    Raises:
        ValueError: betas outside [0, 1), an eps that is not a positive finite number or that
            the weights' dtype rounds to 0, a negative weight decay; see ``Optimizer``.
    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    Guide: 1.4.2, 9.3.3 (G24).
    """

    kernels: ClassVar[dict[ModuleType, Callable]] = {}

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas must be two numbers in [0, 1), got {betas!r}")
        b1, b2 = (checked_number("betas", beta, below=1.0) for beta in betas)
        self.betas = b1, b2
        self.eps = checked_number("eps", eps)
        super().__init__(parameters, lr=lr, weight_decay=weight_decay, slots=("m", "v"))
        for p in self.parameters:
            if p.dtype.type(self.eps) == 0:  # where no gradient has come yet, 0 / 0 is NaN
                raise ValueError(f"eps must be positive in the weights' {p.dtype}, got {eps}")

    def update(self, present: Sequence[int], gradients: Sequence[Array | None]) -> None:
        """By the kernels that there are, each as far as it can, and the rest by the formula."""
        for kernel in self.kernels.values():
            present = kernel(self, present, gradients)
        super().update(present, gradients)

    def updated(self, i: int, w: Array, g: Array) -> Array:
        """The formula of the class."""
        (b1, b2), t = self.betas, self.updates[i]
        m, v = self.state["m"], self.state["v"]
        m[i] = b1 * m[i] + (1 - b1) * g
        v[i] = b2 * v[i] + (1 - b2) * g * g
        m_hat = m[i] / (1 - b1**t)
        v_hat = v[i] / (1 - b2**t)
        step = m_hat / (v_hat**0.5 + self.eps) + self.decay(i, w)
        return w - self.lr * self.lr_scales[i] * step


class Adam(AdamW):
    """Steps of a size that does not depend on the gradient's: ``AdamW`` without decay::

        w = w - lr m^ / (sqrt(v^) + eps)

    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
    Guide: 5.2.2 (G26).
    """

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, weight_decay=0.0)
