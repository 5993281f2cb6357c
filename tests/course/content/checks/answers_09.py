"""Answers to lesson 09's exercises: right ones, wrong ones, and such as are half written."""

import numpy as np

from minillm import ops
from minillm.text import Vocabulary, mask_tokens

IGNORE = -100


def corrupt(ids, eligible, ordinary, mask_id, rng, rate=0.15, fates=(0.8, 0.1)):
    chosen = eligible & (rng.random(ids.shape) < rate)
    lot = rng.random(ids.shape)
    words = rng.choice(ordinary, ids.shape)
    corrupted = np.where(chosen & (lot < fates[0]), mask_id, ids)
    replaced = chosen & (lot >= fates[0]) & (lot < sum(fates))
    return np.where(replaced, words, corrupted), np.where(chosen, ids, IGNORE)


def corrupt_by_one_lot(ids, eligible, ordinary, mask_id, rng):  # one number decides everything
    lot = np.where(eligible, rng.random(ids.shape), 1)
    words = ordinary[rng.integers(len(ordinary), size=ids.shape)]
    corrupted = np.select([lot < 0.12, lot < 0.135], [mask_id, words], ids)
    return corrupted, np.where(lot < 0.15, ids, IGNORE)


def corrupt_word_by_word(ids, eligible, ordinary, mask_id, rng):
    corrupted, targets = ids.copy(), np.full(ids.shape, IGNORE)
    for place in zip(*np.nonzero(eligible), strict=True):
        if rng.random() < 0.15:
            targets[place] = ids[place]
            lot = rng.random()
            if lot < 0.8:
                corrupted[place] = mask_id
            elif lot < 0.9:
                corrupted[place] = rng.choice(ordinary)
    return corrupted, targets


def corrupt_an_exact_number(ids, eligible, ordinary, mask_id, rng):  # as the library does
    scores = np.where(eligible, rng.random(ids.shape), 2)
    many = np.maximum(1, np.rint(0.15 * eligible.sum(axis=1, keepdims=True)))
    chosen = eligible & (scores.argsort(axis=1).argsort(axis=1) < many)
    fate = rng.choice(3, p=[0.8, 0.1, 0.1], size=ids.shape)
    corrupted = ids.copy()
    corrupted[chosen & (fate == 0)] = mask_id
    corrupted[chosen & (fate == 1)] = rng.choice(ordinary, (chosen & (fate == 1)).sum())
    return corrupted, np.where(chosen, ids, IGNORE)


def only_masks(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng, fates=(1.0, 0.0))


def none_kept(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng, fates=(0.8, 0.2))


def none_random(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng, fates=(0.8, 0.0))


def a_tenth(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng, rate=0.1)


def the_wrong_way_round(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng, rate=0.85)


def shares_of_all_words(ids, eligible, ordinary, mask_id, rng):  # 10 % of all, not of the chosen
    lot = np.where(eligible, rng.random(ids.shape), 1)
    corrupted = np.where(lot < 0.05, mask_id, ids)
    return corrupted, np.where(lot < 0.15, ids, IGNORE)


def everywhere(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, np.ones_like(eligible), ordinary, mask_id, rng)


def whole_columns(ids, eligible, ordinary, mask_id, rng):  # one lot for a place in all sentences
    chosen = eligible & (rng.random(ids.shape[1]) < 0.15)
    corrupted, targets = corrupt(ids, chosen, ordinary, mask_id, rng, rate=1.0)
    return corrupted, targets


def any_id(ids, eligible, ordinary, mask_id, rng):  # special ones among them
    return corrupt(ids, eligible, np.arange(ordinary.max() + 1), mask_id, rng)


def one_word(ids, eligible, ordinary, mask_id, rng):  # the same for all places
    return corrupt(ids, eligible, rng.choice(ordinary, 1), mask_id, rng)


def mask_is_103(ids, eligible, ordinary, mask_id, rng):  # of the published vocabulary
    return corrupt(ids, eligible, ordinary, 103, rng)


def words_from_7(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, np.arange(7, 7 + len(ordinary)), mask_id, rng)


def targets_everywhere(ids, eligible, ordinary, mask_id, rng):
    return corrupt(ids, eligible, ordinary, mask_id, rng)[0], ids


def targets_are_what_stands_there(ids, eligible, ordinary, mask_id, rng):
    corrupted, targets = corrupt(ids, eligible, ordinary, mask_id, rng)
    return corrupted, np.where(targets == IGNORE, IGNORE, corrupted)


def zero_elsewhere(ids, eligible, ordinary, mask_id, rng):
    corrupted, targets = corrupt(ids, eligible, ordinary, mask_id, rng)
    return corrupted, np.where(targets == IGNORE, 0, targets)


def in_place(ids, eligible, ordinary, mask_id, rng):
    corrupted, targets = corrupt(ids, eligible, ordinary, mask_id, rng)
    ids[:] = corrupted
    return ids, targets


def global_numbers(ids, eligible, ordinary, mask_id, rng):
    chosen = eligible & (np.random.rand(*ids.shape) < 0.15)
    return np.where(chosen, mask_id, ids), np.where(chosen, ids, IGNORE)


def own_seed(ids, eligible, ordinary, mask_id, rng):  # always the same lots
    return whole_columns(ids, eligible, ordinary, mask_id, np.random.default_rng(0))


CALLS = []


def each_time_else(ids, eligible, ordinary, mask_id, rng):
    CALLS.append(1)
    return corrupt(ids, eligible, ordinary, mask_id, np.random.default_rng(len(CALLS)))


def by_the_library(ids, eligible, ordinary, mask_id, rng):
    words = Vocabulary([f"word {i}" for i in range(int(ordinary.max()))])
    return mask_tokens(ids, eligible, words, rng=rng)


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def masked_loss(logits, targets):
    hidden = targets != IGNORE
    log_p, wanted = log_softmax(logits[hidden]), targets[hidden]  # (m, V), (m,)
    rows = np.arange(len(wanted))
    gradient = np.zeros_like(logits)
    slope = np.exp(log_p)
    slope[rows, wanted] -= 1
    gradient[hidden] = slope / len(wanted)
    return -log_p[rows, wanted].mean(), gradient


def loss_with_a_floor(logits, targets):  # "so that the logarithm is never of 0"
    _, gradient = masked_loss(logits, targets)
    hidden = targets != IGNORE
    p = np.exp(log_softmax(logits[hidden]))[np.arange(hidden.sum()), targets[hidden]]
    return -np.log(p + 1e-12).mean(), gradient


def masked_loss_in_a_loop(logits, targets):
    m = int((targets != IGNORE).sum())
    loss, gradient = 0.0, np.zeros(logits.shape)
    for b in range(len(targets)):
        for t in range(targets.shape[1]):
            if targets[b, t] != IGNORE:
                log_p = log_softmax(logits[b, t])
                loss -= log_p[targets[b, t]] / m
                gradient[b, t] = np.exp(log_p) / m
                gradient[b, t, targets[b, t]] -= 1 / m
    return loss, gradient


def masked_loss_by_one_hots(logits, targets):  # everywhere, then weighted
    weights = (targets != IGNORE) / (targets != IGNORE).sum()
    wanted = np.eye(logits.shape[-1])[np.where(targets == IGNORE, 0, targets)]
    log_p = log_softmax(logits)
    loss = -np.einsum("bt,btv,btv->", weights, wanted, log_p)
    return loss, weights[..., None] * (np.exp(log_p) - wanted)


def mean_of_all_places(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    share = (targets != IGNORE).mean()
    return loss * share, gradient * share


def sum_instead(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    m = (targets != IGNORE).sum()
    return loss * m, gradient * m


def mean_of_means(logits, targets):  # sentence by sentence
    found = [masked_loss(z, t) for z, t in zip(logits, targets, strict=True) if (t >= 0).any()]
    gradient = np.zeros_like(logits)
    gradient[(targets >= 0).any(axis=1)] = np.array([g for _, g in found]) / len(found)
    return np.mean([loss for loss, _ in found]), gradient


def all_places_asked(logits, targets):  # -100 read as the first word
    return masked_loss(logits, np.where(targets == IGNORE, 0, targets))


def counted_from_behind(logits, targets):
    return masked_loss(logits, np.where(targets == IGNORE, -1, targets))


def naive_exponentials(logits, targets):
    hidden = targets != IGNORE
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
        rows = np.arange(hidden.sum())
        loss = -np.log(p[hidden][rows, targets[hidden]]).mean()
    gradient = np.where(hidden[..., None], p, 0.0)
    gradient[hidden] -= np.eye(logits.shape[-1])[targets[hidden]]
    return loss, gradient / hidden.sum()


def with_an_epsilon(logits, targets):
    hidden = targets != IGNORE
    p = np.exp(log_softmax(logits[hidden]))
    rows = np.arange(len(p))
    loss = -np.log(p[rows, targets[hidden]] + 1e-3).mean()
    return loss, masked_loss(logits, targets)[1]


def gradient_without_mean(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    return loss, gradient * (targets != IGNORE).sum()


def gradient_of_p_only(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    return loss, np.where(gradient > 0, gradient, 0)


def gradient_the_other_way(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    return loss, -gradient


def gradient_everywhere(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    return loss, gradient + 1e-12


def two_sentences(logits, targets):
    return masked_loss(logits[:2], targets[:2])


def five_words(logits, targets):
    loss, gradient = masked_loss(logits, targets)
    return loss / np.log(logits.shape[-1]) * np.log(5), gradient


def loss_in_place(logits, targets):
    logits -= logits.max(axis=-1, keepdims=True)
    return masked_loss(logits, targets)


def in_half_precision(logits, targets):
    loss, gradient = masked_loss(logits.astype(np.float16), targets)
    return float(loss), gradient.astype(float)


def loss_by_the_library(logits, targets):
    return float(ops.cross_entropy(logits, targets=targets)), masked_loss(logits, targets)[1]


def fill(P, left, right, before, after):
    power = np.linalg.matrix_power
    scores = power(P, before)[left] * power(P, after)[:, right]
    return scores / scores.sum()


def fill_step_by_step(P, left, right, before, after):
    ahead, back = np.eye(len(P))[left], np.eye(len(P))[right]
    for _ in range(before):
        ahead = ahead @ P
    for _ in range(after):
        back = P @ back
    return ahead * back / (ahead @ back)


def fill_by_listing(P, left, right, before, after):
    scores = []
    for word in range(len(P)):
        ways = {left: 1.0}
        for step in range(before + after):
            new = {}
            for a, chance in ways.items():
                for b in range(len(P)):
                    if step == before - 1 and b != word:
                        continue
                    new[b] = new.get(b, 0.0) + chance * P[a][b]
            ways = new
        scores.append(ways.get(right, 0.0))
    return [score / sum(scores) for score in scores]


def fill_from_the_left(P, left, right, before, after):
    return np.linalg.matrix_power(P, before)[left]


def fill_from_the_right(P, left, right, before, after):
    scores = np.linalg.matrix_power(P, after)[:, right]
    return scores / scores.sum()


def neighbours_only(P, left, right, before, after):
    return fill(P, left, right, 1, 1)


def sides_swapped(P, left, right, before, after):
    return fill(P, right, left, after, before)


def distances_swapped(P, left, right, before, after):
    return fill(P, left, right, after, before)


def added(P, left, right, before, after):
    power = np.linalg.matrix_power
    scores = power(P, before)[left] + power(P, after)[:, right]
    return scores / scores.sum()


def rows_on_both_sides(P, left, right, before, after):  # P^T forgotten
    power = np.linalg.matrix_power
    scores = power(P, before)[left] * power(P, after)[right]
    return scores / scores.sum()


def not_normalised(P, left, right, before, after):
    power = np.linalg.matrix_power
    return power(P, before)[left] * power(P, after)[:, right]


def divided_by_the_number(P, left, right, before, after):
    return np.full(len(P), 1 / len(P))


def powers_of_numbers(P, left, right, before, after):  # each number by itself
    scores = (P**before)[left] * (P**after)[:, right]
    return scores / scores.sum()


def two_words(P, left, right, before, after):
    scores = not_normalised(P, left, right, before, after)[:2]
    return np.pad(scores / scores.sum(), (0, len(P) - 2))


def at_most_two_steps(P, left, right, before, after):
    return fill(P, left, right, min(before, 2), min(after, 2))


def square_in_place(P, left, right, before, after):
    scores = np.linalg.matrix_power(P, before)[left] * np.linalg.matrix_power(P, after)[:, right]
    P /= P.sum(axis=1, keepdims=True) * 2
    return scores / scores.sum()


def softmax_of_scores(P, left, right, before, after):
    scores = np.exp(not_normalised(P, left, right, before, after))
    return scores / scores.sum()


def fill_by_the_library(P, left, right, before, after):
    return ops.softmax(np.log(not_normalised(P, left, right, before, after))).data


def by_sampling(P, left, right, before, after):
    scores = not_normalised(P, left, right, before, after)
    return np.random.multinomial(1000, scores / scores.sum()) / 1000


RIGHT = [
    ("09.1", "a lot for each word, a lot for its fate", corrupt),
    ("09.1", "one lot for both", corrupt_by_one_lot),
    ("09.1", "word by word", corrupt_word_by_word),
    ("09.1", "an exact number in each sentence", corrupt_an_exact_number),
    ("09.2", "the hidden ones picked out", masked_loss),
    ("09.2", "place by place", masked_loss_in_a_loop),
    ("09.2", "one-hot targets and weights", masked_loss_by_one_hots),
    ("09.3", "powers of the matrix", fill),
    ("09.3", "step by step from both ends", fill_step_by_step),
    ("09.3", "all ways counted", fill_by_listing),
]
WRONG = [
    ("09.1", "library call", by_the_library),
    ("09.1", "hard-coded constant", mask_is_103),
    ("09.1", "hard-coded size", words_from_7),
    ("09.1", "ignores an argument", everywhere),
    ("09.1", "changes its input", in_place),
    ("09.1", "global state", global_numbers),
    ("09.1", "depends on calls", each_time_else),
    ("09.1", "a seed of its own", own_seed),
    ("09.1", "nothing but [MASK]", only_masks),
    ("09.1", "none kept", none_kept),
    ("09.1", "none random", none_random),
    ("09.1", "a tenth", a_tenth),
    ("09.1", "85 % instead of 15", the_wrong_way_round),
    ("09.1", "shares of all words", shares_of_all_words),
    ("09.1", "whole columns", whole_columns),
    ("09.1", "special ids drawn", any_id),
    ("09.1", "one random word for all", one_word),
    ("09.1", "targets everywhere", targets_everywhere),
    ("09.1", "targets are what stands there", targets_are_what_stands_there),
    ("09.1", "zero for no target", zero_elsewhere),
    ("09.2", "library call", loss_by_the_library),
    ("09.2", "a floor under the probability", loss_with_a_floor),
    ("09.2", "hard-coded size", two_sentences),
    ("09.2", "hard-coded constant", five_words),
    ("09.2", "ignores an argument", all_places_asked),
    ("09.2", "changes its input", loss_in_place),
    ("09.2", "small numbers only", naive_exponentials),
    ("09.2", "in half precision", in_half_precision),
    ("09.2", "the mean of all places", mean_of_all_places),
    ("09.2", "a sum", sum_instead),
    ("09.2", "a mean of means", mean_of_means),
    ("09.2", "-100 as the last word", counted_from_behind),
    ("09.2", "an epsilon", with_an_epsilon),
    ("09.2", "gradient without the mean", gradient_without_mean),
    ("09.2", "gradient of p alone", gradient_of_p_only),
    ("09.2", "gradient with the other sign", gradient_the_other_way),
    ("09.2", "gradient not quite zero", gradient_everywhere),
    ("09.3", "library call", fill_by_the_library),
    ("09.3", "hard-coded size", two_words),
    ("09.3", "hard-coded constant", at_most_two_steps),
    ("09.3", "ignores an argument", fill_from_the_left),
    ("09.3", "ignores an argument", neighbours_only),
    ("09.3", "changes its input", square_in_place),
    ("09.3", "global state", by_sampling),
    ("09.3", "the right side alone", fill_from_the_right),
    ("09.3", "sides swapped", sides_swapped),
    ("09.3", "distances swapped", distances_swapped),
    ("09.3", "added, not multiplied", added),
    ("09.3", "rows on both sides", rows_on_both_sides),
    ("09.3", "not normalised", not_normalised),
    ("09.3", "all words alike", divided_by_the_number),
    ("09.3", "powers number by number", powers_of_numbers),
    ("09.3", "softmax of probabilities", softmax_of_scores),
]
HALF = [
    ("09.1", (lambda ids, eligible, ordinary, mask_id, rng: ...,)),
    ("09.2", (lambda logits, targets: ...,)),
    ("09.2", (lambda logits, targets: (0.0, ...),)),
    ("09.3", (lambda P, left, right, before, after: ...,)),
]
MESSAGES = {
    ("09.1", everywhere): ("not eligible", "asked for", "np.array([[2"),
    ("09.1", none_kept): ("15 % are chosen", "chi-squared is", "卡方是"),
    ("09.2", mean_of_all_places): ("the mean over the hidden words", "the loss:"),
    ("09.2", gradient_everywhere): ("exactly 0", "gradient there is up to"),
    ("09.3", distances_swapped): ("words further away", "p: ["),
}
