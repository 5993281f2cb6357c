import copy
import inspect
import pickle
import threading

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Tensor, no_grad, op
from minillm.autograd.grad_mode import is_recording

OPS = {name: value for name, value in vars(ops).items() if hasattr(value, "rule")}


def x() -> Tensor:
    return Tensor(np.array([1.0, 2.0]), requires_grad=True)


@pytest.mark.parametrize("name", OPS)
def test_operands_are_positional_and_settings_are_keywords(name):
    parameters = list(inspect.signature(OPS[name].rule).parameters.values())
    operands = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL}
    assert {p.kind for p in parameters} <= operands | {inspect.Parameter.KEYWORD_ONLY}
    assert parameters[0].kind in operands
    assert all(p.default in (p.empty, None) for p in parameters if p.kind in operands)


def test_a_parameter_that_is_neither_operand_nor_setting_is_refused_when_the_op_is_made():
    with pytest.raises(TypeError, match=r"op scaled: 'x' is neither operand nor setting"):

        @op
        def scaled(x, factor=2.0):
            return factor * x, lambda g: (factor * g,)


def test_an_operand_may_only_default_to_none():
    with pytest.raises(TypeError, match="op shifted: operand 'by' can only default to None"):

        @op
        def shifted(x, by=1.0, /):
            return x + by, lambda g: (g, g)


def test_an_operand_that_may_be_left_out_has_no_gradient_then():
    @op
    def plus(a, b=None, /):
        if b is None:
            return a, lambda g: (g,)
        return a + b, lambda g: (g, 3.0 * g)

    for given in ([x()], [x(), None], [x(), x()]):
        plus(*given).sum().backward()
        assert given[0].grad.tolist() == [1.0, 1.0]
    assert given[1].grad.tolist() == [3.0, 3.0]


def test_a_rule_is_told_which_operands_want_a_gradient():
    asked = []

    @op
    def product(a, b, /, *, wanted=(True, True)):
        asked.append(wanted)
        return a * b, lambda g: (g * b if wanted[0] else None, g * a if wanted[1] else None)

    leaf = x()
    product(leaf, np.ones(2)).sum().backward()
    product(np.ones(2), leaf).sum().backward()
    product(np.ones(2), np.ones(2))
    assert asked == [(True, False), (False, True), (False, False)]
    assert leaf.grad.tolist() == [2.0, 2.0]
    assert "wanted" not in inspect.signature(product).parameters


def test_a_rule_made_of_another_rule_takes_its_kernel(monkeypatch):
    def doubled(scores, *, axis=-1):
        output, vjp = ops.log_softmax.rule(scores, axis=axis)
        return 2.0 * output, vjp

    targets, logits = np.array([0, 1]), np.arange(6.0).reshape(2, 3)
    before = float(ops.cross_entropy(logits, targets=targets))
    monkeypatch.setitem(ops.log_softmax.kernels, np, doubled)
    assert float(ops.cross_entropy(logits, targets=targets)) == 2.0 * before


def test_an_op_says_its_signature_and_is_not_copied():
    assert repr(ops.softmax).startswith("<op softmax(scores:")
    assert copy.deepcopy(ops.softmax) is ops.softmax
    assert pickle.loads(pickle.dumps(ops.softmax)) is ops.softmax


@pytest.mark.parametrize("name", OPS)
def test_an_op_documents_itself_in_tensors_and_carries_its_rule(name):
    applied = OPS[name]
    signature = inspect.signature(applied)
    assert signature.return_annotation == "Tensor"
    told = [name for name in inspect.signature(applied.rule).parameters if name != "wanted"]
    assert list(signature.parameters) == told
    assert applied.__name__ == applied.rule.__name__ == name
    assert applied.__doc__ == applied.rule.__doc__


def test_an_operand_as_a_keyword_and_a_setting_as_an_operand_are_refused():
    with pytest.raises(TypeError):
        ops.softmax(scores=np.ones(3))
    with pytest.raises(TypeError):
        ops.softmax(np.ones(3), -1)


def test_nothing_is_recorded_unless_an_operand_requires_it():
    constant = Tensor([1.0]) * Tensor([2.0])
    assert constant.node is None
    recorded = Tensor([1.0]) * x()
    assert recorded.node.name == "multiply"
    assert [parent is None for parent in recorded.node.parents] == [True, False]


def test_a_constant_tensor_may_be_given_as_a_setting():
    leaf, keep = x(), x()
    ops.dropout(leaf, keep=keep.detach()).sum().backward()
    assert leaf.grad.tolist() == [1.0, 2.0]
    with no_grad():
        assert ops.dropout(leaf, keep=keep).data.tolist() == [1.0, 4.0]


@pytest.mark.parametrize("wrapped", [lambda t: t, lambda t: t * 1.0, lambda t: [0.0, [t]]])
def test_a_setting_whose_gradient_would_be_lost_is_refused(wrapped):
    @op
    def scaled(x, /, *, factor):
        return x * np.sum(factor), lambda g: (g * np.sum(factor),)

    with pytest.raises(TypeError, match=r"^scaled: factor is a setting, .*; detach\(\) it$"):
        scaled(Tensor([1.0]), factor=wrapped(x()))


def test_a_setting_that_an_op_does_not_have_is_refused_with_the_signature():
    with pytest.raises(TypeError, match=r"softmax: 'dim' is not .*: softmax\(scores, /, \*, axis"):
        ops.softmax(x(), dim=0)
    with pytest.raises(TypeError, match=r"sum: 'dim' is not .* axis=None, keepdims=False\)$"):
        x().sum(dim=0)
    with pytest.raises(TypeError, match="softmax: 2 operands given, 1 taken"):
        ops.softmax(x(), 0)


@pytest.mark.parametrize("answer", [lambda y: y, lambda y: (y,), lambda y: [y, id], lambda y: None])
def test_a_rule_that_does_not_return_output_and_vjp_is_named(answer):
    @op
    def careless(a, /):
        return answer(a)

    with pytest.raises(TypeError, match=r"op careless: its rule must return \(output, vjp\), got"):
        careless(x())
    with no_grad(), pytest.raises(TypeError, match="op careless"):
        careless(x())


def test_numbers_and_lists_follow_the_dtype_of_the_arrays_beside_them():
    assert ops.add(np.ones(2, np.float64), [1, 2]).dtype == np.float64
    assert ops.add(np.ones(2, np.float32), 2.0).dtype == np.float32
    assert ops.add(np.ones(2, np.float16), np.arange(2)).dtype == np.float16
    assert ops.add([1.0], 2).dtype == np.float32
    assert ops.concatenate(np.ones(2), np.arange(3)).data.tolist() == [1.0, 1.0, 0.0, 1.0, 2.0]


def test_a_float64_loss_of_one_number_stays_float64():
    assert ops.sum(np.ones(3)).dtype == np.float64
    assert isinstance(ops.sum(np.ones(3)).data, np.ndarray)


def test_a_registered_kernel_takes_the_place_of_the_rule_for_its_library():
    @op
    def double(x, /):
        return 2.0 * x, lambda g: (2.0 * g,)

    double.kernels[np] = lambda x: (x + x, lambda g: (g + g + 0.5,))
    leaf = x()
    double(leaf).sum().backward()
    assert leaf.grad.tolist() == [2.5, 2.5]
    assert double.rule(np.ones(1))[1](np.ones(1))[0].tolist() == [2.0]


def test_no_grad_computes_without_recording_and_is_over_afterwards():
    with no_grad():
        assert not is_recording()
        assert (x() * 2.0).node is None
    assert is_recording()
    assert (x() * 2.0).node is not None


@pytest.mark.fault(61)
def test_no_grad_can_be_nested_also_inside_itself():
    mode = no_grad()
    with mode:
        with mode, no_grad():
            pass
        assert not is_recording()
    assert is_recording()


@pytest.mark.fault(61)
def test_no_grad_is_over_after_an_error():
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_recording()


def test_no_grad_decorates_functions():
    @no_grad()
    def doubled(tensor, *, times=2.0):
        """What it does."""
        return tensor * times

    assert doubled(x(), times=3.0).node is None
    assert (doubled.__name__, doubled.__doc__) == ("doubled", "What it does.")
    assert is_recording()


@pytest.mark.fault(61)
def test_no_grad_on_a_generator_holds_inside_it_and_not_between_its_items():
    inside = []

    @no_grad()
    def numbers():
        for i in range(2):
            inside.append(is_recording())
            yield x() * i
        inside.append(is_recording())

    for item in numbers():
        assert item.node is None
        assert is_recording()
    assert inside == [False, False, False]
    unfinished = numbers()
    next(unfinished)
    assert is_recording()


@pytest.mark.fault(62)
def test_the_mode_belongs_to_the_thread():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_recording()))
        thread.start()
        thread.join()
    assert seen == [True]
