import itertools

import numpy as np
import pytest

from minillm.models.decoding import beam_search, beam_searches, generate, length_penalty
from tests.models.decoding.fixed_reader import FixedReader
from tests.models.small_gpt import STYLES, small_gpt

STOP = 2


def log_softmax(z):
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def every_text(size, n_new):
    """All texts that end with STOP, or at ``n_new`` tokens without it."""
    others = [t for t in range(size) if t != STOP]
    for n in range(n_new):
        for start in itertools.product(others, repeat=n):
            yield [*start, STOP]
    yield from map(list, itertools.product(others, repeat=n_new))


def exhaustive(table, last, n_new, alpha):
    """Every text with its score, best first."""
    log_p = log_softmax(table)
    found = []
    for text in every_text(len(table), n_new):
        total = sum(log_p[a, b] for a, b in itertools.pairwise([last, *text]))
        found.append((total / ((5 + len(text)) / 6) ** alpha, text))
    return sorted(found, key=lambda pair: -pair[0])


@pytest.mark.guide("G40")
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_wide_enough_it_is_exhaustive_search(alpha, seed):
    table = 2 * np.random.default_rng(seed).standard_normal((4, 4))
    expected = exhaustive(table, 1, 4, alpha)
    got = beam_search(FixedReader(table), [0, 1], 4, width=500, alpha=alpha, stop_ids=[STOP])
    np.testing.assert_allclose([h.score for h in got], [score for score, _ in expected])
    scores = {tuple(text): score for score, text in expected}  # some are equal, in any order
    assert {tuple(h.tokens) for h in got} == scores.keys()
    np.testing.assert_allclose([h.score for h in got], [scores[tuple(h.tokens)] for h in got])
    assert all(h.stopped == (h.tokens[-1] == STOP) for h in got)


@pytest.mark.guide("G40")
@pytest.mark.parametrize("style", STYLES)
def test_on_a_model_it_finds_the_best_of_all_texts(style):
    model, prompt, n_new = small_gpt(style), [3, 8], 2
    pairs = np.array(list(itertools.product(range(13), repeat=n_new)))
    whole = np.concatenate([np.tile(prompt, (len(pairs), 1)), pairs], axis=1)
    totals = model.log_probabilities(whole)[:, 1:].sum(axis=1)
    got = beam_search(model, prompt, n_new, width=13)
    assert got[0].tokens == pairs[totals.argmax()].tolist()
    assert got[0].score == pytest.approx(totals.max(), abs=1e-12)


def test_one_beam_is_greedy_and_more_find_what_it_misses():
    table = np.log([[0.01, 0.5, 0.49], [0.34, 0.33, 0.33], [0.01, 0.01, 0.98]])
    ((greedy,),) = generate(FixedReader(table), [[0]], 2)
    (one,) = beam_search(FixedReader(table), [0], 2, width=1)
    assert one.tokens == greedy.tokens == [1, 0]
    np.testing.assert_allclose(one.log_p, greedy.log_p)
    best, _ = beam_search(FixedReader(table), [0], 2, width=2)
    assert best.tokens == [2, 2]
    assert best.score == pytest.approx(np.log(0.49 * 0.98))


def test_a_length_penalty_prefers_longer_texts():
    table = np.log([[0.6, 1e-9, 0.4], [1 / 3] * 3, [1 / 3] * 3])
    short, long = (
        beam_search(FixedReader(table), [0], 6, width=3, alpha=alpha, stop_ids=[STOP])[0]
        for alpha in (0.0, 3.0)
    )
    assert short.tokens == [STOP]
    assert len(long.tokens) == 6
    assert [length_penalty(n, 1.0) for n in (1, 7)] == [1.0, 2.0]


def test_it_stops_when_nothing_can_be_overtaken():
    table = np.log([[0.05, 0.05, 0.9]] * 3)
    reader = FixedReader(table)
    (best,) = beam_search(reader, [0], 50, width=1, stop_ids=[STOP])
    assert best.tokens == [STOP]
    assert reader.steps == 0


def test_a_text_that_cannot_go_on_is_no_beam():
    table = np.where(np.eye(3) > 0, 0.0, -np.inf)
    (only,) = beam_search(FixedReader(table), [1], 3, width=2)
    assert only.tokens == [1, 1, 1]
    assert beam_search(FixedReader(table), [2], 3, width=2, stop_ids=[2])[0].tokens == [2]


@pytest.mark.parametrize(
    ("prompt", "settings", "message"),
    [
        ([], {}, "prompt 0 must be a row of at least one id"),
        ([1] * 12, {}, "over-long"),
        ([1] * 9, {}, "need 12 positions, the model has 11"),
        ([1], {"width": 0}, "width must be a whole number, at least 1, got 0"),
        ([1], {"alpha": -1.0}, "alpha must be at least 0 and finite, got -1.0"),
    ],
)
def test_wrong_input_is_refused(prompt, settings, message):
    with pytest.raises(ValueError, match=message):
        beam_search(small_gpt(), prompt, 4, **{"width": 2, **settings})


@pytest.mark.guide("G40")
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_searches_side_by_side_find_what_each_finds_alone(style, alpha):
    """Prompts of several lengths, padded on the left."""
    model, prompts = small_gpt(style), [[3, 8], [5], [1, 2, 9, 4], [7, 7, 7]]
    settings = {"width": 3, "alpha": alpha, "stop_ids": [STOP, 5, 7, 11]}
    together = beam_searches(model, prompts, 6, **settings)
    for prompt, found in zip(prompts, together, strict=True):
        alone = beam_search(model, prompt, 6, **settings)
        assert [h.tokens for h in found] == [h.tokens for h in alone]
        np.testing.assert_allclose([h.score for h in found], [h.score for h in alone], atol=1e-12)
        assert [h.stopped for h in found] == [h.stopped for h in alone]


def test_a_finished_search_leaves_the_batch():
    """Token 0 stops at once, token 1 never: after the first step one search is read on alone."""
    table = np.array([[0.0, -9.0, 9.0], [-9.0, 9.0, -9.0], [0.0, 0.0, 0.0]])
    reader, read = FixedReader(table), []
    step = reader.step
    reader.step = lambda tokens: (read.append(len(tokens)), step(tokens))[1]
    found = beam_searches(reader, [[0], [1]], 4, width=1, stop_ids=[STOP])
    assert [h.tokens for (h,) in found] == [[STOP], [1, 1, 1, 1]]
    assert read == [1, 1, 1]
