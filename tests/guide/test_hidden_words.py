"""A small BERT learns what counting neighbours cannot: to find a word three places away."""

import itertools

import numpy as np
import pytest

from minillm.tasks import ClassifierTraining, Recipe, evaluate_masked
from minillm.text import Example

ANIMALS = ("ant", "bee", "cat", "dog", "eel", "fox")
SENTENCES = [
    Example(f"{one} saw {other} , {one} met {other}", "same" if one == other else "two")
    for one, other in itertools.product(ANIMALS, ANIMALS)
]
RECIPE = Recipe(
    width=32, n_layers=1, n_heads=2, max_length=12, batch_size=9, dropout=0.0,
    pretrain_epochs=60, pretrain_lr=5e-3,
)  # fmt: skip


@pytest.mark.guide("G27")
def test_hidden_words_of_held_out_sentences_cost_less_than_by_frequency_or_by_neighbours():
    """Of a pair of animals that no training sentence has; the neighbours say: some animal."""
    order = np.random.default_rng(0).permutation(len(SENTENCES))
    held_out, train = ([SENTENCES[i] for i in part] for part in (order[:9], order[9:]))
    training = ClassifierTraining(RECIPE, train)
    words = training.encoder.vocabulary
    sentences = training.encoder([text for text, _ in held_out]) * 8  # hidden in other places

    def scores():
        return evaluate_masked(
            training.model.masked, training.all_text, sentences, words, seed=0, batch_size=9
        )

    untrained = scores()
    for _ in training.pretrain():
        pass
    found = scores()
    assert found.n_hidden == 72 and found[1:] == untrained[1:]
    assert untrained.model > found.unigram > found.neighbours + 0.2
    assert found.model < found.neighbours - 0.5
