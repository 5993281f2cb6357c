"""Adam's step on a device as one kernel, with the meaning of ``AdamW.updated``.

The moments are changed where they are; the weights become new arrays, as with the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minillm.backend import Array, array_module, on_host
from minillm.ops.kernels_cupy.launching import blocks_for, check_known, in_one_piece, launch
from minillm.optim.adam_in_chunks import moments, rate_of

if TYPE_CHECKING:
    from minillm.optim.adam import AdamW


def adam_on_device(
    optimizer: AdamW, present: Sequence[int], gradients: Sequence[Array]
) -> list[int]:
    """Change the parameters on a device; the places of the others, for NumPy or the rule."""
    rest = []
    for i in present:
        p, (m, v) = optimizer.parameters[i], moments(optimizer, i)
        if on_host(p.data) or not (m.flags.c_contiguous and v.flags.c_contiguous):
            rest.append(i)
            continue
        check_known("AdamW", p.data)
        new = array_module(p.data).empty(p.shape, p.dtype)
        arrays = new, m, v, in_one_piece(p.data), in_one_piece(gradients[i])
        numbers = coefficients(optimizer, i)
        launch("adam", "adam", blocks_for(p.size), *arrays, *numbers, p.size, dtype=p.dtype)
        p.data = new
    return rest


def coefficients(optimizer: AdamW, i: int) -> tuple[float, ...]:
    """The numbers of the formula for parameter ``i``, in the order in which the kernel has them."""
    (b1, b2), rate = optimizer.betas, rate_of(optimizer, i)
    size, root = rate.lr / (1 - b1**rate.updates), (1 - b2**rate.updates) ** -0.5
    return b1, 1 - b1, b2, 1 - b2, size, root, optimizer.eps, rate.lr * rate.weight_decay
