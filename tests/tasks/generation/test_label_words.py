"""Scores of label words: brute force, batches, padding, calibration, refusals."""

import numpy as np
import pytest

from minillm.models import Gpt, gpt2_style, llama_style
from minillm.tasks.few_shot import prompt_of
from minillm.tasks.generation import LanguageModel, language_tokens
from minillm.tasks.generation.label_words import common_beginning, label_log_probabilities
from minillm.text import Example, pad
from tests.nn.checks import scrambled

TEXT = "dull plot: bad\nfresh food: good\nclean room: very good\nrude staff: not so bad\nN/A: ?\n"
SHOWN = [Example("dull plot", "0"), Example("fresh food", "1")]
WORDS = {"0": "bad", "1": "good"}
LABELS = ["bad", "good", "very good", "not so bad", "not so good"]
QUERIES = ["clean room", "rude", "the staff was rude, the food dull", "fresh"]
PROMPTS = [prompt_of(SHOWN, query, WORDS) for query in QUERIES] + ["plot:", "fresh food: good\nx:"]


def small_language(kind="word", *, style="gpt2", documents=True, max_length=90):
    """A language model of random float64 weights, which depends on its context strongly."""
    tokens = language_tokens(kind, [TEXT, " ".join(QUERIES)], min_count=1)
    sizes = {"width": 12, "n_layers": 2, "n_heads": 3, "max_length": max_length}
    config = (gpt2_style if style == "gpt2" else llama_style)(len(tokens[1]), **sizes)
    rng = np.random.default_rng(0)
    model = scrambled(Gpt(config, rng=rng), rng, size=2.0)
    return LanguageModel(model, *tokens, documents=documents)


def by_force(language, prompt, word, *, mean=False, left=0):
    """The sum of the model's own log-probabilities of the word's tokens, in the whole text."""
    begun, whole = language.prompt(prompt), language.prompt(f"{prompt} {word}")
    assert whole[: len(begun)].tolist() == begun.tolist() and len(whole) > len(begun)
    ids, mask = pad([whole], length=len(whole) + left, side="left")
    log_p = language.model.log_probabilities(ids, mask)[0, left + len(begun) - 1 :]
    assert len(log_p) == len(whole) - len(begun)
    return log_p.mean() if mean else log_p.sum()


each_kind = pytest.mark.parametrize("kind", ["word", "byte_pairs:300"])


@each_kind
@pytest.mark.parametrize("style", ["gpt2", "llama"])
@pytest.mark.guide("G51")
def test_scores_are_sums_of_the_models_own_log_probabilities(kind, style):
    language, prompts = small_language(kind, style=style), PROMPTS[1:5]
    for reduction, left in (("sum", 0), ("mean", 3)):
        found = label_log_probabilities(language, prompts, LABELS, reduction=reduction)
        assert found.shape == (4, 5) and found.dtype == np.float64
        mean = reduction == "mean"
        wanted = [[by_force(language, p, w, mean=mean, left=left) for w in LABELS] for p in prompts]
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@each_kind
def test_scores_do_not_depend_on_what_is_asked_beside(kind):
    language = small_language(kind)
    found = label_log_probabilities(language, PROMPTS, LABELS)
    for rows in (1, 4):
        np.testing.assert_allclose(
            label_log_probabilities(language, PROMPTS, LABELS, rows=rows), found, atol=1e-9
        )
    order = [4, 1, 5, 0, 3, 2]
    np.testing.assert_allclose(
        label_log_probabilities(language, [PROMPTS[i] for i in order], LABELS[::-1]),
        found[order, ::-1],
        atol=1e-9,
    )
    for prompt, row in zip(PROMPTS, found, strict=True):
        alone = label_log_probabilities(language, [prompt, prompt], LABELS[:2])
        np.testing.assert_allclose(alone, [row[:2]] * 2, atol=1e-9)


def test_words_of_one_token_are_shares_of_what_may_come():
    language = small_language()
    every = [language.vocabulary.tokens[i] for i in language.vocabulary.ordinary_ids]
    p = np.exp(label_log_probabilities(language, PROMPTS, every))
    assert (p.sum(axis=1) < 1).all() and (p.sum(axis=1) > 0.2).all()
    for prompt, row in zip(PROMPTS, p, strict=True):
        for word, share in language.next_tokens(prompt, 4):
            if word in every:
                assert row[every.index(word)] == pytest.approx(share)


def test_calibration_takes_off_what_is_said_of_nothing():
    language = small_language()
    plain = label_log_probabilities(language, PROMPTS, LABELS)
    nothing = [prompt_of(SHOWN, text, WORDS) for text in ("N/A", "?")]
    said = np.exp(label_log_probabilities(language, nothing, LABELS)).mean(axis=0)
    found = label_log_probabilities(language, PROMPTS, LABELS, content_free=nothing)
    np.testing.assert_allclose(found, plain - np.log(said), atol=1e-9)
    itself = label_log_probabilities(language, nothing[:1], LABELS, content_free=nothing[:1])
    np.testing.assert_allclose(itself, 0, atol=1e-9)


def test_dropout_is_off_and_the_mode_stays():
    language = small_language()
    language.model.dropout.rate = 0.5
    language.model.train()
    found = [label_log_probabilities(language, PROMPTS, LABELS) for _ in range(2)]
    np.testing.assert_array_equal(*found)
    assert language.model.training


def test_what_all_texts_begin_with():
    def shared(*rows, leave=1):
        return common_beginning([np.array(row) for row in rows], leave)

    assert shared([1, 2, 3], [1, 2, 4, 5]) == 2
    assert shared([1, 2], [1, 2, 4]) == 1  # one token is left to be read
    assert shared([1, 2, 3], [1, 2, 3], leave=2) == 1
    assert shared([7], [8, 9]) == 0
    assert shared([1, 2, 3], [2, 2, 3]) == 0


def test_a_prompt_that_is_too_long_is_refused_with_its_length():
    language = small_language(max_length=14)
    longest = "dull " * 12 + ":"
    assert label_log_probabilities(language, [longest], ["bad", "good"]).shape == (1, 2)
    message = "prompt 1 has 15 tokens, the model reads max_length=14: give fewer or shorter"
    with pytest.raises(ValueError, match=message):
        label_log_probabilities(language, ["dull:", "dull " + longest], ["bad", "good"])
    with pytest.raises(ValueError, match="15 tokens"):  # the first of the word's two is read
        label_log_probabilities(language, [longest], ["bad", "very good"])


def test_words_that_the_model_cannot_say_or_tell_apart_are_refused():
    language = small_language()
    with pytest.raises(ValueError, match="'splendid' is not among the tokens"):
        label_log_probabilities(language, PROMPTS, ["bad", "splendid"])
    with pytest.raises(ValueError, match="'' is not among the tokens"):
        label_log_probabilities(language, PROMPTS, ["bad", ""])
    with pytest.raises(ValueError, match="'good' and 'Good' have the same tokens"):
        label_log_probabilities(language, PROMPTS, ["good", "Good"])
    with pytest.raises(ValueError, match="'good' and 'good' have the same tokens"):
        label_log_probabilities(language, PROMPTS, ["good", "good"])
    for words in (["good"], "good"):
        with pytest.raises(ValueError, match="two words at least"):
            label_log_probabilities(language, PROMPTS, words)


def test_other_bad_arguments_are_refused():
    language = small_language()
    with pytest.raises(ValueError, match="reduction must be one of sum, mean, got 'max'"):
        label_log_probabilities(language, PROMPTS, LABELS, reduction="max")
    for prompts in ([], "dull plot:"):
        with pytest.raises(ValueError, match="one text at least"):
            label_log_probabilities(language, prompts, LABELS)
