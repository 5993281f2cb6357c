"""The word-vector example of the guide (section 4.2.1): apple and banana met ten times."""

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, gradients_of
from minillm.ops import embedding, exp, log, sigmoid
from minillm.optim import SGD

WIDTH, COUNT = 300, 10.0
BLOCK = np.array([[0.0, COUNT], [COUNT, 0.0]])  # rows and columns: apple, banana
GUIDES_PRODUCT = np.exp(-1.0)  # 0.367879, what the guide finds for apple · banana


def term(product, frequencies):
    """The guide's log σ(x / sqrt(f(i) + f(j)))."""
    return log(sigmoid(product / np.sqrt(sum(frequencies))))


def product_for(value, frequencies):
    """The x at which the term has a value: sqrt(f(i) + f(j)) ln(σ / (1 - σ)), σ = exp(value)."""
    share = np.exp(value)
    return np.sqrt(sum(frequencies)) * np.log(share / (1 - share))


def glove(w, w_tilde, counts):
    """Pennington et al. 2014, eq. 8 and 9, without biases."""
    weight = np.minimum((counts / 100) ** 0.75, 1)
    return (weight * (w @ w_tilde - np.log(np.maximum(counts, 1))) ** 2).sum()


def apart(seed):
    """A vector for banana, and two for apple that both have the guide's product with it."""
    rng = np.random.default_rng(seed)
    banana = rng.standard_normal(WIDTH) / np.sqrt(WIDTH)
    shortest = GUIDES_PRODUCT * banana / (banana @ banana)
    sideways = rng.standard_normal(WIDTH)
    sideways -= (sideways @ banana) / (banana @ banana) * banana
    return banana, shortest, shortest + 5 * sideways


@pytest.mark.guide("G12")
@pytest.mark.errata("A51")
def test_a51_two_rows_of_counts_leave_998_of_1000_words_untouched():
    table = Parameter(np.random.default_rng(0).standard_normal((1000, 8)))
    apple, banana = embedding(table, ids=[3, 7])
    (gradient,) = gradients_of(2 * term((apple * banana).sum(), (10, 10)), [table])
    assert np.flatnonzero(gradient.any(axis=1)).tolist() == [3, 7]


@pytest.mark.errata("A51")
def test_a51_what_fits_the_block_does_not_fit_the_row():
    rng = np.random.default_rng(0)
    counts = rng.poisson(10, (1000, 1000)).astype(float)
    counts[:2, :2] = BLOCK
    parameters = [Parameter(0.3 * rng.standard_normal(shape)) for shape in ((1000, 8), (8, 1000))]
    w, w_tilde = parameters

    def of_block():
        return glove(w[:2], w_tilde[:, :2], BLOCK)

    optimizer = SGD(parameters, lr=0.3)
    for _ in range(100):
        optimizer.step(gradients_of(of_block(), parameters))
    assert float(of_block()) < 1e-9  # the block is fitted
    both = (of_block(), glove(w, w_tilde, counts))
    pulls = [np.linalg.norm(gradients_of(loss, [w])[0][0]) for loss in both]  # on apple
    assert pulls[0] < 1e-4 < 1 < pulls[1]  # and the row is not


@pytest.mark.guide("G12")
@pytest.mark.errata("A52")
def test_a52_both_words_occur_and_the_denominator_is_the_root_of_20():
    frequencies = BLOCK.sum(axis=1)
    assert frequencies.tolist() == [10, 10]
    assert frequencies[1] != BLOCK[0, 0] == 0  # what the guide adds is a cell, not a frequency
    product = product_for(-1, frequencies)
    assert product == pytest.approx(-2.420878, abs=5e-7)
    assert float(term(product, frequencies).data) == pytest.approx(-1, abs=1e-15)


@pytest.mark.errata("A53")
def test_a53_the_best_value_of_a_term_is_0_and_two_terms_of_minus_1_make_minus_2():
    x = np.array([-5.0, 0.0, 5.0, 50.0, 100.0])
    values = term(Tensor(x), (10, 0)).data
    assert np.all(np.diff(values[:4]) > 0)
    assert values[3] == pytest.approx(0, abs=1e-6)  # nothing singles out -1
    pairs = np.argwhere(BLOCK > 0)
    assert len(pairs) == 2
    assert sum(term(product_for(-1, (10, 0)), (10, 0)).data for _ in pairs) == pytest.approx(-2)


@pytest.mark.guide("G12")
@pytest.mark.errata("A54")
def test_a54_the_equation_has_a_negative_solution_and_not_exp_of_minus_1():
    right = product_for(-1, (10, 0))
    assert right == pytest.approx(-1.711819, abs=5e-7)
    assert right == pytest.approx(-np.sqrt(10) * np.log(np.e - 1), rel=1e-14)
    assert float(term(right, (10, 0)).data) == pytest.approx(-1, abs=1e-15)
    assert float(term(GUIDES_PRODUCT, (10, 0)).data) == pytest.approx(-0.636671, abs=5e-7)


@pytest.mark.guide("G12")
@pytest.mark.errata("A55")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a55_one_product_has_many_solutions_and_a_vector_is_no_divisor(seed):
    banana, shortest, other = apart(seed)
    for apple in (shortest, other):
        assert apple @ banana == pytest.approx(GUIDES_PRODUCT, abs=1e-12)
    assert np.linalg.norm(other) > 50 * np.linalg.norm(shortest)
    lengths = np.linalg.norm(shortest) * np.linalg.norm(other)
    assert shortest @ other < 0.02 * lengths  # hardly alike in direction
    start = Parameter(shortest)
    (slope,) = gradients_of((start * banana).sum(), [start])
    np.testing.assert_allclose(slope, banana, rtol=1e-14)
    assert slope @ (other - shortest) == pytest.approx(0, abs=1e-9)  # sideways nothing changes
    elementwise = GUIDES_PRODUCT / Tensor(banana)  # the only reading of the guide's quotient
    product = float((elementwise * banana).sum())
    assert product == pytest.approx(WIDTH * GUIDES_PRODUCT, rel=1e-12)  # 110.36


@pytest.mark.guide("G12")
@pytest.mark.errata("A56")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a56_the_second_equation_is_the_first_one_again(seed):
    banana, _, apple = (Parameter(vector) for vector in apart(seed))
    rows = [
        np.concatenate(gradients_of(product, [apple, banana]))
        for product in ((apple * banana).sum(), (banana * apple).sum())
    ]
    assert np.shape(rows) == (2, 2 * WIDTH)
    assert np.linalg.matrix_rank(rows) == 1  # of 600 unknowns, 599 stay free


WEIGHT = np.minimum((BLOCK / 100) ** 0.75, 1)  # Pennington et al. 2014, eq. 9


@pytest.mark.errata("A57")
def test_a57_glove_wants_log_10_with_weight_0_178_and_drops_the_empty_cells():
    assert WEIGHT[0, 1] == pytest.approx(0.177828, abs=5e-7)
    assert np.diag(WEIGHT).tolist() == [0, 0]  # log 0 is never asked for
    assert np.log(COUNT) == pytest.approx(2.302585, abs=5e-7)
    assert WEIGHT[0, 1] * (GUIDES_PRODUCT - np.log(COUNT)) ** 2 > 0.5  # not what the guide finds


def glove_solution(seed):
    """The fitted block and its part that comes from dot products, where eq. 8 has fallen to 0."""
    rng = np.random.default_rng(seed)
    shapes = [(2, 5), (5, 2), (2, 1), (1, 2)]  # both matrices, both biases
    parameters = [Parameter(0.3 * rng.standard_normal(shape)) for shape in shapes]
    optimizer = SGD(parameters, lr=0.3)
    for _ in range(200):
        w, w_tilde, b, b_tilde = parameters
        products = w @ w_tilde
        fitted = products + b + b_tilde
        loss = (WEIGHT * (fitted - np.log(COUNT)) ** 2).sum()
        optimizer.step(gradients_of(loss, parameters))
    assert float(loss.data) < 1e-9
    return fitted.data, products.data


@pytest.mark.guide("G12")
@pytest.mark.errata("A57")
def test_a57_glove_fits_the_count_and_leaves_the_vectors_open():
    solutions = [glove_solution(seed) for seed in (0, 1, 2)]
    for fitted, _ in solutions:
        assert exp(fitted).data[[0, 1], [1, 0]] == pytest.approx([COUNT, COUNT], abs=1e-3)
    parts = sorted(products[0, 1] for _, products in solutions)
    assert np.all(np.diff(parts) > 0.1)  # how much the biases take is left to the first values
