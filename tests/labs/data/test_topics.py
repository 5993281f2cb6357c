"""The study of topics: each corpus with its own flaw, and where accuracy flatters."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.data import topics
from minillm.labs.data.topics import STUDY, with_wrong_labels
from minillm.tasks import evaluate
from minillm.tasks.baselines import MajorityClassifier
from minillm.text import Example, Labels
from minillm.text.corpora import load_corpus

NAMES = ("culture", "economy", "science", "sport")
SETTINGS = replace(STUDY.settings, sizes=(200, 100, 200))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_labels_is_wrong_and_each_other_label_comes_up(share):
    examples = [Example(f"text {i}", NAMES[i % 4]) for i in range(400)]
    new = with_wrong_labels(examples, share, np.random.default_rng(0))
    assert [e.text for e in new] == [e.text for e in examples]
    wrong = [(a.label, b.label) for a, b in zip(examples, new, strict=True) if a.label != b.label]
    assert len(wrong) == round(share * 400)
    assert len(set(wrong)) == (12 if share else 0)


class Planted:
    """Stands for ``TwoStages``: notes what it is given; its models know the test, or nothing."""

    def __init__(self, noted, truth):
        self.noted, self.truth = noted, truth

    def __call__(self, examples, extra, recipe, *, seed):
        self.noted.append({"train": examples, "seed": seed, "tried": []})
        return self

    def baselines(self, dev):
        self.noted[-1]["dev"] = dev
        return {"majority": MajorityClassifier(Labels(NAMES), "sport")}

    def finetuned(self, *, finetune_epochs):
        self.noted[-1]["tried"].append(finetune_epochs)
        return (
            Knows(self.truth) if finetune_epochs > 5 else MajorityClassifier(Labels(NAMES), "sport")
        )


class Knows:
    labels = Labels(NAMES)

    def __init__(self, truth):
        self.truth = truth

    def predict_probabilities(self, texts):
        return np.eye(4)[[NAMES.index(self.truth[text]) for text in texts]]


@pytest.mark.guide("G35")
def test_where_topics_are_unequal_accuracy_flatters_the_majority_and_macro_f1_does_not(monkeypatch):
    noted = []
    truth = {
        text: label
        for language in ("en", "zh")
        for shares in (None, topics.unequal())
        for part in load_corpus("topics", language, seed=6, sizes=SETTINGS.sizes, shares=shares)[:3]
        for text, label in part
    }
    monkeypatch.setattr(topics, "TwoStages", Planted(noted, truth))
    found = STUDY.measure(SETTINGS, 6)
    assert found["english, majority"] == pytest.approx([1 / 4, 0.4 / 4])
    assert found["unbalanced, majority"] == pytest.approx([0.55, 2 * 0.55 / 1.55 / 4])
    for corpus, note in zip(
        ("english", "chinese", "unbalanced", "mislabelled"), noted, strict=True
    ):
        assert found[f"{corpus}, BERT"].tolist() == [1, 1]  # of two trainings the better on dev
        assert note["tried"] == list(SETTINGS.passes) and note["seed"] == 6
        wrong = [
            np.mean([truth[text] != label for text, label in note[p]]) for p in ("train", "dev")
        ]
        assert wrong == pytest.approx([0.3, 0.3] if corpus == "mislabelled" else [0, 0])
    assert noted[0]["train"] != noted[2]["train"]


@pytest.mark.guide("G35")
def test_on_every_drawn_corpus_a_bag_of_words_is_better_than_the_majority(monkeypatch):
    """Seeds 0 and 1; the BERT, which takes longer, is in the study."""
    monkeypatch.setattr(
        topics, "best_on", lambda dev, tried: MajorityClassifier(Labels(NAMES), "sport")
    )
    settings = replace(STUDY.settings, sizes=(240, 40, 160))
    for seed in (0, 1):
        found = STUDY.measure(settings, seed)
        for corpus in ("english", "chinese", "unbalanced", "mislabelled"):
            bag, majority = found[f"{corpus}, bag of words"], found[f"{corpus}, majority"]
            assert (bag - majority > np.array([0.15, 0.3])).all()
            assert (bag < 1).all()


def test_the_measure_asks_about_the_test(monkeypatch):
    asked = []
    monkeypatch.setattr(topics, "TwoStages", Planted([], {}))
    monkeypatch.setattr(
        topics, "best_on", lambda dev, tried: MajorityClassifier(Labels(NAMES), "sport")
    )
    monkeypatch.setattr(topics, "evaluate", lambda c, e: asked.append(e) or evaluate(c, e))
    topics.measure_news(SETTINGS, SETTINGS.chinese, "chinese", 2)
    test = load_corpus("topics", "zh", seed=2, sizes=SETTINGS.sizes).test
    assert asked == [test, test]
