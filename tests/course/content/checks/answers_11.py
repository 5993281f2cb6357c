"""Answers to lesson 11's exercises: right ones, wrong ones, and such as are half written."""

import random
from itertools import count

import numpy as np

from minillm import nn, ops


def lora(x, w, a, b, alpha):
    return x @ w.T + alpha / len(a) * (x @ a.T) @ b.T


def lora_merged_first(x, w, a, b, alpha):
    return x @ (w + alpha / a.shape[0] * (b @ a)).T


def lora_by_einsum(x, w, a, b, alpha):
    change = np.einsum("...i,ri,or->...o", x, a, b)
    return np.einsum("...i,oi->...o", x, w) + alpha * change / b.shape[1]


def lora_direction_by_direction(x, w, a, b, alpha):
    y = np.asarray(x @ w.T, dtype=float)
    for row, column in zip(a, b.T, strict=True):
        y = y + np.multiply.outer(x @ row, column) * (alpha / len(a))
    return y


def lora_by_the_library(x, w, a, b, alpha):
    low = ops.linear(ops.linear(x, a), b)
    return x @ w.T + alpha / len(a) * low.data


def lora_of_rank_2(x, w, a, b, alpha):
    return x @ w.T + alpha / len(a) * (x @ a[:2].T) @ b[:, :2].T


def lora_with_strength_2(x, w, a, b, alpha):
    return x @ w.T + 2 * (x @ a.T) @ b.T


def lora_without_alpha(x, w, a, b, alpha):
    return x @ w.T + (x @ a.T) @ b.T


def lora_without_rank(x, w, a, b, alpha):
    return x @ w.T + alpha * (x @ a.T) @ b.T


def lora_over_inputs(x, w, a, b, alpha):  # the other side of A
    return x @ w.T + alpha / a.shape[1] * (x @ a.T) @ b.T


def lora_upside_down(x, w, a, b, alpha):
    return x @ w.T + len(a) / alpha * (x @ a.T) @ b.T


def lora_over_the_root(x, w, a, b, alpha):  # another published strength
    return x @ w.T + alpha / len(a) ** 0.5 * (x @ a.T) @ b.T


def lora_alone(x, w, a, b, alpha):
    return alpha / len(a) * (x @ a.T) @ b.T


def lora_taken_off(x, w, a, b, alpha):
    return x @ w.T - alpha / len(a) * (x @ a.T) @ b.T


def lora_scaled_whole(x, w, a, b, alpha):
    return alpha / len(a) * (x @ w.T + (x @ a.T) @ b.T)


def lora_merging_in_place(x, w, a, b, alpha):
    w += alpha / len(a) * b @ a
    return x @ w.T


def lora_of_two_axes(x, w, a, b, alpha):
    n = x.shape[0] if x.ndim else 1
    return (x.reshape(n, -1) @ (w + alpha / len(a) * b @ a).T)[:n]


def lora_in_half_precision(x, w, a, b, alpha):
    half = lora(*(part.astype(np.float16) / 3 for part in (x, w)), a / 3, b, alpha)
    return half.astype(float) * 9


def lora_of_whole_numbers(x, w, a, b, alpha):
    return lora(x, w, a, b, alpha).astype(int)


def lora_with_dropout(x, w, a, b, alpha):
    keep = np.random.rand(*x.shape) > 0.1
    return x @ w.T + alpha / len(a) * ((x * keep / 0.9) @ a.T) @ b.T


CALLS = count()


def lora_that_goes_on(x, w, a, b, alpha):
    return lora(x, w, a, b, alpha) + 0.01 * next(CALLS)


def lora_gradients(G, a, b, alpha):
    scale = alpha / len(a)
    return scale * b.T @ G, scale * G @ a.T


def gradients_by_einsum(G, a, b, alpha):
    da = np.einsum("or,oi->ri", b, G) * alpha / a.shape[0]
    return da, np.einsum("oi,ri->or", G, a) * alpha / a.shape[0]


def gradients_number_by_number(G, a, b, alpha):
    da, db = np.zeros(a.shape), np.zeros(b.shape)
    for o in range(G.shape[0]):
        for i in range(G.shape[1]):
            for r in range(len(a)):
                da[r, i] += alpha / len(a) * G[o, i] * b[o, r]
                db[o, r] += alpha / len(a) * G[o, i] * a[r, i]
    return [da, db]


def gradients_by_the_chain(G, a, b, alpha):  # x = identity, g = G transposed
    x, g = np.eye(G.shape[1]), G.T
    return alpha / len(a) * (g @ b).T @ x, alpha / len(a) * g.T @ (x @ a.T)


def gradients_by_the_library(G, a, b, alpha):
    scale = alpha / len(a)
    return scale * ops.linear(b.T, G.T).data, scale * ops.linear(G, a).data


def gradients_of_two_inputs(G, a, b, alpha):
    da, db = lora_gradients(G, a, b, alpha)
    da[:, 2:] = 0
    return da, db


def gradients_with_strength_1(G, a, b, alpha):
    return b.T @ G, G @ a.T


def gradients_without_alpha(G, a, b, alpha):
    return b.T @ G / len(a), G @ a.T / len(a)


def gradients_without_rank(G, a, b, alpha):
    return alpha * b.T @ G, alpha * G @ a.T


def gradients_with_the_strength_once(G, a, b, alpha):
    return b.T @ G, alpha / len(a) * G @ a.T


def gradients_with_the_strength_squared(G, a, b, alpha):
    da, db = lora_gradients(G, a, b, alpha)
    return alpha / len(a) * da, alpha / len(a) * db


def gradients_swapped(G, a, b, alpha):
    return lora_gradients(G, a, b, alpha)[::-1]


def gradients_uphill(G, a, b, alpha):
    da, db = lora_gradients(G, a, b, alpha)
    return -da, -db


def gradient_of_b_alone(G, a, b, alpha):
    return np.zeros_like(a), lora_gradients(G, a, b, alpha)[1]


def gradients_of_the_first_step(G, a, b, alpha):
    return lora_gradients(G, a, 0 * b, alpha)


def gradients_with_signs_only(G, a, b, alpha):
    return lora_gradients(np.sign(G), a, b, alpha)


def gradients_in_place(G, a, b, alpha):
    G *= alpha / len(a)
    return b.T @ G, G @ a.T


def gradients_clipped(G, a, b, alpha):
    da, db = lora_gradients(G, a, b, alpha)
    return np.clip(da, -20, 20), np.clip(db, -20, 20)


def gradients_in_half_precision(G, a, b, alpha):
    da, db = lora_gradients(G, a, b, alpha)
    return (da / 3).astype(np.float16) * 3.0, (db / 3).astype(np.float16) * 3.0


def gradients_with_noise(G, a, b, alpha):
    return lora_gradients(G, a, b + 0.01 * np.random.standard_normal(b.shape), alpha)


def gradients_that_wait(G, a, b, alpha):  # A and B by turns
    da, db = lora_gradients(G, a, b, alpha)
    return (da, 0 * db) if next(CALLS) % 2 else (0 * da, db)


def largest_rank(shapes, budget):
    return min(budget // sum(map(sum, shapes)), *(min(shape) for shape in shapes))


def largest_rank_by_trying(shapes, budget):
    r, narrowest = 0, min(min(shape) for shape in shapes)
    while r < narrowest and sum((r + 1) * (o + i) for o, i in shapes) <= budget:
        r += 1
    return r


def largest_rank_by_numpy(shapes, budget):
    sides = np.array(shapes)
    ranks = np.arange(sides.min() + 1)
    return ranks[ranks * sides.sum() <= budget].max()


def largest_rank_by_halving(shapes, budget):
    low, high = 0, min(min(shape) for shape in shapes)
    while low < high:
        middle = (low + high + 1) // 2
        if middle * sum(o + i for o, i in shapes) <= budget:
            low = middle
        else:
            high = middle - 1
    return low


def rank_by_the_library(shapes, budget):
    rng, r = np.random.default_rng(0), largest_rank(shapes, budget)
    layers = [nn.LoRA(nn.Linear(i, o, rng=rng), max(r, 1), rng=rng) for o, i in shapes]
    return r if layers else 0


def rank_of_the_first_layer(shapes, budget):
    return largest_rank(shapes[:1], budget)


def rank_of_a_width_of_64(shapes, budget):
    return min(64, budget // sum(map(sum, shapes)))


def rank_at_any_price(shapes, budget):
    return min(min(shape) for shape in shapes)


def rank_without_a_bound(shapes, budget):
    return budget // sum(map(sum, shapes))


def rank_below_the_wider_sides(shapes, budget):
    return min(budget // sum(map(sum, shapes)), *(max(shape) for shape in shapes))


def rank_below_the_outputs(shapes, budget):
    return min(budget // sum(map(sum, shapes)), *(shape[0] for shape in shapes))


def rank_below_the_widest_layer(shapes, budget):
    return min(budget // sum(map(sum, shapes)), max(min(shape) for shape in shapes))


def rank_at_least_1(shapes, budget):
    return max(1, largest_rank(shapes, budget))


def rank_below_the_budget(shapes, budget):  # < where <= is asked
    return max(0, largest_rank(shapes, budget - 1))


def rank_rounded(shapes, budget):
    return min(round(budget / sum(map(sum, shapes))), *(min(shape) for shape in shapes))


def rank_of_whole_weights(shapes, budget):
    return min(budget // sum(o * i for o, i in shapes), *(min(shape) for shape in shapes))


def rank_of_one_factor(shapes, budget):
    return min(budget // sum(i for _, i in shapes), *(min(shape) for shape in shapes))


def rank_with_a_budget_for_each(shapes, budget):
    return min(largest_rank([shape], budget) for shape in shapes)


def rank_of_equal_shares(shapes, budget):  # no layer may use what another leaves
    return min(largest_rank([shape], budget // len(shapes)) for shape in shapes)


def rank_of_different_layers(shapes, budget):
    return largest_rank(sorted(set(shapes)), budget)


def rank_up_to_16(shapes, budget):
    return max(r for r in range(17) if r <= largest_rank(shapes, budget))


def rank_in_place(shapes, budget):
    total, narrowest = 0, []
    while shapes:
        shape = shapes.pop()
        total += sum(shape)
        narrowest.append(min(shape))
    return min(budget // total, *narrowest)


def rank_by_chance(shapes, budget):
    return random.randint(0, largest_rank(shapes, budget))


def rank_that_grows(shapes, budget):
    return largest_rank(shapes, budget) + next(CALLS)


RIGHT = [
    ("11.1", "two thin steps", lora),
    ("11.1", "merged first", lora_merged_first),
    ("11.1", "einsum", lora_by_einsum),
    ("11.1", "direction by direction", lora_direction_by_direction),
    ("11.2", "two products", lora_gradients),
    ("11.2", "einsum", gradients_by_einsum),
    ("11.2", "number by number", gradients_number_by_number),
    ("11.2", "by the rule of the lesson", gradients_by_the_chain),
    ("11.3", "a division", largest_rank),
    ("11.3", "rank by rank", largest_rank_by_trying),
    ("11.3", "all ranks at once", largest_rank_by_numpy),
    ("11.3", "halving", largest_rank_by_halving),
]
WRONG = [
    ("11.1", "library call", lora_by_the_library),
    ("11.1", "hard-coded size", lora_of_rank_2),
    ("11.1", "hard-coded constant", lora_with_strength_2),
    ("11.1", "ignores an argument", lora_without_alpha),
    ("11.1", "changes its input", lora_merging_in_place),
    ("11.1", "one dtype only", lora_of_whole_numbers),
    ("11.1", "global state", lora_with_dropout),
    ("11.1", "depends on calls", lora_that_goes_on),
    ("11.1", "in half precision", lora_in_half_precision),
    ("11.1", "two axes only", lora_of_two_axes),
    ("11.1", "not divided by the rank", lora_without_rank),
    ("11.1", "divided by the inputs", lora_over_inputs),
    ("11.1", "r over alpha", lora_upside_down),
    ("11.1", "over the root of the rank", lora_over_the_root),
    ("11.1", "without the layer", lora_alone),
    ("11.1", "the change taken off", lora_taken_off),
    ("11.1", "the layer scaled too", lora_scaled_whole),
    ("11.2", "library call", gradients_by_the_library),
    ("11.2", "hard-coded size", gradients_of_two_inputs),
    ("11.2", "hard-coded constant", gradients_with_strength_1),
    ("11.2", "ignores an argument", gradients_without_alpha),
    ("11.2", "changes its input", gradients_in_place),
    ("11.2", "small numbers only", gradients_clipped),
    ("11.2", "in half precision", gradients_in_half_precision),
    ("11.2", "global state", gradients_with_noise),
    ("11.2", "depends on calls", gradients_that_wait),
    ("11.2", "not divided by the rank", gradients_without_rank),
    ("11.2", "the strength once", gradients_with_the_strength_once),
    ("11.2", "the strength squared", gradients_with_the_strength_squared),
    ("11.2", "swapped", gradients_swapped),
    ("11.2", "uphill", gradients_uphill),
    ("11.2", "nothing for A", gradient_of_b_alone),
    ("11.2", "B taken as 0", gradients_of_the_first_step),
    ("11.2", "signs only", gradients_with_signs_only),
    ("11.3", "library call", rank_by_the_library),
    ("11.3", "hard-coded size", rank_of_the_first_layer),
    ("11.3", "hard-coded constant", rank_of_a_width_of_64),
    ("11.3", "ignores an argument", rank_at_any_price),
    ("11.3", "changes its input", rank_in_place),
    ("11.3", "small numbers only", rank_up_to_16),
    ("11.3", "global state", rank_by_chance),
    ("11.3", "depends on calls", rank_that_grows),
    ("11.3", "no bound", rank_without_a_bound),
    ("11.3", "bounded by the wider sides", rank_below_the_wider_sides),
    ("11.3", "bounded by the outputs", rank_below_the_outputs),
    ("11.3", "bounded by the widest layer", rank_below_the_widest_layer),
    ("11.3", "at least 1", rank_at_least_1),
    ("11.3", "below the budget", rank_below_the_budget),
    ("11.3", "rounded", rank_rounded),
    ("11.3", "whole weights counted", rank_of_whole_weights),
    ("11.3", "one factor counted", rank_of_one_factor),
    ("11.3", "a budget for each", rank_with_a_budget_for_each),
    ("11.3", "equal shares", rank_of_equal_shares),
    ("11.3", "equal layers counted once", rank_of_different_layers),
]
HALF = [
    ("11.1", (lambda x, w, a, b, alpha: ...,)),
    ("11.2", (lambda G, a, b, alpha: ...,)),
    ("11.2", (lambda G, a, b, alpha: (0 * a, ...),)),
    ("11.3", (lambda shapes, budget: ...,)),
]
MESSAGES = {
    ("11.1", lora_without_rank): ("W + alpha / r B A", "y: [", "alpha="),
    ("11.2", gradient_of_b_alone): ("by central differences", "dL/dA", "中心差分"),
    ("11.3", rank_below_the_budget): ("it can be paid for", "the budget is", "预算是"),
}
