"""Adam, and Adam with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minillm.autograd import Parameter
from minillm.backend import Array
from minillm.optim.groups import ParameterGroup
from minillm.optim.optimizer import Optimizer


class AdamW(Optimizer):
    """Adam's step, and beside it a decay of the weights that the moments never see.

        m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g²
        m^ = m / (1 - b1^t),     v^ = v / (1 - b2^t)
        w = w - lr (m^ / (sqrt(v^) + eps) + decay w)

    L2 in the loss would send ``decay w`` through the division by sqrt(v^), and so decay least
    the weights whose gradients are largest.

    Raises:
        ValueError: betas outside [0, 1), eps not positive, a negative decay; see ``Optimizer``.
    Source: Loshchilov & Hutter 2019, "Decoupled Weight Decay Regularization", algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        decay: float = 0.01,
    ):
        if not (len(betas) == 2 and all(0 <= b < 1 for b in betas)):
            raise ValueError(f"betas must be two numbers in [0, 1), got {betas}")
        if not eps > 0 or not decay >= 0:
            raise ValueError(f"needs eps > 0 and decay >= 0, got {eps} and {decay}")
        super().__init__(parameters, lr=lr, decay=decay, slots=("m", "v"))
        self.betas = float(betas[0]), float(betas[1])  # NumPy's float64 would promote the weights
        self.eps = float(eps)

    def step(self, gradients: Sequence[Array | None]) -> None:
        """One update from one gradient per parameter; ``None`` leaves its parameter alone.

        Raises:
            ValueError: gradients that do not fit the parameters; nothing was changed.
        """
        b1, b2 = self.betas
        m, v = self.state["m"], self.state["v"]
        fitting = self.checked(gradients)
        self.steps += 1
        for i, (p, g) in enumerate(zip(self.parameters, fitting, strict=True)):
            if g is None:
                continue
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g * g
            m_hat = m[i] / (1 - b1**self.steps)
            v_hat = v[i] / (1 - b2**self.steps)
            lr = self.lr * self.lr_scales[i]
            p.data = p.data - lr * (m_hat / (v_hat**0.5 + self.eps) + self.decays[i] * p.data)


class Adam(AdamW):
    """Steps of a size that does not depend on the gradient's: ``AdamW`` without decay.

        w = w - lr m^ / (sqrt(v^) + eps)

    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", algorithm 1.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(parameters, lr=lr, betas=betas, eps=eps, decay=0.0)
