"""What a device gives beside what the host gives."""

import numpy as np

from tests.gpu.conftest import back
from tests.ops.kernels_cupy.on_host import assert_no_worse, cotangent, doubled


def compare(place, function, rule, operands, settings, tolerance, waits=False):
    """Output and gradients on the device beside those of the rule on the host."""
    there, moved = place.move(operands), place.move(settings)
    with np.errstate(all="ignore"):
        expected, vjp = rule(*operands, **settings)
        truth, true_vjp = rule(*map(doubled, operands), **doubled(settings))
        g = cotangent(expected)
        wanted, true = [expected, *vjp(g)], [truth, *true_vjp(doubled(g))]
        arriving = place.xp.asarray(g)
        if waits:
            output, back_there = function(*there, **moved)
            found = [output, *back_there(arriving)]
        else:
            with place.without_waits():
                output, back_there = function(*there, **moved)
                found = [output, *back_there(arriving)]
    for a, b, c in zip(found, wanted, true, strict=True):
        assert_no_worse(*map(np.asarray, (back(a), b, c)), tolerance)


def in_dtype(one, dtype):
    operands, settings = [x.astype(dtype) for x in one.operands], dict(one.settings)
    for name, value in settings.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            settings[name] = value.astype(dtype)
    return operands, settings
