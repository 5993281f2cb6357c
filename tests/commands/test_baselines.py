import numpy as np
import pytest

from minillm.commands.baselines import (
    baseline_answers,
    fit_baselines,
    load_baselines,
    save_baselines,
)
from minillm.tasks import TextEncoder
from minillm.text import Example, WordTokenizer
from tests.commands.command_line import listing

# only the order of two words tells the label, and one word more on every third sentence
TRAIN = [
    example
    for i in range(12)
    for example in (
        Example(f"not bad but good{' x' if i % 3 else ''}", "b"),
        Example(f"not good but bad{' x' if i % 3 else ''}", "a"),
    )
] + [Example("good good", "b")]
TEXTS = ["not bad but good", "not good but bad"]


@pytest.fixture(scope="module")
def encoder():
    """Words of the training sentences."""
    return TextEncoder.build([e.text for e in TRAIN], tokenizer=WordTokenizer(), max_length=9)


@pytest.fixture(scope="module")
def baselines(encoder):
    """Both bags, fitted."""
    return fit_baselines(TRAIN, TRAIN[:4], encoder)


def test_pairs_know_some_order_and_words_none(baselines, encoder):
    answers = baseline_answers(baselines, TEXTS, encoder, positive="b")
    assert list(answers) == ["majority", "bag of words", "bag of words and pairs"]
    assert answers["majority"].labels == ["b", "b"]
    assert answers["majority"].scores is None
    assert len(set(answers["bag of words"].labels)) == 1
    assert answers["bag of words and pairs"].labels == ["b", "a"]


def test_scores_are_probabilities_of_the_class_to_find(baselines, encoder):
    a, b = (baseline_answers(baselines, TEXTS, encoder, positive=name) for name in "ab")
    for name in ("bag of words", "bag of words and pairs"):
        np.testing.assert_allclose(a[name].scores + b[name].scores, 1)
    pairs = b["bag of words and pairs"].scores
    assert pairs[0] > 0.5 > pairs[1]


def test_the_bag_of_words_is_kept_beside_the_model(baselines, encoder, tmp_path):
    save_baselines(tmp_path, baselines)
    assert len(listing(tmp_path)) == 1
    loaded = load_baselines(tmp_path)
    assert list(loaded) == ["bag of words"]
    before, after = (
        baseline_answers(bags, TEXTS, encoder, positive="a") for bags in (baselines, loaded)
    )
    assert after["majority"] == before["majority"]
    assert after["bag of words"].labels == before["bag of words"].labels
    assert (after["bag of words"].scores == before["bag of words"].scores).all()


def test_a_folder_without_baselines_and_a_lone_file_have_none(tmp_path):
    assert load_baselines(tmp_path) == {}
    (tmp_path / "model.safetensors").touch()
    assert load_baselines(tmp_path / "model.safetensors") == {}
