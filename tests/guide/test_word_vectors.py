"""The guide's losses for word vectors (section 4.1.1), evaluated beside Word2Vec and GloVe.

Twenty words of two topics.  A word is followed by a word of its own topic 19 times out of 20,
so every co-occurrence, and with it every optimum, is known exactly.
"""

import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.ops import embedding, exp, log_softmax, sigmoid, stack
from minillm.optim import SGD, Adam

WORDS, WIDTH, NEGATIVES = 20, 8, 5
TOPIC = np.arange(WORDS) // 10
SAME = TOPIC[:, None] == TOPIC[None, :]
COUNTS = np.where(SAME, 19.0, 1.0)  # of each ordered pair of neighbours
SHARES = COUNTS / COUNTS.sum()
WORD_SHARES = SHARES.sum(axis=1)
NOISE = NEGATIVES * np.outer(WORD_SHARES, WORD_SHARES)  # drawn pairs for each true pair
PMI = np.log(SHARES / np.outer(WORD_SHARES, WORD_SHARES))
SEEDS = [0, 1, 2]

each_seed = pytest.mark.parametrize("seed", SEEDS)


def log_sigmoid(x):
    """ln(1 / (1 + exp(-x))), also where the exponential would overflow."""
    return log_softmax(stack(x, 0.0 * x, axis=-1))[..., 0]


def vectors(seed, n_matrices):
    rng = np.random.default_rng(seed)
    return [Parameter(0.1 * rng.standard_normal((WORDS, WIDTH))) for _ in range(n_matrices)]


def scores(matrices):
    """Every word against every word; a single matrix plays both parts."""
    return matrices[0] @ matrices[-1].transpose(1, 0)


def minimise(loss_of, optimizer, steps):
    for _ in range(steps):
        loss = loss_of()
        optimizer.step(gradients_of(loss, optimizer.parameters))
    return float(loss_of())


def as_printed(matrices):
    """The guide's sum of log σ(v_t · v_{t+1}), per pair of neighbours."""
    return (log_sigmoid(scores(matrices)) * SHARES).sum()


def with_negatives(matrices):
    """Mikolov et al. 2013b, eq. 4, in expectation over the noise (here the word frequencies)."""
    s = scores(matrices)
    return -(log_sigmoid(s) * SHARES).sum() - (log_sigmoid(-s) * NOISE).sum()


def descend(loss_of, matrices, steps=250):
    """Plain gradient descent, with the same step for all three losses."""
    return minimise(loss_of, SGD(matrices, lr=5.0), steps)


@pytest.mark.errata("A44")
@each_seed
def test_a44_the_printed_loss_is_never_positive_and_minimising_it_diverges(seed):
    matrices = vectors(seed, 1)
    losses = [float(as_printed(matrices))]
    losses += [descend(lambda: as_printed(matrices), matrices, steps=50) for _ in range(5)]
    assert losses[0] == pytest.approx(-np.log(2), abs=0.01)
    assert np.all(np.diff(losses) < 0)
    assert losses[5] < 1000 * losses[4] < -1e6  # and no end in sight
    assert np.abs(matrices[0].data).max() > 1e6


@pytest.mark.errata("A44")
@each_seed
def test_a44_with_the_sign_turned_it_calls_every_two_words_neighbours(seed):
    matrices = vectors(seed, 2)
    loss = descend(lambda: -as_printed(matrices), matrices)
    assert loss < 0.003  # on the way to 0, which vectors of ever greater length approach
    assert np.all(scores(matrices).data[~SAME] > 3)  # even across topics, against 1 in 20


@pytest.mark.errata("A44")
@each_seed
def test_a44_negative_samples_tell_neighbours_from_chance(seed):
    matrices = vectors(seed, 2)
    descend(lambda: with_negatives(matrices), matrices)
    found = scores(matrices).data
    np.testing.assert_allclose(found, PMI - np.log(NEGATIVES), atol=0.1)
    assert found[SAME].mean() == pytest.approx(np.log(0.38), abs=0.01)  # -0.968
    assert found[~SAME].mean() == pytest.approx(np.log(0.02), abs=0.01)  # -3.912


@pytest.mark.errata("A44")
def test_a44_the_last_word_has_no_next_one():
    text = np.array([3, 1, 2])
    table = Parameter(np.eye(4))
    with pytest.raises(IndexError):
        [embedding(table, ids=text[t + 1]) for t in range(len(text))]


@pytest.mark.errata("A45")
def test_a45_free_scores_end_at_pmi_minus_the_logarithm_of_k():
    """Newton's method on each score by itself: Levy & Goldberg 2014, section 3.1."""
    s = np.zeros((WORDS, WORDS))
    for _ in range(30):
        p = sigmoid(s).data
        slope = NOISE * p - SHARES * (1 - p)
        s = s - slope / ((NOISE + SHARES) * p * (1 - p))
    np.testing.assert_allclose(s, PMI - np.log(NEGATIVES), rtol=0, atol=1e-14)
    assert np.abs(s - PMI).max() > 1.6  # the shift by log 5 is there


@pytest.mark.errata("A42")
def test_a42_word_vectors_can_be_learned_without_any_negative_sample():
    """Hierarchical softmax: eight words, leaves of a tree, seven yes-or-no vectors."""
    rng = np.random.default_rng(0)
    v, inner = rng.standard_normal(WIDTH), rng.standard_normal((7, WIDTH))
    probability = np.zeros(8)
    for word in range(8):
        node, steps = 0, []
        for bit in (word >> 2 & 1, word >> 1 & 1, word & 1):
            steps.append(log_sigmoid(Parameter((1 - 2 * bit) * inner[node] @ v)))
            node = 2 * node + 1 + bit
        probability[word] = exp(sum(steps[1:], steps[0])).data
    assert probability.min() > 0
    assert probability.sum() == pytest.approx(1, abs=1e-14)  # nothing left to push down


@pytest.mark.errata("A43")
def test_a43_with_one_matrix_every_word_is_its_own_neighbour():
    rng = np.random.default_rng(0)
    wanted = np.array([[-3.0, 2.0], [2.0, -3.0]])  # two words that only follow each other
    one = [Parameter(rng.standard_normal((2, WIDTH)))]
    two = [Parameter(rng.standard_normal((2, WIDTH))) for _ in range(2)]
    for matrices in (one, two):
        optimizer = Adam(matrices, lr=0.05)
        minimise(lambda m=matrices: ((scores(m) - wanted) ** 2).sum(), optimizer, 300)
    np.testing.assert_allclose(scores(two).data, wanted, atol=1e-3)
    assert np.all(np.diag(scores(one).data) >= 0)  # a squared length is never negative


def printed_glove(product, frequencies):
    """The guide's term for a pair, log σ(v_i · v_j / sqrt(f(i) + f(j)))."""
    return log_sigmoid(product / np.sqrt(sum(frequencies)))


def glove(product, count):
    """Pennington et al. 2014, eq. 8 and 9, for a pair; ``product`` has the biases in it."""
    return min((count / 100) ** 0.75, 1) * (product - np.log(count)) ** 2


@pytest.mark.errata("A47")
def test_a47_the_count_never_enters_the_printed_loss():
    product = Parameter(np.array(0.02))
    printed = {count: 2 * printed_glove(product, (10, 10)) for count in (10, 10_000)}
    assert float(printed[10]) == float(printed[10_000]) == pytest.approx(-1.3818, abs=5e-5)
    true = {count: float(2 * glove(product, count)) for count in (10, 10_000)}
    assert true == pytest.approx({10: 1.8530, 10_000: 168.9247}, abs=5e-4)
    by_rows = {count: 2 * printed_glove(product, (count, count)) for count in (10, 10_000)}
    found = {count: float(value) for count, value in by_rows.items()}  # f from the same counts
    assert found == pytest.approx({10: -1.38183, 10_000: -1.38615}, abs=5e-6)


@pytest.mark.errata("A47")
@each_seed
def test_a47_the_printed_loss_pulls_all_pairs_together_and_glove_fits_their_counts(seed):
    printed, true = (vectors(seed, 2) for _ in range(2))
    frequencies = np.full((2, 1, 1), COUNTS.sum(axis=1)[0])  # all words are equally frequent
    optimizer = Adam(printed, lr=0.5)
    minimise(lambda: -printed_glove(scores(printed), frequencies).mean(), optimizer, 200)
    assert np.all(scores(printed).data > 0)
    assert np.all(sigmoid(scores(printed).data / np.sqrt(frequencies.sum())).data > 0.99)

    weight = np.minimum((COUNTS / 100) ** 0.75, 1)
    biases = [Parameter(np.zeros((WORDS, 1))), Parameter(np.zeros((1, WORDS)))]

    def fitted():
        return scores(true) + biases[0] + biases[1]

    def loss():
        return (weight * (fitted() - np.log(COUNTS)) ** 2).sum()

    assert minimise(loss, Adam([*true, *biases], lr=0.05), 400) < 0.01
    np.testing.assert_allclose(exp(fitted()).data[SAME], 19, rtol=0.1)
    np.testing.assert_allclose(exp(fitted()).data[~SAME], 1, rtol=0.1)
