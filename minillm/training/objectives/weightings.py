"""Weights of the losses themselves: chosen, learned, or moved by how the losses fall."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minillm.autograd import Parameter, Tensor, no_grad
from minillm.backend import Array
from minillm.nn import Module
from minillm.ops import exp, softmax
from minillm.training.accumulation import mean_gradients
from minillm.training.objectives.aggregated import Aggregated
from minillm.training.objectives.aggregators import lengths_of


def weighted_loss(losses: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """One loss of several, for which no aggregator is needed::

        L = sum_i w_i L_i

    Raises:
        ValueError: no loss, not one weight for each, or a weight that is negative or not finite.
    """
    if not losses or len(losses) != len(weights):
        raise ValueError(
            f"weighted_loss: needs at least one loss and a weight for each, got {len(losses)} "
            f"losses and {len(weights)} weights"
        )
    if not all(0 <= weight < np.inf for weight in weights):
        raise ValueError(f"weighted_loss: weights must be at least 0 and finite, got {weights!r}")
    first, *others = (loss * float(w) for loss, w in zip(losses, weights, strict=True))
    return sum(others, start=first)


class UncertaintyWeights(Module):
    """One loss of several, with weights that are learned beside the model::

        L = ½ sum_i (exp(-s_i) L_i + s_i)

    s_i is the logarithm of the variance of task i's errors, and a parameter, which the optimizer
    must be given.  Where s is at its best the weight is ``½ / L_i``: what counts is how many per
    cent a loss falls.  A loss that can be 0 or negative drives s to minus infinity.  The form is
    that for squared errors; for cross-entropies the paper has ``exp(-s_i) L_i + ½ s_i``.

    Raises:
        ValueError: fewer than 1 task.  When called: not ``n_tasks`` losses.
    Source: Kendall, Gal & Cipolla 2018, "Multi-Task Learning Using Uncertainty to Weigh Losses for
        Scene Geometry and Semantics", arXiv:1705.07115.
    """

    def __init__(self, n_tasks: int, dtype: Any = np.float32):
        if n_tasks < 1:
            raise ValueError(f"UncertaintyWeights: n_tasks must be at least 1, got {n_tasks}")
        self.log_variances = Parameter(np.zeros(n_tasks, dtype=dtype))

    def forward(self, losses: Sequence[Tensor]) -> Tensor:
        """The one loss."""
        n_tasks = self.log_variances.size
        if len(losses) != n_tasks:
            raise ValueError(f"UncertaintyWeights: {len(losses)} losses for {n_tasks} tasks")
        weights = exp(-self.log_variances)
        total = self.log_variances.sum()
        for i, loss in enumerate(losses):
            total = total + weights[i] * loss
        return total * 0.5


class GradNorm(Aggregated):
    """Weights that keep the gradients at like lengths, longer where a task lags behind::

        G_i = w_i |g_i|,   r_i = (L_i / L_i(0)) / mean_j (L_j / L_j(0))
        w_i -= rate sign(G_i - mean(G) r_i^alpha) |g_i| / mean(G),   then sum_i w_i = m

    To be given to ``fit`` as ``gradients``.  The weights are those of the losses, so parameters of
    one task get them, too.  g_i is the gradient over all that the tasks share.  The slope is that
    of the paper, divided by the mean length, so that a rate means the same for losses of any unit
    (the paper lets Adam do so); no weight falls below 0.001.  ``next_weights`` are not part of a
    checkpoint.

    Raises:
        ValueError: ``alpha`` is negative or ``rate`` not positive.  When called: a first loss that
            is not positive.
    Source: Chen et al. 2018, "GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep
        Multitask Networks", arXiv:1711.02257, algorithm 1.
    """

    own_weights = True

    def __init__(self, alpha: float = 1.5, rate: float = 0.025):
        if not (0 <= alpha < np.inf and 0 < rate < np.inf):
            raise ValueError(f"GradNorm: alpha >= 0 and rate > 0 are needed, got {alpha}, {rate}")
        super().__init__(lambda gram: np.ones(len(gram)))
        self.alpha, self.rate = alpha, rate
        self.first: np.ndarray | None = None
        self.next_weights: np.ndarray | None = None

    def weigh(self, losses: np.ndarray, gram: np.ndarray) -> np.ndarray:
        """The weights of this update; those of the next are made on the way."""
        if self.first is None or self.next_weights is None:
            if losses.min() <= 0:
                raise ValueError(f"GradNorm: first losses must be positive, got {losses.tolist()}")
            self.first, self.next_weights = losses, np.ones_like(losses)
        now, lengths = self.next_weights, lengths_of(gram)
        scaled = now * lengths
        if scaled.mean() > 0:
            rates = losses / self.first
            behind = rates / rates.mean() if rates.mean() > 0 else np.ones_like(rates)
            goal = scaled.mean() * np.maximum(behind, 0.0) ** self.alpha
            slope = np.sign(scaled - goal) * lengths / scaled.mean()
            moved = np.maximum(now - self.rate * slope, 1e-3)
            self.next_weights = moved * len(moved) / moved.sum()
        return now


class Famo:
    """Weights under which all losses fall by like per cents, with one backward pass for all::

        z = softmax(x),   w_i = c z_i / (L_i - b_i),   sum_i w_i = 1
        x -= rate (D' [log(L_i - b_i) before - after] + decay x),   D the Jacobian of softmax

    To be given to ``fit`` as ``gradients``.  What a step did is seen at the next one: its batch is
    then asked again for its losses, without a graph, which also draws dropout again.  x moves by
    plain steps, as in the paper; its code uses Adam.  The weights are those of the losses, for
    all parameters.  An update takes one batch, and ``logits`` are not part of a checkpoint.

    Raises:
        ValueError: ``rate`` is not positive or ``decay`` negative.  When called: several batches,
            no loss, another number of them, or a loss that is not above its bound.
    Source: Liu et al. 2023, "FAMO: Fast Adaptive Multitask Optimization", arXiv:2306.03792,
        algorithm 1.
    """

    def __init__(self, rate: float = 0.025, decay: float = 1e-3, bounds: Any = 0.0):
        if not (0 < rate < np.inf and 0 <= decay < np.inf):
            raise ValueError(f"Famo: rate > 0 and decay >= 0 are needed, got {rate}, {decay}")
        self.rate, self.decay, self.bounds = rate, decay, np.asarray(bounds, dtype=np.float64)
        self.logits: np.ndarray | None = None
        self.weights: np.ndarray | None = None
        self.waiting: tuple[Any, np.ndarray] | None = None  # a batch, and its losses before

    def __call__(
        self,
        loss_of: Callable[[Any], Any],
        batches: Sequence[Any],
        parameters: Sequence[Parameter],
        *,
        counts: Sequence[float],
        allow_unused: bool = False,
    ) -> tuple[Array, list[Array | None]]:
        """The weighted loss of the batch, and its gradients."""
        if len(batches) != 1:
            raise ValueError(f"Famo: an update takes one batch, got {len(batches)}")
        if self.waiting is not None:
            (batch, before), self.waiting = self.waiting, None
            with no_grad():
                self.learn(before, self.logarithms(loss_of(batch)))

        def loss(batch: Any) -> Tensor:
            losses = loss_of(batch)
            logs = self.logarithms(losses)
            if self.logits is None or len(self.logits) != len(logs):
                self.logits = np.zeros_like(logs)
            self.weights = softmax(Tensor(self.logits)).data * np.exp(logs.min() - logs)
            self.weights /= self.weights.sum()
            self.waiting = batch, logs
            return weighted_loss(losses, self.weights.tolist())

        return mean_gradients(loss, batches, parameters, counts=counts, allow_unused=allow_unused)

    def logarithms(self, losses: Sequence[Tensor]) -> np.ndarray:
        """``log(L_i - b_i)``, (m,)."""
        if not losses:
            raise ValueError("Famo: needs at least one loss, got none")
        above = np.array([float(loss.data) for loss in losses]) - self.bounds
        if not above.min() > 0:
            raise ValueError(
                f"Famo: every loss must be above its bound, got {above.tolist()} above bounds "
                f"{self.bounds.tolist()}; give lower bounds"
            )
        logs: np.ndarray = np.log(above)
        return logs

    def learn(self, before: np.ndarray, after: np.ndarray) -> None:
        """Move the logits towards tasks whose losses fell least."""
        if self.logits is not None:
            z, fall = softmax(Tensor(self.logits)).data, before - after
            slope = z * (fall - z @ fall) + self.decay * self.logits
            self.logits = self.logits - self.rate * slope
