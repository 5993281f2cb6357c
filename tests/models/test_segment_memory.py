"""Reading in segments, against one pass over the whole text; and what a memory's gradient is."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.autograd import Tensor, check_module, gradients_of, no_grad
from minillm.models import Gpt, gpt2_style
from minillm.models.segment_memory import (
    SegmentMemory,
    read_segment,
    segment_loss,
    segment_nats,
)
from minillm.nn import KeyValueCache

CONFIG = replace(gpt2_style(13, width=8, n_layers=2, n_heads=2, max_length=24), positions="rotary")


def gpt(config=CONFIG):
    rng = np.random.default_rng(0)
    model = Gpt(config, rng=rng).to_dtype(np.float64)
    for p in model.parameters():
        p.data = p.data + 0.4 * rng.standard_normal(p.shape)  # so that every position counts
    return model


@pytest.fixture(scope="module")
def model():
    return gpt()


@pytest.fixture(scope="module")
def ids():
    return np.random.default_rng(1).integers(13, size=(3, 12))


def in_segments(model, ids, segment, memory):
    """The vectors behind the last block, (B, L, D), segment after segment."""
    held = SegmentMemory(memory)
    parts = [
        read_segment(model, ids[:, s : s + segment], held).data
        for s in range(0, ids.shape[1], segment)
    ]
    return np.concatenate(parts, axis=1)


def seen(length, segment, memory):
    """Who attends to whom, (L, L), position by position."""
    return np.array(
        [[i // segment * segment - memory <= j <= i for j in range(length)] for i in range(length)]
    )


@pytest.mark.guide("G62")
@pytest.mark.parametrize("segment", [1, 3, 4, 5, 12])
def test_with_a_memory_of_everything_segments_give_what_one_pass_gives(model, ids, segment):
    whole = model.hidden(ids).data
    np.testing.assert_allclose(in_segments(model, ids, segment, 12), whole, rtol=0, atol=1e-12)


@pytest.mark.guide("G62")
@pytest.mark.parametrize(("segment", "memory"), [(4, 0), (4, 2), (3, 3), (4, 5), (5, 1)])
def test_with_a_shorter_memory_they_give_one_pass_that_sees_no_farther(model, ids, segment, memory):
    x, mask = model.embed(ids, None, 0), seen(12, segment, memory)
    for block in model.blocks:
        x = block(x, mask=mask)
    found = in_segments(model, ids, segment, memory)
    np.testing.assert_allclose(found, model.norm(x).data, rtol=0, atol=1e-12)
    assert np.abs(found - model.hidden(ids).data).max() > 1e-3


def reached(segment, memory, blocks):
    """How far before a late segment a change of one token is felt in it, by moving each token."""
    length = (2 + blocks * (-(-memory // segment) + 1)) * segment
    text = np.random.default_rng(2).integers(13, size=length)
    others = np.tile(text, (length + 1, 1))
    others[np.arange(length), np.arange(length)] += 1
    others %= 13
    config = replace(CONFIG, n_layers=blocks, max_length=segment + memory)
    found = in_segments(gpt(config), others, segment, memory)[:, -segment:]
    felt = np.abs(found - found[-1]).max(axis=(1, 2))[:-1] > 1e-13
    assert felt[-segment:].any() and not felt[0]
    return length - segment - int(np.argmax(felt))


REACHES = [(1, 5, 2, 2), (2, 5, 2, 7), (2, 8, 12, 28), (3, 8, 4, 20), (3, 4, 8, 24), (2, 3, 0, 0)]


@pytest.mark.guide("G62")
@pytest.mark.parametrize(("blocks", "segment", "memory", "far"), REACHES)
def test_states_carry_further_than_a_memory_for_each_block(blocks, segment, memory, far):
    assert reached(segment, memory, blocks) == far


@pytest.mark.guide("G62")
@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("segment", [1, 2, 3, 5])
def test_how_far_blocks_reach_back_is_the_formula(blocks, segment):
    for memory in range(7):
        far = (blocks - 1) * segment * -(-memory // segment) + memory
        assert reached(segment, memory, blocks) == far


@pytest.mark.guide("G62")
def test_every_block_reaches_back_by_one_memory_more(model, ids):
    """With M = T a change is felt N segments on, by those alone whom a chain of looks leads to."""
    once = seen(12, 3, 3)
    reached = (once.astype(int) @ once.astype(int)) > 0  # two blocks
    before = in_segments(model, ids, 3, 3)
    for j in range(12):
        other = ids.copy()
        other[:, j] = (other[:, j] + 1) % 13
        change = np.abs(in_segments(model, other, 3, 3) - before).max(axis=(0, 2))
        np.testing.assert_array_equal(change > 1e-9, reached[:, j])
    assert reached[8, 0] and not reached[9, 0] and not once[6, 0]


def test_at_evaluation_it_is_what_a_cache_of_keys_and_values_gives(model, ids):
    caches = [KeyValueCache() for _ in model.blocks]
    held = SegmentMemory(12)
    for s in (0, 4, 8):
        part = ids[:, s : s + 4]
        from_keys = cached(model, part, caches)
        found = read_segment(model, part, held).data
        np.testing.assert_allclose(found, from_keys, rtol=0, atol=1e-12)


def cached(model, ids, caches):
    with no_grad():
        return model.hidden(ids, caches=caches).data


def filled(model, ids, length):
    """The memory after a first segment."""
    held = SegmentMemory(length)
    read_segment(model, ids, held)
    return held


@pytest.mark.guide("G62")
def test_the_gradient_is_that_with_the_memory_as_a_constant(ids):
    model, first, second = gpt(), ids[:, :4], ids[:, 4:8]
    kept = filled(model, first, 4).states

    def loss():
        held = SegmentMemory(4)
        held.states = kept
        return segment_loss(model, second[:, :-1], second[:, 1:], held)

    assert check_module(model, loss, rng=np.random.default_rng(0)) < 1e-6
    through = segment_loss(model, second[:, :-1], second[:, 1:], filled(model, first, 4))
    for a, b in zip(*(gradients_of(x, model.parameters()) for x in (loss(), through)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.guide("G62")
def test_keys_learn_from_the_memory_and_the_whole_pass_has_another_gradient(ids):
    model = gpt()
    first, inputs, targets = ids[:, :4], ids[:, 4:7], ids[:, 5:8]
    key = [model.blocks[0].attention.key.weight]
    held = segment_loss(model, inputs, targets, filled(model, first, 4))
    none = segment_loss(model, inputs, targets, SegmentMemory(4))
    everything = np.full((3, 7), -100)
    everything[:, 4:] = targets
    whole = model.loss(np.concatenate([first, inputs], axis=1), everything)
    assert held.data == pytest.approx(whole.data, abs=1e-12)
    of_held, of_none, of_whole = (gradients_of(x, key)[0] for x in (held, none, whole))
    assert np.abs(of_held - of_none).max() > 1e-3
    assert np.abs(of_held - of_whole).max() > 1e-6


def test_a_memory_holds_the_last_positions_and_can_be_given_to_other_texts(model, ids):
    held = SegmentMemory(5)
    for s in (0, 4, 8):
        read_segment(model, ids[:, s : s + 4], held)
    assert len(held) == 5
    entering = model.embed(ids, None, 0).data
    np.testing.assert_array_equal(held.states[0], entering[:, -5:])
    held.select(np.array([2, 0, 1]))
    np.testing.assert_array_equal(held.states[0], entering[[2, 0, 1], -5:])
    nothing = filled(model, ids, 0)
    assert len(nothing) == 0


@pytest.mark.guide("G62")
def test_nats_are_those_of_the_text_and_its_last_short_segment(model, ids):
    whole = -model.log_probabilities(ids)
    found = segment_nats(model, ids, segment=4, memory=11)
    np.testing.assert_allclose(found, whole, rtol=0, atol=1e-12)
    short = segment_nats(model, ids, segment=4, memory=0)
    np.testing.assert_allclose(short[:, :4], whole[:, :4], rtol=0, atol=1e-12)
    np.testing.assert_allclose(short[:, 4:8], -model.log_probabilities(ids[:, 4:9]), atol=1e-12)


def test_what_cannot_be_remembered_is_refused(model, ids):
    learned = Gpt(replace(CONFIG, positions="learned"), rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="positions='rotary'; got 'learned'"):
        read_segment(learned, ids, SegmentMemory(4))
    with pytest.raises(ValueError, match=r"must hold \[\(2, 4, 8\), .* got \[\(3, 4, 8\), "):
        read_segment(model, ids[:2], filled(model, ids, 4))
    with pytest.raises(ValueError, match="length must not be negative, got -1"):
        SegmentMemory(-1)
    with pytest.raises(
        ValueError,
        match=r"25 positions \(12 remembered and 13 new\) are more than max_length=24",
    ):
        long = np.zeros((1, 25), dtype=int)
        read_segment(model, long[:, :13], filled(model, long[:, :12], 12))
    for wrong, segment in ((ids[0], 4), (ids[:, :1], 4), (ids, 0)):
        with pytest.raises(ValueError, match="segment_nats: needs ids"):
            segment_nats(model, wrong, segment=segment, memory=4)
    assert isinstance(read_segment(model, ids, SegmentMemory(0)), Tensor)


def test_what_failed_was_not_read(ids):
    """A segment whose targets are refused can be given again, and the memory has it once."""
    model = gpt()
    held = filled(model, ids[:, :4], 8)
    before = [state.copy() for state in held.states]
    targets = ids[:, 5:9].copy()
    targets[1, 2] = 13
    with pytest.raises(IndexError, match="13"):
        segment_loss(model, ids[:, 4:8], targets, held)
    for state, other in zip(held.states, before, strict=True):
        np.testing.assert_array_equal(state, other)
    segment_loss(model, ids[:, 4:8], ids[:, 5:9], held)
    assert len(held) == 8


def test_lengths_and_rows_that_are_none_are_refused(model, ids):
    for wrong in (1.5, True, None):
        with pytest.raises(TypeError, match="SegmentMemory: length must be one integer, got"):
            SegmentMemory(wrong)
    for wrong in ({"segment": 1.5, "memory": 4}, {"segment": 4, "memory": 2.0}):
        with pytest.raises(TypeError, match=r"segment_nats: .* must be one integer"):
            segment_nats(model, ids, **wrong)
    with pytest.raises(IndexError, match="row"):
        filled(model, ids, 4).select(np.array([0, -1]))
