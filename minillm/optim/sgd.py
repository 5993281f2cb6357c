"""Gradient descent, with momentum and Nesterov's look ahead."""

from __future__ import annotations

from collections.abc import Iterable

from minillm.autograd import Parameter
from minillm.backend import Array
from minillm.optim.groups import ParameterGroup, checked_number
from minillm.optim.optimizer import Optimizer


class SGD(Optimizer):
    """Steps against the gradient; momentum lets earlier gradients roll on::

        v = momentum v + g
        d = v,  with Nesterov  g + momentum v
        w = w - lr (d + weight_decay w)

    A steady gradient g ends at the velocity g / (1 - momentum): 0.9 makes the steps ten times
    as long, so that ``lr`` has to be smaller than without.  Nesterov's direction is that of the
    next velocity, were the gradient to stay.  The velocity starts at 0 and is a sum, not a mean:
    unlike Adam's moments it needs no correction, whenever a parameter's first gradient comes.

    The decay stands beside the velocity, as in ``AdamW``.  Without momentum it is the same as an
    L2 penalty in the loss (``l2_penalty``); with momentum, the penalty would roll on too.

    Raises:
        ValueError: momentum outside [0, 1), Nesterov without momentum; see ``Optimizer``.
    Source: Polyak 1964, "Some Methods of Speeding up the Convergence of Iteration Methods";
        Sutskever et al. 2013, "On the Importance of Initialization and Momentum in Deep
        Learning", section 2; Loshchilov & Hutter 2019, algorithm 1, for the decay.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter | ParameterGroup],
        *,
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ):
        self.momentum = checked_number("momentum", momentum, below=1.0)
        self.nesterov = nesterov
        if nesterov and momentum == 0:
            raise ValueError("nesterov looks ahead along the momentum, which is 0")
        super().__init__(parameters, lr=lr, weight_decay=weight_decay, slots=("velocity",))

    def updated(self, i: int, w: Array, g: Array) -> Array:
        """The formula of the class."""
        v = self.state["velocity"]
        v[i] = self.momentum * v[i] + g
        direction = g + self.momentum * v[i] if self.nesterov else v[i]
        return w - self.lr * self.lr_scales[i] * (direction + self.decay(i, w))
