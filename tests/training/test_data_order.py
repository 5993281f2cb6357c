import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.training.data_order import batches_per_epoch, numbered_batches

SEQUENCES = [list(range(i % 4 + 1)) for i in range(11)]
TARGETS = np.arange(11) * 10


def batches(start, stop, **changes):
    """Batches of three out of eleven sequences: four an epoch."""
    settings = {"vocabulary_size": 4, "batch_size": 3, "seed": 5, "purpose": "test"} | changes
    sequences = settings.pop("sequences", SEQUENCES)
    return list(numbered_batches(sequences, TARGETS, start=start, stop=stop, **settings))


def order(some):
    """Which examples the batches hold."""
    return [batch.indices.tolist() for batch in some]


def test_the_number_of_batches_in_an_epoch_is_rounded_up():
    cases = {(1, 3): 1, (3, 3): 1, (4, 3): 2, (11, 3): 4, (12, 3): 4, (0, 3): 0}
    for (n_examples, batch_size), expected in cases.items():
        assert batches_per_epoch(n_examples, batch_size) == expected


@given(st.integers(0, 13), st.integers(0, 13))
def test_a_run_that_starts_later_sees_the_tail_of_the_full_run(start, length):
    full = order(batches(0, 26))
    assert len(full) == 26
    assert order(batches(start, start + length)) == full[start : start + length]


def test_every_epoch_has_each_example_once_and_an_order_of_its_own():
    full = order(batches(0, 12))
    epochs = [full[i : i + 4] for i in (0, 4, 8)]
    for epoch in epochs:
        assert sorted(itertools.chain(*epoch)) == list(range(11))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_a_batch_holds_the_sequences_and_targets_of_its_indices():
    for batch in batches(0, 4):
        for row, index in enumerate(batch.indices):
            assert batch.ids[row, batch.mask[row]].tolist() == SEQUENCES[index]
            assert batch.targets[row] == 10 * index


def test_seed_and_purpose_decide_the_order_and_nothing_else_does():
    full = order(batches(0, 8))
    assert order(batches(0, 8)) == full
    assert order(batches(0, 8, seed=6)) != full
    assert order(batches(0, 8, purpose="other")) != full


def test_an_empty_stretch_has_no_batches():
    for place in (0, 3, 4, 9):
        assert batches(place, place) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequences": []}, "test: there are no sequences to train on"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"seed": -1}, "must not be negative, got -1"),
    ],
)
def test_nothing_to_train_on_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        batches(0, 1, **changes)


@pytest.mark.parametrize("empty", [[], (), np.zeros((0, 3), dtype=int)])
def test_no_sequences_are_refused(empty):
    with pytest.raises(ValueError, match="test: there are no sequences to train on"):
        batches(0, 1, sequences=empty)


@pytest.mark.parametrize("rows", [np.zeros((11, 1), dtype=int), np.arange(22).reshape(11, 2) % 4])
def test_sequences_of_one_length_may_be_an_array(rows):
    given, listed = (batches(0, 6, sequences=some) for some in (rows, rows.tolist()))
    assert order(given) == order(listed)
    for a, b in zip(given, listed, strict=True):
        np.testing.assert_array_equal(a.ids, b.ids)
