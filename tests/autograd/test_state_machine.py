"""Tensors against a shadow of plain arrays, through random sequences of everything one can do.

The shadow differentiates *forward*: beside every value it carries the derivatives in all
directions of all leaves, and so it knows the gradient without a tape.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from minillm import ops
from minillm.autograd import Parameter, Tensor, no_grad

pytestmark = pytest.mark.fault(54)

SHAPES = [(), (3,), (2, 3), (2, 1)]
NUMBERS = st.sampled_from([-1.5, -0.5, 0.0, 0.25, 1.0, 2.0])
ARRAYS = st.sampled_from(SHAPES).flatmap(lambda shape: hnp.arrays(float, shape, elements=NUMBERS))

# on tensors; on arrays; the slopes for either operand
PAIRS = {
    "half sum": (
        lambda a, b: (a + b) * 0.5,
        lambda a, b: (a + b) * 0.5,
        lambda a, b: (0.5, 0.5),
    ),
    "difference": (
        lambda a, b: ops.tanh(a - b),
        lambda a, b: np.tanh(a - b),
        lambda a, b: (1.0 - np.tanh(a - b) ** 2, np.tanh(a - b) ** 2 - 1.0),
    ),
    "product": (
        lambda a, b: ops.sin(a * b),
        lambda a, b: np.sin(a * b),
        lambda a, b: (b * np.cos(a * b), a * np.cos(a * b)),
    ),
    "quotient": (
        lambda a, b: a / (b * b + 1.0),
        lambda a, b: a / (b * b + 1.0),
        lambda a, b: (1.0 / (b * b + 1.0), -2.0 * a * b / (b * b + 1.0) ** 2),
    ),
}
CURVED = {
    "tanh": (ops.tanh, np.tanh, lambda a: 1.0 - np.tanh(a) ** 2),
    "root": (
        lambda a: (a * a + 1.0) ** 0.5,
        lambda a: np.sqrt(a * a + 1),
        lambda a: a / np.sqrt(a * a + 1),
    ),
    "negative": (lambda a: -a, lambda a: -a, lambda a: -1.0),
}
LINEAR = {  # these do to a slope what they do to a value, and mean the same for both libraries
    "transposed": lambda a: a.T,
    "flat": lambda a: a.reshape(-1),
    "mean": lambda a: a.mean(),
    "sum of columns": lambda a: a.sum(axis=0) if a.ndim else a.sum(),
    "backwards": lambda a: a[::-1] if a.ndim else a[None],
    "twice": lambda a: a[[0, 0]] if a.ndim else a[...],
}


@dataclass(eq=False)
class Shadow:
    """What is known about a tensor without looking at it."""

    value: np.ndarray
    recorded: bool = False
    slopes: dict[int, np.ndarray] = field(default_factory=dict)  # leaf -> (leaf size, *shape)
    nodes: frozenset[int] = frozenset()  # the recorded ops at it and below
    uses: frozenset[tuple[int, int]] = frozenset()  # which version of which leaf they used
    leaf: int | None = None


@dataclass(eq=False)
class Leaf:
    tensor: Parameter
    shadow: Shadow
    version: int = 0
    grad: np.ndarray | None = None


class TensorsAgainstArrays(RuleBasedStateMachine):
    """Every rule does one thing to a tensor and to its shadow."""

    made = Bundle("made")

    def __init__(self):
        super().__init__()
        self.leaves: list[Leaf] = []
        self.all: list[tuple[Tensor, Shadow]] = []
        self.ops = 0
        self.freed: set[int] = set()
        self.half_freed: set[int] = set()  # below an error: some of these are gone

    def keep(self, tensor: Tensor, shadow: Shadow) -> tuple[Tensor, Shadow]:
        self.all.append((tensor, shadow))
        return tensor, shadow

    def derived(self, value: np.ndarray, operands: list[Shadow], slopes) -> Shadow:
        """The shadow of an op's output; ``slopes(i, s)`` brings a slope of operand i forward."""
        if not any(x.recorded for x in operands):
            return Shadow(value)
        self.ops += 1
        found: dict[int, np.ndarray] = {}
        for i, x in enumerate(operands):
            for number, directions in x.slopes.items():
                share = [np.broadcast_to(slopes(i, s), value.shape) for s in directions]
                found[number] = found.get(number, 0.0) + np.reshape(share, (-1, *value.shape))
        direct = {(x.leaf, self.leaves[x.leaf].version) for x in operands if x.leaf is not None}
        return Shadow(
            value,
            recorded=True,
            slopes=found,
            nodes=frozenset({self.ops}).union(*(x.nodes for x in operands)),
            uses=frozenset(direct).union(*(x.uses for x in operands)),
        )

    @initialize(target=made, value=ARRAYS)
    def first_leaf(self, value):
        return self.new_leaf_of(value)

    @rule(target=made, value=ARRAYS)
    def new_leaf(self, value):
        return self.new_leaf_of(value)

    def new_leaf_of(self, value):
        number = len(self.leaves)
        directions = np.eye(value.size).reshape(value.size, *value.shape)
        shadow = Shadow(value.copy(), True, {number: directions}, leaf=number)
        self.leaves.append(Leaf(Parameter(value.copy()), shadow))
        return self.keep(self.leaves[-1].tensor, shadow)

    @rule(target=made, value=ARRAYS)
    def new_constant(self, value):
        return self.keep(Tensor(value.copy()), Shadow(value.copy()))

    @rule(target=made, name=st.sampled_from(sorted(PAIRS)), a=made, b=made)
    def combine(self, name, a, b):
        on_tensors, on_arrays, slopes = PAIRS[name]
        if not broadcastable(a[0].shape, b[0].shape):
            with pytest.raises(ValueError, match="broadcast"):
                on_tensors(a[0], b[0])
            return a
        shadows = [a[1], b[1]]
        by = slopes(a[1].value, b[1].value)
        value = np.asarray(on_arrays(a[1].value, b[1].value))
        shadow = self.derived(value, shadows, lambda i, s: by[i] * s)
        return self.keep(on_tensors(a[0], b[0]), shadow)

    @rule(target=made, name=st.sampled_from(sorted(CURVED)), a=made)
    def bend(self, name, a):
        on_tensors, on_arrays, slope = CURVED[name]
        value, by = np.asarray(on_arrays(a[1].value)), slope(a[1].value)
        return self.keep(on_tensors(a[0]), self.derived(value, [a[1]], lambda _, s: by * s))

    @rule(target=made, name=st.sampled_from(sorted(LINEAR)), a=made)
    def rearrange(self, name, a):
        change = LINEAR[name]
        value = np.asarray(change(a[1].value))
        return self.keep(change(a[0]), self.derived(value, [a[1]], lambda _, s: change(s)))

    @rule(target=made, a=made)
    def detach(self, a):
        return self.keep(a[0].detach(), Shadow(a[1].value.copy()))

    @rule(target=made, name=st.sampled_from(sorted(CURVED)), a=made)
    def compute_without_recording(self, name, a):
        with no_grad():
            tensor = CURVED[name][0](a[0])
        return self.keep(tensor, Shadow(np.asarray(CURVED[name][1](a[1].value))))

    @rule(data=st.data())
    def assign_to_a_leaf(self, data):
        leaf = data.draw(st.sampled_from(self.leaves))
        new = data.draw(hnp.arrays(float, leaf.shadow.value.shape, elements=NUMBERS))
        leaf.tensor.data = new.copy()
        leaf.shadow.value = new.copy()
        leaf.version += 1

    @rule(data=st.data(), by=NUMBERS)
    def add_to_a_leaf_in_place(self, data, by):
        leaf = data.draw(st.sampled_from(self.leaves))
        leaf.tensor.data += by
        leaf.shadow.value += by  # views of it, the results of rearrange, follow on both sides
        leaf.version += 1

    @rule(data=st.data())
    def zero_a_gradient(self, data):
        leaf = data.draw(st.sampled_from(self.leaves))
        leaf.tensor.grad = leaf.grad = None

    @rule(a=made, keep_graph=st.booleans())
    def backward(self, a, keep_graph):
        self.walk_back(*a, keep_graph)

    @rule(passes=st.integers(1, 2), keep_graph=st.booleans())
    def backward_from_the_newest_result(self, passes, keep_graph):
        results = [a for a in self.all if a[1].nodes]
        for _ in range(passes if results else 0):
            self.walk_back(*results[-1], keep_graph)

    def teardown(self):
        """At the end, from everything that there is: once to look, and once to free.

        Gradients are halved in place, as clipping may: no other one may follow.
        """
        for keep_graph in (True, False):
            for a in reversed(self.all):
                for leaf in self.leaves:
                    leaf.tensor.grad = leaf.grad = None
                self.walk_back(*a, keep_graph)
                for leaf in self.leaves:
                    if leaf.grad is not None:
                        leaf.tensor.grad *= 0.5
                        leaf.grad = leaf.grad * 0.5
                self.gradients_agree()

    def walk_back(self, tensor, shadow, keep_graph):
        cotangent = np.cos(1.0 + np.arange(tensor.size)).reshape(tensor.shape)
        stale = any(self.leaves[number].version != version for number, version in shadow.uses)
        freed = bool(shadow.nodes & self.freed)
        if not shadow.recorded or freed or stale:
            with pytest.raises(
                RuntimeError, match=r"nothing was recorded|already freed|was changed"
            ):
                tensor.backward(cotangent, keep_graph=keep_graph)
            if stale and not freed and not keep_graph:
                self.half_freed |= shadow.nodes
            return
        try:
            tensor.backward(cotangent, keep_graph=keep_graph)
        except RuntimeError as error:
            assert shadow.nodes & self.half_freed
            assert "already freed" in str(error)
            return
        if not keep_graph:
            self.freed |= shadow.nodes
        for number, directions in shadow.slopes.items():
            leaf = self.leaves[number]
            share = np.array([np.sum(s * cotangent) for s in directions])
            leaf.grad = share.reshape(leaf.tensor.shape) + (0.0 if leaf.grad is None else leaf.grad)

    @invariant()
    def values_agree(self):
        for tensor, shadow in self.all:
            assert tensor.requires_grad == shadow.recorded
            assert tensor.shape == shadow.value.shape
            np.testing.assert_allclose(tensor.data, shadow.value, rtol=1e-12, atol=1e-12)

    @invariant()
    def gradients_agree(self):
        for leaf in self.leaves:
            assert (leaf.tensor.grad is None) == (leaf.grad is None)
            if leaf.grad is not None:
                assert isinstance(leaf.tensor.grad, np.ndarray)
                assert leaf.tensor.grad.shape == leaf.tensor.shape
                np.testing.assert_allclose(leaf.tensor.grad, leaf.grad, rtol=1e-9, atol=1e-9)


def broadcastable(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(one, other)
    except ValueError:
        return False
    return True


TestTensorsAgainstArrays = TensorsAgainstArrays.TestCase
TestTensorsAgainstArrays.settings = settings(stateful_step_count=30, max_examples=100)
