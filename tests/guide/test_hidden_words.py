"""A small BERT learns what counting neighbours cannot: to find a word three places away."""

import itertools

import numpy as np
import pytest

from minillm.tasks import ClassifierTraining, Recipe, evaluate_masked
from minillm.text import IGNORE, Example

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
def test_what_is_to_be_found_is_not_shown_in_eight_of_ten_cases():
    training = ClassifierTraining(RECIPE, SENTENCES)
    words = training.encoder.vocabulary
    shown, wanted = [], []
    for batch in training.pretraining().batches(0, 100):
        hidden = batch.targets != IGNORE
        shown += batch.ids[hidden].tolist()
        wanted += batch.targets[hidden].tolist()
    assert len(wanted) == 100 * RECIPE.batch_size  # one of seven words in each
    masks = np.mean(np.array(shown) == words.mask_id)
    assert abs(masks - 0.8) < 6 * (0.8 * 0.2 / len(wanted)) ** 0.5
    assert words.mask_id not in wanted


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
