"""Answers to lesson 11b's exercises: right ones, wrong ones, and such as are half written."""

import math
import random
from fractions import Fraction
from itertools import count, product

import numpy as np

from minillm import Tensor
from minillm.training import preferences as library


def dpo(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)
    return np.logaddexp(0, -beta * (gained[:, 0] - gained[:, 1])).mean()


def dpo_token_by_token(policy, reference, written, beta):
    total = 0.0
    for ours, theirs, here in zip(policy, reference, written, strict=True):
        margin = 0.0
        for kind, sign in ((0, 1), (1, -1)):
            for t in range(ours.shape[1]):
                if here[kind, t]:
                    margin += sign * beta * (ours[kind, t] - theirs[kind, t])
        total += max(0.0, -margin) + math.log1p(math.exp(-abs(margin)))
    return total / len(policy)


def dpo_by_einsum(policy, reference, written, beta):
    margin = beta * np.einsum("bkt,bkt,k->b", policy - reference, written.astype(float), [1, -1])
    return -np.where(margin < 0, margin - np.log1p(np.exp(-np.abs(margin))),
                     -np.log1p(np.exp(-np.abs(margin)))).mean()  # fmt: skip


def dpo_with_a_masked_array(policy, reference, written, beta):
    ratio = np.ma.array(policy - reference, mask=~written).sum(axis=2)
    return float(np.mean([np.logaddexp(0, -beta * (c - r)) for c, r in ratio]))


def dpo_by_the_library(policy, reference, written, beta):
    sums = [np.where(written, x, 0).sum(axis=-1) for x in (policy, reference)]
    (c, r), (c0, r0) = ((Tensor(x[:, 0]), Tensor(x[:, 1])) for x in sums)
    return float(library.dpo_loss(c, r, reference_chosen=c0, reference_rejected=r0, beta=beta).loss)


def dpo_of_three_tokens(policy, reference, written, beta):
    return dpo(policy[:, :, :3], reference[:, :, :3], written[:, :, :3], beta)


def dpo_of_the_first_pair(policy, reference, written, beta):
    return dpo(policy[:1], reference[:1], written[:1], beta)


def dpo_with_beta_a_tenth(policy, reference, written, beta):
    return dpo(policy, reference, written, 0.1)


def dpo_without_the_reference(policy, reference, written, beta):
    return dpo(policy, 0 * reference, written, beta)


def dpo_of_prompts_too(policy, reference, written, beta):
    return dpo(policy, reference, np.ones_like(written), beta)


def dpo_masking_in_place(policy, reference, written, beta):
    policy *= written
    reference *= written
    return dpo(policy, reference, written, beta)


def dpo_that_overflows(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)
    return -np.log(1 / (1 + np.exp(-beta * (gained[:, 0] - gained[:, 1])))).mean()


def dpo_with_a_bound(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)
    margin = np.clip(beta * (gained[:, 0] - gained[:, 1]), -30, 30)
    return np.log1p(np.exp(-margin)).mean()


def dpo_in_single_precision(policy, reference, written, beta):
    return dpo(policy.astype(np.float32), reference.astype(np.float32), written, beta)


def dpo_of_means(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1) / written.sum(axis=-1)
    return np.logaddexp(0, -beta * (gained[:, 0] - gained[:, 1])).mean()


def dpo_upside_down(policy, reference, written, beta):
    return dpo(policy[:, ::-1], reference[:, ::-1], written[:, ::-1], beta)


def dpo_of_the_sum(policy, reference, written, beta):
    return dpo(policy, reference, written, beta) * len(policy)


def dpo_of_the_mean_margin(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)
    return np.logaddexp(0, -beta * (gained[:, 0] - gained[:, 1]).mean())


def dpo_with_one_mask(policy, reference, written, beta):
    return dpo(policy, reference, np.repeat(written[:, :1], 2, axis=1), beta)


def dpo_pair_by_pair(policy, reference, written, beta):
    gained = np.where(written, policy - reference, 0).sum(axis=-1)
    return np.logaddexp(0, -beta * (gained[:, 0] - gained[:, 1]))


def dpo_in_bits(policy, reference, written, beta):
    return dpo(policy, reference, written, beta) / np.log(2)


def dpo_with_noise(policy, reference, written, beta):
    return dpo(policy, reference, written, beta) + 1e-4 * np.random.standard_normal()


CALLS = count()


def dpo_that_goes_on(policy, reference, written, beta):
    return dpo(policy, reference, written, beta * (1 + 0.1 * next(CALLS)))


def distance(p, r, n):
    at_most = (p * (r <= r[:, None])).sum(axis=1)
    below = (p * (r < r[:, None])).sum(axis=1)
    kept = p / (at_most - below) * (at_most**n - below**n)
    return (kept * np.log(kept / p)).sum()


def distance_by_enumeration(p, r, n):
    kept = dict.fromkeys(range(len(p)), 0.0)
    for draws in product(range(len(p)), repeat=n):
        best = draws[0]
        for a in draws[1:]:
            if r[a] > r[best]:
                best = a
        kept[best] += math.prod(p[a] for a in draws)
    return sum(q * math.log(q / p[a]) for a, q in kept.items() if q > 0)


def distance_draw_by_draw(p, r, n):  # the best so far, as a chain
    better = r[None, :] > r[:, None]  # (kept, drawn)
    step = np.where(better, p, 0.0)
    step[np.diag_indices(len(p))] += 1 - step.sum(axis=1)
    kept = p @ np.linalg.matrix_power(step, n - 1)
    return float(np.sum(kept[kept > 0] * np.log(kept[kept > 0] / p[kept > 0])))


def distance_level_by_level(p, r, n):  # equal rewards share, so that levels suffice
    total, below = 0.0, 0.0
    for level in sorted(set(r.tolist())):
        here = p[r == level].sum()
        q = (below + here) ** n - below**n
        total += q * np.log(q / here)
        below += here
    return total


def distance_by_one_big_array(p, r, n):
    draws = np.indices((len(p),) * n).reshape(n, -1)
    best = draws[r[draws].argmax(axis=0), np.arange(draws.shape[1])]
    kept = np.bincount(best, weights=p[draws].prod(axis=0), minlength=len(p))
    return np.einsum("a,a->", kept, np.log(kept / p, where=kept > 0, out=np.zeros(len(p))))


def distance_by_the_library(p, r, n):
    return library.best_of_n_kl(p, r, n)


def distance_of_two_draws(p, r, n):
    return distance(p, r, min(n, 2))


def distance_of_three_answers(p, r, n):
    return distance(p[:3] / p[:3].sum(), r[:3], n)


def distance_with_n_of_4(p, r, n):
    return distance(p, r, 4)


def distance_by_the_usual_formula(p, r, n):
    return np.log(n) - (n - 1) / n


def distance_without_rewards(p, r, n):
    return distance(p, np.arange(len(p)), n)


def distance_with_equal_probabilities(p, r, n):
    return distance(np.full(len(p), 1 / len(p)), r, n)


def distance_sorting_in_place(p, r, n):
    order = r.argsort()
    p[:], r[:] = p[order], r[order]
    return distance(p, r, n)


def distance_in_single_precision(p, r, n):
    return float(distance(p.astype(np.float32), r, n))


def distance_of_whole_rewards(p, r, n):
    return distance(p, r.astype(int), n)


def distance_without_ties(p, r, n):
    order = r.argsort(kind="stable")
    kept = np.diff(np.cumsum(p[order]) ** n, prepend=0)
    return (kept * np.log(kept / p[order])).sum()


def distance_the_other_way(p, r, n):
    at_most = (p * (r <= r[:, None])).sum(axis=1)
    below = (p * (r < r[:, None])).sum(axis=1)
    kept = p / (at_most - below) * (at_most**n - below**n)
    return (p * np.log(p / kept)).sum()


def distance_of_the_worst(p, r, n):
    return distance(p, -r, n)


def distance_with_ties_for_all(p, r, n):  # each of the equal ones has the whole bracket
    at_most = (p * (r <= r[:, None])).sum(axis=1)
    kept = at_most**n - (at_most - p) ** n
    return (kept * np.log(kept / p)).sum()


def distance_in_bits(p, r, n):
    return distance(p, r, n) / np.log(2)


def distance_of_powers(p, r, n):  # the probability that all draws are the same
    kept = p**n / (p**n).sum()
    return (kept * np.log(kept / p)).sum()


def distance_of_sets(p, r, n):  # every set of answers once, however often it is drawn
    kept = np.zeros(len(p))
    for draws in {tuple(sorted(draws)) for draws in product(range(len(p)), repeat=n)}:
        kept[max(draws, key=lambda a: r[a])] += math.prod(p[a] for a in draws)
    kept /= kept.sum()
    return float((kept * np.log(np.maximum(kept, 1e-300) / p)).sum())


def distance_by_drawing(p, r, n):
    draws = np.random.default_rng(0).choice(len(p), size=(5000, n), p=p)
    best = draws[np.arange(5000), r[draws].argmax(axis=1)]
    kept = np.bincount(best, minlength=len(p)) / 5000
    return float((kept * np.log(np.maximum(kept, 1e-300) / p)).sum())


def distance_by_global_chance(p, r, n):
    return distance(p, r, n) + 1e-4 * random.random()


def distance_that_grows(p, r, n):
    return distance(p, r, n + next(CALLS))


def advantages(rewards):
    low, high = (f(rewards, axis=1, keepdims=True) for f in (np.min, np.max))
    equal = high == low
    shares = (rewards - low) / np.where(equal, 1, high - low)
    return (shares - shares.mean(axis=1, keepdims=True)) / np.where(
        equal, 1, shares.std(axis=1, keepdims=True)
    )


def advantages_group_by_group(rewards):
    found = []
    for group in rewards:
        if len(set(group.tolist())) == 1:
            found.append([0.0] * len(group))
        else:
            mean = math.fsum(group) / len(group)
            std = math.sqrt(math.fsum((x - mean) ** 2 for x in group) / len(group))
            found.append([(x - mean) / std for x in group])
    return found


def advantages_in_place_of_a_copy(rewards):
    found = np.zeros(rewards.shape)
    here = np.ptp(rewards, axis=1) > 0
    some = rewards[here]
    found[here] = (some - some.mean(axis=1)[:, None]) / some.std(axis=1)[:, None]
    return found


def advantages_by_fractions(rewards):
    found = np.zeros(rewards.shape)
    for i, group in enumerate(rewards):
        exact = [Fraction(x) for x in group.tolist()]
        mean = sum(exact) / len(exact)
        variance = sum((x - mean) ** 2 for x in exact) / len(exact)
        if variance:
            found[i] = [float(x - mean) / math.sqrt(variance) for x in exact]
    return found


def advantages_by_lengths(rewards):  # the root of G times the unit vector
    centred = rewards - rewards[:, :1]
    centred = centred - np.einsum("ng->n", centred)[:, None] / rewards.shape[1]
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    scale = np.divide(rewards.shape[1] ** 0.5, lengths, where=lengths > 0, out=0 * lengths)
    return centred * scale


def advantages_by_the_library(rewards):
    return library.group_advantages(rewards)


def advantages_of_four(rewards):
    found = advantages(rewards)
    found[:, 4:] = 0
    return found


def advantages_of_the_first_group(rewards):
    return np.repeat(advantages(rewards[:1]), len(rewards), axis=0)


def advantages_with_std_a_half(rewards):
    return (rewards - rewards.mean(axis=1, keepdims=True)) / 0.5


def advantages_without_std(rewards):
    return rewards - rewards.mean(axis=1, keepdims=True)


def advantages_with_epsilon(rewards):
    std = rewards.std(axis=1, keepdims=True)
    return (rewards - rewards.mean(axis=1, keepdims=True)) / (std + 1e-8)


def advantages_by_rounding(rewards):
    std = rewards.std(axis=1, keepdims=True)
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    return np.where(std < 1e-5, 0, centred / np.where(std < 1e-5, 1, std))


def advantages_dividing_by_nothing(rewards):
    std = rewards.std(axis=1, keepdims=True)
    return (rewards - rewards.mean(axis=1, keepdims=True)) / np.where(std == 0, 1, std)


def advantages_of_samples(rewards):
    std = rewards.std(axis=1, keepdims=True, ddof=1)
    equal = np.ptp(rewards, axis=1, keepdims=True) == 0
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    return np.where(equal, 0, centred / np.where(equal, 1, std))


def advantages_of_all_questions(rewards):
    if np.ptp(rewards) == 0:
        return 0 * rewards
    return (rewards - rewards.mean()) / rewards.std()


def advantages_across_questions(rewards):
    return advantages(rewards.T).T


def advantages_by_median(rewards):
    std = rewards.std(axis=1, keepdims=True)
    return (rewards - np.median(rewards, axis=1, keepdims=True)) / np.where(std == 0, 1, std)


def advantages_by_variance(rewards):
    equal = np.ptp(rewards, axis=1, keepdims=True) == 0
    variance = np.where(equal, 1, rewards.var(axis=1, keepdims=True))
    return (rewards - rewards.mean(axis=1, keepdims=True)) / variance


def advantages_by_rank(rewards):
    return advantages(rewards.argsort(axis=1).argsort(axis=1).astype(float))


def advantages_upside_down(rewards):
    return -advantages(rewards)


def advantages_changing_their_input(rewards):
    rewards -= rewards.mean(axis=1, keepdims=True)
    return advantages(rewards)


def advantages_of_integers(rewards):
    return advantages(rewards.astype(int).astype(float))


def advantages_in_single_precision(rewards):
    return advantages(rewards.astype(np.float32))


def advantages_clipped(rewards):
    return np.clip(advantages(rewards), -1.5, 1.5)


def advantages_with_noise(rewards):
    return advantages(rewards + 1e-9 * np.random.standard_normal(rewards.shape))


def advantages_that_forget(rewards):
    return advantages(rewards) * (1 - 0.01 * next(CALLS))


def advantages_without_a_test(rewards):
    with np.errstate(all="ignore"):
        return (rewards - rewards.mean(axis=1, keepdims=True)) / rewards.std(axis=1, keepdims=True)


RIGHT = [
    ("11b.1", "sums and logaddexp", dpo),
    ("11b.1", "token by token", dpo_token_by_token),
    ("11b.1", "einsum", dpo_by_einsum),
    ("11b.1", "a masked array", dpo_with_a_masked_array),
    ("11b.2", "the formula", distance),
    ("11b.2", "all sequences", distance_by_enumeration),
    ("11b.2", "draw by draw", distance_draw_by_draw),
    ("11b.2", "level by level", distance_level_by_level),
    ("11b.2", "one big array", distance_by_one_big_array),
    ("11b.3", "as shares", advantages),
    ("11b.3", "group by group", advantages_group_by_group),
    ("11b.3", "where they differ", advantages_in_place_of_a_copy),
    ("11b.3", "fractions", advantages_by_fractions),
    ("11b.3", "unit vectors", advantages_by_lengths),
]
WRONG = [
    ("11b.1", "library call", dpo_by_the_library),
    ("11b.1", "hard-coded size", dpo_of_three_tokens),
    ("11b.1", "hard-coded constant", dpo_with_beta_a_tenth),
    ("11b.1", "ignores an argument", dpo_without_the_reference),
    ("11b.1", "changes its input", dpo_masking_in_place),
    ("11b.1", "small numbers only", dpo_that_overflows),
    ("11b.1", "one dtype only", dpo_in_single_precision),
    ("11b.1", "global state", dpo_with_noise),
    ("11b.1", "depends on calls", dpo_that_goes_on),
    ("11b.1", "margins with a bound", dpo_with_a_bound),
    ("11b.1", "the first pair alone", dpo_of_the_first_pair),
    ("11b.1", "prompts too", dpo_of_prompts_too),
    ("11b.1", "means over tokens", dpo_of_means),
    ("11b.1", "rejected over chosen", dpo_upside_down),
    ("11b.1", "summed over pairs", dpo_of_the_sum),
    ("11b.1", "of the mean margin", dpo_of_the_mean_margin),
    ("11b.1", "one mask for both", dpo_with_one_mask),
    ("11b.1", "a number for each pair", dpo_pair_by_pair),
    ("11b.1", "in bits", dpo_in_bits),
    ("11b.2", "library call", distance_by_the_library),
    ("11b.2", "hard-coded size", distance_of_three_answers),
    ("11b.2", "hard-coded constant", distance_with_n_of_4),
    ("11b.2", "ignores an argument", distance_by_the_usual_formula),
    ("11b.2", "changes its input", distance_sorting_in_place),
    ("11b.2", "small numbers only", distance_of_two_draws),
    ("11b.2", "one dtype only", distance_in_single_precision),
    ("11b.2", "global state", distance_by_global_chance),
    ("11b.2", "depends on calls", distance_that_grows),
    ("11b.2", "whole rewards", distance_of_whole_rewards),
    ("11b.2", "rewards in order of the answers", distance_without_rewards),
    ("11b.2", "answers alike", distance_with_equal_probabilities),
    ("11b.2", "without ties", distance_without_ties),
    ("11b.2", "ties counted in full", distance_with_ties_for_all),
    ("11b.2", "the other way round", distance_the_other_way),
    ("11b.2", "the worst is kept", distance_of_the_worst),
    ("11b.2", "in bits", distance_in_bits),
    ("11b.2", "powers", distance_of_powers),
    ("11b.2", "sets in place of sequences", distance_of_sets),
    ("11b.2", "by drawing", distance_by_drawing),
    ("11b.3", "library call", advantages_by_the_library),
    ("11b.3", "hard-coded size", advantages_of_four),
    ("11b.3", "hard-coded constant", advantages_with_std_a_half),
    ("11b.3", "changes its input", advantages_changing_their_input),
    ("11b.3", "small numbers only", advantages_clipped),
    ("11b.3", "one dtype only", advantages_in_single_precision),
    ("11b.3", "global state", advantages_with_noise),
    ("11b.3", "depends on calls", advantages_that_forget),
    ("11b.3", "the first group alone", advantages_of_the_first_group),
    ("11b.3", "not divided", advantages_without_std),
    ("11b.3", "a small number added", advantages_with_epsilon),
    ("11b.3", "small groups taken as equal", advantages_by_rounding),
    ("11b.3", "rounding decides", advantages_dividing_by_nothing),
    ("11b.3", "divided by G - 1", advantages_of_samples),
    ("11b.3", "all questions together", advantages_of_all_questions),
    ("11b.3", "across questions", advantages_across_questions),
    ("11b.3", "above the median", advantages_by_median),
    ("11b.3", "divided by the variance", advantages_by_variance),
    ("11b.3", "ranks", advantages_by_rank),
    ("11b.3", "upside down", advantages_upside_down),
    ("11b.3", "whole numbers", advantages_of_integers),
    ("11b.3", "not a number", advantages_without_a_test),
]
HALF = [
    ("11b.1", (lambda policy, reference, written, beta: ...,)),
    ("11b.2", (lambda p, r, n: ...,)),
    ("11b.3", (lambda rewards: ...,)),
]
MESSAGES = {
    ("11b.1", dpo_of_means): ("sums over tokens", "the loss: ", "各词元之和"),
    ("11b.2", distance_without_ties): ("rewards that are all equal", "奖励全都相等"),
    ("11b.3", advantages_dividing_by_nothing): (
        "exactly",
        "are equal, their advantages",
        "全都相等",
    ),
}
