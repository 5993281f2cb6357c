"""Wrong use and faults of the engine that belong to no single file; see tests/catalogue.py."""

import inspect
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, gradients_of, no_grad, op
from tests.models.small_bert import small_classifier
from tests.ops.samples import OPS

WITH_AXIS = [
    name for name in OPS if "axis" in inspect.signature(getattr(ops, name).rule).parameters
]


def leaf(*values: float) -> Parameter:
    return Parameter(np.array(values))


@pytest.mark.fault(11)
def test_a_batch_of_no_sentences_has_loss_0_and_zero_gradients():
    model = small_classifier()
    ids, mask = np.zeros((0, 5), dtype=int), np.ones((0, 5), dtype=bool)
    assert model(ids, mask).shape == (0, 3)
    loss = model.loss(ids, mask, np.zeros(0, dtype=int))
    assert loss.item() == 0.0
    for p, gradient in zip(model.parameters(), gradients_of(loss, model.parameters()), strict=True):
        assert gradient.shape == p.shape
        assert not gradient.any()


@pytest.mark.fault(22)
@pytest.mark.parametrize(("size", "dtype"), [(1e300, np.float64), (1e38, np.float32)])
def test_huge_logits_have_a_finite_loss_and_gradient(size, dtype):
    logits = Parameter(np.array([[size, -size], [0.0, size]], dtype=dtype))
    loss = ops.cross_entropy(logits, targets=np.array([0, 0]))
    loss.backward()
    assert loss.item() == pytest.approx(size / 2)  # 0 for the first row, size for the second
    assert logits.grad.tolist() == [[0.0, 0.0], [-0.5, 0.5]]


@pytest.mark.fault(28)
def test_division_by_zero_is_infinite_and_says_so():
    for zeros in (np.zeros(2), np.zeros(2, dtype=int)):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            y = Tensor(np.array([1.0, -1.0])) / zeros
        assert y.data.tolist() == [np.inf, -np.inf]


@pytest.mark.fault(40)
@pytest.mark.parametrize("axis", [True, 1.0, [0.0], "0"])
@pytest.mark.parametrize("name", WITH_AXIS)
def test_an_axis_that_is_not_an_integer_is_refused(name, axis):
    x = np.ones((2, 3))
    index = {"index": np.zeros((2, 3), dtype=int)} if name == "take_along_axis" else {}
    with pytest.raises(TypeError):
        getattr(ops, name)(x, axis=axis, **index)


def has_0_d_operand(operands: tuple) -> bool:
    return any(np.ndim(x) == 0 for x in operands if isinstance(x, float | np.ndarray))


NEEDS_POSITIONS = ["cross_entropy", "cross_entropy_with_probabilities"]
NEEDS_MATRICES = ["scaled_dot_product_attention"]


@pytest.mark.fault(43)
@pytest.mark.parametrize("name", OPS)
def test_every_op_takes_0_d_operands_or_refuses_them_in_words(name):
    row = OPS[name]
    if name in NEEDS_POSITIONS:
        setting = {"targets": 0} if name == "cross_entropy" else {"probabilities": np.array(1.0)}
        with pytest.raises(ValueError, match=r"(logits|shape) \(\)"):
            getattr(ops, name)(np.array(1.0), **setting)
    elif name in NEEDS_MATRICES:
        with pytest.raises(ValueError, match="two axes at least"):
            getattr(ops, name)(*[np.array(1.0)] * len(row.samples[0].operands))
    elif name == "embedding":
        with pytest.raises(ValueError, match=r"\(V, D\), got \(\)"):
            ops.embedding(np.array(1.0), ids=0)
    else:
        assert any(has_0_d_operand(call.operands) for call in [*row.samples, *row.refused])


@pytest.mark.fault(54)
def test_only_the_data_of_a_leaf_may_be_changed_in_place():
    """A constant that a graph holds would change its gradients, and nobody would notice."""
    w, constant = leaf(1.0, 2.0), Tensor(np.array([3.0, 4.0]))
    result = ops.tanh(w)
    freed = w * 2.0
    freed.backward(np.ones(2))
    for tensor in (constant, result, freed):
        with pytest.raises(
            RuntimeError, match=r"only the data of a leaf .* has been changed.* a new array"
        ):
            tensor.data += 1.0
    w.data += 1.0
    assert w.data.tolist() == [2.0, 3.0]


def test_a_constant_that_is_assigned_anew_leaves_the_graph_what_it_was():
    w, constant = leaf(1.0, 2.0), Tensor(np.array([3.0, 4.0]))
    loss = (w * constant).sum()
    constant.data = constant.data + 1.0
    loss.backward()
    assert constant.data.tolist() == [4.0, 5.0]
    assert w.grad.tolist() == [3.0, 4.0]


@pytest.mark.fault(54)
def test_a_detached_tensor_does_not_follow_what_becomes_of_the_other():
    w, v = leaf(1.0, 2.0), leaf(1.0, 1.0)
    loss = (v * w.detach()).sum()
    w.data += 10.0
    loss.backward()
    assert v.grad.tolist() == [1.0, 2.0]


@pytest.mark.fault(66)
def test_an_error_in_a_backward_pass_names_the_op():
    @op
    def fragile(x, /):
        return x + 0.0, lambda g: (g / {}["gone"],)

    with pytest.raises(KeyError) as caught:
        (fragile(leaf(1.0)) * 2.0).sum().backward()
    assert caught.value.__notes__ == ["in the backward pass of fragile"]


@pytest.mark.fault(68)
def test_after_ctrl_c_inside_backward_the_step_can_be_repeated():
    pressed = []

    @op
    def interrupted(x, /):
        def vjp(g):
            if not pressed:
                pressed.append("Ctrl-C")
                raise KeyboardInterrupt
            return (3.0 * g,)

        return 3.0 * x, vjp

    x, y = leaf(1.0, 2.0), leaf(5.0, 7.0)

    def loss():
        return (interrupted(x) * y + y).sum()

    stopped = loss()
    with pytest.raises(KeyboardInterrupt):
        stopped.backward()
    assert (x.grad, y.grad) == (None, None)
    with pytest.raises(RuntimeError, match="already freed"):  # half of it is gone: no wrong number
        stopped.backward()
    loss().backward()
    assert x.grad.tolist() == [15.0, 21.0]
    assert y.grad.tolist() == [4.0, 7.0]


def test_an_error_in_the_middle_of_a_forward_pass_leaves_recording_on():
    x = leaf(1.0, 2.0)
    with pytest.raises(ValueError, match="broadcast"), no_grad():
        x * np.ones(3)
    (x * 2.0).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


FORK = """
    import os
    import numpy as np
    from minillm.autograd import Parameter

    x = Parameter(np.array([1.0, 2.0]))
    loss = (x * x).sum()
    child = os.fork()
    loss.backward()  # in both, each with its own copy of the graph
    assert x.grad.tolist() == [2.0, 4.0]
    if child:
        assert os.waitpid(child, 0)[1] == 0
        (x * 3.0).sum().backward()
        assert x.grad.tolist() == [5.0, 7.0]
    os._exit(0)
"""


@pytest.mark.fault(69)
def test_a_forked_process_walks_the_graph_that_it_inherited():
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FORK)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
