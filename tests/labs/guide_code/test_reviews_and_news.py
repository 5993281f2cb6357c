"""The guide's net, repaired, beside BERT: trained alike, and what the stored runs say."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.guide_code import reviews_and_news
from minillm.labs.guide_code.reviews_and_news import (
    STUDY,
    AveragePooling,
    measure,
    pooled_fit,
    weights,
)
from minillm.labs.stored import read_study
from minillm.tasks import ClassifierTraining, Recipe
from minillm.text import Example
from minillm.text.corpora import load_corpus

SMALL = AveragePooling(width=16, hidden=(16,), updates=60, learning_rate=1e-2, batch_size=4)
EXAMPLES = [
    Example(f"the {noun} was {word}", label)
    for label, words in (("good", ("fresh", "warm")), ("bad", ("stale", "cold")))
    for word in words
    for noun in ("soup", "bread", "tea")
]


def test_the_net_learns_and_gives_probabilities_that_do_not_depend_on_the_batch():
    predict = pooled_fit(SMALL, seed=0)(EXAMPLES)
    texts = ["the soup was stale", "a long text about a tea that was served fresh and warm"]
    p = predict(texts)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert p.argmax(axis=1).tolist() == [0, 1]  # bad, good
    np.testing.assert_allclose(predict(texts[:1])[0], p[0], atol=1e-6)
    np.testing.assert_allclose(predict(["stale was the soup"])[0], p[0], atol=1e-6)


def test_the_seed_decides_the_net():
    one, again, other = (pooled_fit(SMALL, seed=s)(EXAMPLES)(["the tea"]) for s in (1, 1, 2))
    assert np.array_equal(one, again) and not np.allclose(one, other)


def test_both_models_are_trained_alike():
    pooled, bert = STUDY.settings.pooled, STUDY.settings.bert
    for name in ("max_length", "dtype", "weight_decay", "max_norm", "batch_size", "updates"):
        assert getattr(pooled, name) == getattr(bert, name), name
    assert bert.dropout == 0 and bert.tokenizer == "word" and bert.min_count == 1


def test_the_weights_are_those_of_the_models_that_are_trained():
    corpus = load_corpus("sentiment", "en", seed=0, sizes=(40, 0, 10))
    bert = STUDY.settings.bert
    sizes = {name: getattr(bert, name) for name in ("max_length", "width", "n_layers", "n_heads")}
    trained = ClassifierTraining(
        Recipe(seed=0, tokenizer="word", min_count=1, **sizes), corpus.train
    )
    found = weights(STUDY.settings, corpus)
    assert found["BERT"] == trained.model.classifier.parameter_count()
    assert found["pooled"] == 128 * len(trained.encoder.vocabulary) + 2 * 129 * 128 + 129 * 2


def test_a_seed_gives_the_accuracy_of_each_group_and_macro_f1(monkeypatch):
    """With planted models: one that is always right, and one that says the first class."""
    right = {"positive": 1, "negative": 0}
    truth = {}

    def planted(settings, corpus, seed):
        truth.update({text: right[label] for text, label in corpus.test})
        return {
            "all": lambda texts: np.eye(2)[[truth[text] for text in texts]],
            "first": lambda texts: np.eye(2)[[0] * len(texts)],
        }

    monkeypatch.setattr(reviews_and_news, "predictors", planted)
    settings = replace(
        STUDY.settings, corpora=("sentiment",), languages=("en",), train=20, dev=10, test=200
    )
    found = measure(settings, 0)
    assert found["sentiment en, all"].tolist() == [1, 1, 1, 1]
    assert found["sentiment en, all, macro-F1"] == 1
    assert abs(found["sentiment en, first"][0] - 0.5) < 0.1
    assert abs(found["sentiment en, first, macro-F1"] - 1 / 3) < 0.05


@pytest.mark.guide("G35")
@pytest.mark.guide("G61")
def test_what_is_stored_the_net_is_bert_where_words_decide_and_half_where_order_does():
    runs = read_study("reviews_and_news")
    for language in ("en", "zh"):
        _, plain, denial, order = runs[f"sentiment {language}, pooled"].T
        bert = runs[f"sentiment {language}, BERT"].T
        assert plain.min() > 0.95 and np.abs(plain - bert[1]).max() < 0.05
        assert denial.mean() > 0.9
        assert np.abs(order - 0.5).max() < 0.1 and bert[3].min() > 0.8
        news = f"topics {language}, "
        bags, pooled, bert = (
            runs[f"{news}{name}, macro-F1"] for name in ("bag of words", "pooled", "BERT")
        )
        assert np.all(bert > bags) and np.all(bert > pooled) and np.all(pooled > 0.7)
