"""Directions in the stream of a GPT: found, taken out, and put in."""

import numpy as np
import pytest

from minillm import no_grad
from minillm.labs.small_gpt import GptSizes, new_gpt
from minillm.labs.stream_directions import (
    difference_of_means,
    first_words,
    last_vectors,
    with_added,
    without,
)

SIZES = GptSizes(width=16, n_layers=2, n_heads=2, std=0.5)


@pytest.fixture
def model():
    """A GPT of random weights, its biases too."""
    gpt, rng = new_gpt(SIZES, vocabulary_size=9, max_length=6, seed=0), np.random.default_rng(1)
    for parameter in gpt.parameters():
        if parameter.ndim == 1:
            noise = rng.standard_normal(parameter.shape).astype(np.float32)
            parameter.data = parameter.data + 0.3 * noise
    return gpt


TEXTS = [[1, 2, 3], [4, 5, 6, 7], [8, 0]]


def test_last_vectors_are_those_of_the_stream(model):
    """Behind the last layer, normalised, they are what the model calls hidden."""
    vectors = last_vectors(model, TEXTS)
    assert vectors.shape == (3, 2, 16)
    with no_grad():
        for vector, text in zip(vectors, TEXTS, strict=True):
            hidden = model.hidden(np.array([text])).data[0, -1]
            one = model.embed(np.array([text]), None, 0)
            first = model.blocks[0](one).data[0, -1]
            np.testing.assert_allclose(vector[0], first, rtol=1e-6)
            normal = (vector[1] - vector[1].mean()) / np.sqrt(vector[1].var() + 1e-5)
            gain, bias = (p.data for p in model.norm.parameters())
            np.testing.assert_allclose(normal * gain + bias, hidden, rtol=1e-4, atol=1e-5)
    expected = vectors[:2].mean(axis=0) - vectors[2]
    np.testing.assert_allclose(difference_of_means(model, TEXTS[:2], TEXTS[2:]), expected)


def stream_of(model, text):
    """Everything that stands in the stream, behind each branch of each layer."""
    with no_grad():
        x = model.embed(np.array([text]), None, 0)
        found = [x.data]
        for block in model.blocks:
            x = x + block.attention(block.attention_norm(x))
            found.append(x.data)
            x = x + block.feed_forward(block.feed_forward_norm(x))
            found.append(x.data)
    return np.concatenate(found)


def test_without_a_direction_nothing_stands_along_it_anywhere(model, rng):
    r = rng.standard_normal(16)
    changed = without(model, 3.0 * r)
    before = np.abs(stream_of(model, TEXTS[1]) @ r).max()
    assert np.abs(stream_of(changed, TEXTS[1]) @ r).max() < 1e-5 * before
    np.testing.assert_array_equal(changed.head.weight.data, model.tokens.weight.data)
    assert model.config.tied  # the model itself stays


def test_what_stands_across_the_direction_is_written_as_before(model, rng):
    """Of the tables, that is; layers read another stream."""
    r = rng.standard_normal(16)
    r /= np.linalg.norm(r)
    changed = without(model, r)
    old, new = (stream_of(m, TEXTS[0])[0] for m in (model, changed))
    np.testing.assert_allclose(new, old - np.outer(old @ r, r), atol=1e-5)


@pytest.mark.parametrize("layer", [0, 1])
def test_an_added_direction_stands_behind_its_layer_at_every_position(model, rng, layer):
    r = rng.standard_normal(16)
    changed = with_added(model, r, layer)
    behind = 2 * (layer + 1)
    difference = stream_of(changed, TEXTS[1]) - stream_of(model, TEXTS[1])
    np.testing.assert_allclose(difference[behind], np.tile(r, (4, 1)), atol=1e-4)
    assert np.abs(difference[:behind]).max() == 0.0


def test_first_words_are_those_of_the_model_moved_at_the_last_token_alone(model, rng):
    r = rng.standard_normal(16)
    plain = [int(model(np.array([text])).data[0, -1].argmax()) for text in TEXTS]
    assert first_words(model, TEXTS, 1e-9 * r, 0).tolist() == plain
    # behind the last layer nothing but the last token counts: as if it stood everywhere
    both = []
    for d in 5 * rng.standard_normal((5, 16)):
        changed = with_added(model, d, 1)
        moved = [int(changed(np.array([text])).data[0, -1].argmax()) for text in TEXTS]
        assert first_words(model, TEXTS, d, 1).tolist() == moved
        both.append((moved, first_words(model, TEXTS, d, 0).tolist()))
    assert any(moved not in (plain, early) for moved, early in both)
    # a text of one token has no other position
    one = [[t] for t in range(9)]
    early = with_added(model, 5 * r, 0)
    expected = [int(early(np.array([text])).data[0, -1].argmax()) for text in one]
    assert first_words(model, one, 5 * r, 0).tolist() == expected


def test_no_direction_is_refused(model):
    for wrong in (np.zeros(16), np.ones(15), np.full(16, np.nan)):
        for use in (
            lambda d: without(model, d),
            lambda d: with_added(model, d, 0),
            lambda d: first_words(model, TEXTS, d, 0),
        ):
            with pytest.raises(ValueError, match=r"a direction must be \(16,\) and not 0"):
                use(wrong)


@pytest.mark.parametrize(("some", "others"), [(TEXTS, []), ([], TEXTS)])
def test_no_mean_is_taken_of_nothing(model, some, others):
    with pytest.raises(ValueError, match=f"of {len(some)} texts and {len(others)} others"):
        difference_of_means(model, some, others)
