"""Heads that write nothing, and weights in another order, in copies of a model."""

import numpy as np
import pytest

from minillm.models.attribution import permuted, with_changed_attention, without_heads
from tests.models.small_bert import IDS, MASK, small_classifier
from tests.models.small_gpt import IDS as TEXTS
from tests.models.small_gpt import small_gpt


def without_columns(model, layer, head):
    """The same model with the columns of the output weight that read a head set to 0."""
    attention = model.blocks[layer].attention
    width = attention.output.weight.shape[1] // attention.n_heads
    weight = attention.output.weight.data.copy()
    weight[:, head * width : (head + 1) * width] = 0.0
    attention.output.weight.data = weight
    return model


@pytest.mark.guide("G52")
@pytest.mark.parametrize("style", ["gpt2", "llama"])
def test_a_head_that_is_taken_out_is_one_that_nobody_reads(style):
    model = small_gpt(style).eval()
    before = model(TEXTS).data
    found = without_heads(model, [(1, 2), (0, 0)])(TEXTS).data
    np.testing.assert_array_equal(model(TEXTS).data, before)  # a copy was changed
    expected = without_columns(without_columns(small_gpt(style).eval(), 1, 2), 0, 0)(TEXTS).data
    np.testing.assert_allclose(found, expected)
    assert np.abs(found - before).max() > 1e-3


def test_attention_that_is_not_changed_says_the_same():
    model = small_classifier().eval()
    same = with_changed_attention(model, 1, lambda w: w)
    np.testing.assert_allclose(same(IDS, MASK).data, model(IDS, MASK).data)
    np.testing.assert_array_equal(without_heads(model, [])(IDS, MASK).data, model(IDS, MASK).data)


def test_permuted_weights_are_the_same_ones_and_padding_has_none():
    model, rng = small_classifier().eval(), np.random.default_rng(0)
    other = with_changed_attention(model, 0, lambda w: permuted(w, MASK, rng))
    weights = next(iter(model.body.attention_weights(IDS, MASK)))
    moved = next(iter(other.body.attention_weights(IDS, MASK)))
    np.testing.assert_array_equal(np.sort(moved), np.sort(weights))
    assert (moved != weights).any() and not moved[1, ..., 3:].any()
    assert np.abs(other(IDS, MASK).data - model(IDS, MASK).data).max() > 1e-4


def test_what_cannot_be_changed_is_refused():
    model = small_classifier().eval()
    with pytest.raises(ValueError, match="with_changed_attention: layer 2 of 2"):
        with_changed_attention(model, 2, lambda w: w)
    with pytest.raises(ValueError, match="without_heads: layer 7 of 2"):
        without_heads(model, [(7, 0)])
    with pytest.raises(ValueError, match="without_heads: head 3 of 3 in layer 1"):
        without_heads(model, [(1, 3)])
    with pytest.raises(
        ValueError, match=r"permuted: mask must be \(2, 5\) or \(2, 5, 5\), got \(2, 4\)"
    ):
        with_changed_attention(model, 0, lambda w: permuted(w, MASK[:, :4], None))(IDS, MASK)
    with pytest.raises(ValueError, match=r"changed to \(2, 3, 5\)"):
        with_changed_attention(model, 0, lambda w: w[..., 0])(IDS, MASK)
    attention = without_heads(small_gpt(), [(0, 0)]).blocks[0].attention
    with pytest.raises(ValueError, match="reads neither a memory nor a cache"):
        attention(None, memory=1)


def test_a_mask_of_numbers_is_not_read_as_places():
    weights = np.random.default_rng(0).random((1, 1, 3, 3))
    with pytest.raises(TypeError, match="permuted: mask must be boolean"):
        permuted(weights, np.array([[1, 1, 0]]), np.random.default_rng(0))


def test_weights_of_a_causal_model_stay_among_the_words_so_far():
    n, length, rng = 2, 5, np.random.default_rng(0)
    so_far = np.ones((n, 1, length), dtype=bool) & np.tri(length, dtype=bool)
    weights = rng.random((n, 3, length, length)) * so_far[:, None]
    moved = permuted(weights, so_far, rng)
    np.testing.assert_array_equal(np.sort(moved), np.sort(weights))
    assert not (moved * ~so_far[:, None]).any() and (moved != weights).any()
    everywhere = permuted(weights, np.ones((n, length), dtype=bool), rng)
    assert (everywhere * ~so_far[:, None]).any()  # as its docstring warns
