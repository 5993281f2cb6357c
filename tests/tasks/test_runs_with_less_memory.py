"""A run with less memory is the run that it would have been, and says so.

To the bit, where blocks are computed again; to rounding, where batches are computed in parts.
"""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from minillm.tasks.dialogue import ChatRecipe, InstructionTuning, PreferenceRecipe, PreferenceTuning
from minillm.tasks.generation import pretraining
from minillm.training import AccumulatedGradients
from minillm.training.checkpointing import read_facts
from tests.tasks import small
from tests.tasks.dialogue.test_dialogue import PAIRS, TALK, of_words
from tests.tasks.entities import small as tagging
from tests.tasks.finetuning.bodies import a_gpt, tuned
from tests.tasks.generation.little import pretrain
from tests.tasks.small import as_bytes
from tests.tasks.translation.little import train as translate

TWO = {"n_layers": 2}


def pretrained(**less):
    return pretrain(settings={**TWO, **less, "dropout": 0.1, "steps": 4})[0]


def translated(**less):
    return translate(settings={**TWO, **less, "steps": 4})[0]


def classified(**less):
    sizes = {**small.TINY, **TWO, "dropout": 0.2, "pretrain_epochs": 1.0, "finetune_epochs": 1.0}
    return small.train(small.Recipe(**sizes, **less))[0]


def finetuned(**less):
    return tuned(a_gpt(), stop=3, settings={**less, "method": "lora"})


def tagged(**less):
    return tagging.train(replace(tagging.TEN, **TWO, **less), stop=4)[0]


def instructed(**less):
    return run_through(InstructionTuning(ChatRecipe(batch_size=4, **less), talker(), TALK))


def preferred(**less):
    return run_through(PreferenceTuning(PreferenceRecipe(batch_size=4, **less), talker(), PAIRS))


def talker():
    return of_words("say red blue green white")


def run_through(training):
    for _ in itertools.islice(training.steps(), 4):
        pass
    return training


EVERY = [pretrained, translated, classified, finetuned, tagged, instructed, preferred]


@pytest.mark.parametrize("train", EVERY)
def test_every_training_ends_at_the_same_bits(train):
    plain, again = train(recompute=0), train(recompute=1)
    stacks = [m.recompute for _, m in again.model.named_modules() if hasattr(m, "recompute")]
    assert stacks == [1]
    assert as_bytes(again.model.state_dict()) == as_bytes(plain.model.state_dict())


@pytest.mark.parametrize("train", EVERY)
def test_every_training_in_parts_ends_where_the_whole_does(train, monkeypatch):
    plain, cut = train(accumulate=1), []
    compute = AccumulatedGradients.__call__
    monkeypatch.setattr(
        AccumulatedGradients,
        "__call__",
        lambda self, *a, **b: cut.append(self.n) or compute(self, *a, **b),
    )
    found = train(accumulate=3)
    assert {*cut} == {3}
    for name, value in plain.model.state_dict().items():
        if not name.endswith("key.bias"):  # has no gradient but rounding, of which Adam makes steps
            np.testing.assert_allclose(
                found.model.state_dict()[name], value, rtol=2e-3, atol=2e-5, err_msg=name
            )


@pytest.mark.parametrize(("name", "before", "after"), [("recompute", 0, 1), ("accumulate", 1, 2)])
def test_a_run_stores_it_and_goes_on_with_another(tmp_path, monkeypatch, name, before, after):
    monkeypatch.setattr(pretraining, "SAVE_EVERY", 5)
    pretrain(out=tmp_path, stop=7, settings={name: before})
    assert read_facts(tmp_path / "checkpoint.safetensors")[name] == before
    again, steps = pretrain(out=tmp_path, resume=True, settings={name: after})
    assert read_facts(tmp_path / "checkpoint.safetensors")[name] == after
    whole, every = pretrain()
    assert float(steps[-1].loss) == pytest.approx(float(every[-1].loss), rel=1e-5)
    if name == "recompute":
        assert as_bytes(again.model.state_dict()) == as_bytes(whole.model.state_dict())
