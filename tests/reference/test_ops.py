"""Every op beside the numbers that PyTorch gave (``python -m tests.reference.make``)."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from minillm import ops
from tests.reference.ours import op_cases, results
from tests.reference.stored import LIMITS, errors, load, relative_error, save

CASES = [pytest.param(case, id=f"{case.name}-{i}") for i, case in enumerate(op_cases())]


@pytest.mark.guide("G60")
@pytest.mark.parametrize("dtype", LIMITS)
@pytest.mark.parametrize("case", CASES)
def test_the_output_and_every_gradient_agree_with_torch(case, dtype):
    found = results(case, dtype)
    assert {np.asarray(x).dtype.name for x in found} == {dtype}
    assert max(errors(found, case)) <= LIMITS[dtype]


def test_every_op_is_compared():
    public = {name for name in ops.__all__ if hasattr(getattr(ops, name), "rule")}
    assert {case.name for case in op_cases()} == public


def test_every_setting_and_every_operand_that_may_be_left_out_are_compared():
    for name in {case.name for case in op_cases()}:
        cases = [case for case in op_cases() if case.name == name]
        given = [(len(case.operands), set(case.settings)) for case in cases]
        parameters = inspect.signature(getattr(ops, name).rule).parameters.values()
        settings = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} - {"wanted"}
        assert settings == set().union(*(named for _, named in given)), name
        operands = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        if operands:
            least = sum(p.default is p.empty for p in operands)
            assert {n for n, _ in given} == set(range(least, len(operands) + 1)), name


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_every_reduction_of_every_loss_is_compared(reduction):
    losses = {case.name for case in op_cases() if "reduction" in case.settings}
    settled = [case for case in op_cases() if case.settings.get("reduction") == reduction]
    assert {case.name for case in settled} == losses


@pytest.mark.parametrize("name", sorted({case.name for case in op_cases()}))
def test_every_setting_that_is_left_out_is_found(name):
    parameters = inspect.signature(getattr(ops, name).rule).parameters.values()
    settings = {p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
    for setting in settings - {"wanted", "axis", "keepdims"}:  # these two change the shape
        found = []
        for case in (case for case in op_cases() if case.name == name and setting in case.settings):
            rest = {key: value for key, value in case.settings.items() if key != setting}
            without = results(replace(case, settings=rest), "float64")
            found.append(max(errors(without, case)))
        assert max(found) > LIMITS["float32"], setting


@pytest.mark.parametrize("case", CASES)
def test_both_precisions_of_torch_are_stored(case):
    assert [x.shape for x in case.float32] == [x.shape for x in case.float64]
    assert {x.dtype.name for x in case.float32} == {"float32"}
    assert {x.dtype.name for x in case.float64} == {"float64"}
    assert max(errors(case.float32, case)) <= 1e-5


def test_another_formula_of_the_same_function_is_found():
    case = next(case for case in op_cases() if case.name == "gelu")
    x = case.operands[0].astype(np.float64)
    approximation = 0.5 * x * (1.0 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))
    forward, gradient = errors([approximation, case.float64[1]], case)
    assert forward > LIMITS["float32"] and gradient == 0.0


def test_a_wrong_gradient_is_found():
    case = next(case for case in op_cases() if case.name == "layer_norm")
    output, grad_x, *others = results(case, "float64")
    forward, gradient = errors([output, 1.001 * grad_x, *others], case)
    assert forward <= LIMITS["float64"] and gradient > LIMITS["float32"]


def test_the_relative_error_counts_the_largest_difference_against_the_largest_number():
    assert relative_error([np.array([1.0, 4.5])], [np.array([1.0, -5.0])]) == 9.5 / 5.0
    assert relative_error([np.array([1.0]), np.array(0.0)], [np.array([2.0]), np.array(4.0)]) == 1.0
    assert relative_error([np.array([0.25])], [np.array([0.0])]) == 0.25
    assert relative_error([np.float64(1.0)], [np.array(2.0)]) == 0.5
    for other in (np.array([np.nan]), np.array([np.inf]), np.ones((1, 1)), np.ones(2)):
        assert relative_error([other], [np.array([1.0])]) == np.inf
    with pytest.raises(ValueError, match="zip"):
        relative_error([], [np.array([1.0])])


def test_what_is_stored_comes_back(tmp_path):
    content = [
        {"a": np.array([[1.5, 2.5]]), "n": 3, "deep": {"b": np.array([7, 8])}},
        {"a": np.array(0.1), "c": np.zeros((0, 2)), "d": np.array([True]), "e": [1, None]},
    ]
    save(tmp_path / "stored.npz", content)
    np.testing.assert_equal(load(tmp_path / "stored.npz"), content)
