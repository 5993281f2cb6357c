"""The study of induction heads: what is counted, and what is taken out."""

from dataclasses import replace

import numpy as np
import pytest

from minillm.labs.challenges.induction_head import (
    STUDY,
    GptSizes,
    Settings,
    learned,
    measure,
    nats,
    of_model,
    without,
)
from minillm.labs.worlds.repeats import RepeatedBlocks
from minillm.models.attribution import without_heads

FAST = Settings(
    world=RepeatedBlocks(tokens=8, length=8, shortest=2, longest=3),
    model=GptSizes(width=8, n_heads=2, std=0.2),
    training=replace(STUDY.settings.training, batch=8, steps=20, warmup=2),
    tested=20,
)


@pytest.fixture(scope="module")
def model():
    return learned(FAST, 0, 2, "rotary")


def test_nats_are_those_of_tokens_that_could_be_copied_and_of_the_rest(model):
    texts = FAST.world.draw(20, np.random.default_rng(0))
    copied, rest = nats(model, texts)
    losses = -model.eval().log_probabilities(texts.ids)
    both = texts.copied[:, 1:]
    assert copied == pytest.approx(losses[both].mean(), rel=1e-5)
    assert rest == pytest.approx(losses[~both].mean(), rel=1e-5)


def test_heads_are_taken_out_from_the_best_or_from_the_worst_on(model):
    rng = np.random.default_rng(0)
    texts, fresh = FAST.world.draw(20, rng), FAST.world.draw(20, rng, repeated=False)
    found = of_model(model, texts, fresh)
    best, worst = (int(f(found["induction"])) for f in (np.argmax, np.argmin))
    assert found["best first"][0] == found["worst first"][0] == found["nats"][0]
    assert found["best first"][1] == without(model, [(1, best)], texts)
    assert found["worst first"][1] == without(model, [(1, worst)], texts)
    assert found["best first"][2] == found["worst first"][2]
    first = without_heads(model, [(0, 0), (0, 1)])
    assert found["without the first layer's"] == nats(first, texts)[0]


def test_every_arm_has_its_row():
    found = measure(FAST, 0)
    assert {len(rows) for rows in found.values()} == {3}
    assert np.shape(found["best first"]) == (3, 3) and np.shape(found["induction"]) == (3, 2)
    assert learned(FAST, 0, 1, "learned").config.positions == "learned"


@pytest.mark.slow
@pytest.mark.guide("G52")
def test_in_two_layers_there_is_a_head_without_which_less_is_copied():
    """How much less differs widely from seed to seed: others may stand in for it."""
    texts = STUDY.settings.world.draw(100, np.random.default_rng(0))
    model = learned(STUDY.settings, 200, 2, "rotary")
    found = of_model(model, texts, texts)
    assert max(found["induction"]) > 0.5
    assert found["best first"][1] > found["nats"][0] + 0.5
