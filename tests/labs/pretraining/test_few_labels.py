"""The study of few labels: every reading and every number of passes, with and without."""

from dataclasses import replace

from minillm.labs.pretraining import few_labels
from minillm.labs.pretraining.few_labels import STUDY
from minillm.labs.two_stages import Sizes
from tests.labs.planted_models import PlantedStages, grammar

SETTINGS = replace(STUDY.settings, sizes=Sizes(train=40, dev=20, test=60, extra=30))


def test_each_place_of_the_table_is_its_own_training(monkeypatch):
    noted = []

    def says(changes):
        best = {"pretrained": True, "pooling": "mean", "finetune_epochs": 40.0}
        return grammar("en").get if changes == best else (lambda text: None)

    monkeypatch.setattr(few_labels, "TwoStages", PlantedStages(says, noted))
    found = STUDY.measure(SETTINGS, 2)
    tried = [tuple(note["finetuned"].values()) for note in noted if "finetuned" in note]
    assert tried == [
        (pretrained, pooling, passes)
        for pretrained in (False, True)
        for pooling in ("cls", "mean")
        for passes in (6.0, 40.0, 80.0)
    ]
    assert found["BERT"].shape == found["BERT, pretrained"].shape == (2, 3, 3)
    perfect = (found["BERT, pretrained"] == 1).all(axis=-1)
    assert perfect.tolist() == [[False] * 3, [False, True, False]]
    assert not (found["BERT"] == 1).any()
    assert len(noted[0]["train"]) == 40 and len(noted[0]["extra"]) == 30
