"""NumPy reads tensors, and says what to write where a gradient would be lost."""

import inspect
import re

import numpy as np
import pytest

from minillm import ops
from minillm.autograd import Parameter, Tensor, no_grad
from minillm.autograd.numpy_side import BINARY
from minillm.autograd.spellings import ATTRIBUTES, FUNCTIONS, NUMPY, SAME_IN_NUMPY
from tests.strict import strict

DTYPES = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("make", [Tensor, Parameter, lambda x: Parameter(x) * 1.0])
def test_a_tensor_read_as_an_array_is_its_values(make, dtype):
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    for read in (np.asarray, np.array, np.asanyarray):
        assert read(make(x)).dtype == dtype
        assert np.array_equal(read(make(x)), x)
    assert np.asarray(make(x), dtype=np.float64).dtype == np.float64
    assert np.asarray(make(x), dtype=int).tolist() == x.tolist()


def test_a_copy_may_be_written_to_and_what_is_not_copied_may_not():
    t = Tensor(np.ones(3))
    assert np.shares_memory(np.asarray(t), t.data)
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(t)[0] = 5.0
    np.array(t)[0] = 5.0
    np.asarray(t, dtype=np.float32)[0] = 5.0
    assert t.data.tolist() == [1.0, 1.0, 1.0]
    t.data[0] = 2.0  # the tensor's own array is as writable as before
    with pytest.raises(ValueError, match="copy"):
        np.array(t, dtype=np.float32, copy=False)


def test_numpy_compares_tensors_by_value():
    t, x = Parameter(np.arange(3.0)), np.arange(3.0)
    assert np.allclose(t, x)
    assert np.array_equal(t, Tensor(x))
    np.testing.assert_allclose(t, x)
    np.testing.assert_array_equal(x, t)
    assert np.isclose(t, 1.0).tolist() == [False, True, False]
    assert (np.argmax(t), np.shape(t), np.ndim(t), np.size(t)) == (2, (3,), 1, 3)


def test_a_tensor_on_a_device_is_not_read_behind_the_hosts_back():
    t = Tensor(strict.asarray(np.ones((2, 3))))
    for read in (np.asarray, np.array, lambda x: np.allclose(x, 1.0)):
        with pytest.raises(TypeError, match=r"lives on a device; numpy\(\) copies"):
            read(t)
    assert (np.shape(t), np.ndim(t), np.size(t)) == ((2, 3), 2, 6)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "absolute", "maximum"])
def test_a_function_of_numpy_names_the_op_that_is_differentiated(name):
    operands = [Parameter(np.ones(2))] * getattr(np, name).nin
    spelling = rf"np\.{name} was given a Tensor; write ops\.{name}\(t.*\), or np\.{name}\(t\.data"
    with pytest.raises(TypeError, match=spelling):
        getattr(np, name)(*operands)


@pytest.mark.parametrize(
    ("call", "op"),
    [
        (lambda t: np.sum(t), "sum"),
        (lambda t: np.mean(t, axis=0), "mean"),
        (lambda t: np.amax(t), "(a)?max"),
        (lambda t: np.reshape(t, (2, 1)), "reshape"),
        (lambda t: np.concatenate([np.ones(2), t]), "concatenate"),
        (lambda t: np.stack([t, t]), "stack"),
        (lambda t: np.where(np.ones(2, bool), t, 0.0), "where"),
    ],
)
def test_a_routine_of_numpy_names_the_op_too(call, op):
    with pytest.raises(TypeError, match=rf"write ops\.{op}\(.*t.*\), or np\.\w+\(.*t\.data"):
        call(Parameter(np.ones(2)))


def test_several_tensors_are_spelt_as_the_op_takes_them():
    t, u = Parameter(np.ones(2)), Parameter(np.zeros(2))
    condition = np.array([True, False])
    for call in (
        lambda: np.concatenate([t, u]),
        lambda: np.concat([t, u]),
        lambda: np.stack([t, u]),
        lambda: np.maximum(t, u),
        lambda: np.where(condition, t, u),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        found = re.search(r"write (ops\..*), or (np\..*) for the values alone", str(caught.value))
        names = {"ops": ops, "np": np, "t": t, "u": u, "condition": condition}
        ours, numpys = (eval(spelling, names) for spelling in found.groups())
        assert np.array_equal(ours.data, numpys)
        assert ours.requires_grad


def test_a_function_without_an_op_names_the_array():
    t = Parameter(np.ones(2))
    for call in (np.arctan, np.floor, np.isnan, np.add.reduce):
        with pytest.raises(TypeError, match=r"was given a Tensor; write .*np\.\w+\(t\.data\)"):
            call(t)


@pytest.mark.parametrize("ufunc", BINARY)
def test_the_function_behind_an_operator_is_the_operator(ufunc, rng):
    a, b = rng.standard_normal((2, 3, 3))
    expected = ufunc(a, b)
    for one, other in [(a, Tensor(b)), (Tensor(a), b), (Tensor(a), Tensor(b))]:
        assert np.array_equal(ufunc(one, other), expected)


def test_an_array_cannot_take_a_tensor_in():
    x, t = np.ones(2), Parameter(np.ones(2))
    with pytest.raises(TypeError, match=r"write array = array \+ tensor instead"):
        x += t
    with pytest.raises(TypeError, match="into an array"):
        np.multiply(t, 2.0, out=x)
    assert x.tolist() == [1.0, 1.0]


def test_cupy_finds_that_an_operator_is_the_tensors():
    """CuPy asks the object, and leaves the operator to it where it finds ``None``."""
    assert Tensor([1.0]).__array_ufunc__ is None
    assert callable(Tensor.__array_ufunc__)


@pytest.mark.parametrize("name", [*ATTRIBUTES, *sorted(FUNCTIONS)])
def test_a_name_from_elsewhere_fails_with_the_spelling_here(name):
    t = Parameter(np.ones((2, 2)))
    assert not hasattr(t, name)
    with pytest.raises(AttributeError, match=rf"^Parameter has no attribute '{name}'; write .*t"):
        getattr(t, name)


def test_a_name_from_nowhere_is_only_missing_and_a_near_miss_is_suggested_by_python():
    t = Tensor([1.0])
    with pytest.raises(AttributeError, match=r"^Tensor has no attribute 'reshap'$") as caught:
        t.reshap  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("reshap", t)
    with pytest.raises(AttributeError):
        t.label = "x"


def test_every_spelling_in_the_tables_exists():
    public = {*ops.__all__}
    assert public >= FUNCTIONS
    assert public >= SAME_IN_NUMPY
    assert public >= {*NUMPY.values()}
    assert all(hasattr(np, name) for name in [*SAME_IN_NUMPY, *NUMPY])
    for spelling in ATTRIBUTES.values():
        name, _, rest = spelling.partition("(")
        if name.startswith("ops."):
            op = getattr(ops, name.removeprefix("ops."))
            given = [part.partition("=")[0].strip() for part in rest.split(",") if "=" in part]
            assert {*given} <= {*inspect.signature(op).parameters}, spelling
        elif name.startswith("t."):
            assert hasattr(Tensor([[1.0]]), name.split(",")[0].split()[0].split(".")[1]), spelling


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("linalg.norm", lambda t: np.linalg.norm(t)),
        ("dot", lambda t: np.dot(t, np.ones(2))),
        ("einsum", lambda t: np.einsum("i,i->", t, t)),
        ("vstack", lambda t: np.vstack([np.ones(2), t])),
        ("average", lambda t: np.average(t, weights=t)),
        ("sort", lambda t: np.sort(a=t)),
    ],
)
def test_a_function_without_an_op_loses_no_gradient_without_a_word(name, call):
    for t in (Parameter(np.ones(2)), Parameter(np.ones(2)) * 2.0):
        spelling = rf"np\.{name} was given a Tensor; write np\.{name}\(t\.data\)"
        with pytest.raises(TypeError, match=spelling):
            call(t)
        with no_grad():
            expected = call(np.asarray(t))
            assert np.array_equal(call(t), expected)
        assert np.array_equal(call(t.detach()), expected)


def test_what_is_not_a_number_made_of_the_values_has_no_gradient_to_lose():
    t = Parameter(np.arange(6.0).reshape(2, 3))
    assert np.argsort(t).dtype == np.zeros_like(t, dtype=int).dtype == int
    assert np.zeros_like(t).tolist() == [[0.0] * 3] * 2
    assert np.array_equal(np.copy(t), t)
    assert np.histogram(t, bins=2)[0].tolist() == [3, 3]
    assert np.array_repr(t) == repr(t.data)
