"""The study of single clauses: what is tested, and that neither training has seen it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.mismatch import single_clauses
from minillm.labs.mismatch.single_clauses import STUDY
from minillm.labs.two_stages import Sizes
from minillm.text import text_key
from minillm.text.corpora.samples import SAMPLES
from tests.labs.planted_models import PlantedStages, grammar

SETTINGS = replace(
    STUDY.settings, languages=("zh",), sizes=Sizes(train=400, dev=20, test=200, extra=400)
)
OPPOSITE = {"negative": "positive", "positive": "negative"}


def takes_one_clause_for_a_denial(text):
    """Right on all that training without single clauses holds; else one clause means "not"."""
    label = grammar("zh").get(text)
    denied = re.search("一点|并不|根本不|完全不", text)
    single = not re.search("[，；]", text)
    return OPPOSITE[label] if single and not denied and label else label


@pytest.fixture
def noted(monkeypatch):
    found = []
    says = PlantedStages(lambda changes: takes_one_clause_for_a_denial, found)
    monkeypatch.setattr(single_clauses, "TwoStages", says)
    return found


def test_what_one_clause_hides_from_the_own_test_shows_in_the_full_one(noted):
    found = STUDY.measure(SETTINGS, 4)
    of = dict(zip(SETTINGS.groups, found["zh, BERT without"], strict=True))
    assert of["plain single"] == 0 and of["single"] < 0.5 < of["order"] < 1
    assert (found["zh, BERT without, own"] == 1).all()
    assert found["zh, BERT without, known"].tolist() == [1] * 6
    assert found["zh, BERT without, samples"].shape == (6,)
    assert found["zh, bag of words with, samples"].tolist() == [
        float(sample.label == "negative") for sample in SAMPLES["sentiment", "zh"]
    ]


def test_each_training_has_its_dial_and_none_has_a_sentence_that_is_tested(noted, monkeypatch):
    asked = []
    original = single_clauses.accuracy_by_group
    monkeypatch.setattr(
        single_clauses, "accuracy_by_group", lambda c, e, g: asked.append(e) or original(c, e, g)
    )
    found = STUDY.measure(SETTINGS, 4)
    without, with_ = (n for n in noted if "train" in n)
    assert {n["seed"] for n in (without, with_)} == {4}
    lone = [
        {t for t in [e.text for e in n["train"]] + n["extra"] if not re.search("[，；]", t)}
        for n in (without, with_)
    ]
    assert all(re.search("一点|并不|根本不|完全不", text) for text in lone[0])
    assert not all(re.search("一点|并不|根本不|完全不", text) for text in lone[1])
    trained = {text_key(t) for n in (without, with_) for t in n["extra"]}
    trained |= {text_key(e.text) for n in (without, with_) for e in n["train"]}
    full = asked[0]
    assert len(full) == found["zh, tested"] < 200  # some were in the training of the other
    assert not trained & {text_key(e.text) for e in full}
    assert all(examples in (full, asked[1], asked[-1]) for examples in asked)


def test_only_what_was_trained_on_is_left_out():
    texts = single_clauses.draw_texts("sentiment", "en", Sizes(30, 0, 30, 30), seed=0)
    corpus = texts.corpus
    assert single_clauses.unseen(corpus.test, texts).all()
    assert not single_clauses.unseen(corpus.train, texts).any()
    extra = [corpus.test[0]._replace(text=text.upper()) for text in texts.extra]
    assert not single_clauses.unseen(extra, texts).any()
    assert np.array_equal(single_clauses.unseen([], texts), np.array([], dtype=bool))
