"""Layers and GPTs that lack one idea: what they cannot see, and that a cache changes none of it."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import no_grad
from minillm.labs.conflict.two_tasks import BLOCKS, Sizes, TwoTasks
from minillm.labs.few_examples import with_dropout
from minillm.labs.parts_left_out import WithoutAttention, WithoutResiduals
from minillm.labs.worlds.aspects import Aspects
from minillm.models.decoding import generate
from minillm.models.decoding.readers import CachedReader, RecomputingReader, reader_of
from minillm.models.gpt import Gpt
from minillm.models.gpt_config import gpt2_style

KINDS = [WithoutAttention, WithoutResiduals]
ASPECTS = Aspects().every()
CONFIG = gpt2_style(9, width=8, n_layers=2, n_heads=2, max_length=12)


def small(kind, rng):
    """One of them with weights that are large enough to tell words apart."""
    model = kind(CONFIG, rng=rng)
    for parameter in model.parameters():
        parameter.data = rng.standard_normal(parameter.shape).astype(np.float32)
    return model


def logits(model, ids):
    with no_grad():
        return model(np.array([ids])).data[0]


@pytest.mark.guide("G46")
@pytest.mark.parametrize("kind", [Gpt, *KINDS])
def test_without_attention_a_position_knows_its_own_word_alone(kind, rng):
    model = small(kind, rng)
    one, other = logits(model, [1, 2, 3, 4]), logits(model, [5, 2, 3, 4])
    np.testing.assert_array_equal(
        np.abs(one - other).max(axis=1) > 1e-4, [True, *[kind is not WithoutAttention] * 3]
    )


@pytest.mark.guide("G46")
@pytest.mark.parametrize("kind", [Gpt, *KINDS])
def test_without_residuals_nothing_passes_by_a_layer(kind, rng):
    """Where the last layer writes zeros, all words and places give the same logits."""
    model = small(kind, rng)
    outer = model.blocks[-1].feed_forward.outer
    for parameter in outer.parameters():
        parameter.data = np.zeros_like(parameter.data)
    attention = model.blocks[-1].attention.output
    for parameter in attention.parameters():
        parameter.data = np.zeros_like(parameter.data)
    found = logits(model, [1, 2, 3])
    assert (np.ptp(found, axis=0).max() < 1e-6) == (kind is WithoutResiduals)


@pytest.mark.parametrize("kind", KINDS)
def test_they_have_all_the_numbers_of_a_gpt(kind, rng):
    assert kind(CONFIG, rng=rng).parameter_count() == CONFIG.parameter_count()


@pytest.mark.parametrize("kind", KINDS)
def test_they_write_by_their_cache_what_they_write_without(kind, rng):
    """The quick reader knows the layers of a plain GPT alone, and is not taken."""
    model = small(kind, rng)
    assert isinstance(reader_of(model), CachedReader)
    prompts = [[1, 2, 3], [4]]
    with_cache, without = (generate(m, prompts, 6) for m in (model, RecomputingReader(model)))
    assert [t.tokens for (t,) in with_cache] == [t.tokens for (t,) in without]
    assert not isinstance(reader_of(small(Gpt, rng)), CachedReader)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_of_the_same_kind(kind, rng):
    model = small(kind, rng)
    copy = with_dropout(model, 0.5, rng)
    assert type(copy) is kind and copy.config == replace(CONFIG, dropout=0.5)
    np.testing.assert_array_equal(logits(copy.eval(), [1, 2]), logits(model, [1, 2]))


@pytest.mark.parametrize("block", BLOCKS)
def test_a_word_is_seen_from_another_place_only_with_attention(block):
    """What the layer gives for the last place, when the first word changes."""
    model = TwoTasks(ASPECTS, Sizes(width=8, hidden=8, block=block), heads=2, seed=0)
    ids = ASPECTS.ids[:2].copy()
    ids[1] = ids[0]
    ids[1, 0] += 1
    with no_grad():
        given = model.block(model.positions(model.tokens(ids))).data[:, -1]
    assert np.allclose(given[0], given[1]) == (block == "without attention")


@pytest.mark.parametrize("block", BLOCKS)
def test_the_input_goes_round_a_sub_layer_only_with_residuals(block):
    """With a feed-forward layer that gives nothing, the words are still there, or they are not."""
    model = TwoTasks(ASPECTS, Sizes(width=8, hidden=8, block=block), heads=2, seed=0)
    outer = model.block.feed_forward.outer
    outer.weight.data, outer.bias.data = outer.weight.data * 0, outer.bias.data * 0
    with no_grad():
        given = model(ASPECTS.ids[::97])[0].data
    assert (np.ptp(given) < 1e-6) == (block == "without residuals")
