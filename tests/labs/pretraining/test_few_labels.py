"""The study of few labels: every number of labels and updates, every reading, with and without."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.pretraining import few_labels
from minillm.labs.pretraining.few_labels import STUDY
from minillm.labs.two_stages import Sizes, by_turns
from minillm.text import Example
from tests.labs.planted_models import PlantedStages, grammar

SETTINGS = replace(
    STUDY.settings,
    sizes=Sizes(train=40, dev=20, test=60, extra=30),
    labels=(10, 40),
    labels_read=40,
)
PASSES = {10: (78.0, 520.0), 40: (39.0, 260.0)}  # a pass over 40 is two updates


@pytest.mark.guide("G31")
def test_each_place_of_both_tables_is_its_own_training(monkeypatch):
    noted = []

    def says(changes):
        best = {"pretrained": True, "labels": 40, "pooling": "mean", "finetune_epochs": 260.0}
        return grammar("en").get if changes == best else (lambda text: None)

    monkeypatch.setattr(few_labels, "TwoStages", PlantedStages(says, noted))
    found = STUDY.measure(SETTINGS, 2)
    tried = [tuple(note["finetuned"].values()) for note in noted if "finetuned" in note]
    cells = [(10, "cls"), (40, "cls"), (40, "mean"), (40, "last")]
    assert tried == [
        (pretrained, labels, pooling, passes)
        for pretrained in (False, True)
        for labels, pooling in cells
        for passes in PASSES[labels]
    ]
    assert [note["labels"] for note in noted if "labels" in note] == [10, 40]
    for name in ("BERT", "BERT, pretrained"):
        assert found[name].shape == (2, 2, 3) and found[f"{name}, readings"].shape == (3, 2, 3)
        np.testing.assert_array_equal(found[name][1], found[f"{name}, readings"][0])
    perfect = (found["BERT, pretrained, readings"] == 1).all(axis=-1)
    assert perfect.tolist() == [[False] * 2, [False, True], [False] * 2]
    assert not (found["BERT"] == 1).any()
    assert found["bag of words"].shape == (2, 3)
    assert len(noted[0]["train"]) == 40 and len(noted[0]["extra"]) == 30
    labels = [label for _, label in noted[0]["train"]]
    assert labels == ["negative", "positive"] * 20


def test_by_turns_keeps_the_order_within_a_label_and_loses_nothing():
    rows = [Example(str(i), label) for i, label in enumerate("baabbbc")]
    assert "".join(e.label for e in by_turns(rows)) == "abcabbb"
    assert [e.text for e in by_turns(rows) if e.label == "b"] == list("0345")
    assert sorted(by_turns(rows)) == sorted(rows)
