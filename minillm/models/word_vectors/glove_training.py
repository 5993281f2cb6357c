"""Passes over the counts that make the vectors of GloVe.

Letters: V words, D width, N cells of the counts X that are not 0, B cells in a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from minillm.backend import stream
from minillm.models.word_vectors.cooccurrence import Cooccurrences
from minillm.models.word_vectors.glove import Weighting, glove
from minillm.models.word_vectors.settings import between, whole


@dataclass(frozen=True)
class GloveSettings:
    """The width, the weights of the cells, and how GloVe learns.

    The program of the paper steps after every cell; ours after ``batch`` of them, whose gradients
    of one word are added up: on a text of 365,000 words, J after ten passes was 0.031 with 32 cells
    in a step and 0.032 with 1024.  A text so small needs a rate such as 0.15: J was 0.014 then.

    Raises:
        ValueError, TypeError: a value that cannot be, with its name.
    Source: Pennington, Socher & Manning 2014, "GloVe: Global Vectors for Word Representation",
        section 4.2, for all values but those of ``width`` and ``batch``.
    """

    width: int = 100  # of a vector
    weighting: Weighting = field(default_factory=Weighting)
    rate: float = 0.05
    epochs: int = 50
    batch: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("width", "epochs", "batch"):
            whole(name, getattr(self, name), least=1)
        whole("seed", self.seed, least=0)
        between("rate", self.rate, 0.0, np.inf)


class Glove(NamedTuple):
    """The four parameters, and beside each the sum of its squared gradients.

    A table and its biases are one array: the bias of a word is the last number of its row.

    Shapes: ``main, context (V, D + 1)``, and their ``squares``.
    """

    main: np.ndarray
    context: np.ndarray
    main_squares: np.ndarray
    context_squares: np.ndarray

    @classmethod
    def start(cls, size: int, width: int, rng: np.random.Generator) -> Glove:
        """Before training: all uniform in ±1/(2D), and all squares 1, as the paper's program."""
        tables = (rng.random((2, size, width + 1), dtype=np.float32) - 0.5) / np.float32(width)
        return cls(*tables, *np.ones_like(tables))

    @property
    def table(self) -> np.ndarray:
        """The vectors that are kept in the end, ``w + w̃``, (V, D)."""
        return self.main[:, :-1] + self.context[:, :-1]

    def fitted(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """What the model has for log X at some cells: ``w_i · w̃_j + b_i + b̃_j``, (N,)."""
        main, context = self.main[rows], self.context[columns]
        products = np.einsum("nd,nd->n", main[:, :-1], context[:, :-1])
        found: np.ndarray = products + main[:, -1] + context[:, -1]
        return found


class Trained(NamedTuple):
    """What is known after a pass; the model is the one that training goes on with."""

    model: Glove
    epochs: int  # passes so far
    loss: float  # J, the sum over all cells, each before its own step


def start_model(x: Cooccurrences, settings: GloveSettings) -> Glove:
    """The model before training, as the seed has it."""
    rng = stream(settings.seed, "GloVe at the start")
    return Glove.start(x.vocabulary_size, settings.width, rng)


def train_glove(
    x: Cooccurrences, settings: GloveSettings, *, model: Glove | None = None, start: int = 0
) -> Iterator[Trained]:
    """Passes over the cells of X in random order; the caller may leave after any of them::

        J = sum of f(X_ij) (w_i · w̃_j + b_i + b̃_j - log X_ij)² over all cells that are not 0

    To go on, give the ``model`` as it was after ``start`` passes: the rest is the same, bit for
    bit, for all that is random depends on the seed and the number of the pass.  The arrays that
    are given are changed.

    Raises:
        ValueError: no cell; a count that is not a number above 0; ``start`` is not from 0 to the
            number of passes; a model of another size, or none to go on from; J is not finite.
    Guide: 4.1.1 (G10).
    """
    if not len(x.counts) or not (np.isfinite(x.counts) & (x.counts > 0)).all():
        raise ValueError("train_glove: at least one count is needed, and each must be above 0")
    if not 0 <= start <= settings.epochs:
        raise ValueError(f"start must be from 0 to {settings.epochs}, got {start}")
    if start and model is None:
        raise ValueError(f"to start at pass {start}, give the model as it was there")
    size = (x.vocabulary_size, settings.width)
    if model is None:
        model = start_model(x, settings)
    if any(array.shape != (size[0], size[1] + 1) for array in model):
        raise ValueError(f"the model must have {size[0]} words of width {size[1]}, and a bias each")
    return passes(x, settings, model, start)


def passes(
    x: Cooccurrences, settings: GloveSettings, model: Glove, start: int
) -> Iterator[Trained]:
    """``train_glove`` once its arguments are known to fit."""
    for epoch in range(start, settings.epochs):
        order = stream(settings.seed, "GloVe, order of cells", epoch).permutation(len(x.counts))
        loss = 0.0
        for begin in range(0, len(order), settings.batch):
            some = order[begin : begin + settings.batch]
            loss += step(model, x.rows[some], x.columns[some], x.counts[some], settings)
        if not np.isfinite(loss):
            raise ValueError(f"GloVe: J of pass {epoch} is {loss}; lower rate or batch")
        yield Trained(model, epoch + 1, loss)


def step(
    model: Glove,
    rows: np.ndarray,
    columns: np.ndarray,
    counts: np.ndarray,
    settings: GloveSettings,
) -> float:
    """One step of AdaGrad on B cells; the model changes in place, J of the cells was as returned.

    Only the rows of the words in these cells are touched.
    """
    main, context = model.main[rows], model.context[columns]
    found = glove(
        main[:, :-1], context[:, :-1], main[:, -1], context[:, -1], counts, settings.weighting
    )
    d_main = np.column_stack([found.d_w, found.d_b])
    d_context = np.column_stack([found.d_w_tilde, found.d_b_tilde])
    adagrad(model.main, model.main_squares, rows, d_main, settings.rate)
    adagrad(model.context, model.context_squares, columns, d_context, settings.rate)
    return float(found.loss.sum(dtype=np.float64))


def adagrad(
    table: np.ndarray, squares: np.ndarray, ids: np.ndarray, gradients: np.ndarray, rate: float
) -> None:
    """Each number steps the less, the more its gradients have been; rows without one stay::

        g_v = sum of gradients[i] over all i with ids[i] = v
        table_v -= rate g_v / sqrt(squares_v + g_v²),      squares_v += g_v²

    Shapes: ``table, squares (V, D), ids (B,), gradients (B, D)``; both tables change in place.

    Source: Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods for Online Learning and
        Stochastic Optimization", JMLR 12.
    """
    order = np.argsort(ids, kind="stable")
    ascending = ids[order]
    first = np.flatnonzero(np.diff(ascending, prepend=-1))  # where each word begins
    v = ascending[first]
    g = np.add.reduceat(gradients[order], first, axis=0)
    squares[v] += g * g
    table[v] -= table.dtype.type(rate) * g / np.sqrt(squares[v])


def objective(model: Glove, x: Cooccurrences, weighting: Weighting | None = None) -> float:
    """J of all cells as the model is now, in float64."""
    main, context = (np.asarray(table, dtype=np.float64) for table in model[:2])
    a, b = main[x.rows], context[x.columns]
    found = glove(a[:, :-1], b[:, :-1], a[:, -1], b[:, -1], x.counts, weighting)
    return float(found.loss.sum())


def to_arrays(model: Glove) -> dict[str, np.ndarray]:
    """The model as named arrays, for a file."""
    return model._asdict()


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Glove:
    """The model that ``to_arrays`` gave.

    Raises:
        ValueError: other names than those.
    """
    if set(arrays) != set(Glove._fields):
        raise ValueError(f"a GloVe model has {', '.join(Glove._fields)}; got {', '.join(arrays)}")
    return Glove(**{name: np.array(array) for name, array in arrays.items()})
