"""Translations token by token: with a cache and without, alone and side by side."""

import itertools

import numpy as np
import pytest

from minillm.models.decoding import (
    SourceReader,
    beam_search,
    beam_searches,
    generate,
    greedy,
    sampling,
)
from tests.models.small_encoder_decoder import (
    CONFIGS,
    SOURCE,
    SOURCE_MASK,
    small_encoder_decoder,
)

configs = pytest.mark.parametrize("name", CONFIGS)
BOS, EOS = 1, 2
BEGINNINGS = [[BOS], [BOS]]


def both_readers(model):
    """One that keeps what it has read, and one that reads all anew."""
    return [SourceReader(model, SOURCE, SOURCE_MASK, cached=c) for c in (True, False)]


@pytest.mark.guide("G38")
@configs
def test_a_cache_changes_no_logit(name):
    model = small_encoder_decoder(name)
    one, other = both_readers(model)
    ids, mask = np.array([[0, BOS], [BOS, 7]]), np.array([[False, True], [True, True]])
    for _ in range(2):  # start forgets what was read
        calls = [lambda r: r.start(ids, mask)]
        calls += [lambda r, t=t: r.step(np.array(t)) for t in ([3, 1], [5, 12])]
        for call in calls:
            np.testing.assert_allclose(call(one), call(other), rtol=0, atol=1e-12)
        rows = np.array([1, 0, 1])  # a text may go on twice, with its source
        one.select(rows)
        other.select(rows)
        for tokens in ([4, 4, 9], [8, 0, 3]):
            got, want = (reader.step(np.array(tokens)) for reader in (one, other))
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)
    alone = model(SOURCE[1:, :3], np.array([[BOS, 7, 1, 12, 9, 3]])).data[0, -1]
    np.testing.assert_allclose(got[2], alone, rtol=0, atol=1e-12)


@configs
def test_the_memory_is_projected_once_and_the_source_read_once(name, monkeypatch):
    model, read, projected = small_encoder_decoder(name), [], []
    encode, keys = model.encode, [block.cross_attention.key.forward for block in model.blocks]
    monkeypatch.setattr(model, "encode", lambda *a: (read.append(a), encode(*a))[1])
    for block, key in zip(model.blocks, keys, strict=True):
        layer = block.cross_attention.key
        monkeypatch.setattr(
            layer, "forward", lambda x, key=key: (projected.append(x.shape), key(x))[1]
        )
    generate(SourceReader(model, SOURCE, SOURCE_MASK), BEGINNINGS, 6)
    assert len(read) == 1
    assert projected == [(2, 5, 12)] * 2


@pytest.mark.guide("G38", "G40")
@configs
@pytest.mark.parametrize("mode", ["greedy", "sampling", "beam"])
def test_all_ways_of_decoding_write_the_same_with_and_without_a_cache(name, mode):
    model = small_encoder_decoder(name)

    def written(reader):
        if mode == "beam":
            return [h.tokens for h in beam_search(reader, [BOS], 7, width=4, alpha=0.6)]
        choose = greedy if mode == "greedy" else sampling(np.random.default_rng(3))
        n = 1 if mode == "greedy" else 3
        texts = generate(reader, BEGINNINGS, 7, n_samples=n, choose=choose, stop_ids=[EOS])
        return [[text.tokens for text in row] for row in texts]

    one, other = both_readers(model)
    if mode == "beam":
        one, other = (SourceReader(model, SOURCE[:1], cached=c) for c in (True, False))
    assert written(one) == written(other)


@pytest.mark.guide("G38")
def test_the_probability_of_what_is_written_is_the_models_own():
    model = small_encoder_decoder()
    texts = generate(SourceReader(model, SOURCE, SOURCE_MASK), BEGINNINGS, 5)
    for row, (text,) in enumerate(texts):
        ids = np.array([[BOS, *text.tokens]])
        real = SOURCE_MASK[row]
        loss = model.loss(SOURCE[row : row + 1, real], ids[:, :-1], ids[:, 1:], reduction="none")
        np.testing.assert_allclose(text.log_p, -loss.data[0], rtol=0, atol=1e-12)
        alone = SourceReader(model, SOURCE[row : row + 1, real])
        assert generate(alone, [[BOS]], 5)[0][0].tokens == text.tokens


@pytest.mark.guide("G38")
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_wide_enough_a_beam_finds_the_best_of_all_translations(alpha):
    model, n = small_encoder_decoder(seed=2, target_size=4), 3
    others = [t for t in range(4) if t != EOS]
    texts = [[*t, EOS] for k in range(n) for t in itertools.product(others, repeat=k)]
    texts += [list(t) for t in itertools.product(others, repeat=n)]

    def score(text):
        ids = np.array([[BOS, *text]])
        losses = model.loss(SOURCE[:1], ids[:, :-1], ids[:, 1:], reduction="sum")
        return -float(losses) / ((5 + len(text)) / 6) ** alpha

    expected = sorted(((score(text), text) for text in texts), reverse=True)
    reader = SourceReader(model, SOURCE[:1])
    got = beam_search(reader, [BOS], n, width=100, alpha=alpha, stop_ids=[EOS])
    np.testing.assert_allclose([h.score for h in got], [s for s, _ in expected], atol=1e-12)
    assert got[0].tokens == expected[0][1]


@pytest.mark.guide("G38")
@configs
def test_beams_of_several_sources_side_by_side_find_what_each_finds_alone(name):
    model = small_encoder_decoder(name)
    settings = {"width": 4, "alpha": 0.6, "stop_ids": [EOS, 5, 8]}
    together = beam_searches(SourceReader(model, SOURCE, SOURCE_MASK), BEGINNINGS, 7, **settings)
    for row, found in enumerate(together):
        alone = SourceReader(model, SOURCE[row : row + 1, SOURCE_MASK[row]])
        expected = beam_search(alone, [BOS], 7, **settings)
        assert [h.tokens for h in found] == [h.tokens for h in expected]
        scores = [[h.score for h in one] for one in (found, expected)]
        np.testing.assert_allclose(*scores, rtol=0, atol=1e-12)


def test_dropout_is_off_while_it_writes_and_on_again_afterwards():
    model = small_encoder_decoder(dropout=0.5)
    reader = SourceReader(model, SOURCE, SOURCE_MASK)
    first = generate(reader, BEGINNINGS, 4)
    assert generate(SourceReader(model, SOURCE, SOURCE_MASK), BEGINNINGS, 4) == first
    assert model.dropout.training


def test_what_does_not_belong_to_the_sources_is_refused():
    model = small_encoder_decoder()
    reader = SourceReader(model, SOURCE, SOURCE_MASK)
    with pytest.raises(ValueError, match="3 prompts for 2 sources"):
        generate(reader, [[BOS]] * 3, 2)
    generate(reader, BEGINNINGS, 2)
    with pytest.raises(ValueError, match="the cache holds 2 texts"):
        reader.step(np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="source 0 has 10 tokens"):
        SourceReader(model, np.ones((1, 10), np.int64))
    with pytest.raises(ValueError, match="the model has 9"):
        generate(reader, BEGINNINGS, 10)


def test_a_call_that_was_refused_has_read_nothing():
    model = small_encoder_decoder(next(iter(CONFIGS)))
    for one, other in zip(both_readers(model), both_readers(model), strict=True):
        for read in (one, other):
            read.start(np.array([[BOS, 3], [BOS, 7]]), np.ones((2, 2), bool))
        refused = [
            lambda one=one: one.step(np.array([1, 999])),
            lambda one=one: one.select(np.array([0, 7])),
            lambda one=one: one.start(np.full((2, 99), BOS), np.ones((2, 99), bool)),
            lambda one=one: one.start(np.full((4, 2), 999), np.ones((4, 2), bool)),
        ]
        for call in refused:
            with pytest.raises((ValueError, IndexError)):
                call()
        tokens = np.array([3, 1])
        np.testing.assert_array_equal(one.step(tokens), other.step(tokens))
