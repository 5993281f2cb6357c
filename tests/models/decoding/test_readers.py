"""With a cache, without, and on plain arrays: one model, the same numbers."""

import numpy as np
import pytest

from minillm.models import Gpt, GptConfig
from minillm.models.decoding import (
    CachedReader,
    LeanReader,
    RecomputingReader,
    beam_search,
    filtering,
    generate,
    greedy,
    sampling,
)
from tests.models.small_gpt import STYLES, small_gpt
from tests.nn.checks import scrambled

styles = pytest.mark.parametrize("style", STYLES)
quick = pytest.mark.parametrize("reader", [CachedReader, LeanReader])
IDS = np.array([[2, 7, 5, 1], [0, 0, 7, 3], [0, 4, 4, 9]])
MASK = np.array([[True] * 4, [False, False, True, True], [False, True, True, True]])


def largest_difference(model, reader, ids=IDS, mask=MASK):
    """Of all logits of a text that is read in one piece and then token by token."""
    one, other = RecomputingReader(model), reader(model)
    found = [np.abs(one.start(ids, mask) - other.start(ids, mask)).max()]
    for tokens in ([3, 1, 4], [1, 5, 9], [2, 6, 5], [3, 5, 8]):
        tokens = np.array(tokens)[: len(ids)]
        found.append(np.abs(one.step(tokens) - other.step(tokens)).max())
    rows = np.array([2, 0, 0])
    if len(ids) == 3:
        one.select(rows)
        other.select(rows)
        found.append(np.abs(one.step(rows) - other.step(rows)).max())
    return max(found)


@pytest.mark.guide("G40")
@styles
@quick
def test_a_cache_changes_no_logit(style, reader):
    model = small_gpt(style)
    assert largest_difference(model, reader) < 1e-13
    assert largest_difference(model, reader, IDS[:1], MASK[:1]) < 1e-13


@pytest.mark.parametrize("positions", ["learned", "rotary"])
@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("feed_forward", ["gelu", "swiglu"])
@pytest.mark.parametrize(("tied", "bias", "key_heads"), [(True, False, 2), (False, True, None)])
def test_the_lean_reader_knows_all_parts(positions, norm, feed_forward, tied, bias, key_heads):
    rng = np.random.default_rng(0)
    parts = {"positions": positions, "norm": norm, "feed_forward": feed_forward}
    sizes = {"width": 24, "n_layers": 2, "n_heads": 6, "hidden": 7, "max_length": 11}
    config = GptConfig(13, **sizes, **parts, tied=tied, bias=bias, n_key_heads=key_heads)
    model = scrambled(Gpt(config, rng=rng), rng, size=2.0)
    assert largest_difference(model, LeanReader) < 1e-13


@styles
def test_the_lean_reader_keeps_float32(style):
    model = small_gpt(style).to_dtype(np.float32)
    assert LeanReader(model).start(IDS, MASK).dtype == np.float32
    assert largest_difference(model, LeanReader) < 3e-5


@pytest.mark.guide("G40")
@styles
@pytest.mark.parametrize("mode", ["greedy", "sampling", "filtered", "forgetting", "beam"])
def test_all_ways_of_decoding_write_the_same_with_and_without_a_cache(style, mode):
    model, prompts = small_gpt(style), [[2, 7, 5], [1], [9, 9, 3, 4]]

    def written(reader):
        rng = np.random.default_rng(5)
        if mode == "beam":
            return beam_search(reader, prompts[0], 6, width=4, alpha=0.6, stop_ids=[8])
        settings = {
            "greedy": {"choose": greedy},
            "sampling": {"choose": sampling(rng), "n_samples": 3, "stop_ids": [8]},
            "filtered": {
                "choose": sampling(rng),
                "filtered": filtering(repetition_penalty=1.3, temperature=0.9, top_k=9, top_p=0.9),
            },
            "forgetting": {"choose": sampling(rng), "keep": 4},
        }[mode]
        texts = generate(reader, prompts, 25 if mode == "forgetting" else 6, **settings)
        return [text for samples in texts for text in samples]

    expected = written(RecomputingReader(model))
    assert any(expected)
    for reader in (CachedReader, LeanReader):
        got = written(reader(model))
        assert [text.tokens for text in got] == [text.tokens for text in expected]
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one.log_p, other.log_p, rtol=0, atol=1e-12)


@styles
def test_readers_drop_nothing_and_leave_the_mode_as_it_was(style, rng):
    config = GptConfig(**{**vars(STYLES[style]), "dropout": 0.5})
    model = scrambled(Gpt(config, rng=rng), rng)
    expected = LeanReader(model).start(IDS, MASK)
    for reader in (CachedReader(model), RecomputingReader(model)):
        np.testing.assert_allclose(reader.start(IDS, MASK), expected, rtol=0, atol=1e-13)
    assert model.training
    assert model.dropout.training
    assert model.blocks[0].dropout.training


@pytest.mark.parametrize("reader", [CachedReader, LeanReader, RecomputingReader])
def test_tokens_of_another_batch_are_refused_and_the_cache_stays_as_it_was(reader):
    read = reader(small_gpt())
    with pytest.raises(ValueError, match=r"holds 0 texts, got tokens \(3,\)"):
        read.step(np.array([1, 2, 3]))
    read.start(IDS, MASK)
    for wrong in (np.array([1, 2]), np.array([[1], [2], [3]])):
        with pytest.raises(ValueError, match=r"the cache holds 3 texts, got tokens \("):
            read.step(wrong)
    expected = RecomputingReader(small_gpt())
    expected.start(IDS, MASK)
    tokens = np.array([1, 2, 3])
    np.testing.assert_allclose(read.step(tokens), expected.step(tokens), rtol=0, atol=1e-13)


@pytest.mark.parametrize("reader", [CachedReader, LeanReader, RecomputingReader])
def test_more_tokens_than_positions_are_refused(reader):
    read = reader(small_gpt())
    read.start(np.ones((1, 11), int), np.ones((1, 11), bool))
    told = r"12 positions( \(11 remembered and 1 new\))? are more than max_length=11"
    with pytest.raises(ValueError, match=told):
        read.step(np.array([1]))


@pytest.mark.parametrize("reader", [CachedReader, LeanReader, RecomputingReader])
def test_a_call_that_was_refused_has_read_nothing(reader):
    model = small_gpt()
    one, other = reader(model), reader(model)
    for read in (one, other):
        read.start(IDS, MASK)
    refused = [
        lambda: one.step(np.array([1, 2, 99])),
        lambda: one.select(np.array([0, 7])),
        lambda: one.start(np.ones((3, 12), int), np.ones((3, 12), bool)),
        lambda: one.step(np.array([1, 2])),
    ]
    for call in refused:
        with pytest.raises((ValueError, IndexError)):
            call()
    tokens = np.array([3, 1, 4])
    np.testing.assert_array_equal(one.step(tokens), other.step(tokens))
