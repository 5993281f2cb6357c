"""Every op again, as slowly and as plainly as possible: what the rules are compared with."""

import math
from collections.abc import Callable

import numpy as np


def elementwise(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """``function`` of Python floats, over operands that broadcast."""

    def reference(*operands: np.ndarray) -> np.ndarray:
        rows = np.broadcast(*operands)
        return np.array([function(*map(float, row)) for row in rows]).reshape(rows.shape)

    return reference


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    rows = a if a.ndim > 1 else a[None, :]
    columns = b if b.ndim > 1 else b[:, None]
    batch = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows = np.broadcast_to(rows, batch + rows.shape[-2:])
    columns = np.broadcast_to(columns, batch + columns.shape[-2:])
    y = np.zeros((*batch, rows.shape[-2], columns.shape[-1]))
    for *place, t, o in np.ndindex(*y.shape):
        row, column = rows[(*place, t)], columns[(*place, slice(None), o)]
        y[(*place, t, o)] = math.fsum(float(p) * float(q) for p, q in zip(row, column, strict=True))
    y = y if a.ndim > 1 else y[..., 0, :]
    return y if b.ndim > 1 else y[..., 0]


def take(x: np.ndarray, *, index: object) -> np.ndarray:
    places = np.arange(x.size).reshape(x.shape)[index]
    values = x.ravel().tolist()
    return np.array([values[i] for i in np.ravel(places)]).reshape(np.shape(places))


def reshape(x: np.ndarray, *, shape: tuple[int, ...]) -> np.ndarray:
    known = math.prod(n for n in shape if n != -1)
    return np.array(x.ravel().tolist()).reshape([n if n != -1 else x.size // known for n in shape])


def transpose(x: np.ndarray, *, axes: tuple[int, ...] | None = None) -> np.ndarray:
    order = [i % x.ndim for i in axes] if axes is not None else list(range(x.ndim))[::-1]
    y = np.zeros([x.shape[i] for i in order])
    for place in np.ndindex(*y.shape):
        source = [0] * x.ndim
        for i, n in zip(order, place, strict=True):
            source[i] = n
        y[place] = x[tuple(source)]
    return y


def total(x: np.ndarray, *, axis: object = None, keepdims: bool = False) -> np.ndarray:
    axes = range(x.ndim) if axis is None else np.atleast_1d(np.array(axis, dtype=int))
    summed = {int(i) % x.ndim for i in axes} if x.ndim else set()
    y = np.zeros([1 if i in summed else n for i, n in enumerate(x.shape)])
    for place in np.ndindex(*x.shape):
        y[tuple(0 if i in summed else n for i, n in enumerate(place))] += x[place]
    return y if keepdims else y.reshape([n for i, n in enumerate(x.shape) if i not in summed])


def average(x: np.ndarray, *, axis: object = None, keepdims: bool = False) -> np.ndarray:
    return total(x, axis=axis, keepdims=keepdims) / total(
        np.ones(x.shape), axis=axis, keepdims=keepdims
    )


def concatenate(*parts: np.ndarray, axis: int = 0) -> np.ndarray:
    slices = [piece for part in parts for piece in np.moveaxis(part, axis, 0)]
    rest = np.moveaxis(parts[0], axis, 0).shape[1:]
    return np.moveaxis(np.array(slices).reshape(len(slices), *rest), 0, axis)


def along(axis: int, function: Callable[[list[float]], list[float]], x: np.ndarray) -> np.ndarray:
    """``function`` of every slice along ``axis``."""
    front = np.moveaxis(x, axis, -1)
    rows = [function(front[place].tolist()) for place in np.ndindex(*front.shape[:-1])]
    return np.moveaxis(np.array(rows).reshape(front.shape), -1, axis)


def log_sum_exp(row: list[float]) -> float:
    highest = max(row)
    return highest + math.log(math.fsum(math.exp(s - highest) for s in row))


def softmax(x: np.ndarray, *, axis: int = -1) -> np.ndarray:
    return along(axis, lambda row: [math.exp(s - log_sum_exp(row)) for s in row], x)


def log_softmax(x: np.ndarray, *, axis: int = -1) -> np.ndarray:
    return along(axis, lambda row: [s - log_sum_exp(row) for s in row], x)


def layer_norm(
    x: np.ndarray, gain: np.ndarray, bias: np.ndarray, *, eps: float = 1e-5
) -> np.ndarray:
    def normalised(row: list[float]) -> list[float]:
        mean = math.fsum(row) / len(row)
        variance = math.fsum((v - mean) ** 2 for v in row) / len(row)
        return [
            a * (v - mean) / math.sqrt(variance + eps) + b
            for v, a, b in zip(row, gain.tolist(), bias.tolist(), strict=True)
        ]

    return along(-1, normalised, x)


def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    y = np.zeros((*x.shape[:-1], weight.shape[0]))
    for *place, o in np.ndindex(*y.shape):
        products = [float(a) * float(w) for a, w in zip(x[tuple(place)], weight[o], strict=True)]
        y[(*place, o)] = math.fsum([*products, bias[o]])
    return y


def embedding(table: np.ndarray, *, ids: np.ndarray) -> np.ndarray:
    y = np.zeros((*np.shape(ids), table.shape[1]))
    for *place, d in np.ndindex(*y.shape):
        y[(*place, d)] = table[int(np.asarray(ids)[tuple(place)]), d]
    return y


def cross_entropy(
    logits: np.ndarray, *, targets: np.ndarray, ignore_index: int = -100
) -> np.ndarray:
    losses = [
        log_sum_exp(logits[place].tolist()) - logits[place][int(target)]
        for place, target in np.ndenumerate(np.asarray(targets))
        if target != ignore_index
    ]
    return np.array(math.fsum(losses) / max(len(losses), 1))


def cross_entropy_with_probabilities(
    logits: np.ndarray, *, probabilities: np.ndarray
) -> np.ndarray:
    losses = [
        q * (log_sum_exp(logits[place].tolist()) - z)
        for place in np.ndindex(*logits.shape[:-1])
        for q, z in zip(probabilities[place], logits[place], strict=True)
    ]
    return np.array(math.fsum(losses) / math.prod(logits.shape[:-1]))


def attention(
    query: np.ndarray,
    key: np.ndarray,
    value: np.ndarray,
    bias: np.ndarray | float = 0.0,
    *,
    mask: np.ndarray | None = None,
    keep: np.ndarray | None = None,
    scale: float | None = None,
) -> np.ndarray:
    c = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    batch = np.broadcast_shapes(*(np.shape(x)[:-2] for x in (query, key, value, bias)))
    queries, keys, values = (np.broadcast_to(x, batch + x.shape[-2:]) for x in (query, key, value))
    scores_shape = (*batch, query.shape[-2], key.shape[-2])
    allowed = np.broadcast_to(True if mask is None else mask, scores_shape)
    factors = np.broadcast_to(1.0 if keep is None else keep, scores_shape)
    added = np.broadcast_to(bias, scores_shape)
    y = np.zeros((*batch, query.shape[-2], value.shape[-1]))
    for *place, t in np.ndindex(*y.shape[:-1]):
        here = tuple(place)
        attended = [s for s in range(key.shape[-2]) if allowed[(*here, t, s)]]
        scores = [
            c * math.fsum(queries[(*here, t)] * keys[(*here, s)]) + added[(*here, t, s)]
            for s in attended
        ]
        for s, score in zip(attended, scores, strict=True):
            weight = math.exp(score - log_sum_exp(scores)) * factors[(*here, t, s)]
            y[(*here, t)] += weight * values[(*here, s)]
    return y
