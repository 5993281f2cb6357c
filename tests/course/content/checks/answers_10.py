"""Answers to lesson 10's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import ops
from minillm.tasks import macro_f1 as library_f1


def masked_mean(x, mask, g):
    n = np.maximum(1, mask.sum(axis=1))[:, None]  # (B, 1)
    mean = np.where(mask[..., None], x, 0).sum(axis=1) / n
    return mean, mask[..., None] * (g / n)[:, None, :]


def mean_in_a_loop(x, mask, g):
    mean, gradient = np.zeros(g.shape), np.zeros(x.shape)
    for b in range(len(x)):
        n = 0
        for t in range(x.shape[1]):
            if mask[b, t]:
                mean[b] += x[b, t]
                n += 1
        for t in range(x.shape[1]):
            if mask[b, t]:
                gradient[b, t] = g[b] / n
        mean[b] /= max(n, 1)
    return mean, gradient


def mean_by_einsum(x, mask, g):
    share = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)  # (B, T)
    clean = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
    clean[~mask] = 0
    return np.einsum("bt,btd->bd", share, clean), np.einsum("bt,bd->btd", share, g)


def mean_text_by_text(x, mask, g):
    mean, gradient = np.zeros(g.shape), np.zeros(x.shape)
    for b, real in enumerate(mask):
        if real.any():
            mean[b] = x[b, real].mean(axis=0)
            gradient[b, real] = g[b] / real.sum()
    return mean, gradient


def plain_mean(x, mask, g):
    return x.mean(axis=1), np.repeat(g[:, None], x.shape[1], axis=1) / x.shape[1]


def divided_by_all_places(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    share = mask.mean(axis=1)[:, None]
    return mean * share, gradient * share[..., None]


def sum_of_the_real(x, mask, g):
    return np.where(mask[..., None], x, 0).sum(axis=1), mask[..., None] * g[:, None]


def multiplied_by_the_mask(x, mask, g):  # nan * 0 is nan
    with np.errstate(all="ignore"):
        mean = (x * mask[..., None]).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]
    return mean, masked_mean(x, mask, g)[1]


def no_guard_for_nothing(x, mask, g):
    with np.errstate(all="ignore"):
        n = mask.sum(axis=1)[:, None]
        mean = np.where(mask[..., None], x, 0).sum(axis=1) / n
        return mean, mask[..., None] * (g / n)[:, None, :]


def gradient_at_padding_too(x, mask, g):
    n = np.maximum(1, mask.sum(axis=1))[:, None]
    return masked_mean(x, mask, g)[0], np.repeat((g / n)[:, None], x.shape[1], axis=1)


def gradient_undivided(x, mask, g):
    return masked_mean(x, mask, g)[0], mask[..., None] * g[:, None]


def gradient_of_ones(x, mask, g):
    return masked_mean(x, mask, np.ones_like(g))


def one_length_for_all(x, mask, g):
    n = max(1, mask[0].sum())
    mean = np.where(mask[..., None], x, 0).sum(axis=1) / n
    return mean, mask[..., None] * (g / n)[:, None, :]


def lengths_from_the_front(x, mask, g):  # padding is always behind
    n = mask.sum(axis=1)
    front = np.arange(x.shape[1]) < n[:, None]
    return masked_mean(x, front, g)


def filled_between(mask):  # padding never stands between words
    filled = np.zeros_like(mask)
    for row, words in zip(filled, mask, strict=True):
        places = np.flatnonzero(words)
        row[places.min(initial=len(words)) : places.max(initial=-1) + 1] = True
    return filled


def begun_together(mask):  # all texts of a batch begin at the same place
    start = mask.any(axis=0).argmax()
    t = np.arange(mask.shape[1])
    return (t >= start) & (t < start + mask.sum(axis=1)[:, None])


def from_the_first_to_the_last(x, mask, g):
    return masked_mean(x, filled_between(mask), g)


def all_begin_together(x, mask, g):
    return masked_mean(x, begun_together(mask), g)


def gradient_read_from_padding(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    return mean, np.where((x == -50) | (x == 0), 1.0, gradient)


def gradient_of_small_numbers(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    return mean, gradient if np.abs(x).max() < 40 else 0 * gradient


def gradient_lost_with_one_text(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    return mean, gradient if mask.any(axis=1).all() else np.zeros_like(x)


def five_places(x, mask, g):
    mean, gradient = masked_mean(x[:, :5], mask[:, :5], g)
    return mean, np.pad(gradient, ((0, 0), (0, x.shape[1] - gradient.shape[1]), (0, 0)))


def two_words(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    n = np.maximum(1, mask.sum(axis=1))[:, None]
    return mean * n / 2, gradient * n[..., None] / 2


def zeroed_in_place(x, mask, g):
    x[~mask] = 0
    return masked_mean(x, mask, g)


def zeros_are_padding(x, mask, g):  # the mask is guessed from x
    return masked_mean(x, np.abs(x).sum(axis=-1) > 0, g)


def mean_by_the_library(x, mask, g):
    return ops.masked_mean(x, mask=mask).data, masked_mean(x, mask, g)[1]


def mean_in_single(x, mask, g):
    with np.errstate(all="ignore"):
        mean, gradient = masked_mean(x.astype(np.float32), mask, g.astype(np.float32))
    return mean, gradient


def mean_with_noise(x, mask, g):
    mean, gradient = masked_mean(x, mask, g)
    return mean + 1e-4 * np.random.standard_normal(mean.shape), gradient


CALLS = []


def mean_the_first_time(x, mask, g):
    CALLS.append(1)
    mean, gradient = masked_mean(x, mask, g)
    return mean * (1 + 1e-3 * len(CALLS)), gradient


def macro_f1(predicted, true, n_classes):
    classes = np.arange(n_classes)[:, None]
    said, there = predicted == classes, true == classes  # (C, N)
    hits = (said & there).sum(axis=1)
    total = said.sum(axis=1) + there.sum(axis=1)
    return (2 * hits / np.maximum(total, 1)).mean()


def f1_in_a_loop(predicted, true, n_classes):
    scores = []
    for c in range(n_classes):
        tp = sum(1 for p, t in zip(predicted, true, strict=True) if p == c and t == c)
        fp = sum(1 for p, t in zip(predicted, true, strict=True) if p == c and t != c)
        fn = sum(1 for p, t in zip(predicted, true, strict=True) if p != c and t == c)
        precision = tp / (tp + fp) if tp + fp else 0
        recall = tp / (tp + fn) if tp + fn else 0
        both = precision + recall
        scores.append(2 * precision * recall / both if both else 0)
    return sum(scores) / n_classes


def f1_from_a_table(predicted, true, n_classes):
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (true, predicted), 1)
    sums = table.sum(axis=0) + table.sum(axis=1)
    return float(
        np.divide(2 * table.diagonal(), sums, where=sums > 0, out=np.zeros(n_classes)).mean()
    )


def accuracy_instead(predicted, true, n_classes):
    return (predicted == true).mean()


def micro(predicted, true, n_classes):
    hits = (predicted == true).sum()
    return 2 * hits / (len(predicted) + len(true))


def only_classes_that_occur(predicted, true, n_classes):
    there = np.unique(np.concatenate([predicted, true]))
    return macro_f1(predicted, true, n_classes) * n_classes / len(there)


def weighted_by_frequency(predicted, true, n_classes):
    f1 = []
    for c in range(n_classes):
        said, there = predicted == c, true == c
        total = said.sum() + there.sum()
        f1.append(2 * (said & there).sum() / total * there.mean() if total else 0)
    return sum(f1)


def f1_of_means(predicted, true, n_classes):  # of mean precision and mean recall
    ps, rs = [], []
    for c in range(n_classes):
        hits = ((predicted == c) & (true == c)).sum()
        ps.append(hits / max(1, (predicted == c).sum()))
        rs.append(hits / max(1, (true == c).sum()))
    p, r = np.mean(ps), np.mean(rs)
    return 2 * p * r / (p + r) if p + r else 0.0


def mean_recall(predicted, true, n_classes):
    hits = [((predicted == c) & (true == c)).sum() for c in range(n_classes)]
    return np.mean([h / max(1, (true == c).sum()) for c, h in enumerate(hits)])


def mean_precision(predicted, true, n_classes):
    return mean_recall(true, predicted, n_classes)


def arithmetic_mean_of_both(predicted, true, n_classes):
    both = [f(predicted, true, n_classes) for f in (mean_recall, mean_precision)]
    return sum(both) / 2


def nothing_is_one(predicted, true, n_classes):  # a class that is nowhere counts as right
    there = len(np.unique(np.concatenate([predicted, true])))
    return macro_f1(predicted, true, n_classes) + (n_classes - there) / n_classes


def nothing_is_nan(predicted, true, n_classes):
    with np.errstate(all="ignore"):
        classes = np.arange(n_classes)[:, None]
        said, there = predicted == classes, true == classes
        return (2 * (said & there).sum(axis=1) / (said.sum(axis=1) + there.sum(axis=1))).mean()


def two_classes(predicted, true, n_classes):
    return macro_f1(predicted, true, 2)


def four_classes(predicted, true, n_classes):
    return macro_f1(predicted, true, n_classes) * n_classes / 4


def as_many_as_seen(predicted, true, n_classes):
    return macro_f1(predicted, true, max(predicted.max(), true.max()) + 1)


def first_class_only(predicted, true, n_classes):
    return macro_f1(predicted, true, n_classes) if n_classes == 2 else macro_f1(predicted, true, 1)


def sorted_in_place(predicted, true, n_classes):
    score = macro_f1(predicted, true, n_classes)
    predicted.sort()
    return score


def in_a_byte(predicted, true, n_classes):
    classes = np.arange(n_classes)[:, None]
    said, there = predicted == classes, true == classes
    hits = (said & there).sum(axis=1).astype(np.uint8)
    total = (said.sum(axis=1) + there.sum(axis=1)).astype(np.uint8)
    return (2.0 * hits / np.maximum(total, 1)).mean()


def f1_by_the_library(predicted, true, n_classes):
    return library_f1(predicted, true, n_classes)


def f1_with_noise(predicted, true, n_classes):
    return macro_f1(predicted, true, n_classes) + 1e-5 * np.random.rand()


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def pool(x, mask, q):
    clean = np.where(mask[..., None], x, 0)
    z = np.where(mask, clean @ q, -np.inf)
    top = np.where(mask.any(axis=1), z.max(axis=1), 0)[:, None]
    e = np.exp(z - top)
    weights = e / np.maximum(e.sum(axis=1, keepdims=True), 1e-30)
    return np.einsum("bt,btd->bd", weights, clean)


def pool_text_by_text(x, mask, q):
    found = np.zeros((len(x), x.shape[2]))
    for b in range(len(x)):
        rows = x[b][mask[b]]
        if len(rows):
            found[b] = softmax(rows @ q) @ rows
    return found


def pool_word_by_word(x, mask, q):
    found = np.zeros((len(x), len(q)))
    for b, (rows, real) in enumerate(zip(x, mask, strict=True)):
        kept = [row for row, one in zip(rows, real, strict=True) if one]
        scores = [sum(a * c for a, c in zip(row, q, strict=True)) for row in kept]
        weights = [np.exp(score - max(scores)) for score in scores]
        for weight, row in zip(weights, kept, strict=True):
            found[b] += weight / sum(weights) * row
    return found


def pool_unmasked(x, mask, q):
    return np.einsum("bt,btd->bd", softmax(x @ q), x)


def score_0_at_padding(x, mask, q):
    clean = np.where(mask[..., None], x, 0)
    return np.einsum("bt,btd->bd", softmax(clean @ q), clean)


def masked_behind_the_softmax(x, mask, q):  # the weights no longer sum to 1
    clean = np.where(mask[..., None], x, 0)
    return np.einsum("bt,btd->bd", softmax(clean @ q) * mask, clean)


def a_large_negative_number(x, mask, q):
    clean = np.where(mask[..., None], x, 0)
    z = np.where(mask, clean @ q, -20.0)
    return np.einsum("bt,btd->bd", softmax(z), clean)


def nan_times_nothing(x, mask, q):
    with np.errstate(all="ignore"):
        z = np.where(mask, x @ q, -1e300)
        weights = softmax(z) * mask
        return np.einsum("bt,btd->bd", weights, x)


def exponentials_as_they_are(x, mask, q):
    with np.errstate(all="ignore"):
        clean = np.where(mask[..., None], x, 0)
        e = np.exp(clean @ q) * mask
        return np.nan_to_num(
            np.einsum("bt,btd->bd", e, clean) / np.maximum(e.sum(1), 1e-300)[:, None]
        )


def masked_mean_only(x, mask, q):
    return masked_mean(x, mask, np.zeros((len(x), x.shape[2])))[0]


def the_highest_only(x, mask, q):
    clean = np.where(mask[..., None], x, 0)
    z = np.where(mask, clean @ q, -np.inf)
    found = clean[np.arange(len(x)), z.argmax(axis=1)]
    return found * mask.any(axis=1)[:, None]


def scaled_by_the_width(x, mask, q):
    return pool(x, mask, q / np.sqrt(len(q) + 1))


def over_the_batch(x, mask, q):  # softmax along the wrong axis
    clean = np.where(mask[..., None], x, 0)
    z = np.where(mask, clean @ q, -1e9)
    e = np.exp(z - z.max(axis=0)) * mask
    return np.einsum("bt,btd->bd", e / np.maximum(e.sum(axis=0), 1e-300), clean)


def padding_behind(x, mask, q):
    return pool(x, np.arange(x.shape[1]) < mask.sum(axis=1)[:, None], q)


def pool_from_the_first_to_the_last(x, mask, q):
    return pool(x, filled_between(mask), q)


def pool_all_begin_together(x, mask, q):
    return pool(x, begun_together(mask), q)


def pool_in_single(x, mask, q):
    with np.errstate(all="ignore"):
        return pool(x.astype(np.float32), mask, q.astype(np.float32))


def four_features(x, mask, q):
    return pool(x, mask, np.where(np.arange(len(q)) < 2, q, 0))


def times_the_length(x, mask, q):
    return pool(x, mask, q) * mask.sum(axis=1, keepdims=True) / x.shape[1]


def hard_coded_scale(x, mask, q):
    return pool(x, mask, q / 8)


def padding_set_in_place(x, mask, q):
    x[~mask] = 0
    return pool(x, mask, q)


def softmax_by_the_library(x, mask, q):
    clean = np.where(mask[..., None], x, 0)
    z = np.where(mask, clean @ q, -1e300)
    return np.einsum("bt,btd->bd", ops.softmax(z).data * mask, clean)


def pool_with_noise(x, mask, q):
    return pool(x, mask, q) + 1e-4 * np.random.standard_normal((len(x), x.shape[2]))


def nan_for_no_words(x, mask, q):
    with np.errstate(all="ignore"):
        clean = np.where(mask[..., None], x, 0)
        return np.einsum("bt,btd->bd", softmax(np.where(mask, clean @ q, -np.inf)), clean)


RIGHT = [
    ("10.1", "shares of the real places", masked_mean),
    ("10.1", "place by place", mean_in_a_loop),
    ("10.1", "einsum", mean_by_einsum),
    ("10.1", "text by text", mean_text_by_text),
    ("10.2", "all classes at once", macro_f1),
    ("10.2", "precision and recall in a loop", f1_in_a_loop),
    ("10.2", "from the confusion matrix", f1_from_a_table),
    ("10.3", "minus infinity at padding", pool),
    ("10.3", "text by text", pool_text_by_text),
    ("10.3", "word by word", pool_word_by_word),
]
WRONG = [
    ("10.1", "library call", mean_by_the_library),
    ("10.1", "hard-coded size", five_places),
    ("10.1", "hard-coded constant", two_words),
    ("10.1", "ignores an argument", plain_mean),
    ("10.1", "ignores an argument", gradient_of_ones),
    ("10.1", "changes its input", zeroed_in_place),
    ("10.1", "global state", mean_with_noise),
    ("10.1", "depends on calls", mean_the_first_time),
    ("10.1", "one dtype only", mean_in_single),
    ("10.1", "divided by all places", divided_by_all_places),
    ("10.1", "a sum", sum_of_the_real),
    ("10.1", "times the mask", multiplied_by_the_mask),
    ("10.1", "no guard for nothing", no_guard_for_nothing),
    ("10.1", "gradient at padding too", gradient_at_padding_too),
    ("10.1", "gradient undivided", gradient_undivided),
    ("10.1", "one length for all", one_length_for_all),
    ("10.1", "padding behind alone", lengths_from_the_front),
    ("10.1", "zeros are padding", zeros_are_padding),
    ("10.1", "from the first word to the last", from_the_first_to_the_last),
    ("10.1", "all texts begin together", all_begin_together),
    ("10.1", "gradient read from padding", gradient_read_from_padding),
    ("10.1", "small numbers only", gradient_of_small_numbers),
    ("10.1", "gradient lost with one text", gradient_lost_with_one_text),
    ("10.2", "library call", f1_by_the_library),
    ("10.2", "hard-coded size", two_classes),
    ("10.2", "hard-coded constant", four_classes),
    ("10.2", "ignores an argument", as_many_as_seen),
    ("10.2", "changes its input", sorted_in_place),
    ("10.2", "global state", f1_with_noise),
    ("10.2", "small numbers only", in_a_byte),
    ("10.2", "accuracy", accuracy_instead),
    ("10.2", "micro-F1", micro),
    ("10.2", "classes that occur", only_classes_that_occur),
    ("10.2", "weighted by frequency", weighted_by_frequency),
    ("10.2", "F1 of the means", f1_of_means),
    ("10.2", "mean recall", mean_recall),
    ("10.2", "mean precision", mean_precision),
    ("10.2", "mean of both", arithmetic_mean_of_both),
    ("10.2", "a class that is nowhere is 1", nothing_is_one),
    ("10.2", "a class that is nowhere is no number", nothing_is_nan),
    ("10.2", "the first class alone", first_class_only),
    ("10.3", "library call", softmax_by_the_library),
    ("10.3", "hard-coded size", four_features),
    ("10.3", "hard-coded constant", hard_coded_scale),
    ("10.3", "ignores an argument", pool_unmasked),
    ("10.3", "ignores an argument", masked_mean_only),
    ("10.3", "changes its input", padding_set_in_place),
    ("10.3", "global state", pool_with_noise),
    ("10.3", "small numbers only", exponentials_as_they_are),
    ("10.3", "score 0 at padding", score_0_at_padding),
    ("10.3", "masked behind the softmax", masked_behind_the_softmax),
    ("10.3", "not negative enough", a_large_negative_number),
    ("10.3", "nothing times no number", nan_times_nothing),
    ("10.3", "the highest alone", the_highest_only),
    ("10.3", "scaled by the width", scaled_by_the_width),
    ("10.3", "over the batch", over_the_batch),
    ("10.3", "padding behind alone", padding_behind),
    ("10.3", "from the first word to the last", pool_from_the_first_to_the_last),
    ("10.3", "all texts begin together", pool_all_begin_together),
    ("10.3", "one dtype only", pool_in_single),
    ("10.3", "times the length", times_the_length),
    ("10.3", "no number for no words", nan_for_no_words),
]
HALF = [
    ("10.1", (lambda x, mask, g: ...,)),
    ("10.1", (lambda x, mask, g: (0.0, ...),)),
    ("10.2", (lambda predicted, true, n_classes: ...,)),
    ("10.3", (lambda x, mask, q: ...,)),
]
MESSAGES = {
    ("10.1", plain_mean): ("that of its words' vectors", "the mean of text 0"),
    ("10.1", gradient_at_padding_too): ("exactly 0 at padding", "padding of text"),
    ("10.1", gradient_of_small_numbers): ("what stands at padding", "at the words of text"),
    ("10.1", gradient_lost_with_one_text): ("padding alone", "at the words of text"),
    ("10.1", mean_in_single): ("the mean of text 0", "as float32 rounds"),
    ("10.2", accuracy_instead): ("the mean of the F1 scores", "macro-F1:"),
    ("10.3", scaled_by_the_width): ("without padding", "y of text 0: ["),
    ("10.3", exponentials_as_they_are): ("in the hundreds", "y of text 0: ["),
    ("10.3", masked_behind_the_softmax): ("that it has alone", "y of text 0: ["),
    ("10.3", pool_in_single): ("y of text 0", "as float32 rounds"),
}
