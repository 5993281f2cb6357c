import itertools
import weakref
from collections import deque
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.nn import Linear, Module
from minillm.ops import gelu
from tests.nn.modules import Holder


@dataclass
class Plain:
    """An object that is not a module."""

    inner: object


@dataclass(slots=True)
class Slotted:
    """One without a dictionary of attributes."""

    inner: object


@pytest.mark.parametrize(
    "hide",
    [
        lambda child: deque([child]),
        lambda child: partial(print, child),
        lambda child: partial(print, end=[child]),
        lambda child: {"a": child}.values(),
        lambda child: {child: "a"}.keys(),
        lambda child: {"a": child}.items(),
        lambda child: {child: "a"},
        lambda child: SimpleNamespace(inner=child),
        lambda child: Plain(child),
        lambda child: Slotted(child),
        lambda child: [Plain([{"a": child}])],
        lambda child: np.array([None, child], dtype=object),
    ],
)
@pytest.mark.parametrize("kind", ["module", "parameter", "tensor"])
def test_a_child_in_any_other_container_or_object_is_an_error_too(hide, kind, rng):
    makes = {
        "module": lambda: Linear(2, 2, rng=rng),
        "parameter": lambda: Parameter([1.0]),
        "tensor": lambda: Tensor([1.0], requires_grad=True),
    }
    with pytest.raises(TypeError, match=r"Holder\.content.* hides a (Linear|Parameter|Tensor)"):
        Holder(hide(makes[kind]())).parameters()


def test_a_tensor_that_wants_a_gradient_is_refused_where_a_parameter_is_meant():
    for content in (Tensor([1.0], requires_grad=True), [Tensor([1.0], requires_grad=True)]):
        holder = Holder(content)
        for look in (holder.parameters, holder.state_dict, holder.eval, holder.freeze):
            with pytest.raises(TypeError, match=r"Holder\.content.* not a Parameter: write Param"):
                look()


@pytest.mark.parametrize(
    "content",
    [
        Tensor([1.0]),
        Parameter([1.0]) * 2.0,
        SimpleNamespace(),
        deque([1]),
        {}.values(),
        np.tanh,
        gelu,
    ],
)
def test_constants_results_and_ordinary_objects_are_left_alone(content):
    assert Holder(content).parameters() == []


def test_a_container_or_an_object_that_holds_itself_is_looked_through_once(rng):
    around: list = []
    around.append(around)
    itself = SimpleNamespace()
    itself.me = itself
    assert Holder([around, itself]).parameters() == []


@pytest.mark.parametrize("inside", [lambda m: m, lambda m: [m], lambda m: (1, m)])
def test_a_child_that_holds_its_parent_is_refused_in_words(inside, rng):
    child, selfish = Linear(2, 2, rng=rng), Holder(None)
    parent = Holder([child])
    child.parent = inside(parent)
    selfish.content = inside(selfish)
    for module, path in ((parent, r"content\.0\.parent"), (child, "parent"), (selfish, "content")):
        for look in (module.parameters, module.state_dict, module.train, module.freeze):
            with pytest.raises(TypeError, match=path + r".* leads back to the .*weakref"):
                look()
        assert "shown above" in repr(module)


def test_a_parent_known_by_a_weak_reference_and_a_module_twice_are_fine(rng):
    child = Linear(2, 2, rng=rng)
    parent = Holder([child, child])
    child.parent = weakref.ref(parent)
    assert [name for name, _ in parent.named_modules()] == ["", "content.0"]
    assert parent.parameter_count() == 6


def test_a_thousand_modules_inside_each_other_are_no_problem(rng):
    model = Holder(Parameter([1.0]))
    for _ in range(3000):
        model = Holder(model)
    ((name, _),) = model.named_parameters()
    assert name.count("content") == 3001


@pytest.mark.parametrize(
    "once",
    [
        lambda: (Linear(2, 2, rng=np.random.default_rng(i)) for i in range(3)),
        lambda: map(Parameter, [1.0, 2.0]),
        lambda: zip([Parameter([1.0])], [1], strict=True),
        lambda: filter(None, [Parameter([1.0])]),
        lambda: iter([Parameter([1.0])]),
        lambda: reversed([Parameter([1.0])]),
        lambda: enumerate([Parameter([1.0])]),
        lambda: itertools.chain([Parameter([1.0])]),
        lambda: iter({"a": Parameter([1.0])}.values()),
    ],
)
def test_what_can_be_looked_through_once_is_refused(once):
    kind = type(once()).__name__
    with pytest.raises(TypeError, match=rf"Holder\.content is a {kind}, .* make it a list"):
        Holder(once()).parameters()


class Shared(Module):
    """Its weight belongs to the class."""

    weight = Parameter([1.0])


class Below(Shared):
    """So does this one's."""


@pytest.mark.parametrize("kind", [Shared, Below])
def test_a_weight_of_the_class_is_refused(kind):
    with pytest.raises(TypeError, match=r"Shared\.weight is a Parameter of the class"):
        kind().state_dict()


@pytest.mark.parametrize(
    "content",
    [[Parameter([1.0])], (None, Parameter([1.0])), {"first": [Parameter([1.0])]}],
)
def test_a_container_of_the_class_that_holds_weights_is_refused(content):
    kind = type("Listing", (Module,), {"layers": content, "sizes": [1, 2], "names": {"a": "b"}})
    with pytest.raises(TypeError, match=r"Listing\.layers holds a Parameter of the class"):
        kind().parameters()


def test_an_open_file_is_looked_at_by_nobody(tmp_path):
    with open(tmp_path / "log", "w", encoding="utf-8") as file:
        assert Holder(file).parameters() == []


NUMBERS = {
    "constant": lambda p: Tensor(p.data),
    "result": lambda p: p * 0.5,
    "leaf": lambda p: Tensor(p.data, requires_grad=True),
    "array": lambda p: p.data * 0.5,
    "number": lambda p: 0.0,
    "NumPy's number": lambda p: np.float32(0.0),
}


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("around", [lambda x: x, lambda x: [x], lambda x: (None, x)])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_parameter_is_not_exchanged_for_numbers_that_nobody_would_train(kind, around, frozen):
    p = Parameter([1.0, 2.0])
    holder = Holder(around(p))
    p.requires_grad = not frozen
    with pytest.raises(TypeError, match=r"Holder\.content is a Parameter; a .* content\.data = "):
        holder.content = around(NUMBERS[kind](p))
    with pytest.raises(TypeError, match="neither trained nor saved"):
        setattr(holder, "content", NUMBERS[kind](p))  # noqa: B010
    assert holder.parameters() == [p]


def test_the_in_place_operators_do_not_take_a_parameter_out_of_its_model(rng):
    layer = Linear(2, 3, rng=rng)
    with no_grad(), pytest.raises(TypeError, match=r"p\.data = "):
        layer.weight *= 0.1
    with pytest.raises(TypeError, match=r"Linear\.weight is a Parameter"):
        layer.weight = layer.weight * 0.1
    assert [*layer.state_dict()] == ["weight", "bias"]


def test_a_parameter_may_be_exchanged_for_another_for_a_module_or_for_nothing(rng):
    other = Parameter([3.0])
    for new in (other, Linear(2, 2, rng=rng), None, [other], "tied"):
        holder = Holder(Parameter([1.0]))
        holder.content = new
        assert holder.content is new
    layers = Holder([Linear(2, 2, rng=rng), Linear(2, 2, rng=rng)])
    layers.content = layers.content[:1]
    assert len(layers.parameters()) == 2
