"""A small assistant: what its data are, which stage goes on from which, and what was found."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs import mean_and_interval, read_study
from minillm.labs.preferences import assistant
from minillm.labs.preferences.assistant import Data, log_p_of, measure

STAGES = ("pretrained", "instructed", "preferred", "continued", "clean")
SCORES = {"exact", "contains", "repetition", "distinct"}
MEASURES = SCORES | {"right", "log_right", "log_worse", "apart", "drift"}
PRETRAINED, INSTRUCTED, PREFERRED, CONTINUED, CLEAN = range(5)
SETTINGS = assistant.STUDY.settings
SMALL = replace(
    SETTINGS,
    sizes=(40, 8, 12),
    lines=60,
    held_out=10,
    gpt=replace(SETTINGS.gpt, width=16, n_heads=2, n_layers=1, steps=10, warmup=2, dropout=0.0),
    instruct=replace(SETTINGS.instruct, epochs=20, lr=1e-2),
    prefer=replace(SETTINGS.prefer, epochs=6, lr=1e-3),
)


@pytest.fixture(scope="module")
def stages():
    """Data and models of every stage, small."""
    data = Data(SMALL, 3)
    return data, assistant.all_stages(SMALL, data, 3)


def test_a_share_of_the_conversations_ends_with_a_worse_answer_and_no_pair_does():
    data = Data(replace(SETTINGS, lines=10), 0)
    worse = [mixed != clean for mixed, clean in zip(data.mixed, data.clean, strict=True)]
    assert abs(np.mean(worse) - 0.4) < 0.05 and len(worse) == 800
    for mixed, clean in zip(data.mixed, data.clean, strict=True):
        assert mixed[:-1] == clean[:-1] and mixed[-1].role == "assistant"
    assert [pair.chosen for pair in data.pairs] == [one[-1].content for one in data.clean]
    assert {pair.asked for pair in data.test}.isdisjoint(pair.asked for pair in data.pairs)


def test_every_stage_has_learned_what_it_is_called(stages):
    data, models = stages
    assert tuple(models) == STAGES
    log_p = {name: log_p_of(model, data.pairs) for name, model in models.items()}
    right = {name: found[0].mean() for name, found in log_p.items()}
    margin = {name: (found[0] - found[1]).mean() for name, found in log_p.items()}
    assert right["instructed"] > right["pretrained"] + 5
    assert right["clean"] > right["instructed"] + 0.3
    assert right["continued"] > right["instructed"] + 0.3
    assert margin["preferred"] > margin["instructed"] + 0.5


def test_what_is_continued_makes_as_many_updates_as_dpo(monkeypatch):
    recipe = assistant.continued(SETTINGS, 7)
    shared = ("seed", "batch_size", "epochs", "weight_decay", "max_norm")
    wanted = replace(SETTINGS.prefer, seed=7)
    assert all(getattr(recipe, name) == getattr(wanted, name) for name in shared)
    assert recipe.lr == SETTINGS.continued_lr


def test_the_measures_are_of_the_test_questions(stages, monkeypatch):
    data, models = stages
    monkeypatch.setattr(assistant, "all_stages", lambda *_: models)
    found = measure(SMALL, 3)
    assert set(found) == MEASURES and all(row.shape == (5,) for row in found.values())
    right, worse = log_p_of(models["clean"], data.test)
    assert found["right"][CLEAN] == pytest.approx(np.exp(right).mean())
    assert found["log_right"][CLEAN] == pytest.approx(right.mean())
    assert found["log_worse"][CLEAN] == pytest.approx(worse.mean())
    assert found["apart"][CLEAN] == pytest.approx((right > worse).mean())
    assert found["drift"][INSTRUCTED] == 0 and (np.delete(found["drift"], INSTRUCTED) > 0).all()


@pytest.mark.guide("G40")
@pytest.mark.parametrize("name", ["assistant", "assistant_zh"])
def test_each_stage_adds_and_the_preferred_answers_alone_are_worth_more_than_dpo(name):
    found = read_study(name)
    right = found["right"]

    def gain(more, less):
        mean, half = mean_and_interval(right[:, more] - right[:, less])
        return mean - half

    assert right[:, PRETRAINED].max() < 1e-6
    assert gain(INSTRUCTED, PRETRAINED) > 0.4
    assert gain(PREFERRED, INSTRUCTED) > 0
    assert gain(CONTINUED, PREFERRED) > 0.05
    assert gain(CLEAN, PREFERRED) > 0.05
