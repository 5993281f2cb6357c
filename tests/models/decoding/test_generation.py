import numpy as np
import pytest

from minillm.models.decoding import (
    CachedReader,
    filtering,
    generate,
    greedy,
    sampling,
    stop_at,
    stream_tokens,
)
from tests.models.decoding.fixed_reader import FixedReader, cycle
from tests.models.small_gpt import STYLES, small_gpt
from tests.strict import strict

styles = pytest.mark.parametrize("style", STYLES)
PROMPTS = [[2, 7, 5], [1], [9, 9, 3, 4]]


@pytest.mark.guide("G30")
def test_greedy_text_by_hand():
    ((text,), (other,)) = generate(cycle(5), [[0], [1, 3]], 4)
    assert text.tokens == [1, 2, 3, 4]
    assert other.tokens == [4, 0, 1, 2]
    np.testing.assert_allclose(text.log_p, [9 - np.log(np.exp(9) + 4)] * 4, atol=1e-14)


@pytest.mark.guide("G40")
@styles
def test_log_probabilities_are_those_that_the_model_gives_the_finished_text(style):
    model, rng = small_gpt(style), np.random.default_rng(0)
    filtered = filtering(temperature=0.5, top_k=4)  # they are the model's own all the same
    texts = generate(model, PROMPTS, 6, choose=sampling(rng), filtered=filtered, n_samples=2)
    for prompt, samples in zip(PROMPTS, texts, strict=True):
        for text in samples:
            whole = np.array([prompt + text.tokens])
            expected = model.log_probabilities(whole)[0, len(prompt) - 1 :]
            np.testing.assert_allclose(text.log_p, expected, rtol=0, atol=1e-12)


@pytest.mark.guide("G40")
@styles
def test_padding_on_either_side_and_none_write_the_same(style):
    model = small_gpt(style)
    ids, mask = np.zeros((3, 4), int), np.zeros((3, 4), bool)
    right, left = (ids, mask), (ids.copy(), mask.copy())
    for i, prompt in enumerate(PROMPTS):
        right[0][i, : len(prompt)], right[1][i, : len(prompt)] = prompt, True
        left[0][i, 4 - len(prompt) :], left[1][i, 4 - len(prompt) :] = prompt, True
    expected = generate(model, PROMPTS, 5)
    for padded, real in (left, right):
        assert generate(model, padded, 5, mask=real) == expected
    for prompt, together in zip(PROMPTS, expected, strict=True):
        ((alone,),) = generate(model, [prompt], 5)
        assert alone.tokens == together[0].tokens
        np.testing.assert_allclose(alone.log_p, together[0].log_p, rtol=0, atol=1e-12)


def test_a_stream_is_written_while_it_is_read():
    reader = cycle(7)
    stream = stream_tokens(reader, [[0]], 5)
    assert not reader.starts
    assert [int(next(stream).ids[0]) for _ in range(2)] == [1, 2]
    assert (len(reader.starts), reader.steps) == (1, 1)
    assert [int(step.ids[0]) for step in stream] == [3, 4, 5]
    assert reader.steps == 4  # nobody asks what follows the last one


def test_a_text_ends_with_a_stop_token_and_the_others_go_on():
    reader = cycle(6)
    (one,), (other,) = generate(reader, [[0], [4]], 9, stop_ids=[3, 5])
    assert (one.tokens, one.stopped) == ([1, 2, 3], True)
    assert (other.tokens, other.stopped) == ([5], True)
    assert reader.steps == 2  # when all have ended it is over
    ((cut,),) = generate(cycle(6), [[0]], 2, stop_ids=[3])
    assert (cut.tokens, cut.stopped) == ([1, 2], False)


def test_a_text_ends_with_a_string_that_several_tokens_make():
    def decode(tokens):
        return "".join("abcdef"[t] for t in tokens)

    ((text,),) = generate(cycle(6), [[0]], 9, stop=stop_at(["de", "x"], decode))
    assert (decode(text.tokens), text.stopped) == ("bcde", True)


def test_several_samples_of_a_prompt_differ_and_a_seed_repeats_them():
    model = small_gpt()
    again = [
        generate(model, PROMPTS, 6, n_samples=4, choose=sampling(np.random.default_rng(3)))
        for _ in range(2)
    ]
    assert again[0] == again[1]
    assert [len(samples) for samples in again[0]] == [4, 4, 4]
    assert len({tuple(text.tokens) for text in again[0][0]}) > 1
    assert all(
        greedy_text == samples[0]
        for samples in generate(model, PROMPTS, 6, n_samples=3)
        for greedy_text in samples
    )


def test_a_penalty_counts_the_prompt_and_what_was_written():
    flat = FixedReader(np.ones((5, 5)))
    ((text,),) = generate(flat, [[3]], 4, filtered=filtering(repetition_penalty=2.0))
    assert sorted([3, *text.tokens]) == [0, 1, 2, 3, 4]


@styles
def test_with_keep_a_text_may_be_longer_than_the_positions(style):
    model, keep = small_gpt(style), 4
    ((text,),) = generate(model, [[2, 7]], 30, keep=keep)
    window, expected = [2, 7], []
    for _ in range(30):
        if len(window) > model.config.max_length:
            window = window[-keep:]
        token = int(model(np.array([window])).data[0, -1].argmax())
        expected.append(token)
        window.append(token)
    assert text.tokens == expected


def test_no_new_token_is_no_work():
    reader = cycle(4)
    ((text,),) = generate(reader, [[1]], 0)
    assert (text.tokens, text.log_p, text.stopped, reader.starts) == ([], [], False, [])


def test_a_model_on_a_device_writes_what_it_writes_on_the_host():
    model = small_gpt()
    expected = generate(model, PROMPTS, 5)
    for parameter in model.parameters():
        parameter.data = strict.asarray(parameter.data)
    got = generate(model, PROMPTS, 5)
    assert [t.tokens for (t,) in got] == [t.tokens for (t,) in expected]


@pytest.mark.parametrize(
    ("prompts", "n_new", "settings", "error", "message"),
    [
        ([], 2, {}, ValueError, "needs a prompt at least, got none"),
        ([[1], []], 2, {}, ValueError, "prompt 1 must be a row of at least one id"),
        ([1, 2], 2, {}, ValueError, r"prompt 0 must be a row .* got shape \(\)"),
        ([[1] * 12], 1, {}, ValueError, "a prompt of 12 tokens is over-long: .*max_length=11"),
        ([[1] * 12], 1, {"keep": 4}, ValueError, "a prompt of 12 tokens is over-long"),
        ([[1] * 5], 8, {}, ValueError, r"need 12 positions, the model has 11: .*keep=5"),
        ([[1] * 5], 8, {"keep": 11}, ValueError, r"keep must be in 1\.\.10, got 11"),
        ([[1] * 5], 8, {"keep": 0}, ValueError, r"keep must be in 1\.\.10, got 0"),
        ([[1]], -1, {}, ValueError, "n_new must be a whole number, at least 0, got -1"),
        ([[1]], 2.0, {}, ValueError, "n_new must be a whole number, at least 0, got 2.0"),
        ([[1, 13]], 2, {}, IndexError, r"token id 13 at position \(0, 1\) out of range"),
        ([[1, -1]], 2, {}, IndexError, "token id -1"),
        ([[1.0]], 2, {}, TypeError, "token ids must be integers, got float64"),
    ],
)
def test_wrong_prompts_are_refused_before_anything_is_written(
    prompts, n_new, settings, error, message
):
    for reader in (small_gpt(), CachedReader(small_gpt())):
        with pytest.raises(error, match=message):
            stream_tokens(reader, prompts, n_new, **settings)


def test_the_last_new_token_needs_no_position():
    ((text,),) = generate(small_gpt(), [[1] * 5], 7)
    assert len(text.tokens) == 7


def test_everything_filtered_away_and_no_sample_are_refused():
    with pytest.raises(ValueError, match="every token of text 0 is filtered away"):
        generate(cycle(4), [[1]], 2, filtered=lambda z, seen: np.full_like(z, -np.inf))
    with pytest.raises(ValueError, match="n_samples must be a whole number, at least 1, got 0"):
        generate(cycle(4), [[1]], 2, n_samples=0, choose=greedy)
