import pytest

from minillm.commands.baselines import load_baselines, save_baselines
from minillm.models.bag_of_words import tune_bag_of_words
from minillm.tasks import (
    BagOfWordsClassifier,
    Decision,
    TextEncoder,
    as_classifiers,
    evaluate,
    fit_baselines,
)
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
    p = probabilities(baselines, encoder)
    assert list(p) == ["majority", "bag of words", "bag of words and pairs"]
    assert p["majority"].tolist() == [[0, 1], [0, 1]]
    assert len(set(p["bag of words"].argmax(axis=1))) == 1
    assert p["bag of words and pairs"].argmax(axis=1).tolist() == [1, 0]


@pytest.mark.guide("G42")
def test_words_are_learned_from_train_and_the_penalty_is_chosen_on_dev(encoder, monkeypatch):
    asked = []

    def noted(train, dev, *, ngrams):
        asked.append((train, dev, ngrams))
        return tune_bag_of_words(train, dev, ngrams=ngrams, penalties=(1.0,))

    monkeypatch.setattr("minillm.tasks.baselines.tune_bag_of_words", noted)
    dev = [Example("bad x", "a"), Example("good", "b")]
    fit_baselines(TRAIN, dev, encoder)
    train = [e.text.split() for e in TRAIN], [e.label for e in TRAIN]
    examined = [["bad", "x"], ["good"]], ["a", "b"]
    assert asked == [(train, examined, 1), (train, examined, 2)]


def probabilities(bags, encoder):
    """What each baseline says of the two sentences."""
    classifiers = as_classifiers(bags, encoder.tokenizer)
    return {name: one.predict_probabilities(TEXTS) for name, one in classifiers.items()}


def test_the_bag_of_words_is_kept_beside_the_model(baselines, encoder, tmp_path):
    save_baselines(tmp_path, baselines)
    assert len(listing(tmp_path)) == 1
    loaded = load_baselines(tmp_path)
    assert list(loaded) == ["bag of words"]
    before, after = (probabilities(bags, encoder) for bags in (baselines, loaded))
    assert list(after) == ["majority", "bag of words"]
    assert all((after[name] == before[name]).all() for name in after)


def test_a_folder_without_baselines_and_a_lone_file_have_none(tmp_path):
    assert load_baselines(tmp_path) == as_classifiers({}, None) == {}
    (tmp_path / "model.safetensors").touch()
    assert load_baselines(tmp_path / "model.safetensors") == {}


def test_thresholds_are_chosen_on_dev_and_kept(encoder, tmp_path):
    dev = [Example("good good good x", "a"), Example("bad", "b")]
    bags = fit_baselines(TRAIN, dev, encoder, positive="a")
    for bag in bags.values():
        one = BagOfWordsClassifier(bag, encoder.tokenizer)
        assert one.decision == evaluate(one, dev).best_decision("a")
        assert one.decision.threshold != 0.5
    save_baselines(tmp_path, bags)
    loaded = as_classifiers(load_baselines(tmp_path), encoder.tokenizer)["bag of words"]
    assert loaded.decision == Decision(*bags["bag of words"].threshold)
    assert fit_baselines(TRAIN, [dev[1]], encoder, positive="a")["bag of words"].threshold is None
