"""Faults that are put into small trainings, and by what name a watch must tell each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minillm import ops
from minillm.autograd import Tensor, op
from minillm.backend import stream
from minillm.nn import Embedding, FeedForward, LayerNorm, Linear, Module
from minillm.optim import SGD, Adam, AdamW
from minillm.training import fit
from minillm.training.watching import Watch, WatchLimits, watched_steps

SHORT = WatchLimits(window=6, dead_window=8)
X = stream(0, "inputs").standard_normal((24, 5)).astype("float32")
Y = (X[:, :1] - X[:, 1:2] > 0).astype(int)[:, 0]


class Net(Module):
    """A feed-forward network with two classes, and a place for something wrong behind it."""

    def __init__(self, seed=0, activation=ops.relu):
        rng = stream(seed, "net")
        self.enter = Linear(5, 8, rng=rng)
        self.hidden = FeedForward(8, 16, rng=rng, activation=activation)
        self.norm = LayerNorm(8)
        self.leave = Linear(8, 2, rng=rng)
        self.bend: Callable[[Tensor], Tensor] = lambda x: x

    def forward(self, x):
        x = self.enter(x)
        return self.leave(self.norm(self.bend(x + self.hidden(x))))


class Lookup(Module):
    """A table most of whose rows nobody asks for."""

    def __init__(self, seed=0):
        self.table = Embedding(500, 8, rng=stream(seed, "table"))
        self.leave = Linear(8, 2, rng=stream(seed, "leave"))

    def forward(self, ids):
        return self.leave(self.table(ids).mean(axis=1))


@dataclass
class Training:
    """A model with all that a fault may be put into."""

    model: Module
    loss_of: Callable
    batches: list
    optimizer: Callable
    max_norm: float | None = None
    allow_unused: bool = False

    def run(self, limits=SHORT):
        optimizer = self.optimizer()
        steps = fit(
            self.loss_of, self.batches, optimizer,
            max_norm=self.max_norm, allow_unused=self.allow_unused,
        )  # fmt: skip
        return list(watched_steps(steps, Watch(self.model, optimizer, limits=limits)))


def healthy(seed=0, steps=30, **options):
    """A network that learns, without a fault."""
    model = Net(seed, **options)
    order = stream(seed, "batches")
    batches = [order.permutation(24)[:12] for _ in range(steps)]
    return Training(
        model,
        lambda i: ops.cross_entropy(model(X[i]), targets=Y[i]),
        batches,
        lambda: AdamW(model.parameters(), lr=0.01),
    )


def set_weight(parameter, change):
    """Replace a parameter's numbers."""
    data = parameter.data.copy()
    change(data)
    parameter.data = data


def bent(bend, at=0):
    """A training whose network bends what it computes, from some forward pass on."""
    training, calls = healthy(), []

    def late(x):
        calls.append(None)
        return bend(x) if len(calls) > at else x

    training.model.bend = late
    return training


def learning_rate(lr, make=Adam):
    training = healthy()
    training.optimizer = lambda: make(training.model.parameters(), lr=lr)
    return training


def nan_in_a_weight():
    training = healthy()
    set_weight(training.model.hidden.inner.weight, lambda w: w.__setitem__((3, 2), np.nan))
    return training


def infinite_weight():
    training = healthy()
    set_weight(training.model.hidden.outer.weight, lambda w: w.__setitem__((0, 0), np.inf))
    return training


def nan_in_an_input():
    training = healthy()
    model, x = training.model, X.copy()
    x[7, 1] = np.nan
    training.batches[4] = np.arange(12)
    training.batches[:4] = [np.arange(8, 20)] * 4
    training.loss_of = lambda i: ops.cross_entropy(model(x[i]), targets=Y[i])
    return training


def float16_overflow():
    def bend(x):
        return (x.astype("float16") * 60000.0).astype("float32") * 1e-6

    return bent(bend)


@op
def wrong_sign(x, /):
    """The identity with a gradient that points the other way."""
    return x, lambda g: (-g,)


def gradient_uphill():
    training = healthy(steps=60)
    model = training.model
    training.loss_of = lambda i: ops.cross_entropy(wrong_sign(model(X[i])), targets=Y[i])
    training.optimizer = lambda: Adam(model.parameters(), lr=0.05)
    return training


def dead_by_bias(activation):
    training = healthy(activation=activation)
    set_weight(training.model.hidden.inner.bias, lambda b: b.__isub__(50.0))
    training.optimizer = lambda: SGD(training.model.parameters(), lr=0.01)
    return training


def half_dead():
    training = healthy()
    set_weight(training.model.hidden.inner.bias, lambda b: b[:9].__isub__(50.0))
    return training


def exploding(max_norm=None):
    training = healthy()
    model, count = training.model, iter(range(99))

    def loss_of(i):
        factor = 1e5 if next(count) == 12 else 1.0
        return ops.cross_entropy(model(X[i]), targets=Y[i]) * factor

    training.loss_of, training.max_norm = loss_of, max_norm
    return training


def forgotten():
    training = healthy()
    parts = training.model.enter, training.model.hidden, training.model.leave
    training.optimizer = lambda: AdamW([p for part in parts for p in part.parameters()], lr=0.01)
    return training


def unused():
    training = healthy()
    model = training.model
    model.spare = Linear(3, 3, rng=stream(0, "spare"))
    training.optimizer = lambda: AdamW(model.parameters(), lr=0.01)
    training.allow_unused = True
    return training


def scaled_weights(factor):
    training = healthy()
    for p in training.model.parameters():
        p.data = p.data * np.float32(factor)
    return training


def cut_off():
    """The gradient stops at a detached tensor, and is zero below through a factor of 0."""
    training = healthy()
    training.model.bend = lambda x: x * 0.0
    return training


def slope_of_the_root():
    """sqrt(0) is 0, and its slope infinite: all is finite forward."""
    return bent(lambda x: ops.sqrt(x * x * 0.0) + x)


@op
def with_constant(x, c, /):
    """``x`` alone; the gradient of ``c``, a constant for which nobody asks, is infinite."""
    return x, lambda g: (g, np.full_like(c, np.inf))


def slope_behind_a_constant():
    """The root again; behind it is an infinite gradient that goes nowhere."""
    c = np.zeros((12, 8), dtype="float32")
    return bent(lambda x: with_constant(ops.sqrt(x * x * 0.0) + x, c))


def all_masked():
    """A softmax over a row whose scores are all masked by hand."""

    def bend(x):
        mask = np.zeros(x.shape, dtype=bool)
        mask[2] = True
        return x + ops.softmax(ops.masked_fill(x, mask=mask, value=-np.inf))

    return bent(bend)


def added_mask():
    """The same by a mask that is added, and comes from outside."""

    def bend(x):
        mask = np.zeros(x.shape, dtype=x.dtype)
        mask[1] = -np.inf
        return x + ops.softmax(x + mask)

    return bent(bend)


def broken_embedding():
    """A row of an embedding is NaN; it is met in the third update, and most rows never."""
    model = Lookup()
    set_weight(model.table.weight, lambda w: w[8].fill(np.nan))
    batches = [stream(0, "ids", i).integers(8, size=(6, 4)) for i in range(5)]
    batches[2][1, 2] = 8
    return Training(
        model,
        lambda ids: ops.cross_entropy(model(ids), targets=ids[:, 0] % 2),
        batches,
        lambda: AdamW(model.parameters(), lr=0.01),
    )


def after_overflow():
    """inf / inf is NaN in the division; exp has made the infinities."""

    def bend(x):
        e = ops.exp(x * 0.0 + 1000.0)
        return x + e / e.sum(axis=-1, keepdims=True)

    return bent(bend)


def late_division():
    return bent(lambda x: x / (x.sum(axis=-1, keepdims=True) * 0.0), at=3)


@dataclass(frozen=True)
class Fault:
    """A fault, and what must be said of it."""

    put: Callable[[], Training]
    kind: str
    where: str
    op: str | None = None
    direction: str | None = None
    step: int | None = None
    inputs: str | None = None
    count: int | None = None


FAULTS = {
    "NaN in a weight": Fault(
        nan_in_a_weight, "not finite", "hidden.inner.weight", "linear", "forward", 0, count=1
    ),
    "infinite weight": Fault(
        infinite_weight, "not finite", "hidden.outer.weight", "linear", "forward", 0, count=1
    ),
    "NaN in an input": Fault(
        nan_in_an_input, "not finite", "enter", "linear", "forward", 4, "not finite", 1
    ),
    "log of 0": Fault(
        lambda: bent(lambda x: x + ops.log(x * 0.0)),
        "not finite", "(model)", "log", "forward", 0, "finite", 96,
    ),
    "division by 0": Fault(
        late_division, "not finite", "(model)", "divide", "forward", 3, "finite", 96
    ),
    "overflow of exp": Fault(
        lambda: bent(lambda x: x + ops.exp(x * 0.0 + 1000.0)),
        "not finite", "(model)", "exp", "forward", 0, "finite", 96,
    ),
    "infinity by infinity": Fault(
        after_overflow, "not finite", "(model)", "exp", "forward", 0, "finite", 96
    ),
    "float16 overflow": Fault(
        float16_overflow, "not finite", "(model)", "multiply", "forward", 0, "finite"
    ),
    "slope of a root at 0": Fault(
        slope_of_the_root, "not finite", "(model)", "sqrt", "backward", 0, "finite", 96
    ),
    "slope of a root behind a constant": Fault(
        slope_behind_a_constant, "not finite", "(model)", "sqrt", "backward", 0, "finite", 96
    ),
    "a row that is all masked": Fault(
        all_masked, "not finite", "(model)", "softmax", "forward", 0, "infinite", 8
    ),
    "a mask that is added": Fault(
        added_mask, "not finite", "(model)", "softmax", "forward", 0, "infinite", 8
    ),
    "a row of an embedding": Fault(
        broken_embedding, "not finite", "table.weight", "embedding", "forward", 2, count=8
    ),
    "learning rate far too large": Fault(
        lambda: learning_rate(30.0), "update too large", "", step=0
    ),
    "learning rate far too small": Fault(
        lambda: learning_rate(1e-12), "update too small", "(optimizer)", step=5
    ),
    "gradient uphill": Fault(gradient_uphill, "loss rises", "(loss)"),
    "relu dead by its bias": Fault(
        lambda: dead_by_bias(ops.relu), "dead units", "hidden", "relu", "forward", 5, count=16
    ),
    "most of a layer dead": Fault(
        half_dead, "dead units", "hidden", "relu", "forward", 7, count=9
    ),
    "gelu dead by its bias": Fault(
        lambda: dead_by_bias(ops.gelu), "dead units", "hidden", "gelu", "forward", 5, count=16
    ),
    "exploding gradient": Fault(
        exploding, "gradient explodes", "", direction="backward", step=12
    ),
    "forgotten by the optimiser": Fault(
        forgotten, "forgotten by the optimiser", "norm.weight", step=0, count=2
    ),
    "no path to the loss": Fault(unused, "no gradient", "spare.weight", step=5, count=2),
    "weights far too large": Fault(
        lambda: scaled_weights(1e4), "activations too large", "enter", "linear", "forward", 0
    ),
    "weights of 0": Fault(lambda: scaled_weights(0.0), "no gradient", "enter.weight", step=5),
    "a product with 0": Fault(cut_off, "no gradient", "enter.weight", step=5),
}  # fmt: skip
