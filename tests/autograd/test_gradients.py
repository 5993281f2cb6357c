import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minillm import ops
from minillm.autograd import Parameter, Tensor, gradients_of, op
from tests.autograd.expressions import STEPS, cosines, expressions, leaves


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


def test_a_result_on_the_way_has_the_gradient_that_arrives_there():
    (w,) = parameters((3,))
    shared = w * w
    (alone,) = gradients_of((shared * shared).sum(), [shared])
    assert np.allclose(alone, 2.0 * w.data**2, rtol=1e-15)
    shared = w * w
    loss = (shared * shared).sum()
    of_loss, of_shared, of_w, again = gradients_of(loss, [loss, shared, w, shared])
    assert of_loss.tolist() == 1.0
    assert np.allclose(of_shared, alone, rtol=1e-15)
    assert np.allclose(of_w, 4.0 * w.data**3, rtol=1e-14)
    assert np.array_equal(again, of_shared)
    for one, other in itertools.combinations((of_loss, of_shared, of_w, again), 2):
        assert not np.shares_memory(one, other)


def test_a_result_used_in_several_places_has_the_sum_of_what_arrives():
    (w,) = parameters((2, 2))
    h = ops.tanh(w)
    (found,) = gradients_of((h @ h).sum() + (h * 3.0).sum() + h[0, 0] * 5.0, [h])
    leaf = Parameter(h.data.copy())
    (reference,) = gradients_of((leaf @ leaf).sum() + (leaf * 3.0).sum() + leaf[0, 0] * 5.0, [leaf])
    assert np.allclose(found, reference, rtol=1e-14)


def test_below_the_representation_nothing_is_computed_or_freed():
    """The losses go as far as the representation; one pass from there does the rest."""
    (w,) = parameters((3,))
    passes = []

    @op
    def trunk(x, /):
        def vjp(g):
            passes.append(g)
            return (2.0 * g,)

        return 2.0 * x, vjp

    shared = trunk(w)
    losses = [(shared * shared).sum(), (shared * 3.0).sum()]
    rows = [gradients_of(loss, [shared])[0] for loss in losses]
    assert passes == []
    assert np.allclose(rows, [2.0 * shared.data, np.full(3, 3.0)], rtol=1e-15)
    shared.backward(rows[0] + rows[1])
    assert len(passes) == 1
    assert np.allclose(w.grad, 2.0 * (rows[0] + rows[1]), rtol=1e-15)
    with pytest.raises(RuntimeError, match="the graph was already freed"):
        gradients_of(losses[0] + 0.0 * losses[1], [shared])


def test_a_kept_graph_gives_the_gradient_of_a_result_again():
    (w,) = parameters((3,))
    shared = ops.exp(w)
    loss = (shared * shared).sum()
    first = gradients_of(loss, [shared, w], keep_graph=True)
    second = gradients_of(loss, [shared, w])
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    for wanted in ([shared], [w], [loss]):
        with pytest.raises(RuntimeError, match="already freed"):
            gradients_of(loss, wanted)


def test_a_result_outside_the_graph_does_not_influence_the_loss():
    a, b = parameters((2,), (3,))
    outside, later = b * 2.0, None
    loss = (a * a).sum()
    later = loss * 2.0
    for stranger in (outside, later, Tensor(np.ones(3))):
        with pytest.raises(
            RuntimeError, match=r"parameter 1 of shape .* does not influence the loss"
        ):
            gradients_of(loss, [a, stranger], keep_graph=True)
    found = gradients_of(loss, [outside, a], allow_unused=True)
    assert found[0] is None
    assert np.array_equal(found[1], 2.0 * a.data)


def test_a_result_has_no_grad_attribute_of_its_own():
    (w,) = parameters((2,))
    shared = w * w
    shared.sum().backward()
    assert shared.grad is None


def test_a_leaf_beside_the_asked_one_that_was_changed_is_still_noticed():
    a, b = parameters((2,), (2,))
    loss = (a * b).sum()
    b.data += 1.0
    with pytest.raises(RuntimeError, match="multiply: operand 1 was changed"):
        gradients_of(loss, [a])


@given(expressions(), st.data())
def test_gradients_at_a_step_and_from_there_are_those_of_the_whole(expression, data):
    """The chain rule cut in two: to a step in the middle, and from it to the leaves."""
    inputs = leaves(expression)
    made = dict(enumerate(inputs))
    for n, (name, i, j) in enumerate(expression.steps):
        made[3 + n] = STEPS[name][0](made[i], made[j])
    end = made[2 + len(expression.steps)]
    loss = (end * cosines(end.shape)).sum()
    whole = gradients_of(loss, inputs, keep_graph=True, allow_unused=True)
    step = made[data.draw(st.integers(3, 2 + len(expression.steps)))]
    (share,) = gradients_of(loss, [step], keep_graph=True, allow_unused=True)
    if share is None:
        return
    cut = Tensor(step.data.copy(), requires_grad=True)
    again = {k: v for k, v in made.items() if k < 3}
    for n, (name, i, j) in enumerate(expression.steps):
        again[3 + n] = cut if made[3 + n] is step else STEPS[name][0](again[i], again[j])
    end = again[2 + len(expression.steps)]
    around = gradients_of((end * cosines(end.shape)).sum(), [*inputs, cut], allow_unused=True)
    assert np.allclose(share, around[-1], rtol=1e-12, atol=1e-12)
    (step * share).sum().backward()  # from the step down to the leaves
    for x, total, beside in zip(inputs, whole, around[:-1], strict=True):
        parts = [part for part in (x.grad, beside) if part is not None]
        assert np.allclose(sum(parts), 0.0 if total is None else total, rtol=1e-9, atol=1e-9)


def test_the_tensors_may_come_one_after_another():
    a, b = Parameter([1.0]), Parameter([2.0])
    gradients = gradients_of((a * b).sum(), (x for x in [a, b]))
    assert [g.tolist() for g in gradients] == [[2.0], [1.0]]


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (Parameter([1.0, 2.0]), r"one Tensor was given for a list of them; write \[tensor\]"),
        ([np.ones(2)], "tensor 0 must be a Tensor, got a ndarray"),
        ({"weight": 1.0}, "tensor 0 must be a Tensor, got a str"),
    ],
)
def test_what_is_not_a_list_of_tensors_is_refused_and_frees_nothing(tensors, message):
    a = Parameter([1.0])
    loss = (a * a).sum()
    with pytest.raises(TypeError, match=f"gradients_of: {message}"):
        gradients_of(loss, tensors)
    assert gradients_of(loss, [a])[0].tolist() == [2.0]
