import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, gradients_of


def parameters(*shapes: tuple[int, ...]) -> list[Parameter]:
    rng = np.random.default_rng(0)
    return [Parameter(rng.standard_normal(shape)) for shape in shapes]


def test_gradients_come_in_the_order_asked_for_and_touch_no_grad():
    a, b = parameters((2,), (3,))
    loss = (a * 2.0).sum() + (b * 3.0).sum()
    of_b, of_a = gradients_of(loss, [b, a])
    assert (of_a.tolist(), of_b.tolist()) == ([2.0] * 2, [3.0] * 3)
    assert (a.grad, b.grad) == (None, None)


@pytest.mark.fault(64)
def test_a_parameter_used_in_two_places_gets_the_sum():
    (a,) = parameters((2, 2))
    once, twice = Parameter(a.data.copy()), Parameter(a.data.copy())
    (shared,) = gradients_of(ops.tanh(a @ a).sum(), [a])
    separate = gradients_of(ops.tanh(once @ twice).sum(), [once, twice])
    assert np.allclose(shared, separate[0] + separate[1], rtol=1e-14)


def test_a_parameter_listed_twice_gets_its_gradient_twice_in_memory_of_their_own():
    (a,) = parameters((3,))
    first, second = gradients_of((a * 2.0).sum(), [a, a])
    assert first.tolist() == second.tolist()
    assert not np.shares_memory(first, second)


@pytest.mark.parametrize(
    "join",
    [
        lambda a, b: (a + b).sum(),
        lambda a, b: ((a.reshape(6) + b.T.reshape(6)) * np.arange(6.0)).sum(),
        lambda a, b: (ops.concatenate(a, b) * np.arange(3.0)).sum(),
        lambda a, b: (a.transpose(1, 0) * 2.0).sum() + b.mean(),
    ],
)
def test_gradients_share_no_memory_and_can_be_written_to(join):
    a, b = parameters((2, 3), (2, 3))
    found = gradients_of(join(a, b), [a, b])
    assert not np.shares_memory(*found)
    for gradient in found:
        gradient *= 2.0


def test_the_gradient_of_a_0_d_parameter_is_an_array_that_can_be_written_to():
    (a,) = parameters(())
    (gradient,) = gradients_of(a.sum() + a * a, [a])
    gradient *= 2.0
    assert isinstance(gradient, np.ndarray)


def test_a_parameter_that_the_loss_does_not_reach_is_named_by_place_and_shape():
    a, unused = parameters((2,), (5, 7))
    with pytest.raises(RuntimeError, match=r"parameter 1 of shape \(5, 7\) does not influence"):
        gradients_of(a.sum(), [a, unused])
    found = gradients_of(a.sum(), [a, unused], allow_unused=True)
    assert found[1] is None
    assert found[0].tolist() == [1.0, 1.0]


def test_a_constant_has_no_gradient():
    (a,) = parameters((2,))
    with pytest.raises(RuntimeError, match="parameter 0"):
        gradients_of(a.sum(), [Tensor(np.ones(2))])


def test_several_losses_over_one_kept_trunk():
    (a,) = parameters((3,))
    trunk = ops.tanh(a)
    first, second = (trunk * trunk).sum(), trunk.sum()
    rows = [gradients_of(loss, [a], keep_graph=True)[0] for loss in (first, second)]
    slope = 1.0 - trunk.data**2
    assert np.allclose(rows, [2.0 * trunk.data * slope, slope], rtol=1e-14)


def test_the_graph_is_freed_unless_it_is_kept():
    (a,) = parameters((3,))
    loss = (a * a).sum()
    gradients_of(loss, [a])
    with pytest.raises(RuntimeError, match="already freed"):
        gradients_of(loss, [a])


def test_only_a_scalar_loss_has_gradients():
    (a,) = parameters((3,))
    with pytest.raises(RuntimeError, match=r"backward from shape \(3,\)"):
        gradients_of(a * 2.0, [a])
