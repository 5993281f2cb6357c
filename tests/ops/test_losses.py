import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Tensor

CLASSES = 5


@st.composite
def logits_and_targets(draw):
    n = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return 5.0 * rng.standard_normal((n, CLASSES)), rng.integers(CLASSES, size=n)


def loss_and_gradient(logits, **settings) -> tuple[float, np.ndarray]:
    leaf = Tensor(logits, requires_grad=True)
    name = "cross_entropy" if "targets" in settings else "cross_entropy_with_probabilities"
    loss = getattr(ops, name)(leaf, **settings)
    loss.backward()
    return loss.item(), leaf.grad


@pytest.mark.guide("G25")
@pytest.mark.parametrize("classes", [2, 7, 1000])
def test_g25_equal_logits_cost_the_logarithm_of_the_number_of_classes(classes):
    loss, _ = loss_and_gradient(np.full((3, classes), 0.7), targets=np.array([0, 1, 1]))
    assert loss == pytest.approx(math.log(classes), rel=1e-14)


@pytest.mark.guide("G25")
@pytest.mark.fault(22)
def test_g25_the_loss_of_logits_of_a_thousand_is_exact():
    logits = np.array([[1000.0, -1000.0], [-1000.0, 1000.0]])
    loss, gradient = loss_and_gradient(logits, targets=np.array([0, 0]))
    assert loss == 1000.0  # (0 + 2000) / 2
    assert gradient.tolist() == [[0.0, 0.0], [-0.5, 0.5]]


@pytest.mark.guide("G25")
@given(logits_and_targets())
def test_g25_the_gradient_is_p_minus_y_over_n(sample):
    logits, targets = sample
    _, gradient = loss_and_gradient(logits, targets=targets)
    expected = (ops.softmax(logits).data - np.eye(CLASSES)[targets]) / len(targets)
    assert np.allclose(gradient, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.guide("G25")
@given(logits_and_targets())
def test_g25_integer_and_one_hot_targets_agree(sample):
    logits, targets = sample
    loss, gradient = loss_and_gradient(logits, targets=targets)
    other, other_gradient = loss_and_gradient(logits, probabilities=np.eye(CLASSES)[targets])
    assert loss == pytest.approx(other, rel=1e-12, abs=1e-14)
    assert np.allclose(gradient, other_gradient, rtol=1e-12, atol=1e-15)


@given(logits_and_targets())
def test_g25_the_loss_is_its_definition(sample):
    logits, targets = sample
    loss, _ = loss_and_gradient(logits, targets=targets)
    rows = np.arange(len(targets))
    definition = -ops.log(ops.softmax(logits))[rows, targets].mean()
    assert loss == pytest.approx(definition.item(), rel=1e-12, abs=1e-14)
    assert loss >= 0


def test_the_loss_of_known_odds():
    logits = np.log([[1.0, 3.0], [1.0, 1.0]])
    loss, _ = loss_and_gradient(logits, targets=np.array([0, 1]))
    assert loss == pytest.approx((math.log(4.0) + math.log(2.0)) / 2.0, rel=1e-15)


def test_the_default_ignored_target_is_minus_100():
    logits = np.log([[1.0, 3.0], [1.0, 1.0]])
    loss, gradient = loss_and_gradient(logits, targets=np.array([0, -100]))
    assert ops.IGNORE == -100
    assert loss == pytest.approx(math.log(4.0), rel=1e-15)
    assert gradient.tolist() == [pytest.approx([-0.75, 0.75]), [0.0, 0.0]]


@given(logits_and_targets(), st.data())
def test_an_ignored_position_might_as_well_not_be_there(sample, data):
    logits, targets = sample
    counted = np.array(data.draw(st.lists(st.booleans(), min_size=len(targets), max_size=4)))
    counted = counted[: len(targets)]
    loss, gradient = loss_and_gradient(logits, targets=np.where(counted, targets, -100))
    shorter = loss_and_gradient(logits[counted], targets=targets[counted])
    assert loss == pytest.approx(shorter[0], rel=1e-13, abs=1e-15)
    assert np.allclose(gradient[counted], shorter[1], rtol=1e-13, atol=1e-16)
    assert not gradient[~counted].any()


@pytest.mark.fault(9)
def test_with_every_target_ignored_the_loss_and_its_gradient_are_0():
    loss, gradient = loss_and_gradient(np.ones((3, 5)), targets=np.full(3, -100))
    assert loss == 0.0
    assert gradient.tolist() == np.zeros((3, 5)).tolist()


def test_a_class_that_is_ruled_out_does_not_spoil_an_ignored_position():
    logits = np.array([[-np.inf, 0.0], [0.0, 0.0]])
    loss, gradient = loss_and_gradient(logits, targets=np.array([-100, 1]))
    assert loss == pytest.approx(math.log(2.0))
    assert gradient.tolist() == [[0.0, 0.0], [0.5, -0.5]]


@pytest.mark.fault(21)
def test_a_nan_logit_gives_a_nan_loss():
    loss, _ = loss_and_gradient(np.array([[0.0, np.nan]]), targets=np.array([0]))
    assert math.isnan(loss)


@pytest.mark.parametrize("targets", [[1, 0], (1, 0), np.array([1, 0], dtype=np.uint8)])
def test_targets_may_be_a_list_or_small_integers(targets):
    logits = np.log([[1.0, 3.0], [1.0, 3.0]])
    loss, _ = loss_and_gradient(logits, targets=targets)
    assert loss == pytest.approx((math.log(4.0 / 3.0) + math.log(4.0)) / 2.0, rel=1e-14)


def test_one_position_takes_a_single_number_as_its_target():
    assert loss_and_gradient(np.zeros(3), targets=2)[0] == pytest.approx(math.log(3.0))


def test_against_its_own_distribution_the_loss_is_the_entropy_and_the_gradient_0():
    p = np.array([[0.5, 0.25, 0.25]])
    loss, gradient = loss_and_gradient(np.log(p), probabilities=p)
    assert loss == pytest.approx(1.5 * math.log(2.0), rel=1e-14)
    assert np.allclose(gradient, 0.0, atol=1e-16)
