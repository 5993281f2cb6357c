"""The study of ways to fine-tune: the same start, labels and updates for all."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.finetuning import ways
from minillm.labs.finetuning.ways import STUDY
from minillm.labs.two_stages import Sizes
from minillm.tasks.finetuning import FineTuning

TINY = replace(
    STUDY.settings,
    sizes=Sizes(train=40, dev=12, test=30, extra=20),
    pretraining=replace(
        STUDY.settings.pretraining,
        width=16,
        n_heads=2,
        n_layers=1,
        batch_size=16,
        pretrain_epochs=1,
    ),
    shared=replace(STUDY.settings.shared, epochs=2, batch_size=20, adapter_width=3),
    lora=((1, 5e-3), (4, 5e-3)),
    every=1,
)
NAMES = ["full", "slower below", "head", "lora 1", "lora 4", "adapter"]


@pytest.mark.guide("G32")
def test_every_way_has_the_same_start_labels_and_updates(monkeypatch):
    begun = []

    class Noted(FineTuning):
        def __init__(self, recipe, body, examples):
            super().__init__(recipe, body, examples)
            begun.append((recipe, id(body), list(examples), self.n_steps))

    monkeypatch.setattr(ways, "FineTuning", Noted)
    found = STUDY.measure(TINY, 4)
    for corpus, rows in (("sentiment", begun[:6]), ("topics", begun[6:])):
        assert [recipe for recipe, *_ in rows] == list(ways.ways(TINY, 4).values())
        assert len({(body, steps) for _, body, _, steps in rows}) == 1
        assert all(examples == rows[0][2] for _, _, examples, _ in rows)
        for key in ("accuracy", "own", "others"):
            assert found[f"{corpus}, {key}"].shape == (6, 2)
        own, others = found[f"{corpus}, before"]
        head = NAMES.index("head")
        assert (found[f"{corpus}, own"][head] == own).all()
        assert (found[f"{corpus}, others"][head] == others).all()
        assert (found[f"{corpus}, own"][0] != own).all()
        trained = dict(zip(NAMES, found[f"{corpus}, trained"], strict=True))
        assert trained["full"] == trained["slower below"] == max(trained.values())
        assert trained["head"] < trained["lora 1"] < trained["lora 4"] < trained["full"]
    assert np.shape(found["topics, bags"]) == (2,)
    assert found["sentiment, before"] == found["topics, before"][::-1]


def test_each_way_has_its_rate_and_its_size():
    found = ways.ways(STUDY.settings, 7)
    assert list(found) == ["full", "slower below", "head", "lora 1", "lora 8", "lora 64", "adapter"]
    rates = STUDY.settings.rates
    assert [way.lr for way in found.values()] == [
        *(rates["full"], rates["slower below"], rates["head"]),
        *(rate for _, rate in STUDY.settings.lora),
        rates["adapter"],
    ]
    assert [way.rank for name, way in found.items() if name[:4] == "lora"] == [1, 8, 64]
    assert {way.seed for way in found.values()} == {7}
    assert found["slower below"].layer_decay == STUDY.settings.layer_decay != 1
