"""The affine map: what may be left out, what nobody wants, what does not belong together."""

import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.ops import linear

SHAPES = [(2, 3, 5), (7, 5), (7,)]


def test_without_a_bias_it_is_the_map_with_a_bias_of_zeros(rng):
    x, weight = (rng.standard_normal(shape) for shape in SHAPES[:2])
    bare, vjp = linear.rule(x, weight)
    full, full_vjp = linear.rule(x, weight, np.zeros(7))
    np.testing.assert_array_equal(bare, full)
    g = rng.standard_normal(bare.shape)
    assert len(vjp(g)) == 2
    for a, b in zip(vjp(g), full_vjp(g), strict=False):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("frozen", range(3))
def test_an_operand_without_a_node_costs_no_product(frozen, rng):
    arrays = [rng.standard_normal(shape) for shape in SHAPES]
    wanted = tuple(i != frozen for i in range(3))
    y, vjp = linear.rule(*arrays, wanted=wanted)
    g = rng.standard_normal(y.shape)
    whole = linear.rule(*arrays)[1](g)
    found = vjp(g)
    assert [x is not None for x in found] == list(wanted)
    for i in set(range(3)) - {frozen}:
        np.testing.assert_array_equal(found[i], whole[i])


def test_the_tape_asks_for_what_has_a_node_alone(rng, monkeypatch):
    asked, rule = [], linear.rule
    monkeypatch.setattr(
        linear, "rule", lambda *a, wanted: (asked.append(wanted), rule(*a, wanted=wanted))[1]
    )
    x, weight, bias = (rng.standard_normal(shape) for shape in SHAPES)
    leaf = Parameter(weight)
    gradients_of(linear(x, leaf, bias).sum(), [leaf])
    gradients_of(linear(x, leaf).sum(), [leaf])
    assert asked == [(False, True, False), (False, True)]


def test_operands_of_two_dtypes_are_refused_and_told_how_to_agree(rng):
    for place in range(3):
        x = [rng.standard_normal(shape) for shape in SHAPES]
        x[place] = x[place].astype(np.float32)
        with pytest.raises(TypeError, match=r"linear: x is .* weight is .* bias is .* turn one"):
            linear(*x)
