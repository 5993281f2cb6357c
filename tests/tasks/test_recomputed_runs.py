"""A run whose blocks are computed again is the run that it would have been, and says so."""

import pytest

from minillm.tasks.generation import pretraining
from minillm.training.checkpointing import read_facts
from tests.tasks import small
from tests.tasks.finetuning.bodies import a_gpt, tuned
from tests.tasks.generation.little import pretrain
from tests.tasks.small import as_bytes
from tests.tasks.translation.little import train as translate

TWO = {"n_layers": 2}


def pretrained(recompute):
    return pretrain(settings={**TWO, "recompute": recompute, "steps": 4})[0]


def translated(recompute):
    return translate(settings={**TWO, "recompute": recompute, "steps": 4})[0]


def classified(recompute):
    sizes = {**small.TINY, **TWO, "dropout": 0.2, "pretrain_epochs": 1.0, "finetune_epochs": 1.0}
    return small.train(small.Recipe(**sizes, recompute=recompute))[0]


def finetuned(recompute):
    return tuned(a_gpt(), stop=3, settings={"recompute": recompute, "method": "lora"})


@pytest.mark.parametrize("train", [pretrained, translated, classified, finetuned])
def test_every_training_ends_at_the_same_bits(train):
    plain, again = train(0), train(1)
    stacks = [m.recompute for _, m in again.model.named_modules() if hasattr(m, "recompute")]
    assert stacks == [1]
    assert as_bytes(again.model.state_dict()) == as_bytes(plain.model.state_dict())


def test_a_run_stores_it_and_goes_on_with_another(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "SAVE_EVERY", 5)
    pretrain(out=tmp_path, stop=7, settings={"recompute": 0})
    assert read_facts(tmp_path / "checkpoint.safetensors")["recompute"] == 0
    again, _ = pretrain(out=tmp_path, resume=True, settings={"recompute": 1})
    assert read_facts(tmp_path / "checkpoint.safetensors")["recompute"] == 1
    whole, _ = pretrain()
    assert as_bytes(again.model.state_dict()) == as_bytes(whole.model.state_dict())
