import numpy as np
import pytest

from minillm.autograd import Parameter, gradients_of
from minillm.nn import Linear
from minillm.optim import AdamW
from tests.nn.modules import ONES, Holder, Stack, Tied

NAMES = [
    "scale",
    "extra.0",
    "first.weight",
    "first.bias",
    "layers.0.weight",
    "layers.0.bias",
    "layers.2.weight",
    "layers.2.bias",
]


@pytest.mark.fault(77)
def test_children_come_in_order_of_assignment_and_lists_are_numbered(rng):
    children = [name for name, _ in Stack(rng).children()]
    assert children == ["scale", "first", "layers.0", "layers.2", "extra.0", "dropout"]


@pytest.mark.fault(75)
def test_names_of_parameters_are_attribute_paths(rng):
    model = Stack(rng)
    named = dict(model.named_parameters())
    assert list(named) == NAMES
    assert named["layers.2.weight"] is model.layers[2].weight
    assert model.parameters() == list(named.values())


def test_names_of_modules_are_attribute_paths_from_the_root_down(rng):
    names = [name for name, _ in Stack(rng).named_modules()]
    assert names == ["", "first", "layers.0", "layers.2", "dropout"]


def test_the_parameter_count_is_the_number_of_numbers(rng):
    assert Stack(rng).parameter_count() == 2 + 1 + (6 + 3) + (9 + 3) + (3 + 3)


@pytest.mark.fault(77)
@pytest.mark.parametrize(
    "hide",
    [
        lambda child: {"a": child},
        lambda child: [[child]],
        lambda child: [[[child]]],
        lambda child: {"a": [child]},
        lambda child: [{"a": child}],
        lambda child: ({child},),
        lambda child: {child},
        lambda child: frozenset([child]),
    ],
)
@pytest.mark.parametrize("kind", ["module", "parameter"])
def test_a_child_that_no_name_leads_to_is_an_error(hide, kind, rng):
    child = Linear(2, 2, rng=rng) if kind == "module" else Parameter([1.0])
    with pytest.raises(TypeError, match=r"Holder\.content.* hides a (Linear|Parameter)"):
        Holder(hide(child)).parameters()


@pytest.mark.parametrize("content", [{"a": 1}, [[1, "b"], {}], ([],), {"x", "y"}, "text", None])
def test_containers_of_ordinary_values_are_left_alone(content):
    assert Holder(content).parameters() == []


@pytest.mark.fault(76)
def test_a_shared_parameter_is_listed_counted_and_saved_once_under_its_first_name(rng):
    model = Tied(rng)
    assert [name for name, _ in model.named_parameters()] == [
        "table",
        "encoder.weight",
        "encoder.bias",
    ]
    assert model.parameter_count() == 4 + 8
    assert list(model.state_dict()) == ["table", "encoder.weight", "encoder.bias"]


@pytest.mark.fault(76)
def test_a_shared_parameter_is_stepped_once_and_stays_shared_after_loading(rng):
    model = Tied(rng)
    optimizer = AdamW(model.parameters(), lr=0.5, weight_decay=0.0)
    loss = (model.table * model.output).sum() + model.encoder(ONES).sum()
    optimizer.step(gradients_of(loss, optimizer.parameters))
    np.testing.assert_allclose(model.table.data, 0.5, atol=1e-6)  # one step of lr, not two
    model.load_state_dict(Tied(np.random.default_rng(1)).state_dict())
    assert model.output is model.table
    np.testing.assert_array_equal(model.output.data, np.ones((2, 2)))


def test_the_state_dict_is_a_copy(rng):
    model = Stack(rng)
    state = model.state_dict()
    state["scale"][:] = 9.0
    assert model.scale.data.tolist() == [1.0, 2.0]


def test_loading_a_state_dict_gives_equal_parameters_in_arrays_of_their_own(rng):
    source, target = Stack(rng), Stack(rng)
    before = [parameter.data for parameter in target.parameters()]
    copies = [array.copy() for array in before]
    state = source.state_dict()
    target.load_state_dict(state)
    for (name, a), b, old, copy in zip(
        source.named_parameters(), target.parameters(), before, copies, strict=True
    ):
        np.testing.assert_array_equal(a.data, b.data)
        np.testing.assert_array_equal(old, copy)  # somebody may still hold the old array
        assert not any(np.shares_memory(b.data, other) for other in (a.data, old, state[name]))


def test_loading_keeps_the_dtype_that_is_there(rng):
    source, target = Stack(rng).to_dtype(np.float64), Stack(rng)
    target.load_state_dict(source.state_dict())
    assert {p.dtype for p in target.parameters()} == {np.dtype(np.float32)}


@pytest.mark.fault(78)
def test_a_misfit_lists_everything_that_is_wrong_and_changes_nothing(rng):
    model, other = Stack(rng), Stack(rng)
    before = model.state_dict()
    state = other.state_dict()
    del state["extra.0"]
    state["stranger"] = np.zeros(1)
    state["first.weight"] = state["first.weight"].T
    state["layers.0.bias"] = np.zeros((3, 1), dtype=np.float32)
    with pytest.raises(ValueError, match="Stack: state does not fit") as caught:
        model.load_state_dict(state)
    assert str(caught.value).splitlines()[1:] == [
        "  first.weight: have (3, 2), given (2, 3)",
        "  layers.0.bias: have (3,), given (3, 1)",
        "  missing extra.0",
        "  unexpected stranger",
    ]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_a_state_of_text_changes_nothing(rng):
    model = Stack(rng)
    before = model.state_dict()
    state = {name: array + 1 for name, array in before.items()}
    state["layers.2.bias"] = np.array(["a", "b", "c"])
    with pytest.raises(ValueError, match=r"layers\.2\.bias: values must be real numbers"):
        model.load_state_dict(state)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_loading_between_forward_and_backward_is_an_error_not_a_wrong_gradient(rng):
    layer = Linear(3, 2, rng=rng)
    loss = layer(ONES).sum()
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="linear: operand 1 was changed between"):
        gradients_of(loss, layer.parameters())


@pytest.mark.fault(74)
def test_train_and_eval_reach_every_module_below(rng):
    model = Holder([Stack(rng), Holder(Stack(rng))])
    assert all(module.training for _, module in model.named_modules())
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())


def test_the_mode_of_one_module_is_not_the_mode_of_another(rng):
    Stack(rng).eval()
    assert Stack(rng).training


def test_to_dtype_turns_every_parameter_and_keeps_the_parameters(rng):
    model = Stack(rng)
    before = model.parameters()
    values = model.state_dict()
    assert model.to_dtype(np.float64) is model
    assert [id(p) for p in model.parameters()] == [id(p) for p in before]
    for name, parameter in model.named_parameters():
        assert parameter.dtype == np.float64
        assert parameter.requires_grad
        np.testing.assert_array_equal(parameter.data, values[name])
        assert parameter.node.dtype == np.float64  # gradients are float64 too


def test_to_device_keeps_the_parameters_and_refuses_an_unknown_device(rng):
    model = Stack(rng)
    before = [parameter.data for parameter in model.parameters()]
    assert model.to_device("cpu") is model
    assert all(p.data is a for p, a in zip(model.parameters(), before, strict=True))
    with pytest.raises(ValueError, match="device must be one of cpu, cuda, got 'gpu'"):
        model.to_device("gpu")


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="Holder has no forward"):
        Holder(1)(2)


def test_a_module_shows_its_tree_with_the_sizes_of_its_parameters(rng):
    model = Stack(rng)
    model.layers[2].freeze()
    assert repr(model).splitlines() == [
        "Stack(scale (2,), extra.0 (1,))",
        "  first: Linear(weight (3, 2), bias (3,))",
        "  layers.0: Linear(weight (3, 3), bias (3,))",
        "  layers.2: LayerNorm(weight (3,) frozen, bias (3,) frozen)",
        "  dropout: Dropout",
    ]


def test_a_nested_tree_is_indented_and_what_is_shared_is_shown_once(rng):
    assert repr(Holder([Tied(rng)])).splitlines() == [
        "Holder",
        "  content.0: Tied(table (2, 2), output (2, 2))",
        "    encoder: Linear(weight (2, 3), bias (2,))",
        "    again: Linear, shown above",
    ]
    assert repr(Holder({"a": Linear(2, 2, rng=rng)})) == "Holder"  # refused elsewhere, in words
