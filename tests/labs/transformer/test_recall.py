"""The recall task: its models, what they can see, and that training helps."""

from dataclasses import fields, replace

import numpy as np
import pytest

from minillm.labs.learners import AdamSettings
from minillm.labs.transformer import recall
from minillm.labs.transformer.recall import (
    MEMORIES,
    STUDY,
    Reader,
    Trainings,
    held_out,
    trained,
)
from minillm.labs.worlds.letters import Letters, draw

SETTINGS = STUDY.settings
LETTERS = SETTINGS.letters


def reader(kind, rng):
    return Reader(SETTINGS, kind, rng=rng)


def steps(number):
    """The study's settings, but every reader is trained so many steps."""
    trainings = SETTINGS.trainings
    fewer = {
        entry.name: replace(getattr(trainings, entry.name), steps=number)
        for entry in fields(trainings)
    }
    return replace(SETTINGS, trainings=Trainings(**fewer))


@pytest.mark.guide("G16")
@pytest.mark.parametrize("kind", MEMORIES)
def test_no_model_reads_ahead_and_each_reads_back(kind, rng):
    model = reader(kind, rng)
    ids, _ = draw(LETTERS, 1, 1, rng)
    before = model(ids).data[0]
    assert before.shape == (LETTERS.asked, LETTERS.alphabet)
    last = LETTERS.asked
    places = ((LETTERS.length - 3, [False] * (last - 3) + [True] * 3), (5, [True] * last))
    for place, reads in places:
        other = ids.copy()
        other[0, place] = (other[0, place] + 1) % LETTERS.alphabet
        changed = np.abs(model(other).data[0] - before).max(axis=1) > 1e-12
        assert changed.tolist() == reads, place


def test_the_models_have_nearly_the_same_size(rng):
    sizes = {kind: reader(kind, rng).parameter_count() for kind in MEMORIES}
    assert sizes == {"attention": 4744, "mean": 4712, "recurrent": 4814}


def test_the_recurrent_net_equals_its_definition(rng):
    net = recall.Recurrent(SETTINGS, rng=rng).to_dtype(np.float64)
    x = rng.standard_normal((2, 4, SETTINGS.width))
    h = np.zeros((2, SETTINGS.state))
    for t, found in enumerate(net(recall.Tensor(x)).data.swapaxes(0, 1)):
        h = np.tanh(x[:, t] @ net.inputs.weight.data.T + net.inputs.bias.data + h @ net.state.data)
        np.testing.assert_allclose(found, h, rtol=0, atol=1e-12, err_msg=str(t))


def test_the_running_mean_is_a_bag_of_what_came_so_far(rng):
    model = reader("mean", rng)
    ids, _ = draw(LETTERS, 1, 1, rng)
    shuffled = ids.copy()
    before = slice(LETTERS.length - LETTERS.asked)
    shuffled[0, before] = rng.permutation(ids[0, before])
    np.testing.assert_allclose(model(shuffled).data, model(ids).data, rtol=0, atol=1e-12)


def test_a_few_steps_bring_attention_beyond_what_a_bag_can_do(rng):
    ids, targets = held_out(SETTINGS, 4, 0)

    def right(number):
        scores = trained(steps(number), "attention", 4, 0)(ids).data
        return np.mean(scores.argmax(axis=-1) == targets)

    assert right(0) < 0.3 < 0.4 < right(60)  # a bag finds 0.2


@pytest.mark.guide("G16")
def test_near_a_recurrent_net_recalls_too_but_far_only_attention_does_better_than_a_bag():
    """Of four letters; 1 and 12 places back; the models have about 1200 parameters each."""
    trainings = Trainings(
        attention=AdamSettings(rate=2e-2, steps=80),
        mean=AdamSettings(rate=1e-2, steps=80),
        recurrent=AdamSettings(rate=1e-2, steps=80),
    )
    small = {"width": 16, "hidden": 32, "state": 24, "batch": 16, "tested": 100}
    letters = Letters(alphabet=4, length=20, asked=8)
    settings = replace(SETTINGS, letters=letters, distances=(1, 12), trainings=trainings, **small)
    found = recall.measure(settings, 0)
    bag = max(found["most_frequent"])
    assert bag < 0.4
    assert min(found["attention"]) > bag + 0.3
    assert max(found["mean"]) < bag + 0.1
    near, far = found["recurrent"]
    assert near > 0.95 and far < bag + 0.1


def test_every_kind_reads_the_same_texts_and_every_distance_has_its_own(monkeypatch):
    drawn = {}

    def noted(letters, number, distance, rng):
        ids, targets = draw(letters, number, distance, rng)
        drawn.setdefault((distance, number), []).append(ids)
        return ids, targets

    monkeypatch.setattr(recall, "draw", noted)
    settings = replace(steps(1), distances=(1, 2), tested=5)
    recall.measure(settings, 0)
    for distance in (1, 2):
        first, *others = drawn[distance, settings.batch]
        assert len(others) == 2 and all(np.array_equal(first, ids) for ids in others)
    for number in (settings.batch, 5):
        assert not np.array_equal(drawn[1, number][0], drawn[2, number][0])


def test_texts_of_a_test_are_none_of_training(monkeypatch):
    drawn = []
    monkeypatch.setattr(recall, "draw", lambda *a: drawn.append(draw(*a)) or drawn[-1])
    trained(steps(3), "mean", 2, 0)
    ids, _ = held_out(SETTINGS, 2, 0)
    seen = {text.tobytes() for batch, _ in drawn[:3] for text in batch}
    assert len(seen) == 3 * SETTINGS.batch
    assert not seen & {text.tobytes() for text in ids}


def test_every_kind_has_its_training():
    assert [entry.name for entry in fields(Trainings)] == list(MEMORIES)
