"""What is counted is what NumPy was really asked to multiply."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import stream
from minillm.models import Gpt, gpt2_style
from minillm.nn import Linear, LoRA
from minillm.ops.flops import count_flops
from tests.strict import StrictArray, strict


@pytest.fixture
def products(monkeypatch):
    """Twice the products of every ``@`` that runs on a strict array."""
    seen, plain = [], StrictArray.__matmul__

    def watched(self, other):
        result = plain(self, other)
        if self.ndim > 1 and result.shape[-1] > 1:  # else a sum, written as a product with ones
            seen.append(2 * result.size * self.shape[-1])
        return result

    monkeypatch.setattr(StrictArray, "__matmul__", watched)
    return seen


def there(array, requires_grad=True):
    return Tensor(strict.asarray(array), requires_grad=requires_grad)


def check(products, compute):
    """The count of a forward and of a backward pass is that of the products that ran."""
    products.clear()
    with count_flops() as flops:
        result = compute()
        forward = sum(products)
        assert flops.forward == forward > 0
        result.backward(strict.asarray(np.ones(result.shape, dtype=result.dtype)))
    assert flops.backward == sum(products) - forward
    return flops


@pytest.mark.guide("G53")
@pytest.mark.parametrize(
    ("a", "b"), [((3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 6)), ((2, 3, 4), (4, 5))]
)
def test_a_product_costs_what_was_multiplied(products, a, b):
    rng = np.random.default_rng(0)
    check(products, lambda: there(rng.random(a)) @ there(rng.random(b)))


@pytest.mark.guide("G53")
def test_a_linear_layer_and_attention_cost_what_was_multiplied(products):
    rng = np.random.default_rng(0)
    weight = there(rng.random((5, 4)))
    check(products, lambda: ops.linear(there(rng.random((2, 3, 4))), weight))
    q, k, v = (there(rng.random(s)) for s in [(2, 3, 4), (2, 6, 4), (2, 6, 5)])
    check(products, lambda: ops.scaled_dot_product_attention(q, k, v))


def test_only_gradients_that_are_wanted_are_counted(products):
    rng = np.random.default_rng(0)
    frozen = there(rng.random((5, 4)), requires_grad=False)
    flops = check(products, lambda: ops.linear(there(rng.random((3, 4))), frozen))
    assert flops.backward == flops.forward == 2 * 3 * 4 * 5
    q, k, v = (there(rng.random((6, 4)), requires_grad=i == 2) for i in range(3))
    flops = check(products, lambda: ops.scaled_dot_product_attention(q, k, v))
    assert flops.backward == flops.forward // 2


def test_a_whole_model_costs_what_was_multiplied(products):
    config = gpt2_style(7, width=8, n_layers=2, n_heads=2, max_length=5)
    model = Gpt(config, rng=stream(0, "w"))
    for parameter in model.parameters():
        parameter.data = strict.asarray(parameter.data)
    ids = np.array([[1, 2, 3], [4, 5, 6]])
    check(products, lambda: model(strict.asarray(ids)))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_an_einsum_costs_a_product_and_a_sum_for_every_combination(data):
    sizes = {letter: data.draw(st.integers(1, 4), label=letter) for letter in "ijkl"}
    a = data.draw(st.lists(st.sampled_from("ijkl"), unique=True, min_size=1, max_size=3))
    b = data.draw(st.lists(st.sampled_from("ijkl"), unique=True, min_size=1, max_size=3))
    letters = sorted({*a, *b})
    result = data.draw(st.lists(st.sampled_from(letters), unique=True, max_size=3))
    x, y = (Parameter(np.ones([sizes[n] for n in names])) for names in (a, b))
    with count_flops() as flops:
        ops.einsum(x, y, subscripts=f"{''.join(a)},{''.join(b)}->{''.join(result)}").sum()
    assert flops.forward == 2 * math.prod(sizes[letter] for letter in letters)


def test_an_einsum_that_is_a_matrix_product_costs_as_much():
    a, b = Parameter(np.ones((3, 4))), Parameter(np.ones((4, 5)))
    with count_flops() as one:
        (a @ b).sum().backward()
    with count_flops() as other:
        ops.einsum("ij,jk->ik", a, b).sum().backward()
        ops.einsum("ij->j", a).sum().backward()  # a sum, and no product
    assert (one.forward, one.backward) == (other.forward, other.backward) == (120, 240)


def test_blocks_stand_inside_each_other_and_count_only_what_runs_in_them():
    a = Parameter(np.ones((2, 2)))
    with count_flops() as outer:
        with count_flops() as inner:
            y = (a @ a).sum()
        y.backward()
        with no_grad():
            a @ a
    a @ a
    assert (inner.forward, inner.backward) == (16, 0)
    assert (outer.forward, outer.backward) == (32, 32)
    assert outer.total == 64
    assert outer.forward_of == {"matmul": 32}


def test_an_error_ends_the_counting():
    with pytest.raises(ZeroDivisionError), count_flops() as flops:
        raise ZeroDivisionError
    Tensor(np.ones((2, 2))) @ Tensor(np.ones((2, 2)))
    assert flops.total == 0


def test_lora_trains_with_two_thin_products_more_and_one_thick_one_less():
    rng = stream(0, "w")
    layer = Linear(6, 8, rng=rng, bias=False)
    x = Parameter(np.ones((5, 6), dtype=np.float32))
    with count_flops() as full:
        layer(x).sum().backward()
    with count_flops() as thin:
        LoRA(layer, 2, rng=rng)(x).sum().backward()
    assert full.total == 3 * 2 * 5 * 6 * 8
    assert thin.total == 2 * 2 * 5 * 6 * 8 + 3 * 2 * 5 * 2 * (6 + 8)
