"""The recall task: its letters, its models, its baseline, and what attention costs."""

import itertools

import numpy as np
import pytest

from minillm.labs.transformer import recall
from minillm.labs.transformer.recall import (
    ALPHABET,
    ASKED,
    DISTANCES,
    KINDS,
    LENGTH,
    Reader,
    asked,
    cost,
    held_out,
    most_frequent,
    trained,
)


def reader(kind, rng):
    memory, width = KINDS[kind]
    return Reader(memory(rng=rng), width, rng=rng)


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_target_is_the_letter_that_many_places_before(distance, rng):
    ids, targets = asked(5, distance, rng)
    assert ids.shape == (5, LENGTH) and targets.shape == (5, ASKED)
    for text, wanted in zip(ids, targets, strict=True):
        places = range(LENGTH - ASKED, LENGTH)
        assert [text[place - distance] for place in places] == wanted.tolist()


@pytest.mark.guide("G16")
@pytest.mark.parametrize("kind", KINDS)
def test_no_model_reads_ahead_and_each_reads_back(kind, rng):
    model = reader(kind, rng)
    ids, _ = asked(1, 1, rng)
    before = model(ids).data[0]
    assert before.shape == (ASKED, ALPHABET)
    for place, reads in ((LENGTH - 3, [False] * (ASKED - 3) + [True] * 3), (5, [True] * ASKED)):
        other = ids.copy()
        other[0, place] = (other[0, place] + 1) % ALPHABET
        changed = np.abs(model(other).data[0] - before).max(axis=1) > 1e-12
        assert changed.tolist() == reads, place


def test_the_models_have_nearly_the_same_size(rng):
    sizes = {kind: reader(kind, rng).parameter_count() for kind in KINDS}
    assert sizes == {"attention": 4744, "mean": 4712, "recurrent": 4814}


def test_the_recurrent_net_equals_its_definition(rng):
    net = recall.Recurrent(rng=rng).to_dtype(np.float64)
    x = rng.standard_normal((2, 4, recall.WIDTH))
    h = np.zeros((2, recall.STATE))
    for t, found in enumerate(net(recall.Tensor(x)).data.swapaxes(0, 1)):
        h = np.tanh(x[:, t] @ net.inputs.weight.data.T + net.inputs.bias.data + h @ net.state.data)
        np.testing.assert_allclose(found, h, rtol=0, atol=1e-12, err_msg=str(t))


def test_the_running_mean_is_a_bag_of_what_came_so_far(rng):
    model = reader("mean", rng)
    ids, _ = asked(1, 1, rng)
    shuffled = ids.copy()
    shuffled[0, : LENGTH - ASKED] = rng.permutation(ids[0, : LENGTH - ASKED])
    np.testing.assert_allclose(model(shuffled).data, model(ids).data, rtol=0, atol=1e-12)


def test_the_most_frequent_letter_is_that_of_a_counter(rng):
    ids, _ = asked(3, 1, rng)
    for text, found in zip(ids.tolist(), most_frequent(ids), strict=True):
        for place, letter in zip(range(LENGTH - ASKED, LENGTH), found, strict=True):
            counts = [text[: place + 1].count(c) for c in range(ALPHABET)]
            assert counts[letter] == max(counts)


def test_a_few_steps_bring_attention_beyond_what_a_bag_can_do(rng):
    ids, targets = held_out(4, 0)

    def right(steps):
        scores = trained("attention", 4, 0, steps)(ids).data
        return np.mean(scores.argmax(axis=-1) == targets)

    assert right(0) < 0.3 < 0.4 < right(60)  # a bag finds 0.2


def test_texts_of_a_test_are_none_of_training(monkeypatch):
    drawn = []
    monkeypatch.setattr(recall, "asked", lambda *a: drawn.append(asked(*a)) or drawn[-1])
    trained("mean", 2, 0, steps=3)
    ids, _ = held_out(2, 0)
    seen = {text.tobytes() for batch, _ in drawn[:3] for text in batch}
    assert len(seen) == 3 * recall.BATCH
    assert not seen & {text.tobytes() for text in ids}


@pytest.mark.guide("G16")
def test_the_cost_of_attention_is_quadratic():
    lengths = np.array([256, 512, 1024])
    scores, peaks, seconds = np.array([cost(length, repeats=1) for length in lengths]).T
    assert np.array_equal(scores, recall.HEADS * lengths**2)
    assert all(second >= 3 * first for first, second in itertools.pairwise(peaks))
    assert peaks[-1] >= 4 * scores[-1] and (seconds >= 0).all()
