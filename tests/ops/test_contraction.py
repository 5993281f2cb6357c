import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor, check_vjp

LETTERS = "abcd"


@st.composite
def contractions(draw):
    """Subscripts of one to three operands, and operands of sizes that fit."""
    sizes = {letter: draw(st.integers(1, 3)) for letter in LETTERS}
    some = st.lists(st.sampled_from(LETTERS), max_size=3, unique=True).map("".join)
    names = draw(st.lists(some, min_size=1, max_size=3))
    there = sorted(set("".join(names)))
    result = "".join(draw(st.permutations(there)))[: draw(st.integers(0, len(there)))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    operands = [np.asarray(rng.standard_normal([sizes[c] for c in name])) for name in names]
    arrow = draw(st.booleans())
    return ",".join(names) + ("->" + result if arrow else ""), operands


@given(contractions())
def test_it_is_numpys_in_value(sample):
    subscripts, operands = sample
    expected = np.einsum(subscripts, *operands)
    assert np.allclose(ops.einsum(subscripts, *operands).data, expected, rtol=1e-12, atol=1e-13)


@given(contractions(), st.integers(0, 2**32))
def test_its_gradient_is_that_of_finite_differences(sample, seed):
    subscripts, operands = sample
    rng = np.random.default_rng(seed)
    check_vjp(ops.einsum.rule, *operands, subscripts=subscripts, rng=rng, rtol=1e-5)


def test_a_product_of_matrices_by_hand():
    a = Tensor(np.array([[1.0, 2.0]]), requires_grad=True)
    b = Tensor(np.array([[3.0], [4.0]]), requires_grad=True)
    y = ops.einsum("ij,jk->ik", a, b)
    y.backward(np.array([[10.0]]))
    assert y.data.tolist() == [[11.0]]
    assert a.grad.tolist() == [[30.0, 40.0]]
    assert b.grad.tolist() == [[10.0], [20.0]]


def test_it_is_matmul_in_value_and_gradient(rng):
    values = rng.standard_normal((2, 3, 5)), rng.standard_normal((5, 4))
    pairs = [[Tensor(x, requires_grad=True) for x in values] for _ in range(2)]
    found, expected = ops.einsum("bij,jk->bik", *pairs[0]), pairs[1][0] @ pairs[1][1]
    assert np.allclose(found.data, expected.data, rtol=1e-13)
    for y in (found, expected):
        y.backward(np.cos(np.arange(24.0)).reshape(2, 3, 4))
    for a, b in zip(*pairs, strict=True):
        assert np.allclose(a.grad, b.grad, rtol=1e-12, atol=1e-14)


def test_the_letters_stand_first_or_by_name_and_the_operands_in_a_list_or_not():
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((3, 4)))
    spellings = [
        ops.einsum("ij,jk->ik", a, b),
        ops.einsum("ij,jk->ik", [a, b]),
        ops.einsum(a, b, subscripts="ij,jk->ik"),
        ops.einsum([a, b], subscripts=" ij, jk -> ik "),
        ops.einsum("ij,jk", a, b),
        ops.einsum("ij,jk->ik", a.data, b.data),
    ]
    assert [y.data.tolist() for y in spellings] == [[[3.0] * 4] * 2] * 6


def test_an_operand_met_twice_receives_both_gradients():
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    ops.einsum("i,i->", x, x).backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_numbers_have_no_axes_to_name():
    y = ops.einsum(",i->i", 2.0, Tensor(np.array([1.0, 3.0])))
    assert y.data.tolist() == [2.0, 6.0]
    with pytest.raises(ValueError, match="'i' does not name the axes of operand 0"):
        ops.einsum("i,i->i", 2.0, Tensor(np.ones(3)))
