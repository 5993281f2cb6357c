"""Steps of skip-gram and CBOW: beside the tape, and beside the loop of the original program."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.autograd import Parameter, gradients_of
from minillm.models.word_vectors import Tables
from minillm.models.word_vectors.cbow import cbow_step
from minillm.models.word_vectors.skip_gram import skip_gram_step, with_negatives
from minillm.models.word_vectors.tables import add_rows
from minillm.ops import embedding, log_sigmoid

pytestmark = pytest.mark.guide("G9")
RATE = 0.1


def random_tables(size=6, width=4):
    rng = np.random.default_rng(0)
    return Tables(*(rng.standard_normal((size, width)) for _ in range(2)))


def copied(tables):
    return Tables(*(table.copy() for table in tables))


@given(st.lists(st.integers(0, 4), max_size=20), st.sampled_from([np.inf, 3.0, 0.5]))
def test_rows_of_one_word_are_added_and_no_more_than_so_many_count(ids, most):
    rng = np.random.default_rng(0)
    table, rows = rng.standard_normal((5, 3)), rng.standard_normal((len(ids), 3))
    wanted, ids = table.copy(), np.array(ids, dtype=np.int64)
    for w in set(ids.tolist()):
        wanted[w] += min(1.0, most / (ids == w).sum()) * rows[ids == w].sum(axis=0)
    add_rows(table, ids, rows, most)
    np.testing.assert_allclose(table, wanted, atol=1e-14)


def test_no_array_of_the_tables_size_is_made():
    tables = Tables.start(100_000, 20, np.random.default_rng(0))  # 8 MB each
    ids = np.array([5, 70_000, 5])
    tracemalloc.start()
    skip_gram_step(tables, ids, ids, np.array([[1], [2], [3]]), rate=RATE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e5
    assert np.flatnonzero(tables.output.any(axis=1)).tolist() == [1, 2, 3, 5, 70_000]


def taped_loss(v, output, true, negatives):
    """The sum over pairs, a negative that is the true word left out."""
    total = 0.0
    for b, word in enumerate(true):
        total = total - log_sigmoid((output[int(word)] * v[b]).sum())
        for other in negatives[b]:
            if other != word:
                total = total - log_sigmoid(-(output[int(other)] * v[b]).sum())
    return total


def check_against_the_tape(tables, step, loss_of):
    """A step is the tape's gradients of both tables, times the rate."""
    before = [Parameter(table.copy()) for table in tables]
    loss = loss_of(*before)
    gradients = gradients_of(loss, before)
    assert step(tables) == pytest.approx(float(loss), rel=1e-12)
    for table, old, gradient in zip(tables, before, gradients, strict=True):
        np.testing.assert_allclose(table, old.data - RATE * gradient, atol=1e-13)


CENTRES, CONTEXTS = np.array([1, 1, 3, 1]), np.array([2, 0, 2, 2])  # repeated on purpose
NEGATIVES = np.array([[0, 2, 4], [0, 0, 4], [5, 2, 1], [4, 4, 4]])  # some are the true word


def test_a_step_of_skip_gram_is_that_of_the_tape():
    check_against_the_tape(
        random_tables(),
        lambda tables: skip_gram_step(tables, CENTRES, CONTEXTS, NEGATIVES, rate=RATE),
        lambda v, u: taped_loss(embedding(v, ids=CENTRES), u, CONTEXTS, NEGATIVES),
    )


def test_a_step_of_cbow_is_that_of_the_tape():
    around = np.array([[0, 2, 2, 5], [1, 1, 1, 1], [4, 5, 0, 0], [3, 0, 2, 1]])
    there = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 1, 1]], dtype=bool)

    def loss(v, u):
        means = [
            embedding(v, ids=row[mask]).mean(axis=0)
            for row, mask in zip(around, there, strict=True)
        ]
        return taped_loss(means, u, CENTRES, NEGATIVES)

    check_against_the_tape(
        random_tables(),
        lambda tables: cbow_step(tables, around, there, CENTRES, NEGATIVES, rate=RATE),
        loss,
    )


def as_the_program(tables, centre, context, negatives):
    """The loop of word2vec.c over one pair: errors first go to a vector of their own."""
    error = np.zeros_like(tables.input[0])
    for j, target in enumerate([context, *negatives]):
        if j and target == context:
            continue
        score = tables.input[centre] @ tables.output[target]
        g = ((j == 0) - 1 / (1 + np.exp(-score))) * RATE
        error += g * tables.output[target]
        tables.output[target] += g * tables.input[centre]
    tables.input[centre] += error


def test_pair_by_pair_it_is_the_loop_of_the_program_unless_a_negative_comes_twice():
    ours, theirs = random_tables(), random_tables()
    rng = np.random.default_rng(3)
    for _ in range(50):
        centre, context = rng.integers(6, size=2)
        negatives = rng.permutation(6)[:3]
        skip_gram_step(ours, np.array([centre]), np.array([context]), negatives[None], rate=RATE)
        as_the_program(theirs, centre, context, negatives)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_negative_that_is_the_true_word_does_not_count():
    ids, counted = with_negatives(np.array([3, 4]), np.array([[3, 1], [4, 4]]))
    assert ids.tolist() == [[3, 3, 1], [4, 4, 4]]
    assert counted.tolist() == [[True, False, True], [True, False, False]]


def test_the_bound_keeps_a_word_that_fills_a_batch_from_being_thrown_about():
    """Two contexts that are equally probable: a thousand steps at once overshoot ever further."""
    n = 1000
    centres, contexts = np.zeros(n, dtype=np.int64), np.arange(n) % 2
    last = {}
    for most in (np.inf, 64.0):
        tables = Tables(np.array([[2.0, 1.0], [0.0, 0.0]]), np.array([[-1.0, 1.0], [1.0, -0.5]]))
        for _ in range(20):
            step = {"rate": 0.025, "most": most}
            loss = skip_gram_step(tables, centres, contexts, 1 - contexts[:, None], **step)
        last[most] = loss / n
    assert last[64.0] == pytest.approx(2 * np.log(2), abs=0.01)  # both scores 0: the lowest
    assert last[np.inf] > 100
