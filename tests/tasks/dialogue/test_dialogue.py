"""A language model learns to answer, then which answers are preferred; runs resume; bad input."""

import itertools
from math import log

import numpy as np
import pytest

from minillm.backend import CheckpointError
from minillm.tasks.dialogue import (
    ChatRecipe,
    InstructionTuning,
    PreferenceTuning,
    answer,
    score_answers,
)
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
    before = PreferenceTuning(QUICK, language, PAIRS, held_out=PAIRS)
    assert before.held_out_loss() == pytest.approx(log(2), abs=1e-6)
    losses = trained(before)
    assert losses[0] == pytest.approx(log(2), abs=1e-6) and losses[-1] < 0.3
    assert (before.margins() > 0).all()
    chosen, rejected = before.log_probabilities(before.held_out)
    assert (chosen > rejected + 1).all()  # nats; before, both were learned alike


def swapped():
    """Every question with a wrong answer, too."""
    return [(*q.asked, Message("assistant", q.wrong[0])) for q in QUESTIONS]


@pytest.mark.parametrize("kind", [InstructionTuning, PreferenceTuning])
def test_a_run_resumes_bit_for_bit(kind, language, tmp_path):
    language.save(tmp_path / "before.safetensors")
    data = TALK if kind is InstructionTuning else PAIRS

    def run(folder, stop=None, **options):
        model = LanguageModel.load(tmp_path / "before.safetensors")
        training = kind(ChatRecipe(batch_size=2, epochs=60), model, data, out=folder, **options)
        trained(training, stop)
        return {name: array.tobytes() for name, array in model.model.state_dict().items()}

    whole = run(tmp_path / "whole")
    assert run(tmp_path / "left", stop=110) != whole
    assert run(tmp_path / "left", resume=True) == whole
    other = TALK[:2] if kind is InstructionTuning else PAIRS[:2]
    with pytest.raises(CheckpointError, match="data"):
        kind(ChatRecipe(batch_size=2, epochs=60), language, other, out=tmp_path / "left",
             resume=True)  # fmt: skip


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
        (lambda lm: PreferenceTuning(QUICK, lm, []), "pairs are needed, one at least"),
        (lambda lm: PreferenceTuning(QUICK, lm, [PAIRS[0]._replace(rejected="red")]),
         "pair 0: chosen and rejected are the same response"),
        (lambda lm: score_answers(["red"], QUESTIONS, lm), "1 answers to 4 questions"),
        (lambda lm: ChatRecipe(beta=0), "beta must be above 0"),
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
