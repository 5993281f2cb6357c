from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm.models.ngrams import NGrams

SIZE = 4
texts = st.lists(st.lists(st.integers(0, SIZE - 2), max_size=9), min_size=1, max_size=5).filter(any)
histories = st.lists(st.integers(0, SIZE - 1), max_size=5)


def tuples(text, n):
    return [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]


def counts_by_hand(texts, n, order):
    """As they occur; or of shorter ones, how many different things stand before them."""
    if n == order:
        return Counter(gram for text in texts for gram in tuples(text, n))
    longer = {gram for text in texts for gram in tuples(text, n + 1)}
    begins = [tuple(text[:n]) for text in texts if len(text) >= n]
    return Counter([gram[1:] for gram in longer]) + Counter(begins)


def discount_by_hand(counts):
    m = Counter(counts.values())
    if not all(m[k] for k in (1, 2, 3, 4)):
        return lambda c: 0.5 if c else 0.0
    y = m[1] / (m[1] + 2 * m[2])
    d = [0, *(k - (k + 1) * y * m[k + 1] / m[k] for k in (1, 2, 3))]
    return lambda c: d[min(c, 3)] if min(d[1:]) > 0 else 0.5 * (c > 0)


def probability_by_hand(texts, word, history, order):
    """The formula in the class, with dictionaries."""
    p = 1 / SIZE
    for n in range(1, order + 1):
        if len(history) < n - 1:
            return p
        h = tuple(history[len(history) - n + 1 :])
        counts = counts_by_hand(texts, n, order)
        behind = {w: counts[(*h, w)] for w in range(SIZE)}
        if total := sum(behind.values()):
            d = discount_by_hand(counts)
            rest = sum(map(d, behind.values())) / total
            p = (behind[word] - d(behind[word])) / total + rest * p
    return p


@pytest.mark.guide("G30")
@given(texts, histories, st.integers(1, 4))
def test_probabilities_are_those_of_the_formula(texts, history, order):
    model = NGrams(texts, vocabulary_size=SIZE, order=order)
    by_hand = [probability_by_hand(texts, w, history, order) for w in range(SIZE)]
    np.testing.assert_allclose(model.next_probabilities(history), by_hand, rtol=1e-12)


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_discounts_of_many_counts_are_those_of_the_formula(seed, order):
    rng = np.random.default_rng(seed)
    texts = [rng.choice(SIZE, p=[0.6, 0.25, 0.1, 0.05], size=60).tolist() for _ in range(2)]
    model = NGrams(texts, vocabulary_size=SIZE, order=order)
    history = texts[0][:order]
    by_hand = [probability_by_hand(texts, w, history, order) for w in range(SIZE)]
    np.testing.assert_allclose(model.next_probabilities(history), by_hand, rtol=1e-12)


@given(texts, histories, st.integers(1, 5))
def test_nothing_is_impossible_and_all_together_are_certain(texts, history, order):
    p = NGrams(texts, vocabulary_size=SIZE, order=order).next_probabilities(history)
    assert (p > 0).all()
    assert abs(p.sum() - 1) < 1e-12


@given(texts, st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=8), st.integers(1, 4))
def test_a_text_is_scored_as_its_tokens_are_one_by_one(texts, text, order):
    model = NGrams(texts, vocabulary_size=SIZE, order=order)
    one_by_one = [model.next_probabilities(text[:i])[w] for i, w in enumerate(text)]
    np.testing.assert_allclose(np.exp(model.log_probabilities(text)), one_by_one, rtol=1e-12)


@given(texts, st.integers(1, 4), st.randoms())
def test_the_order_of_the_texts_does_not_matter(texts, order, random):
    other = random.sample(texts, len(texts))
    p, q = (
        NGrams(one, vocabulary_size=SIZE, order=order).next_probabilities([0, 1])
        for one in (texts, other)
    )
    np.testing.assert_allclose(p, q, rtol=1e-12)


@given(texts, st.integers(1, 5))
def test_models_of_every_order_are_those_that_are_counted_one_by_one(texts, longest):
    together = NGrams(texts, vocabulary_size=SIZE, order=longest)
    for order in range(1, longest + 1):
        model = together.of_order(order)
        alone = NGrams(texts, vocabulary_size=SIZE, order=order)
        np.testing.assert_array_equal(
            model.log_probabilities([0, 1, 0, 2, 3]), alone.log_probabilities([0, 1, 0, 2, 3])
        )


@pytest.mark.parametrize("order", [0, 3])
def test_an_order_that_was_not_counted_is_refused(order):
    with pytest.raises(ValueError, match=rf"order must be in 1\.\.2, got {order}"):
        NGrams([[0, 1]], vocabulary_size=SIZE, order=2).of_order(order)


def test_no_ngram_reaches_from_one_text_into_the_next():
    apart = NGrams([[0, 1], [2, 3]], vocabulary_size=SIZE, order=2)
    joined = NGrams([[0, 1, 2, 3]], vocabulary_size=SIZE, order=2)
    assert apart.next_probabilities([1])[2] < joined.next_probabilities([1])[2] / 2


def test_a_word_that_follows_one_word_only_is_rare_behind_others():
    """San Francisco: frequent, but behind one word."""
    text = [0, 1] * 6 + [2, 3, 0, 3, 1, 3]
    p = NGrams([text], vocabulary_size=5, order=2).next_probabilities([4])  # 4 was never seen
    assert p[3] > p[1]
    assert defaultdict(int, Counter(text))[1] > Counter(text)[3]


@pytest.mark.parametrize(
    ("texts", "settings", "error", "message"),
    [
        ([[0]], {"order": 0}, ValueError, "order must be at least 1, got 0"),
        ([[], []], {"order": 2}, ValueError, "there is no token to count"),
        ([[0, 4]], {"order": 2}, IndexError, r"token id 4 at position \(1,\)"),
        ([[[0, 1]]], {"order": 2}, ValueError, r"a row of ids, got shape \(1, 2\)"),
        ([[0.5]], {"order": 1}, TypeError, "token id"),
    ],
)
def test_what_cannot_be_counted_is_refused(texts, settings, error, message):
    with pytest.raises(error, match=message):
        NGrams(texts, vocabulary_size=SIZE, **settings)
