"""A language model learns to answer, then which answers are preferred; runs resume; bad input."""

import itertools
from copy import deepcopy
from dataclasses import replace
from math import log

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.tasks.dialogue import (
    ChatRecipe,
    InstructionTuning,
    PreferenceRecipe,
    PreferenceTuning,
    answer,
    drift,
    score_answers,
)
from minillm.tasks.dialogue.reference import drawn_answers, log_probabilities
from minillm.tasks.dialogue.rows import answer_rows, collate_chats, rows_of
from minillm.tasks.generation import CausalPretraining, GptRecipe, LanguageModel
from minillm.text.corpora import Preference, Question
from minillm.text.documents import Message

WORDS = ("red", "blue", "green", "white")
QUESTIONS = [
    Question(
        (Message("user", f"say {word}"),), word, tuple(other for other in WORDS if other != word)
    )
    for word in WORDS
]
TALK = [question.answered for question in QUESTIONS]
PAIRS = [Preference(question.asked, question.right, question.wrong[0]) for question in QUESTIONS]
QUICK = ChatRecipe(batch_size=4, epochs=100, lr=1e-2)
PREFER = PreferenceRecipe(batch_size=4, epochs=100, lr=1e-2)


def of_words(text):
    """A language model that has tokens for the words of a text."""
    recipe = GptRecipe(tokenizer="word", width=32, n_layers=1, n_heads=2, max_length=16, steps=1)
    recipe = replace(recipe, min_count=1)
    texts = [(Message("user", text), *TALK[0][1:])] * 8
    return CausalPretraining(recipe, texts, texts).result()


def retold(language):
    """A copy that writes conversations without a beginning."""
    other = LanguageModel(
        deepcopy(language.model), language.tokenizer, language.vocabulary, documents=True
    )
    other.template = replace(language.template, begin="")
    return other


@pytest.fixture
def language():
    """A small GPT that knows nothing of the words it has tokens for."""
    recipe = GptRecipe(
        tokenizer="word", width=32, n_layers=1, n_heads=2, max_length=16, steps=1, dropout=0.0
    )
    return CausalPretraining(recipe, TALK, TALK).result()


def trained(training, stop=None):
    """The losses of its updates."""
    return [float(step.loss) for step in itertools.islice(training.steps(), stop)]


@pytest.mark.guide("G40")
def test_what_the_assistant_said_is_learned_and_what_was_asked_is_not(language):
    assert score_answers(answer(language, QUESTIONS), QUESTIONS, language).exact < 1
    training = InstructionTuning(QUICK, language, TALK, held_out=TALK)
    losses = trained(training)
    assert len(losses) == training.n_steps == 100 and losses[-1] < 0.05 < losses[0]
    assert training.held_out_loss() < 0.05
    assert answer(language, QUESTIONS) == list(WORDS)
    asked = language.loss([f"say {word}" for word in WORDS])
    assert asked > 1.0  # nats: nobody asked for the words of the user


def test_rows_mark_the_answers_and_their_ends(language):
    (row,) = rows_of(language, [(*TALK[0], *TALK[1])])
    spelled = language.spelled(row.ids[row.answers])
    assert spelled == ["red", "<|end|>", "blue", "<|end|>"]
    (row,) = answer_rows(language, [(*TALK[0], *QUESTIONS[1].asked)], ["blue"])
    assert language.spelled(row.ids[row.answers]) == ["blue", "<|end|>"]
    batch = collate_chats([row, *rows_of(language, TALK[:1])])
    assert batch.n_answers == 4 and not batch.answers[~batch.mask].any()


@pytest.mark.guide("G40")
def test_preferences_begin_at_ln_2_and_raise_the_margin(language):
    trained(InstructionTuning(QUICK, language, [*TALK, *swapped()]))
    before = PreferenceTuning(PREFER, language, PAIRS, held_out=PAIRS)
    assert before.held_out_loss() == pytest.approx(log(2), abs=1e-6)
    losses = trained(before)
    assert losses[0] == pytest.approx(log(2), abs=1e-6) and losses[-1] < 0.3
    assert (before.margins() > 0).all()
    chosen, rejected = log_probabilities(language.model, before.held_out)
    assert (chosen > rejected + 1).all()  # nats; before, both were learned alike


def swapped():
    """Every question with a wrong answer, too."""
    return [(*q.asked, Message("assistant", q.wrong[0])) for q in QUESTIONS]


@pytest.mark.parametrize("kind", [InstructionTuning, PreferenceTuning])
def test_a_run_resumes_bit_for_bit(kind, language, tmp_path):
    language.save(tmp_path / "before.safetensors")
    data, recipe = (TALK, ChatRecipe) if kind is InstructionTuning else (PAIRS, PreferenceRecipe)
    settings = recipe(batch_size=2, epochs=60, lr=1e-3)

    def run(folder, stop=None, **options):
        model = LanguageModel.load(tmp_path / "before.safetensors")
        training = kind(settings, model, data, out=folder, **options)
        trained(training, stop)
        return {name: array.tobytes() for name, array in model.model.state_dict().items()}

    whole = run(tmp_path / "whole")
    assert run(tmp_path / "left", stop=110) != whole
    assert run(tmp_path / "left", resume=True) == whole
    other = TALK[:2] if kind is InstructionTuning else PAIRS[:2]
    with pytest.raises(CheckpointError, match="data"):
        kind(settings, language, other, out=tmp_path / "left",
             resume=True)  # fmt: skip


@pytest.mark.guide("G40")
def test_another_reference_is_asked_instead(language):
    reference = LanguageModel(
        deepcopy(language.model), language.tokenizer, language.vocabulary, documents=True
    )
    trained(InstructionTuning(QUICK, language, TALK))
    training = PreferenceTuning(PREFER, language, PAIRS, held_out=PAIRS, reference=reference)
    before = log_probabilities(language.model, training.held_out)
    then = log_probabilities(reference.model, training.held_out)
    assert np.allclose(training.rewards(), PREFER.beta * (before - then), atol=1e-6)
    assert (training.rewards()[0] > 0.05).all() and (training.margins() > 0.05).all()


def test_drift_is_the_divergence_of_whole_answers(language):
    reference = deepcopy(language.model)
    asked = [question.asked for question in QUESTIONS]
    draw = {"rng": np.random.default_rng(0)}
    assert drift(language, reference, asked, **draw) == pytest.approx(np.zeros(4), abs=1e-6)
    trained(InstructionTuning(replace(QUICK, epochs=30), language, [*TALK, *swapped()]))
    asked = asked[:1] * 2000
    found = drift(language, reference, asked, rng=np.random.default_rng(1))
    rows = drawn_answers(language, asked, np.random.default_rng(2))
    log_ratio = np.subtract(*(log_probabilities(m, [rows])[0] for m in (language.model, reference)))
    spread = np.hypot(found.std(), log_ratio.std()) / np.sqrt(len(asked))
    assert (found >= 0).all() and found.mean() > 1
    assert abs(found.mean() - log_ratio.mean()) < 4 * spread
    assert found.std() < log_ratio.std()


def test_answers_are_scored_by_tokens(language):
    answers = ["red", "blue blue blue", "say green", "red"]
    found = score_answers(answers, QUESTIONS, language)
    assert (found.exact, found.contains) == (0.25, 0.75)
    assert found.repetition == pytest.approx(0.5 / 4)
    assert found.distinct == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda lm: InstructionTuning(QUICK, lm, []), "needs conversations, got none"),
        (lambda lm: InstructionTuning(QUICK, lm, [*TALK, TALK[0][:1]]),
         "conversation 5: none of the 1 messages is of role 'assistant'"),
        (lambda lm: InstructionTuning(QUICK, lm, [(Message("robot", "x"), *TALK[0])]),
         "conversation 1: message 1 is of role 'robot'; the chat template has"),
        (lambda lm: InstructionTuning(QUICK, lm, [(*TALK[0], Message("assistant", " "))]),
         "conversation 1: message 3 is an empty answer"),
        (lambda lm: InstructionTuning(QUICK, lm, [TALK[0] * 5]),
         "conversation 1: 36 tokens, and the model reads 16"),
        (lambda lm: PreferenceTuning(PREFER, lm, []), "pairs are needed, one at least"),
        (lambda lm: PreferenceTuning(PREFER, lm, [PAIRS[0]._replace(rejected="red")]),
         "pair 0: chosen and rejected are the same response"),
        (lambda lm: PreferenceTuning(PREFER, lm, PAIRS, reference=of_words("say red blue green x")),
         "the reference has another vocabulary: its token 6 is 'red', and the policy's 'say'"),
        (lambda lm: PreferenceTuning(PREFER, lm, PAIRS, reference=of_words("say red")),
         "the reference has 8 tokens and the policy 11"),
        (lambda lm: PreferenceTuning(PREFER, lm, PAIRS, reference=lm), "shares .* with the policy"),
        (lambda lm: PreferenceTuning(PREFER, lm, PAIRS, reference=retold(lm)), "another template"),
        (lambda lm: drift(lm, lm.model, [(Message("user", "red " * 13),)],
                          rng=np.random.default_rng(0)), "no answer can be drawn"),
        (lambda lm: score_answers(["red"], QUESTIONS, lm), "1 answers to 4 questions"),
        (lambda lm: PreferenceRecipe(beta=0), "beta must be above 0"),
        (lambda lm: ChatRecipe(batch_size=0), "batch_size must be at least 1 and finite, got 0"),
        (lambda lm: ChatRecipe(lr=float("nan")), "lr must be at least 0 and finite, got nan"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_refused(call, words, language):
    before = {name: array.copy() for name, array in language.model.state_dict().items()}
    with pytest.raises(ValueError, match=words):
        call(language)
    for name, array in language.model.state_dict().items():
        assert np.array_equal(array, before[name])
