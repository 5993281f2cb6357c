"""Answers to lesson 08's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm.models import decoding
from minillm.ops import IGNORE, cross_entropy, scaled_dot_product_attention


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def perplexity(logits, targets):
    log_p, counted = log_softmax(logits), targets != IGNORE
    right = np.where(counted, targets, 0)[..., None]
    return np.exp(-np.take_along_axis(log_p, right, axis=-1)[..., 0][counted].mean())


def perplexity_with_a_floor(logits, targets):
    log_p, counted = log_softmax(logits), targets != IGNORE
    right = np.where(counted, targets, 0)[..., None]
    p = np.exp(np.take_along_axis(log_p, right, axis=-1)[..., 0][counted])
    return np.exp(-np.log(p + 1e-12).mean())


def perplexity_by_loops(logits, targets):
    total, n = 0.0, 0
    for rows, row in zip(logits, targets, strict=True):
        for z, target in zip(rows, row, strict=True):
            if target != -100:
                largest = max(z)
                total += largest - z[target] + np.log(sum(np.exp(x - largest) for x in z))
                n += 1
    return float(np.exp(total / n))


def perplexity_by_one_hot(logits, targets):
    onehot = targets[..., None] == np.arange(logits.shape[-1])  # no row of an ignored one
    return np.exp(-np.einsum("btv,btv->", log_softmax(logits), onehot) / onehot.sum())


def perplexity_flat(logits, targets):
    flat, wanted = logits.reshape(-1, logits.shape[-1]), targets.ravel()
    keep = np.flatnonzero(wanted >= 0)
    return np.prod(np.exp(-log_softmax(flat[keep])[np.arange(len(keep)), wanted[keep]])) ** (
        1 / len(keep)
    )


def loss_instead(logits, targets):
    return np.log(perplexity(logits, targets))


def in_bits_but_e(logits, targets):
    return np.exp(np.log(perplexity(logits, targets)) / np.log(2))


def text_by_text(logits, targets):
    rows = [
        np.log(perplexity(z[None], t[None]))
        for z, t in zip(logits, targets, strict=True)
        if (t != IGNORE).any()
    ]
    return np.exp(np.mean(rows))


def mean_of_perplexities(logits, targets):
    counted = targets != IGNORE
    log_p = log_softmax(logits)[counted]
    return np.exp(-log_p[np.arange(len(log_p)), targets[counted]]).mean()


def divided_by_all(logits, targets):
    counted = targets != IGNORE
    return np.exp(np.log(perplexity(logits, targets)) * counted.sum() / counted.size)


def ignored_are_token_zero(logits, targets):
    return perplexity(logits, np.where(targets == IGNORE, 0, targets))


def ignored_are_the_last_token(logits, targets):
    return perplexity(logits, np.where(targets == IGNORE, logits.shape[-1] - 1, targets))


def naive(logits, targets):
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    counted = targets != IGNORE
    p = p[counted]
    with np.errstate(all="ignore"):
        return np.exp(-np.log(p[np.arange(len(p)), targets[counted]]).mean())


def largest_of_all(logits, targets):  # one shift for all places
    with np.errstate(all="ignore"):
        return naive(logits - logits.max(), targets)


def with_epsilon(logits, targets):
    z = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p = (z / z.sum(axis=-1, keepdims=True))[targets != IGNORE]
    return np.exp(-np.log(p[np.arange(len(p)), targets[targets != IGNORE]] + 1e-2).mean())


def shifted_once_more(logits, targets):
    return perplexity(logits[:, :-1], targets[:, 1:]) if targets.shape[1] > 1 else 1.0


def softmax_over_places(logits, targets):
    z = np.swapaxes(log_softmax(np.swapaxes(logits, 1, 2)), 1, 2)
    counted = targets != IGNORE
    return np.exp(-z[counted][np.arange(counted.sum()), targets[counted]].mean())


def perplexity_by_the_library(logits, targets):
    return np.exp(cross_entropy(logits, targets=targets).data)


def four_tokens(logits, targets):
    return perplexity(logits[..., :4], targets) if logits.shape[-1] >= 4 else 4.0


def always_three_places(logits, targets):
    return np.exp(np.log(perplexity(logits, targets)) * (targets != IGNORE).sum() / 3)


def targets_ignored(logits, targets):  # the most probable token is taken for the target
    best = np.where(targets == IGNORE, IGNORE, logits.argmax(axis=-1))
    return perplexity(logits, best)


def perplexity_in_place(logits, targets):
    logits -= logits.max(axis=-1, keepdims=True)
    return perplexity(logits, targets)


def targets_in_place(logits, targets):
    counted = targets != IGNORE
    targets[~counted] = 0
    return np.exp(
        -np.take_along_axis(log_softmax(logits), targets[..., None], -1)[..., 0][counted].mean()
    )


def perplexity_with_noise(logits, targets):
    return perplexity(logits, targets) * (1 + 1e-3 * np.random.random())


def perplexity_in_half(logits, targets):
    return perplexity(logits.astype(np.float16), targets)


def top_p(p, share):
    order = np.argsort(-p, axis=-1, kind="stable")
    sorted_p = np.take_along_axis(p, order, axis=-1)
    before = np.cumsum(sorted_p, axis=-1) - sorted_p
    kept = np.zeros_like(p)
    np.put_along_axis(kept, order, np.where(before < share, sorted_p, 0), axis=-1)
    return kept / kept.sum(axis=-1, keepdims=True)


def top_p_by_loops(p, share):
    rows = []
    for row in p:
        kept, total = [0.0] * len(row), 0.0
        for i in sorted(range(len(row)), key=lambda i: -row[i]):  # sorted is stable
            if total >= share:
                break
            kept[i] = row[i]
            total += row[i]
        rows.append([x / total for x in kept])
    return np.array(rows)


def top_p_by_pairs(p, share):  # what stands before i: larger ones, and equal ones with smaller ids
    V = p.shape[-1]
    larger = p[:, None, :] > p[:, :, None]
    equal = (p[:, None, :] == p[:, :, None]) & np.tri(V, k=-1, dtype=bool)
    before = np.einsum("bij,bj->bi", (larger | equal).astype(float), p)
    kept = p * (before < share)
    return kept / kept.sum(axis=-1, keepdims=True)


def one_too_few(p, share):
    order = np.argsort(-p, axis=-1, kind="stable")
    kept = np.zeros_like(p)
    for row, ids, out in zip(p, order, kept, strict=True):
        inside = np.cumsum(row[ids]) <= share
        inside[0] = True
        out[ids[inside]] = row[ids[inside]]
    return kept / kept.sum(axis=-1, keepdims=True)


def one_too_many(p, share):
    order = np.argsort(-p, axis=-1, kind="stable")
    sorted_p = np.take_along_axis(p, order, axis=-1)
    before = np.cumsum(sorted_p, axis=-1) - sorted_p
    kept = np.zeros_like(p)
    np.put_along_axis(kept, order, np.where(before <= share, sorted_p, 0), axis=-1)
    return kept / kept.sum(axis=-1, keepdims=True)


def ties_all_stay(p, share):
    kept = np.zeros_like(p)
    for row, out in zip(p, kept, strict=True):
        threshold = row[row > 0].min()
        for x in sorted(set(row), reverse=True):
            threshold = x
            if row[row >= x].sum() >= share:
                break
        out[:] = np.where(row >= threshold, row, 0)
    return kept / kept.sum(axis=-1, keepdims=True)


def larger_ids_first(p, share):
    return top_p(p[:, ::-1], share)[:, ::-1]


def not_renormalised(p, share):
    return np.where(top_p(p, share) > 0, p, 0)


def in_the_order_of_ids(p, share):
    before = np.cumsum(p, axis=-1) - p
    kept = np.where(before < share, p, 0)
    return kept / kept.sum(axis=-1, keepdims=True)


def least_probable_first(p, share):
    order = np.argsort(p, axis=-1, kind="stable")
    sorted_p = np.take_along_axis(p, order, axis=-1)
    kept = np.zeros_like(p)
    before = np.cumsum(sorted_p, axis=-1) - sorted_p
    np.put_along_axis(kept, order, np.where(before < share, sorted_p, 0), axis=-1)
    return kept / kept.sum(axis=-1, keepdims=True)


def sorted_output(p, share):
    return -np.sort(-top_p(p, share), axis=-1)


def threshold_instead(p, share):  # tokens above a share of the largest: min-p
    kept = np.where(p >= (1 - share) * p.max(axis=-1, keepdims=True), p, 0)
    return kept / kept.sum(axis=-1, keepdims=True)


def uniform_over_the_kept(p, share):
    kept = (top_p(p, share) > 0).astype(float)
    return kept / kept.sum(axis=-1, keepdims=True)


def the_first_row_for_all(p, share):
    kept = np.where(top_p(p[:1], share) > 0, p, 0)
    total = kept.sum(axis=-1, keepdims=True)
    return kept / np.where(total > 0, total, 1)


def top_p_by_the_library(p, share):
    with np.errstate(divide="ignore"):
        kept = np.exp(decoding.top_p(np.log(p), p=share))
    return kept / kept.sum(axis=-1, keepdims=True)


def four_columns(p, share):
    return top_p(p[:, :4], share)


def always_nine_tenths(p, share):
    return top_p(p, 0.9)


def share_ignored(p, share):
    return p.copy()


def top_p_in_place(p, share):
    p *= top_p(p, share) > 0
    return p / p.sum(axis=-1, keepdims=True)


def top_p_single(p, share):
    return top_p(p.astype(np.float16), np.float16(share)).astype(float)


CALLED = []


def remembers_the_first_share(p, share):
    CALLED.append(share)
    return top_p(p, CALLED[0])


def softmax(z):
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def attend(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q / np.sqrt(len(q))) @ values, keys, values


def attend_to_the_last_three(q, k, v, keys, values):
    output, keys, values = attend(q, k, v, keys, values)
    return output, keys[-3:], values[-3:]


def attend_by_loops(q, k, v, keys, values):
    keys, values = [*map(list, keys), list(k)], [*map(list, values), list(v)]
    powers = [
        np.exp(sum(a * b for a, b in zip(q, key, strict=True)) / len(q) ** 0.5) for key in keys
    ]
    output = [
        sum(w * value[j] for w, value in zip(powers, values, strict=True)) / sum(powers)
        for j in range(len(v))
    ]
    return output, np.array(keys), np.array(values)


def attend_in_front(q, k, v, keys, values):  # the newest first: attention knows no order
    keys, values = np.concatenate([k[None], keys]), np.concatenate([v[None], values])
    scores = np.einsum("d,td->t", q, keys) * q.shape[0] ** -0.5
    return np.einsum("t,td->d", softmax(scores), values), keys, values


def without_scale(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q) @ values, keys, values


def scale_of_the_values(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q / np.sqrt(len(v))) @ values, keys, values


def scale_of_the_length(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q / np.sqrt(len(keys))) @ values, keys, values


def divided_by_the_width(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q / len(q)) @ values, keys, values


def not_itself(q, k, v, keys, values):
    if not len(keys):
        return v, k[None], v[None]
    return (
        softmax(keys @ q / np.sqrt(len(q))) @ values,
        np.vstack([keys, k]),
        np.vstack([values, v]),
    )


def cache_not_grown(q, k, v, keys, values):
    return attend(q, k, v, keys, values)[0], keys, values


def only_the_new_one_kept(q, k, v, keys, values):
    return attend(q, k, v, keys, values)[0], k[None], v[None]


def keys_and_values_swapped(q, k, v, keys, values):
    output, keys, values = attend(q, k, v, keys, values)
    return output, values, keys


def queries_kept(q, k, v, keys, values):
    output, _, grown = attend(q, k, v, keys, values)
    return output, np.vstack([keys, q]), grown


def outputs_kept(q, k, v, keys, values):
    output, grown, _ = attend(q, k, v, keys, values)
    return output, grown, np.vstack([values, output])


def output_added(q, k, v, keys, values):
    output, keys, values = attend(q, k, v, keys, values)
    return output + v, keys, values


def no_softmax(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return (keys @ q / np.sqrt(len(q))) @ values, keys, values


def the_last_two(q, k, v, keys, values):
    return attend(q, k, v, keys[-1:], values[-1:])


def attend_by_the_library(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return scaled_dot_product_attention(q[None], keys, values).data[0], keys, values


def scale_of_four(q, k, v, keys, values):
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q / 2) @ values, keys, values


def query_ignored(q, k, v, keys, values):
    return attend(0 * q, k, v, keys, values)


MEMORY = []


def remembers_by_itself(q, k, v, keys, values):
    MEMORY.append((k, v))
    both = MEMORY[-len(keys) - 1 :]
    return attend(q, k, v, np.array([a for a, _ in both[:-1]] or keys), values)


def attend_in_place(q, k, v, keys, values):
    q /= np.sqrt(len(q))
    keys, values = np.vstack([keys, k]), np.vstack([values, v])
    return softmax(keys @ q) @ values, keys, values


def attend_with_noise(q, k, v, keys, values):
    output, keys, values = attend(q, k, v, keys, values)
    return output + 1e-3 * np.random.standard_normal(output.shape), keys, values


RIGHT = [
    ("08.1", "log-softmax, gathered", perplexity),
    ("08.1", "loops", perplexity_by_loops),
    ("08.1", "one-hot targets, einsum", perplexity_by_one_hot),
    ("08.1", "a root of a product, flat", perplexity_flat),
    ("08.2", "sorted, before", top_p),
    ("08.2", "loops", top_p_by_loops),
    ("08.2", "all pairs", top_p_by_pairs),
    ("08.3", "stacked", attend),
    ("08.3", "loops over lists", attend_by_loops),
    ("08.3", "the newest in front, einsum", attend_in_front),
]
WRONG = [
    ("08.1", "a floor under the probability", perplexity_with_a_floor),
    ("08.3", "forgets all but three", attend_to_the_last_three),
    ("08.1", "library call", perplexity_by_the_library),
    ("08.1", "hard-coded size", four_tokens),
    ("08.1", "hard-coded constant", always_three_places),
    ("08.1", "ignores an argument", targets_ignored),
    ("08.1", "changes its input", perplexity_in_place),
    ("08.1", "changes its input", targets_in_place),
    ("08.1", "global state", perplexity_with_noise),
    ("08.1", "small numbers only", naive),
    ("08.1", "small numbers only", largest_of_all),
    ("08.1", "one dtype only", perplexity_in_half),
    ("08.1", "the loss", loss_instead),
    ("08.1", "bits, but to the base e", in_bits_but_e),
    ("08.1", "text by text", text_by_text),
    ("08.1", "the mean of perplexities", mean_of_perplexities),
    ("08.1", "divided by all places", divided_by_all),
    ("08.1", "the ignored are token 0", ignored_are_token_zero),
    ("08.1", "the ignored are the last token", ignored_are_the_last_token),
    ("08.1", "an epsilon in the logarithm", with_epsilon),
    ("08.1", "shifted once more", shifted_once_more),
    ("08.1", "softmax over places", softmax_over_places),
    ("08.2", "library call", top_p_by_the_library),
    ("08.2", "hard-coded size", four_columns),
    ("08.2", "hard-coded constant", always_nine_tenths),
    ("08.2", "ignores an argument", share_ignored),
    ("08.2", "changes its input", top_p_in_place),
    ("08.2", "depends on calls", remembers_the_first_share),
    ("08.2", "one dtype only", top_p_single),
    ("08.2", "one too few", one_too_few),
    ("08.2", "one too many", one_too_many),
    ("08.2", "ties all stay", ties_all_stay),
    ("08.2", "larger ids first", larger_ids_first),
    ("08.2", "not renormalised", not_renormalised),
    ("08.2", "in the order of ids", in_the_order_of_ids),
    ("08.2", "the least probable first", least_probable_first),
    ("08.2", "sorted", sorted_output),
    ("08.2", "a threshold", threshold_instead),
    ("08.2", "uniform over the kept", uniform_over_the_kept),
    ("08.2", "the first row for all", the_first_row_for_all),
    ("08.3", "library call", attend_by_the_library),
    ("08.3", "hard-coded size", the_last_two),
    ("08.3", "hard-coded constant", scale_of_four),
    ("08.3", "ignores an argument", query_ignored),
    ("08.3", "changes its input", attend_in_place),
    ("08.3", "depends on calls", remembers_by_itself),
    ("08.3", "global state", attend_with_noise),
    ("08.3", "without the scale", without_scale),
    ("08.3", "the scale of the values", scale_of_the_values),
    ("08.3", "the scale of the length", scale_of_the_length),
    ("08.3", "divided by the width", divided_by_the_width),
    ("08.3", "does not see itself", not_itself),
    ("08.3", "the cache does not grow", cache_not_grown),
    ("08.3", "only the new one is kept", only_the_new_one_kept),
    ("08.3", "keys and values swapped", keys_and_values_swapped),
    ("08.3", "queries are kept", queries_kept),
    ("08.3", "outputs are kept", outputs_kept),
    ("08.3", "the value added", output_added),
    ("08.3", "no softmax", no_softmax),
]
HALF = [
    ("08.1", (lambda logits, targets: ...,)),
    ("08.2", (lambda p, share: ...,)),
    ("08.3", (lambda q, k, v, keys, values: ...,)),
    ("08.3", (lambda q, k, v, keys, values: (v, ..., ...),)),
]
MESSAGES = {
    ("08.1", ignored_are_token_zero): ("IGNORE", "it gives", "-100"),
    ("08.1", naive): ("equal scores for all V", "it gives nan"),
    ("08.2", ties_all_stay): ("smaller ids", "the output: [["),
    ("08.2", top_p_in_place): ("changed an argument in place",),
    ("08.3", not_itself): ("the new token and all before it", "the output: ["),
    ("08.3", cache_not_grown): ("step after step", "step "),
}
