import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.backend import stream
from minillm.training import batches_per_epoch, bucketed_order, numbered_order

LENGTHS = [i % 4 + 1 for i in range(11)]


def order(start, stop, **changes):
    """Indices of batches of three out of eleven examples: four an epoch."""
    settings = {"lengths": LENGTHS, "batch_size": 3, "seed": 5, "purpose": "test"} | changes
    return [indices.tolist() for indices in numbered_order(start=start, stop=stop, **settings)]


def test_the_number_of_batches_in_an_epoch_is_rounded_up():
    cases = {(1, 3): 1, (3, 3): 1, (4, 3): 2, (11, 3): 4, (12, 3): 4, (0, 3): 0}
    for (n_examples, batch_size), expected in cases.items():
        assert batches_per_epoch(n_examples, batch_size) == expected


@given(st.integers(0, 13), st.integers(0, 13))
def test_a_run_that_starts_later_sees_the_tail_of_the_full_run(start, length):
    full = order(0, 26)
    assert len(full) == 26
    assert order(start, start + length) == full[start : start + length]


def test_every_epoch_has_each_example_once_and_an_order_of_its_own():
    full = order(0, 12)
    epochs = [full[i : i + 4] for i in (0, 4, 8)]
    for epoch in epochs:
        assert sorted(itertools.chain(*epoch)) == list(range(11))
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_seed_and_purpose_decide_the_order_and_nothing_else_does():
    full = order(0, 8)
    assert order(0, 8) == full
    assert order(0, 8, seed=6) != full
    assert order(0, 8, purpose="other") != full


def test_an_empty_stretch_has_no_batches():
    for place in (0, 3, 4, 9):
        assert order(place, place) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lengths": []}, "test: there are no examples to train on"),
        ({"lengths": 0}, "test: there are no examples to train on"),
        ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"seed": -1}, "must not be negative, got -1"),
    ],
)
def test_nothing_to_train_on_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        order(0, 1, **changes)


@given(st.lists(st.integers(0, 9), max_size=300), st.integers(1, 5), st.booleans())
def test_an_order_holds_every_index_once_and_sorts_within_chunks(lengths, batch_size, shuffled):
    rng = np.random.default_rng(3) if shuffled else None
    order = bucketed_order(lengths, batch_size=batch_size, rng=rng)
    flat = [int(i) for indices in order for i in indices]
    assert sorted(flat) == list(range(len(lengths)))
    n_short = sum(len(indices) < batch_size for indices in order)
    assert n_short == (len(lengths) % batch_size > 0)
    for indices in order:
        inside = [lengths[i] for i in indices]
        assert inside == sorted(inside)
    if not shuffled:
        assert flat == sorted(range(len(lengths)), key=lambda i: (lengths[i], i))


def test_an_order_is_drawn_by_two_kinds_of_permutation_that_stored_runs_rely_on():
    lengths = [1 + i * 7 % 5 for i in range(230)]
    rng = np.random.default_rng(8)
    shuffled, batches = rng.permutation(230), []
    for start in (0, 100, 200):  # 50 batches of 2
        chunk = sorted(shuffled[start : start + 100], key=lengths.__getitem__)
        batches += [chunk[i : i + 2] for i in range(0, len(chunk), 2)]
    expected = [[int(i) for i in batches[k]] for k in rng.permutation(len(batches))]
    found = bucketed_order(lengths, batch_size=2, rng=np.random.default_rng(8))
    assert [indices.tolist() for indices in found] == expected


@pytest.mark.parametrize(
    ("lengths", "batch_size", "error", "message"),
    [
        ([1, 2], 0, ValueError, "batch_size must be at least 1, got 0"),
        ([1.0, 2.0], 2, TypeError, "lengths must be integers, got float64"),
        ([[1], [2]], 2, ValueError, r"lengths must be one-dimensional, got shape \(2, 1\)"),
    ],
)
def test_an_order_of_nothing_countable_is_refused(lengths, batch_size, error, message):
    with pytest.raises(error, match=message):
        bucketed_order(lengths, batch_size=batch_size, rng=None)


@given(st.integers(1, 20), st.integers(0, 9), st.integers(0, 9))
def test_a_number_of_examples_is_that_many_of_one_length(n, start, length):
    window = {"start": start, "stop": start + length}
    by_number = order(**window, lengths=n)
    assert by_number == order(**window, lengths=[7] * n) == order(**window, lengths=[0] * n)


def test_an_order_is_that_of_the_epochs_one_after_another():
    """Drawn from the stream of the seed, the purpose and the epoch, and from nothing else."""
    expected = []
    for epoch in range(3):
        rng = stream(5, "test order", epoch)
        expected += [i.tolist() for i in bucketed_order(LENGTHS, batch_size=3, rng=rng)]
    assert order(0, 12) == expected


def test_buckets_hold_examples_of_like_length(rng):
    lengths = rng.integers(1, 50, size=2000)

    def padded(order):
        return sum(len(batch) * lengths[batch].max() for batch in order)

    as_given = [np.arange(i, i + 16) for i in range(0, 2000, 16)]
    assert 1 - lengths.sum() / padded(as_given) > 0.4
    for generator in (rng, None):
        order = bucketed_order(lengths, batch_size=16, rng=generator)
        assert 1 - lengths.sum() / padded(order) < 0.05


def test_an_order_for_training_is_shuffled_and_repeats_with_its_seed():
    lengths = [1 + i % 9 for i in range(180)]

    def order(seed):
        rng = np.random.default_rng(seed)
        return [batch.tolist() for batch in bucketed_order(lengths, batch_size=4, rng=rng)]

    assert order(1) == order(1) != order(2)
    widths = [lengths[indices[0]] for indices in order(1)]
    assert widths != sorted(widths)
    assert {frozenset(batch) for batch in order(1)} != {frozenset(batch) for batch in order(2)}


def test_an_order_for_evaluation_goes_by_length_and_then_by_place():
    order = bucketed_order([2, 1, 3, 1, 2], batch_size=2, rng=None)
    assert [batch.tolist() for batch in order] == [[1, 3], [0, 4], [2]]
