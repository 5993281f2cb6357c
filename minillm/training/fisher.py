"""How much each weight matters for what a model has learned: the diagonal of Fisher's matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, gradients_of


def fisher_diagonal(
    loss_of: Callable[[Any], Tensor], examples: Iterable[Any], parameters: Sequence[Parameter]
) -> list[np.ndarray]:
    """The mean of squared gradients over examples, one after another::

        F_j = 1/N sum_i (d/dw_j ln p(y_i | x_i))²           loss_of(x_i, y_i) = -ln p(y_i | x_i)

    Shapes: an array like each parameter, in its order, never below 0.

    With the y that the data have it is the *empirical* Fisher: where each of them is certain, all
    gradients are 0, and so is F, however much a weight matters.  Fisher's own matrix takes the
    mean over y as the model draws them.

    Raises:
        ValueError: there is no example.
        RuntimeError: as ``gradients_of``; a parameter that no loss depends on.
    Source: Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting in neural networks",
        arXiv:1612.00796, section 2; Kunstner, Balles & Hennig 2019, "Limitations of the Empirical
        Fisher Approximation for Natural Gradient Descent", arXiv:1905.12558, on the difference.
    """
    total = [np.zeros_like(parameter.data) for parameter in parameters]
    count = 0
    for example in examples:
        count += 1
        for sum_of, gradient in zip(total, gradients_of(loss_of(example), parameters), strict=True):
            if gradient is not None:
                sum_of += gradient * gradient
    if count == 0:
        raise ValueError("fisher_diagonal: needs at least one example, got none")
    return [sum_of / count for sum_of in total]
