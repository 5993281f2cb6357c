import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.nn import MultiHeadAttention, PreNormEncoderBlock, causal_mask
from tests.nn.checks import scrambled, values

T, D = 5, 6


def test_three_positions_by_hand():
    mask = causal_mask(3)
    assert mask.dtype == np.bool_
    assert mask.tolist() == [[True, False, False], [True, True, False], [True, True, True]]


def test_one_position_sees_itself():
    assert causal_mask(1).tolist() == [[True]]


@given(st.integers(1, 30))
def test_position_i_sees_i_plus_one_positions_and_the_last_sees_all(length):
    mask = causal_mask(length)
    assert mask.sum(axis=1).tolist() == list(range(1, length + 1))
    assert mask[-1].all()
    assert not mask[0, 1:].any()


@pytest.mark.parametrize("length", [0, -3])
def test_no_positions_are_refused(length):
    with pytest.raises(ValueError, match=f"causal_mask: length must be at least 1, got {length}"):
        causal_mask(length)


@pytest.mark.errata("A116")
@given(st.integers(0, T - 1), st.sampled_from([1.0, 1e3, 1e8]), st.integers(0, 2**32 - 1))
def test_what_comes_later_changes_no_bit_of_what_comes_before(t, size, seed):
    """A block under the causal mask does not see position t from before t."""
    rng = np.random.default_rng(seed)
    block = scrambled(PreNormEncoderBlock(D, 3, 7, rng=rng), rng)
    x = rng.standard_normal((2, T, D))
    changed = x.copy()
    changed[:, t:] = size * rng.standard_normal((2, T - t, D))
    before, after = (values(block, one, mask=causal_mask(T)) for one in (x, changed))
    assert before[:, :t].tobytes() == after[:, :t].tobytes()
    assert np.all(np.any(before[:, t:] != after[:, t:], axis=-1))


def test_without_the_mask_the_first_position_sees_the_last(rng):
    block = scrambled(PreNormEncoderBlock(D, 3, 7, rng=rng), rng)
    x = rng.standard_normal((1, T, D))
    changed = x.copy()
    changed[:, -1] *= -1.0  # a common shift would be invisible to the normalization
    assert np.abs(values(block, x)[:, 0] - values(block, changed)[:, 0]).max() > 1e-3


def test_no_gradient_flows_from_an_output_to_a_later_input(rng):
    """d out[i] / d x[j] is exactly 0 for j > i, and not for j <= i."""
    layer = scrambled(MultiHeadAttention(D, 3, rng=rng), rng)
    for i in range(T):
        x = Parameter(rng.standard_normal((1, T, D)))
        output = layer(x, mask=causal_mask(T))[0, i].sum()
        (gradient,) = gradients_of(output, [x])
        assert np.any(gradient[0] != 0, axis=-1).tolist() == [j <= i for j in range(T)]


def test_a_prefix_alone_gives_what_it_gives_inside_the_whole(rng):
    """All positions of a sentence are trained at once: each as if the sentence ended there."""
    block = scrambled(PreNormEncoderBlock(D, 3, 7, rng=rng), rng)
    x = rng.standard_normal((2, T, D))
    whole = values(block, x, mask=causal_mask(T))
    for t in range(1, T + 1):
        alone = values(block, x[:, :t], mask=causal_mask(t))
        np.testing.assert_allclose(alone, whole[:, :t], rtol=0, atol=1e-12)


def test_padding_and_the_future_are_hidden_together(rng):
    layer = scrambled(MultiHeadAttention(D, 3, rng=rng), rng)
    x = Tensor(rng.standard_normal((2, T, D)))
    real = np.array([[True] * T, [True, True, False, False, False]])
    weights = layer.weights(x, mask=causal_mask(T) & real[:, None, None, :])
    seen = (weights > 0).any(axis=1)
    np.testing.assert_array_equal(seen, np.tri(T, dtype=bool) & real[:, None, :])
