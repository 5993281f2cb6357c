"""In-context learning of a model of which it is known how it learns: written by hand."""

import itertools

import numpy as np
import pytest

from minillm.tasks import k_shot, prompt_of
from minillm.tasks.generation import label_log_probabilities
from minillm.text import Example
from tests.tasks.generation.copying import CLASSES, copying_language

EXAMPLES = [Example(word, str(label)) for word, label in CLASSES.items()]


@pytest.fixture(scope="module")
def language():
    return copying_language()


def answers(language, shown, words):
    """What it says of all adjectives behind the examples, and how sure it is."""
    prompts = [prompt_of(shown, text, words, arrow="", end="; ") for text, _ in EXAMPLES]
    scores = label_log_probabilities(language, prompts, list(words.values()))
    return [list(words)[i] for i in scores.argmax(axis=1)], np.ptp(scores, axis=1)


@pytest.mark.errata("A103")
@pytest.mark.guide("G51")
@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("names", [("dax", "wug"), ("wug", "dax"), ("good", "bad")])
def test_the_examples_alone_tell_which_word_names_which_class(language, k, names):
    words = dict(zip("01", names, strict=True))
    for seed in range(5):
        shown = k_shot(EXAMPLES, k, np.random.default_rng(seed))
        said, margins = answers(language, shown, words)
        assert said == [label for _, label in EXAMPLES]
        assert margins.min() > 0.5


@pytest.mark.guide("G51")
def test_labels_that_are_exchanged_turn_every_answer_round(language):
    words = {"0": "dax", "1": "wug"}
    shown = k_shot(EXAMPLES, 2, np.random.default_rng(0))
    right, _ = answers(language, shown, words)
    exchanged = [Example(text, "10"[int(label)]) for text, label in shown]
    wrong, _ = answers(language, exchanged, words)
    assert all(a != b for a, b in zip(right, wrong, strict=True))


@pytest.mark.guide("G51")
def test_shuffled_labels_and_no_examples_leave_it_at_chance(language):
    words, shown = {"0": "dax", "1": "wug"}, [EXAMPLES[i] for i in (0, 1, 3, 4)]
    true = [label for _, label in EXAMPLES]
    right = []
    for dealt in itertools.permutations("0011"):
        given = [Example(text, label) for (text, _), label in zip(shown, dealt, strict=True)]
        scores_of = answers(language, given, words)
        undecided = scores_of[1] < 1e-3
        said = np.array([a == b for a, b in zip(scores_of[0], true, strict=True)])
        right.append(np.where(undecided, 0.5, said).mean())
    assert np.mean(right) == pytest.approx(0.5)
    assert set(right) == {0.0, 0.5, 1.0}
    assert answers(language, [], words)[1].max() < 1e-3
