"""Who owns the arrays of a graph, how long they live, and graphs in several threads."""

import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

from minillm import nn, ops
from minillm.autograd import Node, Parameter, gradients_of
from minillm.optim import AdamW, clip_gradients


def leaf(*values: float) -> Parameter:
    return Parameter(np.array(values))


@pytest.mark.fault(47)
@pytest.mark.parametrize(
    "join",
    [
        lambda a, b: a + b,
        lambda a, b: a.reshape(2, 3) + b.T.reshape(2, 3),
        lambda a, b: ops.concatenate(a, b),
        lambda a, b: a.sum() + b.sum(),
    ],
)
def test_the_gradients_of_two_leaves_share_no_memory(join):
    a, b = Parameter(np.ones((2, 3))), Parameter(np.ones((2, 3)))
    y = join(a, b)
    y.backward(np.ones(y.shape))
    assert not np.shares_memory(a.grad, b.grad)
    a.grad *= 5.0
    assert b.grad.tolist() == np.ones((2, 3)).tolist()


def test_the_cotangent_that_was_given_is_not_the_gradient_itself():
    x, given_gradient = leaf(1.0, 2.0), np.ones(2)
    x.backward(given_gradient)
    x.grad *= 5.0
    assert given_gradient.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("make", [lambda p: p * p + p, lambda p: (p * np.ones(3)).sum() + p])
def test_the_gradient_of_a_0_d_leaf_is_an_array(make):
    p = Parameter(np.array(2.0))
    make(p).backward()
    make(p).backward()
    assert isinstance(p.grad, np.ndarray)
    assert p.grad.shape == ()


@pytest.mark.fault(60)
def test_a_graph_needs_no_garbage_collector(rng):
    gc.collect()
    gc.disable()
    try:
        w = Parameter(rng.standard_normal((5, 5)))
        hidden = ops.layer_norm(ops.gelu(w @ w), np.ones(5), np.zeros(5))
        loss = ops.cross_entropy(hidden, targets=np.arange(5))
        inside = [weakref.ref(hidden.data), weakref.ref(loss.data)]
        del hidden, loss
        assert [ref() for ref in inside] == [None, None]
    finally:
        gc.enable()


def test_backward_frees_what_the_rules_held_although_the_loss_lives_on():
    x = leaf(1.0, 2.0)
    hidden = x * 2.0
    loss = (hidden * hidden).sum()
    held = weakref.ref(hidden.data)
    del hidden
    assert held() is not None
    loss.backward()
    assert held() is None


@pytest.mark.fault(60)
def test_300_steps_need_no_more_memory_than_3(rng):
    w = Parameter(rng.standard_normal((31, 31)))
    losses = []

    def step():
        loss = (ops.tanh(w @ w) * 0.1).sum()
        loss.backward()
        w.data = w.data - 1e-3 * w.grad
        w.grad = None
        losses.append(loss.item())

    tracemalloc.start()
    try:
        for _ in range(3):
            step()
        early, _ = tracemalloc.get_traced_memory()
        for _ in range(297):
            step()
        late, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Python keeps some freed tuples for reuse; one array leaked a step would be 297
    assert late - early < 50 * w.data.nbytes
    assert len(losses) == 300


@pytest.mark.fault(60)
def test_300_steps_of_a_real_layer_need_no_more_memory_than_10(rng):
    block = nn.EncoderBlock(12, 3, 24, dropout=0.1, rng=rng)
    optimizer = AdamW(block.parameters(), lr=1e-3)
    x = rng.standard_normal((2, 5, 12)).astype(np.float32)
    losses = []

    def step():
        loss = (block(x) ** 2).mean()
        gradients, _ = clip_gradients(gradients_of(loss, optimizer.parameters), 1.0)
        optimizer.step(gradients)
        losses.append(loss.detach())  # the loss itself would hold the graph of its step

    def nodes():
        return sum(isinstance(thing, Node) for thing in gc.get_objects())

    for _ in range(10):
        step()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        nodes_before, before = nodes(), tracemalloc.get_traced_memory()[0]
        for _ in range(290):
            step()
        nodes_after = nodes()
        gc.collect()  # Python's own stock of freed tuples goes too
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert len(losses) == 300
    assert nodes_after == nodes_before  # although nobody looked for cycles
    # the losses have 160 bytes each and the weights are new arrays; a step's graph has 60,000
    assert after - before < 290 * 300 + 50_000


@pytest.mark.fault(63)
def test_threads_building_graphs_at_once_get_the_serial_gradients():
    def work(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        w = Parameter(rng.standard_normal((7, 7)))
        for _ in range(20):
            ops.tanh(w @ rng.standard_normal((7, 3))).sum().backward()
        return w.grad

    serial = [work(seed) for seed in range(4)]
    parallel: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: parallel.setdefault(seed, work(seed)))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(parallel[seed], serial[seed]) for seed in range(4))
